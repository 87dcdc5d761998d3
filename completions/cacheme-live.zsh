#compdef cacheme
# Live completion of cacheme for zsh: tags, invalid keys, keys and profiles come from the server and the configuration.
_cacheme() {
    local -a lines values shown before
    before=("${(@Q)words[1,CURRENT-1]}")
    lines=("${(@f)$(CACHEME_COMPLETE=zsh "${before[1]}" -- "${before[@]}" "${(Q)PREFIX}" 2>/dev/null)}")
    local value display
    for value display in "${lines[@]}"; do
        [[ -n $value ]] && values+=("$value") && shown+=("$display")
    done
    (( ${#values} )) && compadd -V cacheme -l -d shown -a values
}
if [[ $funcstack[1] == _cacheme ]]; then _cacheme "$@"; else compdef _cacheme cacheme; fi
