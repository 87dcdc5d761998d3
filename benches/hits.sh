#!/usr/bin/env bash
# Hits a second, side by side, on a Redis of its own: benches/hits.sh [ROUNDS]. `make bench` calls it, and has the table
# added to its results (HITS_OUT).
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${1:-7}
command -v redis-server >/dev/null || { echo "error: no redis-server here: run 'make deps'" >&2; exit 1; }
cargo=${CARGO:-cargo}
"$cargo" build --release --quiet --manifest-path benches/hits/Cargo.toml --target-dir target/bench

folder=$(mktemp -d)
port=$((20000 + RANDOM % 20000))
redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$folder" --logfile redis.log >/dev/null &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT
for _ in $(seq 100); do
  redis-cli -p "$port" ping >/dev/null 2>&1 && break
  sleep 0.05
done

pythons=()
for version in 0.0.9 0.1.1; do
  python=target/venv/$version/bin/python
  if [ -x "$python" ]; then
    pythons+=("$python=the Python library $version")
  else
    echo "note: cacheme $version is left out; 'make venvs' installs it" >&2
  fi
done
about() {
  HITS_ABOUT=$1 target/bench/release/hits "redis://127.0.0.1:$port" "$rounds"
}
told=$(target/bench/release/hits "redis://127.0.0.1:$port" "$rounds" "${pythons[@]}"
  for what in listeners marks delay memory; do
    printf '\n' && about "$what"
  done)
echo "$told"
if [ -n "${HITS_OUT:-}" ]; then
  printf '\n## Hits of `memoize`\n\n```text\n%s\n```\n' "$told" >>"$HITS_OUT"
fi
