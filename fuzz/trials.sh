#!/usr/bin/env bash
# What libFuzzer finds on the verifiers that are wrong on purpose, for the table of `assay fuzz --evaluate --trials FILE`:
# plain octets from nothing, plain octets with seeds and dictionary, and the mutator that signs anew.
# usage: trials.sh FILE [seeds] [CPU seconds of a run]; several minutes a seed. Stable Rust and cargo-fuzz.
set -euo pipefail
file="${1:?usage: trials.sh FILE [seeds] [seconds]}"
seeds="${2:-10}"
seconds="${3:-60}"
cd "$(dirname "$0")/.."
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# No crate is asked, so none is linked; tracing comparisons halves the speed and finds no more.
for target in token_bytes token_structured; do
  cargo fuzz build -s none --no-trace-compares --no-default-features "$target"
done
cargo run --quiet --package token-assay-fuzz --no-default-features --example seeds -- "$work/seeds"
target="$(cargo metadata --no-deps --format-version 1 | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')"
programs="$target/$(rustc -vV | sed -n 's/^host: //p')/release"

# trial ENGINE TARGET SEED [folders and options]: adds a line to the file.
trial() {
  local engine="$1" target="$2" seed="$3"
  shift 3
  rm -rf "$work/corpus" "$work/trial"
  mkdir "$work/corpus"
  ASSAY_FUZZ_TRIAL="$work/trial" ASSAY_FUZZ_ENGINE="$engine" ASSAY_FUZZ_SEED="$seed" \
    "$programs/$target" -seed="$((seed + 1))" -max_total_time="$seconds" -max_len=16384 -artifact_prefix="$work/" \
    "$work/corpus" "$@" >"$work/log" 2>&1 || { tail -n 5 "$work/log"; exit 1; }
  cat "$work/trial" >>"$file"
}

: >"$file"
for ((seed = 0; seed < seeds; seed++)); do
  trial "libFuzzer, octets" token_bytes "$seed"
  trial "libFuzzer, octets, seeds and dictionary" token_bytes "$seed" \
    "$work/seeds/token_bytes" -dict="$work/seeds/token_bytes.dict"
  trial "libFuzzer, token_structured" token_structured "$seed" \
    "$work/seeds/token_structured" -dict="$work/seeds/token_structured.dict"
  echo "seed $seed of $seeds done"
done
