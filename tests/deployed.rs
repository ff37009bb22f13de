//! What deploying jobs and platforms leave of what stands in where variables are not set.

use crate::support::{facts, holds};

#[test]
fn a_file_that_stands_in_is_no_database_of_a_dyno_nor_of_a_start_that_waits_for_a_server() {
    let settings = "import os\nINSTALLED_APPS = ['a']\nif 'DATABASE_URL' in os.environ:\n    import dj_database_url\n    DATABASES = {'default': dj_database_url.config()}\nelse:\n    DATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'x.db'}}\n";
    let with = |entry: &str, requirements: &str, more: &[(&str, &str)]| {
        let mut files = vec![
            (
                "Dockerfile",
                "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nENV DJANGO_SETTINGS_MODULE=site.settings\nENTRYPOINT [\"/app/entry.sh\"]\nCMD [\"gunicorn\", \"site.wsgi\"]\n",
            ),
            ("entry.sh", entry),
            ("requirements.txt", requirements),
            ("site/settings.py", settings),
            ("site/__init__.py", ""),
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings')\n"),
        ];
        files.extend(more);
        facts(&files)
    };
    let (plain, waits) =
        ("#!/bin/sh\nexec \"$@\"\n", "#!/bin/sh\nuntil psql $DATABASE_URL -c '\\q'; do sleep 1; done\nexec \"$@\"\n");
    let (with_driver, without) = ("django==5.2\npsycopg==3.2\n", "django==5.2\n");
    let heroku = ("heroku.yml", "build:\n  docker:\n    web: Dockerfile\n");
    for (entry, requirements, more, product) in [
        (plain, with_driver, &[heroku][..], "postgres"),
        (plain, without, &[heroku], "sqlite"),
        (waits, without, &[], "postgres"),
        (plain, with_driver, &[], "sqlite"),
    ] {
        let lines = with(entry, requirements, more);
        holds(&lines, &[&format!("production - service.database product={product}")]);
    }
}

#[test]
fn what_the_job_that_deploys_writes_into_the_file_of_variables_stands_in_place_of_defaults() {
    let flow = |run: &str| {
        format!(
            "on: push\njobs:\n  deploy-production:\n    runs-on: u\n    steps:\n      - run: |\n          {run}\n          docker compose -f compose.production.yaml up -d\n"
        )
    };
    let of = |run: &str| {
        let flow = flow(run);
        let files = [
            (".github/workflows/ship.yml", flow.as_str()),
            ("Dockerfile", "FROM python:3.13\nCOPY . .\nCMD [\"gunicorn\", \"a.wsgi\"]\n"),
            (
                "compose.production.yaml",
                "services:\n  web:\n    build: .\n    env_file: .env\n  queue:\n    image: rabbitmq:4\n    environment:\n      RABBITMQ_DEFAULT_PASS: ${QUEUE_PASS:-guest}\n",
            ),
        ];
        let default = "production queue variable.RABBITMQ_DEFAULT_PASS default_credential";
        facts(&files).iter().filter(|fact| fact.starts_with(default)).count()
    };
    assert_eq!(of("echo QUEUE_PASS=$PASS >> .env"), 0);
    assert_eq!(of("echo OTHER=$PASS >> .env"), 1);
}

#[test]
fn what_only_a_ci_sets_is_not_set_where_the_application_runs() {
    let settings = "import os\nINSTALLED_APPS = []\nENGINE = 'postgresql'\nif os.environ.get('GITHUB_ACTIONS'):\n    ENGINE = 'sqlite3'\nDATABASES = {'default': {'ENGINE': f'django.db.backends.{ENGINE}', 'NAME': 'a'}}\n";
    let files = [
        ("Procfile", "web: gunicorn shop.wsgi\n"),
        ("requirements.txt", "django==5.2\ngunicorn==23.0\n"),
        ("shop/__init__.py", ""),
        ("shop/settings.py", settings),
        ("shop/wsgi.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
    ];
    holds(&facts(&files), &["production - service.database product=postgres"]);
}
