use super::{azure, bitbucket, cloud_build, code_build, drone, taskcluster};
use crate::discover::{Overlay, Tree};
use crate::formats::workflow::{Job, Workflow};
use crate::model::FileId;

/// `id [container] {services} (needs): steps` of each job.
fn read(path: &str, text: &str, how: fn(&Tree, FileId) -> Workflow) -> Vec<String> {
    let files = [
        (path, text),
        (
            "ci/steps.yml",
            "parameters: [{name: level, default: all}]\nsteps: [{script: 'pytest ${{ parameters.level }}'}]\n",
        ),
        ("web/Dockerfile", "FROM x\n"),
    ];
    let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
    let line = |job: &Job| {
        let step = |step: &crate::formats::workflow::Step| {
            let with = step.with.iter().map(|(name, text)| format!("{name}={}", text.value));
            match (&step.run, &step.uses) {
                (Some(run), _) => run.text.clone(),
                (None, Some(uses)) => std::iter::once(uses.value.clone()).chain(with).collect::<Vec<_>>().join(" "),
                _ => String::new(),
            }
        };
        let image = job.container.as_ref().map_or("", |container| container.image.value.as_str());
        let services = job.services.values().map(|service| service.image.value.as_str()).collect::<Vec<_>>().join(",");
        let needs = job.needs.iter().map(|id| id.value.as_str()).collect::<Vec<_>>().join(",");
        let steps = job.steps.iter().map(step).collect::<Vec<_>>().join("; ");
        let place = job.environment.as_ref().map_or("", |name| name.value.as_str());
        format!("{} [{image}] {{{services}}} ({needs}) {place}: {steps}", job.id.value)
    };
    how(&tree, tree.find(path).unwrap()).jobs.iter().map(line).collect()
}

#[test]
fn stages_jobs_and_templates_of_azure_are_jobs() {
    let text = "variables: {py: '3.12'}
resources: {containers: [{container: db, image: 'postgres:16'}]}
stages:
- stage: Test
  jobs:
  - job: unit
    pool: {vmImage: ubuntu-22.04}
    services: {db: db}
    steps:
    - task: UsePythonVersion@0
      inputs: {versionSpec: $(py)}
    - ${{ if true }}:
      - template: steps.yml
        parameters: {level: fast}
- stage: Live
  jobs:
  - deployment: web
    environment: production
    strategy: {runOnce: {deploy: {steps: [{task: AzureWebApp@1, inputs: {appName: shop, appSettings: '-MODE live'}}]}}}
";
    assert_eq!(
        read("ci/azure-pipelines.yml", text, azure::workflow),
        [
            "unit [] {postgres:16} () : actions/setup-python@v5 python-version=3.12; pytest fast",
            "web [] {} (unit) production: azure/webapps-deploy@v3 appName=shop appSettings=-MODE live env_vars=MODE="
        ]
    );
    let docker =
        "steps: [{task: Docker@2, inputs: {command: buildAndPush, repository: shop, Dockerfile: '**/Dockerfile'}}]\n";
    assert_eq!(
        read("azure-pipelines.yml", docker, azure::workflow),
        ["job [] {} () : docker/build-push-action@v6 context=web file=web/Dockerfile push=true tags=shop"]
    );
}

#[test]
fn steps_of_bitbucket_are_jobs_once_each() {
    let text = "image: python:3.12
definitions:
  services: {db: {image: 'postgres:16', variables: {POSTGRES_DB: x}}}
  steps:
  - step: &test {name: Run tests, services: [db, docker], script: [pip install -r r.txt, pytest]}
pipelines:
  default: [{step: *test}]
  branches:
    main:
    - step: *test
    - step: {name: Ship, deployment: production, script: [{pipe: 'atlassian/heroku-deploy:2.0', variables: {APP: shop}}]}
";
    assert_eq!(
        read("bitbucket-pipelines.yml", text, bitbucket::workflow),
        [
            "Run-tests [python:3.12] {postgres:16} () : pip install -r r.txt; pytest",
            "Ship [python:3.12] {} (Run-tests) production: atlassian/heroku-deploy@2.0 APP=shop"
        ]
    );
}

#[test]
fn steps_of_drone_and_woodpecker_are_jobs_in_their_images() {
    let drone = "kind: pipeline\nname: a\nsteps:\n- {name: test, image: 'python:3.12', commands: [pytest]}\n- {name: image, image: plugins/docker, settings: {repo: acme/shop, dockerfile: web/Dockerfile}}\nservices: [{name: db, image: 'postgres:16'}]\n---\nkind: secret\nname: b\n";
    assert_eq!(
        read(".drone.yml", drone, drone::workflow),
        [
            "test [python:3.12] {postgres:16} () : pytest",
            "image [] {postgres:16} (test) : docker/build-push-action@v6 file=web/Dockerfile push=true tags=acme/shop"
        ]
    );
    let pecker = "matrix: {PY: ['3.11', '3.12']}\nsteps:\n  test: {image: 'python:${PY}', commands: [pytest]}\n";
    assert_eq!(read(".woodpecker.yml", pecker, drone::workflow), ["test [python:${{ matrix.PY }}] {} () : pytest"]);
}

#[test]
fn builders_of_cloud_build_are_programs_and_substitutions_are_put_in() {
    let text = "steps:
- {name: gcr.io/cloud-builders/docker, args: [build, -t, '${_NAME}:1', .]}
- {name: 'python:3.12', id: test, entrypoint: bash, args: [-c, pytest]}
- {name: gcr.io/google.com/cloudsdktool/cloud-sdk, entrypoint: gcloud, args: [run, deploy, '${_NAME}-${_AT}']}
substitutions: {_NAME: shop, _AT: staging}
";
    assert_eq!(
        read("cloudbuild.yaml", text, cloud_build::workflow),
        [
            "test [python:3.12] {} () : pytest",
            "build [] {} (test) : docker build -t shop:1 .; gcloud run deploy shop-staging"
        ]
    );
}

#[test]
fn a_pipeline_of_azure_that_nothing_starts_is_started_by_hand() {
    let events = |head: &str| {
        let text = format!("{head}jobs: [{{job: a, steps: [{{script: ./go}}]}}]\n");
        let tree = Tree::open(Box::new(Overlay::of([("azure-pipelines.yml", text.as_str())]))).unwrap();
        let flow = azure::workflow(&tree, tree.find("azure-pipelines.yml").unwrap());
        flow.on.into_iter().map(|on| on.event.value).collect::<Vec<_>>()
    };
    assert_eq!(events("trigger: none\npr: none\n"), ["workflow_dispatch"]);
    assert_eq!(events("trigger: none\n").len(), 2, "pull requests start it");
    let after = "trigger: none\npr: none\nresources: {pipelines: [{pipeline: build, trigger: true}]}\n";
    assert_eq!(events(after).len(), 2, "another pipeline starts it");
}

#[test]
fn the_phases_of_code_build_run_in_one_shell() {
    let text = "version: 0.2
env: {variables: {MODE: ci}, parameter-store: {KEY: /shop/key}}
phases:
  install: {runtime-versions: {python: 3.12}}
  build: {commands: [cd shop, pytest]}
  pre_build: {commands: [pip install -r requirements.txt]}
";
    let all = read("buildspec.yml", text, code_build::workflow);
    assert_eq!(all.len(), 1);
    assert!(all[0].ends_with("pip install -r requirements.txt\ncd shop\npytest"), "{all:?}");
    let tree = Tree::open(Box::new(Overlay::of([("buildspec.yml", text)]))).unwrap();
    let job = &code_build::workflow(&tree, tree.find("buildspec.yml").unwrap()).jobs[0];
    assert_eq!((job.env["MODE"].value.as_str(), job.env["KEY"].value.as_str()), ("ci", "${{ secrets.it }}"));
    assert_eq!(job.steps[0].with["python-version"].value, "3.12");
}

#[test]
fn tasks_of_taskcluster_are_jobs_wherever_their_template_holds_them() {
    let text = "version: 1
tasks:
  $let: {user: '${event.sender.login}'}
  in:
    $flatten:
    - $if: 'tasks_for == \"github-push\"'
      then:
        taskId: {$eval: as_slugid(\"a\")}
        payload:
          image: python:3.12
          env: {MODE: ci}
          command: [/bin/bash, '--login', '-c', 'git clone ${repo} r && cd r && pytest']
        metadata: {name: Unit tests}
    - $if: 'tasks_for == \"github-push\" && event.ref == \"refs/heads/stage\"'
      then: {payload: {command: [[./deploy.sh, stage]]}, metadata: {name: deploy}}
      else: {payload: {command: []}}
";
    let tree = Tree::open(Box::new(Overlay::of([(".taskcluster.yml", text)]))).unwrap();
    let jobs = taskcluster::workflow(&tree, tree.find(".taskcluster.yml").unwrap()).jobs;
    assert_eq!(jobs[0].env["MODE"].value, "ci");
    assert_eq!(jobs[1].condition.as_ref().map(|asked| asked.value.as_str()), Some("github.ref == 'refs/heads/stage'"));
    let all = read(".taskcluster.yml", text, taskcluster::workflow);
    assert_eq!(all[0], "Unit-tests [python:3.12] {} () : /bin/bash --login -c 'git clone ${repo} r && cd r && pytest'");
    assert_eq!(all[1], "deploy [] {} () : ./deploy.sh stage");
    assert_eq!(all.len(), 3, "a task without a command does nothing");
}
