#!/usr/bin/env bash
# bench-compare.sh OLD-PROGRAM NEW-PROGRAM FOLDER [PREFIX…]: measures with both programs in turn on this machine, and
# writes FOLDER/comment.md where the later one got slower or faster beyond what rows move by themselves; else it is empty.
# Ends with 6 where something got slower.
set -euo pipefail

old="$1" new="$2" folder="$3"
shift 3
mkdir -p "$folder"
# A machine that is shared drifts: the later program is measured between two measurements of the earlier one, from which the
# comparison learns how far rows move by themselves.
"$old" bench run "$@" --quick --quiet --out "$folder/old-1" >/dev/null
"$new" bench run "$@" --quick --quiet --out "$folder/new" >/dev/null
"$old" bench run "$@" --quick --quiet --out "$folder/old-2" >/dev/null
compare() { "$new" bench compare "$folder/old-1" "$folder/old-2" "$folder/new" --format "$1"; }
code=0
compare markdown >"$folder/compared.md" || code=$?
[ "$code" -eq 0 ] || [ "$code" -eq 6 ] || exit "$code"
compare json >"$folder/compared.json" || true
changes="$(jq '[.rows[] | select(.verdict == "slower" or .verdict == "faster")] | length' "$folder/compared.json")"
if [ "$changes" -gt 0 ]; then cp "$folder/compared.md" "$folder/comment.md"; else : >"$folder/comment.md"; fi
exit "$code"
