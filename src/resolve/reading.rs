//! Which files an environment rests on, and what they leave open.

use super::components::Context;
use super::part::Part;
use super::settings::Loaded;
use crate::discover::Presence;
use crate::environments::{Planned, Runs};
use crate::model::{FileId, Span, Unresolved};

/// The files behind the components and settings of an environment.
pub fn files(parts: &[Part<'_>], loaded: Option<&Loaded>) -> Vec<FileId> {
    let mut files = Vec::new();
    let mut add = |file: FileId| {
        if !files.contains(&file) {
            files.push(file);
        }
    };
    for part in parts {
        if let Some(image) = &part.image {
            image.dockerfile.iter().for_each(|file| add(*file));
        }
        part.installs.sources.iter().for_each(|source| add(source.file));
        part.configs.iter().for_each(|file| add(*file));
        for process in &part.processes {
            process.script.iter().for_each(|file| add(*file));
        }
        for var in part.world.vars().values() {
            var.origin.steps.iter().for_each(|step| add(step.span.file));
        }
    }
    if let Some(loaded) = loaded {
        loaded.settings.files.iter().for_each(|(file, _)| add(*file));
    }
    files
}

/// That the folders of a collection were left out.
pub fn left_out(count: usize) -> Unresolved {
    Unresolved {
        project: ".".into(),
        environment: None,
        what: format!("{count} folders"),
        reason: "nothing joins them or says where they run, so they are left out".into(),
        span: None,
        answer_with: Some("projects = [\"*\"]".into()),
    }
}

/// What the files of an environment leave open, each with the configuration that would decide it.
pub fn unresolved(
    context: &Context<'_, '_>,
    planned: &Planned,
    parts: &[Part<'_>],
    loaded: Option<&Loaded>,
) -> Vec<Unresolved> {
    let name = planned.environment.name.clone();
    let mut all = Vec::new();
    let mut add = |what: String, reason: String, span: Option<Span>, answer_with: Option<String>| {
        let project = planned.environment.project.clone();
        let one = Unresolved { project, environment: Some(name.clone()), what, reason, span, answer_with };
        if !all.contains(&one) {
            all.push(one);
        }
    };
    for unit in &planned.units {
        let Runs::Compose { project, service, .. } = &unit.runs else { continue };
        for used in project.env_files.iter().filter(|used| used.service == *service) {
            match used.presence {
                Presence::Here(_) => {}
                Presence::Ignored => add(used.path.clone(), "git ignores the file".into(), Some(used.span), None),
                Presence::Missing => {
                    add(used.path.clone(), "the file is not in the repository".into(), Some(used.span), None);
                }
            }
        }
    }
    for part in parts {
        if let Err(reason) = &part.installs.packages_complete
            && part.installs.installs_python
        {
            let what = format!("packages of {}", part.name);
            add(what, reason.text.clone(), reason.span.or(part.span), reason.answer_with.clone());
        }
    }
    if let Some(loaded) = loaded {
        let provided = &planned.config.provides;
        for read in
            loaded.settings.reads.iter().filter(|read| read.required && !read.set && !provided.contains(&read.name))
        {
            let answer = format!("[environments.{name}]\nprovides = [\"{}\"]", read.name);
            add(
                read.name.clone(),
                "read without a default, provided by nothing here".into(),
                Some(read.span),
                Some(answer),
            );
        }
        for missing in loaded.settings.missing_modules.iter().filter(|module| module.ours) {
            add(format!("module {}", missing.name), "not in the repository".into(), Some(missing.span), None);
        }
        if !loaded.selected {
            let answer = format!("[environments.{name}]\nsettings = \"{}\"", loaded.choice.module);
            let reason = "named for it, but nothing selects it".to_owned();
            add(format!("settings {}", loaded.choice.module), reason, loaded.choice.span, Some(answer));
        }
    } else if planned.only_named {
        let answer = format!("[environments.{name}]\ndockerfile = \"…\"");
        let span = planned.environment.because.first().map(|evidence| evidence.span);
        add("what runs there".into(), "only a deploy job or a host's file names it".into(), span, Some(answer));
    }
    let _ = context;
    all
}
