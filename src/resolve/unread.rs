//! What could not be read, and which environments rest on it.

use std::collections::BTreeSet;

use crate::discover::aside::is_aside;
use crate::discover::{Kind, paths};
use crate::formats::locks::data;
use crate::formats::requirements::LineKind;
use crate::formats::small::{
    app_json, devcontainer, fly, heroku_yml, mise, procfile, render, runtime_files, supervisord, tox,
};
use crate::formats::{World, dotenv, requirements, yaml};
use crate::links::Repository;
use crate::model::{Environment, FileId, Model, Problem, ReadProblem};

/// Problems of one file that are told.
const MOST: usize = 3;

/// Everything that could not be read, with the environments whose chain reaches the file.
pub fn problems(repository: &Repository<'_>, model: &Model) -> Vec<ReadProblem> {
    let mut found: Vec<ReadProblem> = Vec::new();
    let reached = |file: FileId| {
        let mine = |environment: &&Environment| environment.files.contains(&file);
        let all: BTreeSet<(String, String)> =
            model.environments.iter().filter(mine).map(|e| (e.project.clone(), e.name.clone())).collect();
        all.into_iter().collect::<Vec<_>>()
    };
    let mut add = |file: FileId, problems: &[Problem]| {
        // The files of a template of repositories are read once it is filled in.
        let template = repository.tree.path(file).contains("{{");
        for problem in problems.iter().filter(|_| !template).take(MOST) {
            found.push(ReadProblem {
                kind: "file",
                file,
                span: Some(problem.span),
                message: problem.message.clone(),
                reached_by: reached(file),
            });
        }
    };
    for file in repository.of(Kind::Dockerfile) {
        if let Some(dockerfile) = repository.dockerfile(*file) {
            let text = repository.tree.text(*file).unwrap_or_default();
            add(*file, &without_templates(text, dockerfile.problems.clone()));
            add(*file, &without_templates(text, dockerfile.refused.clone()));
        }
    }
    for (file, workflow) in repository.workflows() {
        add(file, &workflow.problems);
    }
    for file in small(repository, model) {
        add(file, &of_small(repository, file));
    }
    for file in data(repository) {
        // A list of something else may have the name of a list of requirements.
        let vague = [Kind::Requirements, Kind::Dotenv].iter().any(|kind| repository.of(*kind).contains(&file));
        if !reached(file).is_empty() || !vague && !is_aside(repository.tree.path(file)) {
            add(file, &of_data(repository, file));
        }
    }
    let kinds = [
        Kind::Dockerfile,
        Kind::Compose,
        Kind::Workflow,
        Kind::Requirements,
        Kind::Lock,
        Kind::Dotenv,
        Kind::Procfile,
        Kind::AppJson,
        Kind::Devcontainer,
        Kind::Platform,
        Kind::Runtime,
    ];
    for file in kinds.iter().flat_map(|kind| repository.of(*kind)) {
        if let Err(error) = repository.tree.text(*file) {
            let message = error.to_string();
            found.push(ReadProblem { kind: "file", file: *file, span: None, message, reached_by: reached(*file) });
        }
    }
    found
}

/// The small files of a repository: by their kind, and those of supervisors and test runners by their name.
fn small(repository: &Repository<'_>, model: &Model) -> Vec<FileId> {
    let kinds = [Kind::Procfile, Kind::AppJson, Kind::Devcontainer, Kind::Platform, Kind::Runtime];
    let mut files: BTreeSet<FileId> = kinds.iter().flat_map(|kind| repository.of(*kind)).copied().collect();
    let of_environments = || model.environments.iter().flat_map(|environment| &environment.files);
    files.extend(of_environments().filter(|file| paths::name(repository.tree.path(**file)).ends_with(".conf")));
    let named = repository.tree.files().filter(|(_, path)| {
        let name = paths::name(path);
        !is_aside(path) && (["tox.ini", "tox.toml"].contains(&name) || is_supervisord(name))
    });
    files.extend(named.map(|(file, _)| file));
    files.into_iter().collect()
}

fn is_supervisord(name: &str) -> bool {
    name.starts_with("supervisor") && (name.ends_with(".conf") || name.ends_with(".ini"))
}

/// The files that hold data: of Compose, of package managers, of variables.
fn data(repository: &Repository<'_>) -> BTreeSet<FileId> {
    let kinds = [Kind::Compose, Kind::Requirements, Kind::Lock, Kind::Project, Kind::Dotenv];
    let mut files: BTreeSet<FileId> = kinds.iter().flat_map(|kind| repository.of(*kind)).copied().collect();
    let conda = |path: &str| ["environment.yml", "environment.yaml"].contains(&paths::name(path));
    files.extend(repository.tree.files().filter(|(_, path)| conda(path)).map(|(file, _)| file));
    files
}

/// What of a file of data cannot be read by what it is for.
fn of_data(repository: &Repository<'_>, file: FileId) -> Vec<Problem> {
    let tree = repository.tree;
    let Ok(text) = tree.text(file) else { return Vec::new() };
    let name = paths::name(tree.path(file));
    let variables = |dialect| dotenv::parse(file, text, dialect, &World::empty()).problems;
    let found = match name {
        _ if name.ends_with(".toml") || matches!(name, "uv.lock" | "poetry.lock" | "pdm.lock" | "Pipfile") => {
            data::toml(file, text).1
        }
        "Pipfile.lock" => data::json(file, text).1,
        _ if name.ends_with(".yml") || name.ends_with(".yaml") => {
            let read = tree.parsed(file, yaml::parse_all);
            read.map(|documents| documents.iter().flat_map(|document| document.problems.clone()).collect())
                .unwrap_or_default()
        }
        _ if repository.of(Kind::Requirements).contains(&file) => of_requirements(file, text),
        // What Compose refuses, others pass over: only what nobody reads is told.
        _ if repository.of(Kind::Dotenv).contains(&file) && !variables(dotenv::Dialect::PythonDotenv).is_empty() => {
            variables(dotenv::Dialect::Compose)
        }
        _ => Vec::new(),
    };
    // A file with the statements of a template is one for whoever fills it in.
    if text.contains("{%") { Vec::new() } else { without_templates(text, found) }
}

/// The lines that pip refuses.
fn of_requirements(file: FileId, text: &str) -> Vec<Problem> {
    let read = requirements::parse(file, text);
    let refused = read.lines.iter().filter_map(|line| match &line.kind {
        LineKind::Invalid { why, .. } => Some(Problem::new(line.span, why.clone())),
        _ => None,
    });
    let mut all: Vec<Problem> = refused.chain(read.problems.iter().cloned()).collect();
    all.sort_by_key(|problem| problem.span.start);
    all.dedup_by_key(|problem| problem.message.clone());
    all
}

/// What a small file's reader could not read. A line with the signs of a template is one for whoever fills it in.
fn of_small(repository: &Repository<'_>, file: FileId) -> Vec<Problem> {
    let tree = repository.tree;
    let Ok(text) = tree.text(file) else { return Vec::new() };
    let name = paths::name(tree.path(file));
    let problems = match name {
        "app.json" => tree.parsed(file, app_json::parse).map(|read| read.1.clone()),
        "devcontainer.json" | ".devcontainer.json" => tree.parsed(file, devcontainer::parse).map(|read| read.1.clone()),
        "heroku.yml" => tree.parsed(file, heroku_yml::parse).map(|read| read.1.clone()),
        "render.yaml" | "render.yml" => tree.parsed(file, render::parse).map(|read| read.1.clone()),
        "mise.toml" | ".mise.toml" => tree.parsed(file, mise::parse).map(|read| read.1.clone()),
        "tox.ini" | "tox.toml" => {
            let read = tree.parsed(file, |file, text| tox::parse(file, name, text));
            read.map(|read| Option::as_ref(&read).map(|tox| tox.problems.clone()).unwrap_or_default())
        }
        _ if runtime_files::is_runtime_file(name) => {
            tree.parsed(file, |file, text| runtime_files::read(file, name, text)).map(|read| read.1.clone())
        }
        _ if name.starts_with("fly.") => tree.parsed(file, fly::parse).map(|read| read.1.clone()),
        // A program's configuration may have any form: this one is a supervisor's where it says so.
        _ if name.ends_with(".conf") && text.contains("[program:") || is_supervisord(name) => {
            tree.parsed(file, supervisord::parse).map(|read| read.problems.clone())
        }
        _ if repository.of(Kind::Procfile).contains(&file) => {
            tree.parsed(file, procfile::read).map(|read| read.1.clone())
        }
        // Other hosts' files are read as far as they are theirs.
        _ => return Vec::new(),
    };
    without_templates(text, problems.unwrap_or_default())
}

/// The problems whose lines are no lines of a template.
fn without_templates(text: &str, problems: Vec<Problem>) -> Vec<Problem> {
    let line = |problem: &Problem| {
        let at = problem.span.range().start.min(text.len());
        let from = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        text.get(from..).and_then(|rest| rest.lines().next()).unwrap_or_default()
    };
    let template =
        |problem: &Problem| ["{{", "{%", "<%", "[(${", "[[${"].iter().any(|sign| line(problem).contains(sign));
    problems.into_iter().filter(|problem| !template(problem)).collect()
}

#[cfg(test)]
mod tests {
    use crate::discover::{Config, Overlay, Tree};
    use crate::links::Repository;

    #[test]
    fn a_broken_small_file_is_told_with_its_place() {
        let broken = [
            ("Procfile", "web: gunicorn a\nworker celery\n", 2),
            ("app.json", "{\"env\": {\n  \"A\": }\n}", 2),
            (".devcontainer/devcontainer.json", "{\n \"image\": python }", 2),
            ("fly.toml", "app = 'x'\n[env\nA = 1\n", 2),
            ("render.yaml", "services:\n  - type: web\n   name: [\n", 3),
            ("heroku.yml", "build:\n  docker: {web: \n", 2),
            ("mise.toml", "[tools]\npython = \n", 2),
            ("runtime.txt", "the newest\n", 1),
            (".tool-versions", "# c\npython\n", 2),
            ("tox.ini", "[tox]\nenvlist = a\nwords\n[testenv", 3),
            ("etc/supervisord.conf", "[program:web]\ncommand=a\nwords\n", 3),
            ("compose.yaml", "services:\n  web:\n    image: [x\n  db: y\n", 4),
            ("uv.lock", "version = 1\nrequires = \"x\n", 2),
            ("Pipfile.lock", "{\n \"default\": ]}", 2),
            ("pyproject.toml", "[project]\nname = \n", 2),
            ("Procfile.dev", "web: flask run\nworker\n", 2),
            ("environment.yml", "dependencies:\n  - a\n b: [\n", 3),
        ];
        for (path, text, line) in broken {
            let tree = Tree::open(Box::new(Overlay::of([(path, text)]))).unwrap();
            let repository = Repository::read(&tree);
            let plan = crate::environments::infer(&repository, &Config::default(), true);
            let model = crate::resolve::resolve(&repository, plan, &Config::default(), "2026-01-01");
            let lines: Vec<_> = model
                .problems
                .iter()
                .filter_map(|problem| Some(text[..problem.span?.range().start].matches('\n').count() + 1))
                .collect();
            assert!(lines.contains(&line), "{path}: {lines:?} {:?}", model.problems);
        }
    }

    #[test]
    fn what_an_environment_reads_is_told_where_it_is_broken_and_leaves_its_facts_open() {
        let compose = "services:\n  web:\n    build: .\n    command: gunicorn a:a\n    env_file: prod.env\n    environment: {ENV: production}\n";
        let files = [
            ("compose.yaml", compose),
            ("Dockerfile", "FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt\n"),
            ("requirements.txt", "django==5.0\nflask=>2\n"),
            ("prod.env", "A=1\nno value here\n"),
            ("etc/requirements-other.txt", "flask=>2\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        let plan = crate::environments::infer(&repository, &Config::default(), true);
        let model = crate::resolve::resolve(&repository, plan, &Config::default(), "2026-01-01");
        let told: Vec<&str> = model.problems.iter().map(|problem| tree.path(problem.file)).collect();
        assert_eq!(told, ["prod.env", "requirements.txt"]);
        assert!(model.problems.iter().all(|problem| !problem.reached_by.is_empty()));
        let closed = |dimension| model.coverage.iter().any(|set| set.dimension == dimension && set.complete.is_ok());
        assert!(!closed(crate::model::Dimension::Variable) && !closed(crate::model::Dimension::Package));
    }

    #[test]
    fn a_service_within_which_a_file_breaks_off_is_not_known() {
        let text = "services:\n  db: {image: 'postgres:16'}\n  web:\n    build: .\n    command: \"gunicorn\" a\n";
        let tree =
            Tree::open(Box::new(Overlay::of([("compose.yaml", text), ("Dockerfile", "FROM python:3.12\n")]))).unwrap();
        let repository = Repository::read(&tree);
        let plan = crate::environments::infer(&repository, &Config::default(), true);
        let model = crate::resolve::resolve(&repository, plan, &Config::default(), "2026-01-01");
        assert!(!model.components.iter().any(|component| &*component.name == "web"), "{:?}", model.components);
        assert_eq!(model.problems.len(), 1);
    }

    #[test]
    fn a_template_is_not_broken() {
        let files = [
            ("Procfile", "{% if a %}\nweb: x\n{% endif %}\n"),
            ("render.yaml", "services:\n  - name: {{x}}-y\n"),
            ("compose.yaml", "services:\n  a:\n    environment:\n      - 'A=[(${a['b']})]/'\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        assert!(super::problems(&repository, &crate::model::Model::default()).is_empty());
    }
}
