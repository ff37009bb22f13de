//! What conda, mamba and micromamba install: words of the command, `environment.yml`, and pip's part of it.
//!
//! Of conda's own packages only those are taken that surely are the Python package of that name: its channels hold
//! libraries, servers and compilers under plain names too.

use super::argv;
use super::plan::Plan;
use super::{NOWHERE, Package, Source, pip};
use crate::discover::paths;
use crate::formats::requirements::{MarkerEnv, normalize};
use crate::formats::yaml;
use crate::knowledge::packages;
use crate::model::{FileId, Known, Origin, Reason, Span, Spanned};

/// Reads the command; the words are those behind the program.
pub(super) fn run(plan: &mut Plan<'_>, words: &[String]) -> Result<(), Reason> {
    let environment = words.first().is_some_and(|word| word == "env");
    let words = words.get(usize::from(environment)..).unwrap_or_default();
    let verb = words.first().map_or("", String::as_str);
    let installs = matches!(verb, "create" | "update") || !environment && matches!(verb, "install" | "upgrade");
    if !installs {
        return Err(Reason::new(format!("conda {verb} is not an install command that is understood")));
    }
    let flags = argv::flags(words.get(1..).unwrap_or_default(), &argv::CONDA)?;
    let reason = Reason::new("conda adds what these packages need, which only a channel knows");
    plan.out.complete = Err(reason.clone());
    plan.out.unconfirmed = Some(reason);
    let mut files: Vec<&str> = flags.values(&["-f", "--file"]).collect();
    if environment && files.is_empty() {
        files.push("environment.yml");
    }
    for path in files {
        let found = paths::join(plan.folder, path).and_then(|path| plan.tree.find(&path));
        let file = found.ok_or_else(|| Reason::new(format!("{path} is not in the repository")))?;
        let text = plan.tree.text(file).map_err(|why| Reason::new(format!("{path}: {why}")))?;
        plan.out.sources.push(Source { file, group: None, span: None });
        if path.ends_with(".yml") || path.ends_with(".yaml") {
            manifest(plan, file, text);
        } else {
            specs(plan, file, text);
        }
    }
    if !environment {
        for word in &flags.rest {
            spec(plan, word, NOWHERE);
        }
    }
    Ok(())
}

/// An `environment.yml`.
fn manifest(plan: &mut Plan<'_>, file: FileId, text: &str) {
    let document = yaml::parse(file, text);
    plan.out.problems.extend(document.problems.iter().cloned());
    let list = document.root().and_then(|root| root.get("dependencies"));
    let mut lines = Vec::new();
    for item in list.map(yaml::NodeRef::items).unwrap_or_default() {
        if let Some(text) = item.as_str() {
            spec(plan, text, item.span());
        }
        let inner = item.get("pip").map(yaml::NodeRef::items).unwrap_or_default();
        lines.extend(inner.into_iter().filter_map(|line| Some((line.as_str()?.to_owned(), line.scalar_map()))));
    }
    if lines.is_empty() {
        return;
    }
    // pip runs in the folder of the file.
    let folder = paths::parent(plan.tree.path(file));
    let (tree, vars) = (plan.tree, plan.vars);
    let brought = plan.out.python.as_ref().and_then(Known::one);
    let python = brought.map(|python| python.value.clone()).or_else(|| plan.markers.python.clone());
    let markers = &MarkerEnv { python, ..plan.markers.clone() };
    let mut inner = Plan { tree, folder, vars, markers, lock: None, out: std::mem::take(&mut plan.out) };
    pip::lines(&mut inner, &lines);
    plan.out = inner.out;
}

/// A text file with a package in each line.
fn specs(plan: &mut Plan<'_>, file: FileId, text: &str) {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let written = line.split('#').next().unwrap_or_default().trim();
        let start = at + line.find(written).unwrap_or(0);
        if !written.is_empty() && !written.starts_with('@') {
            spec(plan, written, Span::new(file, start, start + written.len()));
        }
        at += line.len();
    }
}

/// One package as conda writes it: `channel::name=1.2=build`, `name >=1.2`.
fn spec(plan: &mut Plan<'_>, text: &str, span: Span) {
    let text = text.rsplit("::").next().unwrap_or(text).trim();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let rest = rest.trim();
    if name == "python" {
        plan.out.python = interpreter(rest).map(|version| Known::One(Spanned::new(version, span)));
    }
    let Some(name) = python_name(&normalize(name)) else { return };
    let exact = match rest.strip_prefix("==") {
        Some(version) => Some(version.trim()),
        // A build beside it makes the version exact, else `=` is the beginning of one.
        None => rest.strip_prefix('=').and_then(|both| both.split_once('=')).map(|(version, _)| version.trim()),
    };
    let exact = exact.filter(|version| !version.is_empty() && !version.contains(['*', ',', '|', '<', '>', '=', '$']));
    plan.add(Package {
        pinned: exact.is_some(),
        version: exact.map(|version| Spanned::new(version.to_owned(), span)),
        specifier: (!rest.is_empty()).then(|| Spanned::new(rest.to_owned(), span)),
        extras: std::collections::BTreeSet::new(),
        group: None,
        direct: true,
        dev: false,
        bundled: true,
        origin: if span == NOWHERE { Origin::default() } else { Origin::set(span) },
        applies: Some(true),
        name,
    });
}

/// The version that a constraint of conda leaves of the interpreter: `=3.11`, `==3.11.4`, `3.11.*`, `>=3.11,<3.12`.
fn interpreter(text: &str) -> Option<String> {
    let number = |text: &str| {
        let text = text.strip_suffix(".*").or_else(|| text.strip_suffix('*')).unwrap_or(text);
        let fits = text.contains('.') && !text.ends_with('.') && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        fits.then(|| text.to_owned())
    };
    if let Some((low, high)) = text.split_once(',') {
        let (low, high) = (low.trim().strip_prefix(">=")?, high.trim().strip_prefix('<')?);
        let minor = |text: &str| text.split('.').nth(1)?.parse::<u32>().ok();
        let next = minor(high)? == minor(low)? + 1 && low.split('.').next() == high.split('.').next();
        let first: Vec<&str> = low.split('.').take(2).collect();
        return if next && !high.starts_with('=') { number(&first.join(".")) } else { None };
    }
    // Of a version and a build, the version counts.
    let version = text.trim_start_matches('=').split(['=', ' ']).next().unwrap_or_default();
    let version =
        text.strip_prefix("~=").map_or(version, |about| about.rsplit_once('.').map_or(about, |(minor, _)| minor));
    number(version)
}

/// Packages of conda that have another name on an index.
const RENAMED: [(&str, &str); 8] = [
    ("dask-core", "dask"),
    ("matplotlib-base", "matplotlib"),
    ("msgpack-python", "msgpack"),
    ("pytables", "tables"),
    ("python-kubernetes", "kubernetes"),
    ("pytorch", "torch"),
    ("redis-py", "redis"),
    ("seaborn-base", "seaborn"),
];

/// Packages that are the same on an index, beside those that are for development.
const SAME: &str = "aiohttp alembic asyncpg authlib bcrypt beautifulsoup4 bokeh boto3 botocore bottle celery channels cherrypy \
                    click cryptography cython dask dash datasets django django-cors-headers django-environ django-filter \
                    django-redis djangorestframework dramatiq elasticsearch fastapi fiona flask flask-cors flask-login \
                    flask-migrate flask-sqlalchemy geopandas gevent gunicorn h5py httpx huggingface-hub humanize itsdangerous jinja2 joblib \
                    jsonschema keras kombu langchain lightgbm loguru lxml mako markdown marshmallow matplotlib mysqlclient \
                    networkx nltk numba numpy openai openpyxl orjson pandas paramiko passlib peewee pillow plotly polars prometheus-client \
                    psutil psycopg psycopg2 pyarrow pydantic pydantic-settings pyjwt pymongo pymysql pyopenssl pyproj \
                    python-dateutil python-dotenv python-decouple python-multipart pytz pyyaml pyzmq rasterio requests rq scikit-image \
                    scikit-learn scipy seaborn sentry-sdk shapely six spacy sqlalchemy sqlmodel starlette statsmodels \
                    streamlit structlog tenacity tensorflow torchvision tornado tqdm transformers twisted typer ujson urllib3 \
                    uvicorn uvloop websockets werkzeug whitenoise xarray xgboost xlrd xlsxwriter zarr";

/// The Python package that a package of conda surely is.
fn python_name(name: &str) -> Option<String> {
    if let Some((_, other)) = RENAMED.iter().find(|(known, _)| *known == name) {
        return Some((*other).to_owned());
    }
    let same = SAME.split_ascii_whitespace().any(|known| known == name) || packages::kind(name).name() == "dev-tool";
    same.then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use crate::discover::{Overlay, Tree};
    use crate::formats::Vars;
    use crate::formats::locks::{Installed, installed};
    use crate::formats::requirements::MarkerEnv;

    fn run(files: &[(&str, &str)], command: &str) -> Installed {
        let tree = Tree::open(Box::new(Overlay::of(files.iter().map(|(path, text)| (*path, *text))))).unwrap();
        let argv: Vec<String> = command.split(' ').map(str::to_owned).collect();
        installed(&tree, "", &argv, &Vars::new(), &MarkerEnv::linux(Some("3.12")))
    }

    fn shown(found: &Installed) -> Vec<String> {
        let version = |found: &super::Package| found.version.as_ref().map_or("-".to_owned(), |v| v.value.clone());
        found.packages.values().map(|found| format!("{}={}", found.name, version(found))).collect()
    }

    #[test]
    fn an_environment_asks_for_packages_of_conda_and_of_pip() {
        let text = "name: x\ndependencies:\n  - python=3.11\n  - conda-forge::numpy=1.26\n  - pandas=2.1.4=py311_0\n  - pytorch==2.2\n  \
                    - postgresql\n  - pip\n  - pip:\n    - django==5.0\n    - -r more.txt\n    - --pre\n";
        let files = [("env/environment.yml", text), ("env/more.txt", "celery==5.3\n")];
        let found = run(&files, "conda env create -f env/environment.yml");
        assert_eq!(shown(&found), ["celery=5.3", "django=5.0", "numpy=-", "pandas=2.1.4", "torch=2.2"]);
        assert!(found.complete.is_err() && found.refused.is_none());
        assert!(found.packages["pandas"].bundled && !found.packages["django"].bundled);
        assert_eq!(shown(&run(&files, "micromamba create -y -n x -f env/environment.yml")).len(), 5);
    }

    #[test]
    fn the_interpreter_of_an_environment_is_the_one_it_asks_for() {
        for (text, version) in [
            ("python=3.11", Some("3.11")),
            ("python==3.11.4", Some("3.11.4")),
            ("python=3.10.8=h1_0", Some("3.10.8")),
            ("python 3.11.*", Some("3.11")),
            ("python>=3.11,<3.12", Some("3.11")),
            ("python ~=3.11.2", Some("3.11")),
            ("python>=3.9", None),
            ("python>=3.9,<3.12", None),
            ("python", None),
        ] {
            let file = format!("dependencies:\n  - {text}\n  - pip:\n    - tomli; python_version == '3.11'\n");
            let found = run(&[("environment.yml", &file)], "conda env create");
            assert_eq!(
                found.python.as_ref().and_then(crate::model::Known::one).map(|python| python.value.as_str()),
                version,
                "{text}"
            );
            let taken = found.packages.get("tomli").is_some_and(|package| package.applies == Some(true));
            assert_eq!(taken, version.is_some_and(|version| version.starts_with("3.11")), "{text}");
        }
        let words = run(&[], "mamba create -n x python=3.12 django==5.0");
        assert_eq!(
            words.python.as_ref().and_then(crate::model::Known::one).map(|python| python.value.as_str()),
            Some("3.12")
        );
    }

    #[test]
    fn words_and_lists_of_conda_are_read() {
        let files = [("spec.txt", "# comment\nflask==3.0\nzlib\n")];
        let found = run(&files, "mamba install -y -c conda-forge --file spec.txt scipy=1.11.4=py_0 nodejs");
        assert_eq!(shown(&found), ["flask=3.0", "scipy=1.11.4"]);
        assert!(run(&files, "conda env create").refused.is_some());
        assert!(run(&files, "conda remove flask").refused.is_some());
    }
}
