//! Task runners: what `make target` comes to, so that its calls count as the caller's.

use std::collections::BTreeMap;

use super::meaning::Meaning;
use super::repository::{Call, Caller, Repository, Script};
use crate::discover::{Tree, paths};
use crate::formats::locks::hatch;
use crate::formats::python::nox::{self, NoxCall};
use crate::formats::shell::Dialect;
use crate::formats::small::makefile::{self, Given, Makefile, Target, Variables};
use crate::formats::small::{quoted, tox};
use crate::formats::{Var, Vars};
use crate::model::{FileId, Origin, SpanMap};

/// How deep runners may call one another.
const MAX_DEPTH: usize = 3;
/// How many targets one call may make.
pub(super) const MAX_TARGETS: usize = 64;
/// How deep makefiles may include one another.
const MAX_INCLUDES: usize = 4;

/// A makefile with those that it includes from the repository.
pub fn makefile(tree: &Tree, file: FileId) -> Option<Makefile> {
    included(tree, file, 0)
}

fn included(tree: &Tree, file: FileId, depth: usize) -> Option<Makefile> {
    let mut whole = Makefile::clone(&*tree.parsed(file, makefile::parse).ok()?);
    let folder = paths::parent(tree.path(file)).to_owned();
    for path in whole.includes.clone().iter().filter(|_| depth < MAX_INCLUDES).take(MAX_TARGETS) {
        // A path is looked up where make was started, which is mostly where the makefile stands.
        let found =
            paths::join(&folder, &path.value).and_then(|path| tree.find(&path)).or_else(|| tree.find(&path.value));
        if let Some(other) = found.filter(|other| *other != file).and_then(|other| included(tree, other, depth + 1)) {
            whole.include(&other);
        }
    }
    Some(whole)
}

/// What a `make` command asks for.
#[derive(Default)]
struct MakeCall {
    folder: Option<String>,
    file: Option<String>,
    given: Given,
    targets: Vec<String>,
}

fn make_call(argv: &[String]) -> MakeCall {
    let mut call = MakeCall::default();
    let mut words = argv.iter().skip(1);
    while let Some(word) = words.next() {
        let (flag, joined) = match word.strip_prefix("--") {
            Some(long) => long.split_once('=').map_or((long, None), |(flag, value)| (flag, Some(value))),
            None => match word.strip_prefix('-').and_then(|short| Some((short, short.chars().next()?))) {
                Some((short, first)) if "CfIoWlj".contains(first) => {
                    (&short[..1], short.get(1..).filter(|rest| !rest.is_empty()))
                }
                Some(_) => continue,
                None => {
                    match word.split_once('=') {
                        Some((name, value)) if !name.is_empty() => {
                            call.given.insert(name.trim_end_matches([':', '+', '?']).to_owned(), value.to_owned());
                        }
                        _ => call.targets.push(word.clone()),
                    }
                    continue;
                }
            },
        };
        match flag {
            "C" | "directory" => call.folder = joined.map(str::to_owned).or_else(|| words.next().cloned()),
            "f" | "file" | "makefile" => call.file = joined.map(str::to_owned).or_else(|| words.next().cloned()),
            "I" | "o" | "W" | "include-dir" | "old-file" | "what-if" if joined.is_none() => {
                words.next();
            }
            _ => {}
        }
    }
    call
}

/// The values of a flag: `-e a`, `-ea`, `--env a`, `--env=a`.
fn values(argv: &[&str], short: &str, long: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut words = argv.iter();
    while let Some(word) = words.next() {
        if *word == short || *word == long {
            out.extend(words.next().map(|value| (*value).to_owned()));
        } else if let Some(value) = word.strip_prefix(long).and_then(|rest| rest.strip_prefix('=')) {
            out.push(value.to_owned());
        } else if let Some(value) =
            word.strip_prefix(short).filter(|value| !value.is_empty() && !word.starts_with("--"))
        {
            out.push(value.trim_start_matches('=').to_owned());
        }
    }
    out
}

/// The targets that are made, each with the variables that those which need it hand down.
fn wanted<'m>(makefile: &'m Makefile, call: &MakeCall) -> Vec<Target> {
    let mut first: Vec<&'m Target> = call.targets.iter().filter_map(|name| makefile.target(name)).collect();
    if call.targets.is_empty() {
        first.extend(makefile.default_goal());
    }
    let mut all: Vec<Target> = first.into_iter().cloned().collect();
    let mut at = 0;
    while let Some(target) = all.get(at).cloned() {
        at += 1;
        for need in &target.needs {
            let known = all.iter().any(|other| other.name.value == need.value);
            let Some(found) = makefile.target(&need.value).filter(|_| !known && all.len() < MAX_TARGETS) else {
                continue;
            };
            let mut variables: Variables = target.variables.clone();
            variables.extend(found.variables.clone());
            all.push(Target { variables, ..found.clone() });
        }
    }
    all
}

impl Repository<'_> {
    /// Follows a call of a runner; whether what it runs stands for it.
    pub(super) fn follow(
        &self,
        meaning: &Meaning,
        argv: &[String],
        folder: &str,
        caller: &Caller,
        depth: usize,
        calls: &mut Vec<Call>,
    ) -> bool {
        if let Some(call) = hatch::call(argv).filter(|_| depth <= MAX_DEPTH) {
            return self.follow_hatch(&call, folder, caller, depth, calls);
        }
        if depth <= MAX_DEPTH && self.follow_project(argv, folder, caller, depth, calls) {
            return true;
        }
        let words = match meaning {
            Meaning::Runs(words) => words.as_slice(),
            Meaning::Tests => argv,
            _ => return false,
        };
        if depth > MAX_DEPTH {
            return false;
        }
        match words.first().map(String::as_str) {
            Some("make" | "gmake") => self.follow_make(words, folder, caller, depth, calls),
            Some("mise") => self.follow_mise(words, folder, caller, depth, calls),
            Some("tox") => {
                self.follow_tox(words, folder, caller, depth, calls);
                false
            }
            Some("nox") => {
                self.follow_nox(words, folder, caller, depth, calls);
                false
            }
            _ => false,
        }
    }

    fn follow_make(&self, argv: &[String], folder: &str, caller: &Caller, depth: usize, calls: &mut Vec<Call>) -> bool {
        let call = make_call(argv);
        let Some(folder) = call.folder.as_ref().map_or_else(|| Some(folder.to_owned()), |to| paths::join(folder, to))
        else {
            return false;
        };
        let find = |name: &str| self.tree.find(&paths::join(&folder, name)?);
        let file = match &call.file {
            Some(name) => find(name),
            None => ["GNUmakefile", "makefile", "Makefile"].iter().find_map(|name| find(name)),
        };
        let Some(makefile) = file.and_then(|file| makefile(self.tree, file)) else { return false };
        for target in wanted(&makefile, &call) {
            self.recipe(&makefile, &target, &call.given, &folder, caller, depth + 1, calls);
        }
        true
    }

    /// Adds the calls of tox's environments; the call of tox itself stands beside them.
    fn follow_tox(&self, argv: &[String], folder: &str, caller: &Caller, depth: usize, calls: &mut Vec<Call>) {
        let own: Vec<&str> = argv.iter().skip(1).map(String::as_str).take_while(|word| *word != "--").collect();
        let named = values(&own, "-e", "--env");
        let find = |name: &str| self.tree.find(&paths::join(folder, name)?).map(|file| (file, name.to_owned()));
        let given = values(&own, "-c", "--conf").pop();
        let configured = match &given {
            Some(name) => find(name),
            None => ["tox.ini", "setup.cfg", "pyproject.toml", "tox.toml"].iter().find_map(|name| {
                let found = find(name)?;
                self.tox(found.0, name).map(|_| found)
            }),
        };
        let Some(tox) = configured.and_then(|(file, name)| self.tox(file, &name)) else { return };
        let mut names: Vec<String> = named.iter().flat_map(|names| names.split(',')).map(str::to_owned).collect();
        if names.is_empty() || names.iter().any(|name| name == "ALL") {
            names = tox.env_list.iter().map(|name| name.value.clone()).collect();
        }
        for name in names.iter().take(MAX_TARGETS) {
            let env = tox.environment(name);
            let moved = env.change_dir.as_ref().map(|dir| dir.value.as_str()).unwrap_or_default();
            let Some(folder) = paths::join(folder, moved) else { continue };
            for command in env.commands_pre.iter().chain(&env.commands) {
                let first = calls.len();
                let (text, map) = (command.text.text.as_str(), &command.text.map);
                let script = Script { text, map, folder: &folder, dialect: Dialect::Posix };
                self.add_at(&script, env.set_env.clone(), caller, depth + 1, calls);
                calls[first..].iter_mut().for_each(|call| call.may_fail |= command.ignores_errors);
            }
        }
    }

    /// Adds the calls of nox's sessions; the call of nox itself stands beside them.
    fn follow_nox(&self, argv: &[String], folder: &str, caller: &Caller, depth: usize, calls: &mut Vec<Call>) {
        let own: Vec<&str> = argv.iter().skip(1).map(String::as_str).take_while(|word| *word != "--").collect();
        let given = values(&own, "-f", "--noxfile").pop();
        let path = given.as_deref().unwrap_or("noxfile.py");
        let Some(file) = paths::join(folder, path).and_then(|path| self.tree.find(&path)) else { return };
        let nox = nox::noxfile(self.tree, file);
        // `-s a b` names several; so do `-e` and the long forms.
        let mut named = Vec::new();
        let mut open = false;
        for word in &own {
            let joined = ["--session=", "--sessions="].iter().find_map(|flag| word.strip_prefix(flag));
            match word {
                _ if joined.is_some() => named.extend(joined),
                word if word.starts_with('-') => {
                    open = matches!(*word, "-s" | "-e" | "--session" | "--sessions");
                }
                word if open => named.push(*word),
                _ => {}
            }
        }
        let tags = values(&own, "-t", "--tags");
        let mut sessions: Vec<&nox::Session> = named.iter().flat_map(|name| nox.named(name)).collect();
        if named.is_empty() {
            let tagged =
                |session: &&nox::Session| tags.iter().any(|tag| session.tags.iter().any(|own| own.value == *tag));
            let all = nox.sessions.iter().filter(tagged);
            sessions = if tags.is_empty() { nox.default_sessions() } else { all.collect() };
        }
        let folder = paths::parent(self.tree.path(file)).to_owned();
        for session in sessions.into_iter().take(MAX_TARGETS) {
            for call in &session.calls {
                let before = match call.kind {
                    NoxCall::Install => "python -m pip install ",
                    NoxCall::Run => "",
                    NoxCall::CondaInstall | NoxCall::Notify => continue,
                };
                // A word that is no literal is a variable that nothing sets.
                let word = |word: &Option<String>| word.as_deref().map_or_else(|| "\"$NOX\"".to_owned(), quoted);
                let words: Vec<String> = call.words.iter().map(|(text, _)| word(text)).collect();
                let text = format!("{before}{}", words.join(" "));
                let vars: Vars = call
                    .env
                    .iter()
                    .map(|(name, text)| (name.clone(), Var::set(text.value.clone(), Origin::set(text.span))))
                    .collect();
                let script =
                    Script { text: &text, map: &SpanMap::Whole(call.span), folder: &folder, dialect: Dialect::Posix };
                self.add_at(&script, vars, caller, depth + 1, calls);
            }
        }
    }

    fn tox(&self, file: FileId, name: &str) -> Option<tox::Tox> {
        let read = self.tree.parsed(file, |file, text| tox::parse(file, name, text)).ok()?;
        Option::clone(&read)
    }

    /// Adds the calls of a target's recipe.
    #[expect(
        clippy::too_many_arguments,
        reason = "a recipe is run by many: makefile, target, variables, place, caller"
    )]
    fn recipe(
        &self,
        makefile: &Makefile,
        target: &Target,
        given: &Given,
        folder: &str,
        caller: &Caller,
        depth: usize,
        calls: &mut Vec<Call>,
    ) {
        let exported = makefile.environment(target, given);
        let vars: Vars =
            exported.into_iter().map(|(name, text)| (name, Var::set(text.value, Origin::set(text.span)))).collect();
        for line in makefile.commands(target, given) {
            let first = calls.len();
            let (text, map) = (line.command.text.as_str(), &line.command.map);
            let script = Script { text, map, folder, dialect: Dialect::Posix };
            self.add_at(&script, vars.clone(), caller, depth, calls);
            calls[first..].iter_mut().for_each(|call| call.may_fail |= line.ignores_errors);
        }
    }

    /// The calls of every target of a makefile.
    pub(super) fn makefile_calls(&self, file: FileId, calls: &mut Vec<Call>) {
        let Some(makefile) = makefile(self.tree, file) else { return };
        let folder = paths::parent(self.tree.path(file)).to_owned();
        for target in &makefile.targets {
            let caller = Caller::Make { file, target: target.name.value.clone() };
            self.recipe(&makefile, target, &BTreeMap::new(), &folder, &caller, 0, calls);
        }
    }
}
