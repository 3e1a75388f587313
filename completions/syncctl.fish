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

complete -c syncctl -n "__fish_syncctl_needs_command" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_needs_command" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_needs_command" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_needs_command" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_needs_command" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_needs_command" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_needs_command" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_needs_command" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_needs_command" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_needs_command" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_needs_command" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_needs_command" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_needs_command" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_needs_command" -s V -l version -d 'Print version'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "emit" -d 'Store events for delivery'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "process" -d 'Deliver what is due'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "sync" -d 'Store an update and wait until it is delivered'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "status" -d 'Show the queue and its endpoints'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "health" -d 'Say whether the queue is healthy; exit 1 when it is not'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "check" -d 'Say how the queue is in the form of Nagios: exit 0, 1, 2 or 3'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "endpoints" -d 'See, pause and resume endpoints'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "events" -d 'See events with their deliveries and attempts'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "deliveries" -d 'See deliveries, or give them up'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "failures" -d 'See what failed, and why'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "replay" -d 'Deliver again'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "records" -d 'See what is known of enrollments, users and progress here'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "audit" -d 'See every attempt as what it meant'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "db" -d 'Look after the database: where it is, how it is, copies of it'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "doctor" -d 'Look for what is wrong, or soon will be, with everything this needs; exit 1 when something is'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "init" -d 'Write a configuration to begin with, and a secret'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "config" -d 'See what the configuration says, where it comes from, and what is wrong with it'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "completions" -d 'Print what a shell needs to complete commands, or install it'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "man" -d 'Print a manual page, or write them all'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "sign" -d 'Sign a body by any scheme'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "verify" -d 'Verify a request\'s signature, and say why not'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "listen" -d 'Receive requests, show them and keep them'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "diff" -d 'Compare what was sent with what arrived'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "secret" -d 'Make secrets, check them, rehearse their rotation'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "serve" -d 'Receive webhooks, answer applications and monitors, deliver in the background'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "metrics" -d 'Print the queue\'s figures for Prometheus, or keep them in a file for its node exporter'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "demo" -d 'See the whole story in ten seconds'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "help" -d 'Help on a command or topic, or a list of everything'
complete -c syncctl -n "__fish_syncctl_needs_command" -f -a "version" -d 'Print which version this is'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l data -d 'What happened, as JSON: literal, @FILE, or - for standard input; without it, the local record' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l id -d 'An id of your own; emitting it again stores nothing' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l resource-type -d 'What kind of thing it is about; needed for types of your own' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l timestamp -d 'When it happened, as RFC 3339; now unless given' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l batch -d 'Events from a file or standard input, one JSON object a line: all of them, or none' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l user -d 'The user whose progress it is' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l course -d 'The course the progress is in' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l skip-invalid -d 'Store the good lines of a batch and name the others'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l fail-on-duplicate -d 'Exit 1 when the event is stored already'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -s n -l dry-run -d 'Check everything and store nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand emit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l limit -d 'Make at most so many attempts' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l concurrency -d 'Requests in flight to each endpoint, in place of its own setting' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l max-time -d 'Start nothing new after that time, such as 50s' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l wait -d 'Also wait for retries, and for what other runs are sending'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l watch -d 'Go on until stopped, and deliver what is emitted at once'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l single -d 'Leave at once, with exit 0, when another run with --single is active'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -s n -l dry-run -d 'Show what is due and send nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand process" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l data -d 'How it is now, as JSON: literal, @FILE, or - for standard input; without it, the local record' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l max-time -d 'How long to wait for the outcome' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -s n -l dry-run -d 'Check everything and store nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand sync" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l watch -d 'Show it again every 2s, or as often as said, until Ctrl-C' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l warn-after -d 'The age from which an endpoint\'s last success counts as aging [default: 60m, or as configured]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l error-after -d 'The age from which it counts as stale [default: 180m, or as configured]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand health" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -s w -l warning -d 'Warn above these: pending=N,age=TIME,failed=N,rate=PERCENT' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -s c -l critical -d 'Critical above these' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l timeout -d 'Answer UNKNOWN after that time' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -f -a "list" -d 'All endpoints and how they stand'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -f -a "show" -d 'One endpoint in full'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -f -a "pause" -d 'Hold the deliveries of an endpoint back'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and not __fish_seen_subcommand_from list show pause resume" -f -a "resume" -d 'Deliver to an endpoint again; ends a pause or a rest'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -s n -l dry-run -d 'Say what would happen and change nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from pause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -s n -l dry-run -d 'Say what would happen and change nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand endpoints; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -f -a "list" -d 'Events, newest first'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -f -a "show" -d 'One event with its deliveries and every attempt'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -f -a "why" -d 'Why each of its deliveries stands where it stands, and what happens next'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and not __fish_seen_subcommand_from list show why reproduce" -f -a "reproduce" -d 'Print openssl and curl lines that sign and send it again, with the secret in a variable'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l type -d 'Only this event type' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l resource -d 'Only the resource with this id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l limit -d 'Rows on a page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l page -d 'Which page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l since -d 'Emitted at or after: a time, or a duration before now' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l until -d 'Emitted before' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l body -d 'Print the event\'s data, byte for byte as it was given'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l sent -d 'Print the bytes that are signed and sent'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from why" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l endpoint -d 'Only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l to -d 'To this URL instead of the event\'s endpoints' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand events; and __fish_seen_subcommand_from reproduce" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list give-up" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list give-up" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list give-up" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list give-up" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list give-up" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list give-up" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list give-up" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list give-up" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list give-up" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list give-up" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list give-up" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list give-up" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list give-up" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list give-up" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list give-up" -f -a "list" -d 'Deliveries, newest first'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and not __fish_seen_subcommand_from list give-up" -f -a "give-up" -d 'Give unfinished deliveries up: they are failed until they are replayed'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l state -d 'Only in these states' -r -f -a "pending\t''
held\t''
processing\t''
delivered\t''
failed\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l endpoint -d 'Only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l type -d 'Only of this event type' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l since -d 'Last changed at or after: a time, or a duration before now' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l until -d 'Last changed before' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l limit -d 'Rows on a page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l page -d 'Which page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l failed -d 'Only those given up, the same as `--state failed`'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l endpoint -d 'Only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l type -d 'Only of this event type' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l since -d 'Last changed at or after: a time, or a duration before now' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l until -d 'Last changed before' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l stdin -d 'Read ids from standard input, one a line; no line chooses nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l all -d 'Everything that is pending or held, as far as the other options allow'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -s n -l dry-run -d 'Say what would be given up and change nothing; the default for more than one'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l yes -d 'Do it, however many there are'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand deliveries; and __fish_seen_subcommand_from give-up" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -l endpoint -d 'Only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -l type -d 'Only of this event type' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -l since -d 'Last changed at or after: a time, or a duration before now' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -l until -d 'Last changed before' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -l limit -d 'Rows on a page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -l page -d 'Which page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -f -a "list" -d 'Deliveries with a failed attempt that wait for another or were given up, newest first'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and not __fish_seen_subcommand_from list stats" -f -a "stats" -d 'How many attempts failed, by event type, resource type and endpoint'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l endpoint -d 'Only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l type -d 'Only of this event type' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l since -d 'Last changed at or after: a time, or a duration before now' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l until -d 'Last changed before' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l limit -d 'Rows on a page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l page -d 'Which page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l since -d 'Attempts that ended at or after: a time, or a duration before now [default: 24h]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand failures; and __fish_seen_subcommand_from stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l endpoint -d 'Only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l type -d 'Only of this event type' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l since -d 'Last changed at or after: a time, or a duration before now' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l secret-command -d 'A command that prints the secret' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l until -d 'Last changed before' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l to -d 'Send the same bytes to that URL instead, with a fresh time and signature; the queue is left as it is' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l from -d 'Send captured requests: a file or a folder of `listen --save`' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l scheme -d 'With --from, the scheme to sign by where the request\'s headers do not tell' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l secret-env -d 'The environment variable that holds the secret [default: WEBHOOK_SECRET]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l secret-file -d 'A file that holds the secret; its final newline is not part of it' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l stdin -d 'Read ids from standard input, one a line; no line chooses nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l failed -d 'Everything that was given up, as far as the other options allow'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l include-delivered -d 'Also deliveries that arrived'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l force -d 'Also deliveries that are pending already: due now, with fresh attempts'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -s n -l dry-run -d 'Change nothing and say what would be replayed; the default for more than one'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l yes -d 'Do it, however many there are'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l skip-unsigned -d 'With --from, leave out requests without a signature header of a known scheme'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -f -a "list" -d 'Records, the latest first'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -f -a "show" -d 'One record in full'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -f -a "export" -d 'Write every record with its stamps and tombstones, one JSON object a line'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and not __fish_seen_subcommand_from list show export import" -f -a "import" -d 'Merge records from elsewhere; nothing is emitted, and again does no harm'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l search -d 'Only with this text in the name, the email or the id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l user -d 'Only of this user' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l course -d 'Only in this course' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l sort -d 'Sort by name, email or created instead of by arrival' -r -f -a "name\t''
email\t''
created\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l limit -d 'Rows on a page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l page -d 'Which page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l deleted -d 'Also deleted ones'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l body -d 'Print its data alone, as the data of an event would carry it'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -s n -l dry-run -d 'Check every line and change nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand records; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and not __fish_seen_subcommand_from list" -f -a "list" -d 'Attempts and webhooks, newest first: sync.TYPE, sync.failure and sync.recovery'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l direction -d 'Only what left, or only what arrived' -r -f -a "outbound\t''
inbound\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l endpoint -d 'Only to this endpoint' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l type -d 'Only of this event type' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l limit -d 'Rows on a page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l page -d 'Which page' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l since -d 'Sent or arrived at or after: a time, or a duration before now' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l until -d 'Sent or arrived before' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand audit; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -f -a "path" -d 'Print where the database is, or would be'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -f -a "status" -d 'Show the file: schema, sizes, journal'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -f -a "backup" -d 'Copy the queue to a file while others go on using it'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -f -a "restore" -d 'Put a backup in the place of the queue, which is kept beside it'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -f -a "verify" -d 'Check the file, and its figures against its rows; exit 1 when something is wrong'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and not __fish_seen_subcommand_from path status backup restore verify prune" -f -a "prune" -d 'Remove finished deliveries that are old, and what the logs say of that time'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l force -d 'Replace a file that is there'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -s n -l dry-run -d 'Say what would be written and write nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from backup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l force -d 'Take the place of a queue that is there'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l accept-replays -d 'What is pending in it may be sent a second time'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -s n -l dry-run -d 'Say what would be restored and change nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from restore" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l older-than -d 'Only what has not changed for that long' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l state -d 'Which deliveries; those given up can be replayed as long as they are there' -r -f -a "delivered\t''
failed\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l endpoint -d 'Only deliveries to this endpoint, and nothing of the logs' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -s n -l dry-run -d 'Say what would be removed and remove nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l yes -d 'Do not ask'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l force -d 'With --yes, also when nothing has happened for so long that a clock that jumped ahead would look the same'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand db; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l online -d 'Also call the endpoints: are they reached and trusted, how long are their certificates valid, what does their clock say?'
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l deep -d 'Read the whole database, and hold its figures against its rows, as `db verify` does'
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l no-secret -d 'Make no secret; without it, 32 random bytes go to a file `webhook.secret` beside the configuration'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l force -d 'Write it though one is there; the old one is kept beside it, as config.toml.1 or the next free number'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l print -d 'Print the configuration and write nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -s n -l dry-run -d 'Say what would be written and write nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand init" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -f -a "show" -d 'Show every setting; works when the configuration is broken, too'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -f -a "validate" -d 'Check the configuration and the secrets it names; exit 78 when something is wrong'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and not __fish_seen_subcommand_from show validate path" -f -a "path" -d 'Print where configuration is looked for'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l origin -d 'Also show where each value comes from, and what it hides'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l reveal -d 'Show secrets in clear; on a terminal only'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand config; and __fish_seen_subcommand_from path" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l install -d 'Write the file where the shell looks for it, and say where'
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -s n -l dry-run -d 'With --install: say where it would be written and write nothing'
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l dir -d 'Write every page into this directory' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l data -d 'The body itself' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l scheme -d 'The scheme, such as standard, stripe or github; `generic` is described by the options below' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l signed -d 'generic: what is signed, such as `{id}.{timestamp}.{body}`; also {method} and {url}' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l encoding -d 'generic: how the code is written' -r -f -a "hex\t''
base64\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l prefix -d 'generic: what precedes the code, such as `sha256=`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l algorithm -d 'generic: the hash of the HMAC' -r -f -a "sha1\t''
sha256\t''
sha512\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l signature-header -d 'generic: the header of the signature' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l id-header -d 'generic: the header of the id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l timestamp-header -d 'generic: the header of the time' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l timestamp-unit -d 'generic: how the time is written' -r -f -a "seconds\t''
milliseconds\t''"
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
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l all -d 'Sign by every scheme, each with programs that recompute it'
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand sign" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l header -d 'A header of the request, `NAME: VALUE`; may be given more than once' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l request -d 'The whole request: raw HTTP, a curl command or a HAR file; `-` for standard input' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l scheme -d 'The scheme, such as standard, stripe or github; `generic` is described by the options below' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l signed -d 'generic: what is signed, such as `{id}.{timestamp}.{body}`; also {method} and {url}' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l encoding -d 'generic: how the code is written' -r -f -a "hex\t''
base64\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l prefix -d 'generic: what precedes the code, such as `sha256=`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l algorithm -d 'generic: the hash of the HMAC' -r -f -a "sha1\t''
sha256\t''
sha512\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l signature-header -d 'generic: the header of the signature' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l id-header -d 'generic: the header of the id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l timestamp-header -d 'generic: the header of the time' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l timestamp-unit -d 'generic: how the time is written' -r -f -a "seconds\t''
milliseconds\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l secret-env -d 'The environment variable that holds the secret [default: WEBHOOK_SECRET]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l secret-file -d 'A file that holds the secret; its final newline is not part of it' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l secret-command -d 'A command that prints the secret' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l entry -d 'Which request of a HAR file, counted from 1' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l event -d 'Take the body of a stored event' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l url -d 'The URL it was sent to, for schemes that sign it' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l method -d 'The method, when it was not POST' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l at -d 'Verify as of that time, for stored requests: RFC 3339 or seconds since 1970' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l tolerance -d 'How far its time may lie from now, instead of what the scheme says' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l explain -d 'On a mismatch, look for the change that makes it match'
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l show-expected -d 'Show the signature that would be right; on a terminal only'
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l listen -d 'The address to listen on' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l respond -d 'Answer with these statuses in turn; the last one stays' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l delay -d 'Wait before each answer' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l forward-to -d 'Send each request on to that URL, unchanged, and answer as it does' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l save -d 'Keep each request in a file of that folder' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l max-body -d 'The longest body taken, in bytes' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l count -d 'End after so many requests' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l scheme -d 'The scheme, such as standard, stripe or github; `generic` is described by the options below' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l signed -d 'generic: what is signed, such as `{id}.{timestamp}.{body}`; also {method} and {url}' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l encoding -d 'generic: how the code is written' -r -f -a "hex\t''
base64\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l prefix -d 'generic: what precedes the code, such as `sha256=`' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l algorithm -d 'generic: the hash of the HMAC' -r -f -a "sha1\t''
sha256\t''
sha512\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l signature-header -d 'generic: the header of the signature' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l id-header -d 'generic: the header of the id' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l timestamp-header -d 'generic: the header of the time' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l timestamp-unit -d 'generic: how the time is written' -r -f -a "seconds\t''
milliseconds\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l secret-env -d 'The environment variable that holds the secret [default: WEBHOOK_SECRET]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l secret-file -d 'A file that holds the secret; its final newline is not part of it' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l secret-command -d 'A command that prints the secret' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l show-body -d 'Show each body, JSON indented'
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand listen" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l event -d 'Take the body of a stored event as what was sent' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -f -a "new" -d 'Print a new secret: 32 random bytes as whsec_ and base64'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -f -a "check" -d 'Look for what is wrong with a secret; it is never shown'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and not __fish_seen_subcommand_from new check rotate-plan" -f -a "rotate-plan" -d 'Try a new secret on what `serve` received, captured requests and every endpoint before it replaces the old one'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from new" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l secret-env -d 'The environment variable that holds the secret [default: WEBHOOK_SECRET]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l secret-file -d 'A file that holds the secret; its final newline is not part of it' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l secret-command -d 'A command that prints the secret' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l standard-form -d 'Print the secret in its whsec_ form, for receivers whose libraries decode base64'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l secret-env -d 'The environment variable that holds the secret [default: WEBHOOK_SECRET]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l secret-file -d 'A file that holds the secret; its final newline is not part of it' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l secret-command -d 'A command that prints the secret' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l new-env -d 'The environment variable that holds the new secret' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l new-file -d 'A file that holds the new secret' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l captured -d 'A folder or file of requests that `listen --save` captured' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l try-endpoints -d 'Ask every endpoint which of the two it accepts, by requests that whoever verifies does not apply'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand secret; and __fish_seen_subcommand_from rotate-plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l listen -d 'The addresses to listen on [default: server.listen, 127.0.0.1:3000]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l process-every -d 'Look for what is due at least so often; what is emitted goes out at once [default: server.process_every, 30s]' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l without -d 'Routes to switch off: webhooks, admin, process' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l no-process -d 'Receive only, deliver nothing in the background'
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l textfile -d 'Write syncctl.prom into this directory, whole or not at all, for the node exporter\'s textfile collector' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand metrics" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l events -d 'Events to emit' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand demo" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l all -d 'Every command; with `-o json` also their options'
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l db -d 'The queue\'s database file' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l config -d 'The configuration file, in place of the user\'s and of SYNCCTL_CONFIG' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l env-file -d 'Variables to read beside the environment; a .env is never read unless named' -r -F
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -s o -l output -d 'Form of the answer: table, wide, json, jsonl, csv or name' -r -f -a "table\t''
wide\t''
json\t''
jsonl\t''
csv\t''
name\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l columns -d 'Columns to show, in order, separated by commas' -r
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l time -d 'How to show times; relative on a terminal, else iso' -r -f -a "relative\t''
iso\t''
local\t''
unix\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l color -d 'When to use colour' -r -f -a "auto\t''
always\t''
never\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l log-format -d 'How to write the log' -r -f -a "text\t''
json\t''"
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l json -d 'The same as `-o json`'
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l no-headers -d 'Leave out the line of headings'
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -s q -l quiet -d 'Say nothing on success'
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -s v -l verbose -d 'Log more to standard error: once info, twice debug, three times trace'
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -l no-input -d 'Never ask; refuse what would need an answer'
complete -c syncctl -n "__fish_syncctl_using_subcommand version" -s h -l help -d 'Print help (see more with \'--help\')'
