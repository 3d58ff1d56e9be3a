#!/bin/bash -eu
# What OSS-Fuzz and ClusterFuzzLite run in their builder: fuzz targets, seeds, dictionaries and options into $OUT.
# test-build.sh runs it without a container.

cd "$SRC/assay"

sanitizer=address
[ "${SANITIZER:-address}" = none ] && sanitizer=none

# In a coverage build the builder's cargo turns this into a plain build of the same programs.
cargo fuzz build --release --debug-assertions --sanitizer "$sanitizer"
programs="$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/x86_64-unknown-linux-gnu/release"

# The seeds are written by a program of this machine, not an instrumented one; ASSAY_SEEDS names it where it is built already.
if [ -n "${ASSAY_SEEDS:-}" ]; then
  "$ASSAY_SEEDS" "$WORK/seeds"
else
  env -u RUSTFLAGS -u CFLAGS -u CXXFLAGS \
    cargo run --quiet --package token-assay-fuzz --no-default-features --example seeds -- "$WORK/seeds"
fi

for target in $(cargo fuzz list); do
  cp "$programs/$target" "$OUT/"
  cp "$WORK/seeds/$target".* "$OUT/"
  rm -f "$OUT/${target}_seed_corpus.zip"
  zip --quiet --junk-paths --recurse-paths "$OUT/${target}_seed_corpus.zip" "$WORK/seeds/$target"
done
