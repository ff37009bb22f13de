//! `deploy`: where a successful build goes.

use crate::formats::gitlab::steps;
use crate::formats::pipelines::on_branches;
use crate::formats::small::CommandText;
use crate::formats::small::tree::Node;
use crate::formats::workflow::{Job, Step};
use crate::model::Spanned;

/// Keys that name where to, each of which may say it by branch: `app: {main: shop, develop: shop-staging}`.
const PLACES: [&str; 4] = ["app", "deployment_group", "env", "project"];

/// The jobs of one entry, one for each branch that has a place of its own; what publishes a package, pages or an archive deploys
/// nothing that runs.
pub(super) fn of(node: &Node, before: &[Spanned<String>]) -> Vec<Job> {
    let by_branch = PLACES.iter().find_map(|key| node.get(key).filter(|place| !place.entries().is_empty()));
    let Some(by_branch) = by_branch else { return job(node, before, None).into_iter().collect() };
    by_branch.entries().iter().filter_map(|(branch, _)| job(node, before, Some(branch))).collect()
}

/// The job of an entry, or of one branch of it.
fn job(node: &Node, before: &[Spanned<String>], of: Option<&Spanned<String>>) -> Option<Job> {
    let provider = node.field("provider")?;
    let mut job = Job::blank(Spanned::new("deploy".to_owned(), of.map_or(node.span, |branch| branch.span)));
    job.needs = before.to_vec();
    let place = |key: &str| {
        let named = node.get(key)?;
        of.and_then(|branch| named.field(&branch.value)).or_else(|| named.spanned())
    };
    job.steps = match provider.value.as_str() {
        "script" | "ssh" => {
            let lines: Vec<CommandText> =
                node.get("script")?.one_or_many().iter().filter_map(CommandText::of).collect();
            steps(lines.iter(), false)
        }
        "codedeploy" | "heroku" | "elasticbeanstalk" | "gae" => {
            let uses = Spanned::new(format!("travis/{}", provider.value), provider.span);
            let with = PLACES.iter().filter_map(|key| Some(((*key).to_owned(), place(key)?))).collect();
            vec![Step { uses: Some(uses), with, ..Step::blank(provider.span) }]
        }
        _ => return None,
    };
    job.environment = place("deployment_group");
    let on = node.path(&["on", "branch"]).or_else(|| node.path(&["true", "branch"]));
    let branches = of.map_or_else(|| on.map(Node::texts).unwrap_or_default(), |branch| vec![branch.clone()]);
    job.condition = on_branches(&branches);
    Some(job)
}
