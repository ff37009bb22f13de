//! Arguments in, report out, exit status: the only place that prints, exits, or reads the process environment.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use paritylint::cli::{self, Cli, Command};

/// Parsers and evaluators recurse; the main thread's stack is not ours to choose.
const STACK: usize = 8 * 1024 * 1024;

fn main() -> ExitCode {
    let worker = std::thread::Builder::new().stack_size(STACK).spawn(|| run(&Cli::parse()));
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        _ => ExitCode::from(2),
    }
}

fn run(cli: &Cli) -> ExitCode {
    let Command::Inspect(arguments) = &cli.command;
    match cli::inspect::run(arguments) {
        Ok(document) => {
            let _ = writeln!(std::io::stdout(), "{document}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "error: {message}");
            ExitCode::from(2)
        }
    }
}
