#!/usr/bin/env bash
# Packages every crate that is published, and runs the tests of the library from the packaged sources, where nothing of the
# checkout is beside them.
set -euo pipefail

root="$(cd "$(dirname "$0")/../.." && pwd)"
cd "$root"
published=(token-assay-model token-assay-corpus token-assay token-assay-report token-assay-live token-assay-benches
  token-assay-cli)
chosen=()
for package in "${published[@]}"; do chosen+=(--package "$package"); done

# What is packed must build on its own; --no-verify leaves that to the tests below, which build it once and not twice.
cargo package --locked --allow-dirty --no-verify "${chosen[@]}"
for package in "${published[@]}"; do
  listed="$(cargo package --allow-dirty --list --package "$package")"
  for file in README.md LICENSE-APACHE LICENSE-MIT Cargo.toml; do
    grep -qx "$file" <<<"$listed" || { echo "$package is packed without $file"; exit 1; }
  done
  if grep -E '(^|/)(target|assay-report|node_modules|\.git)/|\.orig$|~$' <<<"$listed" | grep -vx 'Cargo.toml.orig'; then
    echo "$package packs what is none of it"
    exit 1
  fi
done

place="$(mktemp -d)"
trap 'rm -rf "$place"' EXIT
for file in "${CARGO_TARGET_DIR:-target}"/package/*.crate; do tar -xzf "$file" -C "$place"; done

# A workspace of what was unpacked: each is asked for by its version, and found beside.
version="$(sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' Cargo.toml)"
{
  echo '[workspace]'
  echo 'resolver = "3"'
  printf 'members = ['
  for package in "${published[@]}"; do printf '"%s-%s", ' "$package" "$version"; done
  echo ']'
  echo '[patch.crates-io]'
  for package in "${published[@]}"; do echo "$package = { path = \"$package-$version\" }"; done
  sed -n '/^\[profile/,/^$/p' Cargo.toml
} >"$place/Cargo.toml"
cp Cargo.lock "$place/Cargo.lock"
cd "$place"
CARGO_TARGET_DIR="${ASSAY_PACKAGE_TARGET:-$place/target}" cargo test --package token-assay "$@"
