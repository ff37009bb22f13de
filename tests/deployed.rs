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

/// A program that reads its variables and nothing else.
const SETTINGS: &str = "import os\nINSTALLED_APPS = ['a']\nSECRET_KEY = os.environ.get('SECRET_KEY', 'text')\nDEBUG = os.environ.get('DEBUG', '1') == '1'\nDATABASES = {'default': {'ENGINE': os.environ.get('SQL_ENGINE', 'django.db.backends.sqlite3')}}\n";

#[test]
fn what_a_job_writes_and_brings_to_its_server_is_what_the_stack_there_has() {
    let steps = "      - run: |
          echo \"DEBUG=0\" >> .env
          echo \"SQL_ENGINE=django.db.backends.postgresql\" >> .env
          echo \"SECRET_KEY=${{ secrets.SECRET_KEY }}\" >> .env
          echo \"WEB_IMAGE=${{ env.WEB_IMAGE }}\" >> .env
      - run: |
          scp .env compose.prod.yml root@host:/app
          ssh root@host << 'END'
            cd /app && docker compose -f compose.prod.yml up -d
          END
";
    let flow = format!("on: push\njobs:\n  deploy:\n    runs-on: u\n    steps:\n{steps}");
    let files = [
        (".github/workflows/ship.yml", flow.as_str()),
        ("app/Dockerfile.prod", "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install django==5.2\n"),
        (
            "compose.prod.yml",
            "services:\n  web:\n    image: \"${WEB_IMAGE}\"\n    command: gunicorn shop.wsgi\n    env_file: .env\n",
        ),
        (
            "compose.ci.yml",
            "services:\n  web:\n    build: {context: app, dockerfile: Dockerfile.prod}\n    image: \"${WEB_IMAGE}\"\n",
        ),
        (".env.sample", "DEBUG=1\nSQL_ENGINE=django.db.backends.sqlite3\n"),
        ("app/shop/settings.py", SETTINGS),
        ("app/shop/wsgi.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
        ("app/manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
    ];
    let lines = facts(&files);
    holds(
        &lines,
        &[
            "prod - setting.DEBUG value=False",
            "prod - service.database product=postgres",
            "prod web variable.SECRET_KEY value=?",
            "prod web image.web tag=3.12-slim",
            "prod web package.django version=5.2",
        ],
    );
}

#[test]
fn tests_have_the_file_of_variables_that_their_job_writes_where_something_reads_it() {
    let with = |run: &str, reader: &str| {
        let flow = format!(
            "on: push\njobs:\n  test:\n    runs-on: u\n    steps:\n      - run: {run}\n      - run: pip install django{reader}\n      - run: python manage.py test\n"
        );
        facts(&[
            (".github/workflows/ci.yml", flow.as_str()),
            ("conf/env.template", "SQL_ENGINE=django.db.backends.mysql\nDEBUG=0\n"),
            ("shop/settings.py", SETTINGS),
            ("shop/__init__.py", ""),
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
        ])
    };
    let edited = "sed -e 's#^SQL_ENGINE=.*#SQL_ENGINE=django.db.backends.postgresql#' conf/env.template > .env";
    holds(
        &with(edited, " pytest-dotenv"),
        &["test - service.database product=postgres", "test - setting.DEBUG value=False"],
    );
    holds(&with("cp conf/env.template .env", " pytest-dotenv"), &["test - service.database product=mysql"]);
    holds(&with("cp conf/env.template .env", ""), &["test - service.database product=sqlite"]);
}
