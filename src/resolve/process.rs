//! What a component starts: its command, the start scripts behind it, and what those set on the way.

use std::sync::Arc;

use super::own_program::{by_script, started_by_program};
use super::part::{Otherwise, Part, ProcessPart};
use super::server_options::{self, ServerOptions};
use super::{assembled, at_start, beside, handing_on, runner, supervised, told_server, unset};
use crate::discover::Tree;
use crate::formats::shell::{self, Dialect, Evaluation, Executed, When, Word};
use crate::formats::{Var, Vars, World};
use crate::knowledge::{listens, processes};
use crate::links::container::{Container, absolute};
use crate::links::repository::words;
use crate::links::{Meaning, meaning};
use crate::model::{FileId, Known, Origin, Reason, Span, SpanMap, Spanned, StepKind};

/// The words that name a program: `python -m uvicorn`, `exec ./manage.py runserver`.
const PROGRAM: usize = 3;

/// A command line, in words, and where it is written.
pub struct CommandWords {
    /// The words, `sh -c TEXT` for shell forms.
    pub words: Vec<Word>,
    /// The place of all of it.
    pub span: Span,
    /// How the words of a shell form lie over the file.
    pub map: Option<SpanMap>,
}

/// Runs a component's command and fills its processes, commands and exported variables.
pub fn start(part: &mut Part<'_>, command: &CommandWords, tree: &Tree) {
    let made = assembled::started(part, command, tree);
    let command = made.as_ref().unwrap_or(command);
    let Some(container) = part.container.clone() else { return };
    // Options for the entry point of a base that is not known here are no program.
    if command.words.first().and_then(|word| word.text.one()).is_some_and(|word| word.starts_with('-')) {
        return;
    }
    let (mut evaluation, script) = evaluate(command, &part.world, &container);
    evaluation.commands = runner::expanded(evaluation.commands, &container, tree);
    for (name, var) in &evaluation.exports {
        if !part.world.vars().contains_key(name) && var.value.one().is_some() {
            part.world.vars_mut().insert(name.clone(), var.clone());
            part.providers.insert(name.clone(), "script");
        }
    }
    for executed in &evaluation.commands {
        part.commands.push((words(executed), executed.span));
        if !matches!(executed.when, When::Maybe(_)) {
            part.started.push((words(executed), executed.span));
        }
    }
    let known = part.processes.len();
    let unset = unset::commands(&evaluation.commands, &part.world, |world| {
        runner::expanded(evaluate(command, world, &container).0.commands, &container, tree)
    });
    let taken = unset.as_ref().map_or(&evaluation.commands, |(_, commands)| commands);
    at_start::install(part, taken, &container, tree);
    let unless = unset.as_ref().map(|(variable, _)| variable.clone());
    let mut supervised = Vec::new();
    let mut own = Vec::new();
    for executed in taken {
        let argv = words(executed);
        let here = at_cwd(&container, executed);
        if let Some(programs) = supervised::programs(&argv, &part.world, &here, tree, &mut part.configs) {
            supervised.extend(programs);
        } else {
            own.push(executed);
        }
    }
    if evaluation.commands.iter().any(|executed| executed.span.file != command.span.file) {
        let words = || command.words.iter().map(|word| word.raw.as_str()).collect::<Vec<_>>().join(" ");
        let called = shell_text(&command.words).map_or_else(words, |(text, _)| text.written().to_owned());
        part.entrypoint = Some(Spanned::new(called, command.span));
    }
    let releases: Vec<&Executed> = own.iter().copied().filter(|executed| releases(executed)).collect();
    let own = if supervised.is_empty() {
        chosen(&own, &container, tree)
    } else {
        let passes = |found: &processes::Match| matches!(found.kind, "oneshot" | "registration");
        serving(&own, |executed| started(executed, &container, tree).filter(|found| !passes(found)))
    };
    let before = |executed: &&Executed| !own.iter().any(|one| one.span == executed.span);
    part.releases.extend(releases.into_iter().filter(before).map(|executed| (words(executed), executed.span)));
    let many = own.len() > 1;
    for executed in own {
        let options = server_options::of(&words(executed), executed, &container, tree);
        beside::start(part, executed, &options, command.span, tree);
        let found = served(executed, &options, &container, tree);
        let key = match &found {
            Some(found) if many => format!("{}.{}", part.name, found.id),
            _ => part.name.to_string(),
        };
        add(part, key, (executed, found, options), command.span, script);
    }
    for program in supervised {
        let mut container = container.clone();
        if let Some(folder) = &program.folder {
            container.workdir = absolute(&container.workdir, folder);
        }
        let (evaluation, script) = evaluate(&program.command, &program.world, &container);
        let evaluated = runner::expanded(evaluation.commands, &container, tree);
        let all: Vec<&Executed> = evaluated.iter().collect();
        part.commands.extend(all.iter().map(|executed| (words(executed), executed.span)));
        let key = format!("{}.{}", part.name, program.name);
        for executed in chosen(&all, &container, tree) {
            let options = server_options::of(&words(executed), executed, &container, tree);
            let found = served(executed, &options, &container, tree);
            add(part, key.clone(), (executed, found, options), command.span, script);
        }
    }
    let otherwise = unset.as_ref().map(|(_, taken)| otherwise(part, &evaluation.commands, taken, tree));
    for process in part.processes.iter_mut().skip(known) {
        process.unless.clone_from(&unless);
        process.otherwise = Otherwise::of(process.server.as_ref(), otherwise.as_deref().unwrap_or_default());
    }
    either_way(part, many);
    adopt(part);
}

/// The servers that the branches start which are not taken while no variable from outside is set.
fn otherwise(part: &Part<'_>, all: &[Executed], taken: &[Executed], tree: &Tree) -> Vec<processes::Match> {
    let Some(container) = &part.container else { return Vec::new() };
    let left = all.iter().filter(|executed| !taken.iter().any(|other| other.span == executed.span));
    let serves = |executed: &Executed| started(executed, container, tree);
    let supervised = |executed: &Executed| -> Vec<processes::Match> {
        let programs = supervised::programs(&words(executed), &part.world, container, tree, &mut Vec::new());
        let programs = programs.unwrap_or_default();
        programs
            .iter()
            .flat_map(|one| evaluate(&one.command, &one.world, container).0.commands)
            .filter_map(|e| serves(&e))
            .collect()
    };
    let found = left.flat_map(|executed| serves(executed).into_iter().chain(supervised(executed)));
    found.filter(|server| server.interface.is_some()).collect()
}

/// A server on a branch, of which another of the component's commands starts the same, runs whichever branch is taken.
fn either_way(part: &mut Part<'_>, many: bool) {
    let surely: Vec<&'static str> = part
        .processes
        .iter()
        .filter(|process| process.maybe.is_none())
        .filter_map(|process| process.server.as_ref().filter(|server| server.interface.is_some()))
        .map(|server| server.id)
        .collect();
    let twice = |process: &ProcessPart| {
        process.maybe.is_some() && process.server.as_ref().is_some_and(|server| surely.contains(&server.id))
    };
    part.processes.retain(|process| !twice(process));
    if many {
        in_every_branch(part);
    }
}

/// Where each branch that starts anything starts the same server, that is what runs: nothing else is started.
fn in_every_branch(part: &mut Part<'_>) {
    let server = |process: &ProcessPart| process.server.as_ref().map(|server| (server.id, server.interface.is_some()));
    let [first, rest @ ..] = &part.processes[..] else { return };
    let same = |process: &ProcessPart| process.maybe.is_some() && server(process) == server(first);
    if !server(first).is_some_and(|(_, serves)| serves) || !rest.iter().chain([first]).all(same) {
        return;
    }
    part.processes.truncate(1);
    part.processes[0].maybe = None;
    part.processes[0].key = part.name.to_string();
}

/// A process on its way to its component: its command, what it serves, what it is told elsewhere.
type Began<'e> = (&'e Executed, Option<processes::Match>, ServerOptions);

/// The server that a command starts, its options of files and variables included.
fn with_options(executed: &Executed, options: &ServerOptions) -> Option<processes::Match> {
    let meant = meaning::of(&options.among(&words(executed)));
    if let Meaning::Serves(found) = meant { Some(found) } else { None }
}

/// The variables of a component are those that its process sees: set before its command, by `env`, by its own options.
/// Of several processes, only what none of them contradicts.
fn adopt(part: &mut Part<'_>) {
    let sure: Vec<&ProcessPart> = part.processes.iter().filter(|process| process.maybe.is_none()).collect();
    let mut found: Vec<(String, Var)> = Vec::new();
    for process in &sure {
        for (name, var) in process.vars.iter().chain(&process.options.vars) {
            let known = part.world.vars().get(name);
            let same = |other: &&ProcessPart| {
                let other = other.options.vars.get(name).or_else(|| other.vars.get(name));
                other.is_none_or(|other| other.value == var.value)
            };
            let own = process.options.vars.get(name).is_none_or(|own| own.value == var.value);
            let news = known.is_none_or(|known| sure.len() == 1 && known.value != var.value);
            if own && news && var.value.one().is_some() && sure.iter().all(same) {
                found.push((name.clone(), var.clone()));
            }
        }
    }
    for (name, var) in found {
        part.world.vars_mut().insert(name.clone(), var);
        part.providers.insert(name, "script");
    }
}

pub(super) fn serves(executed: &Executed) -> Option<processes::Match> {
    if let Meaning::Serves(found) = meaning::of(&words(executed)) { Some(found) } else { None }
}

/// Whether a command surely brings the database up to date.
pub(super) fn releases(executed: &Executed) -> bool {
    executed.when == When::Always && migrates(&words(executed))
}

/// Whether a command brings the database up to date.
pub(super) fn migrates(argv: &[String]) -> bool {
    let step = |argv: &[String]| matches!(meaning::of(argv), Meaning::Serves(found) if found.id == "release-step");
    argv.iter().any(|word| word == "migrate" || word == "upgrade") && step(argv)
}

/// A container, seen from the folder in which a command is started.
fn at_cwd<'t>(container: &Container<'t>, executed: &Executed) -> Container<'t> {
    let mut here = container.clone();
    if let Some(cwd) = executed.cwd.as_ref().filter(|_| !executed.cwd_unknown) {
        here.workdir = absolute(&container.workdir, cwd);
    }
    here
}

/// The commands that start a server; steps that pass before it left out.
fn serving<'e>(commands: &[&'e Executed], serves: impl Fn(&Executed) -> Option<processes::Match>) -> Vec<&'e Executed> {
    let found: Vec<(&Executed, bool)> = commands
        .iter()
        .filter_map(|executed| Some((*executed, matches!(serves(executed)?.kind, "oneshot" | "registration"))))
        .collect();
    let stays = found.iter().any(|(_, passing)| !passing);
    found.into_iter().filter(|(_, passing)| !stays || !passing).map(|(executed, _)| executed).collect()
}

/// The commands that make the process: those that serve, else the last one.
pub(super) fn chosen<'e>(commands: &[&'e Executed], container: &Container<'_>, tree: &Tree) -> Vec<&'e Executed> {
    let found = serving(commands, serves);
    let passing = |executed: &&Executed| serves(executed).is_some_and(|found| found.kind == "oneshot");
    if !found.is_empty() && !found.iter().all(passing) {
        return found;
    }
    // A program of the project's may serve behind the steps that pass.
    let own = serving(commands, |executed| started(executed, container, tree));
    if !own.is_empty() {
        return own;
    }
    // What only writes down what a pipeline says is not what runs.
    let writes = |executed: &Executed| executed.piped && ["tee", "cat", "logger"].contains(&program(executed));
    let last = commands.iter().rev().find(|executed| executed.last || executed.exec);
    // What only waits before a loop turns again is not what it turns for.
    let waits = |executed: &Executed| program(executed) == "sleep" && serves(executed).is_none();
    let idle = |executed: &&&Executed| writes(executed) || waits(executed);
    let last = last.or(commands.last());
    // What it makes ready for is told by whoever starts it.
    if last.is_some_and(|executed| processes::prepares(program(executed))) {
        return Vec::new();
    }
    let last = last.filter(|executed| !idle(executed));
    last.or_else(|| commands.iter().rev().find(|executed| !idle(executed))).copied().into_iter().collect()
}

/// The server that a command starts, by its name or by the program that it runs.
pub(super) fn started(executed: &Executed, container: &Container<'_>, tree: &Tree) -> Option<processes::Match> {
    serves(executed).or_else(|| started_by_program(&words(executed), container, tree))
}

/// The server that a command starts, with what it is told elsewhere.
pub(super) fn served(
    executed: &Executed,
    options: &ServerOptions,
    container: &Container<'_>,
    tree: &Tree,
) -> Option<processes::Match> {
    let found = with_options(executed, options).or_else(|| started(executed, container, tree))?;
    Some(by_script(found, &words(executed), container, tree))
}

pub(super) fn add(
    part: &mut Part<'_>,
    key: String,
    (executed, server, options): Began<'_>,
    command: Span,
    script: Option<FileId>,
) {
    let argv = words(executed);
    if !part.processes.iter().any(|known| known.key == key && known.argv == argv) {
        told_server::give(part, executed);
        part.processes.push(process(key, argv, (executed, server, options), command, script));
    }
}

fn process(
    key: String,
    argv: Vec<String>,
    (executed, server, options): Began<'_>,
    command: Span,
    script: Option<FileId>,
) -> ProcessPart {
    let mut origin = Origin::set(executed.span);
    for step in &executed.via {
        origin = origin.then(step.kind, step.span);
    }
    if executed.span.file != command.file {
        origin = origin.then(StepKind::Included, command);
    }
    let maybe = match &executed.when {
        When::Maybe(reason) => Some(reason.clone()),
        When::Always if server.is_none() => undecided(executed),
        When::Always => None,
    };
    let words = meaning::unwrapped(&options.among(&argv));
    let module = listens::app_module(&words.iter().map(String::as_str).collect::<Vec<_>>());
    let vars = Arc::clone(&executed.vars);
    ProcessPart {
        key,
        argv,
        server,
        module,
        origin,
        script,
        maybe,
        unless: None,
        otherwise: Otherwise::Other,
        vars,
        options,
    }
}

/// The name of a command's program; empty where it is not known.
fn program(executed: &Executed) -> &str {
    let first = executed.argv.first().and_then(|word| word.text.one());
    first.map_or("", |first| first.rsplit('/').next().unwrap_or(first))
}

/// Why nobody can say which program a command starts: one of its first words is not known, or it is the message that a
/// script ends with.
fn undecided(executed: &Executed) -> Option<Reason> {
    if ["echo", "printf"].contains(&program(executed)) {
        return Some(Reason::at("the script ends with a message here", executed.span));
    }
    executed.argv.iter().take(PROGRAM).find_map(|word| match &word.text {
        Known::Unknown(reason) => Some(reason.clone()),
        _ => None,
    })
}

/// Evaluates a command: a script of the repository with its arguments, a shell text, or the words alone.
pub(super) fn evaluate(
    command: &CommandWords,
    world: &World,
    container: &Container<'_>,
) -> (Evaluation, Option<FileId>) {
    if let Some(from) = handing_on::behind(&command.words, container) {
        let inner = CommandWords { words: command.words[from..].to_vec(), span: command.span, map: None };
        return evaluate(&inner, world, container);
    }
    let (mut evaluation, script) = run(command, world, container);
    evaluation.commands.iter_mut().for_each(handing_on::unwrap);
    (evaluation, script)
}

fn run(command: &CommandWords, world: &World, container: &Container<'_>) -> (Evaluation, Option<FileId>) {
    if let Some((word, behind)) = shell_text(&command.words) {
        let dialect = if word.text.one().is_some() { Dialect::Bash } else { Dialect::Github };
        let map = command.map.clone().unwrap_or(SpanMap::Whole(word.span));
        let script = shell::parse(word.written(), &map, dialect);
        return (shell::evaluate_inline(&script, world, behind, container), None);
    }
    let first = command.words.first().and_then(|word| word.text.one());
    let file = first.and_then(|first| Some((first, shell::Files::script(container, first)?)));
    if let Some((_, (file, text))) = file.filter(|(path, (_, text))| shell::is_script(path, text)) {
        let map = SpanMap::Linear { file, base: 0 };
        let script = shell::parse(text, &map, Dialect::Bash);
        return (shell::evaluate(&script, world, &command.words[1..], container), Some(file));
    }
    let commands = super::build::exec_commands(&command.words, world, container);
    (Evaluation { commands, exports: Vars::new(), problems: Vec::new() }, None)
}

/// The text of `sh -c TEXT`, and the words behind it.
fn shell_text(words: &[Word]) -> Option<(&Word, &[Word])> {
    let program = words.first()?.text.one()?.rsplit('/').next()?;
    if !["sh", "bash", "ash", "dash"].contains(&program) {
        return None;
    }
    // What stands behind the name of a script is handed to the script.
    let flag = |text: &str| text.starts_with('-') && text.ends_with('c') && !text.starts_with("--");
    let options = words.iter().skip(1).take_while(|word| word.text.one().is_some_and(|text| text.starts_with('-')));
    let at = options.map(Word::written).position(flag)?;
    Some((words.get(at + 2)?, words.get(at + 3..).unwrap_or_default()))
}
