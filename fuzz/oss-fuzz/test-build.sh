#!/usr/bin/env bash
# Tests build.sh without a container: the environment that the builder sets, without a sanitizer so that stable builds it; then
# every file that the engines look for is there, and every target runs for some seconds on its seeds.
# usage: test-build.sh [seconds for each target]
set -euo pipefail
seconds="${1:-5}"
checkout="$(cd "$(dirname "$0")/../.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

export SRC="$work/src" OUT="$work/out" WORK="$work/work"
mkdir -p "$SRC" "$OUT" "$WORK"
ln -s "$checkout" "$SRC/assay"
cp "$checkout/fuzz/oss-fuzz/build.sh" "$SRC/"
export CC="${CC:-cc}" CXX="${CXX:-c++}" CFLAGS="-O1 -fno-omit-frame-pointer -gline-tables-only" CXXFLAGS=
# Only clang knows the builder's own flag for short debug information.
"$CC" --version | grep -q clang || CFLAGS="-O1 -fno-omit-frame-pointer -g1"
CXXFLAGS="$CFLAGS"
export RUSTFLAGS="--cfg fuzzing -Cdebuginfo=1 -Cforce-frame-pointers"
# It is the script that is tested, not the speed of what it builds.
export CARGO_PROFILE_RELEASE_OPT_LEVEL=1
export FUZZING_ENGINE=libfuzzer FUZZING_LANGUAGE=rust SANITIZER=none ARCHITECTURE=x86_64

started=$SECONDS
bash -eu "$SRC/build.sh"
echo "built in $((SECONDS - started)) s"

# Every way of judging runs, and nothing that a crate does is told: this log is read by others (SECURITY.md).
export ASSAY_FUZZ_DIR="$WORK/findings"
mkdir -p "$ASSAY_FUZZ_DIR"
echo '*' >"$ASSAY_FUZZ_DIR/known"

failed=0
targets=0
cd "$OUT"
for target in $(cd "$checkout" && cargo fuzz list); do
  targets=$((targets + 1))
  missing=()
  [ -x "$target" ] || missing+=("$target")
  [ -s "${target}_seed_corpus.zip" ] || missing+=("${target}_seed_corpus.zip")
  [ -s "$target.options" ] || missing+=("$target.options")
  dictionary="$(sed -n 's/^dict = //p' "$target.options" 2>/dev/null)"
  [ -z "$dictionary" ] || [ -s "$dictionary" ] || missing+=("$dictionary")
  if [ ${#missing[@]} -gt 0 ]; then
    echo "$target: missing: ${missing[*]}"
    failed=1
    continue
  fi
  mkdir -p "$WORK/corpus/$target" "$WORK/unpacked/$target"
  unzip -q "${target}_seed_corpus.zip" -d "$WORK/unpacked/$target"
  mapfile -t options < <(sed -n 's/^\([a-z_]*\) = /-\1=/p' "$target.options")
  log="$WORK/$target.log"
  if "./$target" "${options[@]}" -max_total_time="$seconds" -artifact_prefix="$WORK/" -print_final_stats=1 \
    "$WORK/corpus/$target" "$WORK/unpacked/$target" >"$log" 2>&1; then
    echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs"
  else
    # Nothing but what failed: what surrounds it may name a crate.
    echo "$target: FAILED: $(grep -a -m1 '^SUMMARY' "$log" || echo "exit without a summary")"
    failed=1
  fi
done
[ "$targets" -gt 0 ] || { echo "no targets"; exit 1; }
exit "$failed"
