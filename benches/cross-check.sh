#!/usr/bin/env bash
# The same things as `assay bench` measures, by the tools of those who make them: openssl speed, redis-benchmark, pgbench.
# Servers are started on unix sockets in a temporary folder and go with the script. What is not installed is left out.
set -euo pipefail

seconds="${1:-3}"
work="$(mktemp -d)"
trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

if command -v openssl >/dev/null; then
  echo "# openssl speed, $seconds s each"
  openssl speed -seconds "$seconds" -bytes 256 -hmac sha256 2>/dev/null | grep -i hmac
  openssl speed -seconds "$seconds" rsa2048 ecdsap256 ecdsap384 ed25519 2>/dev/null | grep -iE "2048|nistp|ed25519"
else
  echo "SKIPPED: openssl is not installed"
fi

if command -v redis-server >/dev/null && command -v redis-benchmark >/dev/null; then
  redis-server --port 0 --unixsocket "$work/redis.sock" --save "" --appendonly no --dir "$work" >/dev/null &
  for _ in $(seq 50); do [ -S "$work/redis.sock" ] && break; sleep 0.1; done
  for clients in 1 32; do
    echo "# redis-benchmark, GET of 256 octets among 100,000 keys, $clients callers"
    redis-benchmark -s "$work/redis.sock" -t set -n 100000 -r 100000 -d 256 -q >/dev/null
    redis-benchmark -s "$work/redis.sock" -t get -c "$clients" -n 200000 -r 100000 -d 256 --csv | tail -1
  done
else
  echo "SKIPPED: redis-server is not installed"
fi

postgres="$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1 || true)"
[ -n "$postgres" ] && PATH="$postgres:$PATH"
if command -v pgbench >/dev/null && command -v initdb >/dev/null; then
  # PostgreSQL refuses to run as root.
  as=(); [ "$(id -u)" = 0 ] && as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  chmod 777 "$work"; mkdir "$work/sock"; chmod 777 "$work/sock"
  "${as[@]}" initdb -D "$work/data" -U bench -A trust >/dev/null
  "${as[@]}" postgres -D "$work/data" -k "$work/sock" -c listen_addresses= -c fsync=off >/dev/null 2>&1 &
  for _ in $(seq 50); do pg_isready -q -h "$work/sock" -U bench && break; sleep 0.1; done
  pgbench -q -i -s 1 -h "$work/sock" -U bench postgres >/dev/null 2>&1
  for clients in 1 32; do
    echo "# pgbench -S -M prepared, 100,000 rows, $clients callers"
    pgbench -S -M prepared -n -T "$seconds" -c "$clients" -j 2 -h "$work/sock" -U bench postgres | grep -E "latency|tps"
  done
else
  echo "SKIPPED: PostgreSQL is not installed"
fi
