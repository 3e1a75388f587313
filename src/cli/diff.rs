//! `diff`: shows where the received bytes differ from the sent ones.

use super::context::Context;
use super::events;
use super::exit::{CliError, Exit};
use super::request_file;
use super::values;
use crate::explain::diff::compare;
use crate::report::requests;
use crate::request::MOST_BYTES;

/// The command-line arguments of `diff`.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = "Of a file that ends in .http, the body of the request is compared. Exit status: 0 equal, 1 different."
)]
pub struct DiffArgs {
    /// Sent body, then received body; with --event only the received one
    #[arg(value_name = "FILE", num_args = 1..=2, required = true)]
    files: Vec<String>,
    /// Use the body of a stored event as the sent one
    #[arg(long, value_name = "ID")]
    event: Option<String>,
}

impl DiffArgs {
    pub(super) fn run(self, context: &Context) -> Result<Exit, CliError> {
        let (sent, received) = match (&self.event, self.files.as_slice()) {
            (Some(id), [received]) => {
                (events::find(context.existing_store()?.as_ref(), id)?.body, body(context, received)?)
            }
            (None, [sent, received]) => (body(context, sent)?, body(context, received)?),
            (Some(_), _) => return Err(Exit::Usage.error("with --event, name one file: the received body")),
            (None, _) => return Err(Exit::Usage.error("name two files: the sent body and the received one")),
        };
        let difference = compare(&sent, &received);
        context.screen.report(&requests::difference(difference.as_ref(), sent.len()))?;
        Ok(if difference.is_none() { Exit::Done } else { Exit::Failure })
    }
}

fn body(context: &Context, path: &str) -> Result<Vec<u8>, CliError> {
    if std::path::Path::new(path).extension().is_some_and(|ending| ending == "http") {
        let request = request_file::one(context, path, None)?.request;
        request_file::check_length(context, &request);
        return Ok(request.body.into());
    }
    values::bytes(path, MOST_BYTES)
}
