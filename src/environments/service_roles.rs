//! Which environments the services of one project are for.

use std::collections::BTreeMap;

use super::words::naming;
use crate::formats::compose::Project;
use crate::model::Role;

/// The roles that the build targets or the profiles of services name; a service may have several of them.
pub(super) fn service_roles(project: &Project) -> BTreeMap<String, Vec<(Role, String)>> {
    let mut roles = BTreeMap::new();
    for (name, service) in &project.services {
        let target =
            service.build.as_ref().and_then(|build| build.target.as_ref()).and_then(|target| target.value.one());
        let profiles: Vec<_> = service.profiles.iter().filter_map(|profile| naming(profile).role).collect();
        if let Some(role) = target.and_then(|target| naming(target).role) {
            roles.insert(name.clone(), vec![role]);
        } else if !profiles.is_empty() {
            roles.insert(name.clone(), profiles);
        }
    }
    roles
}

/// Whether a service only is there for others of the project to extend.
pub(super) fn is_base(project: &Project, name: &str) -> bool {
    let asked = || project.services.values().any(|service| service.depends_on.contains_key(name));
    project.extended.contains(name) && naming(&format!("{name}.x")).shared && !asked()
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
    fn a_file_named_for_tests_that_select_development_is_for_tests() {
        let test = "services: {web: {build: ., command: pytest, environment: {APP_ENV: dev}}}\n";
        let found = environments(&[APP, ("docker-compose.test.yml", test)]);
        assert!(found.iter().any(|line| line.starts_with("test test: docker-compose.test.yml")), "{found:?}");
    }
}
