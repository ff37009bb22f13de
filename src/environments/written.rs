//! Files of variables that are not in the repository: a job writes them before it starts what compose files say, or a person
//! copies a sample.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::compose::with_written;
use super::plan::{Planned, Runs};
use super::samples;
use crate::discover::paths;
use crate::formats::compose::Project;
use crate::formats::{Var, Vars};
use crate::links::{Caller, Repository, written};
use crate::model::{FileId, Known, Reason};

/// The name of the file that Compose reads by itself.
const PLAIN: &str = ".env";

/// Loads the compose files of environments again with what the jobs behind them write into files of variables, and with what the
/// sample of a `.env` gives where nothing else does.
pub(super) fn give(repository: &Repository<'_>, all: &mut [Planned]) {
    for planned in all {
        let jobs = jobs_of(repository, planned);
        let mut known: Vec<(Arc<Project>, Option<Arc<Project>>)> = Vec::new();
        for unit in &mut planned.units {
            let Runs::Compose { project, .. } = &mut unit.runs else { continue };
            let at = known.iter().position(|(old, _)| Arc::ptr_eq(old, project)).unwrap_or_else(|| {
                known.push((Arc::clone(project), again(repository, project, &jobs)));
                known.len() - 1
            });
            if let Some((_, Some(new))) = known.get(at) {
                *project = Arc::clone(new);
            }
        }
    }
}

/// The jobs that deploy to an environment, or that start it to run the tests.
fn jobs_of(repository: &Repository<'_>, planned: &Planned) -> BTreeSet<(FileId, String)> {
    let mut jobs: BTreeSet<_> = planned.deployed_by.iter().map(|(file, job, _)| (*file, job.clone())).collect();
    let evidence = |span| planned.environment.because.iter().any(|evidence| evidence.span == span);
    for call in &repository.calls {
        if let Caller::Job { file, job } = &call.caller
            && evidence(call.span)
        {
            jobs.insert((*file, job.clone()));
        }
    }
    jobs
}

/// The project with what the jobs write, if they write anything.
fn again(repository: &Repository<'_>, project: &Project, jobs: &BTreeSet<(FileId, String)>) -> Option<Arc<Project>> {
    let named = project.env_files.iter().map(|used| paths::name(&used.path));
    let names: BTreeSet<&str> = named.chain([PLAIN]).collect();
    let mut files: BTreeMap<String, Vars> = BTreeMap::new();
    for name in names {
        let mut vars: Option<Vars> = None;
        for (file, id) in jobs {
            let Some(workflow) = repository.workflow(*file) else { continue };
            for job in workflow.jobs.iter().filter(|job| job.id.value == *id) {
                let own = written::vars(repository.tree, &workflow, job, &|other| other == name);
                if !own.is_empty() {
                    vars = Some(vars.map_or_else(|| own.clone(), |known| either(known, own.clone())));
                }
            }
        }
        files.extend(vars.map(|vars| (name.to_owned(), vars)));
    }
    let folder = project.files.first().map(|file| paths::parent(repository.tree.path(*file)));
    let unwritten = folder.filter(|_| !files.contains_key(PLAIN));
    let mut sampled = unwritten.and_then(|folder| samples::of_dot_env(repository.tree, folder)).unwrap_or_default();
    // Where the files have a value of their own, nobody needs to copy the sample.
    let needless = |name: &String| project.interpolated.iter().any(|one| one.default.is_some() && one.name == *name);
    sampled.retain(|name, _| !needless(name));
    if files.is_empty() && sampled.is_empty() {
        return None;
    }
    let mut new = with_written(repository, &project.files, files, sampled);
    // What an editor or a command has switched on stays on.
    for name in project.services.keys() {
        let service = new.inactive.remove(name).map(|service| (name.clone(), service));
        new.services.extend(service);
    }
    Some(Arc::new(new))
}

/// Whether variables kept beside compose files are for these: they name none with `COMPOSE_FILE`, or just these.
pub(super) fn speaks_of(repository: &Repository<'_>, env: &Vars, files: &[FileId]) -> bool {
    let Some(named) = env.get("COMPOSE_FILE").and_then(|var| var.value.one()) else { return true };
    let all: Vec<FileId> = named
        .split([':', ';'])
        .filter(|path| !path.is_empty())
        .filter_map(|path| {
            let folder = files.first().map(|file| paths::parent(repository.tree.path(*file)))?;
            repository.tree.find(&paths::join(folder, path)?)
        })
        .collect();
    files.len() < 2 && all.is_empty() || all == files
}

/// What two jobs write of one file: a value is known where both write it.
fn either(mut known: Vars, other: Vars) -> Vars {
    for (name, var) in other {
        match known.get_mut(&name) {
            Some(first) if first.value != var.value => first.value = unknown(&name, &var),
            Some(_) => {}
            None => {
                let value = unknown(&name, &var);
                known.insert(name, Var { value, ..var });
            }
        }
    }
    known
}

fn unknown(name: &str, var: &Var) -> Known<String> {
    let text = format!("jobs write {name} in several ways");
    Known::Unknown(
        var.origin.primary().map_or_else(|| Reason::new(text.clone()), |span| Reason::at(text.clone(), span)),
    )
}
