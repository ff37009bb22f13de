//! What the commands of a build or a job install.

use std::collections::BTreeMap;

use super::install_paths::{local_installs, outside_paths, own_lock};
use super::part::{Installs, PackagePart, Part, SourcePart};
use super::{
    assembled, edited_lists, exports, interpreters, optional_words, own_wheels, runner, system_installs, venvs,
};
use crate::discover::{Tree, paths};
use crate::formats::Vars;
use crate::formats::locks::{self, Package};
use crate::formats::requirements::MarkerEnv;
use crate::formats::requirements::versions::{from_poetry, satisfies};
use crate::formats::shell::{Executed, When};
use crate::links::container::{Container, absolute};
use crate::links::repository::words;
use crate::links::{Meaning, meaning, runners};
use crate::model::{ComponentKind, Known, Reason, Span, Spanned, UNLISTED};

/// Where commands run.
pub struct Place<'a, 't> {
    /// The tree.
    pub tree: &'t Tree,
    /// The files they see.
    pub container: &'a Container<'t>,
    /// The folder they start in.
    pub workdir: String,
    /// The name of the stage or job.
    pub stage: String,
    /// The folder of the repository that stands for paths that cannot be followed.
    pub context: String,
    /// What markers are evaluated for.
    pub markers: MarkerEnv,
}

impl Place<'_, '_> {
    /// The folder that a command runs in.
    fn cwd(&self, executed: &Executed) -> String {
        absolute(&self.workdir, executed.cwd.as_deref().unwrap_or_default())
    }

    /// The repository's folder of a project in which a command runs.
    pub(super) fn folder(&self, cwd: &str) -> String {
        let at = |name: &&str| {
            let path = self.tree.path(self.container.find(&absolute(cwd, name))?);
            (paths::name(path) == *name).then(|| paths::parent(path).to_owned())
        };
        // What describes the project may be copied by itself, from wherever it lies.
        let copied = MANIFESTS.iter().find_map(at);
        let here = || self.container.outside(cwd).filter(|folder| has_project(self.tree, folder));
        copied.or_else(here).unwrap_or_else(|| self.context.clone())
    }
}

/// Adds what one command installs.
pub fn run(installs: &mut Installs, executed: &Executed, place: &Place<'_, '_>) {
    if let Some((sure, other)) = optional_words::ways(executed) {
        run(installs, &sure, place);
        return run(installs, &other, place);
    }
    let argv = words(executed);
    if exports::note(installs, executed, &argv, place) || edited_lists::note(installs, executed, &argv, place) {
        return;
    }
    if assembled::install(installs, executed, &argv, place) {
        return;
    }
    let cwd = place.cwd(executed);
    interpreters::uv(installs, &argv, executed);
    let noted = maybe(executed).is_none()
        && (venvs::note(installs, &argv, &cwd) || own_wheels::note(installs, &argv, || place.folder(&cwd)));
    if noted {
        return;
    }
    interpreters::nodesource(installs, executed, &argv);
    match meaning::of(&argv) {
        Meaning::InstallsSystem(install) => system_installs::take(installs, &install, executed, place),
        Meaning::InstallsPython(command) => python(installs, &command, executed, place),
        _ if syncs(&argv, &executed.vars) || locks::hatch::call(&argv).is_some() => {
            python(installs, &argv, executed, place);
        }
        _ if runner::brings_its_own(&argv) => {
            let folder = place.container.outside(&cwd).unwrap_or_else(|| place.context.clone());
            if let Some(commands) = runners::brings(place.tree, &argv, &folder) {
                for command in &commands {
                    python(installs, command, executed, place);
                }
                return;
            }
            installs.packages_complete = Err(Reason::at("the runner brings an environment of its own", executed.span));
        }
        _ => interpreters::pyenv(installs, &argv, executed),
    }
}

/// Whether a command brings the project's environment up to date before it runs another: `uv run` does, unless told not to.
pub(super) fn syncs(argv: &[String], vars: &Vars) -> bool {
    let refused = ["--no-sync", "--no-project", "--isolated", "--script", "-s", "--with-requirements"];
    let flags = || argv.iter().skip(2).take_while(|word| word.starts_with('-'));
    let set = |name: &str| vars.get(name).is_some_and(|var| var.value.one().is_none_or(|value| !value.is_empty()));
    argv.first().is_some_and(|word| word == "uv")
        && argv.get(1).is_some_and(|word| word == "run")
        && !flags().any(|flag| refused.contains(&flag.split('=').next().unwrap_or_default()))
        && !set("UV_NO_SYNC")
        && !set("UV_NO_PROJECT")
}

/// Why it is not known whether a command runs.
pub(super) fn maybe(executed: &Executed) -> Option<Reason> {
    if let When::Maybe(reason) = &executed.when { Some(reason.clone()) } else { None }
}

fn python(installs: &mut Installs, command: &[String], executed: &Executed, place: &Place<'_, '_>) {
    let cwd = place.cwd(executed);
    let wheel = command.get(1).is_some_and(|verb| verb == "wheel" || verb == "download") && command[0] == "pip";
    let from_wheels =
        command[0] == "pip" && command.iter().skip(2).any(|word| word.contains(".whl") || word.ends_with("/*"));
    if from_wheels && !installs.wheels.is_empty() {
        installs.installs_python = true;
        let label = command.join(" ");
        for (name, part) in std::mem::take(&mut installs.wheels) {
            let mut part = part;
            part.installed_by = Spanned::new(label.clone(), executed.span);
            part.package.origin = part.package.origin.clone().then(crate::model::StepKind::InstalledBy, executed.span);
            installs.packages.insert(name, part);
        }
        let sources = std::mem::take(&mut installs.wheel_sources);
        installs.sources.extend(sources);
        if installs.packages_complete.is_ok() {
            installs.packages_complete = std::mem::replace(&mut installs.wheels_complete, Ok(()));
        }
        return;
    }
    let pip = command[0] == "pip" || command[0] == "uv" && command.get(1).is_some_and(|verb| verb == "pip");
    let exported = (pip && !wheel).then(|| exports::read(installs, command, &cwd)).flatten();
    let (exported, rest) = exported.unwrap_or_else(|| (Vec::new(), command.to_vec()));
    let argv = outside_paths(&rest, &cwd, place);
    let local = own_wheels::named(installs, local_installs(&argv, &cwd, place));
    // The wheel of the project is the project wherever it is installed.
    let own = pip && own_wheels::named(installs, argv.clone()) != argv;
    let folder = if command[0] == "pip" || own { String::new() } else { place.folder(&cwd) };
    let vars: &Vars = &executed.vars;
    let argv = if command[0] == "pip" || own { local.clone() } else { argv };
    let installed = if wheel {
        let Some(gathered) = locks::pip_wheel(place.tree, &folder, &argv, vars, &place.markers) else { return };
        gathered.installed
    } else if exported.is_empty() {
        locks::installed_from(place.tree, &folder, &argv, vars, &place.markers, own_lock(place, &folder, &argv))
    } else {
        let more = argv.iter().any(|word| word == "-e" || word == "-r" || word == "." || word.starts_with("./"));
        let more = more || argv.iter().skip(2).any(|word| word.contains("==") && !word.starts_with('-'));
        let rest = more.then(|| locks::installed(place.tree, &folder, &argv, vars, &place.markers));
        exports::joined(exported, rest)
    };
    let installed = if pip && !wheel { from_folder(installs, command, installed) } else { installed };
    let skips = |word: &&str| command[0] == "pipenv" && **word == *"--skip-lock";
    let option = executed
        .argv
        .iter()
        .find_map(|word| Some((word.text.one().map(String::as_str).filter(|w| skips(w))?, word.span)));
    installs.skips_lock = option.map(|(word, span)| Spanned::new(word.to_owned(), span)).or(installs.skips_lock.take());
    let by = if command[0] == "hatch" { "hatch" } else { "conda" };
    interpreter(installs, installed.python.as_ref(), by, executed.span);
    // A run that cannot be followed says less than what was installed before it.
    let runs = command.get(1).is_some_and(|verb| verb == "run");
    if runs && installed.complete.is_err() && installed.packages.is_empty() {
        return;
    }
    installs.installs_python = true;
    if is_exact(command) && installed.complete.is_ok() && maybe(executed).is_none() {
        let own = |part: &PackagePart| {
            part.installed_by.value.starts_with("uv ") && !part.installed_by.value.contains(" --system")
        };
        installs.packages.retain(|name, part| !own(part) || installed.packages.contains_key(name));
    }
    let installer_only = INSTALLERS;
    // What an installation left open stays open, whatever the next one lists.
    let weak = installs.packages_complete.as_ref().err().is_none_or(|known| known.text == UNLISTED);
    // What asks only for what is there already brings nothing along.
    let kept = |(name, wanted): (&String, &Package)| {
        let known = installs.packages.get(name).filter(|known| known.maybe.is_none() && pip && !wheel);
        known.is_some_and(|known| stays(&known.package, wanted, &command.join(" ")))
    };
    let covered = !installed.packages.is_empty() && installed.packages.iter().all(kept);
    if let Err(reason) = &installed.complete
        && weak
        && !(covered && reason.text == UNLISTED)
        && !(reason.text == UNLISTED && compiled(place.tree, &installed, &installer_only))
    {
        // What an earlier command leaves unsaid is not said by one of which only the index knows more.
        let unsaid = installs.packages_complete.as_ref().is_err_and(|known| known.text != UNLISTED);
        if !(unsaid && reason.text == UNLISTED) {
            installs.packages_complete = Err(reason.clone());
        }
    }
    let label = Spanned::new(command.join(" "), executed.span);
    for source in &installed.sources {
        let span = source.span.unwrap_or(executed.span);
        let part = SourcePart {
            file: source.file,
            group: source.group.clone(),
            span: word_span(executed, place, source.file).unwrap_or(span),
        };
        let list = if wheel { &mut installs.wheel_sources } else { &mut installs.sources };
        if !list.iter().any(|known| known.file == part.file && known.group == part.group) {
            list.push(part);
        }
    }
    for (name, package) in installed.packages {
        if package.applies == Some(false) || installer_only.contains(&name.as_str()) && installed.sources.is_empty() {
            continue;
        }
        let mut package = package;
        let step = executed.span;
        package.origin = if package.origin.steps.is_empty() {
            crate::model::Origin::of(crate::model::StepKind::InstalledBy, step)
        } else {
            package.origin.then(crate::model::StepKind::InstalledBy, step)
        };
        let mut part = PackagePart { package, installed_by: label.clone(), maybe: maybe(executed) };
        let outside = !wheel && venvs::outside(installs, &name);
        let into = if wheel { &mut installs.wheels } else { &mut installs.packages };
        // What an extra has brought is there when the package is asked for again without it.
        let before = into.get(&name).filter(|known| pip && !wheel && !outside && known.maybe.is_none());
        part.package.extras.extend(before.into_iter().flat_map(|known| known.package.extras.iter().cloned()));
        match into.get(&name) {
            Some(known)
                if known.maybe.is_none()
                    && !outside
                    && (part.maybe.is_some() || stays(&known.package, &part.package, &label.value)) => {}
            _ => {
                into.insert(name, part);
            }
        }
    }
}

/// Packages that install others, and what these build with.
pub(super) const INSTALLERS: [&str; 9] =
    ["pip", "setuptools", "wheel", "uv", "poetry", "pipenv", "pdm", "virtualenv", "pip-tools"];

/// Leaves it open what is installed where nothing but installers is: what they are called for is elsewhere.
pub(super) fn doubt_installers(part: &mut Part<'_>) {
    let installer = |name: &String| INSTALLERS.contains(&name.as_str());
    if part.kind == ComponentKind::App && part.installs.installs_python && part.installs.packages.keys().all(installer)
    {
        let reason = Reason::new("nothing is installed but what installs packages");
        part.installs.packages_complete = part.installs.packages_complete.clone().and(Err(reason));
    }
}

/// What pip takes from a folder of wheels alone (`--no-index`) has the versions of these, however it is asked for.
fn from_folder(installs: &Installs, command: &[String], mut installed: locks::Installed) -> locks::Installed {
    if !command.iter().any(|word| word == "--no-index") {
        return installed;
    }
    for (name, package) in &mut installed.packages {
        match installs.wheels.get(name) {
            Some(wheel) => {
                package.version.clone_from(&wheel.package.version);
                package.pinned = wheel.package.pinned;
            }
            None => package.pinned |= installs.wheels.is_empty(),
        }
    }
    installed
}

/// Whether a command takes out of the project's environment what it does not put in.
fn is_exact(command: &[String]) -> bool {
    command.first().is_some_and(|word| word == "uv")
        && command.get(1).is_some_and(|verb| verb == "sync")
        && !command.iter().any(|word| word == "--inexact")
}

/// Whether what pip is told holds all that the packages need: the installers alone, or files that a resolver wrote.
fn compiled(tree: &Tree, installed: &locks::Installed, installers: &[&str]) -> bool {
    let written = |source: &locks::Source| {
        let text = tree.text(source.file).unwrap_or_default();
        let head =
            text.lines().take_while(|line| line.starts_with('#') || line.starts_with('-') || line.trim().is_empty());
        head.take(12).any(|line| line.contains("autogenerated by pip-compile") || line.contains("autogenerated by uv"))
    };
    let all_pinned = || installed.packages.values().all(|package| package.pinned);
    match installed.sources.as_slice() {
        [] => installed.packages.keys().all(|name| installers.contains(&name.as_str())),
        sources => sources.iter().all(written) && all_pinned(),
    }
}

/// Notes the interpreter that conda puts in its environment, or that one of Hatch asks for.
fn interpreter(installs: &mut Installs, found: Option<&Known<Spanned<String>>>, by: &'static str, step: Span) {
    let several = || Reason::at("several environments have interpreters of their own", step);
    let other = installs.python_by == "hatch" && by == "hatch" && installs.python.is_none();
    let Some(mut found) = found.cloned() else {
        // An environment of Hatch that asks for none has that of the machine.
        if by == "hatch" {
            installs.python_by = by;
            installs.python = installs.python.take().map(|_| Known::Unknown(several()));
        }
        return;
    };
    let at = |python: &mut Spanned<String>| {
        if python.span == locks::NOWHERE {
            python.span = step;
        }
    };
    match &mut found {
        Known::One(python) => at(python),
        Known::Every(all, _) => all.iter_mut().for_each(at),
        _ => {}
    }
    let texts = |known: &Known<Spanned<String>>| -> Vec<String> {
        known.values().iter().map(|python| python.value.clone()).collect()
    };
    if other || installs.python.as_ref().is_some_and(|known| texts(known).is_empty() || texts(known) != texts(&found)) {
        found = Known::Unknown(several());
    }
    installs.python = Some(found);
    installs.python_by = by;
}

/// Whether an installed version is left as it is: it fits what is asked for, and nothing asks for an upgrade.
fn stays(known: &Package, wanted: &Package, command: &str) -> bool {
    let upgrade = command.split_whitespace().any(|word| matches!(word, "-U" | "--upgrade" | "--force-reinstall"));
    let fits = known.version.as_ref().is_some_and(|version| {
        let within = |range: &str| satisfies(&version.value, range) == Some(true);
        let poetry = |range: &str| range.starts_with(['^', '~']) && !range.starts_with("~=");
        wanted.specifier.as_ref().is_none_or(|specifier| match specifier.value.as_str() {
            range if poetry(range) => from_poetry(range).is_some_and(|range| within(&range)),
            range => within(range),
        })
    });
    !upgrade && wanted.version.is_none() && !wanted.pinned && fits
}

/// The word of a command that names a file.
fn word_span(executed: &Executed, place: &Place<'_, '_>, file: crate::model::FileId) -> Option<Span> {
    let name = paths::name(place.tree.path(file));
    executed
        .argv
        .iter()
        .find(|word| word.text.one().is_some_and(|text| paths::name(text) == name))
        .map(|word| word.span)
}

/// The files that describe a project.
const MANIFESTS: [&str; 7] =
    ["pyproject.toml", "Pipfile", "setup.py", "setup.cfg", "uv.lock", "poetry.lock", "environment.yml"];

fn has_project(tree: &Tree, folder: &str) -> bool {
    MANIFESTS.iter().any(|name| paths::join(folder, name).is_some_and(|path| tree.find(&path).is_some()))
}

/// Takes over what another stage installed, when its environment is copied.
pub fn take_over(into: &mut Installs, from: &Installs, source: &str, step: Span) {
    for (name, part) in from.packages.iter().filter(|(name, part)| !venvs::leaves(from, source, name, part)) {
        let mut part = part.clone();
        part.package.origin = part.package.origin.then(crate::model::StepKind::CopiedFrom, step);
        into.packages.insert(name.clone(), part);
    }
    if from.packages_complete.is_err() {
        into.packages_complete.clone_from(&from.packages_complete);
    }
    into.sources.extend(from.sources.iter().cloned());
    into.installs_python |= from.installs_python;
    if into.python.is_none() {
        (into.python, into.python_by) = (from.python.clone(), from.python_by);
    }
}

/// Takes over wheels that another stage built.
pub fn take_wheels(into: &mut Installs, from: &Installs, step: Span) {
    let mut wheels = BTreeMap::new();
    for (name, part) in &from.wheels {
        let mut part = part.clone();
        part.package.origin = part.package.origin.then(crate::model::StepKind::CopiedFrom, step);
        wheels.insert(name.clone(), part);
    }
    // What a resolver would have added when they were built is known as little here.
    if !from.wheels.is_empty() && into.wheels_complete.is_ok() {
        into.wheels_complete.clone_from(&from.packages_complete);
    }
    into.wheels.extend(wheels);
    into.wheel_sources.extend(from.wheel_sources.iter().cloned());
}
