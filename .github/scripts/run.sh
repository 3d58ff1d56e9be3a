#!/usr/bin/env bash
# Runs `assay` in a workflow and ends with 0, so that what comes after can read the report; the workflow ends with its exit
# code at last.
#
# Takes ASSAY_ACTION_ARGUMENTS (as they would be typed, quotes too, nothing is expanded), ASSAY_OUT and ASSAY_REPORT, which
# `assay` reads itself. Gives the outputs exit-code, folder and sarif, and the report on the run's page.
set -euo pipefail
# shellcheck source=.github/scripts/lib.sh
. "$(dirname "$0")/lib.sh"

arguments=()
while IFS= read -r -d '' argument; do arguments+=("$argument"); done < <(xargs printf '%s\0' <<<"${ASSAY_ACTION_ARGUMENTS:-run}")
folder="${ASSAY_OUT:-assay-report}"
printed="$(mktemp)"

code=0
assay "${arguments[@]}" | tee "$printed" || code=$?

output exit-code "$code"
output folder "$folder"
[ ! -s "$folder/assay.sarif" ] || output sarif "$folder/assay.sarif"
if [ -s "$folder/report.md" ]; then
  summary <"$folder/report.md"
else
  { echo '```text'; head -c 60000 "$printed"; echo '```'; } | summary
fi
