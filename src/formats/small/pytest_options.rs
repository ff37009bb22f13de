//! What pytest is told by its configuration: the settings module and variables.

use super::tree::{self, Node};
use super::{Texts, ini};
use crate::formats::shell::split_words;
use crate::model::{FileId, Span, Spanned};

/// Options that decide what the tests run with.
#[derive(Clone, Default, Debug)]
pub struct PytestOptions {
    /// `DJANGO_SETTINGS_MODULE`, from the option or from `--ds` in `addopts`.
    pub settings: Option<Spanned<String>>,
    /// Whether the command line names the settings, so that no variable can.
    pub forced: bool,
    /// `DJANGO_CONFIGURATION`.
    pub configuration: Option<Spanned<String>>,
    /// `env` of pytest-env; a name with `D:` before it is a default.
    pub env: Texts,
    /// The table of pytest-env's own, which is read whatever file holds pytest's options, and instead of their `env`.
    pub own_env: Option<Texts>,
    /// The files of variables that pytest-dotenv loads.
    pub env_files: Vec<Spanned<String>>,
    /// Whether these win over what is set already.
    pub env_files_win: bool,
    /// Whether pytest takes its options from this file: it has a section for them.
    pub chosen: bool,
    /// `addopts`, word by word; the place is that of the line.
    pub addopts: Vec<Spanned<String>>,
}

/// The options in a file, by its name; none if it has no section for pytest.
pub fn parse(file: FileId, name: &str, text: &str) -> Option<PytestOptions> {
    let mut options = PytestOptions::default();
    if name.rsplit('.').next() == Some("toml") {
        let (root, _) = tree::toml(file, text);
        let root = root?;
        let own = [&["tool", "pytest", "ini_options"][..], &["tool", "pytest"][..]];
        let table = own.iter().find_map(|path| root.path(path)).or_else(|| root.get("pytest"));
        let env = root.path(&["tool", "pytest_env"]).map(Node::entries);
        if table.is_none() && env.is_none() {
            return None;
        }
        let given = |(name, value): &(Spanned<String>, Node)| {
            let text = value.spanned().or_else(|| value.field("value"))?;
            Some((name.value.clone(), text))
        };
        options.own_env = env.map(|entries| entries.iter().filter_map(given).collect());
        let Some(table) = table else { return Some(options) };
        options.settings = table.field("DJANGO_SETTINGS_MODULE");
        options.configuration = table.field("DJANGO_CONFIGURATION");
        for line in table.get("addopts").map(Node::texts).unwrap_or_default() {
            words(&line, &mut options.addopts);
        }
        options.env_files = table.get("env_files").map(Node::texts).unwrap_or_default();
        options.env_files_win = table.field("env_override_existing_values").is_some_and(|text| is_on(&text.value));
        for line in table.get("env").map(Node::texts).unwrap_or_default() {
            variable(&line, &mut options.env);
        }
    } else {
        let ini = ini::parse(file, text, ini::Dialect::IniConfig);
        let wanted = if name.ends_with(".cfg") { "tool:pytest" } else { "pytest" };
        // Its own file is pytest's even where it is empty.
        let Some(section) = ini.section(wanted) else {
            let own = name.ends_with("pytest.ini");
            return own.then_some(PytestOptions { chosen: true, ..options });
        };
        options.settings = section.first("DJANGO_SETTINGS_MODULE").cloned();
        options.configuration = section.first("DJANGO_CONFIGURATION").cloned();
        section.lines("addopts").iter().for_each(|line| words(line, &mut options.addopts));
        options.env_files = section.lines("env_files").to_vec();
        options.env_files_win = section.first("env_override_existing_values").is_some_and(|text| is_on(&text.value));
        section.lines("env").iter().for_each(|line| variable(line, &mut options.env));
    }
    options.chosen = true;
    // The command line wins over the option, and over the variable.
    if let Some(chosen) = chosen(&options.addopts) {
        options.settings = Some(chosen);
        options.forced = true;
    }
    Some(options)
}

fn is_on(text: &str) -> bool {
    ["1", "true", "yes", "on"].contains(&text.to_lowercase().as_str())
}

fn words(line: &Spanned<String>, out: &mut Vec<Spanned<String>>) {
    out.extend(split_words(&line.value).into_iter().map(|word| Spanned::new(word, line.span)));
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
