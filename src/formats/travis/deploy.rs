//! `deploy`: where a successful build goes.

use crate::formats::gitlab::steps;
use crate::formats::small::CommandText;
use crate::formats::small::tree::Node;
use crate::formats::workflow::{Job, Step};
use crate::model::Spanned;

/// The job of one entry; what publishes a package, pages or an archive deploys nothing that runs.
pub(super) fn of(node: &Node, before: &[Spanned<String>]) -> Option<Job> {
    let provider = node.field("provider")?;
    let mut job = Job::blank(Spanned::new("deploy".to_owned(), node.span));
    job.needs = before.to_vec();
    job.steps = match provider.value.as_str() {
        "script" | "ssh" => {
            let lines: Vec<CommandText> =
                node.get("script")?.one_or_many().iter().filter_map(CommandText::of).collect();
            steps(lines.iter(), false)
        }
        "codedeploy" | "heroku" | "elasticbeanstalk" | "gae" => {
            let uses = Spanned::new(format!("travis/{}", provider.value), provider.span);
            vec![Step { uses: Some(uses), ..Step::blank(provider.span) }]
        }
        _ => return None,
    };
    job.environment = node.field("deployment_group");
    let branch = node.path(&["on", "branch"]).or_else(|| node.path(&["true", "branch"]));
    let branches = branch.map(Node::texts).unwrap_or_default();
    let all: Vec<String> =
        branches.iter().map(|branch| format!("github.ref == 'refs/heads/{}'", branch.value)).collect();
    job.condition = branches.first().map(|first| Spanned::new(all.join(" || "), first.span));
    Some(job)
}
