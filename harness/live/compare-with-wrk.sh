#!/usr/bin/env bash
# The driver of `assay run --service` beside wrk: the same endpoint, the same token, the same number of connections, in turn, three
# times each. Wants wrk (Debian: wrk) and the installed fixture of Express. The driver should reach half of wrk's figure or more.
set -euo pipefail
cd "$(dirname "$0")"
connections="${1:-8}"
seconds="${2:-5}"
fixtures/install.sh javascript-express
coproc service { exec fixtures/start.sh javascript-express; }
trap 'kill "$service_PID" 2>/dev/null || true' EXIT
read -r _ _ port <&"${service[0]}"
url="http://127.0.0.1:$port"
field='X-Forwarded-Proto: https'
token="$(curl -s -H "$field" -H 'Content-Type: application/json' -d '{"name":"alice","password":"alice'"'"'s password"}' "$url/login" |
  sed 's/.*"access":"\([^"]*\)".*/\1/')"
[ -n "${LOAD:-}" ] || cargo build --quiet ${PROFILE:+--profile "$PROFILE"} --workspace --example load
load="${LOAD:-../../target/debug/examples/load}"
for turn in 1 2 3; do
  echo "$turn  wrk    $(wrk -t2 -c"$connections" -d"${seconds}s" -H "Authorization: Bearer $token" "$url/api/orders" | grep Requests/sec)"
  echo "$turn  assay  $("$load" "$url" /api/orders "$connections" "$seconds" "$token")"
done
