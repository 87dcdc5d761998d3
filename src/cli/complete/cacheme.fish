# Live completion of cacheme for fish: tags, invalid keys, keys and profiles come from the server and the configuration.
function __cacheme_live
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    CACHEME_COMPLETE=fish $words[1] -- $words (commandline --current-token --cut-at-cursor) 2>/dev/null
end
complete --command cacheme --no-files --keep-order --arguments '(__cacheme_live)'
