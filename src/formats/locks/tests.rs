use super::*;
use crate::discover::{Overlay, Tree};

fn tree(files: &[(&str, &str)]) -> Tree {
    Tree::open(Box::new(Overlay::of(files.iter().map(|(path, text)| (*path, *text))))).unwrap()
}

fn run(tree: &Tree, command: &str) -> Installed {
    let argv: Vec<String> = command.split(' ').map(str::to_owned).collect();
    installed(tree, "", &argv, &Vars::new(), &MarkerEnv::linux(Some("3.12")))
}

fn shown(found: &Installed) -> Vec<String> {
    let one = |p: &Package| {
        let version = p.version.as_ref().map_or("-", |v| v.value.as_str());
        format!("{}={version}{}", p.name, if p.dev { " dev" } else { "" })
    };
    found.packages.values().map(one).collect()
}

const UV: &str = r#"requires-python = ">=3.12"
[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [{ name = "django" }, { name = "wincurse", marker = "sys_platform == 'win32'" }]
[package.dev-dependencies]
dev = [{ name = "pytest" }]
prod = [{ name = "gunicorn" }]
[[package]]
name = "django"
version = "5.0"
dependencies = [{ name = "sqlparse" }]
[[package]]
name = "sqlparse"
version = "0.5"
[[package]]
name = "pytest"
version = "8.0"
dependencies = [{ name = "sqlparse" }]
[[package]]
name = "gunicorn"
version = "22.0"
[[package]]
name = "wincurse"
version = "1"
"#;

const PROJECT: &str = "[project]\nname = \"app\"\ndependencies = [\"django>=5\"]\n[dependency-groups]\ndev = [\"pytest\"]\nprod = [\"gunicorn\"]\n";

#[test]
fn uv_takes_the_development_group_unless_told_otherwise() {
    let tree = tree(&[("pyproject.toml", PROJECT), ("uv.lock", UV)]);
    assert_eq!(shown(&run(&tree, "uv sync")), ["django=5.0", "pytest=8.0 dev", "sqlparse=0.5"]);
    let prod = run(&tree, "uv sync --no-dev --group prod --locked");
    assert_eq!(shown(&prod), ["django=5.0", "gunicorn=22.0", "sqlparse=0.5"]);
    assert!(prod.complete.is_ok() && prod.project == Some(false));
    assert!(run(&tree, "uv sync --group none").refused.is_some());
    assert!(run(&tree, "uv sync --some-new-flag").refused.is_some());
}

#[test]
fn a_locked_package_points_at_its_version_and_then_at_the_requirement() {
    let tree = tree(&[("pyproject.toml", PROJECT), ("uv.lock", UV)]);
    let found = run(&tree, "uv sync");
    let places: Vec<_> = found.packages["django"]
        .origin
        .steps
        .iter()
        .map(|s| (tree.path(s.span.file), &tree.text(s.span.file).unwrap()[s.span.range()]))
        .collect();
    assert_eq!(places, [("uv.lock", "5.0"), ("pyproject.toml", "django>=5")]);
    assert!(found.packages["django"].direct && !found.packages["sqlparse"].direct);
}

#[test]
fn pip_is_complete_only_with_no_deps_or_hashes() {
    let tree = tree(&[("r.txt", "a==1.0\nb\n"), ("c.txt", "b==2\nz==1\n"), ("h.txt", "a==1 --hash=sha256:00\n")]);
    let found = run(&tree, "pip install -r r.txt -c c.txt");
    assert_eq!(shown(&found), ["a=1.0", "b=2"]);
    assert!(found.complete.is_err() && found.refused.is_none());
    assert!(run(&tree, "python3 -m pip install --no-deps -r r.txt").complete.is_ok());
    assert!(run(&tree, "pip install -r h.txt").complete.is_ok());
    let missing = run(&tree, "pip install -r r.txt -r none.txt");
    assert!(missing.complete.is_err() && missing.packages.len() == 2);
}

#[test]
fn words_of_the_command_itself_have_no_place() {
    let found = run(&tree(&[("a", "")]), "pip install --upgrade pip celery[redis]==5.3");
    assert_eq!(shown(&found), ["celery=5.3", "pip=-"]);
    assert_eq!(found.packages["celery"].version.as_ref().unwrap().span, NOWHERE);
    assert!(found.packages["celery"].origin.steps.is_empty());
}

#[test]
fn pip_wheel_tells_where_it_puts_what_it_gathers() {
    let tree = tree(&[("r.txt", "a==1.0\n")]);
    let argv: Vec<String> = "pip wheel --no-deps --wheel-dir /wheels -r r.txt".split(' ').map(str::to_owned).collect();
    let found = pip_wheel(&tree, "", &argv, &Vars::new(), &MarkerEnv::default()).unwrap();
    assert_eq!((found.folder.as_deref(), shown(&found.installed)), (Some("/wheels"), vec!["a=1.0".to_owned()]));
}

#[test]
fn pipenv_and_its_json_have_places() {
    let lock =
        r#"{"_meta": {}, "default": {"Django": {"version": "==5.0"}}, "develop": {"pytest": {"version": "==8"}}}"#;
    let tree = tree(&[("Pipfile.lock", lock), ("Pipfile", "[packages]\nDjango = \"*\"\n")]);
    let found = run(&tree, "pipenv install --system --deploy --dev");
    assert_eq!(shown(&found), ["django=5.0", "pytest=8 dev"]);
    assert_eq!(&lock[found.packages["django"].version.as_ref().unwrap().span.range()], "5.0");
    let steps: Vec<_> = found.packages["django"].origin.steps.iter().map(|s| tree.path(s.span.file)).collect();
    assert_eq!(steps, ["Pipfile.lock", "Pipfile"]);
}

#[test]
fn broken_files_are_told_and_never_fatal() {
    for text in ["{", "[", "{\"a\": ", "\"", "{\"a\" 1}", "nul", "{\"é", &"[".repeat(5000)] {
        let (_, problems) = data::json(FileId(0), text);
        assert_eq!(problems.len(), 1, "{text:.20}");
    }
    let tree = tree(&[("uv.lock", "[[package]\nname = 1\n")]);
    assert!(run(&tree, "uv sync").refused.is_some());
}

#[test]
fn a_project_of_setuptools_is_installed_with_what_its_files_say() {
    let cfg = "[options]\ninstall_requires =\n    django==5.0\n[options.extras_require]\ntest =\n    pytest\n";
    let tree = tree(&[("setup.cfg", cfg), ("setup.py", "from setuptools import setup\nsetup()\n")]);
    assert_eq!(shown(&run(&tree, "pip install .")), ["django=5.0"]);
    assert_eq!(shown(&run(&tree, "pip install -e .[test]")), ["django=5.0", "pytest=-"]);
}

#[test]
fn what_a_chosen_member_of_a_workspace_asks_for_is_direct() {
    let lock = "requires-python = \">=3.12\"\n[manifest]\nmembers = [\"app\", \"root\"]\n\
                [[package]]\nname = \"root\"\nversion = \"0\"\nsource = { virtual = \".\" }\n\
                [[package]]\nname = \"app\"\nversion = \"0\"\nsource = { editable = \"app\" }\n\
                [package.dev-dependencies]\ndev = [{ name = \"mypy\" }]\n[[package]]\nname = \"mypy\"\nversion = \"1.0\"\n";
    let root = "[project]\nname = \"root\"\nversion = \"0\"\n[tool.uv.workspace]\nmembers = [\"app\"]\n";
    let app = "[project]\nname = \"app\"\nversion = \"0\"\n[dependency-groups]\ndev = [\"mypy\"]\n";
    let tree = tree(&[("uv.lock", lock), ("pyproject.toml", root), ("app/pyproject.toml", app)]);
    let found = run(&tree, "uv sync --frozen --package app");
    assert_eq!(shown(&found), ["mypy=1.0 dev"]);
    assert!(found.packages["mypy"].direct);
}

#[test]
fn without_a_lock_a_manager_installs_what_the_manifest_asks_for() {
    let project = "[project]\nname = \"app\"\ndependencies = [\"django>=5\", \"six==1.16 ; sys_platform == 'win32'\"]\n\
                   [project.optional-dependencies]\npg = [\"psycopg\"]\nall = [\"app[pg]\"]\n[dependency-groups]\n\
                   dev = [\"pytest==8\"]\ndocs = [{ include-group = \"dev\" }, \"furo\"]\n";
    let tree = tree(&[("pyproject.toml", project)]);
    let found = run(&tree, "uv sync --extra all");
    assert_eq!(shown(&found), ["django=-", "psycopg=-", "pytest=8 dev"]);
    assert!(found.complete.is_err() && found.refused.is_none() && found.packages["django"].direct);
    assert_eq!(shown(&run(&tree, "uv sync --no-dev")), ["django=-"]);
    assert_eq!(shown(&run(&tree, "uv sync --only-group docs")), ["furo=- dev", "pytest=8 dev"]);
    assert_eq!(shown(&run(&tree, "pdm install --prod -G pg")), ["django=-", "psycopg=-"]);
    assert_eq!(shown(&run(&tree, "poetry install --only docs")), ["furo=- dev", "pytest=8 dev"]);
    for refused in ["uv sync --frozen", "uv sync --locked", "uv sync --group none", "pdm sync", "poetry sync"] {
        assert!(run(&tree, refused).refused.is_some(), "{refused}");
    }
}

#[test]
fn poetry_without_a_lock_leaves_out_optional_groups_and_extras() {
    let project = "[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\npython = \"^3.10\"\n\
                   django = \"5.0.1\"\nredis = { version = \"^5\", optional = true }\nold = { version = \"*\", python = \"<3.9\" }\n\
                   [tool.poetry.extras]\ncache = [\"redis\"]\n[tool.poetry.group.test.dependencies]\npytest = \"*\"\n\
                   [tool.poetry.group.docs]\noptional = true\n[tool.poetry.group.docs.dependencies]\nfuro = \"*\"\n";
    let tree = tree(&[("pyproject.toml", project)]);
    assert_eq!(shown(&run(&tree, "poetry install")), ["django=5.0.1", "pytest=- dev"]);
    let more = run(&tree, "poetry install --without test --with docs -E cache");
    assert_eq!(shown(&more), ["django=5.0.1", "furo=- dev", "redis=-"]);
}

#[test]
fn a_pipfile_without_its_lock_is_what_is_asked_for() {
    let pipfile = "[packages]\nDjango = \"==5.0\"\nrequests = { extras = [\"socks\"], version = \"*\" }\n\
                   wincurse = { version = \"*\", sys_platform = \"== 'win32'\" }\nown = { git = \"https://example.org/own\" }\n\
                   [dev-packages]\npytest = \">=8\"\n";
    let tree = tree(&[("Pipfile", pipfile)]);
    let found = run(&tree, "pipenv install --dev");
    assert_eq!(shown(&found), ["django=5.0", "own=-", "pytest=- dev", "requests=-"]);
    assert!(found.complete.is_err() && found.packages["requests"].extras.contains("socks"));
    assert_eq!(&pipfile[found.packages["django"].version.as_ref().unwrap().span.range()], "==5.0");
    assert_eq!(run(&tree, "pipenv install --system --skip-lock").packages.len(), 3);
    assert!(run(&tree, "pipenv sync").refused.is_some() && run(&tree, "pipenv install --deploy").refused.is_some());
}

#[test]
fn pip_sync_installs_exactly_what_the_files_say() {
    let tree = tree(&[("requirements.txt", "a==1\n"), ("dev.txt", "b==2\n")]);
    assert_eq!(shown(&run(&tree, "pip-sync")), ["a=1"]);
    assert_eq!(shown(&run(&tree, "python -m piptools sync")), ["a=1"]);
    let both = run(&tree, "pip-sync requirements.txt dev.txt");
    assert_eq!(shown(&both), ["a=1", "b=2"]);
    assert!(both.complete.is_ok());
    let faster = run(&tree, "pip-sync-faster dev.txt --pip-args '--disable-pip-version-check'");
    assert_eq!(shown(&faster), ["b=2"]);
}

#[test]
fn packages_of_groups_in_tables_of_tools_point_there() {
    let lock = "[metadata]\ngroups = [\"default\", \"lint\"]\nstrategy = [\"inherit_metadata\"]\nlock_version = \"4.5.0\"\n\
                [[package]]\nname = \"ruff\"\nversion = \"0.5\"\ngroups = [\"lint\"]\n";
    let project =
        "[project]\nname = \"a\"\n[tool.pdm.dev-dependencies]\nlint = [\"ruff>=0.4\", \"-e file:///./x#egg=own\"]\n";
    let tree = tree(&[("pdm.lock", lock), ("pyproject.toml", project)]);
    let found = run(&tree, "pdm sync --dev");
    assert_eq!(shown(&found), ["ruff=0.5 dev"]);
    assert!(found.packages["ruff"].direct && found.packages["ruff"].specifier.is_some());
}

#[test]
fn short_flags_in_one_word_and_constraints_of_the_environment_are_read() {
    let tree = tree(&[("r.txt", "a\nb==2\n"), ("c.txt", "a==1\n")]);
    assert_eq!(shown(&run(&tree, "pip install -Ur r.txt")), ["a=-", "b=2"]);
    assert!(run(&tree, "pip install -Xr r.txt").refused.is_some());
    let argv: Vec<String> = "pip install -qr r.txt".split(' ').map(str::to_owned).collect();
    let vars = Vars::from([("PIP_CONSTRAINT".to_owned(), crate::formats::Var::set("c.txt", Origin::default()))]);
    assert_eq!(shown(&installed(&tree, "", &argv, &vars, &MarkerEnv::default())), ["a=1", "b=2"]);
}

#[test]
fn an_export_of_an_old_lock_is_not_sure_where_two_versions_run_on_the_same_pythons() {
    let manifest = "[tool.poetry]\nname = \"a\"\nversion = \"1\"\n[tool.poetry.dependencies]\npython = \">=3.9,<4\"\nhttp = \"*\"\n";
    let lock = |newest: &str| {
        format!(
            "[[package]]\nname = \"http\"\nversion = \"1\"\npython-versions = \">=3.8\"\n[package.dependencies]\n\
             pool = [{{version = \"<2\", markers = \"python_version < '3.11'\"}}, {{version = \">=2\", markers = \"python_version >= '3.11'\"}}]\n\
             [[package]]\nname = \"pool\"\nversion = \"1.9\"\npython-versions = \">=2.7\"\n\
             [[package]]\nname = \"pool\"\nversion = \"2.1\"\npython-versions = \"{newest}\"\n\
             [metadata]\nlock-version = \"2.0\"\npython-versions = \">=3.9,<4\"\n"
        )
    };
    for (newest, sure) in [(">=3.8", false), (">=3.11", true)] {
        let lock = lock(newest);
        let tree = tree(&[("pyproject.toml", manifest), ("poetry.lock", &lock)]);
        let found = run(&tree, "poetry export");
        assert_eq!(found.unconfirmed.is_none(), sure, "{newest}: {:?}", found.unconfirmed);
        assert!(run(&tree, "poetry install").unconfirmed.is_none());
    }
}

#[test]
fn a_folder_in_a_pipfile_is_no_package_without_a_version() {
    let pipfile = "[packages]\nshop = {editable = true, path = \".\"}\nflask = \"*\"\n";
    let found = run(&tree(&[("Pipfile", pipfile)]), "pipenv install");
    assert_eq!((found.packages["shop"].pinned, found.packages["flask"].pinned), (true, false));
}

#[test]
fn what_only_a_section_of_pipenv_that_is_left_out_names_is_anothers_need() {
    let lock = r#"{"_meta": {}, "default": {"setuptools": {"version": "==65"}}, "develop": {"setuptools": {"version": "==57"}}}"#;
    let tree = tree(&[("Pipfile.lock", lock), ("Pipfile", "[dev-packages]\nsetuptools = \"==57\"\n")]);
    let found = run(&tree, "pipenv install --system --deploy");
    assert!(!found.packages["setuptools"].direct && found.packages["setuptools"].specifier.is_none());
    assert!(run(&tree, "pipenv install --dev --deploy").packages["setuptools"].direct);
}

#[test]
fn hashes_and_commits_fix_what_an_address_brings() {
    let wanted = [
        ("git+https://code.example.org/a/shop.git@916580", true),
        ("git+https://code.example.org/a/shop.git@1746b8e206", true),
        ("git+https://code.example.org/a/shop.git@v1.2", true),
        ("git+https://code.example.org/a/shop.git@main", false),
        ("git+https://code.example.org/a/shop.git", false),
        ("https://code.example.org/a/shop/archive/main.zip", false),
        ("https://code.example.org/a/shop/archive/main.zip --hash=sha256:9f82a903cebeac781183b70a1e7bae9a", true),
    ];
    for (place, fixed) in wanted {
        let line = format!("shop @ {place}\n");
        let found = run(&tree(&[("requirements.txt", &line)]), "pip install -r requirements.txt");
        assert_eq!(found.packages["shop"].pinned, fixed, "{place}");
    }
}

#[test]
fn lists_that_a_build_reads_from_files_are_those_of_the_project() {
    let manifest = "[project]\nname = \"app\"\ndynamic = [\"dependencies\", \"optional-dependencies\"]\n\
                    [tool.setuptools.dynamic]\ndependencies = { file = [\"req.txt\"] }\n\
                    optional-dependencies.test = { file = \"test.txt\" }\n";
    let files = [("pyproject.toml", manifest), ("req.txt", "# base\ndjango==5.2\n"), ("test.txt", "pytest==8.4\n")];
    assert_eq!(shown(&run(&tree(&files), "pip install .")), ["django=5.2"]);
    assert_eq!(shown(&run(&tree(&files), "pip install .[test]")), ["django=5.2", "pytest=8.4"]);
    let refused = run(&tree(&files[..2]), "pip install .[test]");
    assert!(refused.refused.is_some(), "the file is not there");
}

#[test]
fn uv_takes_several_extras_behind_one_flag() {
    let manifest = "[project]\nname = \"app\"\nversion = \"1\"\n[project.optional-dependencies]\na = [\"django\"]\nb = [\"redis\"]\n";
    assert_eq!(shown(&run(&tree(&[("pyproject.toml", manifest)]), "uv sync --extra a,b")), ["django=-", "redis=-"]);
}

#[test]
fn a_project_that_allows_one_patch_of_a_minor_is_installed_by_that_minor() {
    let of = |python: &str, requires: &str| {
        let lock = UV.replace(">=3.12", requires);
        let tree = tree(&[("pyproject.toml", PROJECT), ("uv.lock", lock.as_str())]);
        let argv = ["uv", "sync"].map(str::to_owned);
        installed(&tree, "", &argv, &Vars::new(), &MarkerEnv::linux(Some(python))).refused.is_none()
    };
    assert!(of("3.12", "==3.12.13"));
    assert!(!of("3.12.4", "==3.12.13"));
    assert!(!of("3.11", "==3.12.13"));
}
