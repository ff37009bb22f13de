//! What a start comes to: entry points that hand on, scripts that are told what to start, supervisors, loops and branches.

use crate::support::{facts, holds};

const REQUIREMENTS: (&str, &str) = ("requirements.txt", "django==5.2\ngunicorn==23.0\n");
const HEAD: &str = "FROM python:3.12-slim\nWORKDIR /code\nCOPY . .\nRUN pip install -r requirements.txt\n";
const GUNICORN: [&str; 1] = ["production app process.app server=gunicorn"];

/// What is said of an image whose Dockerfile ends so.
fn image(tail: &str, more: &[(&str, &str)]) -> Vec<String> {
    let docker = format!("{HEAD}{tail}\n");
    let mut files = vec![("Dockerfile", docker.as_str()), REQUIREMENTS, ("manage.py", "import os\nimport django\n")];
    files.extend(more);
    facts(&files)
}

/// What is said of an image whose start script this is.
fn script(text: &str) -> Vec<String> {
    image("CMD [\"./start.sh\"]", &[("start.sh", &format!("#!/bin/bash\n{text}"))])
}

fn lacks(lines: &[String], word: &str) {
    assert!(!lines.iter().any(|line| line.contains(word)), "{word}: {lines:#?}");
}

#[test]
fn a_program_that_calls_its_arguments_hands_on_what_it_is_given() {
    let tail = "ENTRYPOINT [\"python\", \"/code/enter.py\"]\nCMD [\"gunicorn\", \"shop.wsgi\"]";
    let hands = "import os, sys\nprepare()\nos.execvp(sys.argv[1], sys.argv[1:])\n";
    holds(&image(tail, &[("enter.py", hands)]), &GUNICORN);
    let keeps = "import sys\nprint(sys.argv)\n";
    holds(&image(tail, &[("enter.py", keeps)]), &["production app process.app kind=other"]);
}

#[test]
fn an_entry_point_from_elsewhere_starts_the_server_that_it_is_handed() {
    let tail = |words: &str| format!("ENTRYPOINT [\"/usr/local/bin/enter.sh\"]\nCMD [{words}]");
    holds(&image(&tail("\"gunicorn\", \"shop.wsgi\""), &[]), &GUNICORN);
    holds(&image(&tail("\"serve\", \"all\""), &[]), &["production app process.app kind=other"]);
}

#[test]
fn steps_that_pass_leave_the_process_to_the_program_behind_them() {
    let main = "from uvicorn import run\nif __name__ == '__main__':\n    run('main:app')\n";
    let lines = image("CMD python manage.py migrate && python main.py", &[("main.py", main)]);
    holds(
        &lines,
        &[
            "production app process.app server=uvicorn",
            "production app process.app.release command=python manage.py migrate",
        ],
    );
}

#[test]
fn programs_start_servers_by_libraries() {
    let gevent = "from gevent.pywsgi import WSGIServer\nWSGIServer(('', 80), application).serve_forever()\n";
    holds(&image("CMD python serve.py", &[("serve.py", gevent)]), &["production app process.app server=gevent"]);
    let own = "#!/usr/bin/env python\nfrom gunicorn.app.base import Application\nclass Site(Application): ...\nSite().run()\n";
    holds(&image("CMD bin/site", &[("bin/site", own)]), &GUNICORN);
    let either = format!("{own}import flup.server.fcgi\n");
    holds(&image("CMD bin/site", &[("bin/site", &either)]), &["production app process.app kind=other"]);
}

#[test]
fn a_process_file_is_started_as_it_stands() {
    let files = [("Procfile.dev", "web: python manage.py runserver\nworker: celery -A shop worker\n")];
    let compose = |command: &str| {
        let text = format!("services: {{web: {{build: ., volumes: ['.:/code'], command: '{command}'}}}}\n");
        image("CMD gunicorn shop.wsgi", &[files[0], ("compose.yaml", &text)])
    };
    let web = "development web process.web.web server=django-runserver";
    holds(&compose("honcho -f Procfile.dev start"), &[web, "development web process.web.worker server=celery-worker"]);
    let only = compose("wait-for-it db:5432 -- honcho start -f Procfile.dev web");
    holds(&only, &[web]);
    lacks(&only, "celery-worker");
}

#[test]
fn a_task_starts_the_processes_of_a_file_by_hand() {
    let processes = "web: python manage.py runserver\nworker: celery -A shop worker\n";
    let lines = image(
        "CMD gunicorn shop.wsgi",
        &[("tools/processes", processes), ("Makefile", "up:\n\thoncho start -f tools/processes\n")],
    );
    let started = [
        "development host process.web server=django-runserver",
        "development host process.worker server=celery-worker",
    ];
    holds(&lines, &started);
}

#[test]
fn runit_starts_the_services_of_its_folder() {
    let run = ("runit/site/run", "#!/bin/sh\nexec gunicorn shop.wsgi\n");
    let served = ["production app process.app.site server=gunicorn"];
    holds(&image("COPY runit /etc/service/\nCMD [\"/sbin/my_init\"]", &[run]), &served);
    holds(&image("COPY runit/site/run /etc/service/site/run\nCMD [\"/sbin/my_init\"]", &[run]), &served);
    holds(&image("COPY runit /services\nCMD [\"runsvdir\", \"-P\", \"/services\"]", &[run]), &served);
}

#[test]
fn a_file_that_the_build_moves_is_found_where_it_is_moved() {
    let enter = ("docker/enter", "#!/bin/sh\nexec gunicorn shop.wsgi\n");
    for step in
        ["mv docker/enter /enter", "ln -s /code/docker/enter /enter", "chmod +x docker/enter && cp docker/enter /"]
    {
        holds(&image(&format!("RUN {step}\nCMD [\"/enter\"]"), &[enter]), &GUNICORN);
    }
    holds(&image("RUN cd docker && cp enter /usr/local/bin/\nCMD [\"enter\"]", &[enter]), &GUNICORN);
}

#[test]
fn a_shell_of_another_user_runs_its_text() {
    holds(&script("exec su -s /bin/sh app -c \"exec gunicorn shop.wsgi\"\n"), &GUNICORN);
}

#[test]
fn a_failure_that_is_handed_on_starts_nothing() {
    let guarded = |exit: &str| {
        script(&format!(
            "./manage.py check\nRC=$?\nif [ $RC != 0 ]; then echo no; {exit}; fi\nexec gunicorn shop.wsgi\n"
        ))
    };
    holds(&guarded("exit $RC"), &GUNICORN);
    lacks(&guarded("./manage.py other; exit $RC"), GUNICORN[0]);
}

#[test]
fn a_server_that_every_branch_starts_is_what_runs() {
    let started =
        |other: &str| script(&format!("if [ -f /etc/agent.ini ]; then {other}; else exec gunicorn shop.wsgi; fi\n"));
    holds(&started("newrelic-admin run-program gunicorn shop.wsgi"), &GUNICORN);
    lacks(&started("uwsgi --ini a.ini"), GUNICORN[0]);
    lacks(&started("echo no"), GUNICORN[0]);
}

#[test]
fn what_a_variable_may_put_before_a_server_wraps_it() {
    holds(&script("${WRAPPER} gunicorn shop.wsgi\n"), &GUNICORN);
    holds(&image("CMD $WRAPPER $MORE gunicorn shop.wsgi", &[]), &GUNICORN);
    lacks(&script("$PROGRAM shop.wsgi\n"), GUNICORN[0]);
}

#[test]
fn the_first_turn_of_a_loop_without_end_is_sure() {
    holds(&script("while true; do\n  gunicorn shop.wsgi\n  sleep 1\ndone\n"), &GUNICORN);
}

#[test]
fn a_variable_that_a_missing_file_may_set_is_not_set_by_default() {
    let text = "source /etc/site.env\nif [ \"${LOCAL:-no}\" = yes ]; then exec python manage.py runserver; \
                else exec gunicorn shop.wsgi; fi\n";
    let script = format!("#!/bin/bash\n{text}");
    let stack = "services: {web: {build: ., environment: {ENVIRONMENT: production}}}\n";
    let files = [("start.sh", script.as_str()), ("compose.production.yaml", stack)];
    holds(&image("CMD [\"./start.sh\"]", &files), &["production web process.web server=gunicorn"]);
}

const CHOICES: &str = "case \"$1\" in\n  web) exec gunicorn shop.wsgi ;;\n  local) exec ./manage.py runserver ;;\n\
                       worker) exec celery -A shop worker ;;\n  beat) exec celery -A shop beat ;;\n\
                       migrate) exec ./manage.py migrate ;;\n  *) echo usage; exit 1 ;;\nesac\n";

#[test]
fn a_deployed_image_offers_what_its_entry_script_chooses_among() {
    let offered = |tail: &str, text: &str| {
        image(&format!("ENTRYPOINT [\"./start.sh\"]\n{tail}"), &[("start.sh", &format!("#!/bin/sh\n{text}"))])
    };
    let workers = [
        "production app process.app.worker server=celery-worker",
        "production app process.app.beat server=celery-beat",
        "production app process.app.migrate server=release-step",
    ];
    let lines = offered("", CHOICES);
    holds(&lines, &[&GUNICORN[..], &workers].concat());
    lacks(&lines, "runserver");
    holds(&offered("CMD [\"web\"]", CHOICES), &[&GUNICORN[..], &workers].concat());
    let two = CHOICES.replace("./manage.py runserver", "uwsgi --ini a.ini");
    lacks(&offered("", &two), GUNICORN[0]);
    let functions = "web() { exec gunicorn shop.wsgi; }\nwork() { exec celery -A shop worker; }\n\"$@\"\n";
    holds(&offered("", functions), &[GUNICORN[0], "production app process.app.work server=celery-worker"]);
}

#[test]
fn the_code_of_a_platform_stands_where_its_builder_puts_it() {
    let web = ("bin/web.sh", "#!/bin/sh\nexec gunicorn shop.wsgi\n");
    let lines = facts(&[("Procfile", "web: /app/bin/web.sh\n"), REQUIREMENTS, web]);
    holds(&lines, &["production web process.web server=gunicorn"]);
}

#[test]
fn scripts_of_node_are_named_by_patterns() {
    let package = "{\"scripts\": {\"up\": \"npm-run-all -p up-*\", \"up-site\": \"gunicorn shop.wsgi\"}}";
    holds(&image("CMD npm run up", &[("package.json", package)]), &GUNICORN);
}

#[test]
fn a_recipe_hands_its_arguments_to_its_shells() {
    let just = "[positional-arguments]\nrun *args:\n    @if [ \"$#\" -eq 0 ]; then exec just serve; fi; python manage.py \"$@\"\n\
                [script('bash')]\nserve:\n    port=8000\n    just run runserver $port\n";
    let lines = image("CMD gunicorn shop.wsgi", &[("justfile", just)]);
    holds(&lines, &["development host process.web server=django-runserver"]);
}

#[test]
fn an_image_is_built_where_the_patterns_of_its_sources_match() {
    let docker = "FROM python:3.12-slim\nWORKDIR /code\nCOPY require*.txt ./\nRUN pip install -r requirements.txt\n\
                  COPY . .\nCMD [\"docker/start.sh\"]\n";
    let lines = facts(&[
        ("docker/Dockerfile", docker),
        REQUIREMENTS,
        ("docker/start.sh", "#!/bin/sh\nexec gunicorn shop.wsgi\n"),
        ("manage.py", "import django\n"),
    ]);
    holds(&lines, &GUNICORN);
}

#[test]
fn a_sentence_of_a_guide_starts_the_server_unless_it_warns_of_it() {
    let guide = "# Site\n\nDo not use `manage.py runserver` in production.\n\n- type `./manage.py runserver 8080`.\n";
    let lines = image("CMD gunicorn shop.wsgi", &[("README.md", guide)]);
    let web = ["development host process.web server=django-runserver", "development host process.web port=8080"];
    holds(&lines, &web);
    let lines = image("CMD gunicorn shop.wsgi", &[("README.md", "Do not use `manage.py runserver` in production.\n")]);
    lacks(&lines, "runserver");
    let site = ("app.py", "from flask import Flask\napp = Flask(__name__)\n");
    let lines =
        facts(&[("Dockerfile", &format!("{HEAD}CMD gunicorn app:app\n")), site, (".flaskenv", "FLASK_APP=app\n")]);
    holds(&lines, &["development host process.web server=flask-run"]);
}

#[test]
fn what_brings_the_database_up_to_date_while_an_image_is_built_is_a_release() {
    let lines = image("RUN python manage.py migrate\nCMD gunicorn shop.wsgi", &[]);
    holds(&lines, &["production app process.app.release command=python manage.py migrate"]);
    let blueprint = "services: [{type: web, name: site, env: python, buildCommand: ./build.sh, startCommand: gunicorn shop.wsgi}]\n";
    let build = ("build.sh", "#!/bin/sh\npip install -r requirements.txt\npython manage.py migrate\n");
    let lines = facts(&[("render.yaml", blueprint), REQUIREMENTS, build, ("manage.py", "import django\n")]);
    holds(&lines, &["production site process.site.release command=python manage.py migrate"]);
}

#[test]
fn a_management_that_calls_what_is_named_for_djangos_is_djangos() {
    let manage = ("manage.py", "from acme.management import execute_from_command_line\nexecute_from_command_line()\n");
    let docker = format!("{HEAD}CMD ./manage.py runserver\n");
    let lines = facts(&[("Dockerfile", docker.as_str()), REQUIREMENTS, manage]);
    holds(&lines, &["production app process.app server=django-runserver"]);
}

#[test]
fn a_script_on_the_path_of_programs_is_followed_whatever_its_ending_is() {
    let files = [
        ("await.sh", "#!/bin/sh\nuntil nc -z db 5432; do sleep 1; done\nexec \"$@\"\n"),
        ("start.sh", "#!/bin/sh\nexec gunicorn shop.wsgi\n"),
    ];
    let tail = "COPY await.sh /usr/local/bin/await.sh\nENTRYPOINT [\"await.sh\", \"./start.sh\"]";
    holds(&image(tail, &files), &GUNICORN);
}

#[test]
fn a_management_of_flask_by_another_name_is_flasks_server() {
    let manage = ("manage.py", "import sys\nfrom flask.cli import main\nsys.exit(main())\n");
    let docker = format!("{HEAD}CMD python manage.py run --host=0.0.0.0\n");
    let lines = facts(&[("Dockerfile", docker.as_str()), REQUIREMENTS, manage]);
    holds(&lines, &["production app process.app server=flask-run"]);
}

#[test]
fn a_manifest_that_names_no_folder_is_pushed_from_where_the_code_stands() {
    let manifest = "applications:\n  - name: site\n    buildpack: python_buildpack\n    command: bash start.sh\n";
    let lines = facts(&[
        ("deploy/manifest-prod.yml", manifest),
        ("start.sh", "python manage.py migrate\ngunicorn shop.wsgi\n"),
        REQUIREMENTS,
        ("manage.py", "import django\n"),
    ]);
    holds(&lines, &["prod site process.site server=gunicorn"]);
}

#[test]
fn what_only_makes_ready_is_not_what_runs() {
    let with = |tail: &str| script(&format!("chown -R app:app /tmp\n{tail}"));
    lacks(&with("exec \"$@\"\n"), "command=chown");
    lacks(&with("exec su -p app -c \"exec $*\"\n"), "command=chown");
    holds(&with("exec gunicorn shop.wsgi\n"), &GUNICORN);
}

#[test]
fn a_word_of_the_projects_own_for_its_management_starts_what_its_code_hands_on_to() {
    let stack = "services: {web: {build: ., volumes: ['.:/app'], command: python manage.py up}}\n";
    let served = |manage: &str, command: Option<&str>| {
        let mut files = vec![
            ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD [\"gunicorn\", \"shop.wsgi\"]\n"),
            ("compose.yaml", stack),
            ("manage.py", manage),
        ];
        files.extend(command.map(|text| ("shop/management/commands/up.py", text)));
        facts(&files).iter().any(|line| line == "development web process.web server=django-runserver")
    };
    let django = "from django.core.management import call_command, execute_from_command_line\n";
    let within =
        |word: &str| format!("{django}if 'WORD' in sys.argv:\n    call_command('runserver')\n").replace("WORD", word);
    assert!(served(&within("up"), None));
    assert!(!served(&within("down"), None), "another word starts it");
    let command = "from django.core.management import call_command\ncall_command('runserver', '0.0.0.0:80')\n";
    assert!(served(django, Some(command)));
    assert!(!served(django, Some("print('up')\n")));
}

#[test]
fn a_switch_for_the_server_of_development_leaves_no_doubt_about_the_other() {
    let script = "#!/bin/sh\nif [ \"$DEV_SERVER\" = \"1\" ]; then\n    ./manage.py runserver 0.0.0.0:8000\nelse\n    OTHER\nfi\n";
    let usual = |other: &str| {
        let files = [
            ("Dockerfile", "FROM python:3.12 AS production\nWORKDIR /app\nCOPY . .\nENTRYPOINT [\"/app/start.sh\"]\n"),
            ("manage.py", "import django\n"),
            ("start.sh", &script.replace("OTHER", other)),
        ];
        facts(&files).iter().any(|line| line == "production app process.app usual=true")
    };
    assert!(usual("uwsgi --ini uwsgi.ini"));
    assert!(!usual("flask run"), "neither is made for it");
}
