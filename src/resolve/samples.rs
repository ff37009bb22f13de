//! Samples of variables files: which document a file, and what stands in for it.

use super::part::Part;
use crate::discover::{Tree, paths};
use crate::environments::words::naming;
use crate::formats::{World, dotenv};
use crate::model::{Certainty, FileId, Origin, Span, StepKind};

/// Whether a variable is written in a file that is itself a sample.
pub(super) fn from_sample(span: Option<Span>, tree: &Tree) -> bool {
    span.is_some_and(|span| naming(paths::name(tree.path(span.file))).template)
}

/// Whether a value lies in a sample that stands for a file of variables; what is copied to where the program reads it is that
/// file.
pub(super) fn is_shown(origin: &Origin, tree: &Tree) -> bool {
    let copied = || origin.steps.iter().any(|step| step.kind == StepKind::CopiedFrom);
    origin.steps.iter().any(|step| from_sample(Some(step.span), tree)) && !copied()
}

/// A sample's values stand for the file's, as defaults: whoever copies it may change them.
pub(super) fn stand_in(part: &mut Part<'_>, tree: &Tree, sample: FileId, named: Span) {
    let Ok(text) = tree.text(sample) else { return };
    let read = dotenv::parse(sample, text, dotenv::Dialect::Compose, &World::empty());
    for (name, mut var) in dotenv::vars(&read) {
        var.certainty = Certainty::Default { variable: Some(name.clone()) };
        var.origin = var.origin.then(StepKind::Included, named);
        part.providers.insert(name.clone(), "sample");
        part.world.vars_mut().insert(name, var);
    }
}
