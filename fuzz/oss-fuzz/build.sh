#!/bin/bash -eu
# Builds every fuzz target into $OUT as OSS-Fuzz and ClusterFuzzLite expect it: <target>, <target>_seed_corpus.zip,
# <target>.dict, <target>.options. Takes $SRC, $OUT, $WORK and $SANITIZER from the base builder.
cd "$SRC/assay"

# Of the sanitizers a Rust program without unsafe code gains by the first alone; coverage and none come by the flags that the
# base builder sets.
case "${SANITIZER:-address}" in
  address) sanitizer=address ;;
  *) sanitizer=none ;;
esac

cargo fuzz build -O -s "$sanitizer" --target-dir "$WORK/target"
# Seeds are made by an ordinary program: the base builder's flags are for what is fuzzed.
env -u RUSTFLAGS -u CFLAGS -u CXXFLAGS cargo run --quiet --release --target-dir "${SEEDS_TARGET_DIR:-$WORK/seeds-target}" \
  --package token-assay-fuzz --example seeds -- "$WORK/seeds"

for target in $(cargo fuzz list); do
  cp "$WORK/target/x86_64-unknown-linux-gnu/release/$target" "$OUT/"
  (cd "$WORK/seeds/$target" && zip --quiet --recurse-paths "$OUT/${target}_seed_corpus.zip" .)
  cp "$WORK/seeds/$target.options" "$OUT/"
  if [ -f "$WORK/seeds/$target.dict" ]; then
    cp "$WORK/seeds/$target.dict" "$OUT/"
    printf 'dict = %s.dict\n' "$target" >> "$OUT/$target.options"
  fi
done
