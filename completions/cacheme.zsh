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
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
'-V[Print the version; -V prints it in short]' \
'--version[Print the version; -V prints it in short]' \
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
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
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
'--sort=[Sort the rows; bytes implies --deep]:SORT:(keys name bytes)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--deep[Check every key\: states, value sizes, ages]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
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
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
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
'--sort=[Sort the rows; bytes implies --deep]:SORT:(keys name bytes)' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--deep[Check every key\: states, value sizes, ages]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
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
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
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
'*--key=[This key, such as '\''Book\:100>owner'\'']:KEY:_default' \
'*--invalid-key=[The keys that depend on this invalid key]:NAME:_default' \
'*--tag=[The keys with this tag]:TAG:_default' \
'*--pattern=[The keys that match this glob]:GLOB:_default' \
'*--from-file=[The keys that this file lists]:FILE|-:_files' \
'--match=[Keys that match any (default) or all]:HOW:((any\:"A key that one of them means"
all\:"A key that each of them means"))' \
'*--except-key=[Leave out this key]:KEY:_default' \
'*--except-invalid-key=[Leave out the keys of this invalid key]:NAME:_default' \
'*--except-tag=[Leave out the keys with this tag]:TAG:_default' \
'*--except-pattern=[Leave out the keys that match this glob]:GLOB:_default' \
'*--state=[live, expired, pending, computing or missing]:S,..:_default' \
'--larger-than=[Only values of more bytes\: 500, 64KiB, 1MB]:SIZE:_default' \
'--smaller-than=[Only values of fewer bytes]:SIZE:_default' \
'--expires-within=[Only keys that expire within this time]:DUR:_default' \
'--expires-after=[Only keys that expire later than this]:DUR:_default' \
'--limit=[Stop after this many keys]:N:_default' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'-0[NUL separates the keys of files]' \
'--null[NUL separates the keys of files]' \
'(--expires-within --expires-after)--no-timeout[Only keys without a timeout]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
&& ret=0
;;
(top)
_arguments "${_arguments_options[@]}" : \
'*--key=[This key, such as '\''Book\:100>owner'\'']:KEY:_default' \
'*--invalid-key=[The keys that depend on this invalid key]:NAME:_default' \
'*--tag=[The keys with this tag]:TAG:_default' \
'*--pattern=[The keys that match this glob]:GLOB:_default' \
'*--from-file=[The keys that this file lists]:FILE|-:_files' \
'--match=[Keys that match any (default) or all]:HOW:((any\:"A key that one of them means"
all\:"A key that each of them means"))' \
'*--except-key=[Leave out this key]:KEY:_default' \
'*--except-invalid-key=[Leave out the keys of this invalid key]:NAME:_default' \
'*--except-tag=[Leave out the keys with this tag]:TAG:_default' \
'*--except-pattern=[Leave out the keys that match this glob]:GLOB:_default' \
'*--state=[live, expired, pending, computing or missing]:S,..:_default' \
'--larger-than=[Only values of more bytes\: 500, 64KiB, 1MB]:SIZE:_default' \
'--smaller-than=[Only values of fewer bytes]:SIZE:_default' \
'--expires-within=[Only keys that expire within this time]:DUR:_default' \
'--expires-after=[Only keys that expire later than this]:DUR:_default' \
'--by=[By bytes, the value size (default), or ttl, the time left]:WHAT:(bytes ttl)' \
'-n+[How many to list]:N:_default' \
'--number=[How many to list]:N:_default' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'-0[NUL separates the keys of files]' \
'--null[NUL separates the keys of files]' \
'(--expires-within --expires-after)--no-timeout[Only keys without a timeout]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
&& ret=0
;;
(show)
_arguments "${_arguments_options[@]}" : \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--full[Show long values whole]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
'*::keys -- The keys to show, such as '\''Book\:100>owner'\'':_default' \
&& ret=0
;;
(dump)
_arguments "${_arguments_options[@]}" : \
'*--key=[This key, such as '\''Book\:100>owner'\'']:KEY:_default' \
'*--invalid-key=[The keys that depend on this invalid key]:NAME:_default' \
'*--tag=[The keys with this tag]:TAG:_default' \
'*--pattern=[The keys that match this glob]:GLOB:_default' \
'*--from-file=[The keys that this file lists]:FILE|-:_files' \
'--match=[Keys that match any (default) or all]:HOW:((any\:"A key that one of them means"
all\:"A key that each of them means"))' \
'*--except-key=[Leave out this key]:KEY:_default' \
'*--except-invalid-key=[Leave out the keys of this invalid key]:NAME:_default' \
'*--except-tag=[Leave out the keys with this tag]:TAG:_default' \
'*--except-pattern=[Leave out the keys that match this glob]:GLOB:_default' \
'*--state=[live, expired, pending, computing or missing]:S,..:_default' \
'--larger-than=[Only values of more bytes\: 500, 64KiB, 1MB]:SIZE:_default' \
'--smaller-than=[Only values of fewer bytes]:SIZE:_default' \
'--expires-within=[Only keys that expire within this time]:DUR:_default' \
'--expires-after=[Only keys that expire later than this]:DUR:_default' \
'-o+[Write ndjson into this file (.gz and .zst compress)]:FILE:_files' \
'--output=[Write ndjson into this file (.gz and .zst compress)]:FILE:_files' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'-0[NUL separates the keys of files]' \
'--null[NUL separates the keys of files]' \
'(--expires-within --expires-after)--no-timeout[Only keys without a timeout]' \
'--raw[Write the stored bytes, not decoded values]' \
'--indexes[Add the tags and invalid keys of each key]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
&& ret=0
;;
(restore)
_arguments "${_arguments_options[@]}" : \
'--to-layout=[Restore into this layout instead of --layout]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--from-line=[Begin at this line of the dump, where a run stopped]:N:_default' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--replace[Overwrite live values that differ]' \
'-y[Do not ask]' \
'--yes[Do not ask]' \
'--dry-run[Change nothing; say what would change]' \
'--exit-code[With --dry-run\: exit with 5 for changes]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
'::file -- The dump to restore; '\''-'\'' is standard input:_files' \
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
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--write[Allow to invalidate keys; it asks each time]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
&& ret=0
;;
(invalidate)
_arguments "${_arguments_options[@]}" : \
'*--key=[This key, such as '\''Book\:100>owner'\'']:KEY:_default' \
'*--invalid-key=[The keys that depend on this invalid key]:NAME:_default' \
'*--tag=[The keys with this tag]:TAG:_default' \
'*--pattern=[The keys that match this glob]:GLOB:_default' \
'*--from-file=[The keys that this file lists]:FILE|-:_files' \
'--match=[Keys that match any (default) or all]:HOW:((any\:"A key that one of them means"
all\:"A key that each of them means"))' \
'*--except-key=[Leave out this key]:KEY:_default' \
'*--except-invalid-key=[Leave out the keys of this invalid key]:NAME:_default' \
'*--except-tag=[Leave out the keys with this tag]:TAG:_default' \
'*--except-pattern=[Leave out the keys that match this glob]:GLOB:_default' \
'*--state=[live, expired, pending, computing or missing]:S,..:_default' \
'--larger-than=[Only values of more bytes\: 500, 64KiB, 1MB]:SIZE:_default' \
'--smaller-than=[Only values of fewer bytes]:SIZE:_default' \
'--expires-within=[Only keys that expire within this time]:DUR:_default' \
'--expires-after=[Only keys that expire later than this]:DUR:_default' \
'--raw-pattern=[Redis keys that match, prefix included]:GLOB:_default' \
'--time-budget=[Stop after this time (exit code 3)]:DUR:_default' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'-0[NUL separates the keys of files]' \
'--null[NUL separates the keys of files]' \
'(--expires-within --expires-after)--no-timeout[Only keys without a timeout]' \
'(--delete)--mark[Mark all\: readers get old values until one computes]' \
'--delete[Delete all\: the values are gone at once]' \
'--strict[Exit with 4 if a given name matches nothing]' \
'-y[Do not ask]' \
'--yes[Do not ask]' \
'--dry-run[Change nothing; say what would change]' \
'--exit-code[With --dry-run\: exit with 5 for changes]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
&& ret=0
;;
(purge)
_arguments "${_arguments_options[@]}" : \
'*--tag=[Only the keys with this tag]:TAG:_default' \
'*--invalid-key=[Only the keys of this invalid key]:NAME:_default' \
'--match=[Keys that match any (default) or all]:HOW:((any\:"A key that one of them means"
all\:"A key that each of them means"))' \
'*--except-key=[Leave out this key]:KEY:_default' \
'*--except-invalid-key=[Leave out the keys of this invalid key]:NAME:_default' \
'*--except-tag=[Leave out the keys with this tag]:TAG:_default' \
'*--except-pattern=[Leave out the keys that match this glob]:GLOB:_default' \
'--larger-than=[Only values of more bytes\: 500, 64KiB, 1MB]:SIZE:_default' \
'--smaller-than=[Only values of fewer bytes]:SIZE:_default' \
'--grace=[Leave alone what expired less than this ago]:DUR:_default' \
'(--dry-run)--every=[Run again and again, this far apart]:DUR:_default' \
'(--dry-run)--output=[Write counters for Prometheus into this file]:FILE:_files' \
'--time-budget=[Stop after this time (exit code 3)]:DUR:_default' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--mark[Mark expired keys; delete no values]' \
'--no-lock[Run without the lock of sweeps]' \
'--strict[Exit with 4 if a given name is not there]' \
'--dry-run[Change nothing; say what would change]' \
'--exit-code[With --dry-run\: exit with 5 for changes]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
&& ret=0
;;
(gc)
_arguments "${_arguments_options[@]}" : \
'--stuck-after=[How long a mark or computation must be stuck]:DUR:_default' \
'(--dry-run)--every=[Run again and again, this far apart]:DUR:_default' \
'(--dry-run)--output=[Write counters for Prometheus into this file]:FILE:_files' \
'--time-budget=[Stop after this time (exit code 3)]:DUR:_default' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--wait[Wait for that time and check again in this run]' \
'--no-lock[Run without the lock of sweeps]' \
'-y[Do not ask]' \
'--yes[Do not ask]' \
'--dry-run[Change nothing; say what would change]' \
'--exit-code[With --dry-run\: exit with 5 for changes]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
&& ret=0
;;
(doctor)
_arguments "${_arguments_options[@]}" : \
'(--no-monitor)--monitor=[How long to watch the traffic (MONITOR)]:DUR:_default' \
'--apart=[Check keys in progress again after this time \[default\: 5s\]]:DUR:_default' \
'--time-budget=[Stop checking after this time]:DUR:_default' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--quick[Check only a sample of the keys and members]' \
'--no-monitor[Do not watch the traffic]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
&& ret=0
;;
(stats)
_arguments "${_arguments_options[@]}" : \
'--live=[Count hits and misses by tag in live traffic]:DUR:_default' \
'--watch=[The same on a screen that redraws itself, until q]::DUR:_default' \
'--history=[Recorded counters by the hour \[default\: 24h\]]::DUR:_default' \
'--keep=[Keep recorded hours for this long (24h to 366d)]:DUR:_default' \
'--output=[Write --format prometheus into this file]:FILE:_files' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--histogram[Sizes of values and time left, in total and by tag]' \
'--reset[Forget the recorded counters and their history]' \
'-y[Do not ask; watch for longer than 60 s]' \
'--yes[Do not ask; watch for longer than 60 s]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
&& ret=0
;;
(diff)
_arguments "${_arguments_options[@]}" : \
'*--key=[This key, such as '\''Book\:100>owner'\'']:KEY:_default' \
'*--invalid-key=[The keys that depend on this invalid key]:NAME:_default' \
'*--tag=[The keys with this tag]:TAG:_default' \
'*--pattern=[The keys that match this glob]:GLOB:_default' \
'*--from-file=[The keys that this file lists]:FILE|-:_files' \
'--match=[Keys that match any (default) or all]:HOW:((any\:"A key that one of them means"
all\:"A key that each of them means"))' \
'*--except-key=[Leave out this key]:KEY:_default' \
'*--except-invalid-key=[Leave out the keys of this invalid key]:NAME:_default' \
'*--except-tag=[Leave out the keys with this tag]:TAG:_default' \
'*--except-pattern=[Leave out the keys that match this glob]:GLOB:_default' \
'*--state=[live, expired, pending, computing or missing]:S,..:_default' \
'--larger-than=[Only values of more bytes\: 500, 64KiB, 1MB]:SIZE:_default' \
'--smaller-than=[Only values of fewer bytes]:SIZE:_default' \
'--expires-within=[Only keys that expire within this time]:DUR:_default' \
'--expires-after=[Only keys that expire later than this]:DUR:_default' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'-0[NUL separates the keys of files]' \
'--null[NUL separates the keys of files]' \
'(--expires-within --expires-after)--no-timeout[Only keys without a timeout]' \
'--strict[Exit with 4 if a given name is on neither side]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
':a -- One side\: a profile, a URL, a dump or an RDB file:_default' \
'::b -- The other side \[default\: the server in force\]:_default' \
&& ret=0
;;
(log)
_arguments "${_arguments_options[@]}" : \
'--since=[Only entries since then\: 90m, 2d, 2026-11-29]:DUR|TIME:_default' \
'--limit=[Only the last N entries]:N:_default' \
'--by=[Only entries of this user]:USER:_default' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--follow[Show new entries as they come, until Ctrl-C]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
&& ret=0
;;
(events)
_arguments "${_arguments_options[@]}" : \
'*--key=[This key, such as '\''Book\:100>owner'\'']:KEY:_default' \
'*--invalid-key=[The keys that depend on this invalid key]:NAME:_default' \
'*--tag=[The keys with this tag]:TAG:_default' \
'*--pattern=[The keys that match this glob]:GLOB:_default' \
'*--from-file=[The keys that this file lists]:FILE|-:_files' \
'--match=[Keys that match any (default) or all]:HOW:((any\:"A key that one of them means"
all\:"A key that each of them means"))' \
'*--except-key=[Leave out this key]:KEY:_default' \
'*--except-invalid-key=[Leave out the keys of this invalid key]:NAME:_default' \
'*--except-tag=[Leave out the keys with this tag]:TAG:_default' \
'*--except-pattern=[Leave out the keys that match this glob]:GLOB:_default' \
'*--kind=[Only these kinds of event\: miss,stored]:KIND,..:(hit miss wait refresh stored marked deleted expired)' \
'--for=[Stop after this time]:DUR:_default' \
'--limit=[Stop after this many events]:N:_default' \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'-0[NUL separates the keys of files]' \
'--null[NUL separates the keys of files]' \
'-y[Do not ask; follow for longer than 60 s]' \
'--yes[Do not ask; follow for longer than 60 s]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
&& ret=0
;;
(config)
_arguments "${_arguments_options[@]}" : \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
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
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
&& ret=0
;;
(check)
_arguments "${_arguments_options[@]}" : \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
&& ret=0
;;
(init)
_arguments "${_arguments_options[@]}" : \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'-y[Do not ask; take --profile, --url and --prefix]' \
'--yes[Do not ask; take --profile, --url and --prefix]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
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
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--live[Also complete tags, keys and profiles (bash, zsh, fish)]' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
':shell -- The shell:(bash elvish fish powershell zsh)' \
&& ret=0
;;
(generate)
_arguments "${_arguments_options[@]}" : \
'--format=[How rows are written \[default\: table on a terminal, plain in a pipe\]]:FORMAT:((table\:"Columns for a terminal (holds all rows first)"
plain\:"Tab-separated, no header, nothing cut (streams)"
json\:"One JSON document"
ndjson\:"One JSON object a line (streams)"
csv\:"Comma-separated with a header (streams)"
prometheus\:"Metrics for Prometheus (of \`stats\` alone)"))' \
'*--fields=[Write only these fields, in this order]:A,B:_default' \
'--color=[When to use colours]:COLOR:(auto always never)' \
'--url=[The server\: redis\://\[user\[\:password\]@\]host\[\:port\]\[/db\], the same with TLS as rediss\://, unix\:///path\[?db=N\], or redis+sentinel\://host1,host2/service/db \[default\: redis\://127.0.0.1\:6379/0\]]:URL:_default' \
'--rdb=[Read an RDB file (a dump of Redis) instead of a server; for commands that only read]:FILE:_files' \
'--cluster=[The server is part of a Redis Cluster; more of its nodes may be given\: host\:port,host\:port]::SEEDS:_default' \
'--tls-ca=[Trust the certificate authorities in this file (PEM) instead of the system'\''s]:FILE:_files' \
'--tls-cert=[Show this certificate (PEM) to the server]:FILE:_files' \
'--tls-key=[The private key of --tls-cert (PEM)]:FILE:_files' \
'--password-file=[Read the password from the first line of this file]:FILE:_files' \
'--sentinel-user=[The user to log in to the sentinels with]:USER:_default' \
'--sentinel-password-file=[Read the sentinels'\'' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead]:FILE:_files' \
'--profile=[Use this profile of the configuration file \[default\: its default_profile\]]:NAME:_default' \
'--config=[Read this configuration file \[default\: ~/.config/cacheme/config.toml\]]:FILE:_files' \
'--prefix=[The prefix of the namespace (the library'\''s REDIS_CACHE_PREFIX) \[default\: CM\:\]]:PREFIX:_default' \
'--layout=[The releases of the library that use the namespace\: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later \[default\: auto, which serves both\]]:LAYOUT:(auto classic meta both 0.0.9 0.1.0 0.1.1)' \
'--utc-offset=[The UTC offset of the application'\''s hosts\: the library writes expiry times by their local clock \[default\: +00\:00\]]:±HH:MM:_default' \
'--connect-timeout=[Wait this long for a connection \[default\: 3s\]]:DUR:_default' \
'--timeout=[Wait this long for each answer \[default\: 10s\]]:DUR:_default' \
'*--confirm=[Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it]:TEXT:_default' \
'--wait-replicas=[How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none \[default\: 1\]]:N:_default' \
'--pace=[How much load to put on the server\: gentle, fast, or a share of the time such as 25% \[default\: gentle\]]:PACE:_default' \
'--raw-numbers[Print exact numbers in tables\: seconds, bytes, times in UTC; the other formats always have these]' \
'-q[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'--quiet[Print only data, warnings, errors, and the reports of runs that did not finish]' \
'-v[Say what is done and why]' \
'--verbose[Say what is done and why]' \
'--no-progress[Show no progress bars]' \
'--replica[Read from a replica, where the sentinels or the cluster know one]' \
'--tls-insecure[Accept any certificate\: anyone in between can then read and change everything, passwords included]' \
'--ask-password[Ask for the password on the terminal]' \
'--escaped[Names on the command line hold \\xNN escapes]' \
'--with-inner[Include the keys of namespaces inside this one (CM\:X\: in CM\:), which are left alone otherwise]' \
'--read-only[Refuse every command that writes]' \
'-h[Print help; -h prints it in short]' \
'--help[Print help; -h prints it in short]' \
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
'tags:List the tags, or show one' \
'invalid-keys:List the invalid keys, or show one' \
'keys:List, show, dump or restore keys and their values' \
'browse:Look at tags, keys and values on a full screen' \
'invalidate:Mark keys to be recomputed, or delete their values' \
'purge:Delete values that have expired (for cron)' \
'gc:Remove dead index members and stuck computations' \
'doctor:Find what is wrong with the namespace, and how to mend it' \
'stats:Show hits, misses and sizes; watch live traffic' \
'diff:Compare two namespaces, dumps or RDB files' \
'log:Show who changed what through this tool, and when' \
'events:Follow hits, misses and changes as they happen' \
'config:Show, check or add profiles of servers' \
'completions:Print a completion script for a shell' \
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
'show:Show the settings in force and where each came from' \
'check:Check the whole configuration file' \
'init:Add a profile to the configuration file' \
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
'show:Show the settings in force and where each came from' \
'check:Check the whole configuration file' \
'init:Add a profile to the configuration file' \
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
'tags:List the tags, or show one' \
'invalid-keys:List the invalid keys, or show one' \
'keys:List, show, dump or restore keys and their values' \
'browse:Look at tags, keys and values on a full screen' \
'invalidate:Mark keys to be recomputed, or delete their values' \
'purge:Delete values that have expired (for cron)' \
'gc:Remove dead index members and stuck computations' \
'doctor:Find what is wrong with the namespace, and how to mend it' \
'stats:Show hits, misses and sizes; watch live traffic' \
'diff:Compare two namespaces, dumps or RDB files' \
'log:Show who changed what through this tool, and when' \
'events:Follow hits, misses and changes as they happen' \
'config:Show, check or add profiles of servers' \
'completions:Print a completion script for a shell' \
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
'show:Show the settings in force and where each came from' \
'check:Check the whole configuration file' \
'init:Add a profile to the configuration file' \
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
'show:Show one invalid key\: its keys by state, value size, a sample' \
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
'list:List keys with their state, time left and size' \
'top:List the largest values, or the keys that expire soonest' \
'show:Show keys in full\: state, time left, age, tags, value' \
'dump:Write every key with its value (ndjson)' \
'restore:Put back what \`keys dump --raw --indexes\` wrote' \
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
'show:Show one tag\: its keys by state, value size, a sample' \
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
'show:Show one invalid key\: its keys by state, value size, a sample' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cacheme invalid-keys commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__invalid-keys__subcmd__help_commands] )) ||
_cacheme__subcmd__invalid-keys__subcmd__help_commands() {
    local commands; commands=(
'list:List the invalid keys with their sizes' \
'show:Show one invalid key\: its keys by state, value size, a sample' \
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
'list:List keys with their state, time left and size' \
'top:List the largest values, or the keys that expire soonest' \
'show:Show keys in full\: state, time left, age, tags, value' \
'dump:Write every key with its value (ndjson)' \
'restore:Put back what \`keys dump --raw --indexes\` wrote' \
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
'list:List keys with their state, time left and size' \
'top:List the largest values, or the keys that expire soonest' \
'show:Show keys in full\: state, time left, age, tags, value' \
'dump:Write every key with its value (ndjson)' \
'restore:Put back what \`keys dump --raw --indexes\` wrote' \
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
'show:Show one tag\: its keys by state, value size, a sample' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cacheme tags commands' commands "$@"
}
(( $+functions[_cacheme__subcmd__tags__subcmd__help_commands] )) ||
_cacheme__subcmd__tags__subcmd__help_commands() {
    local commands; commands=(
'list:List the tags with their sizes' \
'show:Show one tag\: its keys by state, value size, a sample' \
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
