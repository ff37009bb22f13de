//! What pytest is told by its configuration: the settings module and variables.

use super::tree::{self, Node};
use super::{Texts, ini};
use crate::model::{FileId, Span, Spanned};

/// Options that decide what the tests run with.
#[derive(Clone, Default, Debug)]
pub struct PytestOptions {
    /// `DJANGO_SETTINGS_MODULE`, from the option or from `--ds` in `addopts`.
    pub settings: Option<Spanned<String>>,
    /// `DJANGO_CONFIGURATION`.
    pub configuration: Option<Spanned<String>>,
    /// `env` of pytest-env; a name with `D:` before it is a default.
    pub env: Texts,
    /// `addopts`, word by word; the place is that of the line.
    pub addopts: Vec<Spanned<String>>,
}

impl PytestOptions {
    /// The settings module of `--ds`, which wins over the variable; the option yields to it.
    pub fn commanded(&self) -> Option<Spanned<String>> {
        chosen(&self.addopts)
    }
}

/// The options in a file, by its name; none if it has no section for pytest.
pub fn parse(file: FileId, name: &str, text: &str) -> Option<PytestOptions> {
    let mut options = PytestOptions::default();
    if name.rsplit('.').next() == Some("toml") {
        let (root, _) = tree::toml(file, text);
        let root = root?;
        let table = root.path(&["tool", "pytest", "ini_options"]).or_else(|| root.get("pytest"))?;
        options.settings = table.field("DJANGO_SETTINGS_MODULE");
        options.configuration = table.field("DJANGO_CONFIGURATION");
        for line in table.get("addopts").map(Node::texts).unwrap_or_default() {
            words(&line, &mut options.addopts);
        }
        for line in table.get("env").map(Node::texts).unwrap_or_default() {
            variable(&line, &mut options.env);
        }
    } else {
        let ini = ini::parse(file, text, ini::Dialect::IniConfig);
        let wanted = if name == "setup.cfg" { "tool:pytest" } else { "pytest" };
        let section = ini.section(wanted)?;
        options.settings = section.first("DJANGO_SETTINGS_MODULE").cloned();
        options.configuration = section.first("DJANGO_CONFIGURATION").cloned();
        section.lines("addopts").iter().for_each(|line| words(line, &mut options.addopts));
        section.lines("env").iter().for_each(|line| variable(line, &mut options.env));
    }
    // The command line wins over the option.
    if let Some(chosen) = chosen(&options.addopts) {
        options.settings = Some(chosen);
    }
    Some(options)
}

fn words(line: &Spanned<String>, out: &mut Vec<Spanned<String>>) {
    out.extend(line.value.split_whitespace().map(|word| Spanned::new(word.to_owned(), line.span)));
}

fn variable(line: &Spanned<String>, out: &mut Texts) {
    if let Some((name, value)) = line.value.split_once('=') {
        let span = Span { start: line.span.start, ..line.span };
        out.insert(name.trim().to_owned(), Spanned::new(value.trim().to_owned(), span));
    }
}

fn chosen(words: &[Spanned<String>]) -> Option<Spanned<String>> {
    let mut found = None;
    for (i, word) in words.iter().enumerate() {
        if let Some(module) = word.value.strip_prefix("--ds=") {
            found = Some(Spanned::new(module.to_owned(), word.span));
        } else if word.value == "--ds" {
            found = words.get(i + 1).cloned().or(found);
        }
    }
    found
}
