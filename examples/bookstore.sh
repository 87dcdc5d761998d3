#!/usr/bin/env bash
# bookstore.sh PORT PYTHON: a Redis on that port that saves nothing and stays, filled by bookstore.py. Run by `make bookstore`.
set -euo pipefail
port=$1 python=$2
cd "$(dirname "$0")"

. ../tests/say.sh

if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
  fail "something listens on port $port already" \
    "'redis-cli -p $port config get dir' shows whose Redis it is: if that is $PWD, it is a bookstore, and \
'redis-cli -p $port shutdown' ends it; 'make bookstore BOOKSTORE_PORT=…' takes another port"
fi
echo "== Starting a Redis on port $port, and filling it"
redis-server --port "$port" --bind 127.0.0.1 --save '' --daemonize yes >/dev/null
for _ in {1..100}; do
  if redis-cli -p "$port" ping >/dev/null 2>&1; then
    said=$("$python" bookstore.py "redis://127.0.0.1:$port" 2>&1) || { echo "$said" >&2; exit 1; }
    echo "The bookstore is at redis://127.0.0.1:$port. 'redis-cli -p $port shutdown' ends it."
    exit
  fi
  sleep 0.1
done
fail "redis-server did not start on port $port" "run 'redis-server --port $port' to see why"
