//! Whether anything loads production's settings before they are deployed: a job of CI, a test, or the build of an image.

use super::components::Context;
use super::part::Part;
use super::settings::Loaded;
use super::state::Statements;
use crate::discover::{Kind, paths};
use crate::environments::plan::Runs;
use crate::environments::{Planned, ci};
use crate::links::{Caller, Meaning, meaning};
use crate::model::{Attr, Certainty, ComponentKind, Dimension, FileId, Known, Origin, Reason, Role, Span, Value};

/// What was found of production's settings in its own environment.
pub(super) struct Rehearsal {
    file: FileId,
    /// Every file that the settings are made of.
    files: Vec<FileId>,
    chosen: Span,
    done: Known<Value>,
}

/// What the files say of the loading of production's settings; nothing for settings that are no module of Django's.
pub(super) fn of(
    context: &Context<'_, '_>,
    planned: &Planned,
    parts: &[Part<'_>],
    loaded: &Loaded,
) -> Option<Rehearsal> {
    let production = planned.environment.role == Role::Production && loaded.choice.class.is_none();
    let django = loaded.settings.values.contains_key("INSTALLED_APPS");
    let (file, chosen) = (loaded.settings.file?, loaded.choice.span?);
    let files = loaded.settings.files.iter().map(|(file, _)| *file).collect();
    (production && django).then(|| Rehearsal {
        file,
        chosen,
        files,
        done: done(context, planned, parts, &loaded.choice.module),
    })
}

/// States `tested` where the tests load settings of their own.
pub(super) fn state(statements: &mut Statements, rehearsal: &Rehearsal, of_tests: &[Vec<FileId>]) {
    // Settings that have nothing in common are those of two applications.
    let akin = |files: &Vec<FileId>| files.iter().any(|file| rehearsal.files.contains(file));
    if !of_tests.iter().any(akin) {
        return;
    }
    let also = of_tests.iter().any(|files| files.contains(&rehearsal.file));
    let value = if also { Known::One(Value::Bool(true)) } else { rehearsal.done.clone() };
    let origin = Origin::set(rehearsal.chosen);
    let mut fact = statements.about(None, Dimension::Setting, "SETTINGS_MODULE");
    fact.attr("tested", Attr { value, certainty: Certainty::Stated, origin });
}

fn done(context: &Context<'_, '_>, planned: &Planned, parts: &[Part<'_>], module: &str) -> Known<Value> {
    let unknown = |text: &str| Known::Unknown(Reason::new(text));
    if built(parts) || named(context, module) || composed(context, planned) {
        return Known::One(Value::Bool(true));
    }
    if planned.units.iter().any(|unit| matches!(unit.runs, Runs::Process { image: None, .. })) {
        return unknown("the platform's own build may load the settings");
    }
    let ours = || parts.iter().filter(|part| part.kind == ComponentKind::App);
    if ours().any(|part| part.image.as_ref().is_some_and(|image| image.dockerfile.is_none())) {
        return unknown("an image of production is built elsewhere");
    }
    if of_ci(context)
        .any(|(_, text)| ["docker run", "SETTINGS_MODULE: ${{", "settings.$"].iter().any(|w| text.contains(w)))
    {
        return unknown("what a job loads is put together while it runs");
    }
    Known::One(Value::Bool(false))
}

/// Whether the build of an image runs a command of Django: it loads the settings, and fails with them.
fn built(parts: &[Part<'_>]) -> bool {
    let started = |part: &Part<'_>, span: &Span| part.started.iter().any(|(_, at)| at == span);
    let loads = |argv: &Vec<String>| {
        matches!(meaning::of(argv), Meaning::Manages(_) | Meaning::Tests)
            || argv
                .iter()
                .any(|word| word.ends_with("manage.py") || word == "django-admin" || word.contains("collectstatic"))
    };
    parts.iter().any(|part| part.commands.iter().any(|(argv, span)| !started(part, span) && loads(argv)))
}

/// Texts that CI, its scripts and the tests are made of.
fn of_ci<'c>(context: &'c Context<'_, '_>) -> impl Iterator<Item = (&'c str, &'c str)> {
    let tree = context.repository.tree;
    let kinds = [Kind::Workflow, Kind::Makefile, Kind::Shell, Kind::Project];
    let of_kind = kinds.into_iter().flat_map(|kind| context.repository.of(kind).iter().copied());
    let named = tree.files().filter(|(_, path)| {
        let name = paths::name(path);
        let tests = name.ends_with(".py")
            && path
                .split(['/', '_', '.'])
                .any(|part| ["test", "tests", "conftest", "noxfile", "tasks", "fabfile"].contains(&part));
        tests
            || [
                "tox.ini",
                "pytest.ini",
                "action.yml",
                "action.yaml",
                "package.json",
                "justfile",
                "Justfile",
                "Taskfile.yml",
            ]
            .contains(&name)
            || path.starts_with(".circleci/")
            || path.starts_with("azure-pipelines")
            || name == "Jenkinsfile"
            || name == ".travis.yml"
            || name == "bitbucket-pipelines.yml"
    });
    of_kind.chain(named.map(|(file, _)| file)).filter_map(move |file| Some((tree.path(file), tree.text(file).ok()?)))
}

/// Whether CI, a script of it or a test names the module, or checks what is deployed.
fn named(context: &Context<'_, '_>, module: &str) -> bool {
    let mut last_two = module.rsplitn(3, '.');
    let (last, before) = (last_two.next().unwrap_or(module), last_two.next());
    let short = match before {
        Some(before) if !last.contains("settings") => format!("{before}.{last}"),
        _ => last.to_owned(),
    };
    let as_path = short.replace('.', "/");
    let says = |text: &str| text.contains(&short) || text.contains(&as_path) || text.contains("check --deploy");
    let tree = context.repository.tree;
    let mut composed = context.repository.of(Kind::Compose).iter().filter_map(|file| tree.text(*file).ok());
    of_ci(context).any(|(_, text)| says(text)) || composed.any(|text| text.contains("check --deploy"))
}

/// Whether a job starts production's compose files.
fn composed(context: &Context<'_, '_>, planned: &Planned) -> bool {
    context.repository.calls.iter().any(|call| {
        let (Caller::Job { .. } | Caller::Make { .. }, Meaning::Composes(compose)) = (&call.caller, &call.meaning)
        else {
            return false;
        };
        let files = ci::files_of(context.repository, &call.folder, compose);
        compose.action != "build"
            && compose.action != "config"
            && files.iter().any(|file| planned.environment.files.contains(file))
    })
}
