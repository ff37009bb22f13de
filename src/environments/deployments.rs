//! The targets that jobs deploy to, and the environments that they are.

use super::plan::{Planned, Runs};
use super::targets::{self, Word, word_of};
use super::ways::{self, Way};
use super::{alike, branches, deploying, developed, slots};
use crate::discover::paths;
use crate::formats::workflow::{Ci, Job, Workflow};
use crate::knowledge::environments::{WordClass, class_of_word};
use crate::links::Repository;
use crate::model::{Confidence, FileId, Reason, Role, Span};

/// A job that deploys, and where to.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The workflow.
    pub workflow: FileId,
    /// The job.
    pub job: String,
    /// What it deploys to.
    pub role: Role,
    /// The word that says so.
    pub word: String,
    /// Where that is written.
    pub span: Span,
    /// Whether something names the target; else it is taken to be production.
    pub named: bool,
    /// Whether something else may be done there than to deploy, as far as is seen.
    beside: bool,
    /// Whether what it does is to set up what the application stands on.
    pub ground: bool,
    /// The branch that it comes from, where that is the one that is developed on.
    pub(super) developed: Option<Word>,
}

impl Deployment {
    /// What tells it from others: the workflow, the job, and the word for where it deploys to.
    pub fn key(&self) -> (FileId, String, String) {
        (self.workflow, self.job.clone(), self.word.clone())
    }
}

/// All deployments of all workflows.
pub fn deployments(repository: &Repository<'_>) -> Vec<Deployment> {
    let mut found = Vec::new();
    for (file, workflow) in repository.workflows() {
        for job in &workflow.jobs {
            found.extend(of_job(repository, file, &workflow, job));
        }
    }
    // A job that hands an environment to a workflow which deploys to it has no deployment of its own.
    let handed: Vec<Span> = found.iter().filter(|one| one.span.file != one.workflow).map(|one| one.span).collect();
    found.retain(|one| {
        let workflow = repository.workflow(one.workflow);
        let job = workflow.iter().flat_map(|workflow| &workflow.jobs).find(|job| job.id.value == one.job);
        !job.is_some_and(|job| job.uses.is_some() && handed.iter().any(|span| job.span.contains(*span)))
    });
    branches::settle(&mut found);
    // Where other jobs deploy to a role, those that set up its ground or work in it are not the deployment.
    let places = |one: &Deployment| (one.role, canonical(one.role, &one.word).to_owned());
    let known: Vec<_> = found.iter().filter(|one| !one.beside).map(places).collect();
    // The ground of an environment that nothing else is deployed to tells of it.
    let kept = |one: &Deployment| !one.beside || one.ground && one.named && !known.contains(&places(one));
    let (mut found, gone): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|one| kept(one) || known.iter().all(|(role, _)| *role != one.role));
    // They say all the same that it is there.
    for one in found.iter_mut().filter(|one| gone.iter().any(|other| other.named && other.role == one.role)) {
        one.named = true;
    }
    // What is called a test is deployed only where other environments are deployed beside it.
    let tried = |one: &Deployment| one.role == Role::Staging && targets::is_tried(&one.word);
    if !found.iter().any(|one| one.named && !tried(one)) {
        found.retain(|one| !tried(one));
    }
    found
}

fn of_job(repository: &Repository<'_>, file: FileId, workflow: &Workflow, job: &Job) -> Vec<Deployment> {
    let Some(sign) = deploying::sign(repository, file, workflow, job) else { return Vec::new() };
    let span = sign.span;
    let name = paths::name(repository.tree.path(file));
    let stem = if workflow.ci == Ci::Jenkins { name } else { name.split('.').next().unwrap_or_default() };
    let by_environment = slots::settled(job, targets::of_environment(repository, file, workflow, job));
    // A named environment is what is deployed to: one of no known role (a branch's own, a tenant's) is not production.
    if workflow.ci == Ci::GitLab && by_environment.is_empty() && job.environment.is_some() {
        return Vec::new();
    }
    let single = || {
        let call = sign.word.clone().map(|word| (word, span, true));
        let own = |text: String, span: Span| {
            let placed = targets::is_placed(&text);
            (text, span, placed)
        };
        let id = Some(own(job.id.value.clone(), job.id.span));
        let name = job.name.as_ref().map(|name| own(name.value.clone(), name.span));
        let whole = job.uses.is_some() && workflow.ci == Ci::Azure;
        let file = (workflow.ci != Ci::GitLab).then(|| (stem.to_owned(), span, whole || targets::is_placed(stem)));
        let all = [call, id, name, file].into_iter().flatten();
        let stages = targets::counts_stages(workflow);
        let word = |(text, span, placed): (String, Span, bool)| {
            let found = word_of(&text).filter(|(role, _)| *role != Role::Test || placed)?;
            (found.1 != "stage" || !stages).then_some((found, span))
        };
        // A platform is production's only where nothing else says what it is deployed for.
        let all: Vec<Word> = all.filter_map(word).collect();
        let plain = all.iter().find(|((_, word), _)| class_of_word(word) != Some(WordClass::Platform));
        plain.or_else(|| all.first()).cloned().into_iter().collect::<Vec<Word>>()
    };
    let mut words = by_environment;
    if words.is_empty() {
        let said = repository.tree.text(span.file).ok().and_then(|text| text.get(span.range()));
        let said = said.filter(|text| sign.is_call && text.contains("${{"));
        words =
            said.map_or_else(Vec::new, |text| targets::of_expression(repository, (file, workflow, job), text, span));
    }
    if words.is_empty() {
        words = deploying::several(repository, file, job);
    }
    if words.is_empty() {
        words = single();
    }
    if words.is_empty() {
        words = targets::of_steps(workflow, job);
    }
    if words.is_empty() {
        words = targets::of_places(workflow, job);
    }
    if words.is_empty() {
        words = branches::of(workflow, job);
    }
    let at = |role: Role, word: String, span: Span, named: bool| Deployment {
        workflow: file,
        job: job.id.value.clone(),
        role,
        word,
        span,
        named,
        beside: sign.beside,
        ground: sign.ground,
        developed: None,
    };
    if branches::is_preview(workflow, job) {
        words.retain(|((role, word), _)| *role == Role::Staging && !targets::is_tried(word));
        if words.is_empty() && sign.span != job.id.span {
            words.extend(branches::numbered(job).map(|span| ((Role::Staging, "preview".to_owned()), span)));
        }
        return words.into_iter().map(|((role, word), span)| at(role, word, span, true)).collect();
    }
    if words.is_empty() {
        let tenant = slots::is_of_a_tenant(job);
        let chosen = tenant || targets::is_chosen_elsewhere(workflow, job);
        let one = at(Role::Production, "production".into(), span, false);
        let developed = branches::developed(workflow, job);
        return if chosen { Vec::new() } else { vec![Deployment { developed, ..one }] };
    }
    // A job starts what is called local on its own machine.
    let named = words.into_iter().filter(|((_, word), _)| !word.starts_with("local"));
    let placed = named.filter_map(|((role, word), span)| match role {
        Role::Test => targets::is_tried(&word).then(|| at(Role::Staging, word, span, true)),
        _ => Some(at(role, word, span, true)),
    });
    placed.collect()
}

/// One word for the words that say the same.
pub(super) fn canonical(role: Role, word: &str) -> &str {
    match (role, word) {
        (Role::Production, _) => "production",
        (Role::Staging, "stage" | "stg") => "staging",
        (Role::Staging, "pre-prod" | "preproduction" | "pre-production") => "preprod",
        (Role::Development, "dev" | "develop" | "devel") => "development",
        _ => word,
    }
}

/// Whether a job that calls the workflow of a deployment may hand its environment over: any, unless callers alone say it.
pub fn may_hand(job: &Job, deployment: &Deployment) -> bool {
    // What a caller is handed itself, it may hand on.
    let hands = |text: &str| text.contains("inputs.") || targets::names(text, deployment.role, &deployment.word);
    deployment.span.file == deployment.workflow || job.with.values().any(|value| hands(&value.value))
}

/// Whether a deployment is to the environment of a role and name.
pub fn is_to(deployment: &Deployment, role: Role, name: &str) -> bool {
    deployment.role == role
        && (deployment.word == name.strip_prefix(DEPLOYED).unwrap_or(name)
            || role != Role::Production && canonical(role, name) == canonical(role, &deployment.word))
}

/// How the job of a deployment deploys.
fn way_of(repository: &Repository<'_>, deployment: &Deployment) -> Way {
    let workflow = repository.workflow(deployment.workflow);
    let jobs = workflow.iter().flat_map(|workflow| &workflow.jobs);
    let mut jobs = jobs.filter(|job| job.id.value == deployment.job);
    let of = |job| ways::of(repository, deployment.workflow, job);
    jobs.next().map_or(Way::Unseen, |job| ways::on_ground(deployment.ground, job, of(job)))
}

/// Whether what an environment runs can be what a deployment deploys.
pub fn can_make(repository: &Repository<'_>, deployment: &Deployment, planned: &Planned) -> bool {
    ways::fits(&way_of(repository, deployment), planned)
}

/// Deployments confirm the environments they deploy to, or name ones that nothing else shows.
pub(super) fn add(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    let found = deployments(repository);
    let same = |planned: &Planned, of: &Deployment| {
        let name = planned.environment.name.as_str();
        let name = name.strip_prefix(DEPLOYED).unwrap_or(name);
        planned.environment.role == of.role && canonical(of.role, name) == canonical(of.role, &of.word)
    };
    rename_tried(all);
    let mut placed: Vec<(usize, &Deployment)> = Vec::new();
    for deployment in &found {
        let way = way_of(repository, deployment);
        let text = format!("job {} deploys to {}", deployment.job, deployment.word);
        let developed_apart = all.iter().any(|planned| {
            planned.environment.role == Role::Development
                && !planned.only_named
                && !developed::is_for_a_server(repository, planned)
        });
        // What runs on a person's machine is deployed by no job.
        let deployed = |planned: &Planned| {
            let orchestrated =
                |unit: &super::Unit| matches!(unit.runs, Runs::Container(_) | Runs::Process { native: Some(_), .. });
            deployment.role != Role::Development
                || planned.only_named
                || planned.units.iter().any(orchestrated)
                || developed_apart && developed::is_for_a_server(repository, planned)
        };
        // An environment that another deployment names, or that manifests name, is not this one.
        let overlaid = |planned: &Planned| planned.units.iter().any(|unit| matches!(unit.runs, Runs::Container(_)));
        let free = |planned: &Planned| {
            planned.environment.role == deployment.role
                && (deployment.role == Role::Production
                    || !overlaid(planned) && !found.iter().any(|other| other.named && same(planned, other)))
        };
        let called = |planned: &Planned| {
            let name = planned.environment.name.as_str();
            same(planned, deployment) && name.strip_prefix(DEPLOYED).unwrap_or(name) == deployment.word
        };
        // What one job deploys another may deploy as well.
        let known = |at: usize| placed.iter().any(|(other, _)| *other == at);
        let find = |is: &dyn Fn(&Planned) -> bool| {
            let mut numbered = all.iter().enumerate();
            let can = |at: usize, one: &Planned| (known(at) || deployed(one)) && ways::fits(&way, one) && is(one);
            numbered.find_map(|(at, planned)| can(at, planned).then_some(at))
        };
        let at = find(&called).or_else(|| find(&|planned| same(planned, deployment))).or_else(|| find(&free));
        let alone = !all.iter().any(|planned| planned.is_of(Role::Production));
        let elsewhere = deployment.role == Role::Production && (way != Way::Unseen || alone);
        if let Some((at, planned)) = at.and_then(|at| Some((at, all.get_mut(at)?))) {
            planned.add_evidence(deployment.span, text);
            planned.add_file(deployment.workflow);
            if deployment.named {
                planned.at_least(Confidence::Invoked);
            }
            placed.push((at, deployment));
        } else if deployment.named || elsewhere {
            let confidence = if deployment.named { Confidence::Invoked } else { Confidence::Named };
            let name = free_name(deployment, all);
            let mut planned = Planned::new(&name, deployment.role, confidence).because(deployment.span, text);
            planned.add_file(deployment.workflow);
            planned.only_named = true;
            planned.unseen = Some(Reason::at("only the job that deploys it is in the repository", deployment.span));
            if let Some((file, unit)) = ways::image_of(repository, deployment.workflow) {
                planned.add_file(file);
                planned.units.push(unit);
                planned.only_named = false;
            }
            placed.push((all.len(), deployment));
            all.push(planned);
        }
    }
    for (at, deployment) in &placed {
        if let Some(planned) = all.get_mut(*at).filter(|planned| planned.only_named || alike::is_shared(planned)) {
            planned.given.extend(alike::selectors(repository, deployment));
        }
        for (other, planned) in all.iter_mut().enumerate() {
            let known = if other == *at { &mut planned.deployed_by } else { &mut planned.deployed_elsewhere };
            known.push(deployment.key());
        }
    }
    alike::share(repository, &placed, all);
}

/// The name of an environment that is deployed to, where an environment of another role has its word for a name.
fn free_name(deployment: &Deployment, all: &[Planned]) -> String {
    let word = &deployment.word;
    let taken = |planned: &Planned| planned.environment.name == *word && planned.environment.role != deployment.role;
    if all.iter().any(taken) { format!("{DEPLOYED}{word}") } else { word.clone() }
}

/// Environments that are deployed to do not share their name with the tests.
fn rename_tried(all: &mut [Planned]) {
    let tests: Vec<String> =
        all.iter().filter(|one| one.is_of(Role::Test)).map(|one| one.environment.name.clone()).collect();
    for planned in all.iter_mut().filter(|one| !one.is_of(Role::Test)) {
        if tests.contains(&planned.environment.name) {
            planned.environment.name = format!("{DEPLOYED}{}", planned.environment.name);
        }
    }
}

/// What stands before a name that another environment has.
pub(super) const DEPLOYED: &str = "deployed-";

#[cfg(test)]
mod tests {
    use super::super::tests::environments;
    use super::{deployments, may_hand};
    use crate::discover::{Overlay, Tree};
    use crate::links::Repository;

    #[test]
    fn callers_hand_over_the_environments_that_are_theirs_and_deploy_nothing_else() {
        let ship = "on: {workflow_call: {inputs: {sites: {type: string}}}}\njobs:\n  roll:\n    runs-on: u\n    environment: '${{ matrix.site }}'\n    strategy: {matrix: {site: '${{ fromJson(inputs.sites) }}'}}\n    steps: [{run: ./deploy.sh}]\n";
        let caller = |on: &str, sites: &str| {
            format!("on: {on}\njobs:\n  deploy: {{uses: ./.github/workflows/ship.yml, with: {{sites: '{sites}'}}}}\n")
        };
        let (proposed, merged) = (caller("pull_request", "[\"qa\"]"), caller("push", "[\"qa\", \"prod\"]"));
        let files = [
            (".github/workflows/main.yml", merged.as_str()),
            (".github/workflows/proposed.yml", proposed.as_str()),
            (".github/workflows/ship.yml", ship),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        let found = deployments(&repository);
        let jobs: Vec<_> = found.iter().map(|one| format!("{} {}", one.job, one.word)).collect();
        assert_eq!(jobs, ["roll qa", "roll prod"]);
        let callers = |at: usize| {
            let all = repository.workflows().into_iter().flat_map(|(_, workflow)| workflow.jobs.clone());
            all.filter(|job| job.uses.is_some() && may_hand(job, &found[at])).count()
        };
        assert_eq!((callers(0), callers(1)), (2, 1));
    }

    /// The workflow of jobs that a push starts.
    fn flow(jobs: &str) -> String {
        format!("on: push\njobs:\n{jobs}")
    }

    #[test]
    fn a_command_may_name_where_to_by_an_input() {
        let on = "{workflow_dispatch: {inputs: {site: {type: choice, options: [staging, production]}}}}";
        let jobs = "  deploy: {runs-on: u, steps: [{run: 'kamal deploy -d ${{ inputs.site }}'}]}\n";
        let text = format!("on: {on}\njobs:\n{jobs}");
        let tree = Tree::open(Box::new(Overlay::of([(".github/workflows/ship.yml", text.as_str())]))).unwrap();
        let found = deployments(&Repository::read(&tree));
        let words: Vec<_> = found.iter().map(|one| one.word.as_str()).collect();
        assert_eq!(words, ["staging", "production"]);
    }

    #[test]
    fn the_environment_of_just_the_word_is_the_one() {
        let image = |name: &str| format!("services: {{web: {{image: acme/{name}, command: gunicorn a.wsgi}}}}\n");
        let jobs = "  deploy-prd: {runs-on: u, steps: [{run: docker compose -f compose.prd.yml up -d}]}\n";
        let (live, prd, flow) = (image("live"), image("prd"), flow(jobs));
        let found = environments(&[
            ("compose.live.yml", live.as_str()),
            ("compose.prd.yml", prd.as_str()),
            (".github/workflows/ship.yml", flow.as_str()),
        ]);
        assert!(found.contains(&"prd production: compose.prd.yml .github/workflows/ship.yml".to_owned()), "{found:?}");
    }

    #[test]
    fn a_folder_that_is_kept_for_it_confirms_what_is_deployed() {
        let flow = flow("  deploy: {runs-on: u, environment: review, steps: [{run: terraform apply}]}\n");
        let kept = ("infra/environments/review/main.tfvars", "size = 1\n");
        let found = environments(&[(".github/workflows/ship.yml", flow.as_str()), kept]);
        assert_eq!(found, ["review staging: .github/workflows/ship.yml infra/environments/review/main.tfvars"]);
    }

    #[test]
    fn the_manifest_that_is_pushed_is_what_is_deployed() {
        let manifest = |name: &str| {
            format!(
                "---\napplications:\n- name: {name}\n  buildpacks: [python_buildpack]\n  command: gunicorn a.wsgi\n"
            )
        };
        let job = |name: &str| {
            let with = format!("{{cf_command: 'push shop-{name} -f ops/manifests/manifest-{name}.yaml'}}");
            format!("  deploy-{name}: {{runs-on: u, steps: [{{uses: cloud-gov/cg-cli-tools@main, with: {with}}}]}}\n")
        };
        let (stable, staging, mine) = (manifest("stable"), manifest("staging"), manifest("ab"));
        let task = "  fill: {runs-on: u, environment: staging, steps: [{uses: cloud-gov/cg-cli-tools@main, with: {cf_command: 'run-task shop-staging --command fill'}}]}\n";
        let flow = flow(&(job("stable") + &job("staging") + task));
        let found = environments(&[
            ("ops/manifests/manifest-stable.yaml", stable.as_str()),
            ("ops/manifests/manifest-staging.yaml", staging.as_str()),
            ("ops/manifests/manifest-ab.yaml", mine.as_str()),
            (".github/workflows/ship.yml", flow.as_str()),
            ("requirements.txt", "gunicorn\n"),
        ]);
        let names: Vec<_> = found.iter().map(|line| line.split(':').next().unwrap_or_default()).collect();
        assert_eq!(names, ["stable production", "staging staging"], "{found:?}");
    }
}
