//! `man`: manual pages, generated from the definition of the command line.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use clap::{Arg, ArgAction, Command};
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};
use serde::Serialize;

use super::context::Context;
use super::examples;
use super::exit::{CliError, Exit};
use super::help::{CHECK_CODES, ENVIRONMENT, FILES};
use crate::format::did_you_mean;
use crate::report::Report;
use crate::untrusted::Untrusted;

/// The date of the pages: that of their last change, so that builds are reproducible.
const DATE: &str = "2026-11-22";

/// The command-line arguments of `man`.
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// Command, such as `db prune` [default: syncctl itself]
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    command: Vec<String>,
    /// Write all pages into this directory
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Every manual page, by file name.
pub fn pages() -> Vec<(String, Vec<u8>)> {
    let mut root = super::plain_command();
    root.build();
    let mut pages = Vec::new();
    collect(&root, &mut Vec::new(), &mut pages);
    pages
}

fn collect(command: &Command, path: &mut Vec<String>, pages: &mut Vec<(String, Vec<u8>)>) {
    pages.push((format!("{}.1", page_name(path)), page(command, path)));
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        path.push(below.get_name().to_owned());
        collect(below, path, pages);
        path.pop();
    }
}

/// `syncctl-db-prune` for `db prune`.
fn page_name(path: &[String]) -> String {
    std::iter::once("syncctl").chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join("-")
}

fn page(command: &Command, path: &[String]) -> Vec<u8> {
    let name = page_name(path);
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut page = Roff::new();
    let source = concat!("syncctl ", env!("CARGO_PKG_VERSION"));
    page.control("TH", [name.to_uppercase().as_str(), "1", DATE, source, "syncctl manual"]);
    page.control("SH", ["NAME"]);
    filled(&mut page, &format!("{name} - {}", about.trim_end_matches('.')), roman);
    synopsis(&mut page, command, path);
    page.control("SH", ["DESCRIPTION"]);
    description(&mut page, command);
    let own = |argument: &&Arg| !argument.is_global_set();
    options(&mut page, "OPTIONS", command.get_arguments().filter(own));
    commands(&mut page, command, path);
    options(&mut page, "GLOBAL OPTIONS", command.get_arguments().filter(|it| !own(it)));
    exit_status(&mut page, path);
    terms(&mut page, "ENVIRONMENT", ENVIRONMENT);
    terms(&mut page, "FILES", FILES);
    show_examples(&mut page, &path.join(" "));
    see_also(&mut page, command, path);
    page.render().into_bytes()
}

/// The long description of a command, then what its long help says behind the options, a paragraph each.
fn description(roff: &mut Roff, command: &Command) {
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string).unwrap_or_default();
    let notes = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
    let paragraphs = about.split("\n\n").chain(notes.split("\n\n")).filter(|it| !it.is_empty());
    for (at, paragraph) in paragraphs.enumerate() {
        if at > 0 {
            roff.control("PP", []);
        }
        filled(roff, &format!("{}.", paragraph.trim_end_matches('.')), roman);
    }
}

fn synopsis(roff: &mut Roff, command: &Command, path: &[String]) {
    roff.control("SH", ["SYNOPSIS"]);
    let name = std::iter::once("syncctl").chain(path.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
    let mut words = vec![bold(name), roman(" [OPTIONS]")];
    if command.get_subcommands().next().is_some() {
        words.push(italic(if command.is_subcommand_required_set() { " COMMAND" } else { " [COMMAND]" }));
    }
    for argument in command.get_positionals() {
        let (value, more) = (value_of(argument), if takes_many(argument) { "..." } else { "" });
        words.push(italic(match argument.is_required_set() {
            true => format!(" {value}{more}"),
            false => format!(" [{value}{more}]"),
        }));
    }
    roff.text(words);
}

fn takes_many(argument: &Arg) -> bool {
    matches!(argument.get_action(), ArgAction::Append)
}

/// The name of an argument's value; empty for a plain switch.
fn value_of(argument: &Arg) -> String {
    let names = argument.get_value_names().filter(|_| argument.get_action().takes_values()).unwrap_or_default();
    names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

fn options<'a>(roff: &mut Roff, heading: &str, arguments: impl Iterator<Item = &'a Arg>) {
    let shown: Vec<&Arg> = arguments.filter(|it| !it.is_hide_set()).collect();
    if shown.is_empty() {
        return;
    }
    roff.control("SH", [heading]);
    for argument in shown {
        roff.control("TP", []).text(named(argument));
        filled(roff, &meaning(argument), roman);
    }
}

/// `-o, --output FORMAT`, or the name of a positional argument.
fn named(argument: &Arg) -> Vec<Inline> {
    let short = argument.get_short().map(|short| format!("-{short}"));
    let long = argument.get_long().map(|long| format!("--{long}"));
    let flags = short.into_iter().chain(long).collect::<Vec<_>>().join(", ");
    match (flags.is_empty(), value_of(argument)) {
        (true, value) => vec![italic(value)],
        (false, value) if value.is_empty() => vec![bold(flags)],
        (false, value) => vec![bold(flags), roman(" "), italic(value)],
    }
}

fn meaning(argument: &Arg) -> String {
    let help = argument.get_long_help().or(argument.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut text = format!("{}.", help.trim_end_matches('.').replace("\n\n", ". "));
    let takes_value = argument.get_action().takes_values();
    let values: Vec<String> =
        argument.get_possible_values().iter().filter(|_| takes_value).map(|it| it.get_name().to_owned()).collect();
    if !values.is_empty() {
        text.push_str(&format!(" One of {}.", values.join(", ")));
    }
    let defaults: Vec<_> = argument.get_default_values().iter().map(|it| it.to_string_lossy()).collect();
    if takes_value && !defaults.is_empty() {
        text.push_str(&format!(" The default is {}.", defaults.join(", ")));
    }
    text
}

fn commands(roff: &mut Roff, command: &Command, path: &[String]) {
    let mut below = command.get_subcommands().filter(|below| !below.is_hide_set()).peekable();
    if below.peek().is_none() {
        return;
    }
    roff.control("SH", ["COMMANDS"]);
    for below in below {
        let about = below.get_about().map(ToString::to_string).unwrap_or_default();
        roff.control("TP", []).text([bold(format!("{}-{}", page_name(path), below.get_name())), roman("(1)")]);
        filled(roff, &about, roman);
    }
}

fn exit_status(roff: &mut Roff, path: &[String]) {
    roff.control("SH", ["EXIT STATUS"]);
    if path == ["check"] {
        CHECK_CODES.iter().for_each(|(code, meaning)| term(roff, bold(code.to_string()), meaning));
        return;
    }
    Exit::ALL.iter().for_each(|exit| term(roff, bold(exit.code().to_string()), exit.meaning()));
}

fn terms(roff: &mut Roff, heading: &str, terms: &[(&str, &str)]) {
    roff.control("SH", [heading]);
    terms.iter().for_each(|(name, meaning)| term(roff, italic(*name), meaning));
}

fn term(roff: &mut Roff, name: Inline, meaning: &str) {
    roff.control("TP", []).text([name]);
    filled(roff, &format!("{meaning}."), roman);
}

fn show_examples(roff: &mut Roff, command: &str) {
    roff.control("SH", ["EXAMPLES"]);
    for (what, how) in examples::of(command) {
        roff.control("TP", []).text([roman(format!("{what}:"))]);
        filled(roff, how, bold);
    }
}

fn see_also(roff: &mut Roff, command: &Command, path: &[String]) {
    let above = path.split_last().map(|(_, above)| page_name(above));
    let below = command.get_subcommands().map(|below| format!("{}-{}", page_name(path), below.get_name()));
    let root = (path.len() > 1).then(|| page_name(&[]));
    let names: BTreeSet<String> = above.into_iter().chain(below).chain(root).collect();
    roff.control("SH", ["SEE ALSO"]);
    let last = names.len().saturating_sub(1);
    for (at, name) in names.into_iter().enumerate() {
        roff.text([bold(name), roman(if at == last { "(1)" } else { "(1)," })]);
    }
}

/// Text wrapped for the source of a page.
fn filled<F: Fn(String) -> Inline>(roff: &mut Roff, text: &str, face: F) {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && written(&line) + 1 + written(word) > LINE {
            roff.text([face(std::mem::take(&mut line))]);
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    roff.text([face(line)]);
}

/// The most characters of a source line, without font commands.
const LINE: usize = 68;

/// The length of text once it is escaped: `'` as `\*(Aq`, `-` as `\-`.
fn written(text: &str) -> usize {
    text.chars()
        .map(|c| match c {
            '\'' => 5,
            '-' | '\\' => 2,
            c => c.len_utf8(),
        })
        .sum()
}

impl ManArgs {
    /// This command as it was typed.
    fn typed(&self) -> String {
        ["syncctl man"].into_iter().chain(self.command.iter().map(String::as_str)).collect::<Vec<_>>().join(" ")
    }

    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let pages = pages();
        match &self.dir {
            Some(directory) => write_all(context, directory, &pages),
            None => self.show(context, &pages),
        }
    }

    fn show(&self, context: &Context, pages: &[(String, Vec<u8>)]) -> Result<Exit, CliError> {
        let wanted = format!("{}.1", page_name(&self.command));
        let Some((_, page)) = pages.iter().find(|(name, _)| *name == wanted) else {
            let fault = Exit::Usage.error(format!("no manual page for `{}`", Untrusted(&self.command.join(" "))));
            return Err(match did_you_mean(&wanted, pages.iter().map(|(name, _)| name.as_str())) {
                Some(meant) => fault.hint(format!("did you mean {meant}?")),
                None => fault.hint("list all commands with `syncctl help --all`"),
            });
        };
        context.screen.bytes(page)?;
        context.screen.hint(&format!("read it with `{} | man -l -`", self.typed()));
        Ok(Exit::Done)
    }
}

fn write_all(context: &Context, directory: &PathBuf, pages: &[(String, Vec<u8>)]) -> Result<Exit, CliError> {
    /// The JSON answer of `man`: how many pages it wrote.
    #[derive(Serialize)]
    struct ManView {
        directory: String,
        pages: usize,
    }
    let shown = directory.display().to_string();
    let write = || -> io::Result<()> {
        std::fs::create_dir_all(directory)?;
        pages.iter().try_for_each(|(name, page)| std::fs::write(directory.join(name), page))
    };
    write().map_err(|e| Exit::Io.error(format!("failed to write to {}", Untrusted(&shown))).cause(e))?;
    let line = format!("{} pages written to {}", pages.len(), Untrusted(&shown));
    let report = Report::new(&ManView { directory: shown, pages: pages.len() })
        .with_line(line)
        .with_names(pages.iter().map(|(name, _)| name.clone()));
    context.screen.report_done(&report)?;
    Ok(Exit::Done)
}
