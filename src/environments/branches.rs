//! Where a job deploys to, by the branch that it runs on.

use super::deployments::{Deployment, canonical};
use super::targets::{Word, word_of};
use crate::formats::workflow::{Job, Trigger, Workflow};
use crate::model::{Role, Span, Spanned};

/// Whether an expression asks for the branch.
pub(super) fn asks(text: &str) -> bool {
    ["github.ref", "github.head_ref", "github.base_ref", "head_branch"].iter().any(|asked| text.contains(asked))
}

/// The environments that the branches are named for which a job deploys from: those for staging, and production where there are
/// others beside them.
pub(super) fn of(workflow: &Workflow, job: &Job) -> Vec<Word> {
    let branches = branches(workflow, job);
    let mut found: Vec<Word> = Vec::new();
    for (branch, span) in &branches {
        let word = word_of(branch).filter(|(role, _)| matches!(role, Role::Production | Role::Staging));
        let word = word.or_else(|| develops(branch).filter(|_| told_apart(workflow, job)));
        let known = |word: &(Role, String)| found.iter().any(|(known, _)| known == word);
        if let Some(word) = word.filter(|word| !known(word)) {
            found.push((word, *span));
        }
    }
    let production = |((role, _), _): &Word| *role == Role::Production;
    let main = branches.iter().find(|(branch, _)| is_main(branch));
    if let Some((_, span)) = main.filter(|_| !found.is_empty() && !found.iter().any(production)) {
        found.push(((Role::Production, "production".to_owned()), *span));
    }
    found
}

/// The branch that all of a job's deployments come from, where it is the one that is developed on: what is deployed from it stands
/// before what is deployed otherwise.
pub(super) fn developed(workflow: &Workflow, job: &Job) -> Option<Word> {
    let [(branch, span)] = branches(workflow, job).try_into().ok()?;
    Some((develops(&branch)?, span))
}

/// Says where deployments go that only their branch tells of: what comes from the branch that is developed on stands before what
/// comes from others, and what one word names is one environment.
pub(super) fn settle(found: &mut [Deployment]) {
    if found.iter().any(|one| one.role == Role::Production && one.developed.is_none()) {
        for one in found.iter_mut() {
            if let Some(((role, word), span)) = one.developed.take() {
                (one.role, one.word, one.span, one.named) = (role, word, span, true);
            }
        }
    }
    let plain = |one: &Deployment| canonical(Role::Development, &one.word).to_owned();
    let named: Vec<String> = found.iter().filter(|one| one.role == Role::Development).map(plain).collect();
    for one in found.iter_mut().filter(|one| one.role == Role::Staging) {
        if named.contains(&plain(one)) {
            one.role = Role::Development;
        }
    }
}

/// What is deployed from a branch that is developed on.
fn develops(branch: &str) -> Option<(Role, String)> {
    let named = word_of(branch).is_some_and(|(role, word)| role == Role::Development && word == branch);
    named.then(|| (Role::Staging, branch.to_owned()))
}

/// Whether only open pull requests start a job, or its workflow: what it deploys is a preview of each, not an environment that stands.
pub(super) fn is_preview(workflow: &Workflow, job: &Job) -> bool {
    let asked = |condition: &Spanned<String>| {
        let text: String = condition.value.split_whitespace().collect();
        let open = !["||", "merged", "closed"].iter().any(|sign| text.contains(sign));
        open && text.contains("github.event_name=='pull_request'")
    };
    if job.condition.as_ref().is_some_and(asked) {
        return true;
    }
    let merged = |trigger: &Trigger| trigger.types.iter().map(|kind| kind.value.as_str()).eq(["closed"]);
    let proposed = |trigger: &Trigger| trigger.event.value.starts_with("pull_request") && !merged(trigger);
    !workflow.on.is_empty() && workflow.on.iter().all(proposed)
}

/// Where a job names what it deploys by the number of a pull request: `pr-${{ github.event.number }}`.
pub(super) fn numbered(job: &Job) -> Option<Span> {
    let names = |text: &str| {
        text.split_once("${{").is_some_and(|(before, inner)| {
            let read = inner.split("}}").next().unwrap_or_default().trim();
            let number = ["github.event.number", "github.event.pull_request.number"].contains(&read);
            number && before.ends_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_')
        })
    };
    let given = [&job.env, &job.with].into_iter().chain(job.steps.iter().flat_map(|step| [&step.env, &step.with]));
    let texts = given.flatten().map(|(_, text)| (text.value.as_str(), text.span));
    let runs = job.steps.iter().filter_map(|step| step.run.as_ref()).map(|run| (run.text.as_str(), run.span));
    texts.chain(runs).find(|(text, _)| names(text)).map(|(_, span)| span)
}

/// The environments that a text hands the name of the branch to, where it comes to that: `x && 'a' || github.ref_name`.
pub(super) fn handed(workflow: &Workflow, job: &Job, text: &str) -> Vec<Word> {
    let comes = |at: usize| {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + REF.len()..).unwrap_or_default());
        let compares = |text: &str| text.ends_with("==") || text.ends_with("!=") || text.ends_with('(');
        let after = after.trim_start();
        !compares(before.trim_end()) && ["}}", "||"].iter().any(|end| after.starts_with(end))
    };
    let inside = text.contains("${{") && text.match_indices(REF).any(|(at, _)| comes(at));
    if inside { of(workflow, job) } else { Vec::new() }
}

/// What an expression calls the branch.
const REF: &str = "github.ref_name";

fn is_main(branch: &str) -> bool {
    ["main", "master"].contains(&branch)
}

/// Whether a job deploys otherwise from one branch than from another.
fn told_apart(workflow: &Workflow, job: &Job) -> bool {
    let steps = || job.steps.iter();
    let texts = [&workflow.env, &job.env].into_iter().chain(steps().flat_map(|step| [&step.env, &step.with]));
    texts.flatten().any(|(_, text)| text.value.contains("${{") && asks(&text.value))
        || steps().filter_map(|step| step.condition.as_ref()).any(|asked| !named(asked).is_empty())
        || steps().filter_map(|step| step.run.as_ref()).any(|run| run.text.lines().any(chooses))
}

/// Whether a line of a script goes one way or another by the branch.
fn chooses(line: &str) -> bool {
    let first = line.split_whitespace().next().unwrap_or_default();
    ["if", "elif", "case"].contains(&first) && (asks(line) || line.contains("GITHUB_REF"))
}

/// The branches that a job runs on: those that it asks for, those that its steps ask for, or those that start its workflow.
fn branches(workflow: &Workflow, job: &Job) -> Vec<(String, Span)> {
    let own: Vec<_> = job.condition.iter().flat_map(named).collect();
    if !own.is_empty() {
        return own;
    }
    let mut steps: Vec<_> = job.steps.iter().filter_map(|step| step.condition.as_ref()).flat_map(named).collect();
    if job.condition.is_none() && steps.is_empty() {
        let pushed = workflow.on.iter().filter(|on| ["push", "workflow_run"].contains(&on.event.value.as_str()));
        steps = pushed.flat_map(|on| &on.branches).map(|branch| (branch.value.clone(), branch.span)).collect();
    }
    steps.sort_by_key(|(_, span)| *span);
    steps.dedup_by(|one, other| one.0 == other.0);
    steps.retain(|(branch, _)| !branch.contains(['*', '$', '!']));
    steps
}

/// The branches that a condition asks for.
fn named(condition: &Spanned<String>) -> Vec<(String, Span)> {
    if !asks(&condition.value) {
        return Vec::new();
    }
    let mut pieces = condition.value.split('\'');
    let mut found = Vec::new();
    while let (Some(before), Some(literal)) = (pieces.next(), pieces.next()) {
        let before = before.trim_end();
        let asked = before.ends_with("==") && asks(before.rsplit(['&', '|', '(']).next().unwrap_or_default());
        let ends = before.ends_with(',') && before.contains("endsWith(") && asks(before);
        let branch = literal.strip_prefix("refs/heads/").unwrap_or(literal).trim_start_matches('/');
        if (asked || ends) && !branch.starts_with("refs/") && !branch.is_empty() {
            found.push((branch.to_owned(), condition.span));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::deployments::deployments;
    use crate::discover::{Overlay, Tree};
    use crate::links::Repository;

    /// `role word` of each deployment of workflows.
    fn deployed(workflows: &[&str]) -> Vec<String> {
        let paths: Vec<String> = (0..workflows.len()).map(|at| format!(".github/workflows/{at}.yml")).collect();
        let files = paths.iter().map(String::as_str).zip(workflows.iter().copied());
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let found = deployments(&Repository::read(&tree));
        let line = |one: &super::super::deployments::Deployment| {
            format!("{} {}{}", one.role.name(), one.word, if one.named { "" } else { "?" })
        };
        found.iter().map(line).collect()
    }

    fn on(branches: &str, steps: &str) -> String {
        format!("on: {{push: {{branches: [{branches}]}}}}\njobs:\n  deploy: {{runs-on: u, steps: [{steps}]}}\n")
    }

    #[test]
    fn a_job_deploys_from_each_branch_to_the_environment_that_it_is_named_for() {
        let of = |branches: &str| deployed(&[&on(branches, "{run: ./ship}")]);
        assert_eq!(of("shop-uat, shop-prod, master"), ["staging uat", "production prod"]);
        assert_eq!(of("main, staging, develop"), ["staging staging", "production production"]);
        assert_eq!(of("main, develop"), ["production production?"], "both may go to one place");
        assert_eq!(of("staging"), ["staging staging"]);
        assert_eq!(of("develop"), ["production production?"]);
    }

    #[test]
    fn what_the_branch_developed_on_is_deployed_to_stands_before_production() {
        let (develop, main) = (on("develop", "{run: ./ship}"), on("main", "{run: ./ship}"));
        assert_eq!(deployed(&[&develop, &main]), ["staging develop", "production production?"]);
        let step = |branch: &str| format!("{{if: \"github.ref == 'refs/heads/{branch}'\", run: ./ship {branch}}}");
        let both = on("main, develop", &format!("{}, {}", step("develop"), step("main")));
        assert_eq!(deployed(&[&both]), ["staging develop", "production production"]);
        let named = develop.replace("deploy:", "deploy-develop:");
        assert_eq!(deployed(&[&both, &named]), ["development develop", "production production", "development develop"]);
        let script = "{run: 'if [ $GITHUB_REF = refs/heads/develop ]; then ./ship one; else ./ship two; fi'}";
        assert_eq!(deployed(&[&on("main, develop", script)]), ["staging develop", "production production"]);
        let other = "{if: \"github.ref_name != 'develop'\", run: ./ship}";
        assert_eq!(deployed(&[&on("main, develop", other)]), ["production production?"]);
    }

    #[test]
    fn what_is_named_by_the_number_of_a_pull_request_is_a_preview_that_is_deployed() {
        let of = |name: &str, steps: &str| {
            deployed(&[&format!("on: pull_request\njobs:\n  {name}: {{runs-on: u, steps: [{steps}]}}\n")])
        };
        let app = |number: &str| format!("{{uses: acme/deploy@v1, with: {{name: 'pr-${{{{ {number} }}}}'}}}}");
        assert_eq!(of("deploy-pr", &app("github.event.pull_request.number")), ["staging preview"]);
        assert!(of("deploy-pr", &app("github.sha")).is_empty());
        assert!(of("deploy-pr", "{uses: acme/comment@v1, with: {number: '${{ github.event.number }}'}}").is_empty());
    }

    #[test]
    fn the_name_of_the_branch_may_be_that_of_the_environment() {
        let on = |branches: &str| {
            deployed(&[&format!(
                "on: {{push: {{branches: [{branches}]}}}}\njobs:\n  deploy:\n    runs-on: u\n    environment: \"${{{{ github.ref_name == 'dev' && 'development' || github.ref_name }}}}\"\n    steps: [{{run: ./ship}}]\n"
            )])
        };
        assert_eq!(on("dev, staging, main"), ["development development", "staging staging", "production production"]);
        assert_eq!(on("dev"), ["development development"]);
    }

    #[test]
    fn names_of_places_that_the_branch_chooses_are_environments_each() {
        let ship = |name: &str| {
            let value = format!("${{{{ github.ref == 'refs/heads/main' && 'shop' || '{name}' }}}}");
            let flow = on("dev, main", "{run: ./ship}");
            deployed(&[&format!("env: {{API_SERVICE: \"{value}\"}}\n{flow}")])
        };
        assert_eq!(ship("shop-staging"), ["staging staging", "production production"]);
        assert_eq!(ship("shop-beside"), ["staging dev", "production production"]);
    }

    #[test]
    fn what_is_set_up_first_and_deployed_then_is_a_deployment_and_ground_alone_tells_of_its_place() {
        let of = |jobs: &str| deployed(&[&format!("on: push\njobs:\n{jobs}")]);
        let ground = |name: &str| format!("{{run: terraform apply, working-directory: ops/{name}}}");
        let push = "{uses: cloud-gov/cg-cli-tools@main, with: {cf_command: push}}";
        let job =
            |name: &str, steps: &str| format!("  {name}: {{runs-on: u, environment: {name}, steps: [{steps}]}}\n");
        let both = |name: &str| job(name, &format!("{}, {push}", ground(name)));
        let whole = of(&(both("staging") + &both("demo")));
        assert_eq!(whole, ["staging staging", "staging demo"]);
        let founded = of(&(job("staging", push) + &job("demo", &ground("demo"))));
        assert_eq!(founded, ["staging staging", "staging demo"]);
        let again = job("staging", &ground("staging")).replace("  staging:", "  ground:");
        let same = of(&(job("staging", push) + &again));
        assert_eq!(same, ["staging staging"]);
    }
}
