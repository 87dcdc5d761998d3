#!/usr/bin/env bash
# readme.sh [BINARY]: follows the README from "Install" to the end of "Sixty seconds", with the commands that stand there, in a
# clean copy of the project, an empty home and a port of its own. With BINARY the install is left out, and that is run.
#
# CARGO_TARGET_DIR may point to where the program was built before. Rust's own homes stay as they are.
set -euo pipefail
project=$(realpath "$(dirname "$0")/..")
work=$(mktemp -d)
port=$((20000 + RANDOM % 10000))
while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
  port=$((port + 1))
done
trap 'redis-cli -p "$port" shutdown >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

mkdir "$work/home" "$work/clone"
git -C "$project" ls-files -z --cached --others --exclude-standard --deduplicate |
  (cd "$project" && xargs -0 ls -d 2>/dev/null | tar -cT - | tar -xC "$work/clone")

# The environment with the library that the project has already, where it has one: what lies there is not made anew.
venv=$project/target/venv/0.0.9
if [ -e "$venv/stamp" ]; then
  mkdir -p "$work/clone/target/venv/0.0.9"
  ln -s "$venv"/{bin,lib,pyvenv.cfg} "$work/clone/target/venv/0.0.9/"
  touch "$work/clone/target/venv/0.0.9/stamp"
fi

# The commands of a section: blocks of `sh`, and lines of `console` behind a prompt.
commands() { # SECTION
  awk -v section="## $1" '
    /^## / { inside = $0 == section }
    /^```/ { block = inside ? substr($0, 4) : ""; next }
    block == "sh" { print }
    block == "console" && sub(/^\$ /, "") { print }
  ' "$work/clone/README.md"
}

{
  echo 'set -eux'
  if [ $# -eq 0 ]; then
    commands Install
  fi
  commands 'Sixty seconds'
} | sed "s/\b6399\b/$port/g; s/^make bookstore$/& BOOKSTORE_PORT=$port/" >"$work/script"
[ "$(grep -c '^cacheme' "$work/script")" -ge 5 ] && { [ $# -gt 0 ] || grep -q '^cargo install --path \.' "$work/script"; } ||
  { echo "error: the README has lost its commands" >&2; exit 1; }

path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
if [ $# -eq 0 ]; then
  cargo_home=${CARGO_HOME:-$HOME/.cargo}
  installs=("CARGO_HOME=$cargo_home" "RUSTUP_HOME=${RUSTUP_HOME:-$HOME/.rustup}" "CARGO_INSTALL_ROOT=$work/home/.cargo"
    ${CARGO_TARGET_DIR:+"CARGO_TARGET_DIR=$CARGO_TARGET_DIR"})
  path=$work/home/.cargo/bin:$cargo_home/bin:$path
else
  installs=()
  mkdir "$work/bin"
  ln -s "$(realpath "$1")" "$work/bin/cacheme"
  path=$work/bin:$path
fi
cd "$work/clone"
env -i HOME="$work/home" PATH="$path" LC_ALL=C.UTF-8 "${installs[@]}" bash "$work/script"
