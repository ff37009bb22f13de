//! What an image rests on: the base outside its Dockerfile, and what that has where the repository makes it too.

use super::build::Built;
use super::part::RuntimePart;
use crate::formats::Var;
use crate::formats::dockerfile::{Build, Command};
use crate::knowledge::images;
use crate::model::{Certainty, Known, Origin, Reason, Spanned, StepKind};

/// The image outside the Dockerfile that a stage rests on in the end.
pub(super) fn external_base(build: &Build, stage: usize) -> (Known<String>, Certainty, Origin) {
    let chain = build.chain(stage);
    let base = chain.first().and_then(|first| build.stages.get(*first)).map(|stage| &stage.base);
    let Some(base) = base else {
        return (Known::Unknown(Reason::new("the Dockerfile has no stage")), Certainty::Stated, Origin::default());
    };
    let mut origin = base.origin.clone();
    if origin.steps.is_empty() {
        origin = Origin::set(base.raw.span);
    }
    for later in chain.iter().skip(1).filter_map(|index| build.stages.get(*index)) {
        origin = origin.then(StepKind::Inherited, later.from_span);
    }
    let reference = match &base.reference {
        Known::One(text) if text.is_empty() || text.ends_with([':', '-', '@']) || text.contains(":-") => {
            Known::Unknown(Reason::at(
                "a build argument without a default names it, and nothing hands one over",
                base.raw.span,
            ))
        }
        reference => reference.clone(),
    };
    (reference, base.certainty.clone(), origin)
}

/// What can be said of a base whose tag is not known in full: the words around the unknown part speak.
pub(super) fn partly(build: &Build, stage: usize) -> Option<images::Image> {
    let first = *build.chain(stage).first()?;
    let raw = &build.stages.get(first)?.base.raw.value;
    let cut = raw.find("${").or_else(|| raw.find('$'))?;
    let (repository, tag) = raw[..cut].rsplit_once(':')?;
    let tag = format!("{tag}{}", &raw[cut..]);
    Some(images::describe_parts(repository, &tag))
}

/// What an image has of the one that it rests on.
pub(super) fn inherited(base: &Built<'_>, origin: &Origin) -> Vec<RuntimePart> {
    let Some(place) = origin.primary() else { return base.runtimes.clone() };
    let further = |runtime: &RuntimePart| RuntimePart {
        origin: runtime.origin.clone().then(StepKind::Inherited, place),
        ..runtime.clone()
    };
    base.runtimes.iter().filter(|runtime| runtime.declared_in != super::build::BUILD_STAGE).map(further).collect()
}

/// Who an image runs as: whom it says itself, else whom the image says that it rests on.
pub(super) fn user(built: &Built<'_>) -> Option<Spanned<String>> {
    built.stage()?.user.clone().or_else(|| user(built.base.as_deref()?))
}

/// The variables that the images below set.
pub(super) fn variables<'b>(built: &'b Built<'_>) -> Vec<(&'b String, Var)> {
    let Some(base) = &built.base else { return Vec::new() };
    let own = base.stage().into_iter().flat_map(|stage| stage.env.iter().map(|(name, var)| (name, var.clone())));
    variables(base).into_iter().chain(own).collect()
}

/// The entry point and the command of an image: its own, else those of the image that it rests on.
pub(super) fn commands<'b>(built: &'b Built<'_>) -> (Option<&'b Command>, Option<&'b Command>) {
    let Some(stage) = built.stage() else { return (None, None) };
    if stage.entrypoint.is_some() {
        return (stage.entrypoint.as_ref(), stage.cmd.as_ref());
    }
    let (entry, command) = built.base.as_deref().map(commands).unwrap_or_default();
    (entry, stage.cmd.as_ref().or(command))
}
