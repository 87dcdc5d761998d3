# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_cacheme_global_optspecs
    string join \n format= fields= raw-numbers q/quiet v/verbose no-progress color= url= rdb= cluster= replica tls-ca= tls-cert= tls-key= tls-insecure password-file= sentinel-user= sentinel-password-file= ask-password profile= config= prefix= layout= utc-offset= connect-timeout= timeout= escaped with-inner read-only confirm= wait-replicas= pace= h/help V/version
end

function __fish_cacheme_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_cacheme_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_cacheme_using_subcommand
    set -l cmd (__fish_cacheme_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c cacheme -n "__fish_cacheme_needs_command" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_needs_command" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_needs_command" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_needs_command" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_needs_command" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_needs_command" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_needs_command" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_needs_command" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_needs_command" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_needs_command" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_needs_command" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_needs_command" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_needs_command" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_needs_command" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_needs_command" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_needs_command" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_needs_command" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_needs_command" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_needs_command" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_needs_command" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_needs_command" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_needs_command" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_needs_command" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_needs_command" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_needs_command" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_needs_command" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_needs_command" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_needs_command" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_needs_command" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_needs_command" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_needs_command" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_needs_command" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_needs_command" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_needs_command" -s V -l version -d 'Print the version; -V prints it in short'
complete -c cacheme -n "__fish_cacheme_needs_command" -f -a "tags" -d 'List the tags, or show one'
complete -c cacheme -n "__fish_cacheme_needs_command" -f -a "invalid-keys" -d 'List the invalid keys, or show one'
complete -c cacheme -n "__fish_cacheme_needs_command" -f -a "keys" -d 'List, show, dump or restore keys and their values'
complete -c cacheme -n "__fish_cacheme_needs_command" -f -a "browse" -d 'Look at tags, keys and values on a full screen'
complete -c cacheme -n "__fish_cacheme_needs_command" -f -a "invalidate" -d 'Mark keys to be recomputed, or delete their values'
complete -c cacheme -n "__fish_cacheme_needs_command" -f -a "purge" -d 'Delete values that have expired (for cron)'
complete -c cacheme -n "__fish_cacheme_needs_command" -f -a "gc" -d 'Remove dead index members and stuck computations'
complete -c cacheme -n "__fish_cacheme_needs_command" -f -a "doctor" -d 'Find what is wrong with the namespace, and how to mend it'
complete -c cacheme -n "__fish_cacheme_needs_command" -f -a "stats" -d 'Show hits, misses and sizes; watch live traffic'
complete -c cacheme -n "__fish_cacheme_needs_command" -f -a "diff" -d 'Compare two namespaces, dumps or RDB files'
complete -c cacheme -n "__fish_cacheme_needs_command" -f -a "log" -d 'Show who changed what through this tool, and when'
complete -c cacheme -n "__fish_cacheme_needs_command" -f -a "events" -d 'Follow hits, misses and changes as they happen'
complete -c cacheme -n "__fish_cacheme_needs_command" -f -a "config" -d 'Show, check or add profiles of servers'
complete -c cacheme -n "__fish_cacheme_needs_command" -f -a "completions" -d 'Print a completion script for a shell'
complete -c cacheme -n "__fish_cacheme_needs_command" -f -a "generate" -d 'Write the man pages and completion scripts into a directory'
complete -c cacheme -n "__fish_cacheme_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -f -a "list" -d 'List the tags with their sizes'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -f -a "show" -d 'Show one tag: its keys by state, value size, a sample'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and not __fish_seen_subcommand_from list show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l sort -d 'Sort the rows; bytes implies --deep' -r -f -a "keys\t''
name\t''
bytes\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l deep -d 'Check every key: states, value sizes, ages'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the tags with their sizes'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one tag: its keys by state, value size, a sample'
complete -c cacheme -n "__fish_cacheme_using_subcommand tags; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -f -a "list" -d 'List the invalid keys with their sizes'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -f -a "show" -d 'Show one invalid key: its keys by state, value size, a sample'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and not __fish_seen_subcommand_from list show help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l sort -d 'Sort the rows; bytes implies --deep' -r -f -a "keys\t''
name\t''
bytes\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l deep -d 'Check every key: states, value sizes, ages'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the invalid keys with their sizes'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one invalid key: its keys by state, value size, a sample'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalid-keys; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -f -a "list" -d 'List keys with their state, time left and size'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -f -a "top" -d 'List the largest values, or the keys that expire soonest'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -f -a "show" -d 'Show keys in full: state, time left, age, tags, value'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -f -a "dump" -d 'Write every key with its value (ndjson)'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -f -a "restore" -d 'Put back what `keys dump --raw --indexes` wrote'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and not __fish_seen_subcommand_from list top show dump restore help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l key -d 'This key, such as \'Book:100>owner\'' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l invalid-key -d 'The keys that depend on this invalid key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l tag -d 'The keys with this tag' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l pattern -d 'The keys that match this glob' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l from-file -d 'The keys that this file lists' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l match -d 'Keys that match any (default) or all' -r -f -a "any\t'A key that one of them means'
all\t'A key that each of them means'"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l except-key -d 'Leave out this key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l except-invalid-key -d 'Leave out the keys of this invalid key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l except-tag -d 'Leave out the keys with this tag' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l except-pattern -d 'Leave out the keys that match this glob' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l state -d 'live, expired, pending, computing or missing' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l larger-than -d 'Only values of more bytes: 500, 64KiB, 1MB' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l smaller-than -d 'Only values of fewer bytes' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l expires-within -d 'Only keys that expire within this time' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l expires-after -d 'Only keys that expire later than this' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l limit -d 'Stop after this many keys' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -s 0 -l null -d 'NUL separates the keys of files'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l no-timeout -d 'Only keys without a timeout'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l key -d 'This key, such as \'Book:100>owner\'' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l invalid-key -d 'The keys that depend on this invalid key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l tag -d 'The keys with this tag' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l pattern -d 'The keys that match this glob' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l from-file -d 'The keys that this file lists' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l match -d 'Keys that match any (default) or all' -r -f -a "any\t'A key that one of them means'
all\t'A key that each of them means'"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l except-key -d 'Leave out this key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l except-invalid-key -d 'Leave out the keys of this invalid key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l except-tag -d 'Leave out the keys with this tag' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l except-pattern -d 'Leave out the keys that match this glob' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l state -d 'live, expired, pending, computing or missing' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l larger-than -d 'Only values of more bytes: 500, 64KiB, 1MB' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l smaller-than -d 'Only values of fewer bytes' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l expires-within -d 'Only keys that expire within this time' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l expires-after -d 'Only keys that expire later than this' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l by -d 'By bytes, the value size (default), or ttl, the time left' -r -f -a "bytes\t''
ttl\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -s n -l number -d 'How many to list' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -s 0 -l null -d 'NUL separates the keys of files'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l no-timeout -d 'Only keys without a timeout'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from top" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l full -d 'Show long values whole'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l key -d 'This key, such as \'Book:100>owner\'' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l invalid-key -d 'The keys that depend on this invalid key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l tag -d 'The keys with this tag' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l pattern -d 'The keys that match this glob' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l from-file -d 'The keys that this file lists' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l match -d 'Keys that match any (default) or all' -r -f -a "any\t'A key that one of them means'
all\t'A key that each of them means'"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l except-key -d 'Leave out this key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l except-invalid-key -d 'Leave out the keys of this invalid key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l except-tag -d 'Leave out the keys with this tag' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l except-pattern -d 'Leave out the keys that match this glob' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l state -d 'live, expired, pending, computing or missing' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l larger-than -d 'Only values of more bytes: 500, 64KiB, 1MB' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l smaller-than -d 'Only values of fewer bytes' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l expires-within -d 'Only keys that expire within this time' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l expires-after -d 'Only keys that expire later than this' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -s o -l output -d 'Write ndjson into this file (.gz and .zst compress)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -s 0 -l null -d 'NUL separates the keys of files'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l no-timeout -d 'Only keys without a timeout'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l raw -d 'Write the stored bytes, not decoded values'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l indexes -d 'Add the tags and invalid keys of each key'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from dump" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l to-layout -d 'Restore into this layout instead of --layout' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l from-line -d 'Begin at this line of the dump, where a run stopped' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l replace -d 'Overwrite live values that differ'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -s y -l yes -d 'Do not ask'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l dry-run -d 'Change nothing; say what would change'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l exit-code -d 'With --dry-run: exit with 5 for changes'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "list" -d 'List keys with their state, time left and size'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "top" -d 'List the largest values, or the keys that expire soonest'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show keys in full: state, time left, age, tags, value'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "dump" -d 'Write every key with its value (ndjson)'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "restore" -d 'Put back what `keys dump --raw --indexes` wrote'
complete -c cacheme -n "__fish_cacheme_using_subcommand keys; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l write -d 'Allow to invalidate keys; it asks each time'
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand browse" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l key -d 'This key, such as \'Book:100>owner\'' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l invalid-key -d 'The keys that depend on this invalid key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l tag -d 'The keys with this tag' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l pattern -d 'The keys that match this glob' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l from-file -d 'The keys that this file lists' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l match -d 'Keys that match any (default) or all' -r -f -a "any\t'A key that one of them means'
all\t'A key that each of them means'"
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l except-key -d 'Leave out this key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l except-invalid-key -d 'Leave out the keys of this invalid key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l except-tag -d 'Leave out the keys with this tag' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l except-pattern -d 'Leave out the keys that match this glob' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l state -d 'live, expired, pending, computing or missing' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l larger-than -d 'Only values of more bytes: 500, 64KiB, 1MB' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l smaller-than -d 'Only values of fewer bytes' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l expires-within -d 'Only keys that expire within this time' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l expires-after -d 'Only keys that expire later than this' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l raw-pattern -d 'Redis keys that match, prefix included' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l time-budget -d 'Stop after this time (exit code 3)' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -s 0 -l null -d 'NUL separates the keys of files'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l no-timeout -d 'Only keys without a timeout'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l mark -d 'Mark all: readers get old values until one computes'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l delete -d 'Delete all: the values are gone at once'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l strict -d 'Exit with 4 if a given name matches nothing'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -s y -l yes -d 'Do not ask'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l dry-run -d 'Change nothing; say what would change'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l exit-code -d 'With --dry-run: exit with 5 for changes'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand invalidate" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l tag -d 'Only the keys with this tag' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l invalid-key -d 'Only the keys of this invalid key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l match -d 'Keys that match any (default) or all' -r -f -a "any\t'A key that one of them means'
all\t'A key that each of them means'"
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l except-key -d 'Leave out this key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l except-invalid-key -d 'Leave out the keys of this invalid key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l except-tag -d 'Leave out the keys with this tag' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l except-pattern -d 'Leave out the keys that match this glob' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l larger-than -d 'Only values of more bytes: 500, 64KiB, 1MB' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l smaller-than -d 'Only values of fewer bytes' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l grace -d 'Leave alone what expired less than this ago' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l every -d 'Run again and again, this far apart' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l output -d 'Write counters for Prometheus into this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l time-budget -d 'Stop after this time (exit code 3)' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l mark -d 'Mark expired keys; delete no values'
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l no-lock -d 'Run without the lock of sweeps'
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l strict -d 'Exit with 4 if a given name is not there'
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l dry-run -d 'Change nothing; say what would change'
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l exit-code -d 'With --dry-run: exit with 5 for changes'
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand purge" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l stuck-after -d 'How long a mark or computation must be stuck' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l every -d 'Run again and again, this far apart' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l output -d 'Write counters for Prometheus into this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l time-budget -d 'Stop after this time (exit code 3)' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l wait -d 'Wait for that time and check again in this run'
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l no-lock -d 'Run without the lock of sweeps'
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -s y -l yes -d 'Do not ask'
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l dry-run -d 'Change nothing; say what would change'
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l exit-code -d 'With --dry-run: exit with 5 for changes'
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand gc" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l monitor -d 'How long to watch the traffic (MONITOR)' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l apart -d 'Check keys in progress again after this time [default: 5s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l time-budget -d 'Stop checking after this time' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l quick -d 'Check only a sample of the keys and members'
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l no-monitor -d 'Do not watch the traffic'
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand doctor" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l live -d 'Count hits and misses by tag in live traffic' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l watch -d 'The same on a screen that redraws itself, until q' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l history -d 'Recorded counters by the hour [default: 24h]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l keep -d 'Keep recorded hours for this long (24h to 366d)' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l output -d 'Write --format prometheus into this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l histogram -d 'Sizes of values and time left, in total and by tag'
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l reset -d 'Forget the recorded counters and their history'
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -s y -l yes -d 'Do not ask; watch for longer than 60 s'
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand stats" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l key -d 'This key, such as \'Book:100>owner\'' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l invalid-key -d 'The keys that depend on this invalid key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l tag -d 'The keys with this tag' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l pattern -d 'The keys that match this glob' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l from-file -d 'The keys that this file lists' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l match -d 'Keys that match any (default) or all' -r -f -a "any\t'A key that one of them means'
all\t'A key that each of them means'"
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l except-key -d 'Leave out this key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l except-invalid-key -d 'Leave out the keys of this invalid key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l except-tag -d 'Leave out the keys with this tag' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l except-pattern -d 'Leave out the keys that match this glob' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l state -d 'live, expired, pending, computing or missing' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l larger-than -d 'Only values of more bytes: 500, 64KiB, 1MB' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l smaller-than -d 'Only values of fewer bytes' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l expires-within -d 'Only keys that expire within this time' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l expires-after -d 'Only keys that expire later than this' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -s 0 -l null -d 'NUL separates the keys of files'
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l no-timeout -d 'Only keys without a timeout'
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l strict -d 'Exit with 4 if a given name is on neither side'
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand diff" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l since -d 'Only entries since then: 90m, 2d, 2026-11-29' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l limit -d 'Only the last N entries' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l by -d 'Only entries of this user' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l follow -d 'Show new entries as they come, until Ctrl-C'
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand log" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l key -d 'This key, such as \'Book:100>owner\'' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l invalid-key -d 'The keys that depend on this invalid key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l tag -d 'The keys with this tag' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l pattern -d 'The keys that match this glob' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l from-file -d 'The keys that this file lists' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l match -d 'Keys that match any (default) or all' -r -f -a "any\t'A key that one of them means'
all\t'A key that each of them means'"
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l except-key -d 'Leave out this key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l except-invalid-key -d 'Leave out the keys of this invalid key' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l except-tag -d 'Leave out the keys with this tag' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l except-pattern -d 'Leave out the keys that match this glob' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l kind -d 'Only these kinds of event: miss,stored' -r -f -a "hit\t''
miss\t''
wait\t''
refresh\t''
stored\t''
marked\t''
deleted\t''
expired\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l for -d 'Stop after this time' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l limit -d 'Stop after this many events' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -s 0 -l null -d 'NUL separates the keys of files'
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -s y -l yes -d 'Do not ask; follow for longer than 60 s'
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand events" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -f -a "show" -d 'Show the settings in force and where each came from'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -f -a "check" -d 'Check the whole configuration file'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -f -a "init" -d 'Add a profile to the configuration file'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and not __fish_seen_subcommand_from show check init help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -s y -l yes -d 'Do not ask; take --profile, --url and --prefix'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from init" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show the settings in force and where each came from'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "check" -d 'Check the whole configuration file'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "init" -d 'Add a profile to the configuration file'
complete -c cacheme -n "__fish_cacheme_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l live -d 'Also complete tags, keys and profiles (bash, zsh, fish)'
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand completions" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l format -d 'How rows are written [default: table on a terminal, plain in a pipe]' -r -f -a "table\t'Columns for a terminal (holds all rows first)'
plain\t'Tab-separated, no header, nothing cut (streams)'
json\t'One JSON document'
ndjson\t'One JSON object a line (streams)'
csv\t'Comma-separated with a header (streams)'
prometheus\t'Metrics for Prometheus (of `stats` alone)'"
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l fields -d 'Write only these fields, in this order' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l color -d 'When to use colours' -r -f -a "auto\t''
always\t''
never\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l url -d 'The server: redis://[user[:password]@]host[:port][/db], the same with TLS as rediss://, unix:///path[?db=N], or redis+sentinel://host1,host2/service/db [default: redis://127.0.0.1:6379/0]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l rdb -d 'Read an RDB file (a dump of Redis) instead of a server; for commands that only read' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l cluster -d 'The server is part of a Redis Cluster; more of its nodes may be given: host:port,host:port' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l tls-ca -d 'Trust the certificate authorities in this file (PEM) instead of the system\'s' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l tls-cert -d 'Show this certificate (PEM) to the server' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l tls-key -d 'The private key of --tls-cert (PEM)' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l password-file -d 'Read the password from the first line of this file' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l sentinel-user -d 'The user to log in to the sentinels with' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l sentinel-password-file -d 'Read the sentinels\' password from the first line of this file; CACHEME_SENTINEL_PASSWORD may hold it instead' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l profile -d 'Use this profile of the configuration file [default: its default_profile]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l config -d 'Read this configuration file [default: ~/.config/cacheme/config.toml]' -r -F
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l prefix -d 'The prefix of the namespace (the library\'s REDIS_CACHE_PREFIX) [default: CM:]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l layout -d 'The releases of the library that use the namespace: classic is 0.0.9 and 0.1.0, meta is 0.1.1 and later [default: auto, which serves both]' -r -f -a "auto\t''
classic\t''
meta\t''
both\t''
0.0.9\t''
0.1.0\t''
0.1.1\t''"
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l utc-offset -d 'The UTC offset of the application\'s hosts: the library writes expiry times by their local clock [default: +00:00]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l connect-timeout -d 'Wait this long for a connection [default: 3s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l timeout -d 'Wait this long for each answer [default: 10s]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l confirm -d 'Repeat the prefix (or raw pattern) of a whole namespace, or the name of a protected profile, to act on it' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l wait-replicas -d 'How many replicas must confirm a write before it counts as complete, where the primary has any; 0 waits for none [default: 1]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l pace -d 'How much load to put on the server: gentle, fast, or a share of the time such as 25% [default: gentle]' -r
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l raw-numbers -d 'Print exact numbers in tables: seconds, bytes, times in UTC; the other formats always have these'
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -s q -l quiet -d 'Print only data, warnings, errors, and the reports of runs that did not finish'
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -s v -l verbose -d 'Say what is done and why'
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l no-progress -d 'Show no progress bars'
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l replica -d 'Read from a replica, where the sentinels or the cluster know one'
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l tls-insecure -d 'Accept any certificate: anyone in between can then read and change everything, passwords included'
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l ask-password -d 'Ask for the password on the terminal'
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l escaped -d 'Names on the command line hold \\xNN escapes'
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l with-inner -d 'Include the keys of namespaces inside this one (CM:X: in CM:), which are left alone otherwise'
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -l read-only -d 'Refuse every command that writes'
complete -c cacheme -n "__fish_cacheme_using_subcommand generate" -s h -l help -d 'Print help; -h prints it in short'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and not __fish_seen_subcommand_from tags invalid-keys keys browse invalidate purge gc doctor stats diff log events config completions generate help" -f -a "tags" -d 'List the tags, or show one'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and not __fish_seen_subcommand_from tags invalid-keys keys browse invalidate purge gc doctor stats diff log events config completions generate help" -f -a "invalid-keys" -d 'List the invalid keys, or show one'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and not __fish_seen_subcommand_from tags invalid-keys keys browse invalidate purge gc doctor stats diff log events config completions generate help" -f -a "keys" -d 'List, show, dump or restore keys and their values'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and not __fish_seen_subcommand_from tags invalid-keys keys browse invalidate purge gc doctor stats diff log events config completions generate help" -f -a "browse" -d 'Look at tags, keys and values on a full screen'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and not __fish_seen_subcommand_from tags invalid-keys keys browse invalidate purge gc doctor stats diff log events config completions generate help" -f -a "invalidate" -d 'Mark keys to be recomputed, or delete their values'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and not __fish_seen_subcommand_from tags invalid-keys keys browse invalidate purge gc doctor stats diff log events config completions generate help" -f -a "purge" -d 'Delete values that have expired (for cron)'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and not __fish_seen_subcommand_from tags invalid-keys keys browse invalidate purge gc doctor stats diff log events config completions generate help" -f -a "gc" -d 'Remove dead index members and stuck computations'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and not __fish_seen_subcommand_from tags invalid-keys keys browse invalidate purge gc doctor stats diff log events config completions generate help" -f -a "doctor" -d 'Find what is wrong with the namespace, and how to mend it'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and not __fish_seen_subcommand_from tags invalid-keys keys browse invalidate purge gc doctor stats diff log events config completions generate help" -f -a "stats" -d 'Show hits, misses and sizes; watch live traffic'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and not __fish_seen_subcommand_from tags invalid-keys keys browse invalidate purge gc doctor stats diff log events config completions generate help" -f -a "diff" -d 'Compare two namespaces, dumps or RDB files'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and not __fish_seen_subcommand_from tags invalid-keys keys browse invalidate purge gc doctor stats diff log events config completions generate help" -f -a "log" -d 'Show who changed what through this tool, and when'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and not __fish_seen_subcommand_from tags invalid-keys keys browse invalidate purge gc doctor stats diff log events config completions generate help" -f -a "events" -d 'Follow hits, misses and changes as they happen'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and not __fish_seen_subcommand_from tags invalid-keys keys browse invalidate purge gc doctor stats diff log events config completions generate help" -f -a "config" -d 'Show, check or add profiles of servers'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and not __fish_seen_subcommand_from tags invalid-keys keys browse invalidate purge gc doctor stats diff log events config completions generate help" -f -a "completions" -d 'Print a completion script for a shell'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and not __fish_seen_subcommand_from tags invalid-keys keys browse invalidate purge gc doctor stats diff log events config completions generate help" -f -a "generate" -d 'Write the man pages and completion scripts into a directory'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and not __fish_seen_subcommand_from tags invalid-keys keys browse invalidate purge gc doctor stats diff log events config completions generate help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and __fish_seen_subcommand_from tags" -f -a "list" -d 'List the tags with their sizes'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and __fish_seen_subcommand_from tags" -f -a "show" -d 'Show one tag: its keys by state, value size, a sample'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and __fish_seen_subcommand_from invalid-keys" -f -a "list" -d 'List the invalid keys with their sizes'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and __fish_seen_subcommand_from invalid-keys" -f -a "show" -d 'Show one invalid key: its keys by state, value size, a sample'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "list" -d 'List keys with their state, time left and size'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "top" -d 'List the largest values, or the keys that expire soonest'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "show" -d 'Show keys in full: state, time left, age, tags, value'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "dump" -d 'Write every key with its value (ndjson)'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and __fish_seen_subcommand_from keys" -f -a "restore" -d 'Put back what `keys dump --raw --indexes` wrote'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Show the settings in force and where each came from'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "check" -d 'Check the whole configuration file'
complete -c cacheme -n "__fish_cacheme_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "init" -d 'Add a profile to the configuration file'
