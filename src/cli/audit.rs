//! What `check`, `compare`, `why` and `envs` share: opening a repository and auditing it.

use std::path::{Path, PathBuf};

use super::Outcome;
use crate::discover::config::packages;
use crate::discover::{Config, Disk, Source, Tree, git};
use crate::links::Repository;
use crate::model::near::hint;
use crate::model::{Audit, Environment, Problem};
use crate::report::text;
use crate::{Options, audit_read, configuration_problems, recognises};

/// How output looks.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Whether colour is used.
    pub color: bool,
    /// Whether characters beyond ASCII may be used.
    pub utf8: bool,
    /// The date of the build, in seconds since 1970.
    pub source_date: Option<i64>,
    /// Now, in seconds since 1970: looked at only where `today` is asked for.
    pub today: Option<i64>,
}

/// The arguments that all of these commands take.
#[derive(clap::Args, Debug, Default, Clone)]
pub struct Common {
    /// The repository, or a folder of it
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Compare with this environment
    #[arg(long, value_name = "NAME")]
    pub reference: Option<String>,
    /// Look only at this environment and the reference; may be given several times
    #[arg(long = "env", value_name = "NAME")]
    pub environments: Vec<String>,
    /// Judge what depends on time as of this day, or of today
    #[arg(long, value_name = "YYYY-MM-DD|today", value_parser = day)]
    pub as_of: Option<String>,
    /// Read files that git ignores too
    #[arg(long)]
    pub include_ignored: bool,
    /// Audit even what looks like a library
    #[arg(long)]
    pub force: bool,
    /// Look here for the Python packages that the configuration extends; may be given several times
    #[arg(long, value_name = "FOLDER")]
    pub site_packages: Vec<PathBuf>,
}

/// The arguments of `compare`.
#[derive(clap::Args, Debug, Default)]
pub struct CompareArguments {
    /// The environments to show; all where none is named
    pub names: Vec<String>,
    /// The repository, or a folder of it
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub path: PathBuf,
    /// Show equal rows too
    #[arg(long)]
    pub all: bool,
    /// Compare with this environment
    #[arg(long, value_name = "NAME")]
    pub reference: Option<String>,
    /// Judge what depends on time as of this day, or of today
    #[arg(long, value_name = "YYYY-MM-DD|today", value_parser = day)]
    pub as_of: Option<String>,
}

/// The arguments of `why`.
#[derive(clap::Args, Debug, Default)]
pub struct WhyArguments {
    /// ENV DIMENSION KEY, or what the output shows: `staging DEBUG`, `Dockerfile:28`
    #[arg(required = true)]
    pub words: Vec<String>,
    /// The repository, or a folder of it
    #[arg(long, default_value = ".", value_name = "PATH")]
    pub path: PathBuf,
}

/// `YYYY-MM-DD`, or `today`.
pub(super) fn day(text: &str) -> Result<String, String> {
    if text == "today" || crate::discover::config::is_day(text) {
        return Ok(text.to_owned());
    }
    Err("expected a day, as in 2027-01-31, or today".into())
}

/// A repository that was opened and audited.
pub struct Opened {
    /// The files.
    pub tree: Tree,
    /// The configuration.
    pub config: Config,
    /// The audit.
    pub audit: Audit,
}

/// A date as `YYYY-MM-DD` from seconds since 1970.
fn date_of(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// Opens and audits. PATH selects the project; reading is limited to it.
pub fn open(arguments: &Common, options: Options, look: Look) -> Result<Opened, Outcome> {
    let path = &arguments.path;
    let root = root_of(path).map_err(Outcome::fault)?;
    let (tree, config) = files(arguments, &root).map_err(Outcome::fault)?;
    let repository = Repository::read(&tree);
    let problems = configuration_problems(&repository, &config);
    if !problems.is_empty() {
        return Err(wrong(&problems, &tree, look));
    }
    if !recognises(&repository) && config.file.is_none() {
        let shown = if path == Path::new(".") { "this folder".to_owned() } else { path.display().to_string() };
        let what = "no Dockerfile, compose file, settings, requirements or workflow found under";
        return Err(Outcome::fault(format!("{what} {shown}")));
    }
    let options = Options { as_of: as_of(options.as_of.as_deref(), look), ..options };
    let audit = audit_read(&repository, &config, &options);
    if let Some(missing) = unknown_name(&audit, &options) {
        // The names that there are, also of those that were not asked for.
        let all = Options { environments: Vec::new(), reference: None, ..options.clone() };
        return Err(Outcome::fault(no_such_name(&audit_read(&repository, &config, &all), missing)));
    }
    if let Some(problem) = unknown_reference(&audit, &config) {
        return Err(wrong(&[problem], &tree, look));
    }
    Ok(Opened { tree, config, audit })
}

/// The files of a repository and its configuration, with what that extends.
pub(super) fn files(arguments: &Common, root: &Path) -> Result<(Tree, Config), String> {
    let make = || -> Box<dyn Source> {
        Box::new(if arguments.include_ignored { Disk::with_ignored(root) } else { Disk::new(root) })
    };
    packages::configured(root, &make, &arguments.site_packages).map_err(|error| format!("{}: {error}", root.display()))
}

/// The day that arguments and the surroundings ask for.
pub(super) fn as_of(asked: Option<&str>, look: Look) -> Option<String> {
    let today = || look.today.map(date_of);
    match asked {
        Some("today") => today(),
        Some(day) => Some(day.to_owned()),
        None => look.source_date.map(date_of),
    }
}

/// A configuration that is wrong.
pub(super) fn wrong(problems: &[Problem], tree: &Tree, look: Look) -> Outcome {
    let options = text::Options { color: look.color, utf8: look.utf8, ..text::Options::default() };
    Outcome { err: text::faults(problems, tree, &options), status: 2, ..Outcome::default() }
}

/// A reference that the repository's configuration names and that is not there.
fn unknown_reference(audit: &Audit, config: &Config) -> Option<Problem> {
    let word = config.says.reference.as_ref().filter(|_| config.is_own(&["reference"]))?;
    let all = &audit.model.environments;
    if audit.model.nothing.is_some() || Environment::meant(all.iter(), word).is_some() {
        return None;
    }
    let hint = hint(word, all.iter().map(|one| one.name.as_str()));
    Some(Problem::new(config.place(&["reference"])?, format!("no environment is named {word}{hint}")))
}

/// A name of the arguments that no environment has: it compares nothing.
fn unknown_name<'o>(audit: &Audit, options: &'o Options) -> Option<&'o str> {
    let all = audit.model.environments.iter();
    let mut wanted = options.environments.iter().chain(&options.reference);
    wanted.find(|name| Environment::meant(all.clone(), name).is_none()).map(String::as_str)
}

fn no_such_name(audit: &Audit, missing: &str) -> String {
    let mut names: Vec<&str> = audit.model.environments.iter().map(|one| one.name.as_str()).collect();
    names.dedup();
    let there = match names.as_slice() {
        [] => "none was found".to_owned(),
        [one] => format!("there is {one}"),
        [rest @ .., last] => format!("there are {} and {last}", rest.join(", ")),
    };
    let folder =
        if Path::new(missing).is_dir() { format!("; for a folder, use --path {missing}") } else { String::new() };
    format!("no environment is named {missing}; {there}{folder}")
}

pub(super) fn root_of(path: &Path) -> Result<PathBuf, String> {
    if !path.exists() {
        return Err(format!("{}: no such file or folder", path.display()));
    }
    if path.is_file() {
        return Ok(git::work_tree(path).unwrap_or_else(|| path.parent().map(Path::to_path_buf).unwrap_or_default()));
    }
    Ok(path.to_path_buf())
}

/// The options of an audit for common arguments.
pub fn options(arguments: &Common) -> Options {
    Options {
        reference: arguments.reference.clone(),
        environments: arguments.environments.clone(),
        as_of: arguments.as_of.clone(),
        force: arguments.force,
        ..Options::default()
    }
}

/// How texts are rendered.
pub fn text_options(look: Look, opened: &Opened) -> text::Options {
    text::Options {
        color: look.color,
        utf8: look.utf8,
        has_config: !opened.config.files.is_empty(),
        ..text::Options::default()
    }
}

/// `envs`.
pub fn envs(arguments: &Common, look: Look) -> Outcome {
    match open(arguments, options(arguments), look) {
        Ok(opened) => Outcome::success(text::envs(&opened.audit, &opened.tree, &text_options(look, &opened))),
        Err(outcome) => outcome,
    }
}

/// `compare`.
pub fn compare(arguments: &CompareArguments, look: Look) -> Outcome {
    let common = Common {
        path: arguments.path.clone(),
        reference: arguments.reference.clone(),
        environments: arguments.names.clone(),
        as_of: arguments.as_of.clone(),
        ..Common::default()
    };
    match open(&common, options(&common), look) {
        Ok(opened) => {
            let shown = text::Options { all: arguments.all, ..text_options(look, &opened) };
            Outcome::success(text::compare(&opened.audit, &opened.tree, &shown))
        }
        Err(outcome) => outcome,
    }
}

/// `why`.
pub fn why(arguments: &WhyArguments, look: Look) -> Outcome {
    let common = Common { path: arguments.path.clone(), ..Common::default() };
    match open(&common, options(&common), look) {
        Ok(opened) => match text::why(&opened.audit, &opened.tree, &text_options(look, &opened), &arguments.words) {
            Ok(out) => Outcome::success(out),
            Err(message) => Outcome::fault(message),
        },
        Err(outcome) => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::date_of;

    #[test]
    fn seconds_are_dates() {
        assert_eq!(date_of(0), "1970-01-01");
        assert_eq!(date_of(951_782_400), "2000-02-29");
        assert_eq!(date_of(1_795_219_200), "2026-11-21");
    }
}
