#!/usr/bin/env bash
# release-build.sh TARGET FOLDER: builds the program for a target and packs it, with the licences, into
# FOLDER/assay-VERSION-TARGET.tar.gz.
set -euo pipefail
# shellcheck source=.github/scripts/lib.sh
. "$(dirname "$0")/lib.sh"

root="$(cd "$(dirname "$0")/../.." && pwd)"
target="$1"
mkdir -p "$2"
folder="$(cd "$2" && pwd)"
name="assay-$(workspace_version "$root")-$target"
program=assay
case "$target" in *windows*) program=assay.exe ;; esac

cd "$root"
cargo build --release --locked --target "$target" --package token-assay-cli --bin assay
mkdir -p "$folder/$name"
cp "${CARGO_TARGET_DIR:-target}/$target/release/$program" README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "$folder/$name/"
tar -czf "$folder/$name.tar.gz" -C "$folder" "$name"
rm -r "${folder:?}/$name"
echo "$folder/$name.tar.gz"
