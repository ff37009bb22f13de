//! How settings of dynaconf are to be loaded.

use super::{EXTENSIONS, own_variables};
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::values::{Args, K, V};
use crate::formats::python::lib::os::Found;
use crate::model::{FileId, Span};

/// What `Dynaconf(...)` is told.
#[derive(Clone)]
pub(super) struct Options {
    /// The prefixes of variables, in the order they are loaded.
    pub(super) prefixes: Vec<String>,
    /// Whether files have a section for each environment.
    pub(super) environments: bool,
    /// The variable that names the environment.
    pub(super) switcher: String,
    /// The environment while that variable is not set.
    pub(super) env: String,
    /// The section that every environment takes.
    pub(super) default_env: String,
    /// Loaded before the others.
    pub(super) preload: Vec<String>,
    pub(super) files: Vec<String>,
    pub(super) includes: Vec<String>,
    /// Where files are looked for first, inside the tree.
    pub(super) root: Option<String>,
    /// A file that is not loaded.
    pub(super) skip: Option<String>,
    /// Whether containers are merged with what is there.
    pub(super) merge: bool,
    pub(super) dotenv: bool,
    /// Only settings that are there already are taken from variables.
    pub(super) known_only: bool,
    /// Settings that are given with it.
    pub(super) extra: Vec<(String, V)>,
    pub(super) validators: Option<V>,
    /// Something that is not followed.
    pub(super) odd: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prefixes: vec!["DYNACONF".into()],
            environments: false,
            switcher: "ENV_FOR_DYNACONF".into(),
            env: "development".into(),
            default_env: "default".into(),
            preload: Vec::new(),
            files: Vec::new(),
            includes: Vec::new(),
            root: None,
            skip: None,
            merge: false,
            dotenv: false,
            known_only: false,
            extra: Vec::new(),
            validators: None,
            odd: false,
        }
    }
}

impl Options {
    /// What the integration with a framework says by itself.
    pub(super) fn of_framework(prefix: &str, switcher: &str) -> Self {
        let plain = EXTENSIONS.iter().map(|end| format!("settings.{end}"));
        let secret = EXTENSIONS.iter().map(|end| format!(".secrets.{end}"));
        let mut out = Self {
            switcher: switcher.into(),
            environments: true,
            dotenv: true,
            files: plain.chain(secret).collect(),
            ..Self::default()
        };
        out.prefixed(prefix);
        out
    }

    fn prefixed(&mut self, given: &str) {
        self.prefixes = vec!["DYNACONF".into()];
        for prefix in given.to_uppercase().split(',') {
            self.prefixes.retain(|have| have != prefix);
            self.prefixes.push(prefix.to_owned());
        }
        if given.to_uppercase() == "DYNACONF" {
            self.prefixes = vec!["DYNACONF".into()];
        }
    }

    /// The section that goes by the prefix: `[dynaconf]` with the default one.
    pub(super) fn section(&self) -> String {
        self.prefixes.last().map_or_else(|| "dynaconf".to_owned(), |prefix| prefix.to_lowercase())
    }

    /// Whether the variable that names the environment may be set outside.
    pub(super) fn switch_open(&self, m: &mut Machine<'_>) -> bool {
        self.environments && matches!(m.find_variable(&self.switcher, Span::new(FileId(0), 0, 0)), Found::Open)
    }

    /// Reads the arguments.
    pub(super) fn read(&mut self, m: &mut Machine<'_>, args: &Args, at: Span) {
        self.odd |= args.open || !args.pos.is_empty();
        for (name, value) in &args.named {
            let upper = name.to_uppercase();
            let option = upper.strip_suffix("_FOR_DYNACONF").unwrap_or(&upper);
            if !self.option(m, option, value, at) {
                self.extra.push((name.clone(), value.clone()));
            }
        }
        // Variables that change how it works.
        self.odd |= own_variables().any(|name| matches!(m.find_variable(&name, at), Found::Set(_)));
    }

    fn option(&mut self, m: &mut Machine<'_>, name: &str, value: &V, at: Span) -> bool {
        let text = value.text().map(str::to_owned);
        match (name, &value.k) {
            ("ENVVAR_PREFIX", K::Str(text)) => self.prefixed(&text.clone()),
            ("ENVVAR_PREFIX", K::None) => self.prefixes.clear(),
            ("ENVIRONMENTS" | "ENVIRONMENT", K::Bool(yes)) => self.environments = *yes,
            ("ENVIRONMENTS" | "ENVIRONMENT", K::Ref(_) | K::Tuple(_)) => self.environments = true,
            ("ENV_SWITCHER", K::Str(text)) => self.switcher = text.to_uppercase(),
            ("ENV", K::Str(text)) => self.env = text.to_string(),
            ("DEFAULT_ENV", K::Str(text)) => self.default_env = text.to_lowercase(),
            ("MERGE_ENABLED", K::Bool(yes)) => self.merge = *yes,
            ("LOAD_DOTENV", K::Bool(yes)) => {
                self.dotenv = *yes;
                return false;
            }
            ("IGNORE_UNKNOWN_ENVVARS", K::Bool(yes)) => self.known_only = *yes,
            ("VALIDATORS", _) => self.validators = Some(value.clone()),
            ("ROOT_PATH", _) => match value.pathlike().and_then(|path| m.dynaconf_path(path)) {
                Some(path) => self.root = Some(path),
                None => self.odd = true,
            },
            ("SETTINGS_FILE" | "SETTINGS_FILES" | "PRELOAD" | "INCLUDES" | "SETTINGS_MODULE", _) => {
                match Self::names(m, value, at) {
                    Some(names) if name == "PRELOAD" => self.preload = names,
                    Some(names) if name == "INCLUDES" => self.includes = names,
                    Some(names) => self.files = names,
                    None => self.odd = true,
                }
            }
            (
                "LOWERCASE_READ"
                | "SILENT_ERRORS"
                | "ENCODING"
                | "FRESH_VARS"
                | "VALIDATE_ON_UPDATE"
                | "DOTENV_VERBOSE"
                | "APPLY_DEFAULT_ON_NONE"
                | "INSTANCE",
                _,
            )
            | ("AUTO_CAST" | "DOTTED_LOOKUP", K::Bool(true))
            | ("VAULT_ENABLED" | "REDIS_ENABLED" | "DOTENV_OVERRIDE", K::Bool(false)) => {}
            ("NESTED_SEPARATOR", K::Str(mark)) if &**mark == "__" => {}
            _ if super::OWN.contains(&name) || name == "MAIN_ENV" || matches!(name, "POST_HOOKS" | "VALIDATE_ONLY") => {
                self.odd = true;
            }
            _ => {
                self.odd |= text.is_some_and(|text| text.starts_with('@'));
                return false;
            }
        }
        true
    }

    /// The names of files: one, several behind commas, or a list.
    fn names(m: &mut Machine<'_>, value: &V, at: Span) -> Option<Vec<String>> {
        match &value.k {
            K::None => Some(Vec::new()),
            K::Str(text) => {
                let parts = text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty());
                Some(parts.map(str::to_owned).collect())
            }
            K::Path(path) => Some(vec![path.to_string()]),
            _ => {
                let items = m.iterate(value, at).ok()?.ok()?;
                items.iter().map(|item| item.pathlike().map(str::to_owned)).collect()
            }
        }
    }
}
