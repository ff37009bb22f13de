//! Scripts of `package.json`: what `npm run start` comes to.

use super::container::glob;
use super::runners::{MAX_TARGETS, Piece};
use crate::discover::{Tree, paths};
use crate::formats::Vars;
use crate::formats::shell::Dialect;
use crate::formats::small::{CommandText, json, quoted, tree::Node};
use crate::model::{FileId, Span, SpanMap};

/// Verbs that are scripts of their own name.
const VERBS: [&str; 5] = ["start", "test", "stop", "restart", "dev"];
/// Options that take the next word, before the script's name.
const VALUED: [&str; 7] = ["--prefix", "-C", "--cwd", "--dir", "-w", "--workspace", "--filter"];
/// Options of `concurrently` and `npm-run-all` that take the next word.
const OF_SEVERAL: [&str; 18] = [
    "-n",
    "--names",
    "-c",
    "--prefix-colors",
    "-p",
    "--prefix",
    "-l",
    "--prefix-length",
    "-t",
    "--timestamp-format",
    "-m",
    "--max-processes",
    "-s",
    "--success",
    "--restart-tries",
    "--restart-after",
    "--name-separator",
    "--default-input-target",
];

/// What a call of npm, pnpm, yarn or bun runs.
pub(super) fn pieces(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Piece>> {
    let manager = argv.first()?.rsplit('/').next()?;
    let mut folder = folder.to_owned();
    let mut named: Option<&str> = None;
    let mut rest = argv.iter().skip(1);
    while let Some(word) = rest.next() {
        let (flag, joined) = word.split_once('=').map_or((word.as_str(), None), |(flag, value)| (flag, Some(value)));
        if flag.starts_with('-') {
            let value =
                if VALUED.contains(&flag) { joined.map(str::to_owned).or_else(|| rest.next().cloned()) } else { None };
            match flag {
                "--prefix" | "-C" | "--cwd" | "--dir" => folder = paths::join(&folder, &value?)?,
                // A package of a workspace is not looked up.
                "-w" | "--workspace" | "--filter" | "--workspaces" | "-r" => return None,
                _ => {}
            }
        } else if ["run", "run-script"].contains(&flag) && named.is_none() {
            named = Some("");
        } else {
            let known = named.is_some() || VERBS.contains(&flag) && (flag != "dev" || manager != "npm");
            named = (known || manager != "npm").then_some(word.as_str());
            break;
        }
    }
    let name = named.filter(|name| !name.is_empty())?;
    let given: Vec<String> = rest.filter(|word| *word != "--").map(|word| quoted(word)).collect();
    let manifest = Manifest::nearest(tree, &folder)?;
    let all = manifest.with_hooks(name, &given, matches!(manager, "npm"));
    (!all.is_empty()).then_some(all)
}

/// What a program that runs several commands at once or in turn is given: texts, or names of scripts.
pub(super) fn several(tree: &Tree, argv: &[String], folder: &str, span: Span) -> Vec<Piece> {
    let names_scripts = argv.first().is_none_or(|word| !word.ends_with("concurrently"));
    let valued =
        |word: &str| OF_SEVERAL.contains(&word) && !(names_scripts && ["-p", "-s", "-c", "-l", "-n"].contains(&word));
    let mut rest = argv.iter().skip(1);
    let mut all = Vec::new();
    while let Some(word) = rest.next() {
        if word.starts_with('-') {
            if valued(word) {
                rest.next();
            }
            continue;
        }
        let script = word.strip_prefix("npm:").or(names_scripts.then_some(word.as_str()));
        let mut add = |text: String| all.push(piece(text, SpanMap::Whole(span), folder.to_owned()));
        match script {
            // A pattern stands for every script that fits it.
            Some(pattern) if pattern.contains('*') => {
                let manifest = Manifest::nearest(tree, folder);
                let names = manifest.iter().flat_map(Manifest::scripts).map(|(name, _)| name.value.as_str());
                names.filter(|name| glob(pattern, name)).for_each(|name| add(format!("npm run {name}")));
            }
            Some(script) => add(format!("npm run {script}")),
            None => add(word.clone()),
        }
    }
    all.truncate(MAX_TARGETS);
    all
}

/// What every script of a `package.json` runs.
pub(super) fn every(tree: &Tree, file: FileId) -> Vec<(String, Vec<Piece>)> {
    let Some(manifest) = Manifest::read(tree, file) else { return Vec::new() };
    let names: Vec<String> = manifest.scripts().iter().map(|(name, _)| name.value.clone()).collect();
    names.into_iter().map(|name| (name.clone(), manifest.script(&name, &[]).into_iter().collect())).collect()
}

struct Manifest {
    root: Node,
    folder: String,
}

impl Manifest {
    fn read(tree: &Tree, file: FileId) -> Option<Self> {
        let root = tree.parsed(file, json::parse).ok()?.0.clone()?;
        Some(Self { root, folder: paths::parent(tree.path(file)).to_owned() })
    }

    /// That of a folder, or of the nearest folder above that has one.
    fn nearest(tree: &Tree, folder: &str) -> Option<Self> {
        let mut folder = folder;
        loop {
            if let Some(file) = paths::join(folder, "package.json").and_then(|path| tree.find(&path)) {
                return Self::read(tree, file);
            }
            if folder.is_empty() {
                return None;
            }
            folder = paths::parent(folder);
        }
    }

    fn scripts(&self) -> &[(crate::model::Spanned<String>, Node)] {
        self.root.get("scripts").map_or(&[], Node::entries)
    }

    /// A script; npm runs those named for what is before and after it as well.
    fn with_hooks(&self, name: &str, given: &[String], hooks: bool) -> Vec<Piece> {
        let Some(own) = self.script(name, given) else { return Vec::new() };
        let hook = |when: &str| self.script(&format!("{when}{name}"), &[]).filter(|_| hooks);
        hook("pre").into_iter().chain([own]).chain(hook("post")).collect()
    }

    fn script(&self, name: &str, given: &[String]) -> Option<Piece> {
        let of = |name: &str| self.scripts().iter().find(|(known, _)| known.value == name).map(|(_, node)| node);
        let mut command = CommandText::of(of(name)?)?;
        // `run-script-os` takes the script of the same name for the system that it runs on.
        if command.text.trim() == "run-script-os" {
            let systems = ["linux", "nix", "macos", "default"];
            let node = systems.iter().find_map(|system| of(&format!("{name}:{system}")))?;
            command = CommandText::of(node)?;
        }
        let text = [std::slice::from_ref(&command.text), given].concat().join(" ");
        Some(piece(text, command.map, self.folder.clone()))
    }
}

fn piece(text: String, map: SpanMap, folder: String) -> Piece {
    Piece { text, map, folder, vars: Vars::new(), may_fail: false, dialect: Dialect::Posix }
}
