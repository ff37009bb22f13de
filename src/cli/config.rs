//! `paritylint config`, `schema` and `init`.

use super::Outcome;
use super::audit::{Common, Look, as_of, files, root_of, wrong};
use crate::discover::config::NAMES;
use crate::discover::{Config, Tree};
use crate::links::Repository;
use crate::report::{config, text};
use crate::{Options, audit_read, configuration_problems, knowledge, recognises};

/// The arguments of `config`.
#[derive(clap::Args, Debug, Default)]
pub struct ConfigArguments {
    /// What all commands take.
    #[command(flatten)]
    pub common: Common,
    /// Say where each value is said
    #[arg(long)]
    pub show_origin: bool,
}

/// The arguments of `init`.
#[derive(clap::Args, Debug, Default)]
pub struct InitArguments {
    /// What all commands take.
    #[command(flatten)]
    pub common: Common,
    /// Print it, and write nothing
    #[arg(long)]
    pub print: bool,
}

fn opened(common: &Common, look: Look) -> Result<(Tree, Config), Outcome> {
    let root = root_of(&common.path).map_err(Outcome::fault)?;
    let (tree, config) = files(common, &root).map_err(Outcome::fault)?;
    let problems = configuration_problems(&Repository::read(&tree), &config);
    if problems.is_empty() { Ok((tree, config)) } else { Err(wrong(&problems, &tree, look)) }
}

/// `config`.
pub fn show(arguments: &ConfigArguments, look: Look) -> Outcome {
    let (tree, config) = match opened(&arguments.common, look) {
        Ok(opened) => opened,
        Err(outcome) => return outcome,
    };
    let day = as_of(arguments.common.as_of.as_deref(), look).unwrap_or_else(|| knowledge::AS_OF.to_owned());
    let mut outcome = Outcome::success(config::values(&config, &tree, &day, arguments.show_origin));
    if config.files.is_empty() {
        outcome.err =
            "note: there is no paritylint.toml and no [tool.paritylint]; `paritylint init` writes one\n".into();
    }
    outcome
}

/// `schema`.
pub fn schema() -> Outcome {
    Outcome::success(config::schema())
}

/// `init`.
pub fn init(arguments: &InitArguments, look: Look) -> Outcome {
    let common = &arguments.common;
    let root = match root_of(&common.path) {
        Ok(root) => root,
        Err(message) => return Outcome::fault(message),
    };
    let (tree, config) = match files(common, &root) {
        Ok(files) => files,
        Err(message) => return Outcome::fault(message),
    };
    if let (Some(file), false) = (config.file, arguments.print) {
        let path = tree.path(file);
        let what = if path == "pyproject.toml" { "has a [tool.paritylint]" } else { "is there" };
        return Outcome::fault(format!("{path} {what} already; --print shows what would be written"));
    }
    let repository = Repository::read(&tree);
    if !recognises(&repository) {
        let what = "no Dockerfile, compose file, settings, requirements or workflow found under";
        return Outcome::fault(format!("{what} {}", root.display()));
    }
    let options = Options { as_of: as_of(common.as_of.as_deref(), look), force: common.force, ..Options::default() };
    let found = audit_read(&repository, &Config::default(), &options);
    if let Some(nothing) = &found.model.nothing {
        return Outcome { err: format!("note: {nothing}\n"), ..Outcome::default() };
    }
    let text = text::init(&found, &tree, &text::Options { utf8: true, ..text::Options::default() });
    if arguments.print {
        return Outcome::success(text);
    }
    let path = root.strip_prefix(".").unwrap_or(&root).join(NAMES[0]);
    let out = format!(
        "Wrote {}: {} environments. Look it over, then run paritylint check.\n",
        path.display(),
        found.model.environments.len()
    );
    Outcome { out, files: vec![(path, text)], ..Outcome::default() }
}
