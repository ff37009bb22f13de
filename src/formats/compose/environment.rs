//! The variables of a service: files of variables, then `environment`.

use std::collections::BTreeMap;

use super::load::Loader;
use super::value::{Data, Node};
use super::{EnvFileUse, EnvVar, Provider};
use crate::discover::{Presence, Tree, paths};
use crate::formats::dotenv::{self, Dialect};
use crate::formats::{Var, Vars, World};
use crate::model::{Certainty, Known, Origin, Span, Spanned, StepKind};

/// The variables of the tracked `.env` beside a compose file.
pub fn dot_env(tree: &Tree, folder: &str) -> Option<Vars> {
    let file = tree.find(&paths::join(folder, ".env")?)?;
    let text = tree.text(file).ok()?;
    Some(dotenv::vars(&dotenv::parse(file, text, Dialect::Compose, &World::empty())))
}

/// A file of variables that a service names.
struct Named {
    path: Known<String>,
    required: bool,
    format: Option<String>,
    span: Span,
}

/// The files of `env_file` in order.
fn named(node: &Node) -> Vec<Named> {
    let of = |item: &Node| {
        let path = item.get("path")?;
        Some(Named {
            path: path.scalar()?.known(),
            required: item.get("required").is_none_or(Node::is_true),
            format: item.get("format").and_then(Node::one).map(str::to_owned),
            span: path.span,
        })
    };
    node.items().iter().filter_map(of).collect()
}

/// A list of `K=V` or `K` as entries, a mapping as its entries; the last of a name counts.
pub(super) fn pairs(node: &Node) -> Vec<(Spanned<String>, Node)> {
    if node.is_map() {
        return node.entries().to_vec();
    }
    let mut found: BTreeMap<String, (Spanned<String>, Node)> = BTreeMap::new();
    for (name, value) in node.items().iter().filter_map(Node::pair) {
        found.insert(name.value.clone(), (name, value));
    }
    found.into_values().collect()
}

/// The variables of a service.
pub(super) fn of(loader: &mut Loader<'_>, service: &str, node: &Node, on: bool) -> BTreeMap<String, EnvVar> {
    let mut own: BTreeMap<String, EnvVar> = BTreeMap::new();
    let environment = node.get("environment");
    for item in environment.map(Node::items).unwrap_or_default() {
        let name = item.text().map(|text| text.split_once('=').map_or(text, |(name, _)| name));
        // Compose looks at the last byte alone.
        let last = name.and_then(|name| name.bytes().last());
        if last.is_some_and(|byte| matches!(byte, b'\t'..=b'\r' | b' ' | 0x85 | 0xa0)) {
            loader.error(item.span, "the name of a variable ends in a space");
        }
    }
    for (name, value) in environment.map(pairs).unwrap_or_default() {
        let given = given(&loader.options.env, &name, &value);
        own.insert(name.value, given);
    }
    let mut found: BTreeMap<String, EnvVar> = BTreeMap::new();
    let files = node.get("env_file").map(named).unwrap_or_default();
    for file in files {
        let Some(path) = file.path.one().cloned() else { continue };
        let presence = loader.tree.presence(&path);
        let written = loader.options.written.get(paths::name(&path)).filter(|_| presence == Presence::Missing).cloned();
        let is_written = written.is_some();
        let vars = match (presence, written) {
            (Presence::Here(id), _) => Some(read(loader, id, &file, (&own, &found), on)),
            (_, written) => written,
        };
        if let Some(vars) = vars {
            for (name, mut var) in vars {
                var.origin = var.origin.then(StepKind::Included, file.span);
                found.insert(name, EnvVar { var, provider: Provider::EnvFile, pass_through: false });
            }
        } else if path.starts_with("..") {
            loader.project.outside.push(Spanned::new(path.clone(), file.span));
        } else if on && !path.is_empty() && loader.tree.is_dir(path.trim_matches('.')) {
            loader.error(file.span, format!("{path} is a folder"));
        }
        loader.project.env_files.push(EnvFileUse {
            service: service.to_owned(),
            path,
            span: file.span,
            presence,
            required: file.required,
            format: file.format,
            written: is_written,
        });
    }
    for (name, mut given) in own {
        if let Some(before) = found.remove(&name).and_then(|before| before.var.origin.primary()) {
            given.var.origin = given.var.origin.then(StepKind::Overridden, before);
        }
        found.insert(name, given);
    }
    found
}

/// Looks at the files of labels of a service that is on.
pub(super) fn labels(loader: &mut Loader<'_>, node: &Node) {
    for file in node.get("label_file").map(Node::list).unwrap_or_default() {
        let Some(path) = file.one() else { continue };
        match loader.tree.presence(path) {
            Presence::Here(id) => {
                let Ok(text) = loader.tree.text(id) else { continue };
                let read = dotenv::parse(id, text, Dialect::Compose, &World::empty());
                loader.project.errors.extend(read.problems);
            }
            Presence::Missing => loader.error(file.span, format!("{path} is not in the repository")),
            Presence::Ignored => {}
        }
    }
}

/// The variables of one file. Its `${X}` see the project's variables, then the service's own, then the lines before, then
/// those of files before.
fn read(
    loader: &mut Loader<'_>,
    id: crate::model::FileId,
    file: &Named,
    (own, found): (&BTreeMap<String, EnvVar>, &BTreeMap<String, EnvVar>),
    on: bool,
) -> Vars {
    let Ok(text) = loader.tree.text(id) else { return Vars::new() };
    let dialect = match file.format.as_deref() {
        None | Some("") => Dialect::Compose,
        Some("raw") => Dialect::ComposeRaw,
        Some(other) => {
            if on {
                loader.error(file.span, format!("no such format of a file of variables: {other}"));
            }
            return Vars::new();
        }
    };
    let mut world = loader.options.env.clone();
    for (name, given) in own {
        if given.var.value != Known::Absent {
            world.vars_mut().entry(name.clone()).or_insert_with(|| given.var.clone());
        }
    }
    let before: Vars = found.iter().map(|(name, given)| (name.clone(), given.var.clone())).collect();
    let read = dotenv::parse_after(id, text, dialect, &world, &before);
    if on {
        loader.project.problems.extend(read.problems.iter().cloned());
        loader.project.errors.extend(read.problems.iter().cloned());
    }
    dotenv::vars(&read)
}

fn given(world: &World, name: &Spanned<String>, value: &Node) -> EnvVar {
    if let Data::Scalar(scalar) = &value.data {
        let var = Var { value: scalar.known(), certainty: scalar.certainty.clone(), origin: value.origin() };
        return EnvVar { var, provider: Provider::Environment, pass_through: false };
    }
    let outside = world.get(&name.value);
    let mut origin = Origin::set(name.span);
    for step in value.origin().steps.into_iter().skip(1) {
        origin.steps.push(step);
    }
    let pass_through = outside.value.one().is_none();
    let origin = outside.origin.primary().map_or(origin.clone(), |place| origin.then(StepKind::Included, place));
    let certainty = if outside.value.one().is_some() { outside.certainty } else { Certainty::Stated };
    EnvVar { var: Var { value: outside.value, certainty, origin }, provider: Provider::Environment, pass_through }
}
