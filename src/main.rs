//! The command `syncctl`.

use std::process::ExitCode;

fn main() -> ExitCode {
    syncctl::cli::main()
}
