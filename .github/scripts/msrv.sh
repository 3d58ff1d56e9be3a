#!/usr/bin/env bash
# Gives the output `version`: the oldest compiler that the workspace promises to build with.
set -euo pipefail
# shellcheck source=.github/scripts/lib.sh
. "$(dirname "$0")/lib.sh"

output version "$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$(dirname "$0")/../../Cargo.toml")"
