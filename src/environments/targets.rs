//! Which environments the texts of a deploying job name: literals, choices, the values of a matrix, the names of steps.

use super::words::role_of_value;
use super::{branches, outputs};
use crate::discover::paths;
use crate::formats::workflow::{Data, Job, Workflow};
use crate::knowledge::deployments::{Says, says};
use crate::links::Repository;
use crate::model::{FileId, Role, Span};

/// A role, the word that names it, and where.
pub(super) type Word = ((Role, String), Span);

/// The role that a text about a deployment names.
pub(super) fn word_of(text: &str) -> Option<(Role, String)> {
    let bare = text.to_lowercase();
    let all: Vec<&str> = bare.split(|c: char| !c.is_alphanumeric()).collect();
    // `stage-4` counts the steps of a pipeline.
    let counted = |at: usize| all.get(at + 1).is_some_and(|next| next.parse::<u16>().is_ok());
    let words = all.iter().enumerate().filter(|(at, word)| {
        !(matches!(says(word), Some(Says::Deploys | Says::Nothing)) || **word == "stage" && counted(*at))
    });
    let named = role_of_value(&words.map(|(_, word)| *word).collect::<Vec<_>>().join("-"));
    // What is released after it was tried elsewhere; of files this word says less.
    let stable = || all.contains(&STABLE).then(|| (Role::Production, STABLE.to_owned()));
    let nightly = || all.contains(&NIGHTLY).then(|| (Role::Staging, NIGHTLY.to_owned()));
    // On a machine it is a developer's, deployed it is where changes are tried.
    let tried = |(role, word): (Role, String)| (if word == "sandbox" { Role::Staging } else { role }, word);
    named.map(tried).or_else(stable).or_else(nightly)
}

/// A word for where to, which only of deployments says production.
pub(super) const STABLE: &str = "stable";

/// What is deployed every night is no production.
const NIGHTLY: &str = "nightly";

/// Whether the jobs of a workflow are called stages: `build-stage`, `test-stage`, `deploy-stage`.
pub(super) fn counts_stages(workflow: &Workflow) -> bool {
    let ids = || workflow.jobs.iter().map(|job| job.id.value.as_str());
    let stage = |id: &&str| id.split(['-', '_']).any(|word| word.eq_ignore_ascii_case("stage"));
    let production = |id: &str| word_of(id).is_some_and(|(role, _)| role == Role::Production);
    ids().filter(stage).count() > 2 && !ids().any(production)
}

/// Whether a word of a command is a script that is named for deploying.
pub(super) fn is_deploy_script(word: &str) -> bool {
    let name = paths::name(word.trim_matches(['"', '\'', ';']));
    let stem = name.split('.').next().unwrap_or_default();
    let script = name.ends_with(".sh") || word.starts_with("./");
    script && stem.split(['-', '_']).any(|part| says(part) == Some(Says::Deploys))
}

/// The environments that `environment` of a job names.
pub(super) fn of_environment(repository: &Repository<'_>, file: FileId, workflow: &Workflow, job: &Job) -> Vec<Word> {
    let Some(environment) = &job.environment else { return Vec::new() };
    if !environment.value.contains("${{") {
        return word_of(&environment.value).map(|word| (word, environment.span)).into_iter().collect();
    }
    of_expression(repository, (file, workflow, job), &environment.value, environment.span)
}

/// The environments that a text with expressions names.
pub(super) fn of_expression(
    repository: &Repository<'_>,
    (file, workflow, job): (FileId, &Workflow, &Job),
    text: &str,
    span: Span,
) -> Vec<Word> {
    let mut found = Vec::new();
    add_literals(text, span, &mut found);
    add_inputs(workflow, text, &mut found);
    outputs::add(workflow, job, text, &mut found);
    for name in read_from(text, "matrix.") {
        for (_, node) in job.matrix.axes.iter().filter(|(key, _)| key.value == name) {
            let text = repository.tree.text(file).ok().and_then(|text| text.get(node.span.range())).unwrap_or_default();
            add_literals(&format!("${{{{{text}"), node.span, &mut found);
            add_inputs(workflow, text, &mut found);
            let literal = without_expressions(text);
            let words = literal.split(|c: char| !(c.is_alphanumeric() || "-_.".contains(c)));
            words.filter(|word| !word.is_empty()).for_each(|word| add(word, node.span, &mut found));
        }
    }
    found
}

/// Adds what the inputs that a text reads may be: choices, defaults and what callers hand over, lists as their items.
fn add_inputs(workflow: &Workflow, text: &str, found: &mut Vec<Word>) {
    for name in read_from(text, "inputs.") {
        let triggers = workflow.on.iter();
        let options = triggers.clone().flat_map(|on| on.choices.get(&name).into_iter().flatten());
        let defaults = triggers.filter_map(|on| on.inputs.get(&name)?.as_ref());
        let written = options.chain(defaults).map(|text| (text.value.as_str(), text.span));
        let handed = workflow.callers.iter().filter_map(|caller| match caller.get(&name)? {
            (Data::Text(text), span) => Some((text.as_str(), *span)),
            _ => None,
        });
        for (text, span) in written.chain(handed).filter(|(text, _)| !text.contains("${{")) {
            items(text).for_each(|item| add(item, span, found));
        }
    }
}

/// The items of a list that is written as a text; any other text is its only one.
fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(['"', '\'', '[', ']', ',']).map(str::trim)
}

/// Whether a text, or an item of it, is a word for an environment.
pub(super) fn names(text: &str, role: Role, word: &str) -> bool {
    items(text).filter_map(word_of).any(|(found, named)| found == role && named == word)
}

/// A text without its expressions.
fn without_expressions(text: &str) -> String {
    let mut parts = text.split("${{");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + " " + part.split_once("}}").map_or("", |(_, rest)| rest))
}

/// The environments that the values and steps of a job name, where nothing says it for the whole job.
pub(super) fn of_steps(workflow: &Workflow, job: &Job) -> Vec<Word> {
    let mut found = Vec::new();
    let steps = || job.steps.iter();
    let texts =
        [&workflow.env, &job.env, &job.with].into_iter().chain(steps().flat_map(|step| [&step.env, &step.with]));
    for (_, value) in texts.flatten().filter(|(name, _)| is_target(name)) {
        if value.value.contains("${{") {
            add_literals(&value.value, value.span, &mut found);
            outputs::add(workflow, job, &value.value, &mut found);
        } else {
            add(&value.value, value.span, &mut found);
        }
    }
    for name in steps().filter_map(|step| step.name.as_ref()) {
        let lower = name.value.to_lowercase();
        let words = || lower.split(|c: char| !c.is_alphanumeric());
        if words().any(|word| word.starts_with("deploy")) {
            let tests = |word: &&str| says(word) == Some(Says::Tried);
            words().filter(|word| !tests(word)).for_each(|word| add(word, name.span, &mut found));
        }
        // `Update images in staging`.
        let all: Vec<&str> = words().collect();
        let placed = all.windows(2).filter(|pair| ["in", "to", "on"].contains(&pair[0]));
        placed.for_each(|pair| add(pair[1], name.span, &mut found));
    }
    let runs = steps().filter_map(|step| step.run.as_ref());
    for run in runs {
        let mut words = run.text.split_whitespace();
        while let Some(word) = words.by_ref().find(|word| is_deploy_script(word)) {
            add(paths::name(word).split('.').next().unwrap_or_default(), run.span, &mut found);
            words.clone().next().into_iter().for_each(|next| add(next, run.span, &mut found));
        }
    }
    if found.is_empty() { of_choices(workflow, job) } else { found }
}

/// Whether a variable or an input is called what names an environment.
pub(super) fn is_target(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let parts: Vec<&str> = name.split(['-', '_']).collect();
    ["env", "environment", "slot", "stage", "target"].iter().any(|word| parts.contains(word))
}

/// The environments among which who starts a workflow chooses, where the steps of a job ask for that choice.
fn of_choices(workflow: &Workflow, job: &Job) -> Vec<Word> {
    let mut found = Vec::new();
    let runs = job.steps.iter().filter_map(|step| step.run.as_ref()).map(|run| &run.text);
    let given = job.steps.iter().flat_map(|step| step.env.values().chain(step.with.values())).map(|text| &text.value);
    let read: Vec<String> = runs.chain(given).flat_map(|text| read_from(text, "inputs.")).collect();
    let choices = workflow.on.iter().flat_map(|on| &on.choices);
    let ours = choices.filter(|(name, _)| is_target(name) && read.contains(name));
    for option in ours.flat_map(|(_, options)| options) {
        add(&option.value, option.span, &mut found);
    }
    found
}

/// Whether an input or a variable is called what names a place: an application, a cluster, a host.
pub(super) fn is_place(name: &str) -> bool {
    const PLACES: [&str; 11] =
        ["app", "bucket", "cluster", "domain", "group", "host", "namespace", "project", "remote", "service", "stack"];
    let name = name.to_ascii_lowercase();
    name.split(['-', '_']).any(|word| PLACES.contains(&word))
}

/// The environment whose word all names of places have that a job is given: buckets, clusters, applications. Where the branch
/// chooses among several, each of them is one.
pub(super) fn of_places(workflow: &Workflow, job: &Job) -> Vec<Word> {
    let (mut found, mut chosen) = (Vec::new(), Vec::new());
    let steps = job.steps.iter().flat_map(|step| [&step.env, &step.with]);
    for (name, value) in [&workflow.env, &job.env].into_iter().chain(steps).flatten() {
        if is_place(name) && !value.value.contains("${{") {
            add(&value.value, value.span, &mut found);
        } else if is_place(name) && branches::asks(&value.value) {
            add_literals(&value.value, value.span, &mut chosen);
            // The one that is named for nothing is what the others stand before.
            let plain = literals(&value.value).filter(|text| word_of(text).is_none()).count();
            if plain > 0 && !chosen.is_empty() {
                add("production", value.span, &mut chosen);
            }
        }
    }
    let deployed = |((role, _), _): &Word| matches!(role, Role::Production | Role::Staging);
    if chosen.len() > 1 && chosen.iter().all(deployed) {
        return chosen;
    }
    if found.len() == 1 && found.iter().all(deployed) { found } else { Vec::new() }
}

/// Whether only who starts a workflow, or an expression, says where its job deploys to.
pub(super) fn is_chosen_elsewhere(workflow: &Workflow, job: &Job) -> bool {
    if is_computed(job) {
        return true;
    }
    let called = !workflow.on.is_empty() && workflow.on.iter().all(|on| on.event.value == "workflow_call");
    called && job.environment.as_ref().is_some_and(|environment| !read_from(&environment.value, "inputs.").is_empty())
}

/// Whether the environment of a job is a value of its matrix that an expression makes.
fn is_computed(job: &Job) -> bool {
    let environment = job.environment.iter().flat_map(|environment| read_from(&environment.value, "matrix."));
    let made = |name: &String| {
        let mut axes = job.matrix.axes.iter().filter(|(key, _)| key.value == *name);
        axes.any(|(_, node)| node.texts().iter().any(|text| text.value.contains("${{")))
    };
    let names: Vec<String> = environment.collect();
    !names.is_empty() && (job.matrix.expression.is_some() || names.iter().any(made))
}

/// Whether a word of the tests may be that of an environment that is deployed to.
pub(super) fn is_tried(word: &str) -> bool {
    says(word) == Some(Says::Tried)
}

/// Whether a name says that something is deployed to what it names after that: `deploy-to-test`, not `test-deploy`.
pub(super) fn is_placed(name: &str) -> bool {
    let words: Vec<String> = super::ci::words(name).collect();
    let at = |wanted: Says| words.iter().position(|word| says(word) == Some(wanted));
    at(Says::Deploys).zip(at(Says::Tried)).is_some_and(|(deploys, tried)| {
        deploys < tried && !words.iter().any(|word| ["and", "then"].contains(&word.as_str()))
    })
}

/// Adds what a text names, once; of tests only what may be deployed.
pub(super) fn add(text: &str, span: Span, found: &mut Vec<Word>) {
    let Some(word) = word_of(text).filter(|(role, word)| *role != Role::Test || is_tried(word)) else { return };
    if !found.iter().any(|(known, _)| *known == word) {
        found.push((word, span));
    }
}

/// Adds the texts that expressions may come to: those behind `&&` and `||`, and those of lists.
fn add_literals(text: &str, span: Span, found: &mut Vec<Word>) {
    literals(text).for_each(|literal| literal.split('"').for_each(|word| add(word, span, found)));
}

/// The texts that an expression may come to.
fn literals(text: &str) -> impl Iterator<Item = &str> {
    let inner = text.split_once("${{").map_or("", |(_, inner)| inner);
    let mut pieces = inner.split('\'');
    std::iter::from_fn(move || Some((pieces.next()?, pieces.next()?))).filter_map(|(before, literal)| {
        let before = before.trim_end();
        let listed = before.to_ascii_lowercase().ends_with("fromjson(");
        (before.ends_with("&&") || before.ends_with("||") || listed).then_some(literal)
    })
}

/// The names that expressions of a text read from a context (`inputs.`, `matrix.`).
pub(super) fn read_from(text: &str, context: &str) -> Vec<String> {
    let names = text.match_indices(context).filter_map(|(at, _)| {
        let rest = text.get(at + context.len()..)?;
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
        rest.get(..end)
    });
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::super::deployments::deployments;
    use crate::discover::{Overlay, Tree};
    use crate::links::Repository;

    /// `role word` of each deployment of a workflow.
    fn deployed(workflow: &str) -> Vec<String> {
        let tree = Tree::open(Box::new(Overlay::of([(".github/workflows/ship.yml", workflow)]))).unwrap();
        let found = deployments(&Repository::read(&tree));
        found
            .iter()
            .map(|one| format!("{} {}{}", one.role.name(), one.word, if one.named { "" } else { "?" }))
            .collect()
    }

    fn job(on: &str, environment: &str, steps: &str) -> String {
        format!(
            "on: {on}\njobs:\n  deploy:\n    runs-on: u\n    environment: {environment}\n    strategy: {{matrix: {{site: [prod, qa]}}}}\n    steps: {steps}\n"
        )
    }

    #[test]
    fn a_step_says_where_it_updates_and_a_night_is_no_production() {
        let step = "on: push\njobs:\n  deploy: {runs-on: u, steps: [{name: Update images in staging (Helm), run: helm upgrade a b}]}\n";
        assert_eq!(deployed(step), ["staging staging"]);
        let night = "on: push\njobs:\n  deploy-nightly: {runs-on: u, steps: [{run: flyctl deploy}]}\n";
        assert_eq!(deployed(night), ["staging nightly"]);
    }

    #[test]
    fn expressions_choices_and_matrices_name_all_their_targets() {
        let run = "[{run: ./ship.sh}]";
        let both = ["production prod", "staging staging"];
        assert_eq!(deployed(&job("push", "\"${{ github.ref_type == 'tag' && 'prod' || 'staging' }}\"", run)), both);
        let listed = "\"${{ fromJSON('[\\\"staging\\\", \\\"prod\\\"]')[github.ref == 'refs/heads/main'] }}\"";
        assert_eq!(deployed(&job("push", listed, run)), ["staging staging", "production prod"]);
        let chosen = "{workflow_dispatch: {inputs: {where: {type: choice, options: [prod, staging]}}}}";
        assert_eq!(deployed(&job(chosen, "'${{ inputs.where }}'", run)), both);
        assert_eq!(deployed(&job("push", "'${{ matrix.site }}'", run)), ["production prod", "staging qa"]);
        assert_eq!(deployed(&job("push", "demo", run)), ["staging demo"]);
        assert!(deployed(&job("workflow_call", "'${{ inputs.where }}'", run)).is_empty());
    }

    #[test]
    fn a_matrix_that_an_expression_makes_is_what_callers_hand_over_or_nothing() {
        let reused = "on: {workflow_call: {inputs: {sites: {type: string}}}}\njobs:\n  deploy:\n    runs-on: u\n    environment: '${{ matrix.site }}'\n    strategy: {matrix: {site: '${{ fromJson(inputs.sites) }}'}}\n    steps: [{run: ./ship}]\n";
        let main = "on: push\njobs:\n  ship: {uses: ./.github/workflows/stage-4-deploy.yml, with: {sites: '[\"qa\", \"prod\"]'}}\n";
        let all = |files: &[(&str, &str)]| {
            let tree = Tree::open(Box::new(Overlay::of(files.iter().copied()))).unwrap();
            let found = deployments(&Repository::read(&tree));
            found.iter().filter(|one| one.job == "deploy").map(|one| one.word.clone()).collect::<Vec<_>>()
        };
        let reused = (".github/workflows/stage-4-deploy.yml", reused);
        assert_eq!(all(&[reused, (".github/workflows/main.yml", main)]), ["qa", "prod"]);
        assert!(all(&[reused]).is_empty());
        let listed = "on: push\njobs:\n  deploy:\n    runs-on: u\n    environment: '${{ matrix.site }}'\n    strategy: {matrix: {site: '${{ fromJson(needs.staging.outputs.sites) }}'}}\n    steps: [{run: ./ship}]\n";
        assert!(deployed(listed).is_empty());
    }

    #[test]
    fn a_choice_that_steps_ask_for_names_the_targets() {
        let of = |input: &str, run: &str| {
            let choice = "{type: choice, options: [sandbox, production]}";
            deployed(&format!(
                "on: {{workflow_dispatch: {{inputs: {{{input}: {choice}}}}}}}\njobs:\n  deploy: {{runs-on: u, steps: [{{run: '{run}'}}]}}\n"
            ))
        };
        let run = "./ship ${{ inputs.environment }}";
        assert_eq!(of("environment", run), ["staging sandbox", "production production"]);
        assert_eq!(of("environment", "./ship"), ["production production?"]);
        assert_eq!(of("flavour", "./ship ${{ inputs.flavour }}"), ["production production?"]);
    }

    #[test]
    fn stages_of_a_pipeline_are_no_staging() {
        let job = |id: &str| format!("  {id}: {{runs-on: u, steps: [{{run: ./ship}}]}}\n");
        let of =
            |ids: &[&str]| deployed(&format!("on: push\njobs:\n{}", ids.iter().map(|id| job(id)).collect::<String>()));
        assert_eq!(of(&["build-stage", "test-stage", "deploy-stage"]), ["production production?"]);
        assert_eq!(of(&["deploy-stage-2"]), ["production production?"]);
        assert_eq!(of(&["build", "deploy-stage"]), ["staging stage"]);
    }

    #[test]
    fn commands_and_actions_of_one_job_deploy_to_what_each_names() {
        let of = |steps: &str| deployed(&format!("on: push\njobs:\n  ship:\n    runs-on: u\n    steps: [{steps}]\n"));
        let step = |group: &str| format!("{{run: aws deploy create-deployment --deployment-group-name {group}}}");
        let both = ["staging staging", "production production"];
        assert_eq!(of(&format!("{}, {}", step("shop-staging"), step("shop-production"))), both);
        assert_eq!(of(&format!("{}, {}", step("shop"), step("other"))), ["production production?"]);
        let app = |app: &str| format!("{{uses: akhileshns/heroku-deploy@v3, with: {{heroku_app_name: {app}}}}}");
        assert_eq!(of(&format!("{}, {}", app("shop-staging"), app("shop-production"))), both);
        assert_eq!(
            of("{uses: azure/webapps-deploy@v3, with: {app-name: shop, slot-name: staging}}"),
            ["staging staging"]
        );
        assert_eq!(
            of("{run: az webapp deployment slot swap --slot staging --target-slot production}"),
            ["production production"]
        );
        let on = |host: &str| of(&format!("{{run: ssh -o A=b shop@{host} 'cd /srv && git pull'}}"));
        assert_eq!(
            (on("staging.shop.example"), on("shop.example")),
            (vec![both[0].into()], vec!["production production?".to_owned()])
        );
        assert!(of("{run: ssh shop.example uptime}").is_empty());
        assert_eq!(of("{run: npx serverless deploy --stage staging}"), ["staging staging"]);
    }

    #[test]
    fn steps_name_targets_where_the_job_does_not() {
        let places = "on: push\njobs:\n  roll:\n    runs-on: u\n    env: {A_BUCKET: staging-media-1, B_BUCKET: staging-x}\n    steps: [{run: flyctl deploy}]\n";
        assert_eq!(deployed(places), ["staging staging"]);
        assert_eq!(deployed(&places.replace("staging-x", "production-x")), ["production production?"]);
        let of = |steps: &str| deployed(&format!("on: push\njobs:\n  publish:\n    runs-on: u\n    steps: {steps}\n"));
        assert_eq!(of("[{run: bash bin/autodeploy.sh, env: {TARGET_ENV: staging}}]"), ["staging staging"]);
        assert_eq!(of("[{run: ./deploy-prod.sh}]"), ["production prod"]);
        assert_eq!(of("[{run: ./deploy.sh}]"), ["production production?"]);
        assert!(of("[{run: ./publish.sh}]").is_empty());
    }
}
