//! Names beside that of an environment which say more of where a job deploys to.

use super::targets::{self, Word, word_of};
use crate::formats::workflow::{Job, Step};
use crate::knowledge::deployments::{Act, act};
use crate::model::Role;

/// The environments that a job names, where the application that its action deploys is named for staging: each application has
/// a slot that is called production.
pub(super) fn settled(job: &Job, named: Vec<Word>) -> Vec<Word> {
    let production = named.iter().all(|((role, _), _)| *role == Role::Production) && !named.is_empty();
    let deploys = |step: &&Step| step.uses.as_ref().is_some_and(|uses| act(&uses.value) == Some(Act::Deploys));
    let mut applications = Vec::new();
    for step in job.steps.iter().filter(deploys) {
        for (_, text) in step.with.iter().filter(|(name, _)| name.split(['-', '_']).any(|word| word == "app")) {
            applications.extend(word_of(&text.value).map(|word| (word, text.span)));
        }
    }
    let staging = applications.iter().all(|((role, _), _)| *role == Role::Staging) && !applications.is_empty();
    if production && staging { applications } else { named }
}

/// Whether a variable of a job that names where to, and that its commands read, holds no word of any role: a tenant's own.
pub(super) fn is_of_a_tenant(job: &Job) -> bool {
    let texts = || job.steps.iter().filter_map(|step| step.run.as_ref()).map(|run| run.text.as_str());
    let read = |name: &String| {
        texts().any(|text| [format!("${name}"), format!("${{{name}}}")].iter().any(|sign| text.contains(sign)))
    };
    let literal = |text: &str| !text.is_empty() && !text.contains(['$', ' ']);
    let ours = job.env.iter().filter(|(name, value)| targets::is_target(name) && literal(&value.value) && read(name));
    ours.map(|(_, value)| word_of(&value.value)).any(|word| word.is_none())
}

#[cfg(test)]
mod tests {
    use super::super::deployments::deployments;
    use crate::discover::{Overlay, Tree};
    use crate::links::Repository;

    fn of(path: &str, text: &str) -> Vec<String> {
        let tree = Tree::open(Box::new(Overlay::of([(path, text)]))).unwrap();
        let found = deployments(&Repository::read(&tree));
        found.iter().map(|one| format!("{} {}", one.role.name(), one.word)).collect()
    }

    #[test]
    fn an_application_that_is_named_for_staging_has_a_slot_called_production() {
        let with = |app: &str| {
            let step = format!("{{uses: azure/webapps-deploy@v3, with: {{app-name: {app}, slot-name: Production}}}}");
            let flow = format!(
                "on: push\njobs: {{deploy: {{runs-on: u, environment: {{name: Production}}, steps: [{step}]}}}}\n"
            );
            of(".github/workflows/ship.yml", &flow)
        };
        assert_eq!(with("shop-staging-web"), ["staging staging"]);
        assert_eq!(with("shop-web"), ["production production"]);
    }

    #[test]
    fn a_stage_of_a_tenant_is_no_production() {
        let with = |stage: &str, run: &str| {
            let steps = format!("stage('deploy') {{ steps {{ sh \"{run}\" }} }}");
            let text = format!(
                "pipeline {{ agent any\n environment {{ PARAM_STAGE = '{stage}' }}\n stages {{ {steps} }} }}\n"
            );
            of("Jenkinsfile", &text)
        };
        let run = "bundle exec cap ${PARAM_STAGE} deploy";
        assert!(with("internal_c1", run).is_empty());
        assert_eq!(with("staging", run), ["staging staging"]);
        assert_eq!(with("internal_c1", "bundle exec cap production deploy"), ["production production"]);
    }

    #[test]
    fn what_only_starts_again_or_checks_out_deploys_nothing() {
        let with = |steps: &str| {
            of(
                "Jenkinsfile",
                &format!(
                    "pipeline {{ agent any\n stages {{ stage('deploy-production') {{ steps {{ {steps} }} }} }} }}\n"
                ),
            )
        };
        let again =
            "sh \"kubectl -n shop rollout restart deployment/web\"\nsh \"kubectl rollout status deployment/web\"";
        assert!(with(again).is_empty());
        assert_eq!(with(&format!("sh \"docker push acme/shop\"\n{again}")), ["production production"]);
        assert_eq!(
            with("sh \"kubectl apply -f k8s\"\nsh \"kubectl rollout restart deployment/web\""),
            ["production production"]
        );
        let checks =
            "pipeline { agent any\n stages { stage('checkout-deploy-branch') { steps { checkoutBranch(\"a\") } } } }\n";
        assert!(of("Jenkinsfile", checks).is_empty());
    }

    #[test]
    fn what_a_job_brings_up_on_a_lent_machine_is_not_deployed() {
        let with = |command: &str| {
            let job = format!("docker: [{{image: cimg/python:3.12}}]\n    steps: [checkout, {{run: '{command}'}}]");
            let flow = "workflows: {all: {jobs: [build_prod]}}";
            of(".circleci/config.yml", &format!("version: 2.1\njobs:\n  build_prod:\n    {job}\n{flow}\n"))
        };
        let up = "docker compose -f compose.prod.yml up -d";
        assert!(with(up).is_empty());
        assert_eq!(with(&format!("export DOCKER_HOST=ssh://shop.example && {up}")), ["production prod"]);
    }
}
