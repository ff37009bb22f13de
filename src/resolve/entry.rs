//! What the files say by which a program is entered: the settings that they fall to, and what they check.

use super::components::Context;
use super::edited;
use super::part::Part;
use super::settings::{MODULE_VARIABLE, UNKNOWN};
use super::unselected::is_here;
use crate::discover::{Kind, paths};
use crate::environments::{Planned, SettingsChoice};
use crate::formats::World;
use crate::formats::python::entry::EntryDefault;
use crate::formats::python::{self, Settings};
use crate::links::console_scripts;
use crate::model::{Certainty, FileId, Role, Spanned};

/// The module that the process's own entry file sets.
pub(super) fn module(context: &Context<'_, '_>, part: Option<&Part<'_>>, role: Role) -> Option<SettingsChoice> {
    let by_program = part.and_then(|part| part.processes.iter().find_map(|process| by_program(context, &process.argv)));
    if by_program.is_some() {
        return by_program;
    }
    let module = default_of(context, part, role, MODULE_VARIABLE)?;
    let named = edited::word(context, part, module.span, &module.value).unwrap_or_else(|| UNKNOWN.into());
    Some(SettingsChoice { module: named, class: None, span: Some(module.span) })
}

/// The settings that a program of the project names which is its own management: those of each name may be others.
fn by_program(context: &Context<'_, '_>, argv: &[String]) -> Option<SettingsChoice> {
    let (file, function) = console_scripts::entry(context.repository.tree, argv)?;
    let mut named = python::texts_of(context.repository.tree, file, &function);
    named.retain(|text| text.value.contains('.') && is_here(context, &text.value));
    let [module] = named.as_slice() else { return None };
    Some(SettingsChoice { module: module.value.clone(), class: None, span: Some(module.span) })
}

/// What the process's own entry file gives a variable that is not set: wsgi.py for a server, manage.py for the rest.
pub(super) fn default_of(
    context: &Context<'_, '_>,
    part: Option<&Part<'_>>,
    role: Role,
    variable: &str,
) -> Option<Spanned<String>> {
    let tree = context.repository.tree;
    let served = part.and_then(|part| part.processes.iter().find_map(|process| process.module.clone()));
    let entry = |name: &str| {
        let ours = context.repository.of(Kind::Python).iter().filter(|file| paths::name(tree.path(**file)) == name);
        let folder = part.map(|part| part.folder.as_str()).unwrap_or_default();
        let mut ours: Vec<_> = ours.copied().collect();
        ours.sort_by_key(|file| !tree.path(*file).starts_with(folder));
        ours.into_iter().next()
    };
    let by_module = served.and_then(|module| {
        let end = format!("{}.py", module.replace('.', "/"));
        let package = format!("{}/__init__.py", module.replace('.', "/"));
        let files = context.repository.of(Kind::Python).iter();
        files.into_iter().find(|file| {
            let path = tree.path(**file);
            let at_end = |end: &str| path == end || path.ends_with(&format!("/{end}"));
            at_end(&end) || at_end(&package)
        })
    });
    // What a server loads by other means is its own entry file, not the one for commands.
    let by_command = part.is_none_or(|part| {
        let words = || part.processes.iter().flat_map(|process| &process.argv);
        part.processes.is_empty() || words().any(|word| word.ends_with("manage.py"))
    });
    let names = if by_command { ["manage.py", "wsgi.py", "asgi.py"] } else { ["wsgi.py", "asgi.py", "manage.py"] };
    let files = std::iter::once(by_module.copied()).chain(names.map(entry));
    files.flatten().find_map(|file| {
        let facts = python::entry_with_setup(tree, file);
        let undecided = facts.undecided.iter().find(|(name, _)| name == variable);
        let undecided = undecided.map(|(_, span)| Spanned::new(UNKNOWN.to_owned(), *span));
        let fits =
            |default: &&EntryDefault| default.for_tests.is_none_or(|for_tests| for_tests == (role == Role::Test));
        let mut named = facts.defaults.iter().filter(|default| default.variable == variable).filter(fits);
        let default = named.next().map(|default| default.value.clone());
        undecided.or(default)
    })
}

/// Whether a module is only the default of an entry file where nothing here starts the program with variables of its own.
pub(super) fn is_default(
    context: &Context<'_, '_>,
    planned: &Planned,
    part: Option<&Part<'_>>,
    choice: &SettingsChoice,
    world: &World,
) -> bool {
    let started = part.is_some_and(|part| part.hostname.is_some() && part.unseen.is_none());
    let unseen = planned.unseen.is_some() || !started;
    match world.vars().get(MODULE_VARIABLE) {
        // A sample says it.
        Some(var) if var.certainty.is_default() && var.origin.primary() == choice.span => return true,
        Some(var) if !var.certainty.is_default() => return false,
        _ => {}
    }
    unseen
        && world.is_open()
        && module(context, part, planned.environment.role).is_some_and(|default| default.span == choice.span)
}

/// What holds unless the variable names another module.
pub(super) fn by_variable() -> Certainty {
    Certainty::Default { variable: Some(MODULE_VARIABLE.into()) }
}

/// What the files of the settings check of them.
pub(super) fn checked(
    context: &Context<'_, '_>,
    settings: &Settings,
    program: Option<FileId>,
) -> python::refusal::Refusals {
    let mut all = python::refusal::Refusals::default();
    let files: std::collections::BTreeSet<FileId> =
        settings.files.iter().map(|(file, _)| *file).chain(program).collect();
    for file in files {
        all.join(python::refusal::refusals(context.repository.tree, file));
    }
    all
}
