//! What Hatch installs in the environment that a command of it makes.

mod call;
mod environment;
mod matrix;
#[cfg(test)]
mod tests;

use super::asked::{self, Asked};
use super::data::Node;
use super::manifest::{self, Dependency, Manifest};
use super::plan::{Plan, is_dev};
use super::{Package, Source};
use crate::discover::paths;
use crate::formats::requirements::{MarkerEnv, normalize};
use crate::model::{Known, Origin, Reason, Spanned};

pub use call::{HatchCall, call};
pub use environment::{Environment, Environments};

/// The environment of `hatch test`.
const TEST: &str = "hatch-test";
/// What it holds unless it is told otherwise; the versions are those of Hatch.
const TEST_PACKAGES: [&str; 7] = [
    "coverage",
    "coverage-enable-subprocess",
    "pytest",
    "pytest-mock",
    "pytest-randomly",
    "pytest-rerunfailures",
    "pytest-xdist",
];

impl HatchCall {
    /// The name of the environment.
    pub fn environment_name<'a>(&'a self, variable: Option<&'a str>) -> &'a str {
        let unnamed = if self.tests { TEST } else { "default" };
        if self.tests { unnamed } else { self.environment.as_deref().or(variable).unwrap_or(unnamed) }
    }
}

/// Reads the command.
pub(super) fn run(plan: &mut Plan<'_>, call: &HatchCall) -> Result<(), Reason> {
    let folder = call.folder.as_ref().map_or_else(|| Some(plan.folder.to_owned()), |to| paths::join(plan.folder, to));
    let folder = folder.ok_or_else(|| Reason::new("the project is outside the repository"))?;
    let folder = match plan.upwards_from(&folder, "pyproject.toml") {
        Some(file) => paths::parent(plan.tree.path(file)).to_owned(),
        None => return Err(Reason::new("there is no pyproject.toml")),
    };
    let environments = Environments::of(plan.tree, &folder);
    let name = call.environment_name(plan.variable("HATCH_ENV")).to_owned();
    if name == "system" {
        return Ok(());
    }
    let environment =
        environments.named(&name).ok_or_else(|| Reason::new(format!("there is no environment {name}")))?;
    let manifest = plan.manifest(&folder).ok_or_else(|| Reason::new("there is no pyproject.toml"))?;
    plan.out.sources.extend(environments.own_file.map(|file| Source { file, group: None, span: None }));
    plan.out.python = python(call, &environment);
    let version = match &plan.out.python {
        None => plan.markers.python.clone(),
        Some(asked) => asked.one().map(|python| python.value.clone()),
    };
    let markers = MarkerEnv { python: version, ..plan.markers.clone() };
    let (tree, vars, out) = (plan.tree, plan.vars, std::mem::take(&mut plan.out));
    let mut inner = Plan { tree, folder: &folder, vars, markers: &markers, lock: None, out };
    let values = matrix::chosen(&environment, &call.pythons);
    let done = fill(&mut inner, &manifest, &environment, &values);
    plan.out = inner.out;
    done
}

/// The interpreters that the environment asks for: those of its variant, of the command, of its matrix, its own. None where
/// it takes that of its caller.
fn python(call: &HatchCall, environment: &Environment) -> Option<Known<Spanned<String>>> {
    let here = |text: &str| Spanned::new(text.to_owned(), super::NOWHERE);
    let variant = environment.variant.iter().flat_map(|name| name.split('-')).find_map(|part| part.strip_prefix("py"));
    let asked: Vec<Spanned<String>> = match variant {
        Some(version) => vec![here(version)],
        None if !call.pythons.is_empty() => call.pythons.iter().map(|version| here(version)).collect(),
        None => environment.matrix_pythons(),
    };
    let exact = |version: &Spanned<String>| {
        version.value.contains('.') && version.value.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    };
    let known = |version: Spanned<String>| {
        let why = || Reason::at("which version of Python this is cannot be told", version.span);
        if exact(&version) { Known::One(version.clone()) } else { Known::Unknown(why()) }
    };
    match asked.as_slice() {
        [] => environment.get("python").and_then(Node::own_text).map(known),
        [one] => Some(known(one.clone())),
        // Of the versions of the tests, that of the caller comes first.
        _ if call.tests && call.pythons.is_empty() => None,
        [first, ..] if asked.iter().all(exact) => {
            let why = Reason::at("the environment runs with all of them", first.span);
            Some(Known::Every(asked, why))
        }
        [first, ..] => Some(Known::Unknown(Reason::at("one version of Python cannot be told", first.span))),
    }
}

fn fill(
    plan: &mut Plan<'_>,
    manifest: &Manifest,
    environment: &Environment,
    values: &matrix::Values,
) -> Result<(), Reason> {
    let texts = |key: &str| environment.get(key).into_iter().flat_map(Node::texts).map(normalize).collect();
    let project = !environment.skips_project();
    if project {
        asked::take(
            plan,
            manifest,
            &Asked { main: true, groups: texts("dependency-groups"), extras: texts("features") },
        )?;
    } else {
        asked::open(plan);
    }
    plan.out.project = Some(project);
    let me = manifest.name.as_ref().map(|name| normalize(&name.value)).unwrap_or_default();
    workspace(plan, environment);
    if environment.name == TEST && environment.get("dependencies").is_none() {
        for name in TEST_PACKAGES {
            plan.add(Package { origin: Origin::default(), dev: true, ..bare(name) });
        }
    }
    for key in ["dependencies", "extra-dependencies"] {
        let read = |node: &Node| dependency(node, values);
        let own: Vec<Dependency> = environment.get(key).map_or(&[][..], Node::items).iter().filter_map(read).collect();
        add(plan, &me, environment, &own, true);
        let overrides = environment.get("overrides").map_or(&[][..], Node::entries);
        for (kind, table) in overrides {
            for (condition, options) in table.entries() {
                let variant = values.get(&condition.value).filter(|_| kind.value == "matrix");
                let here = plan.markers.platform.as_deref() == Some(platform(&condition.value));
                let sure = kind.value == "platform" && here;
                let never = kind.value == "platform" && !sure && plan.markers.platform.is_some();
                for name in [key.to_owned(), format!("set-{key}")].iter().filter(|_| !never) {
                    for value in options.get(name).map_or(&[][..], Node::items) {
                        let holds = variant.and_then(|variant| of_variant(value, variant));
                        let found = read(value.get("value").unwrap_or(value)).filter(|_| holds != Some(false));
                        let sure = (sure || holds == Some(true)) && name == key;
                        add(plan, &me, environment, found.as_slice(), sure);
                    }
                }
            }
        }
    }
    Ok(())
}

/// Takes in the members of the environment's workspace: projects below this one that are installed with what they ask for.
fn workspace(plan: &mut Plan<'_>, environment: &Environment) {
    let members = environment.get("workspace").and_then(|table| table.get("members")).map_or(&[][..], Node::items);
    let files = plan.tree.under(plan.folder).filter(|(_, path)| paths::name(path) == "pyproject.toml");
    let folders: Vec<String> = files.map(|(_, path)| paths::parent(path).to_owned()).collect();
    for member in members {
        let Some(pattern) = member.text().or_else(|| member.str("path")) else { continue };
        let pattern = paths::join(plan.folder, pattern).unwrap_or_default();
        for folder in folders.iter().filter(|folder| fits(&pattern, folder)).take(MAX_MEMBERS) {
            let Some(manifest) = plan.manifest(folder) else { continue };
            let Some(name) = manifest.name.as_ref().map(|name| normalize(&name.value)) else { continue };
            let features = member.get("features").into_iter().flat_map(Node::texts).map(normalize).collect();
            plan.add(Package {
                pinned: true,
                dev: false,
                group: None,
                origin: Origin::set(member.span),
                ..bare(&name)
            });
            asked::list(plan, &name, &manifest.dependencies, "main", false);
            for extra in manifest.with_own_extras(&features) {
                let list = manifest.optional.get(&extra).cloned().unwrap_or_default();
                asked::list(plan, &name, &list, &extra, true);
            }
        }
    }
}

/// How many members of a workspace are followed for one pattern.
const MAX_MEMBERS: usize = 64;

/// Whether a folder fits a pattern, in which `*` stands for a part of one name.
fn fits(pattern: &str, folder: &str) -> bool {
    let part = |(pattern, name): (&str, &str)| match pattern.split_once('*') {
        Some((before, after)) => {
            name.len() >= before.len() + after.len() && name.starts_with(before) && name.ends_with(after)
        }
        None => pattern == name,
    };
    pattern.split('/').count() == folder.split('/').count() && pattern.split('/').zip(folder.split('/')).all(part)
}

/// How Python calls a platform of Hatch.
fn platform(name: &str) -> &str {
    match name {
        "windows" => "win32",
        "macos" => "darwin",
        other => other,
    }
}

/// Takes dependencies in; those that only a variant of the environment has may not be there.
fn add(plan: &mut Plan<'_>, me: &str, environment: &Environment, list: &[Dependency], sure: bool) {
    let before: Vec<String> = plan.out.packages.keys().cloned().collect();
    asked::list(plan, me, list, &environment.name, false);
    for (name, package) in &mut plan.out.packages {
        if !before.contains(name) {
            // The default environment is the developers'.
            package.dev = environment.name == "default" || is_dev(&environment.name);
            package.applies = if sure { package.applies } else { None };
        }
    }
}

/// Whether an override holds for a value of the matrix, by its `if`; none where it asks for more.
fn of_variant(node: &Node, value: &str) -> Option<bool> {
    let asks = |key: &str| node.get(key).is_some();
    if asks("platform") || asks("env") {
        return None;
    }
    Some(node.get("if").is_none_or(|values| values.texts().any(|one| one == value)))
}

/// A requirement of an environment. What it takes from the machine, or from a matrix of which no one value is run, is
/// left out.
fn dependency(node: &Node, values: &matrix::Values) -> Option<Dependency> {
    let text = node.text()?;
    let Some(at) = text.find('{') else { return manifest::dependency(node) };
    if let Some(filled) = matrix::filled(text, values) {
        return manifest::named(&filled, node.span);
    }
    let end =
        text.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).filter(|end| *end <= at && *end > 0)?;
    manifest::named(&text[..end], node.span)
}

/// A package of which only the name is known.
fn bare(name: &str) -> Package {
    Package {
        name: name.to_owned(),
        version: None,
        specifier: None,
        extras: std::collections::BTreeSet::new(),
        group: Some(TEST.to_owned()),
        direct: true,
        pinned: false,
        dev: true,
        bundled: false,
        origin: Origin::default(),
        applies: Some(true),
    }
}
