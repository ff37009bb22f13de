//! What tools that CI and images call come to, joined.

use crate::support::facts;

#[test]
fn an_environment_of_hatch_brings_its_interpreter() {
    let manifest = "[project]\nname = \"shop\"\ndependencies = [\"django==5.2\"]\n[tool.hatch.envs.test]\ndependencies = [\"pytest\"]\n\
                    [[tool.hatch.envs.test.matrix]]\npython = [\"3.11\", \"3.12\"]\n[tool.hatch.envs.test.scripts]\nunit = \"pytest\"\n";
    let job = |run: &str| {
        format!(
            "on: push\njobs:\n  t:\n    runs-on: ubuntu-24.04\n    steps:\n      - uses: actions/setup-python@v5\n        with: {{python-version: '3.13'}}\n      - run: {run}\n"
        )
    };
    let image = "FROM python:3.13-slim\nCOPY . .\nRUN pip install .\nCMD [\"gunicorn\", \"shop.wsgi\"]\n";
    for (run, versions) in [
        ("hatch run test:unit", ["3.11", "3.12"].as_slice()),
        ("hatch run +py=3.12 test:unit", &["3.12"]),
        ("hatch test", &["3.13"]),
    ] {
        let workflow = job(run);
        let files =
            [(".github/workflows/c.yml", workflow.as_str()), ("pyproject.toml", manifest), ("Dockerfile", image)];
        let lines = facts(&files);
        let of_tests = |line: &&String| line.starts_with("test ") && line.contains("runtime.python version=");
        let found: Vec<&String> = lines.iter().filter(of_tests).collect();
        let said = |version: &str| found.iter().any(|line| line.contains(version));
        assert_eq!(found.len(), 1, "{run}: {lines:#?}");
        for version in ["3.11", "3.12", "3.13"] {
            assert_eq!(said(version), versions.contains(&version), "{run}: {found:?}");
        }
    }
}

#[test]
fn an_exact_sync_takes_out_what_an_earlier_one_put_in() {
    let manifest = "[project]\nname = \"shop\"\nversion = \"1\"\ndependencies = [\"django\"]\n[dependency-groups]\ndev = [\"ruff\"]\n";
    let lock = "version = 1\n[[package]]\nname = \"django\"\nversion = \"5.2\"\nsource = { registry = \"https://pypi.org/simple\" }\n\
                [[package]]\nname = \"ruff\"\nversion = \"0.5\"\nsource = { registry = \"https://pypi.org/simple\" }\n\
                [[package]]\nname = \"shop\"\nversion = \"1\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"django\" }]\n\
                [package.dev-dependencies]\ndev = [{ name = \"ruff\" }]\n";
    for (flag, stays) in [("", false), (" --inexact", true)] {
        let docker = format!(
            "FROM python:3.12-slim\nCOPY . .\nRUN uv sync --frozen\nRUN uv sync --frozen --no-dev{flag}\nCMD [\"gunicorn\", \"a\"]\n"
        );
        let lines = facts(&[("Dockerfile", &docker), ("pyproject.toml", manifest), ("uv.lock", lock)]);
        assert!(lines.iter().any(|line| line.ends_with("package.django version=5.2")), "{lines:#?}");
        assert_eq!(lines.iter().any(|line| line.contains("package.ruff ")), stays, "{flag}: {lines:#?}");
    }
}

#[test]
fn what_a_deployment_done_elsewhere_starts_is_gated_there() {
    let tests = "on: pull_request\njobs:\n  test: {runs-on: ubuntu-24.04, steps: [{run: pip install -r requirements.txt}, {run: pytest}]}\n";
    let image = "FROM python:3.13-slim\nCOPY . .\nRUN pip install -r requirements.txt\nCMD [\"gunicorn\", \"a\"]\n";
    for (event, gate) in [("push", "pull-request"), ("deployment_status", "other-workflow")] {
        let after =
            format!("on: {event}\njobs:\n  deploy-prod: {{runs-on: ubuntu-24.04, steps: [{{run: flyctl deploy}}]}}\n");
        let files = [
            (".github/workflows/t.yml", tests),
            (".github/workflows/d.yml", after.as_str()),
            ("Dockerfile", image),
            ("requirements.txt", "django==5.2\npytest==8.0\n"),
        ];
        let lines = facts(&files);
        assert!(lines.iter().any(|line| line.contains(&format!("gate={gate}"))), "{event}: {lines:#?}");
    }
}

#[test]
fn what_another_repository_does_may_be_tested_there() {
    let tests = "on: pull_request\njobs:\n  test: {runs-on: ubuntu-24.04, steps: [{run: pip install -r requirements.txt}, {run: pytest}]}\n";
    let reused = |uses: &str| {
        format!(
            "on: {{push: {{branches: [main]}}}}\njobs:\n  deploy-prod: {{uses: {uses}, with: {{environment: production}}}}\n"
        )
    };
    let extended = "trigger: [main]\npool: own\nresources:\n  repositories:\n  - {repository: common, type: git, name: shop/common}\nextends:\n  template: deploy-production.yml@common\n  parameters: {environment: production}\n";
    let found = gates(&[
        (".github/workflows/d.yml", &reused("acme/common/.github/workflows/deploy.yml@main")),
        (".github/workflows/t.yml", tests),
    ]);
    assert!(found.iter().any(|line| line.ends_with("gate=other-workflow")), "{found:?}");
    let found = gates(&[("azure-pipelines.yml", extended), (".github/workflows/t.yml", tests)]);
    assert!(found.iter().any(|line| line.ends_with("gate=other-workflow")), "{found:?}");
}

/// The gates of the deployments in workflows, beside an image and tests that run by themselves.
fn gates(workflows: &[(&str, &str)]) -> Vec<String> {
    let image = "FROM python:3.13-slim\nCOPY . .\nRUN pip install -r requirements.txt\nCMD [\"gunicorn\", \"a\"]\n";
    let mut files = vec![("Dockerfile", image), ("requirements.txt", "django==5.2\npytest==8.0\n")];
    files.extend(workflows);
    facts(&files).into_iter().filter(|line| line.contains(" gate=")).collect()
}

#[test]
fn a_deployment_is_gated_by_the_callers_that_hand_its_environment_over() {
    let tests = "on: workflow_call\njobs:\n  test: {runs-on: ubuntu-24.04, steps: [{run: pip install -r requirements.txt}, {run: pytest}]}\n";
    let inner = "on:\n  workflow_call: {inputs: {environment: {type: string, required: true}}}\njobs:\n  release:\n    runs-on: ubuntu-24.04\n    environment: ${{ inputs.environment }}\n    steps: [{run: flyctl deploy}]\n";
    let outer = "on:\n  workflow_call: {inputs: {environment: {type: string, required: true}}}\njobs:\n  fly:\n    uses: ./.github/workflows/inner.yml\n    with: {environment: '${{ inputs.environment }}'}\n";
    let merged = "on: {push: {branches: [main]}}\njobs:\n  ci: {uses: ./.github/workflows/t.yml}\n  app:\n    needs: [ci]\n    uses: ./.github/workflows/outer.yml\n    with: {environment: staging}\n";
    let live = "on: {push: {branches: [live]}}\njobs:\n  app:\n    uses: ./.github/workflows/outer.yml\n    with: {environment: production}\n";
    let found = gates(&[
        (".github/workflows/t.yml", tests),
        (".github/workflows/inner.yml", inner),
        (".github/workflows/outer.yml", outer),
        (".github/workflows/merged.yml", merged),
        (".github/workflows/live.yml", live),
    ]);
    let gate = |environment: &str, gate: &str| {
        found.iter().any(|line| line.starts_with(environment) && line.ends_with(&format!("gate={gate}")))
    };
    assert!(gate("staging", "tests") && !gate("staging", "none"), "{found:#?}");
    assert!(gate("production", "none"), "{found:#?}");
}

#[test]
fn what_only_changes_under_discussion_start_is_there_to_be_tried() {
    let tests = "on: push\njobs:\n  test: {runs-on: ubuntu-24.04, steps: [{run: pip install -r requirements.txt}, {run: pytest}]}\n";
    let deploy = |event: &str, name: &str| {
        format!(
            "on: {event}\njobs:\n  {name}: {{environment: {name}, runs-on: ubuntu-24.04, steps: [{{run: flyctl deploy}}]}}\n"
        )
    };
    let both = "[pull_request, workflow_dispatch]";
    for (event, name, gate) in [
        ("pull_request", "staging", "preview"),
        ("[pull_request, push]", "staging", "pull-request"),
        (both, "staging", "preview"),
        // What its users are served from is no trial, whoever starts it.
        (both, "production", "pull-request"),
    ] {
        let found = gates(&[(".github/workflows/t.yml", tests), (".github/workflows/d.yml", &deploy(event, name))]);
        let said = |line: &String| line.starts_with(name) && line.ends_with(&format!("gate={gate}"));
        assert!(found.iter().any(said), "{event} {name}: {found:#?}");
    }
}

#[test]
fn stages_of_jenkins_that_are_named_for_tests_stand_before_what_follows() {
    let pipeline = |before: &str| {
        format!(
            "pipeline {{\n  agent any\n  stages {{\n    stage('{before}') {{ steps {{ libraryDoes('x') }} }}\n    stage('Deploy to production') {{ steps {{ sh 'flyctl deploy --app x' }} }}\n  }}\n}}\n"
        )
    };
    let tests = "on: push\njobs:\n  test: {runs-on: ubuntu-24.04, steps: [{run: pip install -r requirements.txt}, {run: pytest}]}\n";
    for (before, gated) in [("Project tests", true), ("Build", false)] {
        let found = gates(&[("Jenkinsfile", &pipeline(before)), (".github/workflows/t.yml", tests)]);
        let waits = |line: &String| line.starts_with("production") && line.ends_with("gate=other-workflow");
        assert_eq!(found.iter().any(waits), gated, "{before}: {found:#?}");
    }
}
