//! `replay --edit`: a new event from the edited data of an old one.
//!
//! The old event stays unchanged, and the new one is linked to it.

use std::ffi::OsString;
use std::io::{IsTerminal as _, Write as _};
use std::process::Command;

use super::super::context::Context;
use super::super::emit::{bad_data, dry_run, no_deliveries_reason};
use super::super::exit::{CliError, Exit};
use super::super::{events, values};
use crate::event::{Draft, MAX_DATA_BYTES, data_of};
use crate::report::emitted;
use crate::store::EventDetail;

/// Emits the one event that `ids` names with other data.
pub(super) fn run(context: &Context, ids: &[String], data: Option<&str>, dry: bool) -> Result<Exit, CliError> {
    let [id] = ids else { return Err(Exit::Usage.error("--edit takes one event")) };
    let (store, endpoints) = context.existing_queue()?;
    let detail = events::find(store.as_ref(), id)?;
    let edited = match data {
        Some(data) => EditedData { data: values::data(data, MAX_DATA_BYTES)?, file: None },
        None => in_editor(&detail)?,
    };
    if data.is_none() && edited.data.trim_ascii() == data_of(&detail.body).unwrap_or_default().as_bytes() {
        context.screen.note("the data was not changed, so no event was emitted");
        return Ok(Exit::Done);
    }
    let draft = match draft(&detail, &edited.data) {
        Ok(draft) => draft,
        Err(fault) => return Err(edited.keep(fault)),
    };
    if dry {
        return dry_run(context, &draft);
    }
    let stored = match store.enqueue(Box::new(std::iter::once(Ok(draft))), false, context.now).wait() {
        Ok(stored) => stored,
        Err(error) => return Err(edited.keep(error.into())),
    };
    let receipt = stored.first.expect("one draft leads to one receipt");
    if receipt.deliveries == 0 {
        context.screen.warn(&no_deliveries_reason(&endpoints, &receipt.event.event_type));
    }
    context.done(&emitted::edited(&receipt, &detail.row.id))?;
    Ok(Exit::Done)
}

fn draft(detail: &EventDetail, data: &[u8]) -> Result<Draft, CliError> {
    let row = &detail.row;
    let draft = Draft::check(&row.event_type, &row.resource.id, Some(&row.resource.kind), data);
    let draft = draft.map_err(|invalid| bad_data(&invalid))?;
    Ok(Draft { edited_from: Some(row.id.clone()), ..draft })
}

/// The data of an event as edited for `replay --edit`.
struct EditedData {
    data: Vec<u8>,
    /// The file it was edited in, deleted when this value is dropped.
    file: Option<tempfile::TempPath>,
}

impl EditedData {
    /// Keeps the edited file, so that an error does not lose the operator's text.
    fn keep(self, fault: CliError) -> CliError {
        match self.file.map(tempfile::TempPath::keep) {
            Some(Ok(path)) => fault.hint(format!(
                "the edited data is kept in {0}; correct it and pass it with --data @{0}",
                values::shown_path(&path)
            )),
            Some(Err(_)) | None => fault,
        }
    }
}

/// Lets the operator edit the event's data, byte for byte as it is.
fn in_editor(detail: &EventDetail) -> Result<EditedData, CliError> {
    let failed = |e: std::io::Error| Exit::Io.error("failed to write the data to a file to edit").cause(e);
    let editor = editor()?;
    let mut file = tempfile::Builder::new().prefix("syncctl-").suffix(".json").tempfile().map_err(failed)?;
    file.write_all(data_of(&detail.body).unwrap_or_default().as_bytes()).map_err(failed)?;
    file.flush().map_err(failed)?;
    let path = file.into_temp_path();
    // As with git, the variable may hold options.
    let mut command = editor;
    command.push(" \"$1\"");
    let ran = Command::new("sh").arg("-c").arg(command).arg("sh").arg(&path).status();
    match ran {
        Ok(status) if status.success() => {}
        Ok(status) => return Err(Exit::Failure.error(format!("the editor ended with {status}; nothing was emitted"))),
        Err(e) => return Err(Exit::Failure.error("failed to run the editor").cause(e)),
    }
    let data = std::fs::read(&path).map_err(|e| values::unreadable(&values::shown_path(&path), &e))?;
    Ok(EditedData { data, file: Some(path) })
}

/// The operator's editor; `vi` if no variable names one and the input is a terminal.
fn editor() -> Result<OsString, CliError> {
    let named = ["VISUAL", "EDITOR"].into_iter().filter_map(std::env::var_os).find(|editor| !editor.is_empty());
    match named {
        Some(editor) => Ok(editor),
        None if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() => Ok("vi".into()),
        None => Err(Exit::Usage
            .error("there is no editor: neither VISUAL nor EDITOR is set, and this is no terminal")
            .hint("pass the new data with --data '{…}', --data @FILE or --data -")),
    }
}
