#!/usr/bin/env bash
# What goes into every package besides the program: prints a line for each file, with its name in the project, which it keeps in
# the tarball, and its place in the .deb, a "-" where it has none.
set -euo pipefail
shopt -s nullglob
cd "$(dirname "$0")/.."

doc=usr/share/doc/cacheme
while read -r pattern place; do
  # shellcheck disable=SC2206 # the pattern is one
  files=($pattern)
  [ -e "${files[0]:-}" ] || { echo "error: packaging/contents.sh: there is no $pattern" >&2; exit 1; }
  for file in "${files[@]}"; do
    case $place in
      */) echo "$file $place${file##*/}" ;;
      *) echo "$file $place" ;;
    esac
  done
done <<LIST
README.md                            $doc/
CHANGELOG.md                         $doc/changelog
LICENSE-MIT                          -
LICENSE-APACHE                       -
man/*.1                              usr/share/man/man1/
completions/cacheme.*                -
completions/cacheme-live.bash        usr/share/bash-completion/completions/cacheme
completions/cacheme-live.zsh         usr/share/zsh/vendor-completions/_cacheme
completions/cacheme-live.fish        usr/share/fish/vendor_completions.d/cacheme.fish
docs/*.md                            $doc/docs/
docs/screens/*.svg                   $doc/docs/screens/
schemas/*.json                       usr/share/cacheme/schemas/
benches/RESULTS.md                   $doc/benches/
examples/systemd/cacheme-*.service   lib/systemd/system/
examples/systemd/cacheme-*.timer     lib/systemd/system/
examples/systemd/config.toml         $doc/examples/
LIST
