#!/usr/bin/env bash
# checksums.sh FOLDER: writes FOLDER/SHA256SUMS of the files in it.
set -euo pipefail
# shellcheck source=.github/scripts/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$1"
rm -f SHA256SUMS
for file in *; do printf '%s  %s\n' "$(sha256 "$file")" "$file"; done >.sums
mv .sums SHA256SUMS
cat SHA256SUMS
