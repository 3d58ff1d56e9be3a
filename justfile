# One-line recipes; each is plain cargo.

# The README's test command.
test:
    cargo test --workspace

# The main job.
run *args:
    cargo run --release --package token-assay-cli --bin assay -- run {{args}}

# The same with the crates that need OpenSSL, and with web frameworks.
run-all *args:
    cargo run --release --package token-assay-cli --bin assay --features targets-openssl,targets-frameworks -- run {{args}}

fmt:
    cargo fmt --all

lint:
    cargo clippy --workspace --all-targets --features token-assay-cli/targets-openssl,token-assay-cli/targets-frameworks,token-assay-cli/bench -- -D warnings

doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

bench *args:
    cargo bench --package token-assay-benches {{args}}

# The comparison report: JWT beside session lookup.
compare-costs *args:
    cargo run --release --package token-assay-cli --bin assay --features bench -- bench run {{args}}

# A minute of a campaign; what else `assay fuzz` takes goes behind.
fuzz *args:
    cargo run --release --package token-assay-cli --bin assay -- fuzz {{args}}

# Every libFuzzer target for some seconds, laid out as OSS-Fuzz wants it.
fuzz-targets seconds="5":
    bash fuzz/oss-fuzz/test-build.sh {{seconds}}

# What each way of making tokens finds.
evaluate *args:
    cargo run --release --package token-assay-cli --bin assay -- fuzz --evaluate {{args}}

# Rewrites golden reports and the signature cache.
bless:
    BLESS=1 cargo test --workspace

# What CI does.
ci:
    bash .ci/run
