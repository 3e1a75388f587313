//! `completions`: what a shell needs to complete syncctl's commands.

use std::path::{Path, PathBuf};

use clap_complete::{Generator as _, Shell, generate};
use serde::Serialize;

use super::context::Context;
use super::exit::{CliError, Exit};
use crate::report::Report;
use crate::untrusted::Untrusted;

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub struct CompletionsArgs {
    /// Shell to complete for
    #[arg(value_name = "SHELL")]
    shell: Shell,
    /// Install the file where the shell looks for it
    #[arg(long)]
    install: bool,
    /// With --install: show the path and write nothing
    #[arg(short = 'n', long, requires = "install")]
    dry_run: bool,
}

/// The completions of every shell, by file name.
pub fn files() -> Vec<(String, Vec<u8>)> {
    [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell]
        .into_iter()
        .map(|shell| (shell.file_name("syncctl"), script(shell)))
        .collect()
}

fn script(shell: Shell) -> Vec<u8> {
    let mut script = Vec::new();
    generate(shell, &mut super::command(), "syncctl", &mut script);
    script
}

impl CompletionsArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let script = script(self.shell);
        if !self.install {
            context.screen.bytes(&script)?;
            return Ok(Exit::Done);
        }
        let path = place(self.shell, context)?;
        if !self.dry_run {
            write(&path, &script)
                .map_err(|e| Exit::Io.error(format!("failed to write {}", path.display())).cause(e))?;
        }
        context.screen.said(&installed(&path, self.dry_run))?;
        Ok(Exit::Done)
    }
}

fn write(path: &Path, script: &[u8]) -> std::io::Result<()> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    std::fs::write(path, script)
}

fn installed(path: &Path, dry_run: bool) -> Report {
    #[derive(Serialize)]
    struct Installed {
        path: String,
        written: bool,
    }
    let path = path.display().to_string();
    let line = match dry_run {
        true => format!("would write {}; nothing changed", Untrusted(&path)),
        false => format!("written to {}; it counts from the next shell on", Untrusted(&path)),
    };
    Report::new(&Installed { path: path.clone(), written: !dry_run }).with_line(line).with_names([path])
}

/// Where the shell looks for completions of this user.
fn place(shell: Shell, context: &Context) -> Result<PathBuf, CliError> {
    let (variable, below_home, below) = match shell {
        Shell::Bash => ("XDG_DATA_HOME", ".local/share", "bash-completion/completions/syncctl"),
        Shell::Zsh => ("XDG_DATA_HOME", ".local/share", "zsh/site-functions/_syncctl"),
        Shell::Fish => ("XDG_CONFIG_HOME", ".config", "fish/completions/syncctl.fish"),
        Shell::Elvish => ("XDG_CONFIG_HOME", ".config", "elvish/lib/syncctl.elv"),
        other => {
            return Err(Exit::Usage
                .error(format!("{other} has no place for completions that would be found by itself"))
                .hint(format!("load them in its profile: syncctl completions {other}")));
        }
    };
    let base = context.user_directory(variable, below_home).ok_or_else(|| {
        Exit::Config
            .error(format!("no place for completions: neither HOME nor {variable} is set to an absolute path"))
            .hint(format!("write them yourself: syncctl completions {shell} > FILE"))
    })?;
    Ok(base.join(below))
}
