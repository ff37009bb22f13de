//! Programs beside the application: what their compose files start is no environment of it.

use super::compose::{File, image_of};
use super::images::is_python;
use super::plan::ImageBuild;
use crate::discover::paths;
use crate::links::Repository;
use crate::model::FileId;

/// What an application is made with, as its requirements name it.
const FRAMEWORKS: [&str; 9] =
    ["django", "flask", "fastapi", "starlette", "tornado", "aiohttp", "sanic", "falcon", "celery"];
/// Files that start an application.
const STARTS: [&str; 4] = ["manage.py", "wsgi.py", "asgi.py", "settings.py"];

/// Whether a compose file away from the root builds only what lies in its own folder, which is no application, while the
/// application is built by another: a tool, a program that is run at times.
pub(super) fn is_another(repository: &Repository<'_>, file: &File, all: &[File]) -> bool {
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
    own.iter().all(inside) && all.iter().any(|other| elsewhere(&other)) && !is_application(repository, &file.folder)
}

/// The Dockerfiles that only such compose files build.
pub(super) fn images(repository: &Repository<'_>) -> Vec<FileId> {
    let files = super::compose::read_files(repository);
    let others = files.iter().filter(|file| is_another(repository, file, &files));
    others.flat_map(|file| builds(repository, file)).map(|image| image.dockerfile).collect()
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
    }
}
