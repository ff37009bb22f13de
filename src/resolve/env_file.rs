//! A file of variables that an image brings as `.env` under another name in the repository.

use super::build::Built;
use super::part::Part;
use crate::discover::paths;
use crate::formats::dockerfile::Action;
use crate::formats::dotenv::{self, Dialect};
use crate::formats::{Var, World};
use crate::links::container::absolute;
use crate::model::{Certainty, Span, StepKind};

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
    let copy = copy_of(built, paths::name(&path));
    let read = dotenv::parse(file, text, Dialect::PythonDotenv, &World::empty());
    for (name, var) in dotenv::vars(&read) {
        if part.world.vars().contains_key(&name) {
            continue;
        }
        let certainty = Certainty::Default { variable: Some(name.clone()) };
        part.providers.insert(name.clone(), "dotenv");
        let origin = var.origin.clone().then(StepKind::CopiedFrom, copy.unwrap_or(Span::new(file, 0, 0)));
        part.world.vars_mut().insert(name, Var { certainty, origin, ..var });
    }
}

/// Where the build copies a file of a name.
fn copy_of(built: &Built<'_>, name: &str) -> Option<Span> {
    let steps = built.build.stages.iter().flat_map(|stage| &stage.steps);
    steps.rev().find_map(|step| match &step.action {
        Action::Copy { sources, .. } => {
            sources.iter().find(|source| paths::name(&source.value) == name).map(|source| source.span)
        }
        Action::Run { .. } => None,
    })
}
