//! What a supervisor inside a container starts: supervisord's programs, the services of s6 and runit, a Procfile's processes.

use std::collections::BTreeSet;

use super::process::CommandWords;
use super::procfiles;
use crate::discover::{Tree, paths};
use crate::formats::shell::Word;
use crate::formats::small::s6::{self, Script, ServiceType};
use crate::formats::small::supervisord::{self, Config, ProgramKind};
use crate::formats::{Var, World};
use crate::links::container::{absolute, glob};
use crate::links::{Container, meaning};
use crate::model::{FileId, Known, Origin, Reason, Span};

/// A process that a supervisor starts.
pub struct Supervised {
    /// Its name.
    pub name: String,
    /// Its command.
    pub command: CommandWords,
    /// The variables that it sees.
    pub world: World,
    /// The folder that it starts in, where it is not the container's.
    pub folder: Option<String>,
}

/// What a command starts, if it is a supervisor whose files are in the repository; `configs` gets those files.
pub fn programs(
    argv: &[String],
    world: &World,
    container: &Container<'_>,
    tree: &Tree,
    configs: &mut Vec<FileId>,
) -> Option<Vec<Supervised>> {
    let name = |word: &String| word.rsplit('/').next().unwrap_or_default().to_owned();
    if let Some(at) = argv.iter().position(|word| name(word) == "supervisord") {
        return supervisord(argv.get(at..)?, world, container, tree, configs);
    }
    if let Some(found) = procfiles::programs(argv, world, container, tree) {
        return Some(found);
    }
    let words = meaning::unwrapped(argv);
    let first = words.first()?;
    if RUNIT.contains(&name(first).as_str()) {
        let named = words.iter().skip(1).filter(|word| word.starts_with('/'));
        let scanned: Vec<String> = named.cloned().chain(["/etc/service".to_owned()]).collect();
        return services(&scanned, world, container, tree);
    }
    let s6 = ["/init", "/s6-init", "/package/admin/s6-overlay/command/init"].contains(&first.as_str())
        || name(first) == "s6-svscan";
    s6.then(|| services(argv, world, container, tree)).flatten()
}

/// Programs that start the services of runit, those of `/etc/service` where no other folder is named.
const RUNIT: [&str; 4] = ["my_init", "runsvdir", "runsvdir-start", "runsvinit"];

fn supervisord(
    argv: &[String],
    world: &World,
    container: &Container<'_>,
    tree: &Tree,
    configs: &mut Vec<FileId>,
) -> Option<Vec<Supervised>> {
    let named = argv
        .iter()
        .zip(argv.iter().skip(1))
        .find(|(flag, _)| *flag == "-c" || *flag == "--configuration")
        .map(|(_, path)| path.as_str())
        .or_else(|| argv.iter().find_map(|word| word.strip_prefix("--configuration=")))
        .or_else(|| argv.iter().find_map(|word| word.strip_prefix("-c").filter(|path| !path.is_empty())));
    let conventional =
        ["supervisord.conf", "etc/supervisord.conf", "/etc/supervisord.conf", "/etc/supervisor/supervisord.conf"];
    let file = named
        .and_then(|path| container.find(&absolute(&container.workdir, path)))
        .or_else(|| conventional.iter().find_map(|path| container.find(path)))?;
    let mut config = Config::clone(&*tree.parsed(file, supervisord::parse).ok()?);
    configs.push(file);
    let here = folder_of(container, file);
    let mut of_files: Vec<(String, supervisord::Program)> =
        config.programs.drain(..).map(|program| (here.clone(), program)).collect();
    for pattern in config.includes.clone() {
        let look = |name: &str| variable(name, world, &here);
        let Some(pattern) = supervisord::expand(&pattern.value, &look) else { continue };
        for file in matching(&absolute(&here, &pattern), container, tree) {
            let Ok(more) = tree.parsed(file, supervisord::parse) else { continue };
            configs.push(file);
            let here = folder_of(container, file);
            of_files.extend(more.programs.iter().map(|program| (here.clone(), program.clone())));
        }
    }
    let runs = |program: &supervisord::Program| {
        program.kind != ProgramKind::EventListener && program.autostart != Some(false) && program.processes != Some(0)
    };
    let programs = of_files.iter().filter(|(_, program)| runs(program));
    Some(programs.map(|(here, program)| supervised(&config, program, world, here)).collect())
}

fn folder_of(container: &Container<'_>, file: FileId) -> String {
    paths::parent(&container.inside(file).unwrap_or_default()).to_owned()
}

/// The files of the repository at a pattern in the container, in order.
fn matching(pattern: &str, container: &Container<'_>, tree: &Tree) -> Vec<FileId> {
    let (folder, name) = (paths::parent(pattern), paths::name(pattern));
    let Some(outside) = container.outside(folder) else { return Vec::new() };
    let here = |path: &str| paths::parent(path) == outside && glob(name, paths::name(path));
    tree.under(&outside).filter(|(_, path)| here(path)).map(|(file, _)| file).collect()
}

/// What supervisord puts in for a name.
fn variable(name: &str, world: &World, here: &str) -> Option<String> {
    match name.strip_prefix("ENV_") {
        Some(name) => world.vars().get(name)?.value.one().cloned(),
        None if name == "here" => Some(here.to_owned()),
        None => None,
    }
}

fn supervised(config: &Config, program: &supervisord::Program, world: &World, here: &str) -> Supervised {
    let mut own = world.clone();
    let fixed = |name: &str| match name {
        "program_name" | "group_name" => Some(program.name.value.clone()),
        "process_num" => Some("0".to_owned()),
        "numprocs" => program.processes.map(|count| count.to_string()),
        _ => None,
    };
    for (name, text) in supervisord::environment_of(config, program) {
        let value = supervisord::expand(&text.value, &|name| fixed(name).or_else(|| variable(name, world, here)));
        let unknown = || Known::Unknown(Reason::at(format!("{name} rests on a variable from outside"), text.span));
        let var = Var { value: value.map_or_else(unknown, Known::One), ..Var::set("", Origin::set(text.span)) };
        own.vars_mut().insert(name, var);
    }
    let look = |name: &str| fixed(name).or_else(|| variable(name, &own, here));
    let words = supervisord::words(&program.command, &look);
    let folder = program.directory.as_ref().and_then(|folder| supervisord::expand(&folder.value, &look));
    let command =
        CommandWords { words: words.into_iter().map(Word::from).collect(), span: program.command.span, map: None };
    Supervised { name: program.name.value.clone(), command, world: own, folder }
}

/// Where s6-overlay looks for the services of an image: those with dependencies, and those of its second version.
const RC: &str = "/etc/s6-overlay/s6-rc.d";
const PLAIN: [&str; 2] = ["/etc/services.d", "/etc/s6/services"];

/// The command of a base image that the repository adds services of s6 to without saying what starts them.
pub fn of_base(built: &super::build::Built<'_>) -> Option<CommandWords> {
    let span = built.image.origin.primary()?;
    let held = std::iter::once(RC).chain(PLAIN).any(|folder| built.container.outside(folder).is_some());
    let word = Word::known("/init", span);
    held.then(|| CommandWords { words: vec![word], span, map: None })
}

/// The services of s6 that an image holds; none where it holds none.
pub fn services(argv: &[String], world: &World, container: &Container<'_>, tree: &Tree) -> Option<Vec<Supervised>> {
    let mut names: Vec<(String, FileId)> = Vec::new();
    for service in user_services(container, tree) {
        let at = |file: &str| container.find(&format!("{RC}/{service}/{file}"));
        let kind = at("type").and_then(|file| s6::service_type(tree.text(file).ok()?));
        if let (Some(ServiceType::Longrun), Some(run)) = (kind, at("run")) {
            names.push((service, run));
        }
    }
    let scanned =
        argv.iter().filter(|word| word.as_str() != "/init").filter(|word| word.starts_with('/')).map(String::as_str);
    for folder in PLAIN.into_iter().chain(scanned) {
        for (service, file) in under(folder, container, tree) {
            if file == "run" && container.find(&format!("{folder}/{service}/down")).is_none() {
                names.extend(container.find(&format!("{folder}/{service}/run")).map(|run| (service, run)));
            }
        }
    }
    let found: Vec<Supervised> = names.iter().filter_map(|(name, run)| service(name, *run, world, tree)).collect();
    (!found.is_empty()).then_some(found)
}

/// The services that s6-overlay starts: those of the bundle `user` and what they depend on.
fn user_services(container: &Container<'_>, tree: &Tree) -> BTreeSet<String> {
    let listed = |path: &str| -> Vec<String> {
        let folder: Vec<String> = under_one(&format!("{RC}/{path}.d"), container, tree);
        let text = container.find(&format!("{RC}/{path}")).and_then(|file| tree.text(file).ok()).unwrap_or_default();
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        folder.into_iter().chain(lines.map(str::to_owned)).collect()
    };
    let mut waiting: Vec<String> = [listed("user/contents"), listed("user2/contents")].concat();
    let mut all = BTreeSet::new();
    while let Some(name) = waiting.pop() {
        if all.len() < 500 && all.insert(name.clone()) {
            waiting.extend(listed(&format!("{name}/dependencies")));
            waiting.extend(listed(&format!("{name}/contents")));
        }
    }
    all
}

/// The names of the files right in a folder of the container.
fn under_one(folder: &str, container: &Container<'_>, tree: &Tree) -> Vec<String> {
    let Some(outside) = container.outside(folder) else { return Vec::new() };
    let files = tree.under(&outside).filter(|(_, path)| paths::parent(path) == outside);
    files.map(|(_, path)| paths::name(path).to_owned()).collect()
}

/// The folders right in a folder of the container, and the files right in those.
fn under(folder: &str, container: &Container<'_>, tree: &Tree) -> Vec<(String, String)> {
    let rest = |path: &str, folder: &str| -> Option<(String, String)> {
        let (service, file) = path.strip_prefix(folder)?.trim_start_matches('/').split_once('/')?;
        (!file.contains('/')).then(|| (service.to_owned(), file.to_owned()))
    };
    let single = container.single_files().filter_map(|(inside, _)| rest(inside, folder));
    let Some(outside) = container.outside(folder) else { return single.collect() };
    tree.under(&outside).filter_map(|(_, path)| rest(path, &outside)).chain(single).collect()
}

fn service(name: &str, run: FileId, world: &World, tree: &Tree) -> Option<Supervised> {
    let text = tree.text(run).ok()?;
    let whole = Span::new(run, 0, text.len());
    let words = |words: &[&str]| words.iter().map(|word| Word::known(*word, whole)).collect();
    let command = match s6::run(run, text) {
        Script::Shell(script) => {
            CommandWords { words: words(&["/bin/sh", "-c", &script.text]), span: whole, map: Some(s6::whole(run)) }
        }
        // What a line of execline comes to is the process; its blocks pass before.
        Script::Execline(mut commands) => {
            let words = commands.pop()?;
            let span = words.iter().fold(words.first()?.span, |span, word| span.to(word.span));
            CommandWords { words: words.into_iter().map(Word::from).collect(), span, map: None }
        }
        Script::Other(_) => return None,
    };
    Some(Supervised { name: name.to_owned(), command, world: world.clone(), folder: None })
}
