#!/usr/bin/env bash
# verdicts.sh OLD NEW FILE: writes to FILE, as Markdown, which verdicts changed from one report to the other; nothing where
# none did, or there is no earlier report. Gives the output `worse`.
set -euo pipefail
# shellcheck source=.github/scripts/lib.sh
. "$(dirname "$0")/lib.sh"

: >"$3"
if [ ! -e "$1" ]; then
  echo "there is no earlier report to compare with"
  output worse false
  exit 0
fi
code=0
text="$(assay diff "$1" "$2")" || code=$?
[ "$code" -le 1 ] || exit "$code"
if ! grep -q '^no verdict changed' <<<"$text"; then assay diff --format markdown "$1" "$2" >"$3" || true; fi
output worse "$([ "$code" -eq 1 ] && echo true || echo false)"
