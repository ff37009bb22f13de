//! Settings that whoever sets the program up makes of a sample: `local_settings.py.example`, `settings/local.template`.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use super::components::Context;
use super::copied;
use super::part::Part;
use crate::discover::aside::is_aside;
use crate::discover::classify::classify;
use crate::discover::{Kind, Tree, paths};
use crate::environments::plan::Runs;
use crate::environments::settings::named_by_entries;
use crate::environments::words::naming;
use crate::environments::{Planned, SettingsChoice};
use crate::formats::World;
use crate::formats::dotenv::{self, Dialect};
use crate::formats::python::{self, Brought, Settings, Val};
use crate::knowledge::environments::{WordClass, class_of_word};
use crate::knowledge::variables::is_secret_name;
use crate::model::{Certainty, FileId, Reason, Role};

/// What a part's files are besides those of the repository, and the samples that stand in for modules which it does not hold.
pub(super) fn brought(
    context: &Context<'_, '_>,
    part: Option<&Part<'_>>,
    planned: &Planned,
) -> (Brought, BTreeSet<FileId>) {
    let mut brought = copied::of(context, part);
    let samples = stand_in(context, part, planned, &mut brought);
    // What lies beside the code comes with it where the folder is mounted.
    if part.is_some_and(|part| !part.mounts.is_empty()) {
        brought.opened = named_by_samples(context);
    }
    (brought, samples)
}

/// The variables that samples of dotenv files name.
fn named_by_samples(context: &Context<'_, '_>) -> BTreeSet<String> {
    let tree = context.repository.tree;
    let is_sample = |file: &&FileId| {
        let path = tree.path(**file);
        paths::name(path).starts_with(".env") && naming(paths::name(path)).template && !is_aside(path)
    };
    let samples = context.repository.of(Kind::Dotenv).iter().filter(is_sample);
    let names = samples.flat_map(|file| {
        let text = tree.text(*file).unwrap_or_default();
        let read = dotenv::parse(*file, text, Dialect::PythonDotenv, &World::empty());
        dotenv::vars(&read).into_keys()
    });
    names.collect()
}

fn stand_in(
    context: &Context<'_, '_>,
    part: Option<&Part<'_>>,
    planned: &Planned,
    brought: &mut Brought,
) -> BTreeSet<FileId> {
    let (tree, role) = (context.repository.tree, planned.environment.role);
    // Who develops cannot start without the module that the program names by itself.
    let by_entries = LazyCell::new(|| named_by_entries(context.repository));
    let needed = |made: &str| {
        let ends = |module: &String| made.strip_suffix(".py").is_some_and(|own| own == module);
        role == Role::Development && planned.deployed_by.is_empty() && by_entries.iter().any(ends)
    };
    let mut found: BTreeMap<String, Vec<(bool, FileId)>> = BTreeMap::new();
    for (file, path) in tree.files() {
        let Some((made, named)) = made_of(path).filter(|_| !is_aside(path)) else { continue };
        let known = tree.find(&made).is_some() || brought.standing_in.contains_key(&made);
        let taken = || is_taken(tree, part, planned, (path, named.is_some()), &made);
        if !known && named.is_none_or(|named| named == role) && (taken() || needed(&made)) {
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

/// Whether the sample is what runs: on a developer's machine where it is named for it or a guide says to copy it, in tests where
/// their job copies it, elsewhere where a script copies it, or where what is made of it is mounted.
fn is_taken(tree: &Tree, part: Option<&Part<'_>>, planned: &Planned, (path, named): (&str, bool), made: &str) -> bool {
    let name = paths::name(path);
    let verbs = ["cp ", "copy", "mv ", "install ", "rename", "ln "];
    let copies = |line: &str| verbs.iter().any(|verb| line.to_lowercase().contains(verb));
    // The files of other images say nothing of this one.
    let own = part.and_then(|part| part.image.as_ref()?.dockerfile);
    let foreign = |file: FileId, path: &str| classify(path) == Some(Kind::Dockerfile) && own != Some(file);
    let told = |guides: bool| {
        let files = tree.files().filter(|(file, other)| speaks(other, guides) && !foreign(*file, other));
        files.into_iter().any(|(file, _)| {
            tree.text(file)
                .is_ok_and(|text| text.contains(name) && text.lines().any(|line| line.contains(name) && copies(line)))
        })
    };
    match planned.environment.role {
        Role::Development if planned.deployed_by.is_empty() => {
            // On a machine of his own a developer has the settings that are named for it.
            let own = planned.units.iter().all(|unit| matches!(unit.runs, Runs::Machine { .. }));
            let local = || naming(made).role.is_some_and(|(role, _)| role == Role::Development);
            named || own && local() || told(true)
        }
        Role::Production | Role::Staging | Role::Development => {
            let mounted = |part: &Part<'_>| part.container.as_ref().is_some_and(|container| container.mounts(made));
            (part.is_some_and(mounted) || told(false)) && !is_written(tree, name, paths::name(made))
        }
        Role::Test => planned.environment.because.iter().map(|evidence| evidence.span.file).any(|file| {
            let job = classify(tree.path(file)) == Some(Kind::Workflow);
            let makes = |line: &str| line.contains(name) && line.contains(paths::name(made)) && copies(line);
            job && tree.text(file).is_ok_and(|text| text.lines().any(makes))
        }),
    }
}

/// Whether the module is made of something else than the sample: of a file that is kept encrypted, or by a script.
fn is_written(tree: &Tree, sample: &str, made: &str) -> bool {
    let stem = made.trim_end_matches(".py");
    let kept =
        |name: &str| name.contains(stem) && [".gpg", ".enc", ".asc", ".age"].iter().any(|end| name.ends_with(end));
    if tree.files().any(|(_, path)| kept(paths::name(path))) {
        return true;
    }
    let writes = |line: &str| {
        line.contains(made)
            && ["cp ", "mv ", "> ", "gpg", "decrypt", "envsubst", "install "].iter().any(|verb| line.contains(verb))
    };
    let scripts = tree.files().filter(|(_, path)| speaks(path, false));
    scripts.filter_map(|(file, _)| tree.text(file).ok()).any(|text| !text.contains(sample) && text.lines().any(writes))
}

/// Whether a file tells people what to do, or else programs that set up what is deployed.
pub(super) fn speaks(path: &str, people: bool) -> bool {
    let name = paths::name(path);
    let ends = |all: &[&str]| all.iter().any(|end| name.ends_with(end));
    let either = [".mk", "Makefile", "justfile"];
    if people {
        return ends(&[".md", ".rst", ".txt", ".adoc", ".mdx"]) || ends(&either);
    }
    // What a job of the CI copies, it needs itself.
    if classify(path) == Some(Kind::Workflow) {
        return false;
    }
    ends(&[".sh", ".bash", ".yml", ".yaml"]) || ends(&either) || !name.contains('.') || name.contains("Dockerfile")
}

/// Whether a module stands in for one that the repository does not hold.
pub(super) fn brings(brought: &Brought, module: &str) -> bool {
    let end = format!("{}.py", module.replace('.', "/"));
    let ends =
        |path: &String| path.strip_suffix(end.as_str()).is_some_and(|root| root.is_empty() || root.ends_with('/'));
    brought.standing_in.keys().any(ends)
}

/// The module that a sample is made into which takes over all that the entry's default sets: whoever copies it selects it, for else
/// nothing would read it.
pub(super) fn on_top(context: &Context<'_, '_>, brought: &Brought, default: &SettingsChoice) -> Option<SettingsChoice> {
    let tree = context.repository.tree;
    let below = default.module.rsplit('.').next()?;
    let takes_over = |file: FileId| {
        let all = |line: &str| {
            let words = line.strip_prefix("from ")?.split_once(" import ")?;
            (words.1.split('#').next()?.trim() == "*").then(|| words.0.trim().to_owned())
        };
        let is_below = |module: String| module == default.module || module == format!(".{below}");
        tree.text(file).is_ok_and(|text| text.lines().filter_map(all).any(is_below))
    };
    let package = default.module.rsplit_once('.').map_or("", |(package, _)| package).replace('.', "/");
    let beside = |made: &str| {
        let folder = paths::parent(made);
        package.is_empty()
            || folder.strip_suffix(package.as_str()).is_some_and(|root| root.is_empty() || root.ends_with('/'))
    };
    let mut found = brought.standing_in.iter().filter(|(made, file)| beside(made) && takes_over(**file));
    let ((made, _), None) = (found.next()?, found.next()) else { return None };
    let stem = paths::name(made).strip_suffix(".py")?;
    let module = default.module.strip_suffix(below).map(|package| format!("{package}{stem}"))?;
    Some(SettingsChoice { module, ..default.clone() })
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
        // What a sample only takes over from another module, whoever copies it has no line to change.
        let own = value.origin.primary().is_some_and(|span| samples.contains(&span.file));
        if own && is_secret_name(name) {
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
    use crate::discover::{Config, Overlay, Tree};
    use crate::links::Repository;
    use crate::model::Role;

    #[test]
    fn who_develops_selects_what_a_sample_for_it_builds_on_the_default() {
        let manage = "import os\nfrom django.core.management import execute_from_command_line\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'conf.common')\nexecute_from_command_line()\n";
        let debug = |sample: &str, code: &str| {
            let files = [
                ("manage.py", manage),
                ("requirements.txt", "django\n"),
                ("README.md", "```\npip install -r requirements.txt\npython manage.py runserver\n```\n"),
                ("conf/__init__.py", ""),
                ("conf/common.py", "DEBUG = False\nINSTALLED_APPS = []\nSECRET_KEY = 'x'\n"),
                (sample, code),
            ];
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            let repository = Repository::read(&tree);
            let plan = crate::environments::infer(&repository, &Config::default(), true);
            let model = crate::resolve::resolve(&repository, plan, &Config::default(), "2026-01-01");
            let fact =
                model.facts.iter().find(|fact| &*fact.id.key == "DEBUG" && &*fact.id.environment == "development");
            fact.and_then(|fact| fact.text("value").map(str::to_owned))
        };
        let code = "from .common import *  # noqa\nDEBUG = True\n";
        assert_eq!(debug("conf/config.py.dev.example", code).as_deref(), Some("True"));
        assert_eq!(debug("conf/config.py.prod.example", code).as_deref(), Some("False"));
        assert_eq!(debug("conf/config.py.dev.example", "DEBUG = True\n").as_deref(), Some("False"));
    }

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
