#!/usr/bin/env bash
# The main job, from a filled cache to a swept one, on a Redis that lives as long as this script.
set -euo pipefail
cd "$(dirname "$0")/.."

run=$(mktemp -d)
redis-server --port 0 --unixsocket "$run/redis.sock" --save '' --dir "$run" --logfile "$run/log" &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; rm -rf "$run"' EXIT
until redis-cli -s "$run/redis.sock" ping >/dev/null 2>&1; do
  kill -0 "$server" || { cat "$run/log" >&2; exit 1; }
  sleep 0.05
done
export CACHEME_URL="unix://$run/redis.sock"
export PATH="$PWD/target/release:$PATH"

# A title, and a command as one would type it: names that hold '>' stand in quotes.
step() {
  local shown=() word
  for word in "${@:2}"; do
    case $word in
      *[!A-Za-z0-9:_.-]*) shown+=("'$word'") ;;
      *) shown+=("$word") ;;
    esac
  done
  printf '\n\033[1m%s\033[0m\n$ cacheme %s\n' "$1" "${shown[*]}"
  cacheme --format table "${@:2}"
}

echo "A Python bookstore fills its cache (examples/bookstore.py, cacheme 0.0.9)."
target/venv/0.0.9/bin/python examples/bookstore.py "$CACHEME_URL"

step "What is cached?" tags list --deep
step "Why does book 100 show that owner?" keys show 'Book:100>owner'
step "User 200 changed: everything that depends on it is computed again at its next read." invalidate --invalid-key User:200 --yes
step "See: the books of user 200 are pending." keys list --tag get_owner
step "All reviews are wrong: drop them." invalidate --pattern 'Book:*>reviews' --yes
step "The cron job: expired entries give their memory back." purge
step "What is left." stats
