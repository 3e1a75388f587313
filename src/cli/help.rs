//! `help`: shows the help of a command or topic, or lists all commands.

use clap::{Arg, Command};
use serde::Serialize;

use super::context::Context;
use super::exit::{CliError, Exit};
use crate::format::did_you_mean;
use crate::report::{Column, Report, Table, signing};
use crate::untrusted::Untrusted;

/// The command-line arguments of `help`.
#[derive(Debug, clap::Args)]
pub struct HelpArgs {
    /// Command, or topic: exit-codes, environment, explain, requests, signing
    #[arg(value_name = "COMMAND")]
    words: Vec<String>,
    /// List all commands; with `-o json` also their options
    #[arg(long, conflicts_with = "words")]
    all: bool,
}

/// Environment variables that every command reads.
pub(super) const ENVIRONMENT: &[(&str, &str)] = &[
    ("WEBHOOK_SECRET", "the secret that signs and verifies; also WEBHOOK_SECRET_FILE and WEBHOOK_SECRET_COMMAND"),
    ("WEBHOOK_SECRET_PREVIOUS", "the old secret during a rotation; also with _FILE and _COMMAND"),
    ("SYNC_WEBHOOK_URLS", "URLs of endpoints, separated by commas"),
    ("CRON_SECRET", "the secret of callers of POST /api/sync/process; also with _FILE and _COMMAND"),
    ("SYNCCTL_ADMIN_TOKEN", "the token of administrators; also with _FILE and _COMMAND"),
    ("SYNCCTL_DB", "path or URL of the database; SYNCCTL_DB_FILE names a file that contains it"),
    ("SYNCCTL_CONFIG", "path of the configuration file, instead of the user's file"),
    ("SYNCCTL_SECTION_KEY", "any configuration key, such as SYNCCTL_DELIVERY_MAX_ATTEMPTS"),
    ("SYNCCTL_LOG", "log filter, such as syncctl::store=debug"),
    ("CREDENTIALS_DIRECTORY", "directory with systemd's credentials webhook-secret, cron-secret and admin-token"),
    ("XDG_CONFIG_HOME, XDG_STATE_HOME", "directories of configuration and database; only absolute paths count"),
    ("NO_COLOR, CLICOLOR_FORCE, TERM", "whether output is coloured, unless --color is given"),
    ("COLUMNS", "width of tables on a terminal"),
];

/// Files that every command reads.
pub(super) const FILES: &[(&str, &str)] = &[
    ("$XDG_STATE_HOME/syncctl/syncctl.db", "the database; the files -wal and -shm beside it are part of it"),
    ("$XDG_CONFIG_HOME/syncctl/config.toml", "the user's configuration"),
    ("/etc/syncctl/config.toml", "the system's configuration"),
];

/// The exit codes of `check`.
pub(super) const CHECK_CODES: [(u8, &str); 4] =
    [(0, "OK"), (1, "WARNING"), (2, "CRITICAL"), (3, "UNKNOWN: the check failed, or wrong usage")];

const SIGNING: &str = "\
Every request carries two signatures, made with the same secret.

X-Webhook-Signature is the lower-case hex HMAC-SHA256 of the body, with the secret as text as its key:

  signature = hex(hmac_sha256(secret, body))

webhook-signature is that of Standard Webhooks. It also covers the id and the time, so that a receiver can refuse a
request that was recorded and sent again later:

  signed    = webhook-id + '.' + webhook-timestamp + '.' + body
  signature = 'v1,' + base64(hmac_sha256(key, signed))

A secret that begins with whsec_ is base64: its decoded bytes are the key of webhook-signature. Any other secret is used
as text for both. The final newline of a secret file is not part of the secret.

While WEBHOOK_SECRET_PREVIOUS is set, webhook-signature holds one signature for each secret, newest first, separated by
a space. X-Webhook-Signature is made with the new one, unless the endpoint says legacy_signature = \"previous\".

A receiver verifies the bytes it received, before it parses them, and compares in constant time.

`verify` differs from the libraries of Standard Webhooks and of the senders on purpose. It is stricter:

  A duplicate signature header is refused, and so is a list of more than 64 codes (signatures).
  Codes are compared as bytes of the exact length: other padding, 0x, quotes or spaces around a code are refused.
  An id that is empty or contains a dot or a space is refused: it could be joined with the time in two ways.
  A time consists of digits: no sign, no fraction, and no milliseconds where the sender writes seconds.
  Times are refused on both sides of now, also for stripe, whose own libraries refuse only old ones.
  Headers named svix-… and webhook-… are never combined. An older version's valid signature does not make up for an
  invalid newer one.

And it is more lenient:

  Hex digits may be in upper case, because they are the same bytes.
  A secret of Standard Webhooks may have fewer than 24 bytes; `secret check` warns of it.
  In a list of codes, one that cannot be decoded does not invalidate the others.";

const REQUESTS: &str = "\
`verify --request FILE`, `replay --from` and `secret rotate-plan --captured` read captured requests in many formats. They
report which format was detected and what is uncertain about it. If a file holds several requests, the only one with a
signature header is used; otherwise --which N selects one.

HTTP        raw requests, also followed by responses or other requests; headers only; HTTP/2 pseudo-headers
Captures    tcpdump -A and -X, Wireshark's streams as text and hex dumps, xxd, hexdump, curl -v, --trace and --trace-ascii
Commands    curl (POSIX shells, Windows prompt, PowerShell), wget, HTTPie, xh, Invoke-WebRequest, fetch(…), axios
            variables that the text sets, here-documents and here-strings are expanded; nothing is executed
Browsers    HAR files and single entries, pages of the developer tools, \"copy as\" in every form
Gateways    events of AWS API Gateway v1 and v2, Lambda URLs, load balancers, Netlify, OpenWhisk; any JSON with headers
            and a body
Tools       ngrok, webhook.site, RequestBin and Pipedream, Hookdeck, Svix Play, GitHub deliveries (page and API),
            Postman collections, Insomnia exports, .http files of VS Code and JetBrains, Hurl
Programs    headers and bodies as Node, Python, Ruby, PHP and Go print them

Markdown fences, quotations (`> `), indentation, prompts, typographic quotes, UTF-16, base64 and hex around a request are
removed.

A tool that stores the body as parsed JSON loses the bytes that were signed. `verify --explain` tries the common ways to
serialize it. If a file has only headers, name the file of the body too:

  syncctl verify BODY --request FILE

A request in any other format can be given by hand:

  syncctl verify BODY --header 'X-Webhook-Signature: …' --header 'webhook-id: …'";

/// The help topics.
pub(super) const TOPICS: [&str; 5] = ["exit-codes", "environment", "explain", "requests", "signing"];

impl HelpArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] if self.all => context.screen.report(&everything())?,
            ["exit-codes"] => context.screen.report(&exit_codes())?,
            ["environment"] => context.screen.report(&environment())?,
            ["explain"] => context.screen.report(&signing::causes())?,
            ["signing"] => context.screen.report(&signing::schemes().with_line(SIGNING).with_line(""))?,
            ["requests"] => context.screen.report(&Report::new(&REQUESTS).with_line(REQUESTS))?,
            words => {
                let help = help_of(words)?;
                context.screen.report(&Report::new(&help).with_line(help.trim_end()))?;
            }
        }
        Ok(Exit::Done)
    }
}

/// The long help of a command.
fn help_of(words: &[&str]) -> Result<String, CliError> {
    let mut root = super::command();
    root.build();
    let mut at = &mut root;
    for word in words {
        let known: Vec<String> = at.get_subcommands().map(|command| command.get_name().to_owned()).collect();
        at = at.find_subcommand_mut(word).ok_or_else(|| unknown(word, &known))?;
    }
    let mut text = at.render_long_help().to_string();
    if words.is_empty() {
        text.push_str(&format!("\nTopics, for `syncctl help TOPIC`: {}\n", TOPICS.join(", ")));
    }
    Ok(text)
}

fn unknown(word: &str, known: &[String]) -> CliError {
    let fault = Exit::Usage.error(format!("there is no command or topic `{}`", Untrusted(word)));
    match did_you_mean(word, known.iter().map(String::as_str).chain(TOPICS)) {
        Some(meant) => fault.hint(format!("did you mean `{meant}`?")),
        None => fault.hint("list all commands with `syncctl help --all`"),
    }
}

const CODES: &[Column] =
    &[Column::number("code", "CODE"), Column::text("name", "NAME"), Column::text("meaning", "MEANING")];

fn exit_codes() -> Report {
    /// One exit code in the JSON answer of `help exit-codes`.
    #[derive(Serialize)]
    struct ExitCodeView {
        code: u8,
        name: &'static str,
        meaning: &'static str,
    }
    let codes = Exit::ALL.map(|exit| ExitCodeView { code: exit.code(), name: exit.name(), meaning: exit.meaning() });
    let rows = codes.iter().map(|it| vec![u32::from(it.code).into(), it.name.into(), it.meaning.into()]).collect();
    let check: Vec<String> = CHECK_CODES.iter().map(|(code, meaning)| format!("{code} {meaning}")).collect();
    let mut table = Table::new(CODES, rows);
    table = table.summed_up(format!("check only: {}", check.join(", ")));
    Report::new(&codes).with_table(table).with_names(codes.iter().map(|it| it.code.to_string()))
}

const VARIABLES: &[Column] = &[Column::text("name", "VARIABLE"), Column::text("meaning", "MEANING")];

fn environment() -> Report {
    /// One variable in the JSON answer of `help environment`.
    #[derive(Serialize)]
    struct VariableView {
        name: &'static str,
        meaning: &'static str,
    }
    let views: Vec<VariableView> = ENVIRONMENT.iter().map(|&(name, meaning)| VariableView { name, meaning }).collect();
    let rows = views.iter().map(|it| vec![it.name.into(), it.meaning.into()]).collect();
    Report::new(&views).with_table(Table::new(VARIABLES, rows)).with_names(views.iter().map(|it| it.name))
}

/// A command as `help --all -o json` lists it.
#[derive(Serialize)]
struct CommandView {
    name: String,
    about: String,
    arguments: Vec<ArgumentView>,
}

/// An argument of a command as `help --all -o json` lists it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArgumentView {
    name: String,
    long: Option<String>,
    short: Option<char>,
    value_names: Vec<String>,
    help: String,
    required: bool,
    global: bool,
    positional: bool,
}

/// The JSON answer of `help --all`.
#[derive(Serialize)]
struct AllView<'a> {
    commands: &'a [CommandView],
}

const COMMANDS: &[Column] = &[Column::text("command", "COMMAND"), Column::text("about", "ABOUT")];

/// Every command with its options; `-o name` lists the top-level commands alone, so that each line is one word.
fn everything() -> Report {
    let mut root = super::command();
    root.build();
    let mut commands = Vec::new();
    collect(&root, "", &mut commands);
    let rows = commands.iter().map(|it| vec![it.name.as_str().into(), it.about.as_str().into()]).collect();
    let names: Vec<&str> = commands.iter().map(|it| it.name.as_str()).collect();
    Report::new(&AllView { commands: &commands })
        .beside("commands", &names)
        .with_table(Table::new(COMMANDS, rows))
        .with_names(root.get_subcommands().map(Command::get_name))
}

fn collect(command: &Command, above: &str, commands: &mut Vec<CommandView>) {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        let name = format!("{above}{}", below.get_name());
        commands.push(CommandView {
            about: below.get_about().map(ToString::to_string).unwrap_or_default(),
            arguments: below.get_arguments().map(argument).collect(),
            name: name.clone(),
        });
        collect(below, &format!("{name} "), commands);
    }
}

fn argument(argument: &Arg) -> ArgumentView {
    let takes_value = argument.get_action().takes_values();
    let names = argument.get_value_names().filter(|_| takes_value).unwrap_or_default();
    ArgumentView {
        name: argument.get_id().to_string(),
        long: argument.get_long().map(str::to_owned),
        short: argument.get_short(),
        value_names: names.iter().map(ToString::to_string).collect(),
        help: argument.get_help().map(ToString::to_string).unwrap_or_default(),
        required: argument.is_required_set(),
        global: argument.is_global_set(),
        positional: argument.is_positional(),
    }
}
