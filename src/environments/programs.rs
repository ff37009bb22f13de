//! Programs beside the application: what their compose files start is no environment of it.

use super::compose::{File, image_of};
use super::images::{build, context_of, is_python};
use super::plan::ImageBuild;
use super::published::pushed;
use super::starts::{commands, runs_something};
use crate::discover::{Kind, paths};
use crate::links::Repository;
use crate::model::FileId;

/// What an application is made with, as its requirements name it.
const FRAMEWORKS: [&str; 9] =
    ["django", "flask", "fastapi", "starlette", "tornado", "aiohttp", "sanic", "falcon", "celery"];
/// Files that start an application.
const STARTS: [&str; 4] = ["manage.py", "wsgi.py", "asgi.py", "settings.py"];

/// Whether a compose file away from the root builds only what lies in its own folder, which is no application, while the
/// application is built by another: a tool, a program that is run at times. So is what starts nothing beside what does.
pub(super) fn is_another(repository: &Repository<'_>, file: &File, all: &[File]) -> bool {
    if starts_nothing(repository, file, all) {
        return true;
    }
    let own = builds(repository, file);
    if file.folder.is_empty() || own.is_empty() {
        return false;
    }
    let inside = |image: &ImageBuild| within(&image.context, &file.folder);
    let elsewhere = |other: &&File| {
        let images = builds(repository, other);
        !within(&other.folder, &file.folder)
            && images.iter().any(|image| is_python(repository, image.dockerfile))
            && !images.iter().any(inside)
    };
    // It may hold the application all the same: as it is released.
    let releases = |image: &ImageBuild| {
        build(repository, image).is_some_and(|build| super::own_distribution::is_installed(repository, &build))
    };
    own.iter().all(inside)
        && all.iter().any(|other| elsewhere(&other))
        && !is_application(repository, &file.folder)
        && !own.iter().any(releases)
}

/// Whether all services of a compose file are built without anything that they start, and none of them is one of another file
/// beside it: commands of the project are run in them at times.
fn starts_nothing(repository: &Repository<'_>, file: &File, all: &[File]) -> bool {
    let idle = |image: &ImageBuild| {
        build(repository, image).is_some_and(|build| {
            // What another image than a plain one starts is not known, nor what an editor or a person starts in it.
            let plain = build.stages.iter().all(|stage| !stage.base.raw.value.contains(['/', '$']));
            plain && commands(&build).is_empty() && !runs_something(&build)
        })
    };
    let services = || file.alone.services.values();
    let bare = services().all(|one| one.command.is_none() && one.entrypoint.is_none() && one.ports.is_empty());
    let images = builds(repository, file);
    let waits = repository.tree.text(file.id).is_ok_and(|text| text.contains("tty:") || text.contains("stdin_open:"));
    let others = || all.iter().filter(|other| other.id != file.id && other.folder == file.folder);
    let names = |other: &File, name: &String| {
        other.alone.services.contains_key(name) || other.alone.inactive.contains_key(name)
    };
    bare && !waits
        && services().count() == images.len()
        && !images.is_empty()
        && images.iter().all(idle)
        && others().any(|other| !builds(repository, other).is_empty())
        && !others().any(|other| file.alone.services.keys().any(|name| names(other, name)))
}

/// The Dockerfiles that only such compose files build, and those of tools that nothing builds.
pub(super) fn images(repository: &Repository<'_>) -> Vec<FileId> {
    let files = super::compose::read_files(repository);
    let others = files.iter().filter(|file| is_another(repository, file, &files));
    let mut found: Vec<FileId> =
        others.flat_map(|file| builds(repository, file)).map(|image| image.dockerfile).collect();
    let built: Vec<FileId> =
        files.iter().flat_map(|file| builds(repository, file)).map(|image| image.dockerfile).collect();
    let tools = repository.of(Kind::Dockerfile).iter().filter(|file| !built.contains(file));
    found.extend(tools.filter(|file| is_tool(repository, **file)));
    found
}

/// Whether an image of a folder holds nothing but that folder's files, which are no application, while one lies elsewhere, and
/// nothing publishes it.
fn is_tool(repository: &Repository<'_>, file: FileId) -> bool {
    let folder = paths::parent(repository.tree.path(file));
    let starts = |file: &&FileId| {
        let path = repository.tree.path(**file);
        STARTS.contains(&paths::name(path)) && !within(paths::parent(path), folder)
    };
    let imports = |text: &str| {
        let mut lines = text.lines().filter(|line| line.starts_with("import ") || line.starts_with("from "));
        lines.any(|line| {
            line.split_whitespace()
                .nth(1)
                .is_some_and(|name| FRAMEWORKS.contains(&name.split('.').next().unwrap_or(name)))
        })
    };
    let inside = |file: &&FileId| within(paths::parent(repository.tree.path(**file)), folder);
    let own: Vec<&FileId> = repository.of(Kind::Python).iter().filter(inside).collect();
    let serves = || own.iter().any(|file| repository.tree.text(**file).is_ok_and(imports));
    !folder.is_empty()
        && context_of(repository, file) == folder
        && pushed(repository, file).is_none()
        && !own.is_empty()
        && repository.of(Kind::Python).iter().any(|file| starts(&file))
        && !is_application(repository, folder)
        && !serves()
}

fn builds(repository: &Repository<'_>, file: &File) -> Vec<ImageBuild> {
    let services = file.alone.services.values().filter(|service| service.build.is_some());
    services.filter_map(|service| image_of(repository, &file.alone, service)).collect()
}

fn within(folder: &str, base: &str) -> bool {
    folder == base || folder.strip_prefix(base).is_some_and(|rest| rest.starts_with('/'))
}

/// Whether a folder holds what starts an application, or says that it needs a framework for one.
fn is_application(repository: &Repository<'_>, folder: &str) -> bool {
    let needs = |name: &str| name.starts_with("requirements") || name == "pyproject.toml" || name == "Pipfile";
    repository.tree.under(folder).any(|(file, path)| {
        let name = paths::name(path);
        let text = || repository.tree.text(file).unwrap_or_default().to_ascii_lowercase();
        STARTS.contains(&name) || needs(name) && FRAMEWORKS.iter().any(|framework| text().contains(framework))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn a_file_whose_services_start_nothing_is_for_commands_of_the_project() {
        let with = |tools: &str, dockerfile: &str| {
            let found = environments(&[
                ("Dockerfile", "FROM python:3.13\nCOPY . /app\nCMD gunicorn a.wsgi\n"),
                ("Dockerfile.tools", dockerfile),
                ("docker-compose.yml", "services: {web: {build: ., volumes: ['.:/app']}}\n"),
                ("docker-compose.local.yml", tools),
                ("manage.py", ""),
            ]);
            found.iter().any(|line| line.contains("docker-compose.local.yml"))
        };
        let tools = "services: {kit: {build: {context: ., dockerfile: Dockerfile.tools}, volumes: ['.:/app']}}\n";
        let idle = "FROM python:3.13\nCOPY . /app\nRUN pip install .\n";
        assert!(!with(tools, idle));
        assert!(with(&tools.replace("kit:", "web:"), idle), "an overlay says less than it starts");
        assert!(with(tools, &format!("{idle}CMD flask run\n")));
        assert!(with(tools, &idle.replace("python:", "acme/python:")), "the other image may start it");
        assert!(with(&tools.replace("volumes", "tty: true, volumes"), idle));
    }

    #[test]
    fn a_program_in_a_folder_of_its_own_is_no_environment_of_the_application() {
        let with = |needs: &str| {
            environments(&[
                ("Dockerfile", "FROM python:3.13\nCOPY . /app\nCMD gunicorn a.wsgi\n"),
                ("docker-compose.yml", "services: {web: {build: ., volumes: ['.:/app']}}\n"),
                ("manage.py", ""),
                ("Makefile", "all:\n\tdocker build .\n\tdocker build data\n"),
                ("data/Dockerfile", "FROM python:3.13\nCOPY . /data\nRUN pip install -r requirements.txt\n"),
                ("data/requirements.txt", needs),
                ("data/docker-compose.yml", "services: {etl: {build: ., volumes: ['.:/data']}}\n"),
            ])
        };
        assert!(!with("pandas\n").iter().any(|line| line.contains("data/")), "{:?}", with("pandas\n"));
        assert!(with("flask\n").iter().any(|line| line.contains("data/docker-compose.yml")));
        let released = |name: &str| {
            let fetch = format!(
                "FROM python:3.13\nRUN curl -sSL https://github.com/acme/{name}/archive/1.tar.gz | tar xz\nCMD gunicorn shop.wsgi\n"
            );
            let files = [
                ("Dockerfile", "FROM python:3.13\nCOPY . /app\nCMD make test\n"),
                ("docker-compose.yml", "services: {web: {build: ., volumes: ['.:/app']}}\n"),
                ("manage.py", ""),
                ("pyproject.toml", "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['flask']\n"),
                ("docker/Dockerfile", fetch.as_str()),
                ("docker/docker-compose.yml", "services: {web: {build: ., restart: always}}\n"),
            ];
            environments(&files).iter().any(|line| line.contains("production: docker/"))
        };
        assert!(released("shop") && !released("tool"));
    }

    #[test]
    fn an_image_of_a_tool_in_a_folder_of_its_own_is_no_production() {
        let with = |code: &str| {
            let found = environments(&[
                ("manage.py", "import os\n"),
                ("shop/wsgi.py", "application = None\n"),
                ("requirements.txt", "django==5.2\n"),
                ("tools/proxy/Dockerfile", "FROM python:3.13\nCOPY login.py ./\nCMD python3 login.py\n"),
                ("tools/proxy/login.py", code),
            ]);
            found.iter().any(|line| line.contains("tools/proxy/Dockerfile"))
        };
        assert!(!with("from http.server import HTTPServer\n"));
        assert!(with("from flask import Flask\n"));
    }
}
