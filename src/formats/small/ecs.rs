//! Task definitions of Amazon ECS.

use super::json;
use super::tree::Node;
use crate::formats::{Var, Vars};
use crate::model::{FileId, Known, Origin, Problem, Reason, Spanned};

/// A task definition.
#[derive(Clone, Default, Debug)]
pub struct Task {
    /// Its containers.
    pub containers: Vec<Container>,
}

/// A container of a task.
#[derive(Clone, Debug)]
pub struct Container {
    /// Its name.
    pub name: Spanned<String>,
    /// The image.
    pub image: Option<Spanned<String>>,
    /// `entryPoint`.
    pub entry: Vec<Spanned<String>>,
    /// `command`.
    pub command: Vec<Spanned<String>>,
    /// `environment`: name and value.
    pub environment: Vec<(Spanned<String>, Spanned<String>)>,
    /// The names of `secrets`.
    pub secrets: Vec<Spanned<String>>,
    /// Why there may be further variables.
    pub more: Option<Reason>,
}

/// Reads a task definition, or what `register-task-definition` takes.
pub fn parse(file: FileId, text: &str) -> (Task, Vec<Problem>) {
    let (root, problems) = json::parse(file, text);
    let Some(root) = root else { return (Task::default(), problems) };
    let root = root.get("taskDefinition").unwrap_or(&root);
    let listed = root.get("containerDefinitions").unwrap_or(root);
    (Task { containers: listed.items().iter().filter_map(container).collect() }, problems)
}

fn container(node: &Node) -> Option<Container> {
    let texts = |key: &str| node.get(key).map(Node::texts).unwrap_or_default();
    let list = |key: &str| node.get(key).map_or(&[][..], Node::items);
    let file = list("environmentFiles").first();
    Some(Container {
        name: node.field("name")?,
        image: node.field("image"),
        entry: texts("entryPoint"),
        command: texts("command"),
        environment: list("environment")
            .iter()
            .filter_map(|pair| Some((pair.field("name")?, pair.field("value")?)))
            .collect(),
        secrets: list("secrets").iter().filter_map(|pair| pair.field("name")).collect(),
        more: file.map(|file| Reason::at("a file of variables is kept elsewhere", file.span)),
    })
}

impl Container {
    /// The variables that the task gives.
    pub fn variables(&self) -> Vars {
        let mut vars = Vars::new();
        for (name, value) in &self.environment {
            let origin = Origin::set(value.span);
            let filled = ["${", "{{", "%s"].iter().any(|mark| value.value.contains(mark));
            let var = if filled {
                let why = Reason::at("it is filled in when it is deployed", value.span);
                Var { value: Known::Unknown(why), ..Var::set("", origin) }
            } else {
                Var::set(value.value.clone(), origin)
            };
            vars.insert(name.value.clone(), var);
        }
        for name in &self.secrets {
            let why = Reason::at("a secret holds it", name.span).of_what_is_given();
            let var = Var { value: Known::Unknown(why), ..Var::set("", Origin::set(name.span)) };
            vars.insert(name.value.clone(), var);
        }
        vars
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_at_a_deployment_is_no_value() {
        let text = r#"{"containerDefinitions": [{"name": "web", "environment": [
            {"name": "A", "value": "1"}, {"name": "B", "value": "%s"}, {"name": "C", "value": "${TAG}"}]}]}"#;
        let (task, problems) = parse(FileId(0), text);
        let vars = task.containers[0].variables();
        assert!(problems.is_empty() && vars["A"].value == Known::One("1".to_owned()));
        assert!(vars["B"].value.is_unknown() && vars["C"].value.is_unknown());
    }
}
