//! `paritylint summary`: the reports of many repositories in one table.

use std::path::Path;

use clap::ValueEnum;

use super::Outcome;
use crate::discover::source;
use crate::report::summary::Summary;

/// The formats of `summary`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// A repository a line.
    Csv,
    /// A page that needs nothing else.
    Html,
}

/// The arguments of `summary`.
#[derive(clap::Args, Debug, Default)]
pub struct Arguments {
    /// Reports of `check --format json`; the name is that of the file, or of its folder
    #[arg(required = true, value_name = "[NAME=]REPORT.json")]
    pub reports: Vec<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `summary`.
pub fn run(arguments: &Arguments) -> Outcome {
    let named: Vec<(String, &str)> = arguments.reports.iter().map(|argument| named(argument)).collect();
    let mut reports = Vec::new();
    for (name, path) in &named {
        let text = match source::read_text(Path::new(path)) {
            Ok(text) => text,
            Err(error) => return Outcome::fault(format!("{path}: {error}")),
        };
        // Two of one name are told apart by their paths.
        let alone = named.iter().filter(|(other, _)| other == name).count() == 1;
        reports.push((if alone { name.clone() } else { (*path).to_owned() }, text));
    }
    match Summary::read(&reports) {
        Ok(summary) => Outcome::success(match arguments.format {
            Format::Text => summary.text(),
            Format::Csv => summary.csv(),
            Format::Html => summary.html(),
        }),
        Err(message) => Outcome::fault(message),
    }
}

/// `NAME=FILE`, or a file whose name, or whose folder's, tells the repository.
fn named(argument: &str) -> (String, &str) {
    if let Some((name, path)) = argument.split_once('=') {
        return (name.to_owned(), path);
    }
    let path = Path::new(argument);
    let part = |part: Option<&std::ffi::OsStr>| part.and_then(|part| part.to_str()).unwrap_or_default().to_owned();
    let stem = part(path.file_stem());
    let folder = part(path.parent().and_then(Path::file_name));
    let says_nothing = ["report", "paritylint", "parity"].contains(&stem.as_str());
    (if says_nothing && !folder.is_empty() { folder } else { stem }, argument)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_named_after_its_file_or_its_folder() {
        assert_eq!(named("out/billing.json").0, "billing");
        assert_eq!(named("billing/report.json").0, "billing");
        assert_eq!(named("shop=a/b.json"), ("shop".to_owned(), "a/b.json"));
    }
}
