//! Servers that changes are deployed to first: called for development, and beside what developers have on their own machines.

use super::plan::{Planned, Runs};
use crate::model::Role;

/// Gives what is deployed for development the role of what is deployed before production, where something else is what one
/// develops on: what a job deploys is on nobody's machine.
pub(super) fn deploy_first(all: &mut [Planned]) {
    if !all.iter().any(|planned| planned.is_of(Role::Development) && !is_deployed(planned)) {
        return;
    }
    for planned in all.iter_mut().filter(|planned| planned.is_of(Role::Development) && is_deployed(planned)) {
        planned.environment.role = Role::Staging;
    }
}

/// Whether only what deploys it, or what describes its host, says that an environment is there.
fn is_deployed(planned: &Planned) -> bool {
    let here = |runs: &Runs| matches!(runs, Runs::Compose { .. } | Runs::Machine { .. });
    let by_hand = planned.units.iter().any(|unit| here(&unit.runs));
    planned.only_named || !planned.deployed_by.is_empty() && !by_hand
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn what_a_job_deploys_for_development_is_staged_where_one_develops_elsewhere() {
        let job =
            |name: &str| format!("  to-{name}: {{runs-on: u, environment: {name}, steps: [{{run: flyctl deploy}}]}}\n");
        let flow = format!("on: push\njobs:\n{}{}", job("dev"), job("production"));
        let with = |more: &[(&str, &str)]| {
            let files = [(".github/workflows/a.yml", flow.as_str()), ("Procfile", "web: gunicorn a.wsgi\n")];
            let found = environments(&[&files[..], &[("requirements.txt", "gunicorn\n")], more].concat());
            found.iter().filter_map(|one| Some(one.split(':').next()?.to_owned())).collect::<Vec<_>>()
        };
        let stack = "services: {web: {build: ., volumes: ['.:/app'], command: flask run}}\n";
        assert_eq!(
            with(&[("compose.yaml", stack)]),
            ["production production", "dev staging", "development development"]
        );
        assert_eq!(with(&[]), ["production production", "dev development"], "nothing else is for developing");
    }
}
