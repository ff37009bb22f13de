//! What kind of file a path is, by its name alone.

use super::paths;

/// The kinds of files that are read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Dockerfile or Containerfile.
    Dockerfile,
    /// A compose file.
    Compose,
    /// A file of variables.
    Dotenv,
    /// pip requirements or constraints.
    Requirements,
    /// pyproject.toml, setup.cfg, setup.py, Pipfile.
    Project,
    /// A lock file.
    Lock,
    /// Python code.
    Python,
    /// A workflow of GitHub Actions, or a pipeline of GitLab.
    Workflow,
    /// A Procfile.
    Procfile,
    /// Heroku's app.json.
    AppJson,
    /// A development container.
    Devcontainer,
    /// .python-version, runtime.txt, .tool-versions …
    Runtime,
    /// A Makefile.
    Makefile,
    /// A shell script.
    Shell,
    /// A README or another guide.
    Guide,
    /// A platform's file (fly.toml, render.yaml, heroku.yml).
    Platform,
}

/// Folders whose files document or test something else; they are read only through a link.
const ASIDE: [&str; 12] = [
    "examples",
    "example",
    "docs",
    "doc",
    "fixtures",
    "testdata",
    "test-data",
    "vendor",
    "third_party",
    "samples",
    "templates",
    "node_modules",
];

/// Whether a path lies in a folder of examples, documentation or test data, or is part of a template of projects.
pub fn is_aside(path: &str) -> bool {
    paths::parent(path).split('/').any(|part| ASIDE.contains(&part.to_ascii_lowercase().as_str()))
        || path.contains("{{")
        || path.contains("{%")
}

/// The kind of a file, if it is one that is read.
pub fn classify(path: &str) -> Option<Kind> {
    let name = paths::name(path).to_ascii_lowercase();
    let folder = paths::parent(path).to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    let yaml = ends(&[".yml", ".yaml"]);
    let pipeline = name == ".gitlab-ci.yml" || name == ".gitlab-ci.yaml";
    if yaml && folder.ends_with(".github/workflows") || pipeline {
        return Some(Kind::Workflow);
    }
    if yaml && is_compose(&name, &folder) {
        return Some(Kind::Compose);
    }
    if is_dockerfile(&name) {
        return Some(Kind::Dockerfile);
    }
    match name.as_str() {
        "procfile" => return Some(Kind::Procfile),
        "app.json" => return Some(Kind::AppJson),
        "devcontainer.json" | ".devcontainer.json" => return Some(Kind::Devcontainer),
        "makefile" | "gnumakefile" | "justfile" => return Some(Kind::Makefile),
        ".python-version" | "runtime.txt" | ".tool-versions" | "mise.toml" | ".mise.toml" | ".nvmrc"
        | ".node-version" => {
            return Some(Kind::Runtime);
        }
        "pyproject.toml" | "setup.cfg" | "setup.py" | "pipfile" | "tox.ini" | "pytest.ini" => {
            return Some(Kind::Project);
        }
        "uv.lock" | "poetry.lock" | "pdm.lock" | "pipfile.lock" | "pylock.toml" => return Some(Kind::Lock),
        "fly.toml" | "render.yaml" | "render.yml" | "heroku.yml" => return Some(Kind::Platform),
        _ => {}
    }
    if name.starts_with("fly.") && ends(&[".toml"]) {
        return Some(Kind::Platform);
    }
    let procfile = name.starts_with("procfile.") || name.starts_with("procfile-") || name.ends_with(".procfile");
    if procfile && !ends(&[".sh", ".md", ".py"]) {
        return Some(Kind::Procfile);
    }
    if is_dotenv(&name, &folder) {
        return Some(Kind::Dotenv);
    }
    if is_requirements(&name, &folder) {
        return Some(Kind::Requirements);
    }
    if ends(&[".py"]) {
        return Some(Kind::Python);
    }
    if ends(&[".sh", ".bash"]) {
        return Some(Kind::Shell);
    }
    (name.starts_with("readme") || name.starts_with("contributing") || name.starts_with("deploy"))
        .then_some(Kind::Guide)
}

fn is_dockerfile(name: &str) -> bool {
    let stem = ["dockerfile", "containerfile"].iter().find(|stem| name.contains(*stem));
    let Some(stem) = stem else { return false };
    let rest = name.replacen(stem, "", 1);
    let aside = [".md", ".txt", ".j2", ".jinja", ".py", ".yml", ".yaml", ".json", ".tpl", ".sh", ".dockerignore"];
    (rest.is_empty() || rest.starts_with(['.', '-', '_']) || rest.ends_with(['.', '-', '_']))
        && !aside.iter().any(|end| name.ends_with(end))
}

fn is_compose(name: &str, folder: &str) -> bool {
    let stem = name.trim_end_matches(".yaml").trim_end_matches(".yml");
    let parts: Vec<&str> = stem.split(['.', '-', '_']).collect();
    parts.contains(&"compose") || stem == "stack" || (parts.len() == 1 && folder.ends_with("docker-compose"))
}

fn is_dotenv(name: &str, folder: &str) -> bool {
    let in_folder = ["env", "envs", ".env", ".envs", "env_files"].iter().any(|f| {
        folder.split('/').any(|part| part == *f)
            && (name.ends_with(".env") || name.starts_with('.') && !name.contains("ignore"))
    });
    name == ".env"
        || name.starts_with(".env.")
        || name.starts_with(".env-")
        || name.starts_with(".env_")
        || name == ".envrc"
        || name.ends_with(".env")
        || name.starts_with("env.") && !name.ends_with(".py")
        || name == "env_sample"
        || name == "env-example"
        || name == "env_example"
        || in_folder
}

fn is_requirements(name: &str, folder: &str) -> bool {
    let list = [".txt", ".in", ".pip"].iter().any(|end| name.ends_with(end));
    let stem = name.split('.').next().unwrap_or_default();
    let named = ["requirements", "reqs", "constraints", "requirements_for_test"].iter().any(|word| stem.contains(word));
    let folder = folder.rsplit('/').next().unwrap_or_default();
    list && (named || ["requirements", "reqs", "deps"].contains(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_decide_kinds() {
        let rows: [(&str, Option<Kind>); 14] = [
            ("Dockerfile", Some(Kind::Dockerfile)),
            ("dev.Dockerfile", Some(Kind::Dockerfile)),
            ("docker/Dockerfile.prod", Some(Kind::Dockerfile)),
            ("Dockerfile.md", None),
            ("compose.yaml", Some(Kind::Compose)),
            ("docker-compose.ci-test.yml", Some(Kind::Compose)),
            (".github/workflows/ci.yml", Some(Kind::Workflow)),
            (".envs/.production/.django", Some(Kind::Dotenv)),
            (".env.prod-sample", Some(Kind::Dotenv)),
            ("requirements/dev.txt", Some(Kind::Requirements)),
            ("requirements-prod.txt", Some(Kind::Requirements)),
            ("notes.txt", None),
            ("Procfile", Some(Kind::Procfile)),
            ("uv.lock", Some(Kind::Lock)),
        ];
        for (path, kind) in rows {
            assert_eq!(classify(path), kind, "{path}");
        }
    }

    #[test]
    fn examples_are_aside() {
        assert!(is_aside("docs/example/Dockerfile"));
        assert!(!is_aside("app/Dockerfile"));
    }
}
