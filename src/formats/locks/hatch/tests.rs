use crate::discover::{Overlay, Tree};
use crate::formats::Vars;
use crate::formats::locks::{Installed, installed};
use crate::formats::requirements::MarkerEnv;
use crate::model::Known;

const PROJECT: &str = r#"
[project]
name = "shop"
dependencies = ["django==5.0", "tomli; python_version < '3.11'"]
[project.optional-dependencies]
web = ["gunicorn"]
[tool.hatch.envs.default]
dependencies = ["pytest", "black==24.1"]
[tool.hatch.envs.default.scripts]
test = "pytest {args}"
[tool.hatch.envs.docs]
python = "3.10"
features = ["web"]
extra-dependencies = ["mkdocs~=1.5"]
[tool.hatch.envs.lint]
detached = true
dependencies = ["ruff"]
[tool.hatch.envs.types]
template = "lint"
dependencies = ["mypy"]
[tool.hatch.envs.matrix]
dependencies = ["django~={matrix:django}.0"]
[[tool.hatch.envs.matrix.matrix]]
python = ["3.10", "3.12"]
django = ["4", "5"]
[tool.hatch.envs.matrix.overrides]
matrix.django.dependencies = [{ value = "psycopg", if = ["5"] }]
platform.windows.dependencies = ["pywin32"]
platform.linux.dependencies = ["uvloop"]
"#;

fn run(files: &[(&str, &str)], command: &str) -> Installed {
    let tree = Tree::open(Box::new(Overlay::of(files.iter().map(|(path, text)| (*path, *text))))).unwrap();
    let argv: Vec<String> = command.split(' ').map(str::to_owned).collect();
    installed(&tree, "", &argv, &Vars::new(), &MarkerEnv::linux(Some("3.12")))
}

fn shown(command: &str) -> String {
    let found = run(&[("pyproject.toml", PROJECT)], command);
    let name = |package: &super::Package| {
        let version = package.version.as_ref().map(|version| format!("={}", version.value)).unwrap_or_default();
        format!("{}{version}{}", package.name, if package.applies == Some(true) { "" } else { "?" })
    };
    found.packages.values().map(name).collect::<Vec<_>>().join(" ")
}

#[test]
fn an_environment_holds_the_project_its_features_and_its_own_dependencies() {
    assert_eq!(shown("hatch run test"), "black=24.1 django=5.0 pytest");
    assert_eq!(shown("hatch env create"), "black=24.1 django=5.0 pytest");
    // Its interpreter is its own, and what it does not say comes from the default environment.
    assert_eq!(shown("hatch run docs:build"), "black=24.1 django=5.0 gunicorn mkdocs pytest tomli");
    assert_eq!(shown("hatch -e lint run ruff check"), "ruff");
    assert_eq!(shown("hatch run types:check"), "mypy");
}

#[test]
fn what_only_a_variant_of_the_matrix_has_may_be_there() {
    assert_eq!(shown("hatch run +py=3.12 matrix:x"), "django=5.0 psycopg? uvloop");
    assert_eq!(shown("hatch run matrix.py3.10-4:x"), "django=5.0 tomli uvloop");
    assert_eq!(shown("hatch run matrix.py3.12-5:x"), "django=5.0 psycopg uvloop");
    let project = "[project]\nname = \"shop\"\n[tool.hatch.envs.test]\ndependencies = [\"flask=={matrix:flask}\", \"x{env:Y}\"]\n\
                   [[tool.hatch.envs.test.matrix]]\nflask = [\"3.0\", \"3.1\"]\npy = [\"3.12\"]\n";
    let found = run(&[("pyproject.toml", project)], "hatch run test.py3.12-3.1:x");
    assert_eq!(found.packages["flask"].version.as_ref().map(|version| version.value.as_str()), Some("3.1"));
    assert_eq!(run(&[("pyproject.toml", project)], "hatch run test:x").packages["flask"].version, None);
    assert!(shown("hatch run matrix:x").contains("tomli?"));
}

#[test]
fn the_tests_have_an_environment_of_their_own() {
    let found = shown("hatch test");
    assert!(found.starts_with("coverage coverage-enable-subprocess django=5.0 pytest pytest-mock"), "{found}");
    let own = [
        ("pyproject.toml", "[project]\nname = \"x\"\n"),
        ("hatch.toml", "[envs.hatch-test]\ndependencies = [\"nose2\"]\n"),
    ];
    assert_eq!(run(&own, "hatch test -a").packages.keys().collect::<Vec<_>>(), ["nose2"]);
}

#[test]
fn an_unknown_environment_is_refused_and_the_system_s_installs_nothing() {
    let files = [("pyproject.toml", PROJECT)];
    assert!(run(&files, "hatch run nope:x").refused.is_some());
    let system = run(&files, "hatch run :x");
    assert!(system.refused.is_none() && system.packages.is_empty());
}

#[test]
fn the_interpreter_is_that_of_the_variant_the_matrix_or_the_environment() {
    let shown = |command: &str| match run(&[("pyproject.toml", PROJECT)], command).python {
        None => "none".to_owned(),
        Some(Known::Unknown(_)) => "unknown".to_owned(),
        Some(known) => known.values().iter().map(|python| python.value.as_str()).collect::<Vec<_>>().join(" "),
    };
    for (command, pythons) in [
        ("hatch run test", "none"),
        ("hatch test", "none"),
        ("hatch test -py 3.11", "3.11"),
        ("hatch run docs:build", "3.10"),
        ("hatch run matrix:x", "3.10 3.12"),
        ("hatch run +py=3.12 matrix:x", "3.12"),
        ("hatch run matrix.py3.10-4:x", "3.10"),
        ("hatch run +py=3 matrix:x", "unknown"),
    ] {
        assert_eq!(shown(command), pythons, "{command}");
    }
}

#[test]
fn members_of_a_workspace_come_with_what_they_ask_for() {
    let root = "[project]\nname = \"shop\"\n[tool.hatch.envs.default]\nworkspace.members = [\"packages/*\", {path = \"tools/cli\", features = [\"web\"]}]\n";
    let files = [
        ("pyproject.toml", root),
        ("packages/core/pyproject.toml", "[project]\nname = \"core\"\ndependencies = [\"redis==5\"]\n"),
        ("packages/deep/er/pyproject.toml", "[project]\nname = \"deeper\"\n"),
        ("tools/cli/pyproject.toml", "[project]\nname = \"cli\"\n[project.optional-dependencies]\nweb = [\"flask\"]\n"),
    ];
    assert_eq!(run(&files, "hatch run x").packages.keys().collect::<Vec<_>>(), ["cli", "core", "flask", "redis"]);
}
