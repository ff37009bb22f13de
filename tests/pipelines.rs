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
