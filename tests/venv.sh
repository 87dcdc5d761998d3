#!/usr/bin/env bash
# venv.sh FOLDER TITLE PIP'S ARGUMENTS…: a virtual environment of Python with what pip is told to install. The stamp comes last, so
# an environment that was left half made is made again.
set -euo pipefail
folder=$1 title=$2
shift 2
python=${PYTHON:-python3}

. "$(dirname "$0")/say.sh"
give_up() { # what failed, what to do where the disk is not full
  local hint=$2
  is_full "$folder" && hint="make room on the disk of $folder"
  rm -rf "$folder"
  fail "$1" "$hint"
}

echo "== Installing $title into $folder"
command -v "$python" >/dev/null ||
  fail "there is no $python here" "run 'make deps', or name another one with 'make … PYTHON=python3.12'"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' ||
  fail "$python is Python $version, and the library needs 3.8 or later" \
    "install a newer one, and name it with 'make … PYTHON=python3.12'"
rm -rf "$folder"
"$python" -m venv "$folder" ||
  give_up "$python cannot make a virtual environment in $folder" "run 'make deps' (Debian: python3-venv), then this again"
said=$("$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@" 2>&1) || {
  echo "$said" | grep -v '^WARNING: Retrying' >&2
  case $said in
    *'connection broken'* | *'timed out'*) hint="is there a network? Behind a proxy, set https_proxy" ;;
    *) hint="is Python $version too new or too old for it? 'make … PYTHON=python3.12' takes another one" ;;
  esac
  give_up "pip has not installed $title for Python $version" "$hint"
}
touch "$folder/stamp"
