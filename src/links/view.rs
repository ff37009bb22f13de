//! A part of a repository as a repository: the files and calls of one project among several.

use std::collections::{BTreeMap, BTreeSet};

use super::meaning::Meaning;
use super::repository::{Call, Caller, Repository};
use crate::discover::{Kind, paths};
use crate::formats::workflow::Step;
use crate::model::FileId;

/// The root among `roots` that a path lies under, the innermost of them; `""` where it lies under none.
pub fn owner<'r>(roots: &'r [String], path: &str) -> &'r str {
    let holds = |root: &&String| {
        root.is_empty() || path.strip_prefix(root.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    roots.iter().filter(holds).max_by_key(|root| root.len()).map_or("", String::as_str)
}

/// The folder that a call is about: the context it builds, that of the compose files it names, else where it runs.
pub fn target(call: &Call) -> String {
    let of_file = |path: &String| paths::join(&call.folder, path).map(|path| paths::parent(&path).to_owned());
    let named = match &call.meaning {
        Meaning::Builds(build) => paths::join(&call.folder, &build.context),
        Meaning::Composes(compose) => match (&compose.directory, compose.files.last()) {
            (Some(directory), _) => paths::join(&call.folder, directory),
            (None, Some(file)) => of_file(file),
            _ => None,
        },
        _ => None,
    };
    named.unwrap_or_else(|| call.folder.clone())
}

/// The folder whose image a step of a workflow builds by an action.
pub fn built_by_step(step: &Step) -> Option<String> {
    let with = |name: &str| step.with.get(name).map(|value| value.value.trim().to_owned());
    let context = with("context").filter(|context| !context.contains("${{"));
    if step.uses.as_ref().is_some_and(|uses| publishes_image(&uses.value)) {
        return paths::join("", &context?);
    }
    step.uses.as_ref().filter(|uses| uses.value.starts_with("docker/build-push-action"))?;
    let file = with("file").filter(|file| !file.contains("${{"));
    // Everything is in the root's context: then the Dockerfile says what is built.
    let context = context.and_then(|context| paths::join("", &context)).unwrap_or_default();
    let beside = file.and_then(|file| paths::join("", &file)).map(|file| paths::parent(&file).to_owned());
    if context.is_empty() { beside.or(Some(context)) } else { Some(context) }
}

/// Whether an action is by its name one that builds an image and publishes it, other than Docker's own.
pub fn publishes_image(uses: &str) -> bool {
    let name = uses.split('@').next().unwrap_or_default().to_ascii_lowercase();
    let Some((owner, name)) = name.split_once('/') else { return false };
    let words: Vec<&str> = name.split(['-', '_', '/']).collect();
    let any = |asked: &[&str]| words.iter().any(|word| asked.contains(word));
    owner != "docker" && owner != "." && any(&["docker", "image", "ghcr", "ecr"]) && any(&["publish", "push"])
}

impl Repository<'_> {
    /// The project at one of several roots. A workflow is that of the only project its commands are about; one that is
    /// about several, or about none, is the root's, and each project has those of its calls that are about it.
    #[must_use]
    pub fn view(&self, roots: &[String], root: &str) -> Self {
        let flows: BTreeMap<FileId, &str> =
            self.of(Kind::Workflow).iter().map(|file| (*file, self.flow_owner(roots, *file))).collect();
        let mine = |kind: Kind, file: FileId| match flows.get(&file).filter(|_| kind == Kind::Workflow) {
            Some(owner) => *owner == root,
            None => owner(roots, self.tree.path(file)) == root,
        };
        let kept = |call: &&Call| {
            let about = owner(roots, &target(call));
            match &call.caller {
                Caller::Job { file, .. } => {
                    let flow = flows.get(file).copied().unwrap_or_default();
                    if about.is_empty() { flow == root } else { about == root }
                }
                _ => about == root,
            }
        };
        let calls = self.calls.iter().filter(kept).cloned().collect();
        self.only(&mine, calls)
    }

    fn flow_owner<'r>(&self, roots: &'r [String], file: FileId) -> &'r str {
        let own = |call: &&Call| matches!(&call.caller, Caller::Job { file: other, .. } if *other == file);
        let called = self.calls.iter().filter(own).map(|call| owner(roots, &target(call)));
        let flow = self.workflow(file);
        let steps = flow.iter().flat_map(|flow| &flow.jobs).flat_map(|job| &job.steps);
        let built = steps.filter_map(built_by_step).map(|folder| owner(roots, &folder));
        let about: BTreeSet<&str> = called.chain(built).filter(|owner| !owner.is_empty()).collect();
        match about.iter().next() {
            Some(only) if about.len() == 1 => only,
            _ => "",
        }
    }
}
