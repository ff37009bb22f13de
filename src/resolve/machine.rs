//! A person's machine, and platforms that build without a Dockerfile: what conventions say they use.

use super::components::Context;
use super::installs::{self, Place};
use super::part::{Host, Part, RuntimePart};
use super::process;
use super::told_installs::{Install, Machine};
use crate::discover::{Kind, Tree, paths};
use crate::environments::words::naming;
use crate::environments::workstations;
use crate::environments::{CommandLine, Planned};
use crate::formats::requirements::MarkerEnv;
use crate::formats::small::runtime_files::{self, How};
use crate::formats::small::{json, mise};
use crate::formats::{Var, World, dotenv, shell};
use crate::links::Container;
use crate::links::repository::words;
use crate::model::{Certainty, ComponentKind, FileId, Known, Origin, Reason, Role, Span, SpanMap};

/// A checkout on a person's machine.
pub fn of<'t>(context: &Context<'_, 't>, planned: &Planned, folder: &str) -> Part<'t> {
    let tree = context.repository.tree;
    let mut part = Part::new("host", ComponentKind::App, Host::Machine);
    part.world = World::Open(Default::default());
    part.container = Some(Container::checkout(tree, folder));
    folder.clone_into(&mut part.folder);
    part.span = planned.environment.because.first().map(|evidence| evidence.span);
    match workstations::box_of(context.repository, planned) {
        Some((python, span)) => part.runtimes.extend(python.map(|version| RuntimePart {
            tool: "python",
            version: Known::One(version.to_owned()),
            declared_in: "Vagrantfile",
            origin: Origin::set(span),
            certainty: Certainty::Stated,
        })),
        None => python(context, &mut part, folder, &CONVENTIONS),
    }
    part.runtimes.extend(super::node::of_machine(context, folder));
    of_mise(context, &mut part, folder);
    if planned.environment.role == Role::Development {
        of_dotenv(context, &mut part, folder);
        super::samples::copied(&mut part, tree, folder);
    }
    let brought = planned.environment.because.first().is_some_and(|evidence| evidence.text == workstations::BROUGHT);
    if planned.environment.role == Role::Development {
        super::by_hand::start(context.repository, &mut part, "web", brought);
        super::by_hand::told(context.repository, &mut part, planned);
        super::brought_up::start(context, planned, &mut part);
        super::by_hand::program(tree, &mut part, folder);
        super::by_hand::workers(context.repository, &mut part, brought);
        super::told_variables::of_guide(context.repository, &mut part);
        super::told_python::of(context.repository, &mut part, planned);
    }
    let Some(anchor) = part.span else { return part };
    if workstations::is_provisioned(context.repository, planned) {
        super::brought_up::install(context, &mut part);
        part.installs.packages_complete = Err(Reason::at("scripts of Vagrant install there", anchor));
    } else {
        packages(context, &mut part, planned, (folder, anchor, brought));
    }
    part
}

/// What is installed on a machine: as it is told, as what starts the server there brings it, else what a file is named for.
fn packages(
    context: &Context<'_, '_>,
    part: &mut Part<'_>,
    planned: &Planned,
    (folder, anchor, brought): (&str, Span, bool),
) {
    let role = planned.environment.role;
    let server = part.processes.first().and_then(|process| Some((process.argv.clone(), process.origin.primary()?)));
    let machine = Machine {
        repository: context.repository,
        planned,
        folder,
        server: server.as_ref().map(|(argv, span)| (argv.as_slice(), *span)),
        is_virtual: brought,
    };
    let named = || requirements_for(context, role, folder);
    let told = if role == Role::Test && named().is_some() { Vec::new() } else { machine.installs() };
    let listed = told.iter().any(Install::is_listed);
    let supposed = || machine.by_runner().or_else(|| machine.by_lock(anchor).filter(|_| named().is_none()));
    let guessed = if told.is_empty() { supposed() } else { None };
    let known = told.is_empty() && guessed.is_none();
    for install in told.iter().chain(&guessed) {
        command(context, part, &install.text(), &install.folder, install.span);
    }
    if let Some(file) = named().filter(|_| known) {
        install_file(context, part, file, anchor);
        // Tests have others beside it: which files are installed is a guess.
        if role == Role::Test {
            part.installs.packages_complete = Err(Reason::at("no command says what is installed there", anchor));
        }
    } else if known {
        part.installs.packages_complete = Err(Reason::at("nothing says what is installed there", anchor));
    } else if (listed || guessed.is_some()) && part.installs.packages_complete.is_ok() {
        part.installs.packages_complete = Err(Reason::at("people install more where they develop", anchor));
    }
}

/// The variables of the dotenv files that what runs a program by hand reads: the file beside a Procfile (`heroku local`,
/// foreman, honcho), and those of the `flask` command, the general one first (<https://flask.palletsprojects.com/cli/>).
fn of_dotenv(context: &Context<'_, '_>, part: &mut Part<'_>, folder: &str) {
    let tree = context.repository.tree;
    let at = |name: &str| paths::join(folder, name).and_then(|path| tree.find(&path));
    let flask = at(".flaskenv");
    let general = at(".env").filter(|_| flask.is_some() || at("Procfile").is_some());
    for file in general.into_iter().chain(flask) {
        let Ok(text) = tree.text(file) else { continue };
        let read = dotenv::parse(file, text, dotenv::Dialect::PythonDotenv, &World::empty());
        for (name, var) in dotenv::vars(&read) {
            if !part.world.vars().contains_key(&name) {
                part.providers.insert(name.clone(), "dotenv");
                part.world.vars_mut().insert(name, var);
            }
        }
    }
}

/// The variables that mise sets in a folder and the folders above it, the nearest last.
fn of_mise(context: &Context<'_, '_>, part: &mut Part<'_>, folder: &str) {
    let tree = context.repository.tree;
    let mut folders = vec![folder.to_owned()];
    while let Some(last) = folders.last().filter(|last| !last.is_empty()) {
        folders.push(paths::parent(last).to_owned());
    }
    for folder in folders.iter().rev() {
        for name in ["mise.toml", ".mise.toml"] {
            let Some(file) = paths::join(folder, name).and_then(|path| tree.find(&path)) else { continue };
            let Ok(read) = tree.parsed(file, mise::parse) else { continue };
            for (name, var) in mise::variables(&read.0.env) {
                part.world.vars_mut().insert(name.clone(), var);
                part.providers.insert(name, "mise");
            }
        }
    }
}

/// What an environment that only settings are named for has of the packages that a list is named for, too.
pub(super) fn by_name<'t>(context: &Context<'_, 't>, planned: &Planned) -> Option<Part<'t>> {
    let role = planned.environment.role;
    let file = requirements_named_for(context, role).filter(|_| matches!(role, Role::Production | Role::Staging))?;
    let anchor = Span::new(file, 0, 0);
    let mut part = Part::new("app", ComponentKind::App, Host::Machine);
    part.world = World::Open(Default::default());
    part.container = Some(Container::checkout(context.repository.tree, ""));
    part.span = Some(anchor);
    install_file(context, &mut part, file, anchor);
    part.installs.packages_complete = Err(Reason::at("no command says what is installed there", anchor));
    Some(part)
}

/// The list of requirements that is named for a role.
fn requirements_named_for(context: &Context<'_, '_>, role: Role) -> Option<FileId> {
    let named = |file: &&FileId| {
        let path = context.repository.tree.path(**file);
        naming(path).role.is_some_and(|(found, _)| found == role) && path.ends_with(".txt")
    };
    context.repository.of(Kind::Requirements).iter().find(named).copied()
}

/// The requirements file that a role uses by its name; tests without one of their own run where the code is developed.
fn requirements_for(context: &Context<'_, '_>, role: Role, folder: &str) -> Option<FileId> {
    let named = requirements_named_for(context, role)
        .or_else(|| requirements_named_for(context, Role::Development).filter(|_| role == Role::Test));
    let plain = || {
        let path = paths::join(folder, "requirements.txt")?;
        context.repository.tree.find(&path).or_else(|| context.repository.tree.find("requirements.txt"))
    };
    named.or_else(plain)
}

/// What a platform installs by the convention of Heroku's buildpack, the first of these that stands at the root: the lock
/// of Pipenv, requirements.txt, the lock of Poetry, that of uv.
pub fn platform_installs(context: &Context<'_, '_>, part: &mut Part<'_>, folder: &str, anchor: Span) {
    python(context, part, folder, &OF_PLATFORMS);
    let tree = context.repository.tree;
    let at = |name: &str| paths::join(folder, name).and_then(|path| tree.find(&path));
    if let Some(file) = at("Pipfile.lock") {
        if part.runtimes.is_empty() {
            part.runtimes.extend(python_of_pipenv(tree, file));
        }
        command(context, part, "pipenv install --deploy", folder, anchor);
    } else if let Some(file) = at("requirements.txt") {
        install_file(context, part, file, anchor);
    } else if at("poetry.lock").is_some() {
        command(context, part, "poetry install --only main", folder, anchor);
    } else if at("uv.lock").is_some() {
        command(context, part, "uv sync --locked --no-default-groups", folder, anchor);
    } else {
        part.installs.packages_complete = Err(Reason::at("nothing says what the platform installs", anchor));
    }
    // Other platforms, builders of Poetry's projects and whoever builds a Dockerfile beside it are told of one elsewhere.
    let listed = at("requirements.txt").is_some() && at("Dockerfile").is_none();
    if listed && paths::name(tree.path(anchor.file)).starts_with("Procfile") {
        of_platform(part, anchor);
    }
}

/// What an interpreter is declared in that a platform chooses by itself.
pub const PLATFORM: &str = "platform";

/// Notes that nothing names the Python of a platform, which then takes the one that it has by default on the day.
fn of_platform(part: &mut Part<'_>, anchor: Span) {
    if !part.installs.installs_python || part.runtimes.iter().any(|runtime| runtime.tool == "python") {
        return;
    }
    part.runtimes.push(RuntimePart {
        tool: "python",
        version: Known::Unknown(Reason::at("the platform chooses its Python", anchor)),
        declared_in: PLATFORM,
        origin: Origin::set(anchor),
        certainty: Certainty::Stated,
    });
}

/// What is installed on a server that a unit or a supervisor starts programs on: what is listed for it, if anything.
pub fn server_installs(context: &Context<'_, '_>, part: &mut Part<'_>, role: Role, folder: &str, anchor: Span) {
    python(context, part, folder, &OF_PLATFORMS);
    let listed = requirements_for(context, role, folder).filter(|_| !part.installs.installs_python);
    if let Some(file) = listed {
        install_file(context, part, file, anchor);
    }
    part.installs.packages_complete = Err(Reason::at("no command says what is installed on the server", anchor));
}

/// The Python that a lock of Pipenv asks for, in full or as a minor version.
fn python_of_pipenv(tree: &Tree, file: FileId) -> Option<RuntimePart> {
    let lock = tree.parsed(file, json::parse).ok()?.0.clone()?;
    let requires = lock.path(&["_meta", "requires"])?;
    let version = requires.field("python_full_version").or_else(|| requires.field("python_version"))?;
    let plain = version.value.chars().all(|c| c.is_ascii_digit() || c == '.');
    plain.then(|| RuntimePart {
        tool: "python",
        version: Known::One(version.value),
        declared_in: "Pipfile.lock",
        origin: Origin::set(version.span),
        certainty: Certainty::Stated,
    })
}

/// What a platform installs by the command that its file names.
pub fn platform_build(context: &Context<'_, '_>, part: &mut Part<'_>, folder: &str, build: &CommandLine) {
    // A variable of the file wins over the files that name a version.
    match part.world.vars().get("PYTHON_VERSION").cloned() {
        Some(Var { value: Known::One(version), certainty, origin }) => part.runtimes.push(RuntimePart {
            tool: "python",
            version: Known::One(version),
            declared_in: "render.yaml",
            origin,
            certainty,
        }),
        Some(_) => {}
        None => python(context, part, folder, &OF_RENDER),
    }
    mapped(context, part, &build.text, &build.map, folder);
    let render = |anchor: &Span| paths::name(context.repository.tree.path(anchor.file)).starts_with("render.");
    if let Some(anchor) = part.span.filter(render) {
        of_platform(part, anchor);
    }
}

fn install_file(context: &Context<'_, '_>, part: &mut Part<'_>, file: FileId, anchor: Span) {
    let path = context.repository.tree.path(file).to_owned();
    command(context, part, &format!("pip install -r /repo/{path}"), "", anchor);
}

pub(super) fn command(context: &Context<'_, '_>, part: &mut Part<'_>, text: &str, folder: &str, anchor: Span) {
    mapped(context, part, text, &SpanMap::Whole(anchor), folder);
}

fn mapped(context: &Context<'_, '_>, part: &mut Part<'_>, text: &str, map: &SpanMap, folder: &str) {
    let tree = context.repository.tree;
    let container = Container::checkout(tree, folder);
    let script = shell::parse(text, map, shell::Dialect::Posix);
    let python = part.python().map(str::to_owned);
    for executed in shell::evaluate(&script, &part.world, &[], &container).commands {
        if process::releases(&executed) {
            part.releases.push((words(&executed), executed.span));
        }
        let place = Place {
            tree,
            container: &container,
            workdir: container.workdir.clone(),
            stage: part.name.to_string(),
            context: folder.to_owned(),
            markers: MarkerEnv::linux(python.as_deref()),
        };
        installs::run(&mut part.installs, &executed, &place);
    }
}

/// Files that say which Python to use, the stronger first.
const CONVENTIONS: [&str; 4] = [".python-version", ".tool-versions", "mise.toml", ".mise.toml"];
/// Those that Heroku's builder reads, and those who do as it does.
const OF_PLATFORMS: [&str; 2] = ["runtime.txt", ".python-version"];
/// Those that Render reads.
const OF_RENDER: [&str; 1] = [".python-version"];

fn python(context: &Context<'_, '_>, part: &mut Part<'_>, folder: &str, names: &[&'static str]) {
    if let Some((version, span, declared_in)) = first_python(context, folder, None, names) {
        part.runtimes.push(RuntimePart {
            tool: "python",
            version: Known::One(version),
            declared_in,
            origin: Origin::set(span),
            certainty: Certainty::Stated,
        });
    }
}

/// The Python that a file declares: the one named, else `.python-version`, `.tool-versions` …
pub fn declared_python(
    context: &Context<'_, '_>,
    folder: &str,
    file: Option<&str>,
    by_convention: bool,
) -> Option<(String, Span, &'static str)> {
    let names: Vec<&'static str> = match file {
        Some(file) => CONVENTIONS.into_iter().chain(OF_PLATFORMS).filter(|name| file.ends_with(name)).collect(),
        None if by_convention => CONVENTIONS.to_vec(),
        None => Vec::new(),
    };
    first_python(context, folder, file, &names)
}

/// The Python that mise puts in a folder.
pub fn mise_python(context: &Context<'_, '_>, folder: &str) -> Option<(String, Span, &'static str)> {
    first_python(context, &paths::join("", folder)?, None, &["mise.toml", ".mise.toml", ".tool-versions"])
}

/// The Python that the first of some files declares: in a folder, or at the root.
pub(super) fn first_python(
    context: &Context<'_, '_>,
    folder: &str,
    file: Option<&str>,
    names: &[&'static str],
) -> Option<(String, Span, &'static str)> {
    let tree = context.repository.tree;
    for name in names {
        let at = file.map_or_else(|| paths::join(folder, name), |file| paths::join("", file));
        let Some(id) = at.and_then(|path| tree.find(&path)).or_else(|| tree.find(name)) else { continue };
        let Ok(read) = tree.parsed(id, |id, text| runtime_files::read(id, name, text)) else { continue };
        let family = ["python", "pypy", "graalpy", "miniconda", "anaconda", "miniforge", "stackless", "jython"];
        // The first one is used; where that is no plain version of CPython, the file decides nothing here.
        if let Some(found) = read.0.iter().find(|declared| family.contains(&declared.tool.as_str())) {
            let plain = found.tool == "python" && found.how == How::Version;
            return plain.then(|| (found.version.value.clone(), found.version.span, *name));
        }
    }
    None
}
