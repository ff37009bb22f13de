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
    let flow = workflow(read(&tree, file), file);
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
        ("include: $FILE\na: {extends: .of_x, script: x}", 0),
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
    let flow = workflow(read(&tree, crate::model::FileId(0)), crate::model::FileId(0));
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
    let flow = workflow(read(&tree, file), file);
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
    let flow = workflow(read(&tree, crate::model::FileId(0)), crate::model::FileId(0));
    assert!(flow.jobs[0].condition.is_none());
    let run = &expand(&flow, &flow.jobs[0], &std::collections::BTreeMap::new())[0];
    let known = |name: &str| run.env[name].0.one().map(String::as_str);
    assert_eq!([known("A"), known("B"), known("C"), known("D")], [None, None, Some("3"), None]);
    assert!(run.services.contains_key("bitnami-postgresql"));
}

/// The value of a variable of a job's first run, if it is known.
fn known(flow: &crate::formats::workflow::Workflow, job: usize, name: &str) -> Option<String> {
    let runs = expand(flow, &flow.jobs[job], &std::collections::BTreeMap::new());
    runs[0].env[name].0.one().cloned()
}

#[test]
fn rules_of_an_include_say_whether_it_is_read_and_leave_doubt_where_only_the_run_tells() {
    let include =
        |rules: &str| format!("include:\n  - local: t.yml\n    rules: [{rules}]\nown: {{script: x, image: 'a:$V'}}\n");
    let part = "variables: {V: '1'}\ntests: {script: pytest, image: python:3.12}\n";
    let read = |rules: &str| {
        let tree = tree(&[(".gitlab-ci.yml", &include(rules)), ("t.yml", part), ("app/Dockerfile", "")]);
        let flow = workflow(read(&tree, crate::model::FileId(0)), crate::model::FileId(0));
        let image = expand(&flow, &flow.jobs[0], &std::collections::BTreeMap::new());
        let value = |index: usize| image[index].env.get("V").map(|value| value.0.one().cloned());
        let conditions: Vec<Option<String>> =
            flow.jobs.iter().map(|job| job.condition.as_ref().map(|text| text.value.clone())).collect();
        (conditions, value(0).unwrap_or_default())
    };
    for always in [
        "{exists: [app/Dockerfile]}",
        "{exists: ['**/Dockerfile'], if: $CI}",
        "{when: always}",
        "{exists: {paths: [app]}}",
    ] {
        assert_eq!(read(always), (vec![None, None], Some("1".into())), "{always}");
    }
    for never in ["{exists: [Dockerfile]}", "{if: '\"a\" == \"b\"'}", "{exists: [t.yml], when: never}, {when: always}"]
    {
        assert_eq!(read(never), (vec![None], None), "{never}");
    }
    let maybe = read("{if: $CI_COMMIT_TAG}");
    assert_eq!(maybe, (vec![Some("$CI_COMMIT_TAG".into()), None], None));
    assert_eq!(read("{exists: {paths: [t.yml], project: a/b}}").0, [Some(String::new()), None]);
}

#[test]
fn a_job_whose_rules_never_hold_here_is_left_out() {
    let text = "a: {script: x, rules: [{exists: [manage.py]}]}\nb: {script: x, rules: [{exists: [setup.py]}]}\n\
                c: {script: x, rules: [{if: $X, when: never}]}\nd: {script: x, rules: [{if: $X}]}\n";
    let found = pipeline(&[(".gitlab-ci.yml", text), ("setup.py", "")]);
    let names: Vec<&str> = found.jobs.iter().map(|job| job.name.value.as_str()).collect();
    assert_eq!(names, ["b", "d"]);
}

#[test]
fn jobs_of_a_pipeline_that_a_job_triggers_run_with_what_it_hands_on() {
    let root = "stages: [build, check, ship]\nvariables: {LEVEL: info}\nbuild: {stage: build, script: x}\n\
                backend:\n  stage: check\n  variables: {PY: '3.12'}\n  trigger: {include: [{local: backend/.gitlab-ci.yml, inputs: {name: unit}}], strategy: depend}\n\
                quiet:\n  stage: check\n  variables: {PY: '3.9'}\n  trigger: {include: other.yml, forward: {yaml_variables: false}}\n\
                made: {stage: check, trigger: {include: [{artifact: a.yml, job: build}]}}\n\
                away: {stage: check, trigger: group/project}\n\
                ship: {stage: ship, script: ./ship}\n";
    let child = "spec: {inputs: {name: {}}}\n---\nvariables: {PY: '3.8', LEVEL: debug}\nbuild: {stage: build, script: y}\n\
                 \"$[[ inputs.name ]]\": {script: pytest, image: 'python:$PY'}\n";
    let other = "last: {script: z, image: 'python:$PY', variables: {PY: '3.10'}}\n";
    let tree = tree(&[(".gitlab-ci.yml", root), ("backend/.gitlab-ci.yml", child), ("other.yml", other)]);
    let pipeline = read(&tree, crate::model::FileId(0));
    assert_eq!((pipeline.files.len(), pipeline.outside.len()), (3, 1));
    let flow = workflow(pipeline, crate::model::FileId(0));
    let names: Vec<&str> = flow.jobs.iter().map(|job| job.id.value.as_str()).collect();
    assert_eq!(names, ["build", "backend", "quiet", "made", "away", "ship", "backend-build", "unit", "last"]);
    assert_eq!(known(&flow, 7, "PY").as_deref(), Some("3.12"));
    assert_eq!(known(&flow, 7, "LEVEL").as_deref(), Some("info"));
    assert_eq!(known(&flow, 8, "PY").as_deref(), Some("3.10"));
    let needs = |job: usize| flow.jobs[job].needs.iter().map(|need| need.value.as_str()).collect::<Vec<_>>();
    assert_eq!(needs(7), ["backend-build", "backend"]);
    assert_eq!(needs(5), ["build", "backend", "quiet", "made", "away", "backend-build", "unit"]);
}

#[test]
fn a_variable_that_is_not_expanded_keeps_its_dollars() {
    let text = "variables:\n  A: one\n  RAW: {value: 'x$A${A}', expand: false}\n  TWICE: '$RAW-$A'\nt: {script: x}\n";
    let tree = tree(&[(".gitlab-ci.yml", text)]);
    let flow = workflow(read(&tree, crate::model::FileId(0)), crate::model::FileId(0));
    assert_eq!(known(&flow, 0, "RAW").as_deref(), Some("x$A${A}"));
    assert_eq!(known(&flow, 0, "TWICE").as_deref(), Some("x$A${A}-one"));
}
