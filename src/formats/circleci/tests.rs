use super::workflow;
use crate::discover::{Overlay, Tree};
use crate::formats::workflow::{Job, Workflow, expand};
use crate::model::Known;

const PATH: &str = ".circleci/config.yml";

fn read(text: &str) -> Workflow {
    let tree = Tree::open(Box::new(Overlay::of([(PATH, text)]))).unwrap();
    workflow(&tree, tree.find(PATH).unwrap())
}

fn job<'a>(workflow: &'a Workflow, id: &str) -> &'a Job {
    workflow.jobs.iter().find(|job| job.id.value == id).unwrap()
}

const CONFIG: &str = "version: 2.1
orbs: {heroku: circleci/heroku@1.2.6}
parameters:
  image: {type: string, default: 'cimg/python:3.12'}
commands:
  install:
    parameters:
      file: {type: string, default: base}
    steps:
      - run: pip install -r requirements/<< parameters.file >>.txt
executors:
  app:
    docker:
      - image: << pipeline.parameters.image >>
        environment: {MODE: ci}
      - image: cimg/postgres:16.3-postgis
        environment: {POSTGRES_DB: app}
jobs:
  test:
    executor: app
    working_directory: ~/repo
    steps:
      - checkout
      - install: {file: dev}
      - run: {name: tests, command: pytest, working_directory: ~/repo/backend, environment: {FAST: 1}}
      - when: {condition: {equal: [a, a]}, steps: [{run: coverage}]}
  ship:
    parameters: {to: {type: string}}
    machine: {image: 'ubuntu-2404:2024.05.1'}
    environment: {TARGET: << parameters.to >>}
    steps: [{run: ./ship.sh << parameters.to >> now}]
workflows:
  main:
    jobs:
      - test
      - hold: {type: approval, requires: [test]}
      - ship: {name: ship-staging, to: staging, requires: [test], filters: {branches: {only: main}}}
      - ship: {name: ship-production, to: production, requires: [hold]}
      - heroku/deploy-via-git: {requires: [test]}
";

#[test]
fn commands_executors_and_parameters_stand_where_they_are_called() {
    let all = read(CONFIG);
    let ids: Vec<_> = all.jobs.iter().map(|job| job.id.value.as_str()).collect();
    assert_eq!(ids, ["test", "ship-staging", "ship-production", "heroku/deploy-via-git"]);
    let test = job(&all, "test");
    let runs: Vec<_> = test.steps.iter().filter_map(|step| step.run.as_ref()).collect();
    let texts: Vec<_> = runs.iter().map(|run| run.text.as_str()).collect();
    assert_eq!(texts, ["pip install -r requirements/dev.txt", "pytest", "coverage"]);
    let at = runs[0].text.find("requirements").unwrap();
    assert_eq!(&CONFIG[runs[0].map.span(at, at + 12).range()], "requirements");
    assert_eq!(runs[1].working_directory.as_ref().map(|dir| dir.value.as_str()), Some("backend"));
    let run = &expand(&all, test, &std::collections::BTreeMap::new())[0];
    assert_eq!(run.container.as_ref().map(|found| found.image.0.clone()), Some(Known::One("cimg/python:3.12".into())));
    assert_eq!(run.services["postgres"].image.0, Known::One("cimg/postgres:16.3-postgis".into()));
    assert_eq!(run.env["MODE"].0, Known::One("ci".into()));
    assert!(matches!(run.steps[2].runs, Known::Unknown(_)));
}

#[test]
fn an_approval_makes_what_requires_it_wait_for_a_person() {
    let all = read(CONFIG);
    let production = job(&all, "ship-production");
    assert!(production.by_hand && !job(&all, "ship-staging").by_hand);
    assert_eq!(production.needs.iter().map(|need| need.value.as_str()).collect::<Vec<_>>(), ["test"]);
    assert_eq!(production.env["TARGET"].value, "production");
    assert_eq!(production.steps[0].run.as_ref().map(|run| run.text.as_str()), Some("./ship.sh production now"));
    let staging = job(&all, "ship-staging");
    assert_eq!(staging.condition.as_ref().map(|text| text.value.as_str()), Some("github.ref == 'refs/heads/main'"));
    let orb = job(&all, "heroku/deploy-via-git").steps[0].uses.as_ref().map(|uses| uses.value.as_str());
    assert_eq!(orb, Some("circleci/heroku/deploy-via-git@1.2.6"));
}

#[test]
fn every_combination_of_a_matrix_runs() {
    let all = read(
        "jobs: {t: {parameters: {v: {type: string}}, docker: [{image: 'python:<< parameters.v >>'}], steps: [{run: tox}]}}
workflows: {w: {jobs: [{t: {matrix: {parameters: {v: ['3.12', '3.13']}}}}]}}
",
    );
    let runs = expand(&all, &all.jobs[0], &std::collections::BTreeMap::new());
    let images: Vec<_> = runs.iter().filter_map(|run| run.container.as_ref()?.image.0.one().cloned()).collect();
    assert_eq!(images, ["python:3.12", "python:3.13"]);
}

#[test]
fn the_job_build_runs_without_workflows_and_loops_end() {
    let all = read("jobs: {build: {docker: [{image: 'python:3.6'}], steps: [{run: flask test}]}, other: {steps: []}}");
    assert_eq!(all.jobs.len(), 1);
    let loops = "commands: {a: {steps: [a, a]}}\njobs: {build: {steps: [a]}}";
    assert!(read(loops).jobs[0].steps.is_empty());
}

#[test]
fn a_configuration_that_is_put_together_when_it_runs_is_read_as_a_whole() {
    let files = [
        (
            ".circleci/config.yml",
            "setup: true\njobs: {join: {docker: [{image: x}], steps: [run: ./join.sh]}}\nworkflows: {w: {jobs: [join]}}\n",
        ),
        (".circleci/base.yml", "executors: {own: {docker: [{image: 'python:3.12'}]}}\n"),
        (".circleci/parts/jobs.yml", "test: {executor: own, steps: [run: pytest]}\n"),
        (".circleci/parts/workflows.yml", "# workflows:\n  all: {jobs: [test]}\n"),
    ];
    let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
    let all = workflow(&tree, tree.find(".circleci/config.yml").unwrap());
    let test = job(&all, "test");
    assert_eq!(test.container.as_ref().map(|container| container.image.value.as_str()), Some("python:3.12"));
    assert_eq!(test.steps.len(), 1);
}
