//! What a server is told elsewhere than on its command line: a configuration file of gunicorn or uWSGI, and variables.

use crate::discover::Tree;
use crate::formats::python::{self, Val};
use crate::formats::shell::Executed;
use crate::formats::small::uwsgi;
use crate::formats::{Var, Vars, World};
use crate::knowledge::listens;
use crate::links::container::{Container, absolute};
use crate::links::meaning;
use crate::model::{FileId, Origin, Reason, Span, Spanned};

/// Options of a server from files and variables.
#[derive(Clone, Default, Debug)]
pub struct ServerOptions {
    /// They as words of the command, without those that the command line itself says.
    words: Vec<String>,
    /// Where in the command they would stand.
    at: usize,
    /// Variables that the server sets for the application.
    pub vars: Vars,
    /// Where the address is written.
    pub bind: Option<Span>,
    /// The commands of programs that it runs beside itself.
    pub attached: Vec<Spanned<String>>,
    /// The commands that pass before it serves.
    pub hooks: Vec<Spanned<String>>,
    /// Why the address, and what the files do not show of the rest, is not known.
    pub unsaid: Option<Reason>,
}

/// Variables whose names are options behind a prefix, by the server that reads them.
const PREFIXES: [(&str, &str); 3] = [("uvicorn", "UVICORN_"), ("uwsgi", "UWSGI_"), ("flask", "FLASK_RUN_")];
/// Names of options that gunicorn's file spells with an underscore.
const OF_GUNICORN: [&str; 6] = ["workers", "threads", "worker_class", "timeout", "chdir", "worker_tmp_dir"];
/// The file that gunicorn reads unasked.
const GUNICORN_FILE: &str = "gunicorn.conf.py";
/// Flags that name a file of uWSGI.
const UWSGI_FILES: [&str; 4] = ["--ini", "--yaml", "--yml", "-y"];

impl ServerOptions {
    /// The command with the options among its words.
    pub fn among(&self, argv: &[String]) -> Vec<String> {
        let (head, tail) = argv.split_at(self.at.min(argv.len()));
        head.iter().chain(&self.words).chain(tail).cloned().collect()
    }
}

/// A command on its way to its options.
struct Reading<'r, 't> {
    own: Vec<String>,
    executed: &'r Executed,
    container: &'r Container<'t>,
    tree: &'t Tree,
    out: ServerOptions,
}

/// What a command is told elsewhere, its variables by `env` and by flags included.
pub(super) fn of<'t>(argv: &[String], executed: &Executed, container: &Container<'t>, tree: &'t Tree) -> ServerOptions {
    let own = meaning::unwrapped(argv);
    let head = argv.len().saturating_sub(own.len());
    let out = ServerOptions { at: head + 1, ..ServerOptions::default() };
    let program = own.first().map_or("", |word| word.rsplit('/').next().unwrap_or(word)).to_owned();
    let mut reading = Reading { own, executed, container, tree, out };
    let assigned = argv.get(..head).unwrap_or_default();
    if assigned.iter().any(|word| ["env", "sudo"].contains(&word.rsplit('/').next().unwrap_or(word))) {
        for word in assigned {
            reading.sets(word, executed.span);
        }
    }
    match program.as_str() {
        "gunicorn" | "gunicorn.app.wsgiapp" => reading.gunicorn(),
        "uwsgi" | "pyuwsgi" => reading.uwsgi(),
        _ => {}
    }
    if let Some((_, prefix)) = PREFIXES.iter().find(|(name, _)| *name == program.trim_start_matches("py")) {
        reading.prefixed(prefix);
    }
    let own: Vec<&str> = reading.own.iter().map(String::as_str).collect();
    if listens::binds(&own) {
        (reading.out.unsaid, reading.out.bind) = (None, None);
    }
    reading.out
}

impl Reading<'_, '_> {
    /// `NAME=value`, for the application.
    fn sets(&mut self, word: &str, span: Span) {
        let Some((name, value)) = word.split_once('=').filter(|(name, _)| !name.is_empty()) else { return };
        if name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !value.contains('$') {
            self.out.vars.insert(name.to_owned(), Var::set(value, Origin::set(span)));
        }
    }

    fn flagged(&self, flags: &[&str]) -> Vec<String> {
        let words: Vec<&str> = self.own.iter().map(String::as_str).collect();
        let mut found = Vec::new();
        for (at, word) in words.iter().enumerate() {
            if flags.contains(word) {
                found.extend(words.get(at + 1).map(|value| (*value).to_owned()));
            } else if let Some((_, value)) = word.split_once('=').filter(|(name, _)| flags.contains(name)) {
                found.push(value.to_owned());
            }
        }
        found
    }

    fn file(&self, path: &str) -> Option<FileId> {
        let cwd = absolute(&self.container.workdir, self.executed.cwd.as_deref().unwrap_or_default());
        let known = !self.executed.cwd_unknown || path.starts_with('/');
        known.then(|| self.container.find(&absolute(&cwd, path))).flatten()
    }

    fn unsaid(&mut self, why: impl Into<String>) {
        self.out.unsaid.get_or_insert(Reason::at(why.into(), self.executed.span));
    }

    fn variable(&mut self, name: &str) -> Option<Spanned<String>> {
        let var = self.executed.vars.get(name)?.clone();
        match var.value.one() {
            Some(text) => Some(Spanned::new(text.clone(), var.origin.primary().unwrap_or(self.executed.span))),
            None if var.value.is_unknown() => {
                self.unsaid(format!("what {name} holds is not known"));
                None
            }
            None => None,
        }
    }

    fn gunicorn(&mut self) {
        for word in self.flagged(&["--env", "-e"]) {
            self.sets(&word, self.executed.span);
        }
        let named = self.flagged(&["-c", "--config"]).pop();
        let path = named.as_deref().unwrap_or(GUNICORN_FILE);
        let path = match path.strip_prefix("python:") {
            Some(module) => format!("{}.py", module.replace('.', "/")),
            None => path.trim_start_matches("file:").to_owned(),
        };
        match self.file(&path) {
            Some(file) => self.gunicorn_file(file),
            None if named.is_some() => self.unsaid(format!("{path} is not in the repository")),
            None => {}
        }
        if let Some(given) = self.variable("GUNICORN_CMD_ARGS") {
            let words: Vec<String> = given.value.split_whitespace().map(str::to_owned).collect();
            let plain: Vec<&str> = std::iter::once("gunicorn").chain(words.iter().map(String::as_str)).collect();
            if listens::binds(&plain) {
                self.out.bind = Some(given.span);
                self.out.unsaid = None;
            }
            self.out.words.extend(words);
        }
    }

    fn gunicorn_file(&mut self, file: FileId) {
        let vars = (*self.executed.vars).clone();
        let world = if self.executed.open { World::Open(vars) } else { World::Closed(vars) };
        let (values, open) = python::options::options(self.tree, file, &world);
        if let Some(why) = open {
            self.out.unsaid.get_or_insert(why);
        }
        if let Some(bind) = values.get("bind") {
            let all: Option<Vec<String>> = match bind.items() {
                Some(items) => items.iter().map(scalar).collect(),
                None => scalar(bind).map(|one| vec![one]),
            };
            self.out.bind = bind.origin.primary();
            match all {
                Some(all) => self.out.words.extend(all.into_iter().map(|one| format!("--bind={one}"))),
                None => self.unsaid("the address of the configuration file is not decided"),
            }
        }
        for name in OF_GUNICORN {
            if let Some(value) = values.get(name).and_then(scalar) {
                self.out.words.push(format!("--{}={value}", name.replace('_', "-")));
            }
        }
        if values.get("reload").and_then(Val::settled).and_then(Val::as_bool) == Some(true) {
            self.out.words.push("--reload".into());
        }
        for set in values.get("raw_env").and_then(Val::items).unwrap_or_default() {
            if let (Some(text), Some(span)) = (set.as_str(), set.origin.primary()) {
                self.sets(text, span);
            }
        }
        self.out.words.extend(values.get("wsgi_app").and_then(scalar));
    }

    fn uwsgi(&mut self) {
        for word in self.flagged(&["--env"]) {
            self.sets(&word, self.executed.span);
        }
        let plain = |word: &&String| !word.starts_with('-') && word.contains(".ini") || is_yaml(word);
        let mut named = self.flagged(&UWSGI_FILES);
        named.extend(self.own.iter().skip(1).filter(plain).filter(|word| !word.starts_with('-')).cloned());
        named.sort_unstable();
        named.dedup();
        for path in named {
            match self.file(&path) {
                Some(file) => self.uwsgi_file(file, is_yaml(&path)),
                None => self.unsaid(format!("{path} is not in the repository")),
            }
        }
    }

    fn uwsgi_file(&mut self, file: FileId, yaml: bool) {
        let Ok(options) = self.tree.parsed(file, if yaml { uwsgi::yaml } else { uwsgi::ini }) else { return };
        if options.0.open {
            self.unsaid("the file has options under conditions, or from elsewhere");
        }
        self.out.attached.extend(options.0.attached());
        self.out.hooks.extend(options.0.hooks());
        for (name, value) in &options.0.entries {
            let text = expanded(&value.value, &options.0, &self.executed.vars);
            match (name.value.as_str(), text) {
                ("env", Some(text)) => self.sets(&text, value.span),
                ("http" | "http-socket" | "socket" | "https", None) => {
                    self.unsaid("the address of the configuration file is not decided");
                }
                (_, None) => {}
                (name, Some(text)) if ["0", "false", "no"].contains(&text.as_str()) && name.contains("reload") => {}
                (name, Some(text)) => {
                    if ["http", "http-socket", "https", "socket"].contains(&name) {
                        self.out.bind = Some(value.span);
                    }
                    let flag = if name.len() == 1 { format!("-{name}") } else { format!("--{name}") };
                    self.out.words.push(if text == "true" { flag } else { format!("{flag}={text}") });
                }
            }
        }
    }

    /// Variables that stand for options: `UVICORN_PORT`.
    fn prefixed(&mut self, prefix: &str) {
        let names: Vec<String> = self.executed.vars.keys().filter(|name| name.starts_with(prefix)).cloned().collect();
        for name in names {
            let flag = format!("--{}", name[prefix.len()..].to_ascii_lowercase().replace('_', "-"));
            let address = ["--host", "--port", "--http", "--http-socket", "--socket"].contains(&flag.as_str());
            let before = self.out.unsaid.take();
            let value = self.variable(&name);
            if !address {
                self.out.unsaid = before;
            } else if value.is_none() {
                self.out.unsaid = self.out.unsaid.take().or(before);
            }
            let Some(value) = value else { continue };
            if address {
                self.out.bind = Some(value.span);
            }
            match value.value.as_str() {
                "0" | "false" | "False" if !address => {}
                "1" | "true" | "True" if !address => self.out.words.push(flag),
                text => self.out.words.push(format!("{flag}={text}")),
            }
        }
    }
}

fn is_yaml(word: &str) -> bool {
    [".yaml", ".yml"].iter().any(|end| word.ends_with(end))
}

/// A value as a word.
fn scalar(value: &Val) -> Option<String> {
    let value = value.settled()?;
    match &value.kind {
        python::Kind::Int(number) => Some(number.to_string()),
        python::Kind::Bool(_) => None,
        _ => value.as_str().map(str::to_owned),
    }
}

/// A value with uWSGI's `$(VARIABLE)` and `%(option)` put in; none where one is not known.
fn expanded(text: &str, options: &uwsgi::Options, vars: &Vars) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '%']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let sign = &from[..1];
        let Some((name, behind)) = from.get(1..)?.strip_prefix('(').and_then(|inner| inner.split_once(')')) else {
            // `%d` and its like stand for parts of the file's own path.
            if sign == "%" {
                return None;
            }
            out.push_str(sign);
            rest = &from[1..];
            continue;
        };
        let option = || options.entries.iter().find(|(option, _)| option.value == name).map(|(_, value)| &value.value);
        let value =
            if sign == "$" { vars.get(name)?.value.one() } else { option().filter(|value| !value.contains('%')) };
        out.push_str(value?);
        rest = behind;
    }
    out.push_str(rest);
    Some(out)
}
