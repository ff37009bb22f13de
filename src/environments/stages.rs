//! Which images of a Dockerfile are environments: the whole, or those of its stages that are named for one.

use super::images::build;
use super::plan::ImageBuild;
use super::published::{plain, publishing};
use super::words::naming;
use crate::formats::dockerfile::{Action, Build, CopyFrom};
use crate::links::Repository;
use crate::model::{FileId, Role, Span, Spanned};

/// An image to look at, and what names its environment.
pub(super) struct Asked {
    /// The image.
    pub(super) image: ImageBuild,
    /// The role and the word that says it.
    pub(super) named: Option<(Role, String)>,
    /// What says it.
    pub(super) by: &'static str,
    /// Where.
    pub(super) at: Span,
}

/// The images of a Dockerfile: where its stages are named for environments, each of them; else what is built as it stands.
/// What is published is production's, whatever the stages are called.
pub(super) fn asked(repository: &Repository<'_>, file: FileId, named: Option<(Role, String)>) -> Vec<Asked> {
    let image = plain(repository, file, None);
    let whole = |named| Asked { image: image.clone(), named, by: "the file name", at: Span::new(file, 0, 0) };
    let Some(build) = build(repository, &image).filter(|_| named.is_none()) else { return vec![whole(named)] };
    // An argument chooses among the stages: whoever gives it says which.
    if build.stages.iter().any(|stage| stage.base.stage.is_some() && stage.base.raw.value.contains('$')) {
        return vec![whole(None)];
    }
    let published = publishing(repository, file).is_some();
    let last = build.stages.len().saturating_sub(1);
    let mut found = Vec::new();
    let mut whole_named = false;
    for (at, stage) in build.stages.iter().enumerate() {
        let Some(name) = &stage.name else { continue };
        let Some((role, word)) = role_of(&build, at, &name.value) else { continue };
        whole_named |= at == last || role == Role::Production;
        if published && role == Role::Production {
            continue;
        }
        let image = ImageBuild { target: Some(name.value.clone()), ..image.clone() };
        found.push(Asked { image, named: Some((role, word)), by: "the stage", at: name.span });
    }
    if published || !whole_named {
        let target = image.target.as_ref().and_then(|target| {
            build.stages.iter().position(|stage| stage.name.as_ref().is_some_and(|name| name.value == *target))
        });
        let at = target.unwrap_or(last);
        let stage = build.stages.get(at).and_then(|stage| stage.name.as_ref());
        let role = |name: &Spanned<String>| {
            let role = role_of(&build, at, &name.value).filter(|(role, _)| published && *role == Role::Production)?;
            Some(Asked { named: Some(role), by: "the stage", at: name.span, ..whole(None) })
        };
        found.insert(0, stage.and_then(role).unwrap_or_else(|| whole(None)));
    }
    found
}

/// The role that a stage is named for: its name is a role's word, or holds one and nothing is built from it.
fn role_of(build: &Build, at: usize, name: &str) -> Option<(Role, String)> {
    let naming = naming(name);
    let (role, word) = naming.role.filter(|_| !naming.build && !naming.shared)?;
    (word == name || !used(build, at)).then_some((role, word))
}

fn used(build: &Build, at: usize) -> bool {
    build.stages.iter().any(|stage| {
        let copies = stage
            .steps
            .iter()
            .any(|step| matches!(&step.action, Action::Copy { from: Some(CopyFrom::Stage(from)), .. } if *from == at));
        copies || stage.base.stage == Some(at)
    })
}
