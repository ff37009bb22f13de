//! The role that the variables of a stack of containers select.

use super::base_role::{debugs, may_be_ours};
use super::compose::load;
use super::stacks::Stack;
use super::words::selected;
use crate::discover::{Kind, Presence};
use crate::formats::compose::{EnvFileUse, EnvVar, Project, Provider, Service};
use crate::knowledge::environments::is_selector_by_suffix;
use crate::links::Repository;
use crate::model::{FileId, Role};

/// The role that a selector in the variables of one of our services names; what other files say renames not the `only` one.
pub(super) fn by_selector(repository: &Repository<'_>, stack: &Stack, only: Option<FileId>) -> Option<(Role, String)> {
    let project = load(repository, &stack.files);
    let shared = |var: &EnvVar| {
        let file = var.var.origin.primary().map(|span| span.file);
        only.is_some() && file != only && file.is_some_and(|file| repository.of(Kind::Compose).contains(&file))
    };
    let local = |said: &&(Role, String)| said.1 == "local";
    // A service that is told that it runs locally is a try of what is deployed, whatever settings it takes.
    let of_service = |(service, about): (&String, &Service)| {
        let given =
            about.environment.iter().filter(|(_, var)| !may_be_replaced(&project, service, var) && !shared(var));
        // Who debugs is not what is deployed: a `…_ENV` of the service's own making names the side that is called.
        let of_another = |name: &str, said: &(Role, String)| {
            matches!(said.0, Role::Production | Role::Staging) && is_selector_by_suffix(name) && debugs(about)
        };
        let named = |(name, var): (&String, &EnvVar)| {
            selected(name, var.var.value.one()?).filter(|said| !of_another(name, said))
        };
        let said: Vec<_> = given.filter_map(named).collect();
        said.iter().find(local).or(said.first()).cloned()
    };
    let ours = project.services.iter().filter(|(_, service)| may_be_ours(service));
    let each: Vec<_> = ours.filter_map(of_service).collect();
    let first = each.iter().find(|said| !local(said)).or(each.first())?;
    // Who develops tries there what the tests run.
    let develops = || each.iter().find(|(role, _)| first.0 == Role::Test && *role == Role::Development);
    Some(develops().unwrap_or(first).clone())
}

/// Whether a variable is of a file that need not be there, and a later one which the repository lacks may say another value.
fn may_be_replaced(project: &Project, service: &str, var: &EnvVar) -> bool {
    let Some(span) = var.var.origin.primary().filter(|_| var.provider == Provider::EnvFile) else { return false };
    let uses = || project.env_files.iter().filter(|used| used.service == service);
    let of = |used: &EnvFileUse| used.presence == Presence::Here(span.file);
    uses().any(|used| of(used) && !used.required)
        && uses().skip_while(|used| !of(used)).any(|used| !matches!(used.presence, Presence::Here(_)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_file_for_tests_that_another_may_replace_does_not_make_a_stack_one_of_tests() {
        let with = |files: &str| {
            let web = format!("services: {{web: {{build: ., volumes: ['.:/app'], env_file: {files}}}}}\n");
            let found = crate::environments::tests::environments(&[
                ("compose.yaml", web.as_str()),
                ("Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n"),
                ("tests/some.env", "ENVIRONMENT=test\n"),
            ]);
            found.iter().filter(|line| line.contains(" test: ")).count()
        };
        assert_eq!(with("[{path: tests/some.env, required: false}, {path: .env, required: false}]"), 0);
        assert_eq!(with("[{path: tests/some.env, required: false}]"), 1);
        assert_eq!(with("[{path: .env, required: false}, {path: tests/some.env, required: false}]"), 1);
    }
}
