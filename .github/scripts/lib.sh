# shellcheck shell=bash
# What the scripts share; sourced. Each script says in its first lines what it takes and gives.

# A value for later steps of a workflow; on a terminal it is printed.
output() { printf '%s=%s\n' "$1" "$2" >>"${GITHUB_OUTPUT:-/dev/stdout}"; }

# Text for the page of the run.
summary() { cat >>"${GITHUB_STEP_SUMMARY:-/dev/stdout}"; }

# A line that the run's page shows at its top.
warning() { printf '::warning::%s\n' "$*"; }

fail() {
  printf '::error::%s\n' "$*"
  exit "${2:-1}"
}

# The system by the name that Rust has for it.
host() {
  case "$(uname -s)/$(uname -m)" in
    Linux/x86_64) echo x86_64-unknown-linux-gnu ;;
    Linux/aarch64) echo aarch64-unknown-linux-gnu ;;
    Darwin/arm64) echo aarch64-apple-darwin ;;
    Darwin/x86_64) echo x86_64-apple-darwin ;;
    MINGW*/x86_64 | MSYS*/x86_64) echo x86_64-pc-windows-msvc ;;
    *) fail "there is no release for $(uname -s) on $(uname -m); build from source" ;;
  esac
}

# The SHA-256 of a file, in hexadecimal.
sha256() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# The version that all packages share.
workspace_version() { sed -n '/^\[workspace.package\]/,/^\[/s/^version = "\(.*\)"/\1/p' "$1/Cargo.toml"; }
