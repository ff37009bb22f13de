//! The variables of a service: files of variables, then `environment`.

use std::collections::BTreeMap;

use super::decode::{reason, unmarked};
use super::load::Loader;
use super::merge::as_pairs;
use super::value::{Data, Node};
use super::{EnvFileUse, EnvVar, Provider};
use crate::discover::{Presence, Tree, paths};
use crate::formats::dotenv::{self, Dialect};
use crate::formats::{Var, Vars, World};
use crate::model::{Certainty, Known, Origin, Span, StepKind};

/// The variables of the tracked `.env` beside a compose file.
pub fn dot_env(tree: &Tree, folder: &str) -> Option<Vars> {
    let file = tree.find(&paths::join(folder, ".env")?)?;
    let text = tree.text(file).ok()?;
    Some(dotenv::vars(&dotenv::parse(file, text, Dialect::Compose, &World::empty())))
}

/// A file of variables that a service names.
struct Named {
    path: String,
    required: bool,
    format: Option<String>,
    span: Span,
}

fn named(node: &Node) -> Vec<Named> {
    let one = |node: &Node| match &node.data {
        Data::Map(_) => Some(Named {
            path: unmarked(node.get("path")?.one()?),
            required: node.get("required").and_then(Node::one) != Some("false"),
            format: node.get("format").and_then(Node::one).map(str::to_owned),
            span: node.get("path").map_or(node.span, |path| path.span),
        }),
        _ => Some(Named { path: unmarked(node.one()?), required: true, format: None, span: node.span }),
    };
    match &node.data {
        Data::Seq(items) => items.iter().filter_map(one).collect(),
        _ => one(node).into_iter().collect(),
    }
}

/// The variables of a service.
pub(super) fn of(loader: &mut Loader<'_>, service: &str, node: &Node) -> BTreeMap<String, EnvVar> {
    let mut found: BTreeMap<String, EnvVar> = BTreeMap::new();
    for file in node.get("env_file").map(named).unwrap_or_default() {
        let presence = loader.tree.presence(&file.path);
        if let Presence::Here(id) = presence {
            if let Ok(text) = loader.tree.text(id) {
                let dialect =
                    if file.format.as_deref() == Some("raw") { Dialect::ComposeRaw } else { Dialect::Compose };
                let mut world = loader.options.env.clone();
                for (name, var) in &found {
                    world.vars_mut().insert(name.clone(), var.var.clone());
                }
                let read = dotenv::parse(id, text, dialect, &world);
                loader.project.problems.extend(read.problems.iter().cloned());
                for (name, mut var) in dotenv::vars(&read) {
                    var.origin = var.origin.then(StepKind::Included, file.span);
                    found.insert(name, EnvVar { var, provider: Provider::EnvFile, pass_through: false });
                }
            }
        } else if file.required {
            loader.error(file.span, &format!("{} is not in the repository", file.path));
        }
        loader.project.env_files.push(EnvFileUse {
            service: service.to_owned(),
            path: file.path,
            span: file.span,
            presence,
            required: file.required,
            format: file.format,
        });
    }
    for (name, value) in node.get("environment").map(as_pairs).unwrap_or_default() {
        let given = given(loader, &name.value, name.span, &value);
        let given = match (found.remove(&name.value), given) {
            (Some(EnvVar { var: before, .. }), mut given) => {
                if let Some(place) = before.origin.primary() {
                    given.var.origin = given.var.origin.then(StepKind::Overridden, place);
                }
                given
            }
            (None, given) => given,
        };
        found.insert(name.value, given);
    }
    found
}

fn given(loader: &Loader<'_>, name: &str, span: Span, value: &Node) -> EnvVar {
    if let Data::Text { value: text, certainty, .. } = &value.data {
        let known = match text {
            Known::Unknown(_) => Known::Unknown(reason(value)),
            known => known.clone(),
        };
        let var = Var { value: known, certainty: certainty.clone(), origin: value.origin() };
        EnvVar { var, provider: Provider::Environment, pass_through: false }
    } else {
        let outside = loader.options.env.get(name);
        let var = Var { value: outside.value, certainty: Certainty::Stated, origin: Origin::set(span) };
        let pass_through = var.value.one().is_none();
        EnvVar { var, provider: Provider::Environment, pass_through }
    }
}
