//! Jobs that test in containers of their own, beside those that test elsewhere.

use std::collections::BTreeSet;

use super::ci::{Jobs, files_of, is_side_job, tests_here, tests_in_service};
use super::plan::Planned;
use super::words::naming;
use crate::links::{Call, Caller, Repository};
use crate::model::{FileId, Role};

/// What the name of an environment ends with whose tests run in containers of their own.
pub(super) const COMPOSED: &str = "-compose";

/// Whether an environment is that of jobs which test in containers of their own.
pub(super) fn is_composed_apart(planned: &Planned) -> bool {
    planned.environment.name.ends_with(COMPOSED)
}

/// The jobs that run tests only in services of compose files, where others of the CI run tests on their machine; and those whose
/// files are for tests alone, or production's, where others run theirs in other files.
pub(super) fn in_services(repository: &Repository<'_>, own: &dyn Fn(&Call) -> bool) -> Jobs {
    let (mut here, mut inside) = (Jobs::new(), Jobs::new());
    for call in repository.calls.iter().filter(|call| own(call)) {
        let Caller::Job { file, job } = &call.caller else { continue };
        if tests_here(call) && !is_side_job(job) {
            here.insert((*file, job.clone()));
        } else if tests_in_service(repository, call).is_some() {
            inside.insert((*file, job.clone()));
        }
    }
    if here.is_empty() { in_own_files(repository, &inside) } else { inside.difference(&here).cloned().collect() }
}

/// Those of the jobs that test in services whose files are named for tests, or for production which is tried there, where files
/// of others are not and share none.
fn in_own_files(repository: &Repository<'_>, inside: &Jobs) -> Jobs {
    let files = |(file, job): &(FileId, String)| {
        let own = Caller::Job { file: *file, job: job.clone() };
        let calls = repository.calls.iter().filter(|call| call.caller == own);
        let composed = calls.filter_map(|call| Some((call, tests_in_service(repository, call)?)));
        composed.flat_map(|(call, compose)| files_of(repository, &call.folder, &compose)).collect::<BTreeSet<_>>()
    };
    let role = |file: &FileId| naming(repository.tree.path(*file)).role;
    let apart = |file: &FileId| role(file).is_some_and(|(role, _)| [Role::Test, Role::Production].contains(&role));
    let (own, others): (Vec<_>, Vec<_>) =
        inside.iter().map(|key| (key, files(key))).partition(|(_, files)| files.iter().any(apart));
    let apart = |files: &BTreeSet<FileId>| others.iter().all(|(_, other)| other.is_disjoint(files));
    if others.is_empty() {
        return Jobs::new();
    }
    own.into_iter().filter(|(_, files)| apart(files)).map(|(key, _)| key.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::trials::tests::{job, tested};

    #[test]
    fn tests_in_what_is_like_production_stand_beside_those_in_what_one_develops_with() {
        let with = |name: &str| {
            let here = job("ci", "dev", "docker compose exec web pytest");
            let there = job("prod", "prod", &format!("docker compose -f {name} exec web pytest"));
            let stack = "services: {web: {image: shop/web, build: .}}\n";
            tested(&[(&here.0, &here.1), (&there.0, &there.1), (name, stack)]).len()
        };
        assert_eq!((with("prod-compose.yaml"), with("web-compose.yaml")), (2, 1));
    }
}
