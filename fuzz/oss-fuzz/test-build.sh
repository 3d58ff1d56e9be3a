#!/usr/bin/env bash
# Runs build.sh as the base builder does, but without Docker and without a sanitizer, then checks that everything is where
# OSS-Fuzz looks for it, and runs every program on its seeds. `test-build.sh [seconds a target] [work folder]`. What linked
# crates do wrong is not told here: without ASSAY_FUZZ_DIR only a fault of the harness itself ends a program.
set -euo pipefail
seconds="${1:-5}"
root="$(cd "$(dirname "$0")/../.." && pwd)"
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
export SRC="$scratch/src" OUT="$scratch/out" WORK="${2:-$scratch/work}"
export FUZZING_LANGUAGE=rust FUZZING_ENGINE=libfuzzer SANITIZER=none ARCHITECTURE=x86_64
export CC="${CC:-cc}" CXX="${CXX:-c++}" CFLAGS="-O1" CXXFLAGS="-O1"
mkdir -p "$SRC" "$OUT" "$WORK"
ln -s "$root" "$SRC/assay"

bash "$root/fuzz/oss-fuzz/build.sh"

failed=0
for target in $(cd "$root" && cargo fuzz list); do
  for file in "$target" "${target}_seed_corpus.zip" "$target.options"; do
    [ -s "$OUT/$file" ] || { echo "missing: $file"; failed=1; }
  done
  mkdir -p "$scratch/corpus/$target" "$scratch/seeds/$target" "$scratch/run/$target"
  (cd "$scratch/seeds/$target" && unzip -q "$OUT/${target}_seed_corpus.zip")
  options=("-max_total_time=$seconds" "-artifact_prefix=$scratch/run/$target/")
  [ -f "$OUT/$target.dict" ] && options+=("-dict=$OUT/$target.dict")
  if (cd "$OUT" && "./$target" "${options[@]}" \
    "$scratch/corpus/$target" "$scratch/seeds/$target" >"$scratch/$target.log" 2>&1); then
    echo "$target ran for $seconds s: $(grep -c . "$scratch/$target.log") lines, $(find "$scratch/corpus/$target" -type f | wc -l) inputs kept"
  else
    echo "$target failed"
    tail -n 20 "$scratch/$target.log"
    failed=1
  fi
done
exit "$failed"
