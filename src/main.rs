//! Arguments in, report out, exit status: the only place that prints, exits, or reads the process environment.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use paritylint::cli::{self, Cli, Outcome, Terminal};
use paritylint::discover::source;

/// Parsers and evaluators recurse; the stacks of the main thread and of a pool are not ours to choose.
const STACK: usize = 8 * 1024 * 1024;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let terminal = terminal();
    let _ = rayon::ThreadPoolBuilder::new().stack_size(STACK).build_global();
    let worker = std::thread::Builder::new().stack_size(STACK).spawn(move || cli::run(&cli, terminal));
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(outcome)) => print(&outcome),
        _ => ExitCode::from(2),
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the process environment")]
fn terminal() -> Terminal {
    let set = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    let plain = locale.is_some_and(|locale| locale == "C" || locale == "POSIX");
    Terminal {
        is_terminal: std::io::stdout().is_terminal(),
        no_color: set("NO_COLOR"),
        utf8: !plain,
        now: std::time::UNIX_EPOCH.elapsed().ok().and_then(|since| i64::try_from(since.as_secs()).ok()),
        source_date: std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse().ok()),
    }
}

fn print(outcome: &Outcome) -> ExitCode {
    let mut status = outcome.status;
    for (path, text) in &outcome.files {
        if let Err(error) = source::write_text(path, text) {
            let _ = writeln!(std::io::stderr(), "error: {}: {error}", path.display());
            status = 2;
        }
    }
    let _ = std::io::stdout().write_all(outcome.out.as_bytes());
    let _ = std::io::stderr().write_all(outcome.err.as_bytes());
    ExitCode::from(status)
}
