//! Interpreters.

use super::Statements;
use crate::discover::{Tree, paths};
use crate::formats::locks::manifest;
use crate::formats::metadata;
use crate::formats::requirements::versions;
use crate::knowledge::eol;
use crate::links::Container;
use crate::model::{Certainty, ComponentKind, Dimension, Known, Origin, Span, Spanned};
use crate::resolve::build::BUILD_STAGE;
use crate::resolve::installers::INSTALLER;
use crate::resolve::interpreters::OF_SYSTEM;
use crate::resolve::machine::PLATFORM;
use crate::resolve::part::Part;
use crate::resolve::picked::{PICKED, is_open};
use crate::resolve::required;

/// X.Y of a version, if it fixes it.
fn minor(version: &str) -> Option<String> {
    let mut parts = version.trim_start_matches(['v', '=']).split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let minor: String = minor.chars().take_while(char::is_ascii_digit).collect();
    (digits(major) && digits(&minor)).then(|| format!("{major}.{minor}"))
}

/// Whether a version is X.Y.Z.
fn is_exact(version: &str) -> bool {
    let mut parts = version.split('.');
    parts.by_ref().take(3).filter(|part| part.parse::<u32>().is_ok()).count() == 3 && parts.next().is_none()
}

/// X.Y.Z of a version, if it fixes it: pip takes `==1.1` for `1.1.0`.
fn exact(tool: &str, declared_in: &str, version: &str) -> Option<String> {
    let by_pip = declared_in == INSTALLER && ["poetry", "pip"].contains(&tool);
    let whole = if by_pip && version.matches('.').count() == 1 { format!("{version}.0") } else { version.to_owned() };
    is_exact(&whole).then_some(whole)
}

/// Whether a range leaves a version out; of X.Y, all its releases.
fn excluded(version: &str, range: &str) -> bool {
    let range = range.trim();
    let range = if range.starts_with(['^', '~']) && !range.starts_with("~=") {
        versions::from_poetry(range)
    } else {
        Some(range.to_owned())
    };
    let Some(range) = range.filter(|_| minor(version).is_some()) else { return false };
    let out = |version: &str| versions::satisfies(version, &range) == Some(false);
    // What cannot be read leaves nothing out.
    if is_exact(version) { out(version) } else { out(&format!("{version}.0")) && !required::allows(version, &range) }
}

/// The newest X.Y that a floating `3`, `3.x` or `>=3.11` of a setup step means on a day: it takes the newest release.
fn newest(version: &str, as_of: &str) -> Option<String> {
    let major = version.strip_suffix(".x").unwrap_or(version);
    if major.starts_with(['<', '>', '=', '~', '^', '!']) {
        return required::newest(major, as_of);
    }
    let plain = !major.is_empty() && major.chars().all(|c| c.is_ascii_digit());
    plain.then(|| required::newest(&format!("=={major}.*"), as_of)).flatten()
}

/// The versions of Python that the project in a folder, or at the root, says it needs.
fn needs_python(tree: &Tree, folder: &str) -> Option<Spanned<String>> {
    let folders = if folder.is_empty() || folder == "." { vec![""] } else { vec![folder, ""] };
    folders.into_iter().find_map(|folder| {
        let project = paths::join(folder, "pyproject.toml").and_then(|path| tree.find(&path));
        let project = project.and_then(|file| tree.parsed(file, manifest::parse).ok());
        let declared = project.and_then(|manifest| manifest.requires_python.clone());
        declared.or_else(|| metadata::of(tree, folder)?.requires_python)
    })
}

/// States the interpreters of a component; of several declarations of one tool the first is effective.
pub fn state(statements: &mut Statements, part: &Part<'_>, tree: &Tree, as_of: &str, offered: Option<Span>) {
    let needs = needs_python(tree, &part.folder);
    // An image that never sees the project's declaration runs something else of the repository.
    let built = part.image.as_ref().is_some_and(|image| image.dockerfile.is_some());
    let seen_there = |needs: &&Spanned<String>| {
        let inside = |container: &Container<'_>| container.inside(needs.span.file).is_some();
        // What is no program of the repository serves beside it.
        let beside = part.kind != ComponentKind::App && !built && part.installs.sources.is_empty();
        !beside && (!built || part.installs.sources.is_empty() || part.container.as_ref().is_none_or(inside))
    };
    let needs = needs.as_ref().filter(seen_there);
    let mut seen = Vec::new();
    for runtime in &part.runtimes {
        if seen.contains(&runtime.tool) {
            continue;
        }
        seen.push(runtime.tool);
        let mut fact = statements.about(Some(&part.name), Dimension::Runtime, runtime.tool);
        fact.known("version", runtime.version.clone(), &runtime.certainty, &runtime.origin);
        fact.text("declared_in", runtime.declared_in, &runtime.origin);
        if let Some(span) = offered {
            fact.bool("offered", true, &Origin::set(span));
        }
        let range = needs.filter(|needs| runtime.declared_in == PICKED && is_open(&needs.value));
        if let Some(range) = range {
            fact.bool("floating", true, &runtime.origin).text("allowed", &range.value, &Origin::set(range.span));
        }
        if runtime.declared_in == PLATFORM {
            fact.bool("floating", true, &runtime.origin).text("allowed", "that the platform chooses", &runtime.origin);
        }
        let values = runtime.version.values();
        if values.is_empty() {
            continue;
        }
        let minors: Option<Vec<String>> = values.iter().map(|version| minor(version)).collect();
        let fixed = |version: &String| minor(version.trim_start_matches("pypy").trim_start_matches('-')).is_some();
        let open = matches!(runtime.certainty, Certainty::Default { variable: None });
        fact.bool("floating", open || !values.iter().all(fixed), &runtime.origin);
        let exact = runtime.version.one().and_then(|version| exact(runtime.tool, runtime.declared_in, version));
        if let Some(exact) = exact {
            fact.known("exact", Known::One(exact), &runtime.certainty, &runtime.origin);
        }
        let runs = runtime.declared_in != BUILD_STAGE;
        if let Some(day) =
            runtime.version.one().filter(|_| runs).and_then(|version| eol::end(runtime.tool, version, as_of))
        {
            let day = day.map_or(Known::Absent, |day| Known::One(day.to_owned()));
            fact.known("ended", day, &runtime.certainty, &runtime.origin);
        }
        // What was chosen by the range of a project fits that one, be it another than this.
        let by_range = [PICKED, required::DECLARED_IN].contains(&runtime.declared_in);
        let needs = needs.filter(|_| runtime.tool == "python" && !by_range);
        if let (Some(version), Some(needs)) = (runtime.version.one(), needs)
            && excluded(version, &needs.value)
            // A Python beside another interpreter, with nothing of the project installed for it, serves tools.
            && (runtime.declared_in != OF_SYSTEM || !part.installs.sources.is_empty())
        {
            fact.text("excluded_by", &needs.value, &Origin::set(needs.span));
        }
        let setup = runtime.tool == "python" && ["setup-python", required::DECLARED_IN].contains(&runtime.declared_in);
        let floating =
            runtime.version.one().filter(|_| setup && minors.is_none()).and_then(|version| newest(version, as_of));
        if let Some(newest) = floating {
            let certainty = Certainty::Default { variable: None };
            fact.known("minor", Known::One(newest), &certainty, &runtime.origin);
        }
        let Some(minors) = minors else { continue };
        let mut at = minors.into_iter();
        let value = runtime.version.clone().map(|_| at.next().unwrap_or_default());
        let value = match value {
            Known::Every(mut all, why) => {
                all.dedup();
                if all.len() == 1 { Known::One(all.remove(0)) } else { Known::Every(all, why) }
            }
            value => value,
        };
        fact.known("minor", value, &runtime.certainty, &runtime.origin);
    }
}

#[cfg(test)]
mod tests {
    use super::{exact, excluded, minor, newest};
    use crate::discover::{Config, Overlay, Tree};
    use crate::links::Repository;
    use crate::model::{Dimension, Fact};

    #[test]
    fn a_floating_major_means_the_newest_release_of_its_day() {
        assert_eq!(newest("3.x", "2026-08-22").as_deref(), Some("3.14"));
        assert_eq!(newest("3", "2021-01-01").as_deref(), Some("3.9"));
        assert_eq!(newest("3.8", "2026-08-22"), None);
        assert_eq!(newest(">=3.11", "2026-08-22").as_deref(), Some("3.14"));
    }

    #[test]
    fn a_range_leaves_a_minor_out_only_with_all_its_releases() {
        for (version, range, out) in [
            ("3.12", ">=3.13", true),
            ("3.12", ">=3.12.4", false),
            ("3.12.2", ">=3.12.4", true),
            ("3.11", "^3.12", true),
            ("3.13", "^3.12", false),
            ("3.13", ">=3.11,<3.13", true),
            ("3", ">=3.13", false),
            ("3.14", ">=3.14.5,<3.14.6", false),
            ("3.12", "nonsense", false),
        ] {
            assert_eq!(excluded(version, range), out, "{version} {range}");
        }
    }

    #[test]
    fn what_pip_is_told_is_a_whole_version() {
        assert_eq!(exact("poetry", "installer", "1.1").as_deref(), Some("1.1.0"));
        assert_eq!(exact("uv", "installer", "0.5"), None);
        assert_eq!(exact("python", "image", "3.12.1").as_deref(), Some("3.12.1"));
    }

    #[test]
    fn a_minor_needs_two_numbers() {
        assert_eq!(minor("3.12.4").as_deref(), Some("3.12"));
        assert_eq!(minor("3.x"), None);
        assert_eq!(minor("3"), None);
        assert_eq!(minor("3.13-dev").as_deref(), Some("3.13"));
    }

    /// The interpreters and installers of the environments, without those of services.
    fn stated(files: &[(&str, &str)]) -> Vec<String> {
        let tree = Tree::open(Box::new(Overlay::of(files.iter().copied()))).unwrap();
        let repository = Repository::read(&tree);
        let plan = crate::environments::infer(&repository, &Config::default(), true);
        let model = crate::resolve::resolve(&repository, plan, &Config::default(), "2026-01-01");
        let facts = model.facts.iter().filter(|fact| fact.id.dimension == Dimension::Runtime);
        let shown = |fact: &Fact| {
            let version = fact.text("version").unwrap_or("?");
            format!(
                "{} {} {version} {}",
                fact.id.environment,
                fact.id.key,
                fact.text("declared_in").unwrap_or_default()
            )
        };
        facts.map(shown).collect()
    }

    /// What a job that runs the tests has by some steps, beside files of the repository.
    fn of_job(steps: &str, files: &[(&str, &str)]) -> Vec<String> {
        let flow =
            format!("on: push\njobs:\n  t:\n    runs-on: ubuntu-24.04\n    steps:\n{steps}      - run: pytest\n");
        let mut all = vec![(".github/workflows/c.yml", flow.as_str()), ("a.py", "a = 1\n")];
        all.extend(files);
        stated(&all)
    }

    #[test]
    fn setup_steps_read_the_versions_that_files_of_the_project_name() {
        let narrow = ("pyproject.toml", "[project]\nname = 'a'\nrequires-python = '==3.13.*'\n");
        let open = ("pyproject.toml", "[project]\nname = 'a'\nrequires-python = '>=3.11'\n");
        let file = "      - uses: actions/setup-python@v5\n        with: {python-version-file: pyproject.toml}\n";
        assert_eq!(of_job(file, &[narrow]), ["test python 3.13 pyproject.toml"]);
        assert_eq!(of_job(file, &[open]), ["test python >=3.11 pyproject.toml"]);
        let plain = "      - uses: actions/setup-python@v5\n";
        assert_eq!(of_job(plain, &[(".python-version", "3.12\n")]), ["test python 3.12 .python-version"]);
        assert_eq!(of_job(plain, &[narrow]), [""; 0]);
        let handed = "      - run: echo \"V=$(cat .python-version)\" >> $GITHUB_ENV\n      - uses: actions/setup-python@v5\n        \
                      with: {python-version: '${{ env.V }}'}\n";
        assert_eq!(of_job(handed, &[(".python-version", "3.12\n")]), ["test python 3.12 .python-version"]);
        let own = "      - uses: acme/setup@v1\n        with: {python-version: '3.12'}\n";
        assert_eq!(of_job(own, &[]), ["test python 3.12 setup-python"]);
        let node =
            |file: &str| format!("      - uses: actions/setup-node@v4\n        with: {{node-version-file: {file}}}\n");
        assert_eq!(of_job(&node(".nvmrc"), &[(".nvmrc", "v22.1.0\n")]), ["test node 22.1.0 .nvmrc"]);
        let engines = ("package.json", r#"{"engines": {"node": "^20.1.0"}, "packageManager": "pnpm@9.1.0+sha"}"#);
        assert_eq!(of_job(&node("package.json"), &[engines]), ["test node 20.1.0 package.json"]);
        let pnpm = "      - uses: pnpm/action-setup@v4\n";
        assert_eq!(of_job(pnpm, &[engines]), ["test pnpm 9.1.0 package.json"]);
    }

    #[test]
    fn a_machine_has_the_python_that_its_guide_names_not_the_one_that_a_platform_reads() {
        let guide = |made: &str| {
            format!("# Work on it\n\n```\n{made}\npip install -r requirements.txt\npython manage.py runserver\n```\n")
        };
        let of = |made: &str, others: &[(&str, &str)]| {
            let guide = guide(made);
            let mut files = vec![
                ("README.md", guide.as_str()),
                ("manage.py", ""),
                ("Procfile", "web: gunicorn a.wsgi\n"),
                ("requirements.txt", "django==4.2\n"),
            ];
            files.extend(others);
            let mut all = stated(&files);
            all.retain(|row| row.starts_with("development"));
            all
        };
        assert_eq!(of("python3.8 -m venv env", &[]), ["development python 3.8 guide"]);
        assert_eq!(
            of("virtualenv -p python3.8 env", &[(".python-version", "3.9\n")]),
            ["development python 3.9 .python-version"]
        );
        assert_eq!(of("python3 -m venv env", &[("runtime.txt", "python-3.8.1\n")]), [""; 0]);
    }

    #[test]
    fn uv_picks_what_the_project_leaves() {
        let steps = "      - uses: astral-sh/setup-uv@v6\n        with: {version: 0.5.1}\n      - run: uv sync\n";
        let project = |range: &str| {
            format!("[project]\nname = 'a'\nversion = '1'\nrequires-python = '{range}'\ndependencies = ['django']\n")
        };
        let of = |range: &str, steps: &str| of_job(steps, &[("pyproject.toml", project(range).as_str())]);
        assert_eq!(of("~=3.13.0", steps), ["test python 3.13 uv", "test uv 0.5.1 setup-uv"]);
        assert_eq!(of(">=3.12", steps), ["test uv 0.5.1 setup-uv"]);
        let fetched = "      - run: uv python install 3.12\n      - run: uv sync\n";
        assert_eq!(of(">=3.11", fetched), ["test python 3.12 uv"]);
    }

    #[test]
    fn installers_are_known_by_how_they_are_brought() {
        let of = |run: &str| {
            let text = format!("FROM python:3.12.1\n{run}\nCOPY a.py .\nCMD gunicorn a:a\n");
            let all = stated(&[("Dockerfile", &text), ("a.py", "a = 1\n")]);
            all.into_iter().filter(|text| !text.contains(" python ")).collect::<Vec<_>>()
        };
        for (run, found) in [
            ("RUN pip install poetry", "production poetry latest unpinned"),
            (
                "RUN curl -sSL https://install.python-poetry.org | POETRY_VERSION=1.5.1 python -",
                "production poetry 1.5.1 installer",
            ),
            (
                "RUN curl -sSL https://install.python-poetry.org | python3 - --version 1.8.2",
                "production poetry 1.8.2 installer",
            ),
            ("RUN curl -LsSf https://astral.sh/uv/install.sh | sh", "production uv latest unpinned"),
            ("COPY --from=ghcr.io/astral-sh/uv:latest /uv /bin/", "production uv latest unpinned"),
            ("COPY --from=ghcr.io/astral-sh/uv:0.5 /uv /bin/\nRUN uv pip install uv", "production uv 0.5 image"),
            ("RUN corepack enable && corepack prepare pnpm@9.1.0 --activate", "production pnpm 9.1.0 installer"),
            ("RUN pip install -U pip==23.3.2", "production pip 23.3.2 installer"),
        ] {
            assert_eq!(of(run), [found], "{run}");
        }
        assert_eq!(of("RUN uv pip install --system django"), [""; 0]);
    }

    #[test]
    fn what_another_build_of_the_repository_makes_is_rested_on() {
        let compose = "services:\n  base:\n    image: acme/base:latest\n    build: {context: ., dockerfile: base.Dockerfile}\n  \
                       web:\n    build: {context: ., dockerfile: dev.Dockerfile}\n    command: flask run\n    volumes: ['.:/app']\n";
        let found = stated(&[
            ("compose.yaml", compose),
            ("base.Dockerfile", "FROM python:3.12.3-slim\nRUN pip install django==5.0\n"),
            ("dev.Dockerfile", "FROM acme/base\nRUN pip install ipdb\n"),
            ("a.py", "a = 1\n"),
        ]);
        assert!(found.contains(&"development python 3.12.3 image".to_owned()), "{found:?}");
        assert!(!found.iter().any(|text| text.contains('?')), "{found:?}");
    }

    #[test]
    fn a_platform_that_is_told_of_none_chooses_its_python() {
        let files =
            [("Procfile", "web: gunicorn a:a\n"), ("requirements.txt", "gunicorn==23.0\n"), ("a.py", "a = 1\n")];
        assert_eq!(stated(&files), ["production python ? platform"]);
        let told: Vec<_> = files.into_iter().chain([(".python-version", "3.12\n")]).collect();
        assert_eq!(stated(&told), ["production python 3.12 .python-version"]);
    }
}
