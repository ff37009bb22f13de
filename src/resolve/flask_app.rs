//! The application that the `flask` command starts.

use super::components::Context;
use crate::discover::{Kind, paths};
use crate::formats::World;
use crate::model::FileId;

/// The variable that names it: a file or a module, with the factory behind a colon.
const VARIABLE: &str = "FLASK_APP";

/// The file of the application that the variable names.
pub(super) fn named(context: &Context<'_, '_>, world: &World) -> Option<FileId> {
    let var = world.get(VARIABLE);
    let text = var.value.one()?.split(':').next()?.trim();
    let tree = context.repository.tree;
    let plain = text.trim_start_matches("./");
    let module = plain.strip_suffix(".py").map_or_else(|| plain.replace('.', "/"), str::to_owned);
    let ends = [format!("{module}.py"), format!("{module}/__init__.py")];
    let is_it = |path: &str, end: &String| {
        path.strip_suffix(end.as_str()).is_some_and(|start| start.is_empty() || start.ends_with('/'))
    };
    let files = || context.repository.of(Kind::Python).iter().copied();
    let mut found: Vec<FileId> = files().filter(|file| ends.iter().any(|end| is_it(tree.path(*file), end))).collect();
    found.sort_by_key(|file| paths::parent(tree.path(*file)).len());
    found.into_iter().next().filter(|_| !module.is_empty())
}
