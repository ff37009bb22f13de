//! Which commands and files of variables say which compose files run together.

use super::compose::File;
use super::targets::is_deploy_script;
use super::upkeep;
use super::words::{Naming, naming};
use crate::discover::{Kind, paths};
use crate::formats::workflow::Job;
use crate::knowledge::environments::{WordClass, class_of_word};
use crate::links::compose_call::ComposeCall;
use crate::links::{Call, Caller, Meaning, Repository};
use crate::model::{FileId, Role, Span};

/// The longest list of files with which a call names this one.
pub(super) fn invoked_with(repository: &Repository<'_>, file: &File) -> Option<(Vec<FileId>, Span)> {
    called_with(repository, file).or_else(|| by_variable(repository, file))
}

/// The longest list of files that a command names with this one last.
pub(super) fn called_with(repository: &Repository<'_>, file: &File) -> Option<(Vec<FileId>, Span)> {
    let mut best: Option<(Vec<FileId>, Span)> = None;
    for call in &repository.calls {
        let Meaning::Composes(compose) = &call.meaning else { continue };
        let files: Vec<FileId> = compose
            .files
            .iter()
            .filter_map(|path| {
                repository.tree.find(&paths::join(&call.folder, path)?).or_else(|| repository.tree.find(path))
            })
            .collect();
        if files.last() == Some(&file.id) && best.as_ref().is_none_or(|(known, _)| known.len() < files.len()) {
            best = Some((files, call.span));
        }
    }
    best
}

/// The files that `COMPOSE_FILE` of a file of variables names, this one among them and laid over others.
fn by_variable(repository: &Repository<'_>, file: &File) -> Option<(Vec<FileId>, Span)> {
    for dotenv in repository.of(Kind::Dotenv) {
        let folder = paths::parent(repository.tree.path(*dotenv));
        let Ok(text) = repository.tree.text(*dotenv) else { continue };
        let Some(at) = text.match_indices("COMPOSE_FILE=").map(|(at, _)| at).find(|at| starts_line(text, *at)) else {
            continue;
        };
        let value = text.get(at..)?.lines().next()?.strip_prefix("COMPOSE_FILE=")?;
        let find = |path: &str| repository.tree.find(&paths::join(folder, path.trim_matches(['"', '\'']))?);
        let files: Vec<FileId> = value.split([':', ';']).filter_map(|path| find(path.trim())).collect();
        if files.len() > 1 && files.iter().skip(1).any(|id| *id == file.id) {
            return Some((files, Span::new(*dotenv, at, at + 12)));
        }
    }
    None
}

fn starts_line(text: &str, at: usize) -> bool {
    at == 0 || text.get(..at).is_some_and(|before| before.ends_with('\n'))
}

/// Where the plain files of a folder are run, other than by a guide.
pub(super) fn invocation(repository: &Repository<'_>, files: &[FileId], folder: &str) -> Option<Span> {
    let plain = |call: &&Call| {
        let Meaning::Composes(compose) = &call.meaning else { return false };
        let by_convention = compose.files.is_empty() && call.folder == folder;
        let counts = match &call.caller {
            Caller::Guide(_) => false,
            // Of scripts those that are named for deploying say where it really runs.
            Caller::Script(script) => is_deploy_script(repository.tree.path(*script)),
            Caller::Make { .. } | Caller::Job { .. } => true,
        };
        by_convention && compose.action == "up" && counts && !files.is_empty()
    };
    repository.calls.iter().find(plain).map(|call| call.span)
}

/// Where a script that is named for deploying, and for no environment but production, starts what a file says.
pub(super) fn deployed(repository: &Repository<'_>, file: &File) -> Option<Span> {
    let deploys = |call: &&Call| {
        let (Caller::Script(script), Meaning::Composes(compose)) = (&call.caller, &call.meaning) else { return false };
        let path = repository.tree.path(*script);
        let named = naming(paths::name(path)).role.is_none_or(|(role, _)| role == Role::Production);
        let finds = |name: &String| paths::join(&call.folder, name).and_then(|path| repository.tree.find(&path));
        let starts = compose.action == "up" || compose.action == "deploy";
        named && starts && is_deploy_script(path) && compose.files.iter().filter_map(finds).any(|id| id == file.id)
    };
    repository.calls.iter().find(deploys).map(|call| call.span)
}

/// The role of a file that is named for a CI and for what that deploys (`compose.prod-ci.yml`): jobs name it in what they do on
/// servers.
pub(super) fn on_servers(
    repository: &Repository<'_>,
    path: &str,
    stem: &str,
    named: &Naming,
) -> Option<(Role, String)> {
    named.role.as_ref().filter(|(role, _)| *role == Role::Test)?;
    let words = stem.split(['.', '-', '_']).filter(|word| class_of_word(word) != Some(WordClass::Role(Role::Test)));
    let (role, word) = words.filter_map(|word| naming(&format!("{word}.x")).role).next_back()?;
    let name = paths::name(path);
    let starts = |text: &str| text.lines().any(|line| line.contains(name) && line.contains(" up"));
    let flows = repository.workflows();
    let mut steps = flows.iter().flat_map(|(_, flow)| &flow.jobs).flat_map(|job| &job.steps);
    steps.any(|step| upkeep::commanded(step).is_some_and(|text| starts(&text))).then_some((role, word))
}

/// What an action brings up with compose files for the rest of a job.
pub(super) fn brought_up(job: &Job) -> Option<(Span, ComposeCall)> {
    job.steps.iter().find_map(|step| {
        let uses = step.uses.as_ref().filter(|uses| uses.value.contains("/compose-action@"))?;
        let listed = |name: &str| -> Vec<String> {
            let text = step.with.get(name).map(|text| text.value.as_str()).unwrap_or_default();
            text.split_whitespace().map(str::to_owned).collect()
        };
        let compose = ComposeCall {
            files: listed("compose-file"),
            services: listed("services"),
            action: "up".into(),
            ..ComposeCall::default()
        };
        Some((uses.span, compose))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn a_file_of_a_ci_that_it_starts_on_servers_is_of_what_it_deploys() {
        let with = |script: &str| {
            let step = format!("{{uses: appleboy/ssh-action@v1, with: {{script: '{script}'}}}}");
            let flow = format!("on: push\njobs: {{deploy: {{runs-on: u, steps: [{step}]}}}}\n");
            let stack = ("compose.prod-ci.yml", "services: {web: {image: acme/shop, command: gunicorn a.wsgi}}\n");
            let found = environments(&[stack, ("manage.py", ""), (".github/workflows/a.yml", &flow)]);
            found.into_iter().find(|line| line.contains("compose.prod-ci.yml")).unwrap_or_default()
        };
        assert!(with("git pull && docker compose -f compose.prod-ci.yml up -d").starts_with("prod production"));
        let both = "git pull && docker compose -f compose.dev-ci.yml up -d";
        let step = format!("{{uses: appleboy/ssh-action@v1, with: {{script: '{both}'}}}}");
        let job = |id: &str| format!("  {id}: {{runs-on: u, environment: dev, steps: [{step}]}}\n");
        let flow = format!("on: push\njobs:\n{}{}", job("deploy"), job("deploy-again"));
        let found = environments(&[
            ("compose.dev-ci.yml", "services: {web: {image: acme/shop, command: gunicorn a.wsgi}}\n"),
            ("compose.yml", "services: {web: {build: ., volumes: ['.:/app'], command: flask run}}\n"),
            ("Dockerfile", "FROM python:3.13\nCOPY . /app\n"),
            (".github/workflows/a.yml", &flow),
        ]);
        assert_eq!(found.iter().filter(|line| line.contains("a.yml")).count(), 1, "{found:?}");
        assert!(!with("git pull && ./restart").contains(" production"), "a trial of what runs in production");
    }
}
