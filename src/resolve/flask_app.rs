//! The application that the `flask` command starts.

use std::collections::BTreeSet;

use super::components::Context;
use super::part::Part;
use super::sampled;
use super::settings::{Loaded, Settings};
use crate::discover::{Kind, paths};
use crate::environments::samples::template_of;
use crate::environments::settings::Module;
use crate::environments::{Planned, SettingsChoice};
use crate::formats::World;
use crate::formats::python::{self, Brought, Val};
use crate::model::{FileId, Reason};

/// The variable that names it: a file or a module, with the factory behind a colon.
const VARIABLE: &str = "FLASK_APP";

/// The variable that turns debugging on where the program does not say.
const DEBUG: &str = "FLASK_DEBUG";

/// States what a variable makes of `DEBUG` where the class that configures the program has none: an application of Flask has
/// the variable's before the class is read.
pub(super) fn turn_on(context: &Context<'_, '_>, loaded: &mut Loaded) {
    let values = &mut loaded.settings.values;
    let var = loaded.world.get(DEBUG);
    let Some(text) = var.value.one().filter(|_| loaded.choice.class.is_some() && !values.contains_key("DEBUG")) else {
        return;
    };
    let tree = context.repository.tree;
    let mut files = context.repository.of(Kind::Python).iter();
    if values.is_empty() || !files.any(|file| tree.text(*file).is_ok_and(|text| text.contains("Flask("))) {
        return;
    }
    let off = ["", "0", "false", "no"].contains(&text.to_ascii_lowercase().as_str());
    let mut val = Val::of(python::Kind::Bool(!off));
    (val.origin, val.certainty) = (var.origin.clone(), var.certainty.clone());
    val.variables.insert(DEBUG.to_owned());
    values.insert("DEBUG".to_owned(), val);
}

/// The file of the application that the variable names.
pub(super) fn named(context: &Context<'_, '_>, world: &World) -> Option<FileId> {
    let var = world.get(VARIABLE);
    let text = var.value.one()?.split(':').next()?.trim();
    let tree = context.repository.tree;
    // A path of the machine ends in one of the checkout.
    if let Some(mut rest) = text.strip_prefix('/') {
        while let Some((_, below)) = rest.split_once('/') {
            let package = || tree.find(&paths::join(rest, "__init__.py")?);
            if let Some(file) = tree.find(rest).or_else(package) {
                return Some(file);
            }
            rest = below;
        }
        return None;
    }
    let plain = text.trim_start_matches("./");
    let module = plain.strip_suffix(".py").map_or_else(|| plain.replace('.', "/"), str::to_owned);
    let ends = [format!("{module}.py"), format!("{module}/__init__.py")];
    let is_it = |path: &str, end: &String| {
        path.strip_suffix(end.as_str()).is_some_and(|start| start.is_empty() || start.ends_with('/'))
    };
    let files = || context.repository.of(Kind::Python).iter().copied();
    let mut found: Vec<FileId> = files().filter(|file| ends.iter().any(|end| is_it(tree.path(*file), end))).collect();
    found.sort_by_key(|file| paths::parent(tree.path(*file)).len());
    found.into_iter().next().filter(|_| !module.is_empty())
}

/// The module that an application takes by its name before it lays more over it: a file, variables.
pub(super) fn laid_over(context: &Context<'_, '_>, modules: &[Module], choice: &SettingsChoice) -> Option<FileId> {
    let module = modules.iter().find(|module| module.name == choice.module && choice.class.is_none())?;
    let tree = context.repository.tree;
    let more = ["config.from_envvar(", "config.from_pyfile(", "config.from_prefixed_env(", "config.from_file("];
    let takes = |text: &str| {
        let named =
            ['\'', '"'].iter().any(|quote| text.contains(&format!("from_object({quote}{}{quote}", module.name)));
        named && more.iter().any(|call| text.contains(call))
    };
    let mut files = context.repository.of(Kind::Python).iter();
    files.any(|file| tree.text(*file).is_ok_and(takes)).then_some(module.file)
}

/// The configuration of the application in a file, with the files that are at paths of the machine it runs on.
pub(super) fn settings(
    context: &Context<'_, '_>,
    planned: &Planned,
    part: Option<&Part<'_>>,
    file: FileId,
    world: &World,
    brought: &Brought,
) -> Settings {
    let (tree, mut brought) = (context.repository.tree, brought.clone());
    if let Some(container) = part.and_then(|part| part.container.as_ref()) {
        let single = container.single_files().map(|(path, file)| (path.to_owned(), file));
        let mounted = container.mounted().filter_map(|file| Some((container.inside(file)?, file)));
        brought.at.extend(single.chain(mounted));
    }
    let (mut templates, mut samples) = (BTreeSet::new(), BTreeSet::new());
    for path in world.vars().values().filter_map(|var| var.value.one().filter(|path| path.starts_with('/'))) {
        let there = part.and_then(|part| part.container.as_ref()?.find(path));
        if let Some(file) = there.or_else(|| by_playbook(context, planned, path)) {
            if tree.path(file).contains("/templates/") {
                templates.insert(file);
            }
            brought.at.insert(path.clone(), file);
        } else if let Some(file) = by_sample(context, planned, path) {
            samples.insert(file);
            brought.at.insert(path.clone(), file);
        }
    }
    let mut settings = python::flask_config(tree, file, world, brought);
    sampled::by_default(&mut settings, &samples);
    // What a program blots out, once it has read it, nobody set.
    let blotted = |val: &Val| val.as_str().is_some_and(|text| text.len() > 2 && text.chars().all(|c| c == '*'));
    settings.values.retain(|_, val| !blotted(val));
    for val in settings.values.values_mut() {
        let span = val.origin.primary().filter(|span| templates.contains(&span.file));
        if let Some(span) = span.filter(|_| format!("{:?}", val.kind).contains("{{")) {
            val.kind = python::Kind::Unknown(Reason::at("Ansible fills it in", span));
        }
    }
    settings
}

/// The sample of the file at a path: beside what starts the environment, or one that a guide speaks of.
fn by_sample(context: &Context<'_, '_>, planned: &Planned, path: &str) -> Option<FileId> {
    let (tree, wanted) = (context.repository.tree, paths::name(path));
    let stem = wanted.split('.').next().filter(|stem| stem.len() > 2)?;
    let is_it = |own: &str| {
        let made = || paths::join(paths::parent(own), wanted).and_then(|made| template_of(tree, &made));
        paths::name(own).contains(stem) && made().is_some_and(|file| tree.path(file) == own)
    };
    let beside =
        |own: &str| planned.environment.files.iter().any(|file| paths::parent(tree.path(*file)) == paths::parent(own));
    let told = |own: &str| {
        let mut guides = context.repository.of(Kind::Guide).iter();
        guides.any(|guide| tree.text(*guide).is_ok_and(|text| text.contains(paths::name(own))))
    };
    let mut found = tree.files().filter(|(_, own)| is_it(own) && (beside(own) || told(own)));
    let (file, _) = found.next()?;
    found.next().is_none().then_some(file)
}

/// The file that a role of Ansible puts at a path, by its name: a role that is set up with one of the environment's.
fn by_playbook(context: &Context<'_, '_>, planned: &Planned, path: &str) -> Option<FileId> {
    let tree = context.repository.tree;
    let roles = |path: &str| Some(path.split_once("roles/")?.0.to_owned());
    let tops: Vec<String> = planned.environment.files.iter().filter_map(|file| roles(tree.path(*file))).collect();
    let wanted = paths::name(path);
    let is_it = |own: &str| {
        let name = paths::name(own);
        let kept = ["files", "templates"].iter().any(|folder| own.contains(&format!("/{folder}/")));
        kept && name.strip_suffix(".j2").unwrap_or(name) == wanted && roles(own).is_some_and(|top| tops.contains(&top))
    };
    let mut found = tree.files().filter(|(_, own)| is_it(own)).map(|(file, _)| file);
    found.next().filter(|_| found.next().is_none() && !wanted.is_empty())
}

#[cfg(test)]
mod tests {
    use crate::discover::{Config, Overlay, Tree};
    use crate::links::Repository;

    const APP: &str = "import os\nfrom flask import Flask\n\ndef create_app():\n    app = Flask(__name__)\n    \
        app.config.from_object('shop.defaults')\n    if 'SHOP_CONFIG' in os.environ:\n        \
        app.config.from_envvar('SHOP_CONFIG')\n    return app\n";
    const UNIT: &str = "[Service]\nUser=vagrant\nWorkingDirectory=/home/vagrant/shop\n\
        Environment=FLASK_APP=/home/vagrant/shop/shop/app.py\nEnvironment=SHOP_CONFIG=/home/vagrant/shop.cfg\n\
        ExecStart=poetry run flask run\n";
    const SERVED: &str = "[Service]\nExecStart=gunicorn --env SHOP_CONFIG=/etc/shop/shop.cfg 'shop.app:create_app()'\n";

    /// A setting of each environment, as it was stated.
    fn found(name: &str, more: &[(&str, &str)]) -> Vec<String> {
        let mut files = vec![
            ("shop/__init__.py", ""),
            ("shop/app.py", APP),
            ("shop/defaults.py", "SIZE = 1\nPLACE = 'here'\nSECRET_KEY = 'a'\n"),
            ("requirements.txt", "flask\ngunicorn\n"),
            ("devel/roles/dev/files/shop.service", UNIT),
            ("deploy/shop.service", SERVED),
        ];
        files.extend(more);
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        let plan = crate::environments::infer(&repository, &Config::default(), true);
        let model = crate::resolve::resolve(&repository, plan, &Config::default(), "2026-01-01");
        let facts = model.facts.iter().filter(|fact| &*fact.id.key == name);
        facts.map(|fact| format!("{} {}", fact.id.environment, fact.text("value").unwrap_or("?"))).collect()
    }

    #[test]
    fn the_file_that_a_variable_names_is_in_force_over_the_defaults_of_each_environment() {
        assert_eq!(found("SIZE", &[]), ["production 1", "vagrant 1"]);
        let placed = ("devel/roles/dev/files/shop.cfg", "SIZE = 2\n");
        assert_eq!(found("SIZE", &[placed]), ["production 1", "vagrant 2"]);
        let filled = ("devel/roles/dev/templates/shop.cfg.j2", "SIZE = 2\nPLACE = '{{ place }}'\n");
        assert_eq!(found("SIZE", &[filled]), ["production 1", "vagrant 2"]);
        assert_eq!(found("PLACE", &[filled]), ["production here", "vagrant ?"]);
        let sample = ("deploy/shop.cfg.example", "SIZE = 3\nSECRET_KEY = 'b'\n");
        assert_eq!(found("SIZE", &[sample]), ["production 3", "vagrant 1"]);
        assert_eq!(found("SECRET_KEY", &[sample])[0], "production ?");
    }
}
