//! Which environments the services of one project are for.

use std::collections::BTreeMap;

use super::base_role::of_others;
use super::plan::{Planned, Runs, Unit};
use super::words::{naming, selected};
use crate::formats::compose::{Project, Service};
use crate::model::Role;

/// Why the services of one role, among those of a project, are an environment.
pub(super) fn parted(role: Role) -> String {
    format!("services are built or started for {}", role.name())
}

/// The roles that the build targets or the profiles of services name; a service may have several of them.
pub(super) fn service_roles(project: &Project) -> BTreeMap<String, Vec<(Role, String)>> {
    let mut roles = BTreeMap::new();
    for (name, service) in project.services.iter().filter(|(_, service)| !only_builds(service)) {
        let target =
            service.build.as_ref().and_then(|build| build.target.as_ref()).and_then(|target| target.value.one());
        let profiles: Vec<_> = service.profiles.iter().filter_map(|profile| naming(profile).role).collect();
        if let Some(role) = target.and_then(|target| naming(target).role) {
            if !is_tried(project, (name, service), role.0) {
                roles.insert(name.clone(), vec![role]);
            }
        } else if !profiles.is_empty() {
            roles.insert(name.clone(), profiles);
        }
    }
    roles
}

/// Whether a service takes the image of what is deployed to try it: it selects settings of development or tests, or all its files of
/// variables are theirs.
fn is_tried(project: &Project, (name, service): (&str, &Service), role: Role) -> bool {
    let deployed = |role: Role| matches!(role, Role::Production | Role::Staging);
    let mut selects = service.environment.iter().filter_map(|(name, var)| selected(name, var.var.value.one()?));
    let of_others = |path: &str| naming(path).role.is_some_and(|(role, _)| !deployed(role));
    let files = || project.env_files.iter().filter(|file| file.service == name);
    let by_files = || files().next().is_some() && files().all(|file| of_others(&file.path));
    deployed(role) && (selects.any(|(role, _)| !deployed(role)) || by_files())
}

/// Whether a service is only there to be built: what it starts says or does nothing (`echo not run from here`).
fn only_builds(service: &Service) -> bool {
    let first = service.command.as_ref().and_then(|line| line.words.first());
    service.entrypoint.is_none() && first.is_some_and(|word| ["echo", "true", ":"].contains(&word.written()))
}

/// Whether services of different roles run together: one waits for the other.
pub(super) fn are_joined(project: &Project, roles: &BTreeMap<String, Vec<(Role, String)>>) -> bool {
    let of = |name: &String| roles.get(name).into_iter().flatten().map(|(role, _)| *role).collect::<Vec<_>>();
    let apart = |ours: &[Role], theirs: &[Role]| {
        !ours.is_empty() && !theirs.is_empty() && !ours.iter().any(|role| theirs.contains(role))
    };
    project.services.iter().any(|(name, service)| service.depends_on.keys().any(|other| apart(&of(name), &of(other))))
}

/// Whether a service only is there for others of the project to extend.
pub(super) fn is_base(project: &Project, name: &str) -> bool {
    let asked = || project.services.values().any(|service| service.depends_on.contains_key(name));
    project.extended.contains(name) && naming(&format!("{name}.x")).shared && !asked()
}

/// Drops what starts services alone where it is deployed, beside files of another folder that run there what is ours: they are
/// behind that.
pub(super) fn drop_services(found: &mut Vec<Planned>) {
    let alone = |planned: &Planned| {
        let only = |unit: &Unit| matches!(&unit.runs, Runs::Compose { project, .. } if of_others(project));
        !planned.units.is_empty() && planned.units.iter().all(only)
    };
    let ours: Vec<Role> =
        found.iter().filter(|planned| !alone(planned)).map(|planned| planned.environment.role).collect();
    let deployed = |role: Role| matches!(role, Role::Production | Role::Staging);
    found.retain(|planned| {
        let role = planned.environment.role;
        !(deployed(role) && ours.contains(&role) && alone(planned))
    });
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const APP: (&str, &str) = ("Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n");

    #[test]
    fn profiles_that_name_environments_part_the_services() {
        let compose = "services:\n  app: {build: ., profiles: [production]}\n  app-dev: {build: ., profiles: [dev], volumes: ['.:/app']}\n  \
                       check: {build: ., profiles: [test], command: pytest}\n";
        let found = environments(&[APP, ("docker-compose.yml", compose)]);
        let roles: Vec<&str> = found.iter().filter_map(|line| line.split(':').next()).collect();
        assert_eq!(roles, ["production production", "test test", "dev development"]);
    }

    #[test]
    fn a_service_that_tries_the_image_of_production_is_of_no_production() {
        let with = |more: &str| {
            let compose = format!(
                "services:\n  web-dev: {{build: {{context: ., target: dev}}, volumes: ['.:/app']}}\n  \
                 web: {{build: {{context: ., target: prod}}{more}}}\n"
            );
            let stages = "FROM python:3.12 AS dev\nCOPY . /app\nFROM dev AS prod\nCMD gunicorn a.wsgi\n";
            let found = environments(&[("Dockerfile", stages), ("compose.yaml", &compose)]);
            found.iter().filter(|line| line.contains(": compose.yaml")).count()
        };
        assert_eq!((with(""), with(", env_file: [env.d/production/web]")), (2, 2));
        assert_eq!(with(", environment: {DJANGO_CONFIGURATION: ContinuousIntegration}"), 1);
        let compose = "services:\n  web-dev: {build: ., volumes: ['.:/app'], environment: [DJANGO_CONFIGURATION=Development]}\n  \
                       web: {image: shop, environment: [DJANGO_CONFIGURATION=ContinuousIntegration]}\n";
        let found = environments(&[APP, ("compose.yaml", compose)]);
        assert!(found.iter().any(|line| line.contains(" development: compose.yaml")), "{found:?}");
        assert_eq!(with(", env_file: [env.d/development/common, env.d/development/db]"), 1);
    }

    #[test]
    fn services_that_wait_for_one_another_run_in_one_environment_whatever_is_built() {
        let with = |waits: &str| {
            let compose = format!(
                "services:\n  api: {{build: {{context: ., target: dev}}, volumes: ['.:/app']{waits}}}\n  \
                 tasks: {{build: {{context: ., target: prod}}, volumes: ['.:/app']}}\n"
            );
            let stages = "FROM python:3.12 AS dev\nCOPY . /app\nFROM dev AS prod\nCMD gunicorn a.wsgi\n";
            let found = environments(&[("Dockerfile", stages), ("compose.yaml", &compose)]);
            found.iter().filter(|line| line.contains(": compose.yaml")).count()
        };
        assert_eq!((with(""), with(", depends_on: [tasks]")), (2, 1));
    }

    #[test]
    fn a_service_that_is_only_built_is_no_environment() {
        let with = |command: &str| {
            let compose = format!(
                "services:\n  web: {{build: {{context: ., target: dev}}, volumes: ['.:/app']}}\n  \
                 ship: {{build: {{context: ., target: prod}}, command: {command}}}\n"
            );
            let stages = "FROM python:3.12 AS dev\nCOPY . /app\nFROM dev AS prod\nCMD gunicorn a.wsgi\n";
            let found = environments(&[("Dockerfile", stages), ("compose.yaml", &compose)]);
            found.iter().filter(|line| line.contains(": compose.yaml")).count()
        };
        assert_eq!((with("echo only built here"), with("gunicorn a.wsgi")), (1, 2));
    }

    #[test]
    fn a_file_named_for_tests_that_select_development_is_for_tests() {
        let test = "services: {web: {build: ., command: pytest, environment: {APP_ENV: dev}}}\n";
        let found = environments(&[APP, ("docker-compose.test.yml", test)]);
        assert!(found.iter().any(|line| line.starts_with("test test: docker-compose.test.yml")), "{found:?}");
    }

    #[test]
    fn a_file_named_for_production_stays_so_where_one_service_is_in_a_mode_for_tests() {
        let compose = "services:\n  web: {image: acme/shop, command: gunicorn a}\n  mock: {image: acme/mock, environment: {APP_ENV: testing}}\n";
        let found = environments(&[APP, ("compose.production.yaml", compose)]);
        assert!(found.contains(&"production production: compose.production.yaml".to_owned()), "{found:?}");
    }

    #[test]
    fn a_service_that_is_only_there_to_be_extended_runs_nowhere() {
        use crate::discover::{Config, Overlay, Tree};
        let compose = "services:\n  base: {image: acme/shop}\n  web: {extends: base, command: gunicorn a}\n";
        let tree = Tree::open(Box::new(Overlay::of([("compose.prod.yml", compose)]))).unwrap();
        let plan = super::super::infer(&crate::links::Repository::read(&tree), &Config::read(&tree), false);
        let names: Vec<&str> = plan.environments[0].units.iter().map(|unit| unit.name.as_str()).collect();
        assert_eq!(names, ["web"]);
    }

    #[test]
    fn services_of_others_with_a_catcher_of_mail_are_for_developers() {
        let compose = "services:\n  db: {image: 'postgres:16', environment: {POSTGRES_DB: a}}\n  mail: {image: axllent/mailpit}\n";
        let found = environments(&[APP, ("docker-compose.yml", compose)]);
        assert!(found.contains(&"development development: docker-compose.yml".to_owned()), "{found:?}");
        let debug = "services:\n  web: {build: ., command: gunicorn a, environment: {DEBUG: '1'}}\n";
        let found = environments(&[APP, ("docker-compose.yml", debug)]);
        assert!(found.contains(&"development development: docker-compose.yml".to_owned()), "{found:?}");
    }

    #[test]
    fn a_service_that_only_builds_makes_the_image_that_others_ask_for() {
        let compose = "services:\n  web: {image: 'acme/shop:latest', command: gunicorn a}\n  \
                       builder: {image: 'acme/shop:latest', build: {context: ., dockerfile: docker/Dockerfile}, profiles: [build-only]}\n";
        let found = environments(&[("docker/Dockerfile", APP.1), ("compose.prod.yml", compose), ("a.py", "")]);
        assert_eq!(found, ["prod production: compose.prod.yml"]);
    }

    #[test]
    fn what_is_told_that_it_runs_locally_is_no_production_whatever_its_name() {
        let compose = "services: {web: {image: 'shop:latest', command: gunicorn a.wsgi, env_file: [.try.env]}}\n";
        let with = |env: &str| environments(&[("docker-compose.deploy.yml", compose), (".try.env", env), APP]);
        let found = with("DJANGO_SETTINGS_MODULE=shop.settings.deploy\nENVIRONMENT=local\n");
        assert!(!found.iter().any(|line| line.contains("docker-compose.deploy.yml")), "{found:?}");
        let found = with("DJANGO_SETTINGS_MODULE=shop.settings.deploy\n");
        assert!(found.iter().any(|line| line.contains(" production: docker-compose.deploy.yml")), "{found:?}");
        let beside = "services: {web: {build: ., environment: [APP_MODE=production]}, front: {build: ./front, environment: [PROXY_MODE=local]}}\n";
        let found = environments(&[("docker-compose.yml", beside), APP]);
        assert!(found.iter().any(|line| line.contains(" production: docker-compose.yml")), "{found:?}");
    }

    #[test]
    fn services_in_a_folder_of_their_own_stand_behind_what_is_deployed() {
        let files = [
            ("docker-compose.staging.yml", "services: {web: {build: ., command: gunicorn a.wsgi}}\n"),
            ("compose/staging/docker-compose.db.yml", "services: {db: {image: 'postgres:16'}}\n"),
            APP,
        ];
        let found = environments(&files);
        assert_eq!(found.iter().filter(|line| line.contains(" staging: ")).count(), 1, "{found:?}");
        assert!(environments(&files[1..]).iter().any(|line| line.contains(" staging: ")), "nothing else is there");
    }
}
