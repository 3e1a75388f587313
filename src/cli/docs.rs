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
    let mut root = super::plain_command().term_width(100);
    root.build();
    let mut page = "# Commands\n\nMade from the program; `syncctl help COMMAND` says the same.\n".to_owned();
    collect(&root, "", &mut page);
    page
}

fn collect(command: &Command, above: &str, page: &mut String) {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        let name = format!("{above}{}", below.get_name());
        let help = below.clone().term_width(100).render_help().to_string();
        let _ = write!(page, "\n## syncctl {name}\n\n```text\n{}\n```\n", help.trim_end());
        for (what, how) in examples::of(&name) {
            let _ = write!(page, "\n- {what}: `{how}`");
        }
        page.push('\n');
        collect(below, &format!("{name} "), page);
    }
}

const INTRODUCTION: &str = "\
# Configuration

Made from the program. The first that says something counts: a flag, the environment, the file of `--env-file`, the user's file
(`$XDG_CONFIG_HOME/syncctl/config.toml`, or the one of `--config` or `SYNCCTL_CONFIG`), `/etc/syncctl/config.toml`, the default.
`syncctl config show --origin` shows what is in force and who said so; `syncctl config validate` what is wrong.
";

const SECRETS: &str = "
## Secrets

No flag and no key takes a secret's value. Each is looked for in its variable, in the same variable with `_FILE` (a file) or
`_COMMAND` (what a command prints), in systemd's credentials, then in the file under one of its keys.
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
