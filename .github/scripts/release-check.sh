#!/usr/bin/env bash
# release-check.sh TAG FILE: a release is what it says. The tag is the version of the workspace, the changelog has a section
# for it, and what stands in that section is written to FILE.
set -euo pipefail
# shellcheck source=.github/scripts/lib.sh
. "$(dirname "$0")/lib.sh"

root="${ASSAY_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}"
version="$(workspace_version "$root")"
[ "$1" = "v$version" ] || fail "the tag is $1, the version of the workspace $version"
awk -v version="$version" '
  /^## / { inside = ($2 == version); next }
  inside' "$root/CHANGELOG.md" | sed -e '/./,$!d' >"$2"
grep -q . "$2" || fail "CHANGELOG.md has no section \"## $version\""
