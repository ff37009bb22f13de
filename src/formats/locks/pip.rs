//! What `pip install` and `uv pip` install from their words and files.

use std::collections::{BTreeMap, BTreeSet};

use super::argv::{self, Flags};
use super::manifest::Dependency;
use super::own::{group, own};
use super::plan::Plan;
use super::pylock;
use super::uv::settle_wishes;
use super::{NOWHERE, Package, Source, asked::fixed};
use crate::discover::paths;
use crate::formats::requirements::load::{Entry, load_with};
use crate::formats::requirements::{Direct, LineKind, Marker, Requirement, Target, normalize, spec, versions};
use crate::model::{Origin, Reason, SpanMap, StepKind};

/// A requirement on its way to a package.
pub(super) struct Wanted {
    requirement: Requirement,
    constraint: bool,
    applies: Option<bool>,
    origin: Origin,
    group: Option<String>,
}

/// What a command has asked for so far.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) wanted: Vec<Wanted>,
    /// The first of those that a project's extras ask for by way of other extras of it, and the end, for every project.
    pub(super) nested: Vec<std::ops::Range<usize>>,
    pub(super) hashed: bool,
    failed: Option<Reason>,
}

/// Reads the command; the words are those behind the verb.
pub(super) fn run(plan: &mut Plan<'_>, words: &[String], uv: bool, sync: bool) -> Result<Flags, Reason> {
    let flags = argv::flags(words, &argv::PIP)?;
    plan.out.unconfirmed.clone_from(&flags.unconfirmed);
    let nodeps = sync || flags.has(&["--no-deps", "--no-dependencies"]);
    let mut got = Collected { hashed: true, ..Collected::default() };
    let mut files: Vec<(&str, bool)> =
        flags.values(&["-r", "--requirement", "--requirements"]).map(|f| (f, false)).collect();
    files.extend(flags.values(&["-c", "--constraint", "--constraints"]).map(|f| (f, true)));
    let constraints = plan.variable(if uv { "UV_CONSTRAINT" } else { "PIP_CONSTRAINT" }).unwrap_or_default().to_owned();
    files.extend(constraints.split_ascii_whitespace().map(|path| (path, true)));
    let mut names: Vec<&str> = flags.values(&["-e", "--editable"]).collect();
    if sync {
        files.splice(0..0, flags.rest.iter().map(|f| (f.as_str(), false)));
    } else {
        names.splice(0..0, flags.rest.iter().map(String::as_str));
    }
    for (path, constraint) in files {
        if let Err(reason) = file(plan, &mut got, path, constraint, uv, &flags) {
            got.failed.get_or_insert(reason);
        }
    }
    for word in names {
        if let Err(reason) = self::word(plan, &mut got, word, &SpanMap::Whole(NOWHERE), nodeps) {
            got.failed.get_or_insert(reason);
        }
    }
    for name in flags.values(&["--group"]) {
        if plan.out.lock.is_none() {
            group(plan, &mut got, name)?;
        }
    }
    let asked = asked_itself(&got);
    finish(plan, got, nodeps);
    plan.out.asked = asked.map(|names| {
        let all = plan.out.packages.iter().filter(|(name, _)| names.contains(*name));
        all.map(|(name, package)| (name.clone(), package.clone())).collect()
    });
    if uv && !sync && plan.out.lock.is_none() {
        let own = plan.out.sources.iter().any(|s| paths::name(plan.tree.path(s.file)) == "pyproject.toml");
        let folder = plan.folder;
        settle_wishes(plan, folder, own && !flags.has(&["--no-sources"]));
    }
    Ok(flags)
}

/// What is asked for itself, where more is by way of extras that name others.
fn asked_itself(got: &Collected) -> Option<BTreeSet<String>> {
    let nested = |at: usize| got.nested.iter().any(|range| range.contains(&at));
    let own = got.wanted.iter().enumerate().filter(|(at, wanted)| !wanted.constraint && !nested(*at));
    (!got.nested.is_empty()).then(|| own.map(|(_, wanted)| wanted.requirement.name.value.clone()).collect())
}

/// `pip-sync`: exactly what the files say.
pub(super) fn sync(plan: &mut Plan<'_>, words: &[String]) -> Result<(), Reason> {
    let flags = argv::flags(words, &argv::PIP)?;
    let mut words = words.to_vec();
    if flags.rest.is_empty() {
        words.push("requirements.txt".into());
    }
    run(plan, &words, false, true)?;
    plan.out.unconfirmed.get_or_insert_with(|| Reason::new("pip-sync reads the files as pip does"));
    Ok(())
}

/// Lines that stand in a file of another kind, as conda hands them to pip.
pub(super) fn lines(plan: &mut Plan<'_>, lines: &[(String, SpanMap)]) {
    let mut got = Collected::default();
    for (line, map) in lines {
        let text = line.split(" #").next().unwrap_or_default().trim();
        let option = |names: [&str; 2]| {
            let rest = names.iter().find_map(|name| text.strip_prefix(name))?;
            Some(rest.trim_start_matches([' ', '=']))
        };
        let read = if let Some(path) = option(["--requirement", "-r"]) {
            file(plan, &mut got, path, false, false, &Flags::default())
        } else if let Some(path) = option(["--constraint", "-c"]) {
            file(plan, &mut got, path, true, false, &Flags::default())
        } else if let Some(place) = option(["--editable", "-e"]) {
            word(plan, &mut got, place, &SpanMap::Whole(map.span(0, line.len())), false)
        } else if text.starts_with('-') || text.is_empty() {
            Ok(())
        } else {
            word(plan, &mut got, text, map, false)
        };
        if let Err(reason) = read {
            got.failed.get_or_insert(reason);
        }
    }
    let before = plan.out.complete.clone();
    finish(plan, got, false);
    // A line that is not understood leaves what conda installs as it is.
    plan.out.complete = plan.out.complete.clone().and(before);
    plan.out.refused = None;
}

fn file(
    plan: &mut Plan<'_>,
    got: &mut Collected,
    path: &str,
    constraint: bool,
    uv: bool,
    flags: &Flags,
) -> Result<(), Reason> {
    if path.contains('$') {
        return Err(Reason::new(format!("{path} rests on a variable")));
    }
    let found = paths::join(plan.folder, path).and_then(|p| plan.tree.find(&p));
    let Some(file) = found else { return Err(Reason::new(format!("{path} is not in the repository"))) };
    let name = paths::name(path);
    let middle = name.strip_prefix("pylock.").and_then(|rest| rest.strip_suffix("toml"));
    if middle.is_some_and(|m| m.is_empty() || m.len() > 1 && m.matches('.').count() == 1 && m.ends_with('.')) {
        return pylock::read(plan, path, flags);
    }
    if name == "pyproject.toml" {
        if !uv {
            return Err(Reason::new("pip does not read pyproject.toml by -r"));
        }
        let extras: Vec<String> = flags.values(&["--extra"]).map(normalize).collect();
        let folder = paths::parent(plan.tree.path(file)).to_owned();
        return own(plan, got, &folder, &extras, flags.has(&["--all-extras"]));
    }
    let loaded = load_with(plan.tree, file, plan.markers, &plan.world(), constraint);
    plan.out.problems.extend(loaded.problems);
    plan.out.sources.extend(loaded.files.iter().map(|(file, span)| Source { file: *file, group: None, span: *span }));
    for entry in loaded.entries {
        if let Err(reason) = self::entry(plan, got, entry) {
            got.failed.get_or_insert(reason);
        }
    }
    loaded.incomplete.map_or(Ok(()), Err)
}

fn entry(plan: &mut Plan<'_>, got: &mut Collected, entry: Entry) -> Result<(), Reason> {
    match entry.target {
        Target::Named(requirement) => {
            got.hashed &= entry.constraint || entry.applies == Some(false) || !requirement.hashes.is_empty();
            got.wanted.push(Wanted {
                requirement,
                constraint: entry.constraint,
                applies: entry.applies,
                origin: entry.origin,
                group: None,
            });
            Ok(())
        }
        Target::Direct(direct) if entry.applies != Some(false) => {
            let why = Reason::at("which package it is, only a build tells", entry.span);
            plan.out.unconfirmed.get_or_insert(why);
            local(plan, got, &direct, false)
        }
        Target::Direct(_) => Ok(()),
        Target::Invalid { why, .. } => Err(Reason::at(why, entry.span)),
    }
}

/// A path that pip installs: this project, or another of the tree.
fn local(plan: &mut Plan<'_>, got: &mut Collected, direct: &Direct, nodeps: bool) -> Result<(), Reason> {
    got.hashed = false;
    let path = direct.path().to_owned();
    let address = direct.target.value.contains("://") && !direct.target.value.starts_with("file:");
    if nodeps && path.starts_with(['.', '/']) {
        plan.out.project = Some(true);
        return Ok(());
    }
    let folder = if address { None } else { paths::join(plan.folder, &path) };
    let folder = folder.filter(|folder| plan.tree.is_dir(folder) || folder.is_empty());
    let Some(folder) = folder else {
        return Err(Reason::at(format!("{path} does not say which package it is"), direct.span));
    };
    plan.out.project = Some(true);
    if nodeps {
        return Ok(());
    }
    let extras: Vec<String> = direct.extras.iter().cloned().collect();
    own(plan, got, &folder, &extras, false)
}

/// A requirement or path on the command line.
fn word(plan: &mut Plan<'_>, got: &mut Collected, word: &str, map: &SpanMap, nodeps: bool) -> Result<(), Reason> {
    if word.contains('$') || word.split("==").next().is_some_and(|name| name.contains('*')) {
        return Err(Reason::new(format!("{word} is not static")));
    }
    got.hashed = false;
    match spec::pip_line(word, map, Vec::new()).map_err(Reason::new)? {
        LineKind::Requirement(requirement) => {
            let named =
                word.contains(" @ ") || word.contains("@ ") || word.starts_with("git+") && word.contains("#egg=");
            if requirement.url.is_some() && !named {
                plan.out.unconfirmed.get_or_insert(Reason::new(format!("the name stands only in the file {word}")));
            }
            let marker = requirement.marker.as_ref();
            let applies = marker.map_or(Some(true), |m| Marker::parse(&m.value).and_then(|m| m.applies(plan.markers)));
            let here = requirement.span;
            let origin = if here == NOWHERE { Origin::default() } else { Origin::set(here) };
            got.wanted.push(Wanted { requirement, constraint: false, applies, origin, group: None });
            Ok(())
        }
        LineKind::Direct(direct) => {
            if !word.starts_with(['.', '/']) || word.contains('#') {
                plan.out.unconfirmed.get_or_insert(Reason::new(format!("{word} is a folder by its contents only")));
            }
            local(plan, got, &direct, nodeps)
        }
        _ => Err(Reason::new(format!("{word} is not understood"))),
    }
}

pub(super) fn push(plan: &Plan<'_>, got: &mut Collected, dependency: &Dependency, group: &str) -> Result<(), Reason> {
    let requirement = match &dependency.requirement {
        Ok(requirement) => requirement.clone(),
        Err(why) => return Err(Reason::at(why.clone(), dependency.text.span)),
    };
    let marker = requirement.marker.as_ref();
    let applies = marker.map_or(Some(true), |m| Marker::parse(&m.value).and_then(|m| m.applies(plan.markers)));
    let origin = Origin::set(requirement.span);
    got.wanted.push(Wanted { requirement, constraint: false, applies, origin, group: Some(group.to_owned()) });
    Ok(())
}

fn finish(plan: &mut Plan<'_>, got: Collected, nodeps: bool) {
    let mut pins: BTreeMap<String, Vec<&Wanted>> = BTreeMap::new();
    for wanted in got.wanted.iter().filter(|w| w.applies != Some(false)) {
        if wanted.requirement.pin().is_some() {
            pins.entry(wanted.requirement.name.value.clone()).or_default().push(wanted);
        }
    }
    let mut failed = got.failed;
    let mut any = false;
    for wanted in got.wanted.iter().filter(|w| w.applies != Some(false) && !w.constraint) {
        any = true;
        let name = &wanted.requirement.name.value;
        let mut package = package(wanted);
        for pin in pins.get(name).map_or(&[][..], Vec::as_slice) {
            let Some(version) = pin.requirement.pin() else { continue };
            match &package.version {
                None => {
                    package.version = Some(version);
                    package.pinned = true;
                    if let Some(place) = pin.origin.primary() {
                        package.origin = std::mem::take(&mut package.origin).then(StepKind::Used, place);
                    }
                }
                Some(first) if versions::same(&first.value, &version.value) => {}
                Some(first) if pin.applies == Some(true) && wanted.applies == Some(true) => {
                    let why = format!("{name} is pinned to {} and to {}", first.value, version.value);
                    failed.get_or_insert(Reason::at(why, version.span));
                }
                Some(_) => {}
            }
        }
        plan.add(package);
    }
    let exact = nodeps || if any { got.hashed } else { plan.out.lock.is_some() };
    if !exact {
        plan.out.complete = Err(Reason::new(super::UNLISTED));
    }
    if let Some(reason) = failed {
        plan.out.complete = Err(reason.clone());
        plan.out.refused = Some(reason);
    }
}

/// Whether an address fixes what it brings: a commit, an archive with a hash, a file of one version.
pub(super) fn fixes(url: &str) -> bool {
    let (address, fragment) = url.split_once('#').unwrap_or((url, ""));
    let revision = address.rsplit_once('@').map(|(_, revision)| revision).filter(|_| address.contains('+'));
    let commit = |text: &str| (6..=40).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let tagged = |text: &str| !text.contains('/') && text.chars().any(|c| c.is_ascii_digit()) && text.contains('.');
    revision.is_some_and(|text| commit(text) || tagged(text))
        || ["sha256=", "sha384=", "sha512="].iter().any(|kind| fragment.contains(kind))
        || [".whl", ".tar.gz", ".zip"].iter().any(|end| address.ends_with(end))
            && address.split('/').any(|part| part.len() == 40 && commit(part) || tagged(part))
}

fn package(wanted: &Wanted) -> Package {
    let requirement = &wanted.requirement;
    let version = requirement.pin();
    Package {
        name: requirement.name.value.clone(),
        pinned: version.is_some() || fixed(requirement),
        version,
        specifier: requirement.specifier.clone(),
        extras: requirement.extras.clone(),
        group: wanted.group.clone(),
        direct: true,
        dev: false,
        bundled: false,
        origin: wanted.origin.clone(),
        applies: wanted.applies,
    }
}
