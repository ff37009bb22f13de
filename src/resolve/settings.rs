//! Which settings an environment loads, and what they are.

use std::collections::BTreeSet;

use super::by_flag;
use super::components::Context;
use super::configuration;
use super::deployed;
use super::edited;
use super::entry;
use super::flask_app;
use super::handed_out;
use super::hosted_names;
pub(super) use super::import_roots::roots;
use super::in_earnest;
use super::mounted;
use super::nowhere;
use super::own_text;
use super::part::Part;
use super::pytest;
use super::sampled;
use super::selected;
use super::speaker;
use super::test_variables;
use super::tested_app;
use super::unselected::{is_here, is_object, plain, sets_whole};
use crate::discover::Kind;
use crate::environments::settings::Module;
use crate::environments::words::role_of_value;
use crate::environments::{Planned, SettingsChoice};
use crate::formats::World;
pub(super) use crate::formats::python::Settings;
use crate::formats::python::{self, Brought, Evaluator};
use crate::model::{Certainty, FileId, Known, Reason, Role, Span};

/// The settings of an environment.
pub struct Loaded {
    /// What they evaluate to.
    pub settings: Settings,
    /// The choice of the module.
    pub choice: SettingsChoice,
    /// Whether something selects it; else its name alone speaks for it.
    pub selected: bool,
    /// Whether only a default chooses it where another module is named for the environment.
    pub by_default: bool,
    /// The world it was evaluated in.
    pub world: World,
    /// The component whose variables it saw.
    pub component: Option<std::sync::Arc<str>>,
    /// Whether something outside may choose another module.
    pub choice_certainty: Certainty,
    /// The choice that is made where its variable is not set, by the code that chooses: a name and its place.
    pub fallback: Option<(String, Span)>,
    /// Settings that the program checks: it does not start with some values of them.
    pub refused: python::refusal::Refusals,
    /// Keys and passwords that the code has a text of its own for, where only a sample gives them.
    pub own: BTreeSet<String>,
    /// Keys and passwords that are a text of the repository only where the program is developed.
    pub developed: BTreeSet<String>,
    /// Why a variable's default is not to be relied on.
    pub unseen: Option<Reason>,
}

/// Stands for a module whose name the image's build has rewritten in a way that is not followed.
pub(super) const UNKNOWN: &str = "?";
/// Variables that name a settings module.
pub(super) const MODULE_VARIABLE: &str = "DJANGO_SETTINGS_MODULE";

/// Loads the settings of an environment.
pub fn load(context: &Context<'_, '_>, planned: &Planned, parts: &[Part<'_>], modules: &[Module]) -> Option<Loaded> {
    let role = planned.environment.role;
    let part = speaker::of(context.repository.tree, modules, parts, role);
    let mut loaded = loaded(context, planned, (parts, part), modules)?;
    tested_app::change(context, role, part, &mut loaded.settings);
    Some(loaded)
}

fn loaded(
    context: &Context<'_, '_>,
    planned: &Planned,
    (parts, part): (&[Part<'_>], Option<&Part<'_>>),
    modules: &[Module],
) -> Option<Loaded> {
    let role = planned.environment.role;
    let world = part.map_or_else(|| deployed::world(context, planned), |part| part.world.clone());
    let world = if role == Role::Test { test_variables::with(context, part, world) } else { world };
    let world = hosted_names::with(planned, world);
    let (brought, samples) = sampled::brought(context, part, planned);
    let chosen = choose(context, planned, part, modules, &world, &brought);
    let own = (planned, part, chosen.as_ref().map(|(choice, _)| choice));
    if let Some(loaded) = by_program(context, own, modules, &world, &brought) {
        return Some(loaded);
    }
    let picked = handed_out::choices(context, part, modules, role, &world);
    let (mut choice, mut selected) = chosen.or_else(|| Some((picked.first()?.clone(), true)))?;
    let roots = roots(context, part, modules, &choice, &brought);
    let mut evaluator = Evaluator::new(context.repository.tree, roots)
        .run(pytest::run(part, planned.environment.role))
        .brought(brought.clone());
    let by_entry = selected && entry::is_default(context, planned, part, &choice, &world);
    let world = selected::with_selector(world, &choice);
    let mut settings = evaluator.module(&choice.module, &world, choice.class.as_deref());
    let (nowhere, lacking) = (nowhere::of(context, planned, part, &settings), nowhere::files(context, part, &settings));
    if !nowhere.is_empty() || !lacking.is_empty() {
        evaluator = evaluator.brought(Brought { nowhere, lacking, ..brought });
        settings = evaluator.module(&choice.module, &world, choice.class.as_deref());
    }
    let mut choice_certainty = if by_entry { entry::by_variable() } else { certainty(&choice, &world, &settings) };
    // A package that holds nothing itself is not what a module named for the environment gives way to.
    if settings.values.is_empty()
        && settings.classes.is_empty()
        && let Some(named) = planned.settings.as_ref().filter(|named| named.module != choice.module && world.is_open())
    {
        settings = evaluator.module(&named.module, &world, named.class.as_deref());
        (choice, selected) = (named.clone(), false);
    }
    // Nor does an empty one that is only named for it stand against what the program loads by itself.
    if settings.values.is_empty()
        && settings.classes.is_empty()
        && !selected
        && let Some(own) = entry::module(context, part, role).filter(|own| own.module != choice.module)
    {
        settings = evaluator.module(&own.module, &world, None);
        choice_certainty = certainty(&own, &world, &settings);
        (choice, selected) = (own, true);
    }
    if let Some(class) = configuration::of(context, planned, part, &settings.classes, &world) {
        settings = evaluator.module(&choice.module, &world, Some(&class.name));
        choice = SettingsChoice { class: Some(class.name), span: class.span, ..choice };
        (selected, choice_certainty) = (selected && !class.by_name, class.certainty);
    }
    // Where classes lie in modules of their own, a function picks one of them.
    if settings.values.is_empty()
        && settings.classes.is_empty()
        && let Some((found, one)) = handed_out::settings(&evaluator, picked, &world)
    {
        (settings, choice, selected) = (found, one, true);
    }
    // A module that holds nothing and that nothing selects is nobody's choice.
    let nothing = (planned.only_named || !selected) && settings.values.is_empty() && settings.classes.is_empty();
    let file = settings.file.filter(|_| !(nothing || part.is_none() && speaker::foreign(parts, role)))?;
    if part.is_some_and(|part| is_other_code(part, file, &choice)) {
        return None;
    }
    if settings.files.iter().any(|(file, _)| edited::is_edited(context, part, *file)) {
        return None;
    }
    let (own, developed) = behind(context, &evaluator, (planned, &choice), &world, &mut settings);
    mounted::forget(context, part, &mut settings);
    sampled::by_default(&mut settings, &samples);
    settings.by_key();
    // What a module holds that only a default chooses holds by default.
    let by_default = selected && choice_certainty.is_default() && deployed::is_by_default(planned, modules, &choice);
    if by_default {
        settings.values.values_mut().for_each(|value| value.certainty = value.certainty.and(&choice_certainty));
    }
    let unset = || (!selected).then(|| deployed::unset(context, planned, part?, &choice)).flatten();
    let fallback = selected::fallback(context, &world).or_else(unset);
    Some(Loaded {
        refused: entry::checked(context, &settings, None),
        settings,
        choice_certainty,
        fallback,
        developed,
        own,
        choice,
        selected,
        by_default,
        world,
        component: part.map(|part| part.name.clone()),
        unseen: part
            .map_or_else(|| super::components::unread(planned), |part| part.unseen.clone())
            .or(planned.unseen.clone()),
    })
}

/// What the program makes by itself, where that says more than the chosen module: where it takes one of its classes, or lays
/// more over it.
fn by_program(
    context: &Context<'_, '_>,
    (planned, part, chosen): (&Planned, Option<&Part<'_>>, Option<&SettingsChoice>),
    modules: &[Module],
    world: &World,
    brought: &Brought,
) -> Option<Loaded> {
    // Which of a module's classes is taken, the program says.
    let open = |module: &Module| !module.classes.is_empty() && !is_object(context, module);
    let unsaid = |choice: &SettingsChoice| {
        choice.class.is_none() && modules.iter().any(|module| module.name == choice.module && open(module))
    };
    // A program that configures itself says more than a module that nothing selects.
    let unselected = |choice: &SettingsChoice| {
        let module = modules.iter().find(|module| module.name == choice.module);
        choice.class.is_none()
            && planned.settings.is_none()
            && choice.span.is_some_and(|span| module.is_some_and(|module| module.file == span.file))
            && module
                .is_some_and(|module| context.repository.tree.text(module.file).is_ok_and(|text| !sets_whole(text)))
    };
    let laid_over = chosen.and_then(|choice| flask_app::laid_over(context, modules, choice));
    if laid_over.is_none() && chosen.is_some_and(|choice| !unsaid(choice) && !unselected(choice)) {
        return None;
    }
    let reads = |loaded: &Loaded, file: FileId| loaded.settings.files.iter().any(|(known, _)| *known == file);
    program(context, planned, part, world.clone(), brought)
        .filter(|loaded| laid_over.is_none_or(|module| reads(loaded, module)))
}

/// Of the keys and passwords of what is deployed: those that the code has a text of its own for behind a sample's, which are
/// put in their place, and those that are a text only where the program is developed.
fn behind(
    context: &Context<'_, '_>,
    evaluator: &Evaluator<'_>,
    (planned, choice): (&Planned, &SettingsChoice),
    world: &World,
    settings: &mut Settings,
) -> (BTreeSet<String>, BTreeSet<String>) {
    if !matches!(planned.environment.role, Role::Production | Role::Staging) {
        return (BTreeSet::new(), BTreeSet::new());
    }
    let (own, bare) = own_text::of(evaluator, choice, world, settings, context.repository.tree);
    let developed = in_earnest::developed(evaluator, choice, bare.as_ref().unwrap_or(world), settings);
    (own, developed)
}

/// Whether an image is one of other code of the repository: it does not load these settings.
fn is_other_code(part: &Part<'_>, file: FileId, choice: &SettingsChoice) -> bool {
    let built = part.image.as_ref().is_some_and(|image| image.dockerfile.is_some());
    let lacks = part.container.as_ref().is_some_and(|container| container.lacks(file));
    built && lacks && !serves_package_of(part, choice)
}

/// Whether what a component serves lies in the package of its settings: it has that package, copied or installed.
fn serves_package_of(part: &Part<'_>, choice: &SettingsChoice) -> bool {
    let package = |module: &str| module.split(['.', ':']).next().unwrap_or_default().to_owned();
    part.processes
        .iter()
        .filter_map(|process| process.module.as_deref())
        .any(|module| module.contains('.') && package(module) == package(&choice.module))
}

/// The configuration that a program makes by itself: `app.config[...] = ...` in the module that the process loads.
fn program(
    context: &Context<'_, '_>,
    planned: &Planned,
    part: Option<&Part<'_>>,
    world: World,
    brought: &Brought,
) -> Option<Loaded> {
    let tree = context.repository.tree;
    let loaded = part.and_then(|part| part.processes.iter().find_map(|process| process.module.clone()));
    let started = part.and_then(|part| {
        let own = |pair: &&[String]| pair[1].ends_with(".py") && !["-c", "--config"].contains(&pair[0].as_str());
        let script = part.processes.iter().find_map(|process| {
            let first = process.argv.first().filter(|word| word.ends_with(".py"));
            first.or_else(|| process.argv.windows(2).find(own).map(|pair| &pair[1]))
        })?;
        part.container.as_ref()?.find(script)
    });
    let by_module = loaded.and_then(|module| {
        let path = module.replace('.', "/");
        let at = |own: &str| own == path || own.strip_suffix(path.as_str()).is_some_and(|root| root.ends_with('/'));
        let mut files = context.repository.of(Kind::Python).iter().copied();
        files.find(|file| {
            let own = tree.path(*file).strip_suffix(".py");
            own.is_some_and(|own| at(own.strip_suffix("/__init__").unwrap_or(own)))
        })
    });
    let conventional = || {
        let mut files = context.repository.of(Kind::Python).iter().copied();
        files.find(|file| ["app.py", "main.py", "application.py", "wsgi.py"].contains(&tree.path(*file)))
    };
    let named = || flask_app::named(context, &world);
    let file = started.or(by_module).or_else(named).or_else(conventional)?;
    let settings = flask_app::settings(context, planned, part, file, &world, brought);
    if settings.values.is_empty() {
        return None;
    }
    let span = Some(Span::new(file, 0, 0));
    let choice = SettingsChoice { module: settings.module.clone(), class: None, span };
    let (component, unseen) = (part.map(|part| part.name.clone()), part.and_then(|part| part.unseen.clone()));
    let refused = entry::checked(context, &settings, Some(file));
    let (choice_certainty, fallback) = (Certainty::Stated, selected::fallback(context, &world));
    Some(Loaded {
        settings,
        choice,
        selected: true,
        choice_certainty,
        fallback,
        world,
        component,
        refused,
        developed: BTreeSet::new(),
        own: BTreeSet::new(),
        unseen,
        by_default: false,
    })
}

fn choose(
    context: &Context<'_, '_>,
    planned: &Planned,
    part: Option<&Part<'_>>,
    modules: &[Module],
    world: &World,
    brought: &Brought,
) -> Option<(SettingsChoice, bool)> {
    if planned.config.settings.is_some() {
        return planned.settings.clone().map(|choice| (choice, true));
    }
    if let Some(choice) = part.and_then(|part| by_flag::module(context, part, modules)) {
        return Some((choice, true));
    }
    // `--ds` wins over the variable, the option does not.
    let pytest = if planned.environment.role == Role::Test { pytest::module(context, part) } else { None };
    if let Some((choice, true)) = &pytest {
        return Some((choice.clone(), true));
    }
    let var = world.get(MODULE_VARIABLE);
    // A sample is written for a developer: where something is deployed it says nothing of the choice.
    let for_developers = |module: &String| var.certainty.is_default() && deployed::is_for_developers(planned, module);
    if let Some(module) = var.value.one().filter(|module| !for_developers(module)) {
        let choice = SettingsChoice {
            module: module.clone(),
            class: world.get("DJANGO_CONFIGURATION").value.one().cloned(),
            span: var.origin.primary(),
        };
        return Some((choice, true));
    }
    // What another environment selects that is deployed alike, this one selects too, whatever it is.
    let handed = world.vars().get(MODULE_VARIABLE);
    if planned.shared && handed.is_some_and(|var| matches!(var.value, Known::Unknown(_))) {
        return planned.settings.clone().map(|choice| (choice, false));
    }
    let role = planned.environment.role;
    let handed = || if role == Role::Test { tested_app::choice(context, part, modules) } else { None };
    let by_class = || handed().or_else(|| selected::class(context, modules, world, role));
    if let Some(choice) = pytest.map(|(choice, _)| choice).or_else(by_class) {
        return Some((choice, true));
    }
    let by_pytest = pytest::run(part, role) == python::Run::Pytest;
    if let Some(choice) = test_variables::module(context, part).filter(|_| by_pytest) {
        return Some((choice, true));
    }
    let process = entry::module(context, part, role);
    let developed = role == Role::Development && planned.deployed_by.is_empty();
    let process = process.map(|own| sampled::on_top(context, brought, &own).filter(|_| developed).unwrap_or(own));
    let fallen = process.as_ref().is_some_and(|choice| deployed::is_developed(planned, choice, world));
    if process.as_ref().is_some_and(|default| default.module == UNKNOWN) {
        return None;
    }
    let process = process.filter(|choice| !deployed::is_foreign(context, planned, part, choice, world));
    // What an environment is known by is what runs there.
    let own = planned.known_by().filter(|own| process.as_ref().is_none_or(|default| default.module != own.module));
    if let Some(choice) = own {
        // A class that stands among the tests is handed to the program by them.
        let handed = choice.class.is_some() && !modules.iter().any(|module| module.name == choice.module);
        return Some((choice.clone(), handed));
    }
    if let Some(default) = &process {
        let shared = modules.iter().any(|module| module.name == default.module && module.shared);
        let other = shared || role_of_value(&default.module).is_some_and(|(found, _)| found != role);
        let stands = !other || planned.settings.is_none() || !world.is_open() && var.value == Known::Absent;
        let here = modules.iter().any(|module| module.name == default.module);
        if stands && (here || sampled::brings(brought, &default.module)) {
            return Some((default.clone(), true));
        }
    }
    if let Some(choice) = &planned.settings {
        return Some((choice.clone(), false));
    }
    // What the program asks for and the repository does not hold is nothing to guess at.
    if fallen || process.is_some_and(|default| !is_here(context, &default.module)) {
        return None;
    }
    plain(context, planned, part, modules).map(|choice| (choice, true))
}

/// Whether something outside may choose another module: nothing here names it in a variable, and others may be set.
fn certainty(choice: &SettingsChoice, world: &World, settings: &Settings) -> Certainty {
    let var = world.vars().get(MODULE_VARIABLE);
    if choice.class.is_none() && var.is_some_and(|var| matches!(var.value, Known::Unknown(_))) {
        return entry::by_variable();
    }
    let named = var.is_some() && choice.class.is_none();
    // A class that is no one of Django's is the program's own word.
    let own = choice.class.is_some() && !settings.values.contains_key("INSTALLED_APPS");
    if named || own || !world.is_open() { Certainty::Stated } else { entry::by_variable() }
}
