#compdef cacheme

autoload -U is-at-least

_cacheme() {
    typeset -A opt_args
    typeset -a _arguments_options
    local ret=1

    if is-at-least 5.2; then
        _arguments_options=(-s -S -C)
    else
        _arguments_options=(-s -C)
    fi

    local context curcontext="$curcontext" state line
    _arguments "${_arguments_options[@]}" : \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_cacheme_commands" \
"*::: :->cacheme" \
&& ret=0
    case $state in
    (cacheme)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cacheme-command-$line[1]:"
        case $line[1] in
            (tags)
_arguments "${_arguments_options[@]}" : \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
":: :_cacheme__subcmd__tags_commands" \
"*::: :->tags" \
&& ret=0

    case $state in
    (tags)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cacheme-tags-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
'--sort=[Sort by number of keys, by name or by bytes (bytes implies --deep); without it rows stream as they are found]:SORT:(keys name bytes)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--deep[Look at every member\: live, expired, pending, missing, bytes of values, ages]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':name -- The tag:_default' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_cacheme__subcmd__tags__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cacheme-tags-help-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
;;
(invalid-keys)
_arguments "${_arguments_options[@]}" : \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
":: :_cacheme__subcmd__invalid-keys_commands" \
"*::: :->invalid-keys" \
&& ret=0

    case $state in
    (invalid-keys)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cacheme-invalid-keys-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
'--sort=[Sort by number of keys, by name or by bytes (bytes implies --deep); without it rows stream as they are found]:SORT:(keys name bytes)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--deep[Look at every member\: live, expired, pending, missing, bytes of values, ages]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':name -- The invalid key, without '\''\:invalid'\'':_default' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_cacheme__subcmd__invalid-keys__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cacheme-invalid-keys-help-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
;;
(keys)
_arguments "${_arguments_options[@]}" : \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
":: :_cacheme__subcmd__keys_commands" \
"*::: :->keys" \
&& ret=0

    case $state in
    (keys)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cacheme-keys-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
'*--key=[A logical key]:KEY:_default' \
'*--invalid-key=[The keys that depend on an invalid key]:NAME:_default' \
'*--tag=[The keys with a tag]:TAG:_default' \
'*--pattern=[The values whose base matches a glob; a '\''>'\'' in it separates base from field]:GLOB:_default' \
'*--from-file=[Logical keys from a file, one a line, or rows of \`keys list\` and \`keys dump\` ('\''-'\'' is standard input)]:FILE|-:_files' \
'--match=[Whether a key has to match any of the selectors, or all of them]:HOW:((any\:"A key that one of them means"
all\:"A key that each of them means"))' \
'*--except-key=[Not this key]:KEY:_default' \
'*--except-invalid-key=[Not the keys that depend on this invalid key]:NAME:_default' \
'*--except-tag=[Not the keys with this tag]:TAG:_default' \
'*--except-pattern=[Not the values that match this glob]:GLOB:_default' \
'*--state=[Only keys in these states\: live, expired, pending, computing, missing]:S,..:_default' \
'--larger-than=[Only values of more bytes than this\: 500, 64KiB, 1MB (1,000,000), 1.5GB]:SIZE:_default' \
'--smaller-than=[Only values of fewer bytes than this]:SIZE:_default' \
'--expires-within=[Only keys that expire within this time, and have not expired yet (--state expired finds those)]:DUR:_default' \
'--expires-after=[Only keys that expire later than that]:DUR:_default' \
'--limit=[Stop after this many]:N:_default' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'-0[Keys in files are separated by NUL, not by newlines]' \
'--null[Keys in files are separated by NUL, not by newlines]' \
'(--expires-within --expires-after)--no-timeout[Only keys without a timeout]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(top)
_arguments "${_arguments_options[@]}" : \
'*--key=[A logical key]:KEY:_default' \
'*--invalid-key=[The keys that depend on an invalid key]:NAME:_default' \
'*--tag=[The keys with a tag]:TAG:_default' \
'*--pattern=[The values whose base matches a glob; a '\''>'\'' in it separates base from field]:GLOB:_default' \
'*--from-file=[Logical keys from a file, one a line, or rows of \`keys list\` and \`keys dump\` ('\''-'\'' is standard input)]:FILE|-:_files' \
'--match=[Whether a key has to match any of the selectors, or all of them]:HOW:((any\:"A key that one of them means"
all\:"A key that each of them means"))' \
'*--except-key=[Not this key]:KEY:_default' \
'*--except-invalid-key=[Not the keys that depend on this invalid key]:NAME:_default' \
'*--except-tag=[Not the keys with this tag]:TAG:_default' \
'*--except-pattern=[Not the values that match this glob]:GLOB:_default' \
'*--state=[Only keys in these states\: live, expired, pending, computing, missing]:S,..:_default' \
'--larger-than=[Only values of more bytes than this\: 500, 64KiB, 1MB (1,000,000), 1.5GB]:SIZE:_default' \
'--smaller-than=[Only values of fewer bytes than this]:SIZE:_default' \
'--expires-within=[Only keys that expire within this time, and have not expired yet (--state expired finds those)]:DUR:_default' \
'--expires-after=[Only keys that expire later than that]:DUR:_default' \
'--by=[What they are ranked by\: the bytes of the stored value, or the time left]:WHAT:((bytes\:"The largest values first"
ttl\:"The keys that expire soonest first"))' \
'-n+[So many of them]:N:_default' \
'--number=[So many of them]:N:_default' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'-0[Keys in files are separated by NUL, not by newlines]' \
'--null[Keys in files are separated by NUL, not by newlines]' \
'(--expires-within --expires-after)--no-timeout[Only keys without a timeout]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--full[Show long values whole]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'*::keys -- Logical keys:_default' \
&& ret=0
;;
(dump)
_arguments "${_arguments_options[@]}" : \
'*--key=[A logical key]:KEY:_default' \
'*--invalid-key=[The keys that depend on an invalid key]:NAME:_default' \
'*--tag=[The keys with a tag]:TAG:_default' \
'*--pattern=[The values whose base matches a glob; a '\''>'\'' in it separates base from field]:GLOB:_default' \
'*--from-file=[Logical keys from a file, one a line, or rows of \`keys list\` and \`keys dump\` ('\''-'\'' is standard input)]:FILE|-:_files' \
'--match=[Whether a key has to match any of the selectors, or all of them]:HOW:((any\:"A key that one of them means"
all\:"A key that each of them means"))' \
'*--except-key=[Not this key]:KEY:_default' \
'*--except-invalid-key=[Not the keys that depend on this invalid key]:NAME:_default' \
'*--except-tag=[Not the keys with this tag]:TAG:_default' \
'*--except-pattern=[Not the values that match this glob]:GLOB:_default' \
'*--state=[Only keys in these states\: live, expired, pending, computing, missing]:S,..:_default' \
'--larger-than=[Only values of more bytes than this\: 500, 64KiB, 1MB (1,000,000), 1.5GB]:SIZE:_default' \
'--smaller-than=[Only values of fewer bytes than this]:SIZE:_default' \
'--expires-within=[Only keys that expire within this time, and have not expired yet (--state expired finds those)]:DUR:_default' \
'--expires-after=[Only keys that expire later than that]:DUR:_default' \
'-o+[Into a file instead of standard output, as ndjson; gzip'\''d or zstd'\''d when its name ends in .gz or .zst]:FILE:_files' \
'--output=[Into a file instead of standard output, as ndjson; gzip'\''d or zstd'\''d when its name ends in .gz or .zst]:FILE:_files' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'-0[Keys in files are separated by NUL, not by newlines]' \
'--null[Keys in files are separated by NUL, not by newlines]' \
'(--expires-within --expires-after)--no-timeout[Only keys without a timeout]' \
'--raw[The stored bytes in base64 (value_base64) instead of the decoded value]' \
'--indexes[With the tags and invalid keys of each key; holds all indexes in memory]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(restore)
_arguments "${_arguments_options[@]}" : \
'--to-layout=[The layout to restore into, where it is another than --layout says]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--from-line=[Begin with this line of the dump\: where an earlier run stopped]:N:_default' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--replace[Also over live values of another content]' \
'-y[Do not ask]' \
'--yes[Do not ask]' \
'--dry-run[Do the same without writing, and say what would be done]' \
'--exit-code[With --dry-run\: exit with 5 when something would change]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'::file -- A file that `keys dump --raw --indexes` wrote, gzip'\''d or zstd'\''d or not ('\''-'\'' is standard input):_files' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_cacheme__subcmd__keys__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cacheme-keys-help-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(top)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(dump)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(restore)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
;;
(browse)
_arguments "${_arguments_options[@]}" : \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--write[Let keys be invalidated from it; each time it asks]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(invalidate)
_arguments "${_arguments_options[@]}" : \
'*--key=[A logical key]:KEY:_default' \
'*--invalid-key=[The keys that depend on an invalid key]:NAME:_default' \
'*--tag=[The keys with a tag]:TAG:_default' \
'*--pattern=[The values whose base matches a glob; a '\''>'\'' in it separates base from field]:GLOB:_default' \
'*--from-file=[Logical keys from a file, one a line, or rows of \`keys list\` and \`keys dump\` ('\''-'\'' is standard input)]:FILE|-:_files' \
'--match=[Whether a key has to match any of the selectors, or all of them]:HOW:((any\:"A key that one of them means"
all\:"A key that each of them means"))' \
'*--except-key=[Not this key]:KEY:_default' \
'*--except-invalid-key=[Not the keys that depend on this invalid key]:NAME:_default' \
'*--except-tag=[Not the keys with this tag]:TAG:_default' \
'*--except-pattern=[Not the values that match this glob]:GLOB:_default' \
'*--state=[Only keys in these states\: live, expired, pending, computing, missing]:S,..:_default' \
'--larger-than=[Only values of more bytes than this\: 500, 64KiB, 1MB (1,000,000), 1.5GB]:SIZE:_default' \
'--smaller-than=[Only values of fewer bytes than this]:SIZE:_default' \
'--expires-within=[Only keys that expire within this time, and have not expired yet (--state expired finds those)]:DUR:_default' \
'--expires-after=[Only keys that expire later than that]:DUR:_default' \
'--raw-pattern=[A glob over raw Redis key names, with any prefix\: the library'\''s own meaning of a pattern]:GLOB:_default' \
'--time-budget=[Stop in time (exit code 3); the rest is not invalidated\: run it again without a budget, or with a longer one]:DUR:_default' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'-0[Keys in files are separated by NUL, not by newlines]' \
'--null[Keys in files are separated by NUL, not by newlines]' \
'(--expires-within --expires-after)--no-timeout[Only keys without a timeout]' \
'(--delete)--mark[Mark whatever was selected\: the next reader recomputes, stale values keep serving until then]' \
'--delete[Delete the values of whatever was selected]' \
'--strict[Exit with 4, changing nothing, when a name given by --key, --tag, --invalid-key, --from-file or an exception matches nothing]' \
'-y[Do not ask (not enough for a whole namespace or a raw pattern outside the prefix\: see --confirm)]' \
'--yes[Do not ask (not enough for a whole namespace or a raw pattern outside the prefix\: see --confirm)]' \
'--dry-run[Do the same without writing, and say what would be done]' \
'--exit-code[With --dry-run\: exit with 5 when something would change]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(purge)
_arguments "${_arguments_options[@]}" : \
'*--tag=[Only what the members of a tag have in their buckets\: no walk over the keyspace]:TAG:_default' \
'*--invalid-key=[Only what the members of an invalid key have in their buckets]:NAME:_default' \
'--match=[Whether a key has to match any of the selectors, or all of them]:HOW:((any\:"A key that one of them means"
all\:"A key that each of them means"))' \
'*--except-key=[Not this key]:KEY:_default' \
'*--except-invalid-key=[Not the keys that depend on this invalid key]:NAME:_default' \
'*--except-tag=[Not the keys with this tag]:TAG:_default' \
'*--except-pattern=[Not the values that match this glob]:GLOB:_default' \
'--larger-than=[Only values of more bytes than this\: 500, 64KiB, 1MB (1,000,000), 1.5GB]:SIZE:_default' \
'--smaller-than=[Only values of fewer bytes than this]:SIZE:_default' \
'--grace=[Leave alone what expired less than this long ago]:DUR:_default' \
'--time-budget=[Stop in time (exit code 3); the next run with a budget goes on from there]:DUR:_default' \
'(--dry-run)--every=[Do it again and again, this long apart give or take a tenth\: a sidecar where there is no cron]:DUR:_default' \
'(--dry-run)--output=[Write counters of the runs into a file for Prometheus, after each run; they go on from what it holds]:FILE:_files' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--mark[Mark expired keys, as the library does at the next read, instead of deleting their values]' \
'--strict[Exit with 4, changing nothing, when a tag or invalid key that was named, or an exception, is not there]' \
'--no-lock[Neither take nor mind the lock that lets one sweep of this namespace work at a time]' \
'--dry-run[Do the same without writing, and say what would be done]' \
'--exit-code[With --dry-run\: exit with 5 when something would change]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(gc)
_arguments "${_arguments_options[@]}" : \
'--stuck-after=[Remove a stale mark or a stuck computation only if it is still there after this time; give more than the slowest cached function takes]:DUR:_default' \
'--time-budget=[Stop in time (exit code 3); the next run with a budget goes on from there]:DUR:_default' \
'(--dry-run)--every=[Do it again and again, this long apart give or take a tenth\: a sidecar where there is no cron]:DUR:_default' \
'(--dry-run)--output=[Write counters of the runs into a file for Prometheus, after each run; they go on from what it holds]:FILE:_files' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'-y[Do not ask]' \
'--yes[Do not ask]' \
'--wait[Wait for that time and check again, instead of leaving that to the next run]' \
'--no-lock[Neither take nor mind the lock that lets one sweep of this namespace work at a time]' \
'--dry-run[Do the same without writing, and say what would be done]' \
'--exit-code[With --dry-run\: exit with 5 when something would change]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(doctor)
_arguments "${_arguments_options[@]}" : \
'(--no-monitor)--monitor=[How long to watch the traffic]:DUR:_default' \
'--apart=[Check keys in progress a second time after this long \[default\: 5s, with --quick 1s\]]:DUR:_default' \
'--time-budget=[Stop looking after this long (exit code 3 if nothing was found by then)]:DUR:_default' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--quick[Look at a sample of the keys and members only]' \
'--no-monitor[Do not watch the traffic for the clocks of the application'\''s hosts (MONITOR, two seconds)]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(stats)
_arguments "${_arguments_options[@]}" : \
'--live=[Watch the traffic for so long (MONITOR) and tell calls, hits and misses by tag; no change in the application]:DUR:_default' \
'--watch=[Watch the traffic on a screen that redraws itself, until q or for so long \[default\: 60s without --yes\]]::DUR:_default' \
'--history=[The recorded counters by the hour, of the last 24 hours or of the last so long \[default\: 24h\]]::DUR:_default' \
'--keep=[Keep the recorded hours for so long, 24h to 366d; asks where that is shorter than before, as older hours are forgotten]:DUR:_default' \
'--output=[Write --format prometheus into a file, which appears complete or not at all]:FILE:_files' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--histogram[How large the values are and how much time they have left, of all keys and by tag]' \
'--reset[Forget the recorded counters, history included, and begin anew]' \
'-y[Do not ask (--reset, --keep); watch for longer than 60 s (--live, --watch)]' \
'--yes[Do not ask (--reset, --keep); watch for longer than 60 s (--live, --watch)]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(diff)
_arguments "${_arguments_options[@]}" : \
'*--key=[A logical key]:KEY:_default' \
'*--invalid-key=[The keys that depend on an invalid key]:NAME:_default' \
'*--tag=[The keys with a tag]:TAG:_default' \
'*--pattern=[The values whose base matches a glob; a '\''>'\'' in it separates base from field]:GLOB:_default' \
'*--from-file=[Logical keys from a file, one a line, or rows of \`keys list\` and \`keys dump\` ('\''-'\'' is standard input)]:FILE|-:_files' \
'--match=[Whether a key has to match any of the selectors, or all of them]:HOW:((any\:"A key that one of them means"
all\:"A key that each of them means"))' \
'*--except-key=[Not this key]:KEY:_default' \
'*--except-invalid-key=[Not the keys that depend on this invalid key]:NAME:_default' \
'*--except-tag=[Not the keys with this tag]:TAG:_default' \
'*--except-pattern=[Not the values that match this glob]:GLOB:_default' \
'*--state=[Only keys in these states\: live, expired, pending, computing, missing]:S,..:_default' \
'--larger-than=[Only values of more bytes than this\: 500, 64KiB, 1MB (1,000,000), 1.5GB]:SIZE:_default' \
'--smaller-than=[Only values of fewer bytes than this]:SIZE:_default' \
'--expires-within=[Only keys that expire within this time, and have not expired yet (--state expired finds those)]:DUR:_default' \
'--expires-after=[Only keys that expire later than that]:DUR:_default' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--strict[Exit with 4, comparing nothing, when a name given by --key, --tag, --invalid-key or an exception is on neither side]' \
'-0[Keys in files are separated by NUL, not by newlines]' \
'--null[Keys in files are separated by NUL, not by newlines]' \
'(--expires-within --expires-after)--no-timeout[Only keys without a timeout]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':a -- One side\: a profile, a URL, or a file (of `keys dump --raw --indexes`, or an RDB file):_default' \
'::b -- The other side, likewise \[default\: the server and namespace in force, or what --url or --rdb names\]:_default' \
&& ret=0
;;
(log)
_arguments "${_arguments_options[@]}" : \
'--since=[Only entries since then\: a length of time before now (90m, 2d), or a time (2026-11-29, 2026-11-29T08\:30, in UTC)]:DUR|TIME:_default' \
'--limit=[The last so many entries]:N:_default' \
'--by=[Only entries of this user, of the machine or of Redis]:USER:_default' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--follow[Go on and show what comes, until Ctrl-C; begins with the last 10 entries unless --since or --limit says otherwise]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(events)
_arguments "${_arguments_options[@]}" : \
'*--key=[A logical key]:KEY:_default' \
'*--invalid-key=[The keys that depend on an invalid key]:NAME:_default' \
'*--tag=[The keys with a tag]:TAG:_default' \
'*--pattern=[The values whose base matches a glob; a '\''>'\'' in it separates base from field]:GLOB:_default' \
'*--from-file=[Logical keys from a file, one a line, or rows of \`keys list\` and \`keys dump\` ('\''-'\'' is standard input)]:FILE|-:_files' \
'--match=[Whether a key has to match any of the selectors, or all of them]:HOW:((any\:"A key that one of them means"
all\:"A key that each of them means"))' \
'*--except-key=[Not this key]:KEY:_default' \
'*--except-invalid-key=[Not the keys that depend on this invalid key]:NAME:_default' \
'*--except-tag=[Not the keys with this tag]:TAG:_default' \
'*--except-pattern=[Not the values that match this glob]:GLOB:_default' \
'*--kind=[Only events of these kinds]:KIND,..:(hit miss wait refresh stored marked deleted expired)' \
'--for=[Stop after so long \[default\: no end; with --limit, 60s without --yes\]]:DUR:_default' \
'--limit=[Stop after this many events]:N:_default' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'-0[Keys in files are separated by NUL, not by newlines]' \
'--null[Keys in files are separated by NUL, not by newlines]' \
'-y[Do not ask\: follow for longer than 60 s, or without an end]' \
'--yes[Do not ask\: follow for longer than 60 s, or without an end]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(config)
_arguments "${_arguments_options[@]}" : \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
":: :_cacheme__subcmd__config_commands" \
"*::: :->config" \
&& ret=0

    case $state in
    (config)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cacheme-config-command-$line[1]:"
        case $line[1] in
            (show)
_arguments "${_arguments_options[@]}" : \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(init)
_arguments "${_arguments_options[@]}" : \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'-y[Do not ask\: --profile, --url and --prefix say it all]' \
'--yes[Do not ask\: --profile, --url and --prefix say it all]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_cacheme__subcmd__config__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cacheme-config-help-command-$line[1]:"
        case $line[1] in
            (show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(init)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
;;
(completions)
_arguments "${_arguments_options[@]}" : \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--live[A script that also completes tags, invalid keys, keys and profiles, by asking (bash, zsh, fish)]' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':shell -- The shell:(bash elvish fish powershell zsh)' \
&& ret=0
;;
(generate)
_arguments "${_arguments_options[@]}" : \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump) in place of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be named, host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM), instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show the server this certificate (PEM)]:FILE:_files' \
'--tls-key=[The key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from a file'\''s first line]:FILE:_files' \
'--sentinel-user=[The user the sentinels ask for]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from a file'\''s first line (CACHEME_SENTINEL_PASSWORD holds it otherwise)]:FILE:_files' \
'--profile=[The profile of the configuration file to use \[default\: its default_profile\]]:NAME:_default' \
'--config=[The configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The release of the library that uses it\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Only these fields, in this order]:A,B:_default' \
'--timeout=[The longest wait for any one answer \[default\: 10s\]]:DUR:_default' \
'--connect-timeout=[The longest wait for a connection \[default\: 3s\]]:DUR:_default' \
'--wait-replicas=[How many replicas have to confirm what was written before it is called complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--utc-offset=[UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--pace=[How hard to lean on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--color=[Colours in messages and tables]:COLOR:(auto always never)' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--replica[Read from a replica, where sentinels or the cluster know one]' \
'--tls-insecure[Believe any certificate\: whoever sits in between reads and changes everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'-q[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'--quiet[No hints and no sentence about what was done\: only warnings and errors, and what a run that was not finished did]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--read-only[Refuse every command that writes]' \
'--no-progress[No progress bars]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Take what lies in namespaces inside this one (CM\:X\: in CM\:) for this one'\''s own; otherwise it is left alone]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
':directory -- The directory that holds man/ and completions/:_files' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_cacheme__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cacheme-help-command-$line[1]:"
        case $line[1] in
            (tags)
_arguments "${_arguments_options[@]}" : \
":: :_cacheme__subcmd__help__subcmd__tags_commands" \
"*::: :->tags" \
&& ret=0

    case $state in
    (tags)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cacheme-help-tags-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(invalid-keys)
_arguments "${_arguments_options[@]}" : \
":: :_cacheme__subcmd__help__subcmd__invalid-keys_commands" \
"*::: :->invalid-keys" \
&& ret=0

    case $state in
    (invalid-keys)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cacheme-help-invalid-keys-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(keys)
_arguments "${_arguments_options[@]}" : \
":: :_cacheme__subcmd__help__subcmd__keys_commands" \
"*::: :->keys" \
&& ret=0

    case $state in
    (keys)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cacheme-help-keys-command-$line[1]:"
        case $line[1] in
            (list)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(top)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(dump)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(restore)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(browse)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(invalidate)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(purge)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(gc)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(doctor)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(stats)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(diff)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(log)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(events)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(config)
_arguments "${_arguments_options[@]}" : \
":: :_cacheme__subcmd__help__subcmd__config_commands" \
"*::: :->config" \
&& ret=0

    case $state in
    (config)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cacheme-help-config-command-$line[1]:"
        case $line[1] in
            (show)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(init)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
(completions)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(generate)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
}

(( $+functions[_cacheme_commands] )) ||
_cacheme_commands() {
    local commands; commands=(
'tags:The tags of the namespace' \
'invalid-keys:The invalid keys of the namespace' \
'keys:Logical keys and their values' \
'browse:A full screen\: tags, their keys, values; read-only unless --write' \
'invalidate:Invalidate keys\: mark them for recomputation, or delete their values' \
'purge:Remove expired entries of the TTL sorted sets (for cron)' \
'gc:Remove what the library leaks\: index members without a value, stuck computations, forgotten marks' \
'doctor:What is wrong with this namespace, and the command that mends it (reads only)' \
'stats:Hits and misses, recorded or live; sizes of the namespace; the server' \
'diff:What differs between two namespaces, dumps or RDB files' \
'log:Who changed what through this tool, and when' \
'events:What happens now, one line an event\: hit, miss, wait, refresh, stored, marked, deleted, expired' \
'config:Profiles of servers and namespaces, in a configuration file' \
'completions:Print a completion script' \
'generate:Write the man pages and completion scripts into a directory' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cacheme commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__browse_commands] )) ||
_cacheme__subcmd__browse_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme browse commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__completions_commands] )) ||
_cacheme__subcmd__completions_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme completions commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__config_commands] )) ||
_cacheme__subcmd__config_commands() {
    local commands; commands=(
'show:The settings in force, secrets hidden, and where each came from' \
'check:Read the whole configuration file and tell all that is wrong with it' \
'init:Add a profile to the configuration file\: asks, and looks for namespaces on the server' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cacheme config commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__config__subcmd__check_commands] )) ||
_cacheme__subcmd__config__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme config check commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__config__subcmd__help_commands] )) ||
_cacheme__subcmd__config__subcmd__help_commands() {
    local commands; commands=(
'show:The settings in force, secrets hidden, and where each came from' \
'check:Read the whole configuration file and tell all that is wrong with it' \
'init:Add a profile to the configuration file\: asks, and looks for namespaces on the server' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cacheme config help commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__config__subcmd__help__subcmd__check_commands] )) ||
_cacheme__subcmd__config__subcmd__help__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme config help check commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__config__subcmd__help__subcmd__help_commands] )) ||
_cacheme__subcmd__config__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme config help help commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__config__subcmd__help__subcmd__init_commands] )) ||
_cacheme__subcmd__config__subcmd__help__subcmd__init_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme config help init commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__config__subcmd__help__subcmd__show_commands] )) ||
_cacheme__subcmd__config__subcmd__help__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme config help show commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__config__subcmd__init_commands] )) ||
_cacheme__subcmd__config__subcmd__init_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme config init commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__config__subcmd__show_commands] )) ||
_cacheme__subcmd__config__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme config show commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__diff_commands] )) ||
_cacheme__subcmd__diff_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme diff commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__doctor_commands] )) ||
_cacheme__subcmd__doctor_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme doctor commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__events_commands] )) ||
_cacheme__subcmd__events_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme events commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__gc_commands] )) ||
_cacheme__subcmd__gc_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme gc commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__generate_commands] )) ||
_cacheme__subcmd__generate_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme generate commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help_commands] )) ||
_cacheme__subcmd__help_commands() {
    local commands; commands=(
'tags:The tags of the namespace' \
'invalid-keys:The invalid keys of the namespace' \
'keys:Logical keys and their values' \
'browse:A full screen\: tags, their keys, values; read-only unless --write' \
'invalidate:Invalidate keys\: mark them for recomputation, or delete their values' \
'purge:Remove expired entries of the TTL sorted sets (for cron)' \
'gc:Remove what the library leaks\: index members without a value, stuck computations, forgotten marks' \
'doctor:What is wrong with this namespace, and the command that mends it (reads only)' \
'stats:Hits and misses, recorded or live; sizes of the namespace; the server' \
'diff:What differs between two namespaces, dumps or RDB files' \
'log:Who changed what through this tool, and when' \
'events:What happens now, one line an event\: hit, miss, wait, refresh, stored, marked, deleted, expired' \
'config:Profiles of servers and namespaces, in a configuration file' \
'completions:Print a completion script' \
'generate:Write the man pages and completion scripts into a directory' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cacheme help commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__browse_commands] )) ||
_cacheme__subcmd__help__subcmd__browse_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help browse commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__completions_commands] )) ||
_cacheme__subcmd__help__subcmd__completions_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help completions commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__config_commands] )) ||
_cacheme__subcmd__help__subcmd__config_commands() {
    local commands; commands=(
'show:The settings in force, secrets hidden, and where each came from' \
'check:Read the whole configuration file and tell all that is wrong with it' \
'init:Add a profile to the configuration file\: asks, and looks for namespaces on the server' \
    )
    _describe -t commands 'cacheme help config commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__config__subcmd__check_commands] )) ||
_cacheme__subcmd__help__subcmd__config__subcmd__check_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help config check commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__config__subcmd__init_commands] )) ||
_cacheme__subcmd__help__subcmd__config__subcmd__init_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help config init commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__config__subcmd__show_commands] )) ||
_cacheme__subcmd__help__subcmd__config__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help config show commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__diff_commands] )) ||
_cacheme__subcmd__help__subcmd__diff_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help diff commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__doctor_commands] )) ||
_cacheme__subcmd__help__subcmd__doctor_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help doctor commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__events_commands] )) ||
_cacheme__subcmd__help__subcmd__events_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help events commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__gc_commands] )) ||
_cacheme__subcmd__help__subcmd__gc_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help gc commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__generate_commands] )) ||
_cacheme__subcmd__help__subcmd__generate_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help generate commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__help_commands] )) ||
_cacheme__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help help commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__invalid-keys_commands] )) ||
_cacheme__subcmd__help__subcmd__invalid-keys_commands() {
    local commands; commands=(
'list:List the invalid keys with their sizes' \
'show:One invalid key\: its keys by state, memory, a sample' \
    )
    _describe -t commands 'cacheme help invalid-keys commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__invalid-keys__subcmd__list_commands] )) ||
_cacheme__subcmd__help__subcmd__invalid-keys__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help invalid-keys list commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__invalid-keys__subcmd__show_commands] )) ||
_cacheme__subcmd__help__subcmd__invalid-keys__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help invalid-keys show commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__invalidate_commands] )) ||
_cacheme__subcmd__help__subcmd__invalidate_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help invalidate commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__keys_commands] )) ||
_cacheme__subcmd__help__subcmd__keys_commands() {
    local commands; commands=(
'list:List logical keys, streamed' \
'top:The largest values, or the keys that expire soonest' \
'show:One key in full\: state, time left, age, tags, invalid keys, how to refresh it, value' \
'dump:Every key with its value, streamed (ndjson unless told otherwise)' \
'restore:Put back what \`keys dump --raw --indexes\` wrote\: values, timeouts, tags, invalid keys, marks' \
    )
    _describe -t commands 'cacheme help keys commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__keys__subcmd__dump_commands] )) ||
_cacheme__subcmd__help__subcmd__keys__subcmd__dump_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help keys dump commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__keys__subcmd__list_commands] )) ||
_cacheme__subcmd__help__subcmd__keys__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help keys list commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__keys__subcmd__restore_commands] )) ||
_cacheme__subcmd__help__subcmd__keys__subcmd__restore_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help keys restore commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__keys__subcmd__show_commands] )) ||
_cacheme__subcmd__help__subcmd__keys__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help keys show commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__keys__subcmd__top_commands] )) ||
_cacheme__subcmd__help__subcmd__keys__subcmd__top_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help keys top commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__log_commands] )) ||
_cacheme__subcmd__help__subcmd__log_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help log commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__purge_commands] )) ||
_cacheme__subcmd__help__subcmd__purge_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help purge commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__stats_commands] )) ||
_cacheme__subcmd__help__subcmd__stats_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help stats commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__tags_commands] )) ||
_cacheme__subcmd__help__subcmd__tags_commands() {
    local commands; commands=(
'list:List the tags with their sizes' \
'show:One tag\: its keys by state, memory, a sample' \
    )
    _describe -t commands 'cacheme help tags commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__tags__subcmd__list_commands] )) ||
_cacheme__subcmd__help__subcmd__tags__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help tags list commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__help__subcmd__tags__subcmd__show_commands] )) ||
_cacheme__subcmd__help__subcmd__tags__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme help tags show commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__invalid-keys_commands] )) ||
_cacheme__subcmd__invalid-keys_commands() {
    local commands; commands=(
'list:List the invalid keys with their sizes' \
'show:One invalid key\: its keys by state, memory, a sample' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cacheme invalid-keys commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__invalid-keys__subcmd__help_commands] )) ||
_cacheme__subcmd__invalid-keys__subcmd__help_commands() {
    local commands; commands=(
'list:List the invalid keys with their sizes' \
'show:One invalid key\: its keys by state, memory, a sample' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cacheme invalid-keys help commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__invalid-keys__subcmd__help__subcmd__help_commands] )) ||
_cacheme__subcmd__invalid-keys__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme invalid-keys help help commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__invalid-keys__subcmd__help__subcmd__list_commands] )) ||
_cacheme__subcmd__invalid-keys__subcmd__help__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme invalid-keys help list commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__invalid-keys__subcmd__help__subcmd__show_commands] )) ||
_cacheme__subcmd__invalid-keys__subcmd__help__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme invalid-keys help show commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__invalid-keys__subcmd__list_commands] )) ||
_cacheme__subcmd__invalid-keys__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme invalid-keys list commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__invalid-keys__subcmd__show_commands] )) ||
_cacheme__subcmd__invalid-keys__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme invalid-keys show commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__invalidate_commands] )) ||
_cacheme__subcmd__invalidate_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme invalidate commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__keys_commands] )) ||
_cacheme__subcmd__keys_commands() {
    local commands; commands=(
'list:List logical keys, streamed' \
'top:The largest values, or the keys that expire soonest' \
'show:One key in full\: state, time left, age, tags, invalid keys, how to refresh it, value' \
'dump:Every key with its value, streamed (ndjson unless told otherwise)' \
'restore:Put back what \`keys dump --raw --indexes\` wrote\: values, timeouts, tags, invalid keys, marks' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cacheme keys commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__keys__subcmd__dump_commands] )) ||
_cacheme__subcmd__keys__subcmd__dump_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme keys dump commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__keys__subcmd__help_commands] )) ||
_cacheme__subcmd__keys__subcmd__help_commands() {
    local commands; commands=(
'list:List logical keys, streamed' \
'top:The largest values, or the keys that expire soonest' \
'show:One key in full\: state, time left, age, tags, invalid keys, how to refresh it, value' \
'dump:Every key with its value, streamed (ndjson unless told otherwise)' \
'restore:Put back what \`keys dump --raw --indexes\` wrote\: values, timeouts, tags, invalid keys, marks' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cacheme keys help commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__keys__subcmd__help__subcmd__dump_commands] )) ||
_cacheme__subcmd__keys__subcmd__help__subcmd__dump_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme keys help dump commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__keys__subcmd__help__subcmd__help_commands] )) ||
_cacheme__subcmd__keys__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme keys help help commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__keys__subcmd__help__subcmd__list_commands] )) ||
_cacheme__subcmd__keys__subcmd__help__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme keys help list commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__keys__subcmd__help__subcmd__restore_commands] )) ||
_cacheme__subcmd__keys__subcmd__help__subcmd__restore_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme keys help restore commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__keys__subcmd__help__subcmd__show_commands] )) ||
_cacheme__subcmd__keys__subcmd__help__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme keys help show commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__keys__subcmd__help__subcmd__top_commands] )) ||
_cacheme__subcmd__keys__subcmd__help__subcmd__top_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme keys help top commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__keys__subcmd__list_commands] )) ||
_cacheme__subcmd__keys__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme keys list commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__keys__subcmd__restore_commands] )) ||
_cacheme__subcmd__keys__subcmd__restore_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme keys restore commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__keys__subcmd__show_commands] )) ||
_cacheme__subcmd__keys__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme keys show commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__keys__subcmd__top_commands] )) ||
_cacheme__subcmd__keys__subcmd__top_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme keys top commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__log_commands] )) ||
_cacheme__subcmd__log_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme log commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__purge_commands] )) ||
_cacheme__subcmd__purge_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme purge commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__stats_commands] )) ||
_cacheme__subcmd__stats_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme stats commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__tags_commands] )) ||
_cacheme__subcmd__tags_commands() {
    local commands; commands=(
'list:List the tags with their sizes' \
'show:One tag\: its keys by state, memory, a sample' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cacheme tags commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__tags__subcmd__help_commands] )) ||
_cacheme__subcmd__tags__subcmd__help_commands() {
    local commands; commands=(
'list:List the tags with their sizes' \
'show:One tag\: its keys by state, memory, a sample' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cacheme tags help commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__tags__subcmd__help__subcmd__help_commands] )) ||
_cacheme__subcmd__tags__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme tags help help commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__tags__subcmd__help__subcmd__list_commands] )) ||
_cacheme__subcmd__tags__subcmd__help__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme tags help list commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__tags__subcmd__help__subcmd__show_commands] )) ||
_cacheme__subcmd__tags__subcmd__help__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme tags help show commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__tags__subcmd__list_commands] )) ||
_cacheme__subcmd__tags__subcmd__list_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme tags list commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__tags__subcmd__show_commands] )) ||
_cacheme__subcmd__tags__subcmd__show_commands() {
    local commands; commands=()
    _describe -t commands 'cacheme tags show commands' commands "$@"
}

if [ "$funcstack[1]" = "_cacheme" ]; then
    _cacheme "$@"
else
    compdef _cacheme cacheme
fi
