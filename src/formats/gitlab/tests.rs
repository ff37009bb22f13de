use super::{Pipeline, read, workflow};
use crate::discover::{Overlay, Tree};
use crate::formats::workflow::expand;
use crate::model::Known;

fn tree(files: &[(&str, &str)]) -> Tree {
    Tree::open(Box::new(Overlay::of(files.iter().map(|(path, text)| (*path, *text))))).unwrap()
}

fn pipeline(files: &[(&str, &str)]) -> Pipeline {
    let tree = tree(files);
    let file = tree.find(".gitlab-ci.yml").unwrap_or(crate::model::FileId(0));
    read(&tree, file)
}

const ROOT: &str = "include:
  - local: ci/**/*.yml
  - remote: https://example.com/x.yml
stages: [check, ship]
default:
  image: python:3.12
  before_script: [pip install -r requirements.txt]
variables:
  TAG: {value: '16', description: which database}
  LEVEL: info
test:
  stage: check
  extends: [.base, .database]
  variables: {LEVEL: debug}
  script:
    - !reference [.base, script]
    - pytest
unused: [not, a, job]
ship:
  stage: ship
  image: null
  inherit: {default: false, variables: [LEVEL]}
  environment: {name: production, url: 'https://x', action: start}
  when: manual
  script: ./ship
";
const BASE: &str = ".base:
  script: [echo one, echo two]
  variables: {A: '1', LEVEL: warn}
  rules:
    - if: $CI_COMMIT_BRANCH
      changes: [a.py]
.database:
  services:
    - name: postgres:$TAG
      alias: db
      variables: {POSTGRES_DB: x}
    - redis
  variables: {B: '2'}
";

#[test]
fn templates_includes_and_references_come_together_in_a_job() {
    let found = pipeline(&[(".gitlab-ci.yml", ROOT), ("ci/deep/base.yml", BASE), ("requirements.txt", "")]);
    let names: Vec<&str> = found.jobs.iter().map(|job| job.name.value.as_str()).collect();
    assert_eq!(names, ["test", "ship"]);
    let job = &found.jobs[0];
    let lines: Vec<&str> = job.before_script.iter().chain(&job.script).map(|line| line.text.as_str()).collect();
    assert_eq!(lines, ["pip install -r requirements.txt", "echo one", "echo two", "pytest"]);
    let variables: Vec<_> = job.variables.iter().map(|(name, text)| format!("{name}={}", text.value)).collect();
    assert_eq!(variables, ["A=1", "B=2", "LEVEL=debug"]);
    assert_eq!(job.image.as_ref().map(|image| image.value.as_str()), Some("python:3.12"));
    assert_eq!(job.rules[0].changes[0].value, "a.py");
    assert_eq!((found.problems.len(), found.outside.len()), (0, 1), "{:?}", found.problems);
    let ship = &found.jobs[1];
    assert!(ship.image.is_none() && ship.before_script.is_empty() && ship.by_hand() && ship.allow_failure);
    assert_eq!(ship.inherited.keys().collect::<Vec<_>>(), ["LEVEL"]);
}

#[test]
fn a_pipeline_is_judged_like_a_workflow() {
    let tree = tree(&[(".gitlab-ci.yml", ROOT), ("ci/deep/base.yml", BASE)]);
    let Some(file) = tree.find(".gitlab-ci.yml") else { return };
    let flow = workflow(&tree, file);
    let runs = expand(&flow, &flow.jobs[0], &std::collections::BTreeMap::new());
    assert_eq!(runs[0].services["db"].image.0, Known::One("postgres:16".into()));
    assert_eq!(runs[0].services["redis"].image.0, Known::One("redis".into()));
    assert_eq!(runs[0].env["LEVEL"].0, Known::One("debug".into()));
    let needs: Vec<&str> = flow.jobs[1].needs.iter().map(|need| need.value.as_str()).collect();
    assert_eq!(needs, ["test"]);
    assert_eq!(flow.jobs[1].environment.as_ref().map(|name| name.value.as_str()), Some("production"));
    // The lines of a template stand in another file: they are a step of their own.
    assert_eq!(flow.jobs[0].steps.len(), 3);
}

#[test]
fn broken_pipelines_are_read_as_far_as_they_go() {
    for (text, problems) in [
        ("a: {extends: .none, script: x}", 1),
        ("a: {extends: a, script: x}", 1),
        (".a: {extends: .b}\n.b: {extends: .a}\nc: {extends: .a, script: x}", 1),
        ("a: {script: [!reference [.b, c], y]}", 1),
        ("a: {script: !reference [a, script]}", 1),
        ("include: .gitlab-ci.yml\na: {script: x}", 1),
        ("include: {template: X.yml}\na: {extends: .of_x, script: x}", 0),
        ("include: none.yml\na: {script: x}", 1),
        ("a: {stage: test}", 1),
        ("a: [", 1),
        ("- a", 0),
        ("", 0),
        ("spec: {inputs: {x: {}}}\n---\na: {script: x, image: 'a:$[[ inputs.x ]]'}", 0),
    ] {
        let found = pipeline(&[(".gitlab-ci.yml", text)]);
        assert!(found.problems.len() >= problems, "{text}: {:?}", found.problems);
        assert!(problems > 0 || found.problems.is_empty(), "{text}: {:?}", found.problems);
    }
}

#[test]
fn a_rule_that_keeps_a_job_out_is_no_condition_of_it() {
    let text = "t:\n  script: x\n  rules:\n    - {if: $SKIP, when: never}\n    - if: $CI_COMMIT_BRANCH\n";
    let tree = tree(&[(".gitlab-ci.yml", text)]);
    let flow = workflow(&tree, crate::model::FileId(0));
    assert_eq!(flow.jobs[0].condition.as_ref().map(|text| text.value.as_str()), Some("$CI_COMMIT_BRANCH"));
}

#[test]
fn a_matrix_gives_variables_and_unknown_ones_stay_unknown() {
    let text = "t:
  image: python:$PY-$FLAVOUR
  parallel:
    matrix:
      - PY: ['3.11', '3.12']
        OS: a
      - PY: '3.13'
  script: pytest
";
    let tree = tree(&[(".gitlab-ci.yml", text)]);
    let Some(file) = tree.find(".gitlab-ci.yml") else { return };
    let flow = workflow(&tree, file);
    let runs = expand(&flow, &flow.jobs[0], &std::collections::BTreeMap::new());
    let pythons: Vec<_> = runs.iter().filter_map(|run| run.env["PY"].0.one().cloned()).collect();
    assert_eq!(pythons, ["3.11", "3.12", "3.13"]);
    assert!(runs[0].container.as_ref().is_some_and(|container| container.image.0.is_unknown()));
}

#[test]
fn an_include_gives_its_file_inputs_and_the_others_have_their_defaults() {
    let root = "include:\n  - local: t.yml\n    inputs: {job: unit, python: '3.12', tags: [a, b]}\n";
    let included = "spec:\n  inputs:\n    job: {}\n    python: {}\n    tags: {type: array}\n    level: {default: info}\n    none: {}\n---\n\
                    \"$[[ inputs.job ]]-test\":\n  image: python:$[[ inputs.python ]]\n  only: $[[ inputs.tags ]]\n\
                    \x20 script:\n    - run $[[ inputs.level ]]\n    - left $[[ inputs.none ]]\n    - cut $[[ inputs.job | truncate(0,1) ]]\n";
    let found = pipeline(&[(".gitlab-ci.yml", root), ("t.yml", included)]);
    let job = &found.jobs[0];
    assert_eq!(job.name.value, "unit-test");
    assert_eq!(job.image.as_ref().map(|image| image.value.as_str()), Some("python:3.12"));
    assert_eq!(job.only.iter().map(|word| word.value.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let lines: Vec<&str> = job.script.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(lines, ["run info", "left $[[ inputs.none ]]", "cut $[[ inputs.job | truncate(0,1) ]]"]);
}

#[test]
fn variables_of_rules_are_not_those_of_the_job_and_a_bare_rule_is_no_condition() {
    let text = "variables: {A: '1', B: '2', C: '3'}\nworkflow:\n  rules:\n    - {if: $X, variables: {B: '9'}}\n    - when: always\n\
                t:\n  script: x\n  variables: {D: d}\n  services: [bitnami/postgresql:16]\n  rules:\n    \
                - {if: $Y, variables: {A: '7', C: '3', D: e}}\n    - when: on_success\n";
    let tree = tree(&[(".gitlab-ci.yml", text)]);
    let flow = workflow(&tree, crate::model::FileId(0));
    assert!(flow.jobs[0].condition.is_none());
    let run = &expand(&flow, &flow.jobs[0], &std::collections::BTreeMap::new())[0];
    let known = |name: &str| run.env[name].0.one().map(String::as_str);
    assert_eq!([known("A"), known("B"), known("C"), known("D")], [None, None, Some("3"), None]);
    assert!(run.services.contains_key("bitnami-postgresql"));
}
