# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_syncctl_global_optspecs
    string join \n db= config= env-file= o/output= json columns= no-headers time= color= q/quiet v/verbose log-format= no-input h/help V/version
end

function __fish_syncctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_syncctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_syncctl_using_subcommand
    set -l cmd (__fish_syncctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c syncctl -n "__fish_syncctl_needs_command" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_needs_command" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_needs_command" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_needs_command" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_needs_command" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_needs_command" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_needs_command" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_needs_command" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_needs_command" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_needs_command" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_needs_command" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_needs_command" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_needs_command" -s V -l version -d 'Print version'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "emit" -d 'Store events for delivery'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "process" -d 'Deliver due events'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "sync" -d 'Emit an update and wait for its delivery'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "status" -d 'Show the queue and its endpoints'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "top" -d 'Show the queue on a live screen, with keys to pause, resume, replay and open'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "health" -d 'Report whether the queue is healthy; exit 1 when it is not'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "check" -d 'Check the queue, in Nagios plugin format'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "endpoints" -d 'List, pause and resume endpoints'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "events" -d 'Show events with their deliveries and attempts'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "deliveries" -d 'List deliveries, or give them up'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "failures" -d 'List failed deliveries and failure statistics'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "logs" -d 'Show attempts as they end'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "why" -d 'Explain an event, a delivery, an endpoint or a resource'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "replay" -d 'Queue deliveries again'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "retry" -d 'Show what the retry rules do'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "records" -d 'List and edit synchronized records'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "reconcile" -d 'Compare the records with an export of the other side'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "audit" -d 'Show the audit log of attempts and received webhooks'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "requests" -d 'List, show and replay refused webhooks that are kept'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "db" -d 'Inspect, back up, verify and prune the database'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "doctor" -d 'Diagnose configuration, database, disk, schedule and endpoints'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "bundle" -d 'Write a support file with the state of the queue, without payloads and secrets'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "init" -d 'Create a configuration file and a secret'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "config" -d 'Show and validate the configuration'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "completions" -d 'Print or install shell completions'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "man" -d 'Print a manual page, or write all of them'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "sign" -d 'Sign a body with any scheme'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "verify" -d 'Verify a request\'s signature and explain a mismatch'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "listen" -d 'Receive requests, show and save them'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "diff" -d 'Compare what was sent with what arrived'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "secret" -d 'Generate secrets, check them, prepare a rotation'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "serve" -d 'Receive webhooks, serve the API and deliver in the background'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "metrics" -d 'Print metrics for Prometheus, or write them for its node exporter'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "demo" -d 'Run a self-contained demonstration'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "help" -d 'Show help on a command or a topic, or list all commands'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "version" -d 'Print the version'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l data -d 'Event data as JSON: literal, @FILE, or - for stdin' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l id -d 'Event id; emitting the same id again stores nothing' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l resource-type -d 'Resource type; required for custom event types' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l timestamp -d 'When it happened, as RFC 3339 [default: now]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l traceparent -d 'Position in a trace, sent with each delivery, as W3C Trace Context has it [env: TRACEPARENT]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l batch -d 'Emit the events of a file or `-`, one JSON object per line: all or none' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l user -d 'User id of a progress event' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l course -d 'Course id of a progress event' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l max-time -d 'With --wait: how long to wait' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l at -d 'Queue it at this time, not before: RFC 3339, or a local date and time' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l in -d 'Queue it after this time, such as 2h' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l skip-invalid -d 'With --batch: store the valid lines and report the others'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l fail-on-duplicate -d 'Exit 1 if the event is already stored'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l wait -d 'Deliver it now and wait; exit 1 unless it arrives everywhere'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -s n -l dry-run -d 'Validate and store nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l limit -d 'Stop after this many attempts' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l concurrency -d 'Requests in flight per endpoint, overriding its setting' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l max-time -d 'Stop starting attempts after this time, such as 50s' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l endpoint -d 'Send only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l wait -d 'Also wait for retries and for attempts of other processes'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l watch -d 'Keep running and deliver new events at once'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l single -d 'Exit 0 at once if another run with --single is active'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -s n -l dry-run -d 'List due deliveries and send nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l data -d 'Current data as JSON: literal, @FILE, or - for stdin [default: the local record]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l max-time -d 'Maximum time to wait for the outcome' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -s n -l dry-run -d 'Validate and store nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l watch -d 'Refresh every 2s, or at this interval, until Ctrl-C' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l warn-after -d 'Age at which an endpoint\'s last success counts as aging [default: 60m]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l error-after -d 'Age at which it counts as stale [default: 180m]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand top" -l every -d 'How often the queue is read' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand top" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand top" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand top" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand top" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand top" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand top" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand top" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand top" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand top" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand top" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand top" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand top" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand top" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand top" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -s w -l warning -d 'Warn above these: pending=N,age=TIME,failed=N,rate=PERCENT' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -s c -l critical -d 'Critical above these' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l timeout -d 'Report UNKNOWN after this time' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -f -a "list" -d 'List endpoints and their state'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -f -a "show" -d 'Show one endpoint'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -f -a "pause" -d 'Hold the deliveries of an endpoint'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -f -a "resume" -d 'Resume an endpoint: end a pause, close its circuit'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -f -a "test" -d 'Send a signed test event to an endpoint, and show what came back'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -f -a "check" -d 'Say whether the address rules allow a place, and by which rule; nothing is sent'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -f -a "add" -d 'Add an endpoint to the configuration file'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -f -a "edit" -d 'Change an endpoint in the configuration file'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume test check add edit remove" -f -a "remove" -d 'Remove an endpoint from the configuration file, and say what waits for it'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -s n -l dry-run -d 'Show what would happen and change nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -s n -l dry-run -d 'Show what would happen and change nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from test" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from test" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from test" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from test" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from test" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from test" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from test" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from test" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from test" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from test" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from test" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from test" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from test" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from check" -l event -d 'Check whether the event in this file would go to the endpoint, by its types and conditions' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from check" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from check" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from check" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from check" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from check" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from check" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from check" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from check" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from check" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from check" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from check" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from add" -l set -d 'Set a key of the endpoint, such as timeout=5s; a list with commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from add" -l unset -d 'Remove a key of the endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from add" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from add" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from add" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from add" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from add" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from add" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from add" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from add" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from add" -s n -l dry-run -d 'Show what would be written and change nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from add" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from add" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from add" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from add" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from add" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from edit" -l set -d 'Set a key of the endpoint, such as timeout=5s; a list with commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from edit" -l unset -d 'Remove a key of the endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from edit" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from edit" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from edit" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from edit" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from edit" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from edit" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from edit" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from edit" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from edit" -s n -l dry-run -d 'Show what would be written and change nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from edit" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from edit" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from edit" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from edit" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from edit" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from remove" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from remove" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from remove" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from remove" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from remove" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from remove" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from remove" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from remove" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from remove" -s n -l dry-run -d 'Show what would happen and change nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from remove" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from remove" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from remove" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from remove" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from remove" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -f -a "list" -d 'List events, newest first'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -f -a "show" -d 'Show one event with its deliveries and attempts'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -f -a "why" -d 'Explain the state of each delivery and what happens next'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -f -a "reproduce" -d 'Print openssl and curl commands that sign and send it again'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -f -a "cancel" -d 'Cancel events that wait for the time they are to be sent at'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -f -a "export" -d 'Write events as JSON lines, oldest first'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce cancel export import" -f -a "import" -d 'Store events from a file that `events export` wrote; can be repeated'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l type -d 'Only this event type, or a pattern such as `user.*`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l resource -d 'Only events of this resource id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l limit -d 'Rows per page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l page -d 'Page number' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l after -d 'Start after the row with this number: a page that does not move while rows are added' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l sort -d 'Order of the rows' -r -f -a "newest\t''
oldest\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l since -d 'Emitted at or after: 2h, yesterday, 2026-11-28, RFC 3339' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l until -d 'Emitted before' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l all -d 'Print all rows; streams with -o jsonl and -o name'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l body -d 'Print the event\'s data exactly as it was given'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l sent -d 'Print the request body that is signed and sent'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l endpoint -d 'Only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l to -d 'Use this URL instead of the event\'s endpoints' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from cancel" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from cancel" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from cancel" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from cancel" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from cancel" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from cancel" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from cancel" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from cancel" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from cancel" -s n -l dry-run -d 'Show what would be cancelled and change nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from cancel" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from cancel" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from cancel" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from cancel" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from cancel" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from cancel" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -l type -d 'Only this event type, or a pattern such as `user.*`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -l resource -d 'Only events of this resource id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -l since -d 'At or after this time: 2h, yesterday, 2026-11-28, RFC 3339' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -l until -d 'Before this time' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from import" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from import" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from import" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from import" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from import" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from import" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from import" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from import" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from import" -l deliver -d 'Also queue new ones for the endpoints that want them'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from import" -s n -l dry-run -d 'Check the file and store nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from import" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from import" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from import" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list show give-up" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list show give-up" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list show give-up" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list show give-up" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list show give-up" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list show give-up" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list show give-up" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list show give-up" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list show give-up" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list show give-up" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list show give-up" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list show give-up" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list show give-up" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list show give-up" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list show give-up" -f -a "list" -d 'List deliveries, newest first'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list show give-up" -f -a "show" -d 'Show one delivery with its attempts'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list show give-up" -f -a "give-up" -d 'Give up unfinished deliveries: they are failed until replayed'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l state -d 'Only in these states' -r -f -a "pending\t''
held\t''
processing\t''
delivered\t''
failed\t''
superseded\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l endpoint -d 'Only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l type -d 'Only this event type, or a pattern such as `user.*`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l resource -d 'Only about the resource with this id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l status -d 'Only if the last attempt was answered with this HTTP status' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l error -d 'Only if the last attempt\'s error contains this text' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l since -d 'Last changed at or after: 2h, yesterday, 2026-11-28, RFC 3339' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l until -d 'Last changed before' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l limit -d 'Rows per page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l page -d 'Page number' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l after -d 'Start after the row with this number: a page that does not move while rows are added' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l sort -d 'Order of the rows' -r -f -a "newest\t''
oldest\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l failed -d 'Same as `--state failed`'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l all -d 'Print all rows; streams with -o jsonl and -o name'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from show" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from show" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from show" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from show" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from show" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from show" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from show" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from show" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l endpoint -d 'Only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l type -d 'Only this event type, or a pattern such as `user.*`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l resource -d 'Only about the resource with this id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l since -d 'Last changed at or after: 2h, yesterday, 2026-11-28, RFC 3339' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l until -d 'Last changed before' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l status -d 'Only if the last attempt was answered with this HTTP status' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l error -d 'Only if the last attempt\'s error contains this text' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l stdin -d 'Read ids from standard input, one per line'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l all -d 'All pending and held deliveries that the other options match'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -s n -l dry-run -d 'Show what would be given up and change nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l yes -d 'Do not ask; required for filters when not running interactively'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l endpoint -d 'Only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l type -d 'Only this event type, or a pattern such as `user.*`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l resource -d 'Only about the resource with this id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l since -d 'Last changed at or after: 2h, yesterday, 2026-11-28, RFC 3339' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l cluster -d 'Only the deliveries of this cluster' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l limit -d 'Rows per page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l page -d 'Page number' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l after -d 'Start after the row with this number: a page that does not move while rows are added' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l sort -d 'Order of the rows' -r -f -a "newest\t''
oldest\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l until -d 'Last changed before' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l status -d 'Only if the last attempt was answered with this HTTP status' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l error -d 'Only if the last attempt\'s error contains this text' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l all -d 'Print all rows; streams with -o jsonl and -o name'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -f -a "list" -d 'List deliveries with a failed attempt, newest first'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -f -a "stats" -d 'Count failed attempts by event type, resource type and endpoint'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -f -a "clusters" -d 'List what failed in the same way as one line each, largest first'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats clusters ack" -f -a "ack" -d 'Acknowledge clusters: they are listed again only when something fails after that'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l endpoint -d 'Only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l type -d 'Only this event type, or a pattern such as `user.*`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l resource -d 'Only about the resource with this id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l status -d 'Only if the last attempt was answered with this HTTP status' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l error -d 'Only if the last attempt\'s error contains this text' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l since -d 'Last changed at or after: 2h, yesterday, 2026-11-28, RFC 3339' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l cluster -d 'Only the deliveries of this cluster' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l limit -d 'Rows per page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l page -d 'Page number' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l after -d 'Start after the row with this number: a page that does not move while rows are added' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l sort -d 'Order of the rows' -r -f -a "newest\t''
oldest\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l until -d 'Last changed before' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l all -d 'Print all rows; streams with -o jsonl and -o name'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l since -d 'Attempts that ended at or after this time [default: 24h]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l endpoint -d 'Only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l type -d 'Only this event type, or a pattern such as `user.*`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l resource -d 'Only about the resource with this id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l status -d 'Only if the last attempt was answered with this HTTP status' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l error -d 'Only if the last attempt\'s error contains this text' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l since -d 'Last changed at or after: 2h, yesterday, 2026-11-28, RFC 3339' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l until -d 'Last changed before' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l all -d 'Also clusters that were acknowledged'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from clusters" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from ack" -l note -d 'What is known or being done about it' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from ack" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from ack" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from ack" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from ack" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from ack" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from ack" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from ack" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from ack" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from ack" -l undo -d 'Withdraw the acknowledgement'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from ack" -s n -l dry-run -d 'Show which clusters are meant and change nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from ack" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from ack" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from ack" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from ack" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from ack" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from ack" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l limit -d 'Start with this many of the latest attempts' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l endpoint -d 'Only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l type -d 'Only this event type, or a pattern such as `user.*`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l resource -d 'Only about the resource with this id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l status -d 'Only if the last attempt was answered with this HTTP status' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l error -d 'Only if the last attempt\'s error contains this text' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l since -d 'Begun at or after: 2h, yesterday, 2026-11-28, RFC 3339' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l until -d 'Begun before' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -s f -l follow -d 'Keep running and print attempts as they end'
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand why" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand why" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand why" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand why" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand why" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand why" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand why" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand why" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand why" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand why" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand why" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand why" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand why" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l endpoint -d 'Only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l resource -d 'Only about the resource with this id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l cluster -d 'All failed deliveries of this cluster, as `failures clusters` lists it' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l data -d 'With --edit: the new data as JSON, @FILE or -, instead of an editor' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l secret-command -d 'A command that prints the secret' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l status -d 'Only if the last attempt was answered with this HTTP status' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l error -d 'Only if the last attempt\'s error contains this text' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l since -d 'Last changed at or after: 2h, yesterday, 2026-11-28, RFC 3339' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l until -d 'Last changed before' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l type -d 'Only this event type, or a pattern such as `user.*`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l to -d 'Send the same body to this URL, freshly signed; the queue is not changed' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l from -d 'Send captured requests from a file or directory of `listen --save`' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l scheme -d 'With --from, the scheme to sign by where the request\'s headers do not tell' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l secret-env -d 'The environment variable that holds the secret [default: WEBHOOK_SECRET]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l secret-file -d 'A file that holds the secret; its final newline is not part of it' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l stdin -d 'Read ids from standard input, one per line'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l failed -d 'All failed deliveries that the other options match'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l edit -d 'Edit the data of one event in $VISUAL or $EDITOR, and emit it as a new event that is linked to it'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -s n -l dry-run -d 'Show what would be replayed and change nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l yes -d 'Do not ask; required for filters when not running interactively'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l skip-unsigned -d 'With --from, leave out requests without a signature header of a known scheme'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l include-delivered -d 'Also deliveries that were delivered'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l force -d 'Also pending deliveries: due now, with new attempts'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -a "plan" -d 'Print a plan: the failed deliveries that match, as they are now'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and not __fish_seen_subcommand_from plan apply" -a "apply" -d 'Replay exactly what a plan names, unless it changed since'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l endpoint -d 'Only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l type -d 'Only this event type, or a pattern such as `user.*`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l resource -d 'Only about the resource with this id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l status -d 'Only if the last attempt was answered with this HTTP status' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l error -d 'Only if the last attempt\'s error contains this text' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l since -d 'Last changed at or after: 2h, yesterday, 2026-11-28, RFC 3339' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l until -d 'Last changed before' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l limit -d 'Plan at most this many, the oldest first' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l include-delivered -d 'Also deliveries that were delivered'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from apply" -l rate -d 'Replay at most this many per second, such as 50/s' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from apply" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from apply" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from apply" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from apply" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from apply" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from apply" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from apply" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from apply" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from apply" -s n -l dry-run -d 'Check the plan and change nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from apply" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from apply" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from apply" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from apply" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from apply" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and not __fish_seen_subcommand_from simulate" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and not __fish_seen_subcommand_from simulate" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and not __fish_seen_subcommand_from simulate" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and not __fish_seen_subcommand_from simulate" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and not __fish_seen_subcommand_from simulate" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and not __fish_seen_subcommand_from simulate" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and not __fish_seen_subcommand_from simulate" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and not __fish_seen_subcommand_from simulate" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and not __fish_seen_subcommand_from simulate" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and not __fish_seen_subcommand_from simulate" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and not __fish_seen_subcommand_from simulate" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and not __fish_seen_subcommand_from simulate" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and not __fish_seen_subcommand_from simulate" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and not __fish_seen_subcommand_from simulate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and not __fish_seen_subcommand_from simulate" -f -a "simulate" -d 'Show when attempts land, and what an outage would do to the queue'
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -l endpoint -d 'Rules of this endpoint, as configured [default: those of [delivery]]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -l outage -d 'How long the endpoint is out' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -l events -d 'Deliveries that are due when it begins, each of a resource of its own' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -l failing -d 'How the endpoint fails: timeout, unreachable, or a status such as 503' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -l latency -d 'How long an answer takes' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand retry; and __fish_seen_subcommand_from simulate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -f -a "list" -d 'List records, newest first'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -f -a "show" -d 'Show one record'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -f -a "export" -d 'Write all records with stamps and tombstones as JSON lines'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -f -a "import" -d 'Merge records from a file; emits nothing and can be repeated'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l search -d 'Only records whose name, email or id contains this text' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l user -d 'Only records of this user' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l course -d 'Only records of this course' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l sort -d 'Sort by name, email or created [default: newest first]' -r -f -a "name\t''
email\t''
created\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l limit -d 'Rows per page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l page -d 'Page number' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l deleted -d 'Include deleted records'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l body -d 'Print only the record\'s data, as an event would carry it'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -s n -l dry-run -d 'Validate every line and change nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand reconcile" -l events -d 'Write the events that the other side needs to this file, for `emit --batch`' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand reconcile" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand reconcile" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand reconcile" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand reconcile" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand reconcile" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand reconcile" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand reconcile" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand reconcile" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand reconcile" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand reconcile" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand reconcile" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand reconcile" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand reconcile" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand reconcile" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -f -a "list" -d 'List audit entries, newest first: sync.TYPE, sync.failure, sync.recovery'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l direction -d 'Only attempts, only webhooks that arrived, or only what operators did over HTTP' -r -f -a "outbound\t''
inbound\t''
operator\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l endpoint -d 'Only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l type -d 'Only this event type, or a pattern such as `user.*`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l resource -d 'Only about the resource with this id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l status -d 'Only if the last attempt was answered with this HTTP status' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l error -d 'Only if the last attempt\'s error contains this text' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l limit -d 'Rows per page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l page -d 'Page number' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l since -d 'Sent or arrived at or after: 2h, yesterday, 2026-11-28, RFC 3339' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l until -d 'Sent or arrived before' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and not __fish_seen_subcommand_from list show replay" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and not __fish_seen_subcommand_from list show replay" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and not __fish_seen_subcommand_from list show replay" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and not __fish_seen_subcommand_from list show replay" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and not __fish_seen_subcommand_from list show replay" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and not __fish_seen_subcommand_from list show replay" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and not __fish_seen_subcommand_from list show replay" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and not __fish_seen_subcommand_from list show replay" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and not __fish_seen_subcommand_from list show replay" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and not __fish_seen_subcommand_from list show replay" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and not __fish_seen_subcommand_from list show replay" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and not __fish_seen_subcommand_from list show replay" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and not __fish_seen_subcommand_from list show replay" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and not __fish_seen_subcommand_from list show replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and not __fish_seen_subcommand_from list show replay" -f -a "list" -d 'List refused requests that are kept, newest first'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and not __fish_seen_subcommand_from list show replay" -f -a "show" -d 'Show one kept request with headers and body'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and not __fish_seen_subcommand_from list show replay" -f -a "replay" -d 'Verify kept requests again and apply those that are right now'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from list" -l limit -d 'Rows per page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from list" -l page -d 'Page number' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from list" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from list" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from list" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from list" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from list" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from list" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from list" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from list" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from list" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from list" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from show" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from show" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from show" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from show" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from show" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from show" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from show" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from show" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -l all -d 'All kept requests that were not accepted yet'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -s n -l dry-run -d 'Show what would be accepted and change nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -l yes -d 'Confirm --all'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -l any-time -d 'Accept whatever time they were signed at, because this machine\'s clock was wrong'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand requests; and __fish_seen_subcommand_from replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -f -a "path" -d 'Print the path of the database'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -f -a "status" -d 'Show schema, sizes and journal of the database'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -f -a "backup" -d 'Copy the database to a file while it is in use'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -f -a "restore" -d 'Replace the database with a backup, keeping the old one'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -f -a "verify" -d 'Check the file and its counters; exit 1 when something is wrong'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -f -a "copy" -d 'Copy the queue with everything in it to another place, such as a PostgreSQL server'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify copy prune" -f -a "prune" -d 'Delete old finished deliveries and log entries'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l force -d 'Overwrite an existing file'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -s n -l dry-run -d 'Show what would be written and write nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l force -d 'Replace an existing database'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l accept-replays -d 'Accept that its pending deliveries may be sent twice'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -s n -l dry-run -d 'Show what would be restored and change nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from copy" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from copy" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from copy" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from copy" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from copy" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from copy" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from copy" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from copy" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from copy" -s n -l dry-run -d 'Show what would be copied and copy nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from copy" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from copy" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from copy" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from copy" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from copy" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from copy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l older-than -d 'Only rows that have not changed for this long' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l state -d 'Which deliveries; failed ones can be replayed until they are deleted' -r -f -a "delivered\t''
failed\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l endpoint -d 'Only deliveries to this endpoint, and no log entries' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -s n -l dry-run -d 'Show what would be deleted and delete nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l yes -d 'Do not prompt'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l force -d 'With --yes: delete even if the clock may have jumped ahead'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l online -d 'Also call the endpoints: are they reached and trusted, how long are their certificates valid, what does their clock say?'
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l deep -d 'Also read the whole database and check its counters, as `db verify` does'
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand bundle" -l to -d 'Where to write it; `-` for standard output [default: syncctl-bundle-TIME.json]' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand bundle" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand bundle" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand bundle" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand bundle" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand bundle" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand bundle" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand bundle" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand bundle" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand bundle" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand bundle" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand bundle" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand bundle" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand bundle" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand bundle" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l no-secret -d 'Make no secret; without it, 32 random bytes go to a file `webhook.secret` beside the configuration'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l force -d 'Replace an existing file; the old one is kept as config.toml.N'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l print -d 'Print the configuration and write nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -s n -l dry-run -d 'Show what would be written and write nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -f -a "show" -d 'Show all settings, even of an invalid configuration'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -f -a "validate" -d 'Check the configuration and its secrets; exit 78 when invalid'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -f -a "path" -d 'Print the paths of the configuration files'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l origin -d 'Show where each value comes from and which one it overrides'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l reveal -d 'Show secrets, on a terminal only'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l install -d 'Install the file where the shell looks for it'
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -s n -l dry-run -d 'With --install: show the path and write nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l dir -d 'Write all pages into this directory' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l data -d 'The body itself' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l scheme -d 'The scheme, such as standard, stripe or github; `generic` is described by the options below' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l signed -d 'generic: what is signed, such as `{id}.{timestamp}.{body}`; also {method}, {url}, {path}, {query.NAME}' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l encoding -d 'generic: how the code is written' -r -f -a "hex\t''
base64\t''
base64url\t'With - and _ and without padding'"
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l prefix -d 'generic: what precedes the code, such as `sha256=`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l algorithm -d 'generic: the hash of the HMAC, or how else the code is made' -r -f -a "sha1\t''
sha256\t''
sha512\t''
secret-then-sha256\t'SHA-256 of the secret and then the content, which is no HMAC'
ed25519\t''
ecdsa-p256\t''
rsa-sha256\t''
rsa-sha1\t''
token\t'The header holds the secret itself'"
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l key-form -d 'generic: what the secret\'s text means [default: text, or certificate where the algorithm has pairs of keys]' -r -f -a "text\t'The text itself'
whsec\t'Base64 after `whsec_`'
hex\t'Hex digits that stand for its bytes'
certificate\t'A certificate or a key in PEM, or a public key in base64; for Ed25519, `whpk_` or hex'"
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l signature-header -d 'generic: the header of the signature' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l id-header -d 'generic: the header of the id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l timestamp-header -d 'generic: the header of the time' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l timestamp-param -d 'generic: the name of the time in a signature header such as `t=…,v1=…`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l code-param -d 'generic: the name of the code in such a header' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l timestamp-unit -d 'generic: how the time is written' -r -f -a "seconds\t''
milliseconds\t''
date\t'RFC 3339'"
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l registered-id -d 'The id under which the webhook is registered with its sender, for paypal, which signs it' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l header -d 'generic: the header of the signature, as --signature-header' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l secret-env -d 'The environment variable that holds the secret [default: WEBHOOK_SECRET]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l secret-file -d 'A file that holds the secret; its final newline is not part of it' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l secret-command -d 'A command that prints the secret' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l id -d 'The message id, for schemes that have one [default: a new one]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l timestamp -d 'When it is signed, in seconds since 1970 or as RFC 3339 [default: now]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l url -d 'The URL the request goes to, for schemes that sign it' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l method -d 'The method, for schemes that sign it' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l curl -d 'Print a curl command that sends exactly these bytes to that URL' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l snippet -d 'Print a program that recomputes the signature' -r -f -a "openssl\t''
node\t''
python\t''
php\t''
go\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l all -d 'Sign by every scheme, each with programs that recompute it'
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l header -d 'A header of the request, `NAME: VALUE`; may be given more than once' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l request -d 'The whole request, in any of the forms of `syncctl help requests`; `-` for standard input' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l scheme -d 'The scheme, such as standard, stripe or github; `generic` is described by the options below' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l signed -d 'generic: what is signed, such as `{id}.{timestamp}.{body}`; also {method}, {url}, {path}, {query.NAME}' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l encoding -d 'generic: how the code is written' -r -f -a "hex\t''
base64\t''
base64url\t'With - and _ and without padding'"
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l prefix -d 'generic: what precedes the code, such as `sha256=`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l algorithm -d 'generic: the hash of the HMAC, or how else the code is made' -r -f -a "sha1\t''
sha256\t''
sha512\t''
secret-then-sha256\t'SHA-256 of the secret and then the content, which is no HMAC'
ed25519\t''
ecdsa-p256\t''
rsa-sha256\t''
rsa-sha1\t''
token\t'The header holds the secret itself'"
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l key-form -d 'generic: what the secret\'s text means [default: text, or certificate where the algorithm has pairs of keys]' -r -f -a "text\t'The text itself'
whsec\t'Base64 after `whsec_`'
hex\t'Hex digits that stand for its bytes'
certificate\t'A certificate or a key in PEM, or a public key in base64; for Ed25519, `whpk_` or hex'"
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l signature-header -d 'generic: the header of the signature' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l id-header -d 'generic: the header of the id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l timestamp-header -d 'generic: the header of the time' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l timestamp-param -d 'generic: the name of the time in a signature header such as `t=…,v1=…`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l code-param -d 'generic: the name of the code in such a header' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l timestamp-unit -d 'generic: how the time is written' -r -f -a "seconds\t''
milliseconds\t''
date\t'RFC 3339'"
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l registered-id -d 'The id under which the webhook is registered with its sender, for paypal, which signs it' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l secret-env -d 'The environment variable that holds the secret [default: WEBHOOK_SECRET]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l secret-file -d 'A file that holds the secret; its final newline is not part of it' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l secret-command -d 'A command that prints the secret' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l which -d 'Which request of a file that holds several, counted from 1' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l event -d 'Take the body of a stored event' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l url -d 'The URL it was sent to, for schemes that sign it' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l method -d 'The method, when it was not POST' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l at -d 'Verify as of that time, for stored requests: RFC 3339 or seconds since 1970' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l tolerance -d 'How far its time may lie from now, instead of what the scheme says' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l stored -d 'Verify a refused webhook that is kept, as of the time it arrived; `syncctl requests list` has their numbers' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l explain -d 'On a mismatch, look for the change that makes it match'
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l show-expected -d 'Show the signature that would be right; on a terminal only'
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l listen -d 'Address to listen on' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l respond -d 'Answer with these statuses in turn; the last one stays' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l delay -d 'Wait before each answer' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l forward-to -d 'Send each request on to that URL, unchanged, and answer as it does' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l save -d 'Keep each request in a file of that folder' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l max-body -d 'The longest body taken, in bytes' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l count -d 'End after so many requests' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l scheme -d 'The scheme, such as standard, stripe or github; `generic` is described by the options below' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l signed -d 'generic: what is signed, such as `{id}.{timestamp}.{body}`; also {method}, {url}, {path}, {query.NAME}' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l encoding -d 'generic: how the code is written' -r -f -a "hex\t''
base64\t''
base64url\t'With - and _ and without padding'"
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l prefix -d 'generic: what precedes the code, such as `sha256=`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l algorithm -d 'generic: the hash of the HMAC, or how else the code is made' -r -f -a "sha1\t''
sha256\t''
sha512\t''
secret-then-sha256\t'SHA-256 of the secret and then the content, which is no HMAC'
ed25519\t''
ecdsa-p256\t''
rsa-sha256\t''
rsa-sha1\t''
token\t'The header holds the secret itself'"
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l key-form -d 'generic: what the secret\'s text means [default: text, or certificate where the algorithm has pairs of keys]' -r -f -a "text\t'The text itself'
whsec\t'Base64 after `whsec_`'
hex\t'Hex digits that stand for its bytes'
certificate\t'A certificate or a key in PEM, or a public key in base64; for Ed25519, `whpk_` or hex'"
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l signature-header -d 'generic: the header of the signature' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l id-header -d 'generic: the header of the id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l timestamp-header -d 'generic: the header of the time' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l timestamp-param -d 'generic: the name of the time in a signature header such as `t=…,v1=…`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l code-param -d 'generic: the name of the code in such a header' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l timestamp-unit -d 'generic: how the time is written' -r -f -a "seconds\t''
milliseconds\t''
date\t'RFC 3339'"
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l registered-id -d 'The id under which the webhook is registered with its sender, for paypal, which signs it' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l secret-env -d 'The environment variable that holds the secret [default: WEBHOOK_SECRET]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l secret-file -d 'A file that holds the secret; its final newline is not part of it' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l secret-command -d 'A command that prints the secret' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l show-body -d 'Show each body, JSON indented'
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l event -d 'Use the body of a stored event as the sent one' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -f -a "new" -d 'Generate a secret: 32 random bytes as whsec_ and base64'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -f -a "check" -d 'Check a secret without showing it'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -f -a "rotate-plan" -d 'Try a new secret before it replaces the old one'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l secret-env -d 'The environment variable that holds the secret [default: WEBHOOK_SECRET]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l secret-file -d 'A file that holds the secret; its final newline is not part of it' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l secret-command -d 'A command that prints the secret' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l standard-form -d 'Print the secret in its whsec_ form, for receivers whose libraries decode base64'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l secret-env -d 'The environment variable that holds the secret [default: WEBHOOK_SECRET]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l secret-file -d 'A file that holds the secret; its final newline is not part of it' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l secret-command -d 'A command that prints the secret' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l new-env -d 'The environment variable that holds the new secret' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l new-file -d 'A file that holds the new secret' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l captured -d 'A folder or file of requests that `listen --save` captured' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l try-endpoints -d 'Ask every endpoint which of the two it accepts, by requests that whoever verifies does not apply'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l listen -d 'Addresses to listen on [default: server.listen, 127.0.0.1:3000]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l process-every -d 'Poll interval for due deliveries [default: server.process_every, 30s]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l without -d 'Routes to disable: webhooks, admin, process' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l no-process -d 'Do not deliver in the background'
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l allow-weak-secrets -d 'Accept secrets that can be guessed, or serve two purposes, on addresses that others reach'
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l textfile -d 'Write syncctl.prom atomically into the node exporter\'s textfile directory' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l events -d 'Events to emit' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l all -d 'List all commands; with `-o json` also their options'
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l db -d 'Database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l config -d 'Configuration file, instead of SYNCCTL_CONFIG and the user\'s' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l env-file -d 'File with more environment variables; no .env is read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -s o -l output -d 'Output format: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l columns -d 'Columns to show, in this order, comma-separated' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l time -d 'Time format [default: relative on a terminal, else iso]' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l log-format -d 'Log format' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l json -d 'Same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l no-headers -d 'Omit the header row'
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -s q -l quiet -d 'Print nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l no-input -d 'Never prompt; fail instead'
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
