//! What builds and editors' containers install, by tasks and from projects of the repository.

use crate::support::{facts, holds};

const REQUIREMENTS: (&str, &str) = ("requirements.txt", "django==5.2\ngunicorn==23.0.0\n");

#[test]
fn a_task_that_a_build_calls_installs_what_it_says() {
    let docker = "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt Makefile ./\nRUN make install\nCMD gunicorn shop.wsgi\n";
    let make = ("Makefile", "install:\n\tpip install -r requirements.txt\n");
    holds(&facts(&[("Dockerfile", docker), make, REQUIREMENTS]), &["production app package.django version=5.2"]);
}

#[test]
fn a_project_whose_description_was_copied_by_itself_is_installed_from_where_that_lies() {
    let docker = "FROM python:3.12-slim\nWORKDIR /app\nCOPY web/pyproject.toml /srv/web/\nCOPY web/src /srv/web\nRUN pip install /srv/web[live]\nCMD gunicorn shop.wsgi\n";
    let manifest = "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['django==5.2']\n[project.optional-dependencies]\nlive = ['gunicorn==23.0.0']\n";
    let files = [("Dockerfile", docker), ("web/pyproject.toml", manifest), ("web/src/shop/wsgi.py", "")];
    let wanted = ["production app package.django version=5.2", "production app package.gunicorn version=23.0.0"];
    holds(&facts(&files), &wanted);
}

#[test]
fn an_editors_container_installs_the_checkout_that_it_mounts_and_tasks_do() {
    let manifest = "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['django==5.2']\n";
    let opened = |text: &str| {
        let editor = format!("{{\"image\": \"python:3.12\", \"postCreateCommand\": \"{text}\"}}");
        let files = [
            (".devcontainer/devcontainer.json", editor.as_str()),
            ("pyproject.toml", manifest),
            ("setup.sh", "pip install -e /workspaces/shop\n"),
            ("justfile", "prepare:\n    pip install -e .\n"),
            ("manage.py", "import os\n"),
            ("Dockerfile", "FROM python:3.12-slim\nCOPY . /app\nCMD gunicorn shop.wsgi\n"),
        ];
        facts(&files)
    };
    for command in ["pip install -e /workspaces/shop", "bash setup.sh", "just prepare"] {
        holds(&opened(command), &["devcontainer app package.django version=5.2"]);
    }
}
