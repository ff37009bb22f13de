//! Settings where nothing that is here selects any.

use crate::support::facts;

#[test]
fn what_the_program_asks_for_and_nobody_has_is_not_replaced_by_a_guess() {
    let entry = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.local')\n";
    let compose = "services:\n  web:\n    build: .\n    command: python manage.py runserver\n    volumes: ['.:/app']\n";
    let files = [
        ("compose.yaml", compose),
        ("Dockerfile", "FROM python:3.12\nCOPY . /app\nWORKDIR /app\n"),
        ("manage.py", entry),
        ("shop/__init__.py", ""),
        ("shop/settings/__init__.py", "FROM_PACKAGE = True\n"),
        ("shop/settings/base.py", "DEBUG = False\nINSTALLED_APPS = []\nSECRET_KEY = 'x'\n"),
    ];
    let of = |files: &[(&str, &str)]| {
        facts(files).into_iter().filter(|line| line.contains("setting.FROM_PACKAGE")).collect::<Vec<_>>()
    };
    assert!(of(&files).is_empty(), "{:?}", of(&files));
    let plain = entry.replace(".local", "");
    let named: Vec<_> =
        files.iter().map(|(path, text)| (*path, if *path == "manage.py" { &plain } else { *text })).collect();
    assert!(!of(&named).is_empty(), "the package itself is what is asked for");
}

#[test]
fn settings_of_a_part_are_no_choice_beside_those_of_the_program() {
    let files = [
        ("compose.staging.yaml", "services:\n  web:\n    image: example/back:1\n    command: [/start]\n"),
        ("shop/__init__.py", ""),
        ("shop/extra_settings.py", "LISTS_URL = 'https://lists.example'\n"),
        ("shop/settings/__init__.py", ""),
        ("shop/settings/base.py", "DEBUG = False\nINSTALLED_APPS = []\nSECRET_KEY = 'x'\n"),
        ("shop/settings/production.py", "from .base import *\n"),
    ];
    let lines = facts(&files);
    assert!(!lines.iter().any(|line| line.contains("setting.LISTS_URL")), "{lines:?}");
    let alone = facts(&[files[0], files[1], files[2]]);
    assert!(alone.iter().any(|line| line.contains("setting.LISTS_URL")), "{alone:?}");
}

#[test]
fn of_several_settings_none_is_taken_for_what_only_a_job_deploys() {
    let job = "on: push\njobs:\n  deploy-staging:\n    runs-on: ubuntu-latest\n    environment: staging\n    steps:\n    - run: ./scripts/deploy\n";
    let own = "DEBUG = False\nINSTALLED_APPS = []\nSECRET_KEY = 'x'\n";
    let lines = facts(&[
        (".github/workflows/deploy.yml", job),
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
        ("shop/__init__.py", ""),
        ("shop/settings/__init__.py", "from .base import *\n"),
        ("shop/settings/base.py", own),
        ("shop/settings/circle.py", "from .base import *\nDEBUG = True\nONLY_TESTS = True\n"),
    ]);
    assert!(!lines.iter().any(|line| line.contains("setting.ONLY_TESTS")), "{lines:?}");
}
