#!/usr/bin/env bash
# sbom.sh FOLDER: writes what the program is made of, as CycloneDX, to FOLDER/assay-VERSION.cdx.json: the crates, their
# versions, licences and checksums. Wants cargo-cyclonedx.
set -euo pipefail
# shellcheck source=.github/scripts/lib.sh
. "$(dirname "$0")/lib.sh"

root="$(cd "$(dirname "$0")/../.." && pwd)"
mkdir -p "$1"
folder="$(cd "$1" && pwd)"
cd "$root"
cargo cyclonedx --format json --manifest-path harness/cli/Cargo.toml --override-filename assay-sbom
# The workspace's own crates are named by where they lie; where that is on the machine that made the list is nobody's business.
sed "s|file://$root/|file:///|g" harness/cli/assay-sbom.json >"$folder/assay-$(workspace_version "$root").cdx.json"
# One is written beside every manifest of the workspace.
find harness corpus benches fuzz examples -name assay-sbom.json -delete
