#!/usr/bin/env bash
# Brings `assay` into a folder and puts the folder on the path of later steps.
#
# Takes ASSAY_ACTION_BIN (the folder; what is there already is used), ASSAY_ACTION_FROM (`source` or `release`),
# ASSAY_ACTION_SOURCE (a checkout of assay), ASSAY_ACTION_VERSION and ASSAY_ACTION_RELEASES (where releases are) for
# `release`, ASSAY_ACTION_FEATURES for `source`. Gives nothing that does not match its checksum.
set -euo pipefail
# shellcheck source=.github/scripts/lib.sh
. "$(dirname "$0")/lib.sh"

bin="${ASSAY_ACTION_BIN:?the folder for the program}"
source="${ASSAY_ACTION_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}"
program=assay
case "$(uname -s)" in MINGW* | MSYS*) program=assay.exe ;; esac
mkdir -p "$bin"

from_source() {
  command -v cargo >/dev/null || fail "there is no cargo here; install Rust first, or use a release"
  local features=()
  [ -z "${ASSAY_ACTION_FEATURES:-}" ] || features=(--features "$ASSAY_ACTION_FEATURES")
  cargo build --release --locked --manifest-path "$source/Cargo.toml" --package token-assay-cli --bin assay \
    --target-dir "$source/target" ${features[@]+"${features[@]}"}
  cp "$source/target/release/$program" "$bin/$program"
}

from_release() {
  local version name folder expected found
  version="${ASSAY_ACTION_VERSION:-$(workspace_version "$source")}"
  name="assay-$version-$(host).tar.gz"
  folder="$(mktemp -d)"
  for file in "$name" SHA256SUMS; do
    curl --fail --silent --show-error --location --retry 3 \
      --output "$folder/$file" "${ASSAY_ACTION_RELEASES:?where releases are}/v$version/$file"
  done
  expected="$(awk -v name="$name" '$2 == name || $2 == "*" name { print $1 }' "$folder/SHA256SUMS")"
  [ -n "$expected" ] || fail "SHA256SUMS of $version does not name $name"
  found="$(sha256 "$folder/$name")"
  [ "$found" = "$expected" ] || fail "the checksum of $name is $found, not $expected"
  tar -xzf "$folder/$name" -C "$folder"
  cp "$folder/assay-$version-$(host)/$program" "$bin/$program"
  rm -r "$folder"
}

if [ -x "$bin/$program" ]; then
  echo "$bin/$program is there"
else
  case "${ASSAY_ACTION_FROM:-source}" in
    source) from_source ;;
    release) from_release ;;
    *) fail "from is \`source\` or \`release\`, not \`$ASSAY_ACTION_FROM\`" ;;
  esac
fi
echo "$bin" >>"${GITHUB_PATH:-/dev/stdout}"
"$bin/$program" --version
