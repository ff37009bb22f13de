//! What people start by hand where they develop: with tasks, in editors, as guides tell.

use paritylint::model::Severity;

use crate::support::{facts, holds};

const DOCKERFILE: (&str, &str) = (
    "Dockerfile",
    "FROM python:3.12-slim\nWORKDIR /code\nCOPY . .\nRUN pip install -r requirements.txt\nCMD gunicorn shop.wsgi\n",
);
const REQUIREMENTS: (&str, &str) = ("requirements.txt", "django==5.2\ngunicorn==23.0\n");
const OPENED: (&str, &str) =
    (".devcontainer/devcontainer.json", "{\"image\": \"python:3.12\", \"postCreateCommand\": \"./manage.py migrate\"}");
const SITE: (&str, &str) = ("manage.py", "import os\n");

fn opened(more: &[(&str, &str)]) -> Vec<String> {
    let mut files = vec![DOCKERFILE, REQUIREMENTS, OPENED, SITE];
    files.extend(more);
    facts(&files)
}

#[test]
fn an_editors_container_runs_what_tasks_of_the_repository_and_of_the_editor_start() {
    let served = ["devcontainer app process.app server=django-runserver"];
    let makefile = "serve:\n\tuv run manage.py runserver\ntest:\n\tpytest\n";
    holds(&opened(&[("Makefile", makefile)]), &served);
    let tasks = "{\"tasks\": [{\"label\": \"up\", \"type\": \"shell\", // by hand\n \"command\": \"DEBUG=1 python3 manage.py runserver\"},]}";
    holds(&opened(&[(".vscode/tasks.json", tasks)]), &served);
    let launch = "{\"configurations\": [{\"name\": \"site\", \"type\": \"debugpy\", \
                  \"program\": \"${workspaceFolder}/manage.py\", \"args\": [\"runserver\", \"8001\"]}]}";
    holds(&opened(&[(".vscode/launch.json", launch)]), &["devcontainer app process.app port=8001"]);
    let gulpfile =
        "gulp.task('runserver', (cb) => { spawn('pipenv', ['run', 'python', 'manage.py', 'runserver']); });\n";
    holds(&opened(&[("gulpfile.js", gulpfile)]), &served);
    holds(&opened(&[("README.md", "```\npython manage.py runserver\n```\n")]), &served);
}

#[test]
fn what_prepares_a_container_and_what_others_run_is_no_process_of_it() {
    let lines = opened(&[("Makefile", "up:\n\tdocker compose up\ntest:\n\tpytest\n")]);
    assert!(!lines.iter().any(|line| line.contains("devcontainer app process")), "{lines:#?}");
    let production = [
        ("Procfile", "web: gunicorn shop.wsgi\n"),
        ("Makefile", "serve:\n\t./manage.py runserver\n"),
        REQUIREMENTS,
        SITE,
    ];
    let lines = facts(&production);
    assert!(!lines.iter().any(|line| line.starts_with("production") && line.contains("runserver")), "{lines:#?}");
}

#[test]
fn a_job_runs_the_tests_through_a_task_of_gulp() {
    let gulpfile = "function coverage(cb) {\n  spawn(\"pipenv\", [\n \"run\", \"coverage\", \"run\", \"manage.py\", \"test\",\n ]);\n}\n\
                    gulp.task(\"coverage\", coverage);\n";
    let flow = "on: push\njobs:\n  check:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: gulp coverage\n";
    let lines = facts(&[DOCKERFILE, REQUIREMENTS, SITE, ("gulpfile.js", gulpfile), (".github/workflows/ci.yml", flow)]);
    assert!(lines.iter().any(|line| line.starts_with("test ")), "{lines:#?}");
}

#[test]
fn the_server_behind_a_proxy_or_a_supervisor_stands_opposite_the_one_of_development() {
    let makefile = ("Makefile", "serve:\n\t./manage.py runserver\n");
    let fires = |script: &str| {
        let docker = DOCKERFILE.1.replace("CMD gunicorn shop.wsgi", "CMD [\"./start.sh\"]");
        let files = [("Dockerfile", docker.as_str()), REQUIREMENTS, OPENED, SITE, makefile, ("start.sh", script)];
        let (audit, _) = crate::support::audited(&crate::support::tree(&files));
        audit.findings.iter().any(|finding| finding.rule == "server-drift" && finding.severity > Severity::Note)
    };
    assert!(fires("#!/bin/sh\nnginx\nexec gunicorn shop.wsgi\n"), "a proxy is no server of its own");
    assert!(!fires(
        "#!/bin/sh\nif [ \"$MANAGED\" = yes ]; then exec uwsgi --ini a.ini; else exec gunicorn shop.wsgi; fi\n"
    ));
}

#[test]
fn what_a_start_goes_through_before_it_serves_is_told() {
    let docker = DOCKERFILE.1.replace("CMD gunicorn", "ENTRYPOINT [\"tini\", \"--\", \"./start.sh\"]\nCMD gunicorn");
    let script =
        "#!/bin/sh\npython manage.py collectstatic\npython manage.py migrate --noinput\nexec gunicorn shop.wsgi\n";
    let lines = facts(&[("Dockerfile", docker.as_str()), REQUIREMENTS, SITE, ("start.sh", script)]);
    let wanted = [
        "production app process.app.release command=python manage.py migrate --noinput",
        "production app process.app.entrypoint kind=entrypoint",
        "production app process.app server=gunicorn",
    ];
    holds(&lines, &wanted);
}
