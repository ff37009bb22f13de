//! What `check`, `compare`, `why` and `envs` share: opening a repository and auditing it.

use std::path::{Path, PathBuf};

use super::Outcome;
use crate::discover::{Config, Disk, Tree, git};
use crate::model::Audit;
use crate::report::text;
use crate::{Options, audit, configuration_problems, recognises};

/// How output looks.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Whether colour is used.
    pub color: bool,
    /// Whether characters beyond ASCII may be used.
    pub utf8: bool,
    /// The date of the build, in seconds since 1970.
    pub source_date: Option<i64>,
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
    /// Judge what depends on time as of this day
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<String>,
    /// Read files that git ignores too
    #[arg(long)]
    pub include_ignored: bool,
    /// Audit even what looks like a library
    #[arg(long)]
    pub force: bool,
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
    /// Judge what depends on time as of this day
    #[arg(long, value_name = "YYYY-MM-DD")]
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
    let disk = if arguments.include_ignored { Disk::with_ignored(&root) } else { Disk::new(&root) };
    let tree = Tree::open(Box::new(disk)).map_err(|error| Outcome::fault(format!("{}: {error}", root.display())))?;
    let config = Config::read(&tree);
    let problems = configuration_problems(&config);
    if let Some(problem) = problems.first() {
        let lines = crate::report::lines::Lines::new(&tree);
        let place = lines.place(problem.span);
        return Err(Outcome::fault(format!("{}:{}:{}: {}", place.path, place.line, place.column, problem.message)));
    }
    if !recognises(&tree) && config.file.is_none() {
        let shown = if path == Path::new(".") { "this folder".to_owned() } else { path.display().to_string() };
        let what = "no Dockerfile, compose file, settings, requirements or workflow found under";
        return Err(Outcome::fault(format!("{what} {shown}")));
    }
    let as_of = options.as_of.clone().or_else(|| look.source_date.map(date_of));
    let options = Options { as_of, ..options };
    let audit = audit(&tree, &config, &options);
    known_names(&audit, &options).map_err(Outcome::fault)?;
    Ok(Opened { tree, config, audit })
}

/// Whether every environment that the arguments name exists: a name that is not there compares nothing.
fn known_names(audit: &Audit, options: &Options) -> Result<(), String> {
    let names: Vec<&str> = audit.model.environments.iter().map(|environment| environment.name.as_str()).collect();
    let wanted = options.environments.iter().chain(&options.reference);
    let Some(missing) = wanted.into_iter().find(|name| !names.contains(&name.as_str())) else { return Ok(()) };
    let folder =
        if Path::new(missing).is_dir() { format!("; for a folder, use --path {missing}") } else { String::new() };
    Err(format!("no environment is named {missing}; `paritylint envs` lists them{folder}"))
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
        has_config: opened.config.file.is_some(),
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
