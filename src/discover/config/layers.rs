//! From a file to the layers it builds on, and from layers to one configuration.

use super::node::{Node, Value};
use super::{Config, ConfigFile, check, packages};
use crate::discover::paths;
use crate::discover::tree::{Presence, Tree};
use crate::model::near::hint;
use crate::model::{FileId, Problem, Span};

/// How many files a configuration may be made of.
const DEEPEST: usize = 16;
/// Lists of which a layer adds to those below; every other value takes the place of the one below.
const ADDED: [&str; 3] = ["ignore", "allow", "rule-files"];
/// The version that `required-version` is held against.
const VERSION: &str = env!("CARGO_PKG_VERSION");

struct Layer {
    file: FileId,
    root: Node,
}

/// Whether a pyproject.toml has a `[tool.paritylint]`.
pub(super) fn has_table(tree: &Tree, file: FileId) -> bool {
    tree.text(file).is_ok_and(|text| {
        text.contains("paritylint") && Node::parse(file, text).0.at(&["tool", "paritylint"]).is_some()
    })
}

/// The place of `[tool.paritylint]`.
pub(super) fn table_span(tree: &Tree, file: FileId) -> Span {
    let text = tree.text(file).unwrap_or_default();
    Node::parse(file, text).0.at(&["tool", "paritylint"]).map_or(Span::new(file, 0, 0), |node| node.key)
}

/// Whether a key that is held fast covers another.
pub(super) fn covers(held: &str, key: &str) -> bool {
    key.strip_prefix(held).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// What a configuration says of its own folder alone: it holds for no folder below.
const LOCAL: [&str; 2] = ["environments", "baseline"];

/// Reads a file and all it builds on, over the configuration of a folder above and all that builds on.
pub(super) fn read(tree: &Tree, file: Option<FileId>, above: Option<FileId>) -> Config {
    let mut config = Config { file, ..Config::default() };
    let mut layers = Vec::new();
    if let Some(above) = above {
        gather(tree, above, &mut Vec::new(), &mut layers, &mut config.problems);
        if let Some(Value::Table(table)) = layers.last_mut().map(|layer| &mut layer.root.value) {
            table.retain(|key, _| !LOCAL.contains(&key.as_str()));
        }
    }
    if let Some(file) = file {
        gather(tree, file, &mut Vec::new(), &mut layers, &mut config.problems);
    }
    config.files = layers.iter().map(|layer| layer.file).collect();
    if !config.problems.is_empty() {
        return config;
    }
    for layer in layers {
        hold(&mut config, &layer.root);
        let finals = layer.root.list("final").iter().filter_map(|node| Some((node.text()?.to_owned(), node.span)));
        let finals: Vec<(String, Span)> = finals.collect();
        config.finals.extend(finals);
        match &mut config.root {
            Some(root) => merge(root, layer.root, ""),
            None => config.root = Some(layer.root),
        }
    }
    config.finals.retain(|(_, span)| Some(span.file) != file);
    if let Some(root) = &config.root {
        match root.plain().try_into::<ConfigFile>() {
            Ok(says) => config.says = says,
            Err(error) => config.problems.push(Problem::new(root.span, error.message().to_owned())),
        }
    }
    config.problems.extend(files_there(tree, &config));
    config
}

/// The layers below a file, then the file itself.
fn gather(tree: &Tree, file: FileId, open: &mut Vec<FileId>, layers: &mut Vec<Layer>, problems: &mut Vec<Problem>) {
    let text = match tree.text(file) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("the configuration cannot be read: {error}");
            return problems.push(Problem::new(Span::new(file, 0, 0), message));
        }
    };
    let (root, errors) = Node::parse(file, text);
    if !errors.is_empty() {
        return problems.extend(errors);
    }
    let nested = paths::name(tree.path(file)) == "pyproject.toml";
    let root = if nested { root.at(&["tool", "paritylint"]).cloned().unwrap_or(root) } else { root };
    // A later version may have other keys: its number is looked at first.
    if let Some(problem) = root.at(&["required-version"]).and_then(other_version) {
        return problems.push(problem);
    }
    let found = check::check(&root);
    if !found.is_empty() {
        return problems.extend(found);
    }
    open.push(file);
    for entry in root.list("extends") {
        let Some(name) = entry.text() else { continue };
        match find(tree, file, name, &root) {
            Ok(below) if open.contains(&below) => {
                problems.push(Problem::new(entry.span, format!("{name} is built on this configuration itself")));
            }
            Ok(_) if open.len() >= DEEPEST => {
                problems.push(Problem::new(entry.span, "too many configurations are built on one another"));
            }
            Ok(below) if layers.iter().any(|layer| layer.file == below) => {}
            Ok(below) => gather(tree, below, open, layers, problems),
            Err((message, help)) => problems.push(Problem { span: entry.span, message, help }),
        }
    }
    open.pop();
    layers.push(Layer { file, root: from_here(tree, file, root) });
}

/// Rule files stand beside the layer that names them.
fn from_here(tree: &Tree, file: FileId, mut root: Node) -> Node {
    let folder = paths::parent(tree.path(file)).to_owned();
    if let Value::Table(table) = &mut root.value
        && let Some(Value::List(items)) = table.get_mut("rule-files").map(|node| &mut node.value)
    {
        for item in items {
            if let Some(path) = item.text().filter(|path| !path.starts_with('/')) {
                item.value = Value::Text(paths::beneath(&folder, path));
            }
        }
    }
    root
}

fn other_version(written: &Node) -> Option<Problem> {
    let wanted: pep440_rs::VersionSpecifiers = written.text()?.parse().ok()?;
    let here: pep440_rs::Version = VERSION.parse().ok()?;
    if wanted.contains(&here) {
        return None;
    }
    let message = format!("this is paritylint {VERSION}; the configuration asks for {}", written.text()?);
    let help = "install a version that fits, or change required-version";
    Some(Problem { span: written.span, message, help: Some(help.into()) })
}

/// The file that an entry of `extends` names.
fn find(tree: &Tree, from: FileId, name: &str, root: &Node) -> Result<FileId, (String, Option<String>)> {
    if let Some(package) = name.strip_prefix(packages::MARK) {
        return packages::path(package).and_then(|path| tree.find(&path)).ok_or_else(|| {
            let sites: Vec<&str> = root.list("site-packages").iter().filter_map(Node::text).collect();
            let looked = if sites.is_empty() { "no folder of packages is named".to_owned() } else { sites.join(", ") };
            let help = "install it, and name the folder: site-packages = [\".venv/lib/python3*/site-packages\"], or \
                        --site-packages FOLDER";
            (format!("the package {package} with a {} is not found: {looked}", super::NAMES[0]), Some(help.into()))
        });
    }
    if !name.ends_with(".toml") {
        let help = format!("for an installed Python package, write {}{name}", packages::MARK);
        return Err((format!("{name} is no .toml file"), Some(help)));
    }
    let path = paths::beneath(paths::parent(tree.path(from)), name);
    if name.starts_with('/') || paths::climbs(&path) > tree.stand.depth() {
        return Err((format!("{name} lies outside the repository"), None));
    }
    tree.find(&path).ok_or_else(|| (missing(tree, &path), None))
}

/// A file that is not there, and the one that was probably meant.
fn missing(tree: &Tree, path: &str) -> String {
    if paths::climbs(path) == 0 && tree.presence(path) == Presence::Ignored {
        return format!("{path} is ignored by git, so it is not read");
    }
    let same_end =
        |other: &&str| paths::name(other) == paths::name(path) || paths::parent(other) == paths::parent(path);
    let near = hint(path, tree.files().map(|(_, other)| other).filter(same_end));
    format!("there is no file {path}{}", if near.contains("did you mean") { near } else { String::new() })
}

/// What a layer sets although one below it holds it fast.
fn hold(config: &mut Config, layer: &Node) {
    let Value::Table(table) = &layer.value else { return };
    let mut set: Vec<(String, Span)> = Vec::new();
    for (key, node) in table {
        leaves(key, node, &mut set);
    }
    let ignored = layer.list("ignore").iter().filter_map(|node| Some((format!("rules.{}", node.text()?), node.span)));
    set.extend(ignored);
    let mut problems = Vec::new();
    for (key, span) in set {
        if let Some((held, _)) = config.finals.iter().find(|(held, _)| covers(held, &key)) {
            let message = format!("{held} is final in the configuration that this one extends");
            let help = Some("remove it here, or have it changed there".to_owned());
            problems.push(Problem { span, message, help });
        }
    }
    config.problems.extend(problems);
}

fn leaves(key: &str, node: &Node, found: &mut Vec<(String, Span)>) {
    match &node.value {
        Value::Table(table) => table.iter().for_each(|(name, inner)| leaves(&format!("{key}.{name}"), inner, found)),
        _ => found.push((key.to_owned(), node.key)),
    }
}

fn merge(below: &mut Node, above: Node, key: &str) {
    match (&mut below.value, above.value) {
        (Value::Table(below), Value::Table(above)) => {
            for (name, node) in above {
                match below.get_mut(&name) {
                    Some(known) => merge(known, node, &name),
                    None => {
                        below.insert(name, node);
                    }
                }
            }
        }
        (Value::List(below), Value::List(above)) if ADDED.contains(&key) => below.extend(above),
        (_, value) => *below = Node { value, ..above },
    }
}

/// Files that the repository's own configuration names and that are not there.
fn files_there(tree: &Tree, config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut look = |node: &Node, path: &str, help: Option<&str>| {
        if Some(node.span.file) == config.file && tree.find(path).is_none() {
            let help = help.map(str::to_owned);
            problems.push(Problem { span: node.span, message: missing(tree, path), help });
        }
    };
    for name in config.says.environments.keys() {
        let Some(environment) = config.at(&["environments", name]) else { continue };
        let paths = environment.list("compose").iter().chain(environment.at(&["dockerfile"]));
        for node in paths {
            look(node, node.text().unwrap_or_default(), None);
        }
        for node in environment.list("jobs") {
            let workflow = node.text().and_then(|job| job.rsplit_once(':')).map_or("", |(file, _)| file);
            let short = format!(".github/workflows/{workflow}");
            let path = if tree.find(workflow).is_some() { workflow } else { &short };
            look(node, path, Some("name the workflow's file and the job: \"ci.yml:test\""));
        }
    }
    problems
}
