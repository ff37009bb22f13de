//! What configuration says of environments; it wins over everything that was inferred.

use std::sync::Arc;

use super::compose::load;
use super::images::context_of;
use super::plan::{ImageBuild, Planned, Runs, SettingsChoice, Unit};
use super::words::role_of_value;
use crate::discover::config::EnvironmentConfig;
use crate::discover::{Config, paths};
use crate::links::{Repository, view};
use crate::model::near::hint;
use crate::model::{Confidence, FileId, Problem, Role, Span};

/// The evidence of an environment that configuration names.
pub const CONFIGURED: &str = "the configuration names it";

/// Applies `[environments.NAME]` to the environments of the projects that it is about.
pub fn apply(repository: &Repository<'_>, config: &Config, roots: &[String], projects: &mut [(String, Vec<Planned>)]) {
    for (name, says) in &config.says.environments {
        let about = about(roots, name, says, projects);
        for (root, all) in projects.iter_mut().filter(|(root, _)| about.contains(root)) {
            apply_to(repository, config, (name, says), root, all);
        }
    }
}

/// The projects that an environment of the configuration is about: that of the files it names, else those which have an
/// environment of that name, else the first.
fn about(roots: &[String], name: &str, says: &EnvironmentConfig, projects: &[(String, Vec<Planned>)]) -> Vec<String> {
    if let Some(path) = says.compose.first().or(says.dockerfile.as_ref()) {
        return vec![view::owner(roots, path).to_owned()];
    }
    let with = |fits: &dyn Fn(&Planned) -> bool| {
        let having = projects.iter().filter(|(_, all)| all.iter().any(fits)).map(|(root, _)| root.clone());
        having.collect::<Vec<_>>()
    };
    let named = with(&|planned| planned.environment.name == name);
    if !named.is_empty() {
        return named;
    }
    let peopled = with(&|_| true).into_iter().next();
    peopled.or_else(|| projects.first().map(|(root, _)| root.clone())).into_iter().collect()
}

fn apply_to(
    repository: &Repository<'_>,
    config: &Config,
    (name, says): (&String, &EnvironmentConfig),
    root: &str,
    all: &mut Vec<Planned>,
) {
    let Some(role) = says.role.as_deref().map_or_else(|| Role::of(name), Role::of) else { return };
    let known = meant(name, role, config, all);
    if says.exists == Some(false) {
        known.map(|at| all.remove(at));
        return;
    }
    let at = known.unwrap_or_else(|| {
        all.push(Planned::new(name, role, Confidence::Explicit));
        all.len() - 1
    });
    let Some(planned) = all.get_mut(at) else { return };
    if root.is_empty() { "." } else { root }.clone_into(&mut planned.environment.project);
    planned.environment.role = role;
    planned.environment.confidence = Confidence::Explicit;
    let span = config.span_of(name);
    let found_as = std::mem::replace(&mut planned.environment.name, name.clone());
    if let Some(span) = span {
        let text = if found_as == *name { CONFIGURED.to_owned() } else { format!("{CONFIGURED}; found as {found_as}") };
        planned.add_evidence(span, text);
    }
    planned.found_as = Some(found_as);
    runners(repository, says, planned, span);
    if let Some(module) = &says.settings {
        planned.settings = Some(SettingsChoice { module: module.clone(), class: says.class.clone(), span });
    }
    planned.config = says.clone();
}

/// The environment that a table of the configuration speaks of: the one of that name; else, where the name is only a word for
/// its role, the only one that was found of it.
fn meant(name: &str, role: Role, config: &Config, all: &[Planned]) -> Option<usize> {
    let by_name = all.iter().position(|planned| planned.environment.name == *name);
    let says_role = || role_of_value(name).is_some_and(|(said, _)| said == role);
    let of_role = |planned: &Planned| planned.environment.role == role;
    let only = || {
        let at = all
            .iter()
            .position(of_role)
            .filter(|_| says_role() && all.iter().filter(|one| of_role(one)).count() == 1)?;
        let taken = all.get(at).is_some_and(|planned| config.says.environments.contains_key(&planned.environment.name));
        (!taken).then_some(at)
    };
    by_name.or_else(only)
}

fn runners(repository: &Repository<'_>, says: &EnvironmentConfig, planned: &mut Planned, span: Option<Span>) {
    let files: Vec<FileId> = says.compose.iter().filter_map(|path| repository.tree.find(path)).collect();
    if let Some(first) = files.first() {
        planned.units.clear();
        let folder = paths::parent(repository.tree.path(*first)).to_owned();
        let project = load(repository, &files);
        for file in files {
            planned.add_file(file);
        }
        for name in project.services.keys() {
            let runs = Runs::Compose {
                project: Arc::clone(&project),
                service: name.clone(),
                folder: folder.clone(),
                instead: None,
            };
            planned.units.push(Unit { name: name.clone(), runs });
        }
    }
    if let Some(dockerfile) = says.dockerfile.as_deref().and_then(|path| repository.tree.find(path)) {
        planned.units.retain(|unit| !matches!(unit.runs, Runs::Image(_)));
        planned.add_file(dockerfile);
        let context = context_of(repository, dockerfile);
        let image = ImageBuild { dockerfile, context, target: says.target.clone(), args: Default::default(), span };
        planned.units.push(Unit { name: "app".into(), runs: Runs::Image(image) });
    }
    for job in &says.jobs {
        let Some((workflow, job)) = job.rsplit_once(':') else { continue };
        if let Some(workflow) = self::workflow(repository, workflow) {
            planned.add_file(workflow);
            planned.units.push(Unit { name: job.to_owned(), runs: Runs::Job { workflow, job: job.to_owned() } });
        }
    }
}

/// CI jobs that the configuration names and that are not in their workflow.
pub fn problems(repository: &Repository<'_>, config: &Config) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, says) in &config.says.environments {
        for (at, written) in says.jobs.iter().enumerate() {
            let place = config.at(&["environments", name, "jobs", &at.to_string()]).map(|node| node.span);
            let Some((Some(workflow), job)) =
                written.rsplit_once(':').map(|(path, job)| (workflow(repository, path), job))
            else {
                continue;
            };
            let Some(flow) = repository.workflow(workflow) else { continue };
            let mut jobs = flow.jobs.iter().map(|job| job.id.value.as_str());
            if let (Some(span), false) = (place, jobs.clone().any(|known| known == job)) {
                let path = repository.tree.path(workflow);
                problems.push(Problem::new(span, format!("{path} has no job {job}{}", hint(job, jobs.by_ref()))));
            }
        }
    }
    problems
}

/// The workflow at a path, or of that name.
fn workflow(repository: &Repository<'_>, path: &str) -> Option<FileId> {
    repository.tree.find(path).or_else(|| repository.tree.find(&format!(".github/workflows/{path}")))
}
