//! Compose overrides that a deployment loads without naming them: `docker compose up` takes every override that lies beside.

use super::state::Statements;
use crate::discover::{Kind, paths};
use crate::environments::words::naming;
use crate::environments::{ci, compose, deployments};
use crate::formats::Vars;
use crate::formats::shell::Dialect;
use crate::formats::workflow::{Job, Step};
use crate::links::compose_call::ComposeCall;
use crate::links::repository::words;
use crate::links::{Caller, Meaning, Repository, meaning};
use crate::model::{Dimension, FileId, Origin, Role, Span, SpanMap, StepKind};

/// A command that deploys with compose and names no file.
struct Bare {
    /// What it belongs to: a job, a target, a script.
    key: String,
    role: Role,
    span: Span,
    /// The override that it loads, and the line of it that is meant for development.
    over: FileId,
    sign: Span,
}

/// States the overrides that deployments to an environment of a role load.
pub(super) fn state(statements: &mut Statements, repository: &Repository<'_>, role: Role) {
    let mut found = in_jobs(repository);
    found.extend(in_targets(repository));
    found.extend(in_scripts(repository));
    for bare in found.into_iter().filter(|bare| bare.role == role) {
        let origin = Origin::set(bare.span).then(StepKind::Used, bare.sign);
        let mut fact = statements.about(None, Dimension::Pipeline, &bare.key);
        fact.text("override", repository.tree.path(bare.over), &origin);
    }
}

/// The override that a call loads by itself, if it is for development.
fn loaded(repository: &Repository<'_>, folder: &str, call: &ComposeCall) -> Option<(FileId, Span)> {
    let tree = repository.tree;
    if call.action != "up" || !call.files.is_empty() {
        return None;
    }
    let files = ci::files_of(repository, folder, call);
    let [base, over] = files.as_slice() else { return None };
    let dotenv = tree.find(&paths::join(paths::parent(tree.path(*base)), ".env")?);
    let chosen = dotenv.and_then(|file| tree.text(file).ok()).is_some_and(|text| text.contains("COMPOSE_FILE"));
    let sign = compose::development_signs(repository, &files).into_iter().find(|span| span.file == *over)?;
    (!chosen).then_some((*over, sign))
}

fn bare(repository: &Repository<'_>, folder: &str, argv: &[String], span: Span) -> Option<(Span, FileId, Span)> {
    let Meaning::Composes(call) = meaning::of(argv) else { return None };
    loaded(repository, folder, &call).map(|(over, sign)| (span, over, sign))
}

/// Jobs that deploy: what they run on a server by SSH after the checkout there was brought up to date, and what they run on a
/// machine of the project's own.
fn in_jobs(repository: &Repository<'_>) -> Vec<Bare> {
    let mut found = Vec::new();
    for deployment in deployments::deployments(repository) {
        let Some(workflow) = repository.workflow(deployment.workflow) else { continue };
        let Some(job) = workflow.jobs.iter().find(|job| job.id.value == deployment.job) else { continue };
        let text = repository.tree.text(deployment.workflow).unwrap_or_default();
        if text.contains("COMPOSE_FILE") {
            continue;
        }
        let caller = Caller::Job { file: deployment.workflow, job: job.id.value.clone() };
        let mine = repository.calls.iter().filter(|call| call.caller == caller && is_own_machine(job, text));
        let here = mine.filter_map(|call| bare(repository, &call.folder, &call.argv, call.span));
        let there = job.steps.iter().filter_map(|step| by_ssh(repository, step));
        let first = here.chain(there).next();
        found.extend(first.map(|(span, over, sign)| Bare {
            key: job.id.value.clone(),
            role: deployment.role,
            span,
            over,
            sign,
        }));
    }
    found
}

/// Whether a job runs on a machine that the project keeps: what it starts there stays.
fn is_own_machine(job: &Job, text: &str) -> bool {
    let written = job.runs_on.as_ref().and_then(|node| text.get(node.span.range()));
    written.is_some_and(|written| written.contains("self-hosted"))
}

/// The call in the script that a step runs on a server, where the script brings a checkout up to date first.
fn by_ssh(repository: &Repository<'_>, step: &Step) -> Option<(Span, FileId, Span)> {
    let action = step.uses.as_ref()?.value.split('@').next()?.to_ascii_lowercase();
    let script = step.with.get("script").filter(|_| action.contains("ssh"))?;
    let map = SpanMap::Whole(script.span);
    let commands = repository.commands(&script.value, &map, "", Vars::new(), Dialect::Bash);
    let argvs: Vec<Vec<String>> = commands.iter().map(words).collect();
    let pulls = |argv: &Vec<String>| {
        argv.first().is_some_and(|word| word == "git")
            && argv.iter().any(|word| ["pull", "reset", "checkout"].contains(&word.as_str()))
    };
    let pulled = argvs.iter().position(pulls)?;
    let changes = argvs.iter().filter(|argv| argv.first().is_some_and(|word| word == "cd")).count();
    let mut after = argvs.iter().skip(pulled).filter(|_| changes <= 1);
    after.find_map(|argv| bare(repository, "", argv, script.span))
}

/// Whether a name says that a command deploys, and where to.
fn deploys_to(name: &str) -> Option<Role> {
    let parts: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let says = |words: &[&str]| parts.iter().any(|part| words.contains(&part.to_ascii_lowercase().as_str()));
    match () {
        () if says(&["dev", "development", "local", "test", "tests", "debug"]) => None,
        () if says(&["staging", "stage"]) => Some(Role::Staging),
        () if says(&["deploy", "prod", "production"]) => Some(Role::Production),
        () => None,
    }
}

fn in_targets(repository: &Repository<'_>) -> Vec<Bare> {
    let mut found = Vec::new();
    for call in &repository.calls {
        let Caller::Make { file, target } = &call.caller else { continue };
        let text = repository.tree.text(*file).unwrap_or_default();
        let Some(role) = deploys_to(target).filter(|_| !text.contains("COMPOSE_FILE")) else { continue };
        let Some((span, over, sign)) = bare(repository, &call.folder, &call.argv, call.span) else { continue };
        found.push(Bare { key: format!("make {target}"), role, span, over, sign });
    }
    found
}

fn in_scripts(repository: &Repository<'_>) -> Vec<Bare> {
    let mut found = Vec::new();
    for file in repository.of(Kind::Shell) {
        let path = repository.tree.path(*file);
        let named = naming(paths::name(path)).template || paths::name(path).contains("entrypoint");
        let Some(role) = deploys_to(paths::name(path)).filter(|_| !named) else { continue };
        let Ok(text) = repository.tree.text(*file) else { continue };
        if text.contains("COMPOSE_FILE") {
            continue;
        }
        let map = SpanMap::Linear { file: *file, base: 0 };
        let commands = repository.commands(text, &map, "", Vars::new(), Dialect::Bash);
        let call = commands.iter().find_map(|executed| {
            let folder = executed.cwd.as_deref().and_then(|cwd| paths::join("", cwd)).unwrap_or_default();
            bare(repository, &folder, &words(executed), executed.span)
        });
        found.extend(call.map(|(span, over, sign)| Bare { key: path.to_owned(), role, span, over, sign }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_where_a_command_deploys_to() {
        for (name, role) in [
            ("deploy", Some(Role::Production)),
            ("up-prod", Some(Role::Production)),
            ("deploy_staging.sh", Some(Role::Staging)),
            ("deploy-dev", None),
            ("up", None),
            ("product", None),
        ] {
            assert_eq!(deploys_to(name), role, "{name}");
        }
    }
}
