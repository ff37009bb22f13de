use super::workflow;
use crate::discover::{Overlay, Tree};
use crate::formats::workflow::{Workflow, expand};
use crate::model::Known;

fn read(text: &str) -> Workflow {
    let files = [(".travis.yml", text), ("requirements.txt", "django\n")];
    let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
    workflow(&tree, tree.find(".travis.yml").unwrap())
}

#[test]
fn phases_are_one_job_for_every_python_and_line_of_variables() {
    let all = read(
        "language: python
dist: bionic
python: ['3.6', '3.7']
addons: {postgresql: '9.6'}
env:
  global: [MODE=ci]
  jobs: ['DJANGO=2.2 DB=\"a b\"', 'DJANGO=3.0 DB=c']
script: [pytest]
deploy: {provider: heroku, app: x, on: {branch: main}}
",
    );
    let job = &all.jobs[0];
    let runs = expand(&all, job, &std::collections::BTreeMap::new());
    assert_eq!(runs.len(), 4);
    let values: Vec<_> = runs.iter().map(|run| (run.python[0].0.clone(), run.env["DB"].0.clone())).collect();
    assert_eq!(values[0], (Known::One("3.6".into()), Known::One("a b".into())));
    assert_eq!(runs[0].env["MODE"].0, Known::One("ci".into()));
    assert_eq!(runs[0].services["postgres"].image.0, Known::One("postgres:9.6".into()));
    let texts: Vec<_> = job.steps.iter().filter_map(|step| Some(step.run.as_ref()?.text.as_str())).collect();
    assert_eq!(texts, ["pip install -r requirements.txt", "pytest"]);
    let deploy = &all.jobs[1];
    assert_eq!(deploy.needs[0].value, "test");
    assert_eq!(deploy.steps[0].uses.as_ref().map(|uses| uses.value.as_str()), Some("travis/heroku"));
}

#[test]
fn an_entry_with_a_script_is_a_job_and_one_without_is_a_row() {
    let all = read(
        "language: python
env: A=1
install: pip install tox
script: tox
jobs:
  include:
    - python: 3.8
    - {name: lint, python: '3.9', script: flake8}
",
    );
    let ids: Vec<_> = all.jobs.iter().map(|job| job.id.value.as_str()).collect();
    assert_eq!(ids, ["test", "lint"]);
    let pythons = |at: usize| {
        let runs = expand(&all, &all.jobs[at], &std::collections::BTreeMap::new());
        runs.iter().filter_map(|run| run.python.first()?.0.one().cloned()).collect::<Vec<_>>()
    };
    assert_eq!((pythons(0), pythons(1)), (vec!["3.8".to_owned()], vec!["3.9".to_owned()]));
}

#[test]
fn each_branch_that_has_a_place_of_its_own_is_deployed_by_a_job() {
    let all = read(
        "language: python
script: pytest
deploy: {provider: heroku, app: {main: shop, develop: shop-next}}
",
    );
    let line = |job: &crate::formats::workflow::Job| {
        let asked = job.condition.as_ref().map_or("", |asked| asked.value.as_str());
        let app = job.steps[0].with.get("app").map_or("", |app| app.value.as_str());
        format!("{} {asked}: {app}", job.id.value)
    };
    let jobs: Vec<String> = all.jobs.iter().skip(1).map(line).collect();
    let expected =
        ["deploy github.ref == 'refs/heads/main': shop", "deploy-2 github.ref == 'refs/heads/develop': shop-next"];
    assert_eq!(jobs, expected);
}
