//! What the commands of a build or a job install and remove of the distribution's packages.

use super::installs::{Place, maybe};
use super::part::{Installs, SystemPart};
use crate::formats::shell::Executed;
use crate::knowledge::concepts;
use crate::links::meaning;
use crate::links::repository::words;
use crate::links::system_install::{Mark, SystemInstall, SystemPackage};
use crate::model::Reason;

/// Adds what a command installs, and takes out what it removes.
pub(super) fn take(installs: &mut Installs, install: &SystemInstall, executed: &Executed, place: &Place<'_, '_>) {
    let argv = words(executed);
    let skipped = argv.len() - meaning::unwrapped(&argv).len();
    for package in &install.add {
        let word = executed.argv.get(package.word + skipped);
        if package.name.contains('$') || word.is_some_and(|word| word.text.one().is_none()) {
            let reason =
                Reason::at(format!("{} is not known here", package.name), word.map_or(executed.span, |word| word.span));
            installs.system_complete = Err(reason);
            continue;
        }
        let concept = concepts::concept(install.manager, &package.name).to_owned();
        installs.system.push(SystemPart {
            concept,
            package: package.name.clone(),
            manager: install.manager,
            version: package.version.clone(),
            stage: place.stage.clone(),
            group: install.group.clone(),
            span: word.map_or(executed.span, |word| word.span),
            maybe: maybe(executed),
            automatic: false,
            shown: false,
        });
    }
    if let Some(why) = install.more {
        installs.system_complete = Err(Reason::at(why, executed.span));
    }
    removed(installs, install, executed, skipped);
}

/// What a command removes or marks.
fn removed(installs: &mut Installs, install: &SystemInstall, executed: &Executed, skipped: usize) {
    let known = |package: &&SystemPackage| {
        executed.argv.get(package.word + skipped).is_none_or(|word| word.text.one().is_some())
    };
    let named: Vec<&str> = install.remove.iter().filter(known).map(|package| package.name.as_str()).collect();
    let gone = |part: &SystemPart| {
        named.contains(&part.package.as_str())
            || part.group.as_ref().is_some_and(|group| named.contains(&group.as_str()))
    };
    match maybe(executed) {
        None => installs.system.retain(|part| !gone(part)),
        Some(reason) => {
            let parts = installs.system.iter_mut().filter(|part| gone(part) && part.maybe.is_none());
            parts.for_each(|part| part.maybe = Some(reason.clone()));
        }
    }
    let open = install.fewer.or((named.len() < install.remove.len()).then_some("what is removed is not known here"));
    let cleaned = "it is removed unless something else needs it";
    for part in installs.system.iter_mut().filter(|part| part.manager == install.manager) {
        let why = open.or((install.cleans && part.automatic).then_some(cleaned));
        part.maybe = part.maybe.take().or(why.map(|why| Reason::at(why, executed.span)));
        match &install.mark {
            Some(Mark::Shown) => part.shown = true,
            Some(Mark::Automatic(names)) => part.automatic |= names.is_empty() || names.contains(&part.package),
            Some(Mark::Manual(names)) => {
                let saved = part.shown && names.iter().any(|name| name.contains('$'));
                part.automatic &= !(saved || names.contains(&part.package));
            }
            None => {}
        }
    }
}
