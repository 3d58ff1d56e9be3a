#!/usr/bin/env bash
# Says under which name the built program is cached: it changes with the system, the way it is had, the features, the
# compiler and the sources.
#
# Takes what install.sh takes; gives the output `key`.
set -euo pipefail
# shellcheck source=.github/scripts/lib.sh
. "$(dirname "$0")/lib.sh"

source="${ASSAY_ACTION_SOURCE:-$(cd "$(dirname "$0")/../.." && pwd)}"
hashed="$(mktemp)"
{
  echo "${ASSAY_ACTION_FROM:-source} ${ASSAY_ACTION_VERSION:-} ${ASSAY_ACTION_FEATURES:-}"
  rustc --version 2>/dev/null || true
  (cd "$source" && find Cargo.toml Cargo.lock harness corpus benches/src -type f -not -name '*.md' -print0 | LC_ALL=C sort -z | xargs -0 cat)
} >"$hashed"
output key "assay-$(host)-$(sha256 "$hashed")"
rm "$hashed"
