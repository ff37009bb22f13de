//! The walls of the house: what every later rule leans on.

use paritylint::discover::{Config, Disk, Overlay, Tree, git};
use paritylint::model::{Audit, Known};
use paritylint::report::{json, text};
use paritylint::{Options, audit};

use crate::support::{audited, deep, tree};

const IMAGE: &str = "FROM python:3.12-slim-bookworm\nWORKDIR /srv\nCOPY . .\nRUN pip install -r requirements.txt\nENV ENVIRONMENT=production\nCMD [\"gunicorn\", \"shop.wsgi\"]\n";

fn fact<'a>(audit: &'a Audit, environment: &str, component: Option<&str>, key: &str) -> &'a paritylint::model::Fact {
    let mut facts = audit.model.facts.iter();
    facts
        .find(|fact| {
            *fact.id.environment == *environment && fact.id.component.as_deref() == component && fact.id.key == key
        })
        .unwrap_or_else(|| panic!("no fact {environment} {component:?} {key}"))
}

fn findings<'a>(audit: &'a Audit, rule: &str) -> Vec<&'a paritylint::model::Finding> {
    audit.findings.iter().filter(|finding| finding.rule == rule).collect()
}

#[test]
fn two_components_of_one_environment_may_have_different_pythons() {
    deep(|| {
        let compose = "services:\n  web:\n    build: ./web\n    environment: {ENVIRONMENT: production}\n  worker:\n    build: ./worker\n";
        let worker = "FROM python:3.11-slim\nCOPY . .\nCMD [\"celery\", \"-A\", \"shop\", \"worker\"]\n";
        let tree = tree(&[
            ("compose.production.yaml", compose),
            ("web/Dockerfile", IMAGE),
            ("web/requirements.txt", "Django==5.0.6\n"),
            ("worker/Dockerfile", worker),
        ]);
        let (audit, _) = audited(&tree);
        let minor =
            |component: &str| fact(&audit, "production", Some(component), "python").text("minor").map(str::to_owned);
        assert_eq!(minor("web").as_deref(), Some("3.12"));
        assert_eq!(minor("worker").as_deref(), Some("3.11"));
    });
}

#[test]
fn the_libc_is_known_though_the_tag_is_not() {
    deep(|| {
        let dockerfile =
            "ARG V\nFROM python:${V}-alpine\nENV ENVIRONMENT=production\nCMD [\"gunicorn\", \"shop.wsgi\"]\n";
        let compose = "services:\n  app:\n    build:\n      context: .\n      args: [V]\n    environment: {ENVIRONMENT: production}\n";
        let tree = tree(&[("Dockerfile", dockerfile), ("compose.production.yaml", compose)]);
        let (audit, _) = audited(&tree);
        let image = fact(&audit, "production", Some("app"), "app");
        assert!(image.get("reference").unwrap().value.is_unknown(), "{:?}", image.get("reference"));
        assert_eq!(image.text("libc"), Some("musl"));
    });
}

#[test]
fn a_matrix_that_contains_productions_value_is_parity() {
    deep(|| {
        let ci = "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    strategy:\n      matrix:\n        python: ['3.11', '3.12']\n    steps:\n      - uses: actions/setup-python@v5\n        with:\n          python-version: ${{ matrix.python }}\n      - run: pytest\n";
        let tree =
            tree(&[("Dockerfile", IMAGE), ("requirements.txt", "Django==5.0.6\n"), (".github/workflows/ci.yml", ci)]);
        let (audit, _) = audited(&tree);
        let minor = &fact(&audit, "test", Some("test"), "python").get("minor").unwrap().value;
        assert!(matches!(minor, Known::Every(all, _) if all.len() == 2), "{minor:?}");
        assert!(findings(&audit, "python-minor-drift").is_empty());
    });
}

#[test]
fn an_unreadable_requirements_file_gives_no_only_here() {
    deep(|| {
        let rule = "summary = \"x\"\non = \"pair\"\ndimension = \"package\"\ncompare = \"version\"\nrelation = \"only-here\"\nroles = { staging = \"error\" }\nat = \"version\"\nmessage = \"{{ fact.key }} only in {{ environment.name }}\"\nwhy = \"x\"\nfix = \"x\"\nreferences = []\n";
        let config = "rule-files = [\"policy/only.toml\"]\n";
        let staging = IMAGE.replace("=production", "=staging");
        let missing = IMAGE.replace("requirements.txt", "absent.txt");
        let files = [
            ("paritylint.toml", config),
            ("policy/only.toml", rule),
            ("Dockerfile.staging", staging.as_str()),
            ("Dockerfile", missing.as_str()),
            ("requirements.txt", "Django==5.0.6\n"),
        ];
        let (audit, _) = audited(&tree(&files));
        assert!(findings(&audit, "only").is_empty(), "{:?}", findings(&audit, "only"));
        assert!(audit.verdicts["only"].undecided > 0);
        let complete = IMAGE.replace("pip install -r requirements.txt", "pip install --no-deps -r base.txt");
        let files = [
            files[0],
            files[1],
            files[2],
            ("Dockerfile", complete.as_str()),
            files[4],
            ("base.txt", "gunicorn==22.0.0\n"),
        ];
        let (audit, _) = audited(&tree(&files));
        assert!(!findings(&audit, "only").is_empty(), "a complete set without the package is a fact");
    });
}

#[test]
fn a_file_that_two_environments_reach_is_parsed_once() {
    deep(|| {
        let one = [("Dockerfile", IMAGE), ("requirements.txt", "Django==5.0.6\n")];
        let staging = "services:\n  app:\n    build: .\n    environment: {ENVIRONMENT: staging}\n";
        let qa = "services:\n  app:\n    build: .\n    environment: {ENVIRONMENT: qa}\n";
        let parses = |files: &[(&str, &str)]| {
            let tree = tree(files);
            let (audit, _) = audited(&tree);
            (audit.model.environments.len(), tree.parses())
        };
        let (alone, base) = parses(&[one[0], one[1]]);
        let (two, with_one) = parses(&[one[0], one[1], ("compose.staging.yaml", staging)]);
        let (three, with_two) = parses(&[one[0], one[1], ("compose.staging.yaml", staging), ("compose.qa.yaml", qa)]);
        assert_eq!((alone, two, three), (1, 2, 3));
        assert_eq!(with_one, base + 1, "only the compose file is new");
        assert_eq!(with_two, base + 2, "only the compose files are new");
    });
}

fn run_git(folder: &std::path::Path, arguments: &[&str]) {
    let mut command = std::process::Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "user.name=x", "-c", "user.email=x@example.com"]).args(arguments);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn disk_revision_and_overlay_give_the_same_bytes() {
    deep(|| {
        let source = crate::support::root().join("fixtures/projects/a-two-images");
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in crate::support::files(&source) {
            let to = folder.path().join(path);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::write(to, bytes).unwrap();
        }
        run_git(folder.path(), &["init", "-q"]);
        run_git(folder.path(), &["add", "-A"]);
        run_git(folder.path(), &["commit", "-q", "-m", "all"]);
        let render = |tree: &Tree| json::render(&audit(tree, &Config::read(tree), &Options::default()), tree);
        let disk = render(&Tree::open(Box::new(Disk::new(folder.path()))).unwrap());
        let revision = Tree::open(Box::new(git::Revision::open(folder.path(), "HEAD").unwrap())).unwrap();
        assert_eq!(render(&revision), disk);
        let dockerfile = crate::support::read_text(&folder.path().join("Dockerfile"));
        std::fs::write(folder.path().join("Dockerfile"), "FROM scratch\n").unwrap();
        let overlay = Overlay::of([("Dockerfile", dockerfile)]).over(Box::new(Disk::new(folder.path())));
        assert_eq!(render(&Tree::open(Box::new(overlay)).unwrap()), disk);
    });
}

#[test]
fn a_rule_that_touches_an_unknown_is_counted_undecided_and_silent() {
    deep(|| {
        let staging =
            IMAGE.replace("=production", "=staging").replace("python:3.12-slim-bookworm", "registry.example.com/own:1");
        let tree =
            tree(&[("Dockerfile", IMAGE), ("Dockerfile.staging", &staging), ("requirements.txt", "Django==5.0.6\n")]);
        let (audit, _) = audited(&tree);
        assert!(findings(&audit, "libc-drift").is_empty());
        assert_eq!((audit.verdicts["libc-drift"].fired, audit.verdicts["libc-drift"].undecided), (0, 1));
    });
}

#[test]
fn no_output_shows_a_secret() {
    deep(|| {
        let secrets = ["Zx81qPl0envSecret", "Zx82qPl0compose", "Zx83qPl0dotenv", "Zx84qPl0urlpass", "Zx85qPl0python"];
        let dockerfile = format!("{IMAGE}ENV SECRET_KEY={}\n", secrets[0]);
        let compose = |role: &str| {
            format!(
                "services:\n  app:\n    build: .\n    command: python manage.py runserver --token {}\n    env_file: .env.{role}\n    environment:\n      ENVIRONMENT: {role}\n      API_TOKEN: {}\n      DATABASE_URL: postgres://shop:{}@db/shop\n",
                secrets[1], secrets[1], secrets[3]
            )
        };
        let dotenv = format!("STRIPE_API_KEY={}\nDJANGO_SETTINGS_MODULE=shop.settings\nDEBUG=0\n", secrets[2]);
        let settings = format!(
            "import os\n\nSECRET_KEY = os.environ.get('SECRET_KEY', '{}')\nDEBUG = bool(os.environ.get('DEBUG'))\nPASSWORDS = ['{}']\n",
            secrets[4], secrets[4]
        );
        let (production, staging) = (compose("production"), compose("staging"));
        let tree = tree(&[
            ("Dockerfile", &dockerfile),
            ("compose.production.yaml", &production),
            ("compose.staging.yaml", &staging),
            (".env.production", &dotenv),
            (".env.staging", &dotenv),
            ("shop/__init__.py", ""),
            ("shop/settings.py", &settings),
            ("requirements.txt", "Django==5.0.6\n"),
        ]);
        let (audit, _) = audited(&tree);
        assert!(!findings(&audit, "same-secret-across-environments").is_empty());
        let options = text::Options {
            verbose: true,
            style: text::Style::Full,
            all: true,
            utf8: true,
            ..text::Options::default()
        };
        let mut outputs = vec![
            json::render(&audit, &tree),
            text::check(&audit, &tree, &options),
            text::envs(&audit, &tree, &options),
            text::compare(&audit, &tree, &options),
        ];
        for fact in &audit.model.facts {
            let words: Vec<String> = [&*fact.id.environment, fact.id.dimension.name(), &fact.id.key]
                .iter()
                .map(|word| (*word).to_owned())
                .collect();
            let (Ok(out) | Err(out)) = text::why(&audit, &tree, &options, &words);
            outputs.push(out);
        }
        for output in outputs {
            for secret in secrets {
                let at = output.find(secret);
                assert!(at.is_none(), "{secret} is shown: …{}…", &output[at.unwrap_or(0).saturating_sub(80)..][..120]);
            }
        }
    });
}

#[test]
fn a_project_that_is_copied_from_a_folder_is_what_is_installed() {
    let lock = |name: &str| {
        format!(
            "version = 1\n\n[[package]]\nname = \"{name}\"\nversion = \"1.0\"\nsource = {{ registry = \"https://pypi.org/simple\" }}\n"
        )
    };
    let project = |name: &str| format!("[project]\nname = \"site\"\nversion = \"1\"\ndependencies = [\"{name}\"]\n");
    let own = "FROM python:3.12-slim\nCOPY worker/pyproject.toml worker/uv.lock worker/run.py ./\nRUN uv sync --frozen\nCMD celery worker\n";
    let lines = crate::support::facts(&[
        ("Dockerfile", own),
        ("pyproject.toml", &project("django")),
        ("uv.lock", &lock("django")),
        ("worker/pyproject.toml", &project("celery")),
        ("worker/uv.lock", &lock("celery")),
        ("worker/run.py", ""),
    ]);
    let source: Vec<&String> = lines.iter().filter(|line| line.contains("package.source group=")).collect();
    assert!(source.len() == 1 && source[0].ends_with("=worker/pyproject.toml + worker/uv.lock"), "{source:?}");
}
