//! What people install where they develop: what a guide tells them to, or a task of the repository does.

use crate::discover::aside::documented;
use crate::discover::{Kind, Tree, paths};
use crate::environments::words::naming;
use crate::environments::{Planned, workstations};
use crate::formats::Vars;
use crate::knowledge::environments::{WordClass, class_of_word};
use crate::links::guides::{headings, shown};
use crate::links::{Call, Caller, Meaning, Repository};
use crate::model::{FileId, Role, Span, SpanMap};

/// A machine that one develops on.
pub(super) struct Machine<'a, 't> {
    /// The repository.
    pub(super) repository: &'a Repository<'t>,
    /// The environment.
    pub(super) planned: &'a Planned,
    /// The folder of the application.
    pub(super) folder: &'a str,
    /// The words that start the server there, and where they stand.
    pub(super) server: Option<(&'a [String], Span)>,
    /// Whether it is a virtual machine.
    pub(super) is_virtual: bool,
}

/// One installing command.
#[derive(Clone, Debug)]
pub(super) struct Install {
    /// The words of the installer.
    pub(super) command: Vec<String>,
    /// Where.
    pub(super) span: Span,
    /// The folder that it is run in.
    pub(super) folder: String,
}

impl Install {
    /// The command as a shell reads it.
    pub(super) fn text(&self) -> String {
        let quoted = |word: &String| format!("'{}'", word.replace('\'', "'\\''"));
        self.command.iter().map(quoted).collect::<Vec<_>>().join(" ")
    }

    /// Whether it installs what is listed, and takes nothing away that is there already.
    pub(super) fn is_listed(&self) -> bool {
        self.tool() == "pip"
    }

    /// The program that installs, pip by whatever name.
    fn tool(&self) -> &str {
        match self.command.first().map_or("", String::as_str) {
            "uv" if self.command.get(1).is_some_and(|verb| verb == "pip") => "pip",
            "pip-sync" | "pip-sync-faster" | "piptools" => "pip",
            other => other,
        }
    }
}

/// Programs that bring an environment up to date with what a project asks for, and the file that says it.
const MANAGERS: [(&str, &str); 4] =
    [("uv", "pyproject.toml"), ("poetry", "pyproject.toml"), ("pdm", "pyproject.toml"), ("pipenv", "Pipfile")];

/// How many folders deep pages are told apart.
const DEEPEST: usize = 16;

impl Machine<'_, '_> {
    /// What is installed there, in order.
    pub(super) fn installs(&self) -> Vec<Install> {
        let mut pages: Vec<(usize, FileId)> = self.pages().filter_map(|file| Some((self.rank(file)?, file))).collect();
        pages.sort_unstable();
        let by_guide = pages.into_iter().map(|(_, file)| self.of_page(file)).find(|found| !found.is_empty());
        by_guide.unwrap_or_else(|| self.of_tasks())
    }

    /// What brings the environment up to date that the program before the server's rests on (`poetry run`).
    pub(super) fn by_runner(&self) -> Option<Install> {
        let (argv, span) = self.server?;
        let tool = argv.first()?;
        let (tool, file) = MANAGERS.into_iter().find(|(name, _)| name == tool)?;
        (argv.get(1)? == "run").then(|| self.by_manager(tool, file, span)).flatten()
    }

    /// What brings the environment up to date whose lock is kept.
    pub(super) fn by_lock(&self, span: Span) -> Option<Install> {
        let locks = [("uv", "uv.lock"), ("poetry", "poetry.lock"), ("pdm", "pdm.lock"), ("pipenv", "Pipfile.lock")];
        locks.into_iter().find_map(|(tool, lock)| self.by_manager(tool, lock, span))
    }

    fn by_manager(&self, tool: &str, file: &str, span: Span) -> Option<Install> {
        let verb = if tool == "uv" { "sync" } else { "install" };
        let folder = self.place(&[file], self.folder)?;
        Some(Install { command: vec![tool.to_owned(), verb.to_owned()], span, folder })
    }

    /// Pages that may tell what to install: guides, and the one that tells how the application is started.
    fn pages(&self) -> impl Iterator<Item = FileId> {
        let evidence = self.planned.environment.because.iter().map(|evidence| evidence.span.file);
        let page = |file: &FileId| {
            let path = self.repository.tree.path(*file);
            [".md", ".rst", ".txt", ".adoc", ".markdown"].iter().any(|end| path.ends_with(end))
        };
        let guides = self.repository.of(Kind::Guide).iter().copied();
        let mut files: Vec<FileId> = evidence.chain(guides).filter(page).collect();
        files.sort_unstable();
        files.dedup();
        files.into_iter()
    }

    /// How well a page speaks of the machine, the best first; none where it is for others.
    fn rank(&self, file: FileId) -> Option<usize> {
        let path = self.repository.tree.path(file);
        let home = documented(path).unwrap_or_else(|| paths::parent(path));
        if self.starts_at(file).is_some() {
            return Some(0);
        }
        let above = home.is_empty() || home == self.folder || self.folder.starts_with(&format!("{home}/"));
        let extends = ["plugin", "extension", "theme", "example"].iter().any(|sign| path.contains(sign));
        if workstations::is_for_others(path) || extends || !above && home != ".github" {
            return None;
        }
        let name = paths::name(path).to_ascii_lowercase();
        let has = |signs: &[&str]| signs.iter().any(|sign| name.contains(sign));
        let rank = match name.as_str() {
            _ if has(&["contribut", "develop", "hacking"]) => 1,
            _ if name.starts_with("readme") => 2 + usize::from(home != self.folder),
            _ if has(&["setup", "install"]) => 4,
            _ => 5,
        };
        Some(rank * DEEPEST + path.matches('/').count().min(DEEPEST - 1))
    }

    /// Where a page starts the server.
    fn starts_at(&self, file: FileId) -> Option<usize> {
        let evidence = self.planned.environment.because.iter().map(|evidence| evidence.span);
        let server = self.server.map(|(_, span)| span);
        server.into_iter().chain(evidence).find(|span| span.file == file).map(|span| span.range().start)
    }

    /// What a page tells to install: in the section before the one that starts the server, or that does; else in the first.
    fn of_page(&self, file: FileId) -> Vec<Install> {
        let tree = self.repository.tree;
        let Ok(text) = tree.text(file) else { return Vec::new() };
        let path = tree.path(file);
        let home = documented(path).unwrap_or_else(|| paths::parent(path)).to_owned();
        let mut folder = home.clone();
        let mut sections: Vec<(usize, Vec<&str>, Vec<Install>)> = Vec::new();
        for one in shown(path, text, |word| word.starts_with("cd ") || may_install(word)) {
            if let Some(to) = one.text.strip_prefix("cd ").filter(|rest| !rest.contains(['&', ';', '\n'])) {
                folder = into(tree, [&folder, &home], to.trim()).unwrap_or(folder);
                continue;
            }
            let inside = workstations::is_in_container(text, one.at)
                || workstations::is_in_machine(text, one.at) != self.is_virtual;
            let above = headings(text.get(..one.at).unwrap_or_default());
            if inside || above.iter().skip(usize::from(above.len() > 1)).any(|heading| is_of_others(heading)) {
                continue;
            }
            let map = SpanMap::Linear { file, base: u32::try_from(one.at).unwrap_or(0) };
            let calls = self.repository.calls_of((one.text, &map), &folder, Vars::new(), &Caller::Guide(file));
            let found: Vec<Install> = calls.iter().filter_map(|call| self.install(call)).collect();
            match sections.last_mut().filter(|(_, known, _)| *known == above) {
                _ if found.is_empty() => {}
                Some((.., installs)) => installs.extend(found),
                None => sections.push((one.at, above, found)),
            }
        }
        let start = self.starts_at(file);
        let before = |(at, ..): &&(usize, Vec<&str>, Vec<Install>)| start.is_some_and(|start| *at <= start);
        let section = sections.iter().rev().find(before).or(sections.first());
        section.map(|(.., installs)| self.one_way(installs)).unwrap_or_default()
    }

    /// What the tasks of the repository that are named for it install.
    fn of_tasks(&self) -> Vec<Install> {
        let tree = self.repository.tree;
        let mut tasks: Vec<(usize, FileId, &str, Vec<Install>)> = Vec::new();
        for call in &self.repository.calls {
            let Caller::Make { file, target } = &call.caller else { continue };
            let beside = [self.folder, ""].contains(&paths::parent(tree.path(*file)));
            let Some(rank) = rank_of_task(target).filter(|_| beside) else { continue };
            let Some(install) = self.install(call) else { continue };
            match tasks.iter_mut().find(|(_, other, name, _)| other == file && name == target) {
                Some((.., installs)) => installs.push(install),
                None => tasks.push((rank, *file, target, vec![install])),
            }
        }
        tasks.sort_by_key(|(rank, ..)| *rank);
        tasks.retain(|(_, _, target, _)| !workstations::is_called_inside(self.repository, target));
        tasks.first().map(|(.., installs)| self.one_way(installs)).unwrap_or_default()
    }

    /// Of several ways that are told one after another, the one that the server's start goes on with, else the first.
    fn one_way(&self, installs: &[Install]) -> Vec<Install> {
        let runner = self.server.and_then(|(argv, _)| argv.first()).map_or("", String::as_str);
        let tools: Vec<&str> = installs.iter().map(Install::tool).collect();
        let tool = tools.iter().find(|tool| **tool == runner).or(tools.first()).copied().unwrap_or_default();
        let deployed = |install: &Install| {
            let role = |word: &String| naming(word).role.map(|(role, _)| role);
            let roles = || install.command.iter().filter(|word| !word.starts_with('-')).filter_map(role);
            roles().any(|role| matches!(role, Role::Production | Role::Staging))
        };
        let of_tool = installs.iter().filter(|install| install.tool() == tool);
        let kept: Vec<Install> = of_tool.clone().filter(|install| !deployed(install)).cloned().collect();
        let kept = if kept.is_empty() { of_tool.cloned().collect() } else { kept };
        // A manager is told once; what else is told of it is another way.
        if tool == "pip" { kept } else { kept.into_iter().take(1).collect() }
    }

    /// A call that installs what the project asks for, and the folder in which it finds that.
    fn install(&self, call: &Call) -> Option<Install> {
        let Meaning::InstallsPython(command) = &call.meaning else { return None };
        let command: Vec<String> = command.iter().map(|word| self.inside(word, &call.folder)).collect();
        let wanted = wanted(&command)?;
        let folder = self.place(&wanted.iter().map(String::as_str).collect::<Vec<_>>(), &call.folder)?;
        Some(Install { command, span: call.span, folder })
    }

    /// A word without the folder of the checkout before a path in it: a page may tell it from above.
    fn inside(&self, word: &str, folder: &str) -> String {
        let tree = self.repository.tree;
        let there =
            |path: &str| paths::join(folder, path).filter(|path| tree.find(path).is_some() || tree.is_dir(path));
        match word.split_once('/') {
            Some((first, rest)) if there(first).is_none() && there(rest).is_some() => rest.to_owned(),
            _ => word.to_owned(),
        }
    }

    /// The folder that has one of some files: the one named, else that of the application, or one above it.
    fn place(&self, files: &[&str], folder: &str) -> Option<String> {
        let above = std::iter::successors(Some(self.folder), |last| (!last.is_empty()).then(|| paths::parent(last)));
        let tree = self.repository.tree;
        let has = |folder: &&str| {
            files.iter().any(|file| paths::join(folder, file).is_some_and(|path| tree.find(&path).is_some()))
        };
        std::iter::once(folder).chain(above).find(has).map(str::to_owned)
    }
}

/// The folder that `cd` goes to, from one of two.
fn into(tree: &Tree, from: [&String; 2], to: &str) -> Option<String> {
    let mut found = from.into_iter().filter_map(|from| paths::join(from, to));
    found.find(|path| path.is_empty() || tree.is_dir(path))
}

/// Whether a command of a guide may install packages, by itself or through a task.
fn may_install(command: &str) -> bool {
    let first = command.split_whitespace().next().unwrap_or_default();
    let direct = ["install", " sync", "conda env", "mamba env"].iter().any(|sign| command.contains(sign));
    let tasks = ["make", "just", "task", "inv", "invoke", "bash", "sh", "mise"];
    direct || tasks.contains(&first) || first.contains('/')
}

/// The files of which one must be there for an installing command of the project; none where it installs something else.
fn wanted(command: &[String]) -> Option<Vec<String>> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let plain = |from: usize| words.iter().skip(from).filter(|word| !word.starts_with('-')).copied();
    let manifest = || vec!["pyproject.toml".to_owned(), "setup.py".to_owned(), "setup.cfg".to_owned()];
    let behind = |flags: &[&str]| {
        let pairs = words.iter().zip(words.iter().skip(1));
        pairs.filter(|(flag, _)| flags.contains(flag)).map(|(_, value)| (*value).to_owned()).next()
    };
    match words.as_slice() {
        ["uv", "sync", ..] | ["poetry" | "pdm", "install" | "sync", ..] => Some(manifest()),
        ["pipenv", "install" | "sync", ..] => plain(2).next().is_none().then(|| vec!["Pipfile".to_owned()]),
        ["pip", "install", ..] | ["uv", "pip", "install", ..] => {
            let joined = words.iter().find_map(|word| word.strip_prefix("--requirement=").or(word.strip_prefix("-r")));
            let listed =
                behind(&["-r", "--requirement"]).or_else(|| joined.filter(|file| !file.is_empty()).map(str::to_owned));
            let own = |word: &str| word == "." || word.starts_with(".[") || word == "./";
            listed.map(|file| vec![file]).or_else(|| plain(2).any(own).then(manifest))
        }
        ["uv", "pip", "sync", ..] => plain(3).next().map(|file| vec![file.to_owned()]),
        ["pip-sync" | "pip-sync-faster", ..] => Some(vec![plain(1).next().unwrap_or("requirements.txt").to_owned()]),
        ["conda" | "mamba" | "micromamba", "env", "create" | "update", ..] => {
            Some(vec![behind(&["-f", "--file"]).unwrap_or_else(|| "environment.yml".to_owned())])
        }
        _ => None,
    }
}

/// Words of headings below which nothing is told for who develops.
const OTHERS: [&str; 9] =
    ["docker", "compose", "heroku", "deploy", "deploying", "deployment", "documentation", "docs", "frontend"];

/// Whether a heading speaks of another environment than a developer's, or of something beside the application.
fn is_of_others(heading: &str) -> bool {
    let words = || heading.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase);
    let role = |word: &str| match class_of_word(word) {
        Some(WordClass::Role(role)) => Some(role),
        _ => None,
    };
    let develops = words().any(|word| role(&word) == Some(Role::Development) || word.starts_with("develop"));
    let others =
        words().any(|word| OTHERS.contains(&word.as_str()) || role(&word).is_some_and(|r| r != Role::Development));
    others && !develops && !heading.to_lowercase().contains("without docker")
}

/// How well the name of a task says that it prepares a machine for who develops, the best first.
fn rank_of_task(target: &str) -> Option<usize> {
    const FOR_OTHERS: [&str; 12] =
        ["prod", "production", "docker", "test", "tests", "docs", "lint", "ci", "frontend", "js", "hooks", "deploy"];
    const PREPARES: [&str; 12] = [
        "install",
        "setup",
        "init",
        "bootstrap",
        "develop",
        "dev",
        "deps",
        "dependencies",
        "requirements",
        "sync",
        "venv",
        "env",
    ];
    let words = || target.split(|c: char| !c.is_alphanumeric());
    let others = words().any(|word| FOR_OTHERS.contains(&word));
    let rank = words().filter_map(|word| PREPARES.iter().position(|known| *known == word)).min()?;
    let develops = words().any(|word| word == "dev" || word.starts_with("develop"));
    (!others).then_some(if develops { 0 } else { rank + 1 })
}
