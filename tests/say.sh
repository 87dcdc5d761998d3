# For the scripts behind `make`: how they say what failed, and what to do.
fail() { # what failed, what to do
  echo "error: $1" >&2
  echo "hint: $2" >&2
  exit 1
}

# Whether less than 50 MiB are free where a folder is, or will be.
is_full() {
  local folder=$1
  while [ ! -d "$folder" ]; do
    folder=$(dirname "$folder")
  done
  [ "$(df -Pk "$folder" | awk 'END { print $4 }')" -lt 51200 ]
}
