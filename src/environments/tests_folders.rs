//! Compose files below a folder of tests: one environment, whatever else their names say.

use std::collections::BTreeMap;

use super::plan::{Planned, Runs};
use super::words::{Naming, naming};
use crate::discover::paths;
use crate::links::Repository;
use crate::model::Role;

/// What lies in a folder of tests is for them, whatever else its name says: what they are run against, say.
pub(super) fn tested(mut naming: Naming, folder: &str) -> Naming {
    if let Some((_, word)) = tests_folder(folder) {
        naming.role = Some((Role::Test, word));
    }
    naming
}

/// The topmost folder of a path that is named for tests, and the word that says it.
fn tests_folder(folder: &str) -> Option<(&str, String)> {
    let ends = folder.match_indices('/').map(|(at, _)| at).chain([folder.len()]);
    let mut folders = ends.filter_map(|end| folder.get(..end));
    folders.find_map(|whole| {
        let (_, word) = naming(&format!("{}/x", paths::name(whole))).role.filter(|(role, _)| *role == Role::Test)?;
        Some((whole, word))
    })
}

/// Leaves one environment of all that compose files below one folder of tests run: that which builds what it runs.
pub(super) fn join(repository: &Repository<'_>, found: &mut Vec<Planned>) {
    let of = |planned: &Planned| {
        let path = repository.tree.path(*planned.environment.files.first()?);
        let (top, _) = tests_folder(paths::parent(path)).filter(|_| planned.environment.role == Role::Test)?;
        Some(top.to_owned())
    };
    let builds = |planned: &Planned| {
        planned.units.iter().any(|unit| match &unit.runs {
            Runs::Compose { project, service, .. } => {
                project.services.get(service).is_some_and(|service| service.build.is_some())
            }
            _ => false,
        })
    };
    let mut best: BTreeMap<String, Planned> = BTreeMap::new();
    let mut rest = Vec::new();
    for planned in std::mem::take(found) {
        let Some(top) = of(&planned) else {
            rest.push(planned);
            continue;
        };
        let key = |planned: &Planned| (builds(planned), planned.environment.confidence);
        match best.get(&top) {
            Some(known) if key(known) >= key(&planned) => {}
            _ => drop(best.insert(top, planned)),
        }
    }
    found.extend(rest);
    found.extend(best.into_values());
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn compose_files_of_one_folder_of_tests_are_one_environment() {
        let browser = "services: {browser: {image: 'cypress/included:13.0.0', volumes: ['./cypress:/cypress']}}\n";
        let found = environments(&[
            ("Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n"),
            ("stack_tests/smoke/staging-web.compose.yml", browser),
            ("stack_tests/smoke/docker-compose.yml", browser),
            ("stack_tests/whole/docker-compose.yml", "services: {web: {build: ../..}}\n"),
        ]);
        let composed: Vec<&String> = found.iter().filter(|line| line.contains("compose")).collect();
        assert_eq!(composed, ["tests test: stack_tests/whole/docker-compose.yml"]);
    }
}
