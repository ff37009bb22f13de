//! `paritylint check`.

use std::fmt::Write;
use std::path::PathBuf;

use clap::ValueEnum;

use super::Outcome;
use super::audit::{self, Look, Opened, open, text_options};
use super::before;
use crate::Options;
use crate::judge::accept::baseline::Baseline;
use crate::judge::configured;
use crate::model::Severity;
use crate::report::lines::Lines;
use crate::report::{github, gitlab, json, junit, markdown, sarif, text};

/// The formats of `check`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs, version 1.
    Json,
    /// A finding a line, as JSON.
    Ndjson,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of a GitHub workflow.
    Github,
    /// GitLab Code Quality.
    Gitlab,
    /// `JUnit` XML.
    #[value(help = "JUnit XML")]
    Junit,
    /// For a job summary or a comment.
    Markdown,
}

impl Format {
    /// The format that a file's name asks for.
    fn of_file(path: &str) -> Option<Self> {
        let end = path.rsplit_once('.')?.1;
        match end {
            "txt" => Some(Self::Text),
            "json" => Some(Self::Json),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "sarif" => Some(Self::Sarif),
            "xml" => Some(Self::Junit),
            "md" => Some(Self::Markdown),
            _ => None,
        }
    }
}

/// A file to write a report to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Output {
    format: Format,
    path: PathBuf,
}

/// `FORMAT=FILE`, or `FILE` whose name tells the format.
fn output(text: &str) -> Result<Output, String> {
    let named = text.split_once('=').and_then(|(name, path)| Some((Format::from_str(name, true).ok()?, path)));
    let guessed = || Some((Format::of_file(text)?, text));
    let Some((format, path)) = named.or_else(guessed) else {
        return Err("the format is not known; write FORMAT=FILE, such as sarif=report.sarif".into());
    };
    Ok(Output { format, path: path.into() })
}

/// How findings are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum OutputStyle {
    /// With source lines.
    Full,
    /// A line a place.
    Concise,
}

/// From which severity on a run fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum FailOn {
    /// Errors.
    #[default]
    Error,
    /// Warnings and errors.
    Warning,
    /// Anything.
    Note,
    /// Nothing.
    Never,
}

/// How the help groups what `check` takes.
const RULES: &str = "Rules";
const KNOWN: &str = "What fails";
const OUTPUT: &str = "Output";
/// The baseline that is written where none is named.
const BASELINE: &str = "paritylint-baseline.json";
/// Below the help.
pub(super) const STATUS: &str = "\
Exit status: 0 if nothing fails, 1 if a finding does, 2 for wrong usage, a wrong
configuration, or a path under which nothing is recognised.";

/// The arguments of `check`.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Arguments {
    /// What all commands take.
    #[command(flatten)]
    pub common: audit::Common,
    /// Output format
    #[arg(long, value_enum, default_value_t, help_heading = OUTPUT)]
    pub format: Format,
    /// Write a report to a file too; may be given several times
    #[arg(long, short, value_name = "[FORMAT=]FILE", value_parser = output, help_heading = OUTPUT)]
    pub output: Vec<Output>,
    /// How findings are shown
    #[arg(long, value_enum, value_name = "STYLE", help_heading = OUTPUT)]
    pub output_style: Option<OutputStyle>,
    /// Fail from this severity on [default: error]
    #[arg(long, value_enum, value_name = "SEVERITY", help_heading = KNOWN)]
    pub fail_on: Option<FailOn>,
    /// Run only these rules
    #[arg(long, value_delimiter = ',', value_name = "RULE", help_heading = RULES)]
    pub select: Vec<String>,
    /// Do not run these rules
    #[arg(long, value_delimiter = ',', value_name = "RULE", help_heading = RULES)]
    pub ignore: Vec<String>,
    /// Accept what this file knows; only what is new counts
    #[arg(long, value_name = "FILE", help_heading = KNOWN)]
    pub baseline: Option<PathBuf>,
    /// Write what is found to a baseline: the configured one, else paritylint-baseline.json
    #[arg(long, value_name = "FILE", help_heading = KNOWN)]
    pub write_baseline: Option<Option<PathBuf>>,
    /// Count only what is new against this git revision
    #[arg(long, value_name = "REV", help_heading = KNOWN)]
    pub since: Option<String>,
    /// How much is looked at: what hurts, what is strict too, or everything
    #[arg(long, value_name = "PROFILE", help_heading = RULES, value_parser = ["core", "strict", "audit"])]
    pub profile: Option<String>,
    /// Mend what can be mended safely, and report the rest
    #[arg(long)]
    pub fix: bool,
    /// With --fix or --diff: also what somebody must look at before it is committed
    #[arg(long)]
    pub unsafe_fixes: bool,
    /// Show what --fix would change, and change nothing
    #[arg(long)]
    pub diff: bool,
    /// Only findings and the summary
    #[arg(short, long, help_heading = OUTPUT)]
    pub quiet: bool,
    /// Notes too, and source lines for all
    #[arg(short, long, help_heading = OUTPUT)]
    pub verbose: bool,
}

/// Runs `check`.
pub fn run(arguments: &Arguments, look: Look) -> Outcome {
    let options = Options {
        select: arguments.select.clone(),
        ignore: arguments.ignore.clone(),
        profile: arguments.profile.clone(),
        as_of: audit::as_of(arguments.common.as_of.as_deref(), look),
        ..audit::options(&arguments.common)
    };
    let mut opened = match open(&arguments.common, options.clone(), look) {
        Ok(opened) => opened,
        Err(outcome) => return outcome,
    };
    if let Err(message) = allowed(arguments, &opened) {
        return Outcome::fault(message);
    }
    let mut err = match before::accept(arguments, &mut opened, &options) {
        Ok(said) => said,
        Err(message) => return Outcome::fault(message),
    };
    if arguments.diff || arguments.fix {
        match super::fix::run(arguments, &opened, &options) {
            super::fix::Done::Shown(outcome) => return outcome,
            super::fix::Done::Written => return run(&Arguments { fix: false, ..arguments.clone() }, look),
            super::fix::Done::Nothing => {}
        }
    }
    let level = fail_on(arguments, &opened);
    let fails = |severity: Severity| level.is_some_and(|level| severity >= level);
    let render = |format, look| rendered(format, arguments, &opened, look, &fails);
    let out = render(arguments.format, look);
    let plain = Look { color: false, ..look };
    let mut files: Vec<(PathBuf, String)> =
        arguments.output.iter().map(|output| (output.path.clone(), render(output.format, plain))).collect();
    if let Some(path) = written(arguments, &opened) {
        let baseline = Baseline::of(&opened.audit);
        let shown = path.display();
        let force = if before::baseline_of(arguments, &opened).is_some() {
            String::new()
        } else {
            let inner = path.strip_prefix(folder(arguments)).unwrap_or(&path).display();
            format!("\n      --baseline {shown} reads it, or in paritylint.toml:\n      baseline = \"{inner}\"")
        };
        let _ = writeln!(err, "note: {shown} holds {} findings now{force}", baseline.len());
        files.push((path.clone(), baseline.text()));
    }
    let counted =
        opened.audit.findings.iter().filter(|finding| finding.suppressed.is_none() && finding.part_of.is_none());
    let mut failing = counted.filter(|finding| fails(finding.severity));
    for (path, line, message) in &opened.audit.broken_rules {
        let _ = writeln!(err, "error: {path}:{line}: {message}");
    }
    let broken = !opened.audit.broken_rules.is_empty();
    let mut fails = arguments.write_baseline.is_none() && failing.next().is_some();
    if let (true, Some(day)) = (fails, not_yet(&opened)) {
        let today = &opened.audit.as_of;
        let _ = writeln!(err, "note: this fails from {day} on (enforce-from); it was judged as of {today} (--as-of)");
        fails = false;
    }
    let status = if broken { 2 } else { u8::from(fails) };
    Outcome { out, err, status, files }
}

/// Where a baseline is to be written, if one is.
fn written(arguments: &Arguments, opened: &Opened) -> Option<PathBuf> {
    let asked = arguments.write_baseline.clone()?;
    let configured = || before::baseline_of(arguments, opened);
    Some(asked.or_else(configured).unwrap_or_else(|| folder(arguments).join(BASELINE)))
}

/// The folder that is checked, as short as it can be written.
pub(super) fn folder(arguments: &Arguments) -> PathBuf {
    let root = audit::root_of(&arguments.common.path).unwrap_or_default();
    root.strip_prefix(".").map(PathBuf::from).unwrap_or(root)
}

/// The first day on which findings fail, where it is not reached.
fn not_yet(opened: &Opened) -> Option<&str> {
    opened.config.says.enforce_from.as_deref().filter(|day| opened.audit.as_of.as_str() < *day)
}

/// From which severity on a run fails: by the arguments, else by the configuration.
fn fail_on(arguments: &Arguments, opened: &Opened) -> Option<Severity> {
    let configured = || FailOn::from_str(opened.config.says.fail_on.as_deref()?, true).ok();
    match arguments.fail_on.or_else(configured).unwrap_or_default() {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Note => Some(Severity::Note),
        FailOn::Never => None,
    }
}

/// Whether the arguments name rules that exist, and set nothing that a shared configuration holds fast.
fn allowed(arguments: &Arguments, opened: &Opened) -> Result<(), String> {
    let names = configured::names(&opened.tree, &opened.config);
    let mut asked = arguments.select.iter().chain(&arguments.ignore);
    if let Some(message) = asked.find_map(|rule| configured::unknown(rule, &names)) {
        return Err(message);
    }
    let flags = [
        ("--fail-on", "fail-on", arguments.fail_on.is_some()),
        ("--profile", "profile", arguments.profile.is_some()),
        ("--baseline", "baseline", arguments.baseline.is_some()),
        ("--as-of", "policy.as-of", arguments.common.as_of.is_some()),
        ("--reference", "reference", arguments.common.reference.is_some()),
    ];
    let flags = flags.into_iter().filter(|(.., given)| *given).map(|(flag, key, _)| (flag, key.to_owned()));
    let ignored = arguments.ignore.iter().map(|rule| ("--ignore", format!("rules.{rule}")));
    for (flag, key) in flags.chain(ignored) {
        if let Some(span) = opened.config.final_at(&key) {
            let place = Lines::from_here(&opened.tree).place(span);
            return Err(format!("{flag}: {key} is final in {}:{}; leave the flag out", place.path, place.line));
        }
    }
    Ok(())
}

/// The report in one format.
fn rendered(
    format: Format,
    arguments: &Arguments,
    opened: &Opened,
    look: Look,
    fails: &dyn Fn(Severity) -> bool,
) -> String {
    let (audit, tree) = (&opened.audit, &opened.tree);
    match format {
        Format::Json => json::render(audit, tree),
        Format::Ndjson => json::lines(audit, tree),
        Format::Sarif => {
            let compared = arguments.since.is_some() || before::baseline_of(arguments, opened).is_some();
            sarif::render(audit, tree, &crate::rules_of(tree, &opened.config, audit), compared)
        }
        Format::Github => github::render(audit, tree),
        Format::Gitlab => gitlab::render(audit, tree),
        Format::Junit => junit::render(audit, tree, fails),
        Format::Markdown => markdown::render(audit, tree),
        Format::Text => {
            let style = match arguments.output_style {
                Some(OutputStyle::Full) => text::Style::Full,
                Some(OutputStyle::Concise) => text::Style::Concise,
                None => text::Style::Default,
            };
            let shown = text::Options {
                style,
                quiet: arguments.quiet,
                verbose: arguments.verbose,
                ..text_options(look, opened)
            };
            text::check(audit, tree, &shown)
        }
    }
}
