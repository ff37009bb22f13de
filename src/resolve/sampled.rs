//! Settings that whoever sets the program up makes of a sample: `local_settings.py.example`, `settings/local.template`.

use std::collections::{BTreeMap, BTreeSet};

use super::components::Context;
use super::part::Part;
use crate::discover::aside::is_aside;
use crate::discover::{Tree, paths};
use crate::formats::python::{self, Brought, Settings, Val};
use crate::knowledge::environments::{WordClass, class_of_word};
use crate::knowledge::variables::is_secret_name;
use crate::model::{Certainty, FileId, Reason, Role};

/// Lets samples stand in for modules that the repository does not hold; the samples that do.
pub(super) fn stand_in(
    context: &Context<'_, '_>,
    part: Option<&Part<'_>>,
    role: Role,
    brought: &mut Brought,
) -> BTreeSet<FileId> {
    let tree = context.repository.tree;
    let mut found: BTreeMap<String, Vec<(bool, FileId)>> = BTreeMap::new();
    for (file, path) in tree.files() {
        let Some((made, named)) = made_of(path).filter(|_| !is_aside(path)) else { continue };
        let known = tree.find(&made).is_some() || brought.standing_in.contains_key(&made);
        let taken = || is_taken(tree, part, role, (path, named.is_some()), &made);
        if !known && named.is_none_or(|named| named == role) && taken() {
            found.entry(made).or_default().push((named.is_some(), file));
        }
    }
    let mut samples = BTreeSet::new();
    for (made, mut all) in found {
        all.sort_by_key(|(named, _)| !named);
        // Of two that are as good, which one is copied nothing says.
        let [(best, file), rest @ ..] = &all[..] else { continue };
        if rest.first().is_none_or(|(other, _)| other != best) {
            brought.standing_in.insert(made, *file);
            samples.insert(*file);
        }
    }
    samples
}

/// The module that is made of a sample, by its name, and the role that it is a sample for; none for what is no sample of a
/// module.
fn made_of(path: &str) -> Option<(String, Option<Role>)> {
    let (folder, name) = (paths::parent(path), paths::name(path));
    let is_template = |word: &str| class_of_word(word) == Some(WordClass::Template);
    let role = |word: &str| if let Some(WordClass::Role(role)) = class_of_word(word) { Some(role) } else { None };
    let mut parts = name.split('.');
    let first = parts.next().filter(|first| !first.is_empty())?;
    let rest: Vec<&str> = parts.collect();
    let bare = ["-", "_"].iter().find_map(|sign| first.rsplit_once(sign).filter(|(_, last)| is_template(last)));
    let sample = bare.is_some() || rest.iter().any(|word| is_template(word));
    let kept: Vec<&&str> = rest.iter().filter(|word| !is_template(word) && role(word).is_none()).collect();
    let of_settings = || ["settings", "config", "conf"].contains(&paths::name(folder));
    let python = match kept[..] {
        [&"py"] => true,
        [] => of_settings(),
        _ => false,
    };
    let stem = bare.map_or(first, |(stem, _)| stem);
    let made = (sample && python).then(|| paths::join(folder, &format!("{stem}.py")))??;
    Some((made, rest.iter().find_map(|word| role(word))))
}

/// Whether the sample is what runs: on a developer's machine where it is named for it or a guide says to copy it, elsewhere
/// where a script copies it, or where what is made of it is mounted.
fn is_taken(tree: &Tree, part: Option<&Part<'_>>, role: Role, (path, named): (&str, bool), made: &str) -> bool {
    let name = paths::name(path);
    let verbs = ["cp ", "copy", "mv ", "install ", "rename", "ln "];
    let copies = |line: &str| verbs.iter().any(|verb| line.to_lowercase().contains(verb));
    let told = |guides: bool| {
        tree.files().filter(|(_, other)| speaks(other, guides)).any(|(file, _)| {
            tree.text(file).is_ok_and(|text| {
                text.contains(name) && text.lines().any(|line| line.contains(name) && copies(line))
            })
        })
    };
    match role {
        Role::Development => named || told(true),
        Role::Production | Role::Staging => {
            let mounted = |part: &Part<'_>| part.container.as_ref().is_some_and(|container| container.mounts(made));
            part.is_some_and(mounted) || told(false)
        }
        Role::Test => false,
    }
}

/// Whether a file tells people what to do, or else programs that set up what is deployed.
fn speaks(path: &str, people: bool) -> bool {
    let name = paths::name(path);
    let ends = |all: &[&str]| all.iter().any(|end| name.ends_with(end));
    let either = [".mk", "Makefile", "justfile"];
    if people {
        return ends(&[".md", ".rst", ".txt", ".adoc", ".mdx"]) || ends(&either);
    }
    ends(&[".sh", ".bash", ".yml", ".yaml"]) || ends(&either) || !name.contains('.') || name.contains("Dockerfile")
}

/// Whether a module stands in for one that the repository does not hold.
pub(super) fn brings(brought: &Brought, module: &str) -> bool {
    let end = format!("{}.py", module.replace('.', "/"));
    let ends = |path: &String| path.strip_suffix(end.as_str()).is_some_and(|root| root.is_empty() || root.ends_with('/'));
    brought.standing_in.keys().any(ends)
}

/// What a sample sets holds unless whoever copied it has changed it; a secret is always changed.
pub(super) fn by_default(settings: &mut Settings, samples: &BTreeSet<FileId>) {
    if samples.is_empty() {
        return;
    }
    for (name, value) in &mut settings.values {
        lower(name, value, samples);
    }
}

fn lower(name: &str, value: &mut Val, samples: &BTreeSet<FileId>) {
    if value.origin.steps.iter().any(|step| samples.contains(&step.span.file)) {
        if is_secret_name(name) {
            value.kind = python::Kind::Unknown(Reason::new("whoever copies the sample writes another one there"));
        }
        value.certainty = value.certainty.and(&Certainty::Default { variable: None });
    }
    if let python::Kind::Dict(items) = &mut value.kind {
        for (key, value) in items {
            let key = key.as_str().unwrap_or_default().to_owned();
            lower(&key, value, samples);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::made_of;
    use crate::model::Role;

    #[test]
    fn a_sample_is_called_like_the_module_that_is_made_of_it() {
        for (sample, made) in [
            ("a/local_settings.py.example", "a/local_settings.py"),
            ("a/local_settings.example.py", "a/local_settings.py"),
            ("local_settings_example.py", "local_settings.py"),
            ("settings/local.template", "settings/local.py"),
            ("settings/config.py.prod.example", "settings/config.py"),
            ("settings/local.py-dist", ""),
            ("nginx/site.template", ""),
            ("settings/local.yml.example", ""),
            ("settings/local.py", ""),
            (".env.example", ""),
        ] {
            assert_eq!(made_of(sample).map(|(made, _)| made).unwrap_or_default(), made, "{sample}");
        }
        let role = |sample| made_of(sample).and_then(|(_, role)| role);
        assert_eq!(role("settings/config.py.prod.example"), Some(Role::Production));
        assert_eq!(role("settings/local.example.py"), None);
    }
}
