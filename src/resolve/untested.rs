//! Deployments of a repository in which no job runs tests.

use crate::discover::{Kind, paths};
use crate::environments;
use crate::links::Repository;

/// What stands before a deployment where no job of any workflow runs tests: the tests of the repository that none runs, none
/// that it has, or a CI that is not read and may run them.
pub(super) fn gate(repository: &Repository<'_>) -> &'static str {
    if environments::unread_ci(repository).is_some() || reuses_others(repository) {
        "unseen"
    } else if has_tests(repository) {
        "untested"
    } else {
        "nothing"
    }
}

/// Whether a job is a workflow of another repository: what that runs is not known.
fn reuses_others(repository: &Repository<'_>) -> bool {
    let workflows = repository.workflows();
    let mut jobs = workflows.iter().flat_map(|(_, workflow)| &workflow.jobs);
    jobs.any(|job| job.uses.as_ref().is_some_and(|uses| !uses.value.starts_with("./")))
}

/// Whether the application has tests.
fn has_tests(repository: &Repository<'_>) -> bool {
    repository.of(Kind::Python).iter().any(|file| {
        let path = repository.tree.path(*file);
        let name = paths::name(path).trim_end_matches(".py");
        let named = ["tests", "test"].contains(&name) || name.starts_with("test_") || name.ends_with("_test");
        named && repository.tree.text(*file).is_ok_and(|text| text.contains("def test"))
    })
}
