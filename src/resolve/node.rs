//! The Node that files of the repository choose: for setup steps that are told of one, and where people develop.

use super::components::Context;
use super::part::RuntimePart;
use crate::discover::{Tree, paths};
use crate::formats::small::json;
use crate::formats::small::runtime_files::{self, How};
use crate::model::{Certainty, Known, Origin, Reason, Span, Spanned, StepKind};

/// Files that say which Node to use, the stronger first.
const CONVENTIONS: [&str; 5] = [".nvmrc", ".node-version", ".tool-versions", "mise.toml", ".mise.toml"];
/// The file of a project of Node.
const PACKAGE: &str = "package.json";

/// The Node of the file that a setup step is told of.
pub(super) fn of_file(context: &Context<'_, '_>, file: &Known<String>, at: Span) -> Option<RuntimePart> {
    let tree = context.repository.tree;
    let path = paths::join("", file.one()?)?;
    let known = CONVENTIONS.iter().chain([&PACKAGE]).find(|name| paths::name(&path) == **name)?;
    if *known != PACKAGE {
        return Some(part(&declared(tree, &path, known)?, known, Some(at)));
    }
    // An exact version for a tool stands before a range for whoever asks.
    let version =
        of_package(tree, &path, &["volta", "node"]).or_else(|| of_package(tree, &path, &["engines", "node"]))?;
    Some(part(&version, PACKAGE, Some(at)))
}

/// The Node that the files of a folder, or of the root, choose on a person's machine.
pub(super) fn of_machine(context: &Context<'_, '_>, folder: &str) -> Option<RuntimePart> {
    let tree = context.repository.tree;
    let folders = if folder.is_empty() { vec![""] } else { vec![folder, ""] };
    let by_name = |folder: &str| {
        let found =
            CONVENTIONS.into_iter().find_map(|name| Some((declared(tree, &paths::join(folder, name)?, name)?, name)));
        found.or_else(|| Some((of_package(tree, &paths::join(folder, PACKAGE)?, &["volta", "node"])?, PACKAGE)))
    };
    let (version, name) = folders.into_iter().find_map(by_name)?;
    Some(part(&version, name, None))
}

fn part(version: &Spanned<String>, declared_in: &'static str, step: Option<Span>) -> RuntimePart {
    let origin = Origin::set(version.span);
    let origin = step.map_or_else(|| origin.clone(), |step| origin.clone().then(StepKind::Selected, step));
    let text = version.value.trim().trim_start_matches(['v', '^', '~', '=']);
    let fixed = text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains([' ', '|', '<', '>', ',']);
    let version = if fixed {
        Known::One(text.to_owned())
    } else {
        Known::Unknown(Reason::at("the file leaves it open which Node it is", version.span))
    };
    RuntimePart { tool: "node", version, declared_in, origin, certainty: Certainty::Stated }
}

fn declared(tree: &Tree, path: &str, name: &'static str) -> Option<Spanned<String>> {
    let file = tree.find(path)?;
    let read = tree.parsed(file, |file, text| runtime_files::read(file, name, text)).ok()?;
    let found = read.0.iter().find(|declared| declared.tool == "node")?;
    (found.how == How::Version).then(|| found.version.clone())
}

fn of_package(tree: &Tree, path: &str, keys: &[&str]) -> Option<Spanned<String>> {
    let file = tree.find(path)?;
    tree.parsed(file, json::parse).ok()?.0.as_ref()?.path(keys)?.spanned()
}

/// The pnpm that a project of Node asks for by its `packageManager`, which corepack and setup steps read.
pub(super) fn pnpm(tree: &Tree, path: &str) -> Option<Spanned<String>> {
    let said = of_package(tree, &paths::join("", path)?, &["packageManager"])?;
    let version = said.value.strip_prefix("pnpm@")?.split('+').next()?;
    let fixed = version.starts_with(|c: char| c.is_ascii_digit());
    fixed.then(|| Spanned::new(version.to_owned(), said.span))
}
