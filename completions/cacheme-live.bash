# Live completion of cacheme for bash: tags, invalid keys, keys and profiles come from the server and the configuration.
_cacheme_live() {
    mapfile -t COMPREPLY < <(
        CACHEME_COMPLETE=bash "$1" -- "${COMP_LINE:0:COMP_POINT}" "$1" "$2" 2>/dev/null
    )
}
complete -o nosort -F _cacheme_live cacheme
