//! Versions that a job writes into another repository, which something else deploys from there.

use super::targets::{self, Word};
use crate::formats::workflow::{Job, Step};
use crate::knowledge::deployments::{Says, says};
use crate::model::Span;

/// Tools that change a value in a file.
const EDITS: [&str; 5] = ["kustomize edit", "yq ", "sed -i", "jq ", "helm dep"];

/// Where a job changes a version in a repository that it has checked out beside its own, and pushes that.
pub(super) fn to(job: &Job) -> Option<Span> {
    let other = |step: &Step| {
        let checks_out = step.uses.as_ref().is_some_and(|uses| uses.value.starts_with("actions/checkout"));
        step.with.get("repository").is_some_and(|name| checks_out && is_of_deployments(&name.value))
    };
    if !job.steps.iter().any(other) {
        return None;
    }
    let runs = || job.steps.iter().filter_map(|step| step.run.as_ref());
    let pushes = runs().any(|run| run.text.contains("git push"));
    let edits = |text: &str| {
        let lower = text.to_lowercase();
        EDITS.iter().any(|tool| lower.contains(tool)) && ["version", "tag", "image"].iter().any(|of| lower.contains(of))
    };
    runs().find(|run| pushes && edits(&run.text)).map(|run| run.span)
}

/// Whether a job that deploys writes into another repository, from which something else deploys: how that runs is not seen here.
pub(super) fn is_to_another(job: &Job) -> bool {
    let runs = || job.steps.iter().filter_map(|step| step.run.as_ref());
    let cloned = runs().any(|run| run.text.contains("git clone ") && run.text.contains("git push"));
    cloned || to(job).is_some()
}

/// Whether a repository of that name may be one that something is deployed from: another than the job's own, and none of documents.
fn is_of_deployments(name: &str) -> bool {
    let aside = super::ci::words(name).any(|word| says(&word) == Some(Says::Aside));
    // Where a pull request comes from, the job's own code is as well.
    let own = ["github.repository }", "github.repository}", "github.event.pull_request.head.repo"];
    !own.iter().any(|part| name.contains(part)) && !aside
}

/// The environments that the paths are named for which such a job changes.
pub(super) fn places(job: &Job) -> Vec<Word> {
    let mut found = Vec::new();
    if to(job).is_none() {
        return found;
    }
    for run in job.steps.iter().filter_map(|step| step.run.as_ref()) {
        let paths = run.text.split(|c: char| c.is_whitespace() || ['"', '\'', ';', '='].contains(&c));
        for path in paths.filter(|path| path.contains('/') && !path.contains("://")) {
            path.split(['/', '.']).for_each(|part| targets::add(part, run.span, &mut found));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::deployments::deployments;
    use crate::discover::{Overlay, Tree};
    use crate::links::Repository;

    /// `role word` of what a job deploys that has these steps.
    fn of(steps: &str) -> Vec<String> {
        let flow = format!("on: push\njobs:\n  update-live:\n    runs-on: u\n    steps: [{steps}]\n");
        let tree = Tree::open(Box::new(Overlay::of([(".github/workflows/ship.yml", flow.as_str())]))).unwrap();
        let found = deployments(&Repository::read(&tree));
        found.iter().map(|one| format!("{} {}", one.role.name(), one.word)).collect()
    }

    #[test]
    fn a_version_that_is_written_into_a_repository_of_deployments_is_deployed() {
        let beside = |name: &str| format!("{{uses: actions/checkout@v4, with: {{repository: {name}}}}}");
        let edit = "{run: 'sed -i s/version.*/version=2/ sites/staging.json'}, {run: git push origin main}";
        let set = "{run: cd overlays/qa && kustomize edit set image shop=shop:2 && git push}";
        let with = |name: &str, steps: &str| of(&format!("{}, {steps}", beside(name)));
        assert_eq!(with("acme/infrastructure", edit), ["staging staging"]);
        assert_eq!(with("acme/infrastructure", set), ["staging qa"]);
        assert!(with("acme/shop-docs", edit).is_empty());
        assert!(with("'${{ github.repository }}.wiki'", edit).is_empty());
        assert!(with("'${{ github.event.pull_request.head.repo.full_name || github.repository }}'", edit).is_empty());
        assert!(of(edit).is_empty(), "it is the job's own repository");
    }
}
