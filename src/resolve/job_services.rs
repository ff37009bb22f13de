//! The containers that run beside a CI job for it, each a component of its own: what its image is.

use std::collections::BTreeMap;

use super::components::{Context, image_part};
use super::job::every;
use super::part::{Host, Part};
use crate::formats::workflow;
use crate::knowledge::images;
use crate::links::Container;
use crate::model::{Certainty, ComponentKind, FileId, Origin, Reason, StepKind};

/// Adds the service containers of a job that are not there yet.
pub(super) fn add<'t>(context: &Context<'_, 't>, (file, id): (FileId, &str), parts: &mut Vec<Part<'t>>) {
    let Some(flow) = context.repository.workflow(file) else { return };
    let Some(job) = flow.jobs.iter().find(|job| job.id.value == id) else { return };
    let instances = workflow::expand(&flow, job, &BTreeMap::new());
    for (name, spec) in &job.services {
        let images: Vec<_> =
            instances.iter().filter_map(|instance| Some(&instance.services.get(name)?.image)).collect();
        let reference = every(images.iter().map(|image| image.0.clone()).collect(), spec.image.span);
        if reference.values().iter().all(String::is_empty) {
            continue;
        }
        let place = images.first().map(|image| image.1).filter(|place| place.file != spec.image.span.file);
        let origin = place.map_or_else(
            || Origin::set(spec.image.span),
            |place| Origin::set(place).then(StepKind::Used, spec.image.span),
        );
        let known = |part: &&Part<'_>| *part.name == **name;
        let same = |part: &Part<'_>| part.image.as_ref().is_some_and(|image| image.reference == reference);
        let taken = parts.iter().find(known);
        if taken.is_some_and(same) {
            continue;
        }
        let name = if taken.is_some() { format!("{id}-{name}") } else { name.clone() };
        let about = reference.one().map(|reference| images::describe(reference, context.as_of));
        let mut part = Part::new(&name, ComponentKind::Service, Host::Container);
        part.beside_job = true;
        part.span = Some(spec.image.span);
        part.container = Some(Container::checkout(context.repository.tree, ""));
        part.installs.packages_complete = Err(Reason::at("the image is not built here", spec.image.span));
        part.installs.system_complete = Err(Reason::at("the image is not built here", spec.image.span));
        part.image = Some(image_part(reference, Certainty::Stated, origin, about));
        parts.push(part);
    }
}
