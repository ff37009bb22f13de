//! The project as others install it: by the name under which an index has it.

use crate::discover::{Kind, paths};
use crate::formats::dockerfile::{Action, Build, RunBody};
use crate::formats::locks::manifest;
use crate::formats::metadata;
use crate::formats::requirements::normalize;
use crate::links::Repository;

/// Whether a build installs the project by its name, or fetches it from where its code is kept under that name.
pub(super) fn is_installed(repository: &Repository<'_>, build: &Build) -> bool {
    let names = names(repository);
    let bare = |word: &str| word.split(['=', '<', '>', '~', '!', '[']).next().map(normalize);
    let installs = |command: &str| {
        let mut words = command.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
        words.any(|word| word.starts_with("pip") || word == "uv")
            && words.any(|word| word == "install")
            && words.any(|word| bare(word).is_some_and(|name| names.contains(&name)))
    };
    let is_home = |word: &str| {
        let path = word.split_once("://").map(|(_, rest)| rest.trim_end_matches(".git"));
        let kept =
            |path: &&str| ["github.com/", "gitlab.com/", "codeberg.org/"].iter().any(|host| path.starts_with(host));
        path.filter(kept).and_then(|path| path.split('/').nth(2)).is_some_and(|name| names.contains(&normalize(name)))
    };
    let fetches = |command: &str| {
        let mut words = command.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
        words.any(|word| ["curl", "wget", "clone"].contains(&word)) && words.any(is_home)
    };
    let mut actions = build.stages.iter().flat_map(|stage| &stage.steps).map(|step| &step.action);
    !names.is_empty()
        && actions.any(|action| {
            let Action::Run { body: RunBody::Shell { text, .. } | RunBody::Heredoc { text, .. }, .. } = action else {
                return false;
            };
            text.split(['&', ';', '|', '\n']).any(|command| installs(command) || fetches(command))
        })
}

/// The normalized names that the projects of the repository give themselves.
fn names(repository: &Repository<'_>) -> Vec<String> {
    let tree = repository.tree;
    let name = |file: &crate::model::FileId| {
        let path = tree.path(*file);
        let said = match paths::name(path) {
            "pyproject.toml" => tree.parsed(*file, manifest::parse).ok()?.name.clone(),
            "setup.py" | "setup.cfg" => metadata::of(tree, paths::parent(path))?.name,
            _ => None,
        };
        said.map(|name| normalize(&name.value))
    };
    repository.of(Kind::Project).iter().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn an_image_beside_the_code_that_installs_the_project_by_its_name_is_its_production() {
        let of = |install: &str| {
            let docker = format!("FROM python:3.13-slim\nRUN pip install {install}\nCMD [\"shop\", \"run-server\"]\n");
            let flow = "on: push\njobs: {a: {runs-on: u, steps: [{uses: docker/build-push-action@v6, with: {context: docker, push: true, tags: 'ghcr.io/acme/shop:1'}}]}}\n";
            let manifest = "[project]\nname = 'shop-server'\nversion = '1'\ndependencies = ['fastapi']\n";
            let all = [
                ("docker/Dockerfile", docker.as_str()),
                ("pyproject.toml", manifest),
                (".github/workflows/a.yml", flow),
            ];
            environments(&all).iter().any(|line| line.starts_with("production production: docker/Dockerfile"))
        };
        assert!(of("'Shop_Server[postgres]==1.2'"));
        assert!(!of("mkdocs"));
        assert!(!of("mkdocs && mkdir shop-server"), "another command");
        assert!(of("uv && git clone https://github.com/acme/shop-server.git /app"));
        assert!(!of("uv && git clone https://github.com/acme/other.git /app"));
    }
}
