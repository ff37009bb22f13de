//! The settings that are taken where nothing selects any.

use super::components::Context;
use super::deployed;
use super::part::Part;
use crate::discover::Kind;
use crate::environments::settings::Module;
use crate::environments::{Planned, SettingsChoice};
use crate::formats::python::{self, ConfigClass};
use crate::knowledge::environments::{WordClass, class_of_word};
use crate::model::Span;

/// The settings of the whole program, where nothing selects any.
pub(super) fn plain(
    context: &Context<'_, '_>,
    planned: &Planned,
    part: Option<&Part<'_>>,
    modules: &[Module],
) -> Option<SettingsChoice> {
    let plain: Vec<&Module> = modules
        .iter()
        .filter(|module| module.role.is_none() && !module.shared && near(part, module) && !aside(module))
        .collect();
    // Beside settings of the whole program, those of a part of it are no choice; what takes over others is as whole as these.
    let takes_over = |text: &str| text.lines().any(|line| line.starts_with("from ") && line.contains("import *"));
    let whole = |module: &Module| {
        context.repository.tree.text(module.file).is_ok_and(|text| sets_whole(text) || takes_over(text))
    };
    let beside_whole = modules.iter().any(|module| near(part, module) && !aside(module) && whole(module));
    let plain: Vec<&Module> = plain.into_iter().filter(|module| !beside_whole || whole(module)).collect();
    // Of several, which one is deployed nothing here says.
    if deployed::is_bare(planned) && plain.len() > 1 {
        return None;
    }
    let only = plain.iter().find(|module| module.classes.is_empty() || is_object(context, module)).or(plain.first())?;
    // A package that only takes over what its modules hold stands for the one of them that holds the settings.
    let hands_on = context.repository.tree.text(only.file).is_ok_and(|text| !sets_whole(text) && takes_over(text));
    let within = |module: &&&Module| {
        module.name.strip_prefix(only.name.as_str()).is_some_and(|rest| rest.starts_with('.'))
            && class_of(&module.classes, None).is_some()
    };
    let only = plain.iter().find(|module| hands_on && within(module)).unwrap_or(only);
    let tree = context.repository.tree;
    let handed = python::settings_class(tree, only.file);
    let class = class_of(&only.classes, handed.as_deref());
    let object = || python::dynaconf_object(tree, only.file);
    // A class that is none of a library's holds what stands in it, where nothing stands beside it.
    let own = || {
        let class = only.classes.iter().find(|class| Some(&class.name) == handed.as_ref())?;
        tree.text(only.file).is_ok_and(|text| !text.lines().any(sets_at_top)).then(|| class.name.clone())
    };
    let class = class.map(|class| class.name.clone()).or_else(object).or_else(own);
    let span = Some(Span::new(only.file, 0, 0));
    Some(SettingsChoice { module: only.name.clone(), class, span })
}

/// Whether a line at the top of a module sets a name in capitals.
fn sets_at_top(line: &str) -> bool {
    let end = line.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')).unwrap_or(0);
    line.starts_with(|c: char| c.is_ascii_uppercase())
        && line.get(end..).is_some_and(|rest| rest.trim_start().starts_with(['=', ':']))
}

/// The class that holds a program's settings: the one whose object is handed out as them, else one that no other builds on.
fn class_of<'c>(classes: &'c [ConfigClass], handed: Option<&str>) -> Option<&'c ConfigClass> {
    let mut known: Vec<&String> = Vec::new();
    for _ in classes {
        let reads = |base: &String| base.ends_with("BaseSettings") || known.contains(&base);
        let names = classes.iter().filter(|class| class.bases.iter().any(reads)).map(|class| &class.name);
        known = names.collect();
    }
    let ours = || classes.iter().filter(|class| known.contains(&&class.name));
    let built_on = |class: &ConfigClass| ours().any(|other| other.bases.contains(&class.name));
    ours().find(|class| Some(class.name.as_str()) == handed).or_else(|| ours().find(|class| !built_on(class)))
}

/// Whether the repository holds a module, from whatever folder imports start.
pub(super) fn is_here(context: &Context<'_, '_>, module: &str) -> bool {
    let path = module.replace('.', "/");
    let ends = |own: &str, end: &str| own.strip_suffix(end).is_some_and(|root| root.is_empty() || root.ends_with('/'));
    context.repository.of(Kind::Python).iter().any(|file| {
        let own = context.repository.tree.path(*file);
        ends(own, &format!("{path}.py")) || ends(own, &format!("{path}/__init__.py"))
    })
}

/// Whether a file sets what only the settings of a whole program do.
pub(super) fn sets_whole(text: &str) -> bool {
    let names = ["INSTALLED_APPS", "ROOT_URLCONF", "MIDDLEWARE", "DATABASES", "SECRET_KEY", "DEBUG", "DATABASE_URL"];
    text.contains("BaseSettings")
        || text.contains("Dynaconf(")
        || text.lines().map(str::trim_start).any(|line| {
            names
                .iter()
                .any(|name| line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with(['=', ':'])))
        })
}

/// Whether a module lies beside the program: among its tests, examples and documentation, or to be copied.
fn aside(module: &Module) -> bool {
    let beside = ["t", "test", "tests", "integration", "example", "examples", "demo", "docs", "sandbox"];
    let last = module.name.rsplit('.').next().unwrap_or_default();
    let template = last.split('_').any(|word| class_of_word(word) == Some(WordClass::Template));
    template || module.name.split('.').any(|part| beside.contains(&part))
}

pub(super) fn is_object(context: &Context<'_, '_>, module: &Module) -> bool {
    let object = |text: &str| text.contains("BaseSettings") || text.contains("Dynaconf(");
    context.repository.tree.text(module.file).is_ok_and(object)
}

/// Whether a module lies in the folder a component is built from.
pub(super) fn near(part: Option<&Part<'_>>, module: &Module) -> bool {
    part.is_none_or(|part| {
        part.folder.is_empty()
            || part.folder == "."
            || module.root.starts_with(&part.folder)
            || part.folder.starts_with(&module.root)
    })
}

#[cfg(test)]
mod tests {
    use super::class_of;
    use crate::formats::python::ConfigClass;
    use crate::model::{FileId, Span};

    #[test]
    fn the_settings_of_a_program_are_the_class_that_no_other_one_builds_on() {
        let class = |name: &str, base: &str| ConfigClass {
            name: name.into(),
            span: Span::new(FileId(0), 0, 0),
            bases: vec![base.into()],
        };
        let all = [
            class("When", "NamedTuple"),
            class("Logging", "BaseSettings"),
            class("App", "Logging"),
            class("Mail", "pydantic.BaseSettings"),
        ];
        assert_eq!(class_of(&all, None).map(|class| class.name.as_str()), Some("App"));
        assert_eq!(class_of(&all, Some("Mail")).map(|class| class.name.as_str()), Some("Mail"));
        assert_eq!(class_of(&all[..1], None), None);
    }
}
