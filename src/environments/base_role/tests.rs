//! Tests of the roles of plain compose files.

use crate::discover::{Config, Overlay, Tree};
use crate::links::Repository;
use crate::model::Role;

/// The roles of what a plain file runs that mounts this, beside its Dockerfile.
fn roles(mount: &str) -> Vec<Role> {
    of(&format!("services:\n  web: {{build: ., restart: always, volumes: ['{mount}']}}\n"))
}

fn of(compose: &str) -> Vec<Role> {
    let docker = "FROM python:3.13\nCMD gunicorn a.wsgi\n";
    let files = [
        ("compose.yaml", compose),
        ("Dockerfile", docker),
        ("src/a/wsgi.py", "application = None\n"),
        ("uploads/logo.svg", "<svg/>"),
    ];
    let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
    let plan = super::super::infer(&Repository::read(&tree), &Config::read(&tree), false);
    let all = plan.environments.iter().map(|planned| &planned.environment);
    let composed = all.filter(|about| about.files.iter().any(|file| tree.path(*file) == "compose.yaml"));
    composed.map(|about| about.role).collect()
}

#[test]
fn a_checkout_may_be_mounted_over_an_image_of_an_unknown_name() {
    let web = "services:\n  web: {image: '${NAME}-api', environment: {A: b}, volumes: ['./src:/app/src']}\n";
    assert_eq!(of(web), [Role::Development]);
}

#[test]
fn who_debugs_on_mounted_code_is_not_what_a_variable_of_the_service_called_names() {
    let with = |more: &str| {
        let given = format!("environment: {{USER_PROXY_ENV: stage{more}}}");
        of(&format!("services:\n  web: {{build: ., volumes: ['.:/app'], {given}}}\n"))
    };
    assert_eq!(with(", DJANGO_DEBUG: 'True'"), [Role::Development]);
    assert_eq!(with(""), [Role::Staging]);
}

#[test]
fn a_published_image_beside_a_file_for_developers_is_what_others_run() {
    let with = |more: &'static str| {
        let web = format!("services:\n  web: {{{more}, volumes: ['.:/app'], ports: ['80:80']}}\n");
        super::super::tests::environments(&[
            ("compose.yaml", web.as_str()),
            ("compose-dev.yaml", "services: {web: {build: ., volumes: ['.:/app'], command: flask run}}\n"),
            ("README.md", "See https://github.com/acme/shop for more.\n"),
            ("Dockerfile", "FROM python:3.13\nCMD gunicorn a.wsgi\n"),
        ])
    };
    let has = |all: Vec<String>| all.iter().any(|one| one == "production production: compose.yaml");
    assert!(has(with("image: 'acme/shop:1'")), "{:?}", with("image: 'acme/shop:1'"));
    assert!(!has(with("build: .")), "{:?}", with("build: ."));
}

#[test]
fn what_is_pulled_and_open_to_the_machine_alone_stands_behind_a_program_there() {
    let with = |host: &str, more: &str| {
        let helper =
            format!("  helper: {{image: acme/helper, ports: ['{host}3000:3000'], environment: {{A: b}}{more}}}\n");
        of(&format!("services:\n  db: {{image: 'postgres:16', ports: ['127.0.0.1:5432:5432']}}\n{helper}"))
    };
    assert_eq!(with("127.0.0.1:", ""), [Role::Development]);
    assert_eq!(with("", ""), [Role::Development]);
    assert_eq!(with("", ", restart: always"), [Role::Production]);
    assert_eq!(with("127.0.0.1:", ", restart: always"), [Role::Production]);
}

#[test]
fn what_is_pulled_beside_a_product_of_others_is_none_of_ours() {
    let with = |image: &str, more: &str| {
        of(&format!(
            "services:\n  db: {{image: 'postgres:16'}}\n  web: {{image: '{image}', environment: {{A: b}}{more}}}\n"
        ))
    };
    for image in ["acme/redis-setup:1", "acme/tables-local", "acme/queue-emulator:2"] {
        assert_eq!(with(image, ", depends_on: [db]"), [Role::Development], "{image}");
    }
    assert_eq!(with("acme/shop:1", ", depends_on: [db]"), [Role::Production]);
    assert_eq!(with("acme/terraform:1", ", depends_on: [db]"), [Role::Development]);
    let tried = "services:\n  web: {build: ., image: 'shop:dev', restart: always}\n";
    assert_eq!(of(tried), [Role::Development]);
    let mail = "services:\n  mail: {image: 'axllent/mailpit'}\n  web: {build: ., restart: always}\n";
    assert_eq!(of(mail), [Role::Development]);
    let staged = |stage| format!("services:\n  web: {{build: {{context: ., target: {stage}}}, restart: always}}\n");
    assert_eq!(of(&staged("local")), [Role::Development]);
    assert_eq!(of(&staged("final")), [Role::Production]);
    let given = |file| format!("services:\n  web: {{build: ., env_file: {file}, restart: always}}\n");
    assert_eq!(of(&given("docker/development/.env.db")), [Role::Development]);
    assert_eq!(of(&given(".env.local")), [Role::Production]);
}

#[test]
fn a_mounted_folder_of_code_is_a_checkout_and_one_of_data_is_none() {
    assert_eq!(roles("./src:/app/src"), [Role::Development]);
    assert_eq!(roles("./uploads:/app/uploads"), [Role::Production]);
    assert_eq!(roles("/srv/app:/app"), [Role::Production]);
    assert_eq!(roles("./src:/etc/shop"), [Role::Production], "configuration");
}
