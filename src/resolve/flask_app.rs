//! The application that the `flask` command starts.

use super::components::Context;
use super::settings::Loaded;
use crate::discover::{Kind, paths};
use crate::formats::World;
use crate::formats::python::{self, Val};
use crate::model::FileId;

/// The variable that names it: a file or a module, with the factory behind a colon.
const VARIABLE: &str = "FLASK_APP";

/// The variable that turns debugging on where the program does not say.
const DEBUG: &str = "FLASK_DEBUG";

/// States what a variable makes of `DEBUG` where the class that configures the program has none: an application of Flask has
/// the variable's before the class is read.
pub(super) fn turn_on(context: &Context<'_, '_>, loaded: &mut Loaded) {
    let values = &mut loaded.settings.values;
    let var = loaded.world.get(DEBUG);
    let Some(text) = var.value.one().filter(|_| loaded.choice.class.is_some() && !values.contains_key("DEBUG")) else {
        return;
    };
    let tree = context.repository.tree;
    let mut files = context.repository.of(Kind::Python).iter();
    if values.is_empty() || !files.any(|file| tree.text(*file).is_ok_and(|text| text.contains("Flask("))) {
        return;
    }
    let off = ["", "0", "false", "no"].contains(&text.to_ascii_lowercase().as_str());
    let mut val = Val::of(python::Kind::Bool(!off));
    (val.origin, val.certainty) = (var.origin.clone(), var.certainty.clone());
    val.variables.insert(DEBUG.to_owned());
    values.insert("DEBUG".to_owned(), val);
}

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
