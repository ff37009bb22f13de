//! Which compose files run together.

use super::compose::File;
use super::compose_calls::invoked_with;
use crate::formats::compose::Service;
use crate::links::Repository;
use crate::model::{FileId, Span};

/// A list of compose files that belong together, and how it is known.
pub(super) struct Stack {
    pub(super) files: Vec<FileId>,
    pub(super) invoked: Option<Span>,
}

/// The files that run together when this one is named: after a base if it is an overlay, else alone.
pub(super) fn stack_of(repository: &Repository<'_>, file: &File, base: Option<&File>, named: &[&&File]) -> Stack {
    if let Some((files, span)) = invoked_with(repository, file) {
        return Stack { files, invoked: Some(span) };
    }
    let base = holder(file, base, named).or(base);
    let incomplete = file.alone.services.values().any(is_overlaid);
    let rebuilds = |base: &File| {
        let known = |(name, service): (&String, &Service)| {
            bare(service) && base.alone.services.get(name).is_some_and(|other| !bare(other))
        };
        file.alone.services.iter().all(known)
    };
    match base {
        Some(base) if incomplete || rebuilds(base) => Stack { files: vec![base.id, file.id], invoked: None },
        _ => Stack { files: vec![file.id], invoked: None },
    }
}

/// Whether a service says no more than how it is built: such are those of the plain file, built otherwise.
fn bare(service: &Service) -> bool {
    service.command.is_none()
        && service.entrypoint.is_none()
        && service.ports.is_empty()
        && service.depends_on.is_empty()
        && service.env_count() == 0
}

/// Whether a service is said in part only: another file says what it runs.
fn is_overlaid(service: &Service) -> bool {
    service.image.is_none() && service.build.is_none()
}

/// The file that an overlay belongs on, where the plain one lacks services that it is laid over: the one that has them all.
fn holder<'f>(file: &File, base: Option<&File>, named: &[&&'f File]) -> Option<&'f File> {
    let services = || file.alone.services.values().chain(file.alone.inactive.values());
    let wanted: Vec<&str> =
        services().filter(|service| is_overlaid(service)).map(|service| service.name.value.as_str()).collect();
    let holds = |other: &File| {
        let find = |name: &str| other.alone.services.get(name).or_else(|| other.alone.inactive.get(name));
        wanted.iter().all(|name| find(name).is_some_and(|service| !is_overlaid(service)))
    };
    if wanted.is_empty() || base.is_some_and(holds) {
        return None;
    }
    let role = |file: &File| file.naming.role.as_ref().map(|(role, _)| *role);
    let mut holders = named.iter().filter(|other| other.id != file.id && holds(other));
    let first = holders.clone().find(|other| role(other) == role(file)).or_else(|| holders.next());
    first.map(|found| **found)
}

/// Whether a file only adds to what others run how that is watched: logs, labels, health, networks.
pub(super) fn adorns(file: &File) -> bool {
    let plain = |service: &Service| {
        is_overlaid(service)
            && bare(service)
            && service.volumes.is_empty()
            && service.expose.is_empty()
            && service.restart.is_none()
            && service.user.is_none()
            && service.working_dir.is_none()
            && service.replicas.is_none()
            && service.secrets.is_empty()
            && service.configs.is_empty()
    };
    file.alone.env_files.is_empty() && file.alone.services.values().all(plain)
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const PROD: &str = "services:\n  web: {image: acme/shop, command: gunicorn a.wsgi}\n  proxy: {image: nginx}\n";

    fn with(over: &str, name: &str) -> Vec<String> {
        let plain = "services: {web: {build: ., volumes: ['.:/app'], command: flask run}}\n";
        let dockerfile = "FROM python:3.12\nCMD flask run\n";
        let found = environments(&[
            ("Dockerfile", dockerfile),
            ("docker-compose.yml", plain),
            ("docker-compose.prod.yml", PROD),
            (name, over),
            ("a/wsgi.py", "import os\n"),
        ]);
        found.into_iter().filter(|line| !line.contains("development")).collect()
    }

    #[test]
    fn an_overlay_of_logs_is_no_environment_of_its_own() {
        let logs = "services: {web: {logging: {driver: awslogs}}, proxy: {logging: {driver: awslogs}}}\n";
        assert_eq!(with(logs, "docker-compose.aws.logging.yml"), ["prod production: docker-compose.prod.yml"]);
    }

    #[test]
    fn an_overlay_lies_on_the_file_that_has_its_services() {
        let staging = "services: {web: {environment: {A: b}}, proxy: {ports: ['80:80']}}\n";
        let found = with(staging, "docker-compose.staging.yml");
        assert!(
            found.contains(&"staging staging: docker-compose.prod.yml docker-compose.staging.yml".to_owned()),
            "{found:?}"
        );
    }

    #[test]
    fn tests_that_one_types_into_are_another_way_to_the_same() {
        let test = |command: &str| format!("services: {{web: {{build: ., command: {command}}}}}\n");
        let (plain, shell) = (test("pytest"), test("sh"));
        let found = environments(&[
            ("Dockerfile", "FROM python:3.12\nCMD gunicorn a.wsgi\n"),
            ("docker-compose.test.yml", plain.as_str()),
            ("docker-compose.test-shell.yml", shell.as_str()),
            ("a/wsgi.py", "import os\n"),
        ]);
        let tests: Vec<_> = found.iter().filter(|line| line.contains(" test: ")).collect();
        assert_eq!(tests, ["test test: docker-compose.test.yml"]);
    }
}
