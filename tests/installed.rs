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

#[test]
fn a_python_that_an_image_of_node_has_for_its_tools_is_not_the_projects() {
    let docker = |more: &str| {
        format!(
            "FROM node:22-bookworm\nRUN apt-get install -y python3 python3-pip\nCOPY . /app\n{more}CMD node serve.js\n"
        )
    };
    let python = "production app runtime.python";
    let of = |text: &str| facts(&[("Dockerfile", text), REQUIREMENTS, ("serve.js", ""), ("shop/wsgi.py", "")]);
    assert!(!of(&docker("")).iter().any(|line| line.starts_with(python)));
    assert!(of(&docker("RUN pip install -r /app/requirements.txt\n")).iter().any(|line| line.starts_with(python)));
}

#[test]
fn a_list_of_an_installer_alone_says_nothing_of_what_that_installs() {
    let lock = "[[package]]\nname = \"django\"\nversion = \"5.2\"\n";
    let manifest =
        "[tool.poetry]\nname = 'shop'\nversion = '1'\n[tool.poetry.dependencies]\npython = '^3.12'\ndjango = '*'\n";
    let fires = |list: &str| {
        let files = [
            ("Procfile", "web: gunicorn shop.wsgi\n"),
            ("requirements.txt", list),
            ("pyproject.toml", manifest),
            ("poetry.lock", lock),
        ];
        let (audit, _) = crate::support::audited(&crate::support::tree(&files));
        audit.findings.iter().any(|finding| finding.rule == "install-ignores-lock")
    };
    assert!(fires("django>=5\n"));
    assert!(!fires("poetry>=1.0\n"));
}

#[test]
fn a_unit_that_starts_a_program_of_an_environment_says_nothing_of_what_is_in_it() {
    let unit = "[Service]\nWorkingDirectory=/srv/shop\nExecStart=/srv/shop/venv/bin/gunicorn shop.wsgi\n";
    let lock = "requires-python = \">=3.12\"\n[[package]]\nname = \"shop\"\nversion = \"1\"\nsource = { virtual = \".\" }\ndependencies = [{ name = \"django\" }]\n[[package]]\nname = \"django\"\nversion = \"5.2\"\n";
    let manifest = "[project]\nname = 'shop'\nversion = '1'\nrequires-python = '>=3.12'\ndependencies = ['django']\n";
    let files = [("shop.service", unit), ("pyproject.toml", manifest), ("uv.lock", lock), ("manage.py", "import os\n")];
    let lines = facts(&files);
    assert!(lines.iter().any(|line| line.starts_with("production shop process")), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("package.django")), "{lines:#?}");
}

#[test]
fn a_program_of_the_project_starts_the_server_that_its_code_runs() {
    let manifest = "[project]\nname = 'shop'\nversion = '1'\n[project.scripts]\nshop = 'shop.cli:main'\n";
    let code = "import uvicorn\n\ndef main():\n    uvicorn.run('shop.app:app', reload=True)\n";
    let server = |command: &str| {
        let docker = format!("FROM python:3.12-slim\nCOPY . /app\nWORKDIR /app\nRUN pip install .\nCMD {command}\n");
        facts(&[("Dockerfile", &docker), ("pyproject.toml", manifest), ("shop/cli.py", code)])
    };
    holds(&server("shop"), &["production app process.app server=uvicorn-reload"]);
    holds(&server("shop --port 80"), &["production app process.app server=uvicorn-reload"]);
    holds(&server("shop serve"), &["production app process.app server=uvicorn"]);
    assert!(!server("shop report").iter().any(|line| line.contains("server=uvicorn")));
    let module = "FROM python:3.12-slim\nCOPY . /app\nWORKDIR /app\nCMD python -m shop\n";
    let lines = facts(&[("Dockerfile", module), ("shop/__main__.py", "import uvicorn\nuvicorn.run('shop.app:app')\n")]);
    holds(&lines, &["production app process.app server=uvicorn"]);
}

#[test]
fn tests_that_tox_runs_have_what_their_environment_asks_for() {
    let flow = "on: push\njobs:\n  check:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: pip install tox\n      - run: tox -e unit\n";
    let of = |tox: &str, more: &[(&str, &str)]| {
        let lists =
            [("requirements/test.txt", "pytest==8.4.1\n"), ("tox.ini", tox), (".github/workflows/ci.yml", flow)];
        facts(&[&lists[..], &[REQUIREMENTS, ("Procfile", "web: gunicorn shop.wsgi\n")], more].concat())
    };
    let listed = "[tox]\nskipsdist = true\n[testenv]\ndeps =\n    -r{toxinidir}/requirements/test.txt\n    -r requirements.txt\ncommands = pytest\n";
    let wanted = ["test check package.pytest version=8.4.1", "test check package.django version=5.2"];
    holds(&of(listed, &[]), &wanted);
    let manifest = "[project]\nname = 'shop'\nversion = '1'\ndependencies = ['django==5.2']\n[project.optional-dependencies]\ntest = ['pytest==8.4.1']\n";
    let built = "[testenv]\nextras = test\ncommands = pytest\n";
    holds(&of(built, &[("pyproject.toml", manifest)]), &wanted);
    // Of several that differ none speaks for the tests.
    let several = listed.replace("pytest\n", "pytest\n[testenv:other]\ndeps = pytest==7\n");
    let both = flow.replace("-e unit", "-e unit,other");
    let lines = facts(&[("tox.ini", &several), (".github/workflows/ci.yml", &both), REQUIREMENTS, ("manage.py", "")]);
    assert!(!lines.iter().any(|line| line.contains("package.pytest version=7")), "{lines:#?}");
}

#[test]
fn a_build_argument_that_only_a_reference_gives_is_not_known() {
    let docker = "ARG BASE\nFROM ${BASE}\nCOPY . /app\nCMD gunicorn shop.wsgi\n";
    let make = "image:\n\tdocker build --build-arg BASE=$(BASE) -t acme/shop .\n\tdocker push acme/shop\n";
    let lines = facts(&[("Dockerfile", docker), ("Makefile", make), REQUIREMENTS, ("shop/wsgi.py", "")]);
    assert!(!lines.iter().any(|line| line.contains("$(")), "{lines:#?}");
}

#[test]
fn a_virtual_machine_has_what_its_scripts_install() {
    let machine = "$s = <<SCRIPT\ncd /vagrant\npip install -r requirements.txt\nSCRIPT\nVagrant.configure(2) do |config|\n  \
                   config.vm.provision 'shell', inline: $s\nend\n";
    let docker = "FROM python:3.12-slim\nCOPY . /app\nCMD gunicorn shop.wsgi\n";
    let files = |machine| {
        let list = ("requirements-dev.txt", "pytest==8.4.1\n");
        facts(&[("Vagrantfile", machine), ("Dockerfile", docker), REQUIREMENTS, list, ("manage.py", "import os\n")])
    };
    let lines = files(machine);
    holds(&lines, &["development host package.django version=5.2"]);
    assert!(!lines.iter().any(|line| line.contains("package.pytest")), "{lines:#?}");
    let other = machine.replace("pip install -r requirements.txt", "./all.sh");
    assert!(!files(&other).iter().any(|line| line.contains("development host package.")), "nothing is guessed");
}

#[test]
fn an_environment_that_a_build_removes_leaves_nothing_behind() {
    let of = |last: &str| {
        let docker = format!(
            "FROM python:3.12-slim\nRUN pip install django==5.2\nRUN python -m venv /tmp/try && . /tmp/try/bin/activate && pip install flask==3.1{last}\nCOPY . /app\nCMD gunicorn shop.wsgi\n"
        );
        facts(&[("Dockerfile", &docker), ("shop/wsgi.py", "")])
    };
    let has = |lines: &[String], name: &str| lines.iter().any(|line| line.contains(&format!("package.{name} version")));
    assert!(has(&of(""), "flask") && has(&of(" && rm -rf /tmp/other"), "flask"));
    let removed = of(" && deactivate && rm -rf /tmp/try/");
    assert!(has(&removed, "django") && !has(&removed, "flask"), "{removed:#?}");
}

#[test]
fn a_virtual_machine_runs_what_its_scripts_start() {
    let of = |start: &str| {
        let machine = format!(
            "$s = <<SCRIPT\ncd /vagrant\n{start}\nSCRIPT\nVagrant.configure(2) do |config|\n  config.vm.provision 'shell', inline: $s\nend\n"
        );
        let own = ("serve.py", "from shop import app\nif __name__ == '__main__':\n    app.run(debug=True)\n");
        let app = ("shop.py", "from flask import Flask\napp = Flask(__name__)\n");
        let docker = ("Dockerfile", "FROM python:3.12-slim\nCOPY . /app\nCMD gunicorn shop:app\n");
        let lines = facts(&[("Vagrantfile", &machine), docker, own, app, ("requirements.txt", "flask==3.1\n")]);
        let server = lines
            .iter()
            .find_map(|line| line.split_once("development host process.web server=").map(|(_, is)| is.to_owned()));
        server.unwrap_or_default()
    };
    assert_eq!(of("tmux new-session -d -s shop \"gunicorn -b 0.0.0.0:8000 'shop:app'\""), "gunicorn");
    assert_eq!(of("tmux send-keys -t shop 'gunicorn shop:app' Enter"), "gunicorn");
    assert_eq!(of("screen -dmS shop gunicorn shop:app"), "gunicorn");
    assert_eq!(of("pip install flask"), "flask-app-run");
}

#[test]
fn a_project_whose_files_are_mounted_for_one_command_is_installed_from_the_repository() {
    let mounts =
        ["pyproject.toml", "uv.lock"].map(|name| format!("--mount=type=bind,source={name},target=/root/{name}"));
    let sync = format!("RUN {} \\\n  uv sync --frozen --no-dev --directory /root\n", mounts.join(" "));
    let docker = format!("FROM python:3.12-slim\nRUN pip install uv\n{sync}COPY . /app\nCMD gunicorn shop.wsgi\n");
    let manifest =
        "[project]\nname = 'shop'\nversion = '1'\nrequires-python = '>=3.12'\ndependencies = ['django>=5']\n";
    let source = "source = { registry = 'https://pypi.org/simple' }\n";
    let lock = format!(
        "version = 1\nrequires-python = '>=3.12'\n[[package]]\nname = 'shop'\nversion = '1'\nsource = {{ virtual = '.' }}\ndependencies = [{{ name = 'django' }}]\n[[package]]\nname = 'django'\nversion = '5.1.1'\n{source}"
    );
    let wanted = ["production app package.django version=5.1.1"];
    let files = [("Dockerfile", docker.as_str()), ("pyproject.toml", manifest), ("uv.lock", lock.as_str())];
    holds(&facts(&files), &wanted);
    let copies = docker.replace(&sync, "COPY web/pyproject.toml web/uv.lock /_lock/\nRUN uv sync --project /_lock\n");
    let stack = ("compose.prod.yml", "services: {app: {build: {context: src}}}\n");
    let files = [("src/Dockerfile", copies.as_str()), ("src/web/pyproject.toml", manifest), ("src/web/uv.lock", &lock)];
    let lines = facts(&[&files[..], &[stack]].concat());
    assert!(lines.iter().any(|line| line.ends_with("package.django version=5.1.1")), "{lines:#?}");
}
