//! A file of variables that an image brings as `.env` under another name in the repository.

use super::build::Built;
use super::part::Part;
use crate::discover::paths;
use crate::formats::dotenv::{self, Dialect};
use crate::formats::{Var, World};
use crate::links::container::absolute;
use crate::model::Certainty;

/// The name under which a program looks for its variables.
const NAME: &str = ".env";

/// Takes over the variables of the file that the image has as `.env` where its command starts: what the program reads
/// unless its environment says otherwise. One of that name is read where the settings are.
pub(super) fn copied(part: &mut Part<'_>, built: &Built<'_>) {
    let container = &built.container;
    let inside = absolute(&container.workdir, NAME);
    let Some((path, file, text)) = container.file_text(&inside) else { return };
    if paths::name(&path) == NAME {
        return;
    }
    let read = dotenv::parse(file, text, Dialect::PythonDotenv, &World::empty());
    for (name, var) in dotenv::vars(&read) {
        if part.world.vars().contains_key(&name) {
            continue;
        }
        let certainty = Certainty::Default { variable: Some(name.clone()) };
        part.providers.insert(name.clone(), "dotenv");
        part.world.vars_mut().insert(name, Var { certainty, ..var });
    }
}
