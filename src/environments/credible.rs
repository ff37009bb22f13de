//! Whether a production or a staging of compose files is one: what only a person starts on a machine of his may be a try of it.

use super::base_role::{only_services, starts_production_server};
use super::compose::{development_signs, image_of, load};
use super::images;
use super::plan::{Planned, Runs};
use super::starts::{commands, script};
use super::targets::is_deploy_script;
use super::words::naming;
use crate::formats::compose::{Project, Service};
use crate::knowledge::deployments::{Says, says};
use crate::knowledge::processes;
use crate::links::{Call, Caller, Repository};
use crate::model::{Confidence, Role};

/// The evidence of a stack for production that is tried beside what is deployed.
const TRIED: &str = "it is started by hand; what is deployed is another";

/// Takes stacks that are named for production or staging, but tried by hand beside what is deployed, for development; and
/// lowers the confidence of those which nothing deploys and nothing inside shows to be deployed.
pub(super) fn weigh(repository: &Repository<'_>, all: &mut [Planned]) {
    let deployed: Vec<(Role, bool)> =
        all.iter().map(|planned| (planned.environment.role, is_deployed_elsewhere(planned))).collect();
    for planned in all.iter_mut().filter(|planned| is_stack(planned)) {
        let role = planned.environment.role;
        let deploying = |role| planned.deployed_by.is_empty() && !is_called_to_deploy(repository, planned, role);
        if !matches!(role, Role::Production | Role::Staging) || !deploying(role) {
            continue;
        }
        let files = planned.environment.files.clone();
        let stack: Vec<_> =
            files.iter().copied().filter(|file| repository.of(crate::discover::Kind::Compose).contains(file)).collect();
        let project = load(repository, &stack);
        let develops = !development_signs(repository, &stack).is_empty();
        let beside = deployed.iter().any(|(other, elsewhere)| *other == role && *elsewhere);
        if beside && (develops || role == Role::Staging && only_services(&project)) {
            planned.environment.role = Role::Development;
            if let Some(first) = planned.environment.because.first_mut() {
                first.text.push_str("; ");
                first.text.push_str(TRIED);
            }
        } else if beside && is_tried_by_jobs(repository, planned) {
            planned.environment.confidence = planned.environment.confidence.min(Confidence::Guessed);
        } else if develops || !serves(repository, &project) {
            planned.environment.confidence = planned.environment.confidence.min(Confidence::Named);
        }
    }
}

/// Whether all that runs is services of compose files, and configuration says nothing of it.
fn is_stack(planned: &Planned) -> bool {
    let composed = planned.units.iter().all(|unit| matches!(unit.runs, Runs::Compose { .. }));
    composed && !planned.units.is_empty() && planned.environment.confidence != Confidence::Explicit
}

/// Whether something other than a compose file says what is deployed: a job, a platform's file, an orchestrator.
fn is_deployed_elsewhere(planned: &Planned) -> bool {
    let hosted = planned.units.iter().any(|unit| matches!(unit.runs, Runs::Container(_) | Runs::Process { .. }));
    let image = planned.units.iter().any(|unit| matches!(unit.runs, Runs::Image(_)));
    !is_stack(planned) && (hosted || !planned.deployed_by.is_empty() && (image || planned.only_named))
}

/// Whether a job, or what is named for deploying, starts the files of an environment.
fn is_called_to_deploy(repository: &Repository<'_>, planned: &Planned, role: Role) -> bool {
    let deploys = |name: &str| name.split(['-', '_', '.']).any(|word| says(word) == Some(Says::Deploys));
    let counts = |call: &Call| match &call.caller {
        // What a job brings up on its own machine is tried there; one that deploys is known by that.
        Caller::Job { .. } => false,
        Caller::Script(file) => {
            let path = repository.tree.path(*file);
            is_deploy_script(path) || naming(path).role.is_some_and(|(of, _)| of == role)
        }
        Caller::Make { target, .. } => deploys(target),
        Caller::Guide(_) => false,
    };
    let evidence = || planned.environment.because.iter();
    repository.calls.iter().any(|call| counts(call) && evidence().any(|evidence| evidence.span == call.span))
}

/// Whether a job brings up the files of an environment on its own machine.
fn is_tried_by_jobs(repository: &Repository<'_>, planned: &Planned) -> bool {
    let by_job = |call: &&Call| matches!(call.caller, Caller::Job { .. });
    let evidence = || planned.environment.because.iter();
    repository.calls.iter().filter(by_job).any(|call| evidence().any(|evidence| evidence.span == call.span))
}

/// Whether a service starts a server that is made for production, by its own command or by that of the image it builds.
fn serves(repository: &Repository<'_>, project: &Project) -> bool {
    let server = |text: &str| {
        let words: Vec<&str> = text.split([' ', ';', '\'', '"', '&', '\n']).filter(|word| !word.is_empty()).collect();
        let at = |at: usize| processes::server(&words[at..]).is_some_and(|found| found.kind == "production");
        (0..words.len().min(2000)).any(at)
    };
    let by_image = |service: &Service| {
        let Some(image) = image_of(repository, project, service) else { return false };
        let Some(build) = images::build(repository, &image) else { return false };
        server(&commands(&build).join(" ")) || server(script(repository, &image, &build))
    };
    let plain = |service: &Service| service.command.is_none() && service.entrypoint.is_none();
    project.services.values().any(|service| starts_production_server(service) || plain(service) && by_image(service))
}
