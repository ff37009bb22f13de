//! Packages against what the project says of them: locks that are not read, versions outside their range, files that nothing
//! installs, and what the settings load without its package.

use super::{Statement, Statements};
use crate::discover::{Kind as FileKind, Tree, paths};
use crate::environments::Planned;
use crate::environments::words::naming;
use crate::formats::locks::{Package, UNLISTED};
use crate::formats::python::{Kind, Val};
use crate::formats::requirements::versions;
use crate::knowledge::packages;
use crate::links::Repository;
use crate::model::{Attr, Certainty, ComponentKind, Dimension, Known, Origin, Role};
use crate::resolve::installs::INSTALLERS;
use crate::resolve::part::Part;
use crate::resolve::settings::{Loaded, MODULE_VARIABLE};

const LOCKS: [&str; 4] = ["uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock"];

/// States that a locked version is outside the declared range.
pub(super) fn range(fact: &mut Statement<'_>, package: &Package, tree: &Tree) {
    let (Some(version), Some(specifier)) = (&package.version, &package.specifier) else { return };
    let locked = LOCKS.contains(&paths::name(tree.path(version.span.file)));
    let declared = versions::satisfies(&version.value, &specifier.value).or_else(|| {
        let range = versions::from_poetry(&specifier.value)?;
        versions::satisfies(&version.value, &range)
    });
    if locked && package.direct && declared == Some(false) {
        let origin = Origin::set(version.span).join(&Origin::set(specifier.span));
        fact.bool("out_of_range", true, &origin);
    }
}

/// States the lock beside the files that are installed, where none of them is one and something is left open.
pub(super) fn ignored(fact: &mut Statement<'_>, part: &Part<'_>, tree: &Tree) {
    let sources = &part.installs.sources;
    let is_lock = |path: &str| LOCKS.contains(&paths::name(path));
    if sources.iter().any(|source| is_lock(tree.path(source.file))) {
        return;
    }
    let open = |file| {
        part.installs.packages.values().any(|found| {
            let here = found.package.origin.steps.iter().any(|step| step.span.file == file);
            // A list of installers alone prepares for one that reads the lock.
            let installs_others = INSTALLERS.contains(&found.package.name.as_str());
            here && found.package.direct && !found.package.pinned && found.maybe.is_none() && !installs_others
        })
    };
    let beside = sources.iter().filter(|source| open(source.file)).find_map(|source| {
        let path = tree.path(source.file);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        // A Pipfile's lock is one of its own.
        let own = &LOCKS[if paths::name(path) == "Pipfile" { LOCKS.len() - 1 } else { 0 }..];
        let lock = own.iter().find_map(|name| tree.find(&paths::join(folder, name)?))?;
        Some((source, lock))
    });
    if let Some((source, lock)) = beside {
        fact.text("ignored_lock", tree.path(lock), &Origin::set(source.span));
        if let Some(option) = &part.installs.skips_lock {
            fact.text("skipped_by", &option.value, &Origin::set(option.span));
        }
    }
}

/// States requirements that are named for production and that nothing of production installs.
pub fn passed_over(statements: &mut Statements, repository: &Repository<'_>, planned: &Planned, parts: &[Part<'_>]) {
    let tree = repository.tree;
    let role = planned.environment.role;
    let known = parts.iter().any(|part| part.installs.installs_python && !part.installs.sources.is_empty());
    let clear = parts.iter().all(|part| part.kind != ComponentKind::App || part.installs.installs_python);
    let Some(part) = parts.iter().find(|part| part.installs.installs_python) else { return };
    if role != Role::Production || !known || !clear {
        return;
    }
    let used = |file| {
        let source = |part: &Part<'_>| part.installs.sources.iter().any(|source| source.file == file);
        let step = |part: &Part<'_>| {
            part.installs.packages.values().any(|found| found.package.origin.steps.iter().any(|s| s.span.file == file))
        };
        parts.iter().any(|part| source(part) || step(part))
    };
    let named = |path: &str| {
        let naming = naming(paths::name(path));
        let includes = |text: &str| text.lines().any(|line| line.starts_with('-') && line.contains(paths::name(path)));
        let included = repository.of(FileKind::Requirements).iter().any(|file| tree.text(*file).is_ok_and(includes));
        !included && naming.role.is_some_and(|(role, _)| role == Role::Production) && !naming.template
    };
    let files = repository.of(FileKind::Requirements).iter().copied();
    let over: Vec<_> =
        files.filter(|file| named(tree.path(*file)) && tree.path(*file).ends_with(".txt") && !used(*file)).collect();
    if let Some(first) = over.first() {
        let names = over.iter().map(|file| tree.path(*file).to_owned()).collect();
        let mut fact = statements.about(Some(&part.name), Dimension::Package, "source");
        fact.list("passed_over", names, &Origin::set(crate::model::Span::new(*first, 0, 0)));
    }
}

/// States the packages that the settings load and that are not installed.
pub fn needed(statements: &mut Statements, loaded: &Loaded, parts: &[Part<'_>]) {
    let Some(part) = parts.iter().find(|part| Some(&part.name) == loaded.component.as_ref()) else { return };
    if !part.installs.installs_python || !loaded.selected {
        return;
    }
    for name in ["INSTALLED_APPS", "MIDDLEWARE"] {
        let Some(list) = loaded.settings.values.get(name) else { continue };
        let certainty = match &list.kind {
            Kind::Depends { variables, .. } => Certainty::Default { variable: variables.iter().next().cloned() },
            _ => list.certainty.clone(),
        };
        for label in list.items().unwrap_or_default() {
            let Some(package) = label.as_str().and_then(packages::package_of_label) else { continue };
            let tool = matches!(packages::kind(package), packages::Kind::DevTool(_));
            let listed = match &part.installs.packages_complete {
                Ok(()) => true,
                Err(reason) => reason.text == UNLISTED && tool,
            };
            if listed && !for_development(&certainty, tool) && !part.installs.packages.contains_key(package) {
                missing(statements, part, package, label, list, &certainty);
            }
        }
    }
}

/// Whether only a variable's default makes settings load what development alone installs: that it is not there shows that the
/// variable is set.
fn for_development(certainty: &Certainty, tool: bool) -> bool {
    let Certainty::Default { variable: Some(name) } = certainty else { return false };
    let mut words = name.split('_');
    name != MODULE_VARIABLE
        && (tool || words.any(|word| ["DEBUG", "DEV", "DEVELOPMENT", "LOCAL", "DEVEL"].contains(&word)))
}

fn missing(
    statements: &mut Statements,
    part: &Part<'_>,
    package: &str,
    label: &Val,
    list: &Val,
    certainty: &Certainty,
) {
    let origin = if label.origin.steps.is_empty() { list.origin.clone() } else { label.origin.clone() };
    let mut fact = statements.about(Some(&part.name), Dimension::Package, package);
    fact.attr("version", Attr { value: Known::Absent, certainty: certainty.clone(), origin: origin.clone() });
    fact.attr(
        "needed_by",
        Attr { certainty: certainty.clone(), ..Attr::text(label.as_str().unwrap_or_default(), origin) },
    );
}
