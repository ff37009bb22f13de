//! `buildspec.yml` of CodeBuild: the commands of all phases run in one shell, one after the other.
//! Source: <https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html>.

use super::{push, running, slug, using, variables};
use crate::discover::{Tree, paths};
use crate::formats::small::CommandText;
use crate::formats::small::tree::{self, Node};
use crate::formats::workflow::{Ci, Job, Workflow};
use crate::model::{FileId, Span, Spanned};

/// The phases, in the order they run in.
const PHASES: [&str; 4] = ["install", "pre_build", "build", "post_build"];

/// The build of a file as a workflow.
pub fn workflow(tree: &Tree, file: FileId) -> Workflow {
    let (root, problems) = tree::yaml(file, tree.text(file).unwrap_or_default());
    let mut jobs = Vec::new();
    if let Some(phases) = root.as_ref().and_then(|root| root.get("phases")) {
        let name = paths::name(tree.path(file)).rsplit_once('.').map_or("build", |(stem, _)| stem);
        let mut job = Job::blank(Spanned::new("build".to_owned(), Span { end: phases.span.start, ..phases.span }));
        job.name = Some(Spanned::new(slug(&name.replace('.', "-")), job.id.span));
        job.span = phases.span;
        let given = root.as_ref().and_then(|root| root.get("env"));
        job.env = variables(given.and_then(|env| env.get("variables")));
        for place in ["parameter-store", "secrets-manager"] {
            let kept = variables(given.and_then(|env| env.get(place)));
            let hidden = |text: Spanned<String>| Spanned::new("${{ secrets.it }}".to_owned(), text.span);
            job.env.extend(kept.into_iter().map(|(name, text)| (name, hidden(text))));
        }
        let phases: Vec<&Node> = PHASES.iter().filter_map(|name| phases.get(name)).collect();
        let versions = phases.iter().filter_map(|phase| phase.get("runtime-versions"));
        for version in versions.filter_map(|versions| versions.field("python")) {
            job.steps.push(using(
                "actions/setup-python@v5",
                version.span,
                [("python-version".to_owned(), version.clone())].into(),
            ));
        }
        let lists = phases.iter().flat_map(|phase| ["commands", "finally"].map(|name| phase.get(name)));
        let commands: Vec<Node> = lists.flatten().flat_map(Node::one_or_many).cloned().collect();
        job.steps.extend(CommandText::joined(&commands, "\n").map(|command| running(&command)));
        if !job.steps.is_empty() {
            push(&mut jobs, job);
        }
    }
    Workflow::elsewhere(Ci::CodeBuild, file, jobs, problems)
}
