//! The reference pages in `docs/`, generated from the command line and the configuration keys.

use std::fmt::Write as _;

use clap::Command;

use super::examples;
use crate::config::reference::{self, KeyReference};

/// The pages, by file name.
pub fn files() -> Vec<(String, Vec<u8>)> {
    vec![("cli.md".to_owned(), commands().into_bytes()), ("config.md".to_owned(), configuration().into_bytes())]
}

fn commands() -> String {
    let mut root = super::plain_command();
    root.build();
    let mut page = "# Commands\n\nGenerated from the program; `syncctl help COMMAND` prints the same.\n".to_owned();
    collect(&root, "", &mut page);
    let global = root.clone().mut_args(|it| it.hide_short_help(false));
    let help = global.mut_subcommands(|it| it.hide(true)).term_width(100).render_help().to_string();
    let options = help.split("Global options:\n").nth(1).unwrap_or_default();
    let _ = write!(page, "\n## Global options\n\nEvery command takes them.\n\n```text\n{}\n```\n", options.trim_end());
    page
}

/// The help of a command with all its options, but without the global ones, as a page shows it once.
fn help_of(command: &Command) -> String {
    let own = command.clone().mut_args(|it| match it.is_global_set() {
        true => it.hide(true),
        false => it.hide_short_help(false),
    });
    own.term_width(100).disable_help_flag(true).render_help().to_string()
}

fn collect(command: &Command, above: &str, page: &mut String) {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        let name = format!("{above}{}", below.get_name());
        let _ = write!(page, "\n## syncctl {name}\n\n```text\n{}\n```\n", help_of(below).trim_end());
        let notes = below.get_after_long_help().map(ToString::to_string).unwrap_or_default();
        if !notes.is_empty() {
            let _ = write!(page, "\n{notes}\n");
        }
        for (what, how) in examples::of(&name) {
            let _ = write!(page, "\n- {what}: `{how}`");
        }
        page.push('\n');
        collect(below, &format!("{name} "), page);
    }
}

const INTRODUCTION: &str = "\
# Configuration

Generated from the program. A value is taken from the first of these places that sets it: a flag, the environment, the file of
`--env-file`, the user's file (`$XDG_CONFIG_HOME/syncctl/config.toml`, or the one of `--config` or `SYNCCTL_CONFIG`),
`/etc/syncctl/config.toml`, the default. `syncctl config show --origin` shows each value with its origin; `syncctl config validate`
lists what is wrong.
";

const SECRETS: &str = "
## Secrets

No flag and no key takes the value of a secret. A secret is read from its variable, from the same variable with `_FILE` (path of a
file) or `_COMMAND` (command that prints it), from systemd's credentials, then as one of its keys in the configuration file says.
";

fn configuration() -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\n| Key | Variable | Default | Meaning |\n|---|---|---|---|\n");
    reference::settings().iter().for_each(|it| row(&mut page, it));
    page.push_str("\n## One of `[[endpoints]]`\n\n| Key | Default | Meaning |\n|---|---|---|\n");
    reference::endpoint_settings().iter().for_each(|it| row(&mut page, it));
    page.push_str("\n## One of `[[sources]]`\n\n| Key | Default | Meaning |\n|---|---|---|\n");
    reference::source_settings().iter().for_each(|it| row(&mut page, it));
    page.push_str("\n## One of `[[alerts]]`\n\n| Key | Default | Meaning |\n|---|---|---|\n");
    reference::alert_settings().iter().for_each(|it| row(&mut page, it));
    page.push_str(SECRETS);
    page.push_str("\n| Secret | Variable | Keys | Meaning |\n|---|---|---|---|\n");
    for secret in reference::secrets() {
        let keys: Vec<String> = reference::keys_of_secret(&secret.key).iter().map(|key| format!("`{key}`")).collect();
        let variable = secret.variable.unwrap_or_default();
        let _ = writeln!(page, "| `{}` | `{variable}` | {} | {} |", secret.key, keys.join(" "), secret.about);
    }
    page
}

fn row(page: &mut String, described: &KeyReference) {
    let KeyReference { key, variable, default, about } = described;
    let variable = variable.as_ref().map(|name| format!(" `{name}` |")).unwrap_or_default();
    let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
    let _ = writeln!(page, "| `{key}` |{variable} {default} | {about} |");
}
