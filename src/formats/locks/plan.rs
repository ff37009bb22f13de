//! What the readers of all managers share: finding files, collecting packages.

use std::collections::BTreeMap;

use super::data::{self, Node};
use super::manifest::{self, Manifest};
use super::{Installed, Package, Source};
use crate::discover::{Tree, paths};
use crate::formats::requirements::{MarkerEnv, Requirement, versions};
use crate::formats::{Vars, World};
use crate::model::{FileId, Origin, Reason, StepKind};

/// One install command while it is read.
pub(super) struct Plan<'a> {
    pub(super) tree: &'a Tree,
    pub(super) folder: &'a str,
    pub(super) vars: &'a Vars,
    pub(super) markers: &'a MarkerEnv,
    pub(super) lock: Option<&'a str>,
    pub(super) out: Installed,
}

impl Plan<'_> {
    /// A variable of the command, if it is known.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        self.vars.get(name)?.value.one().map(String::as_str)
    }

    /// The variables as a world.
    pub(super) fn world(&self) -> World {
        World::Closed(self.vars.clone())
    }

    /// Notes a reason for which the command refuses, while what the files say is read all the same.
    pub(super) fn refuse(&mut self, reason: Reason) {
        self.out.complete = Err(reason.clone());
        self.out.refused.get_or_insert(reason);
    }

    /// The nearest file of a name, from a folder upwards.
    pub(super) fn upwards_from(&self, folder: &str, name: &str) -> Option<FileId> {
        let mut folder = folder;
        loop {
            let path = paths::join(folder, name)?;
            if let Some(file) = self.tree.find(&path) {
                return Some(file);
            }
            if folder.is_empty() {
                return None;
            }
            folder = paths::parent(folder);
        }
    }

    /// The lock file of a name that was asked for.
    fn given(&self, name: &str) -> Option<FileId> {
        let lock = self.lock.filter(|lock| paths::name(lock) == name)?;
        self.tree.find(&paths::join(self.folder, lock)?)
    }

    /// Reads the lock file of a name, from the folder upwards.
    pub(super) fn read_lock(&mut self, name: &str) -> Result<(FileId, Node), Reason> {
        let file = self.given(name).or_else(|| self.upwards_from(self.folder, name));
        self.read(file, name)
    }

    /// Reads the lock file of a name in a folder.
    pub(super) fn read_lock_in(&mut self, name: &str, folder: &str) -> Result<(FileId, Node), Reason> {
        let file = self.given(name).or_else(|| self.tree.find(&paths::join(folder, name)?));
        self.read(file, name)
    }

    fn read(&mut self, file: Option<FileId>, name: &str) -> Result<(FileId, Node), Reason> {
        let file = file.ok_or_else(|| Reason::new(format!("there is no {name}")))?;
        let text = self.tree.text(file).map_err(|e| Reason::new(format!("{name}: {e}")))?;
        let (node, problems) =
            if name.ends_with("Pipfile.lock") { data::json(file, text) } else { data::toml(file, text) };
        let broken = problems.first().cloned();
        self.out.problems.extend(problems);
        self.out.lock = Some(file);
        self.out.sources.push(Source { file, group: None, span: None });
        match broken {
            Some(problem) => Err(Reason::at(format!("{name} cannot be read: {}", problem.message), problem.span)),
            None => Ok((file, node)),
        }
    }

    /// The `pyproject.toml` of a folder.
    pub(super) fn manifest(&mut self, folder: &str) -> Option<Manifest> {
        let file = self.tree.find(&paths::join(folder, "pyproject.toml")?)?;
        let read = manifest::parse(file, self.tree.text(file).ok()?);
        if let Some(problem) = read.problems.first() {
            self.refuse(Reason::at(format!("pyproject.toml cannot be read: {}", problem.message), problem.span));
        }
        self.out.problems.extend(read.problems.iter().cloned());
        if !self.out.sources.iter().any(|s| s.file == file) {
            self.out.sources.push(Source { file, group: None, span: None });
        }
        Some(read)
    }

    /// Refuses if the interpreter is surely outside a specifier.
    pub(super) fn needs_python(&self, specifier: Option<&str>) -> Result<(), Reason> {
        let (Some(specifier), Some(python)) = (specifier, &self.markers.python) else { return Ok(()) };
        if self.patches().iter().all(|v| versions::satisfies(v, specifier) == Some(false)) {
            return Err(Reason::new(format!("Python {python} is outside {specifier}")));
        }
        Ok(())
    }

    /// Every full version of the interpreter that may be meant: a project may allow just one of them.
    pub(super) fn patches(&self) -> Vec<String> {
        match &self.markers.python {
            Some(python) if python.matches('.').count() == 1 => (0..=40).map(|n| format!("{python}.{n}")).collect(),
            _ => self.pythons(),
        }
    }

    /// The first and the last of the interpreter's full versions that may be meant; none if it is not known at all.
    pub(super) fn pythons(&self) -> Vec<String> {
        match &self.markers.python {
            Some(python) if python.matches('.').count() == 1 => vec![format!("{python}.0"), format!("{python}.40")],
            Some(python) => vec![python.clone()],
            None => Vec::new(),
        }
    }

    /// Takes a package in. The same package by another way keeps what was first, unless the second is surer.
    pub(super) fn add(&mut self, package: Package) {
        let Some(old) = self.out.packages.get_mut(&package.name) else {
            self.out.packages.insert(package.name.clone(), package);
            return;
        };
        let same = match (&old.version, &package.version) {
            (Some(a), Some(b)) => versions::same(&a.value, &b.value),
            (None, None) => true,
            _ => false,
        };
        if same {
            old.extras.extend(package.extras);
            old.dev &= package.dev;
            old.applies = if old.applies == Some(true) { old.applies } else { package.applies };
            return;
        }
        match (old.applies, package.applies) {
            // A wish without a version leaves the other's.
            (Some(true), Some(true)) if package.version.is_none() => {
                old.extras.extend(package.extras);
                old.dev &= package.dev;
            }
            (Some(true), Some(true)) if old.version.is_none() => {
                let dev = old.dev && package.dev;
                *old = Package { dev, ..package };
            }
            (Some(true), Some(true)) => {
                let name = package.name.clone();
                self.out.complete = Err(Reason::new(format!("{name}: several versions apply")));
                *old = package;
            }
            (_, Some(true)) => *old = package,
            (Some(true), _) => {}
            _ => {
                // Forks of a lock, and the interpreter that chooses between them is not known.
                old.version = None;
                let why = format!("which version of {} depends on the interpreter or platform", old.name);
                self.out.complete = Err(Reason::new(why));
            }
        }
    }

    /// Adds the place where the project itself asks for a package.
    pub(super) fn point(&mut self, manifest: Option<&Manifest>, groups: &[String]) {
        let Some(manifest) = manifest else { return };
        for package in self.out.packages.values_mut() {
            if let Some((group, requirement)) = manifest.direct(&package.name, groups) {
                package.direct = true;
                package.group = Some(group);
                take(package, requirement);
            }
        }
    }
}

/// Notes a requirement's specifier, extras and place on a package.
fn take(package: &mut Package, requirement: &Requirement) {
    package.specifier.clone_from(&requirement.specifier);
    package.extras.extend(requirement.extras.iter().cloned());
    package.origin = std::mem::take(&mut package.origin).then(StepKind::Used, requirement.span);
}

/// A package of a lock: its version's place is where it is written.
pub(super) fn locked(name: &str, node: &Node, version: Option<crate::model::Spanned<String>>) -> Package {
    let place = version.as_ref().map_or_else(|| node.get("name").map_or(node.span, |n| n.span), |v| v.span);
    Package {
        name: crate::formats::requirements::normalize(name),
        pinned: version.is_some(),
        version,
        specifier: None,
        extras: std::collections::BTreeSet::new(),
        group: None,
        direct: false,
        dev: false,
        bundled: false,
        origin: Origin::set(place),
        applies: Some(true),
    }
}

/// Whether a group beside the project's own dependencies is for development: all are but those named for what runs.
pub(super) fn is_dev(group: &str) -> bool {
    const RUNS: [&str; 12] = [
        "main",
        "default",
        "prod",
        "production",
        "deploy",
        "deployment",
        "staging",
        "server",
        "release",
        "runtime",
        "web",
        "worker",
    ];
    !group.split('-').any(|part| RUNS.contains(&part))
}

/// Both, with three values.
pub(super) fn both(left: Option<bool>, right: Option<bool>) -> Option<bool> {
    match (left, right) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Positions of packages by normalized name.
pub(super) fn by_name(packages: &[Node]) -> BTreeMap<String, Vec<usize>> {
    let mut out: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, node) in packages.iter().enumerate() {
        if let Some(name) = node.str("name") {
            out.entry(crate::formats::requirements::normalize(name)).or_default().push(at);
        }
    }
    out
}
