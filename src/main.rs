//! Arguments in, report out, exit status: the only place that prints, exits, or reads the process environment.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use clap::Parser;
use paritylint::cli::{self, Cli, Outcome, Terminal};
use paritylint::discover::{source, tree};

/// Parsers and evaluators recurse; the stacks of the main thread and of a pool are not ours to choose.
const STACK: usize = 8 * 1024 * 1024;

fn main() -> ExitCode {
    panics_are_faults();
    let cli = Cli::parse();
    let terminal = terminal();
    let shows = std::io::stderr().is_terminal() && !cli.is_quiet();
    let _ = rayon::ThreadPoolBuilder::new().stack_size(STACK).build_global();
    let (done, waiting) = mpsc::channel();
    let worker = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        let outcome = cli::run(&cli, terminal);
        let _ = done.send(());
        outcome
    });
    progress(&waiting, shows);
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(outcome)) => print(&outcome),
        _ => ExitCode::from(2),
    }
}

/// A fault of ours ends with the status of faults, whichever thread it strikes: nothing is unwound.
#[expect(clippy::exit, reason = "a panic of any thread must end the program with a status that says so")]
fn panics_are_faults() {
    let told = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        told(panic);
        std::process::exit(2);
    }));
}

/// Says how far work is that takes longer than a second.
fn progress(waiting: &mpsc::Receiver<()>, shows: bool) {
    let start = Instant::now();
    let mut shown = false;
    let mut patience = Duration::from_secs(1);
    while let Err(mpsc::RecvTimeoutError::Timeout) = waiting.recv_timeout(patience) {
        patience = Duration::from_millis(200);
        if shows {
            let seconds = start.elapsed().as_secs();
            let _ = write!(std::io::stderr(), "\r\u{1b}[Kparitylint: {seconds} s, {} files read", tree::files_read());
            shown = true;
        }
    }
    if shown {
        let _ = write!(std::io::stderr(), "\r\u{1b}[K");
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the process environment")]
fn terminal() -> Terminal {
    let set = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty());
    // A terminal that knows no colours.
    let dumb = std::env::var("TERM").is_ok_and(|value| value == "dumb");
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    let plain = locale.is_some_and(|locale| locale == "C" || locale == "POSIX");
    Terminal {
        is_terminal: std::io::stdout().is_terminal(),
        no_color: set("NO_COLOR") || dumb,
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
