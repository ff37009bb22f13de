//! The settings that commands are told with `--settings`.

use super::components::Context;
use super::part::Part;
use crate::environments::SettingsChoice;
use crate::environments::settings::Module;
use crate::links::console_scripts;
use crate::model::Span;

/// The module that a command of Django's is told, or a program of the repository's that takes its options. Where nothing is kept
/// running, what checks the site is told says it.
pub(super) fn module(context: &Context<'_, '_>, part: &Part<'_>, modules: &[Module]) -> Option<SettingsChoice> {
    let checks = |(argv, _): &&(Vec<String>, Span)| {
        argv.iter().any(|word| ["check", "migrate", "makemigrations"].contains(&word.as_str()))
    };
    let commands = || part.commands.iter().filter(checks).filter(|_| part.processes.is_empty());
    let mut processes = part.processes.iter();
    let by_process = processes.find_map(|one| told(context, &one.argv, modules, one.origin.primary()));
    by_process.or_else(|| commands().find_map(|(argv, span)| told(context, argv, modules, Some(*span))))
}

/// The module that a command line names.
fn told(context: &Context<'_, '_>, argv: &[String], modules: &[Module], span: Option<Span>) -> Option<SettingsChoice> {
    let of_django = |word: &String| word.ends_with("manage.py") || word == "django-admin" || word == "django";
    let direct = argv.iter().any(of_django);
    let managed = if direct { None } else { console_scripts::managed(context.repository.tree, argv) };
    let argv = managed.as_deref().unwrap_or(argv);
    let known = argv.iter().position(of_django);
    let rest = argv.get(known.map_or(1, |at| at + 1)..)?;
    let at = rest.iter().position(|word| word == "--settings" || word.starts_with("--settings="))?;
    let module = rest[at].strip_prefix("--settings=").or_else(|| rest.get(at + 1).map(String::as_str))?;
    let here = || modules.iter().any(|known| known.name == module);
    let choice = SettingsChoice { module: module.to_owned(), class: None, span };
    (known.is_some() || here()).then_some(choice)
}
