//! Stacks of Amazon that are not read: which environments their files are named for.

use super::words::naming;
use crate::discover::classify::classify;
use crate::discover::{Kind, paths};
use crate::model::Role;

/// Parameters and templates of CloudFormation, task definitions of ECS: the environment that they are named for; of what the
/// application runs in it is production where they are named for none.
pub(super) fn stack<'t>(path: &str, text: &dyn Fn() -> &'t str) -> Option<(&'static str, Option<(Role, String)>)> {
    let name = paths::name(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let json = ending == "json";
    let lower = path.to_ascii_lowercase();
    let near = ["aws", "cfn", "cloudformation", "ecs", "infra", "param", "stack", "task", "template"];
    if !(json || ["yml", "yaml", "template"].contains(&ending)) || !near.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let named = || naming(name).role.or_else(|| naming(path).role).filter(|(role, _)| *role != Role::Test);
    let production = || Some((Role::Production, "production".to_owned()));
    if json && text().contains("\"ParameterKey\"") {
        return Some(("parameters of CloudFormation", named()));
    }
    // Where their names or folders say what they are, they are read.
    let read = classify(path) == Some(Kind::TaskDefinition);
    if json && !read && text().contains("\"containerDefinitions\"") {
        return Some(("a task definition of ECS", named().or_else(production)));
    }
    let runs = ["AWS::ECS::TaskDefinition", "AWS::ElasticBeanstalk::Environment", "AWS::AppRunner::Service"];
    runs.iter().any(|kind| text().contains(kind)).then(|| ("a template of CloudFormation", named().or_else(production)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const APP: (&str, &str) = ("shop/settings.py", "DEBUG = False\nALLOWED_HOSTS = []\n");

    #[test]
    fn stacks_of_amazon_are_of_the_environments_that_they_are_named_for() {
        let parameters = "[{\"ParameterKey\": \"Size\", \"ParameterValue\": \"2\"}]\n";
        let stack = "Resources:\n  Task: {Type: 'AWS::ECS::TaskDefinition'}\n";
        let found = environments(&[
            APP,
            ("cloudformation/shop.yml", stack),
            ("cloudformation/params-staging.json", parameters),
            ("cloudformation/params.json", parameters),
        ]);
        assert_eq!(
            found,
            ["production production: cloudformation/shop.yml", "staging staging: cloudformation/params-staging.json"]
        );
        let task = "{\"containerDefinitions\": [{\"name\": \"web\"}]}\n";
        let found = environments(&[APP, ("stacks/live-task.json", task), ("stacks/qa-task.json", task)]);
        assert_eq!(found, ["live production: stacks/live-task.json", "qa staging: stacks/qa-task.json"]);
    }
}
