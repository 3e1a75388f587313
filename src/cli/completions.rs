//! `completions`: prints or installs shell completion scripts.

mod candidates;

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap_complete::env::{Bash, CompleteEnv, Elvish, EnvCompleter, Fish, Powershell, Zsh};
use clap_complete::{Generator as _, Shell};
use serde::Serialize;

use candidates::TypedCommandLine;

use super::context::Context;
use super::exit::{CliError, Exit};
use crate::report::Report;
use crate::signature::shell_commands::shell_quote;
use crate::untrusted::Untrusted;

/// The command-line arguments of `completions`.
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

/// The environment variable with which a completion script asks this program for candidates.
const VARIABLE: &str = "SYNCCTL_COMPLETE";

/// The script that makes a shell ask this program for candidates, so that it offers what is in the queue now.
fn script(shell: Shell) -> Vec<u8> {
    let completer: &dyn EnvCompleter = match shell {
        Shell::Elvish => &Elvish,
        Shell::Fish => &Fish,
        Shell::PowerShell => &Powershell,
        Shell::Zsh => &Zsh,
        _ => &Bash,
    };
    let mut script = Vec::new();
    let written = completer.write_registration(VARIABLE, "syncctl", "syncctl", "syncctl", &mut script);
    written.expect("memory accepts writes");
    let text = String::from_utf8_lossy(&script);
    let text = if shell == Shell::Zsh { autoloaded(&text) } else { text.into_owned() };
    format!("{}\n", text.trim()).into_bytes()
}

/// The script for zsh's `fpath`. zsh loads the file as the body of the function, so the first call has to complete as well.
fn autoloaded(script: &str) -> String {
    let function = "_clap_dynamic_completer_syncctl";
    let registration = format!("compdef {function} syncctl");
    let loaded =
        format!("if [ \"$funcstack[1]\" = \"_syncctl\" ]; then\n    {function} \"$@\"\nelse\n    {registration}\nfi");
    script.replace(&registration, &loaded)
}

/// Answers a shell that asks for completions. Returns whether one did.
pub(super) fn answer(args: &[OsString]) -> Result<bool, clap::Error> {
    let words = args.iter().skip_while(|word| *word != "--").skip(2);
    let words: Vec<_> = words.map(|word| word.to_string_lossy().into_owned()).collect();
    let factory = || {
        let command = super::command();
        let env = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
        let typed = Arc::new(TypedCommandLine::read(&command, &words, env));
        candidates::add(command, "", &typed)
    };
    let directory = std::env::current_dir().ok();
    CompleteEnv::with_factory(factory)
        .var(VARIABLE)
        .bin("syncctl")
        .try_complete(args.iter().cloned(), directory.as_deref())
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
        let report = installed(&path, self.dry_run);
        let folder = path.parent().and_then(|folder| shell_quote(folder.as_os_str().as_bytes())).unwrap_or_default();
        let hint = format!("zsh reads it once ~/.zshrc has `fpath+=({folder})` before `compinit`");
        context.screen.report_done(&report.with_hint_if(self.shell == Shell::Zsh, hint))?;
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
    /// The JSON answer of `completions --install`: the file it wrote.
    #[derive(Serialize)]
    struct InstalledView {
        path: String,
        written: bool,
    }
    let path = path.display().to_string();
    let line = match dry_run {
        true => format!("would write {}; nothing changed", Untrusted(&path)),
        false => format!("written to {}; new shells use it", Untrusted(&path)),
    };
    Report::new(&InstalledView { path: path.clone(), written: !dry_run }).with_line(line).with_names([path])
}

/// The file where the shell looks for the user's completions.
fn place(shell: Shell, context: &Context) -> Result<PathBuf, CliError> {
    let (variable, below_home, below) = match shell {
        Shell::Bash => ("XDG_DATA_HOME", ".local/share", "bash-completion/completions/syncctl"),
        Shell::Zsh => ("XDG_DATA_HOME", ".local/share", "zsh/site-functions/_syncctl"),
        Shell::Fish => ("XDG_CONFIG_HOME", ".config", "fish/completions/syncctl.fish"),
        Shell::Elvish => ("XDG_CONFIG_HOME", ".config", "elvish/lib/syncctl.elv"),
        other => {
            return Err(Exit::Usage
                .error(format!("{other} has no directory from which it loads completions by itself"))
                .hint(format!("load them in its profile: syncctl completions {other}")));
        }
    };
    let base = context.user_directory(variable, below_home).ok_or_else(|| {
        Exit::Config
            .error(format!("no directory for completions: neither HOME nor {variable} is set to an absolute path"))
            .hint(format!("write them yourself: syncctl completions {shell} > FILE"))
    })?;
    Ok(base.join(below))
}
