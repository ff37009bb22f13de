//! Values for a chart of Helm that is elsewhere: one file an environment, named for it.

use super::images::is_python;
use super::plan::{ContainerRun, ImageBuild, Planned, Runs, Unit};
use super::published;
use super::words::naming;
use crate::discover::aside::is_aside;
use crate::discover::{Kind, paths};
use crate::formats::small::tree::{self, Node};
use crate::formats::{Var, Vars};
use crate::knowledge::deployments::{Says, says};
use crate::links::Repository;
use crate::model::{Confidence, FileId, Known, Origin, Reason, Role, Span};

/// Keys whose mapping or list gives variables to the application.
const GIVING: [&str; 8] = [
    "config",
    "env",
    "envs",
    "environment",
    "environmentVariables",
    "extraEnv",
    "extraEnvVars",
    "environmentVariablesSecrets",
];
/// Keys that say that a file is about what a chart deploys.
const DEPLOYING: [&str; 6] = ["image", "ingress", "replicaCount", "autoscaling", "environmentVariables", "resources"];

/// The environments of values, where there are several such files and no chart in the repository.
pub(super) fn infer(repository: &Repository<'_>) -> Vec<Planned> {
    let tree = repository.tree;
    if tree.files().any(|(_, path)| paths::name(path) == "Chart.yaml") {
        return Vec::new();
    }
    let image = image(repository);
    let files = tree.files().filter(|(_, path)| !is_aside(path)).filter_map(|(file, path)| Some((file, named(path)?)));
    let found: Vec<Planned> =
        files.filter_map(|(file, named)| planned(repository, file, named, image.as_ref())).collect();
    if found.len() > 1 { found } else { Vec::new() }
}

/// The role and word of a file of values: `prod-values.yml`, `values-prod.yaml`, `values/prod.yaml`, `prod/values.yaml`.
fn named(path: &str) -> Option<(Role, String)> {
    let name = paths::name(path);
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"))?;
    let folder = paths::name(paths::parent(path));
    let word = match stem.split(['-', '.', '_']).position(|word| word == "values") {
        Some(_) if stem == "values" => folder.to_owned(),
        Some(_) => stem.split(['-', '.', '_']).filter(|word| *word != "values").collect::<Vec<_>>().join("-"),
        None if folder == "values" => stem.to_owned(),
        None => return None,
    };
    let (role, word) = naming(&format!("{word}.x")).role?;
    match role {
        Role::Test => (says(&word) == Some(Says::Tried)).then_some((Role::Staging, word)),
        _ => Some((role, word)),
    }
}

fn planned(
    repository: &Repository<'_>,
    file: FileId,
    (role, word): (Role, String),
    image: Option<&ImageBuild>,
) -> Option<Planned> {
    let parsed = repository.tree.parsed(file, tree::yaml).ok()?;
    let root = parsed.0.as_ref()?;
    let deploys = DEPLOYING.iter().filter(|key| root.get(key).is_some()).count();
    let given = variables(root);
    if deploys < 2 && given.is_empty() {
        return None;
    }
    let start = Span::new(file, 0, 0);
    let mut planned = Planned::new(&word, role, Confidence::Named)
        .because(start, format!("values of Helm are named for {}", role.name()));
    planned.unseen = Some(Reason::at("the chart that takes these values is not in the repository", start));
    if let Some(image) = image {
        let run = ContainerRun {
            image: Some(image.clone()),
            reference: None,
            entry: Vec::new(),
            command: Vec::new(),
            host: None,
            more: planned.unseen.clone(),
            span: start,
        };
        planned.add_file(image.dockerfile);
        planned.variables.insert("app".into(), given);
        planned.units.push(Unit { name: "app".into(), runs: Runs::Container(Box::new(run)) });
    } else {
        planned.given = given;
        planned.only_named = true;
    }
    Some(planned)
}

/// The image of the repository that charts deploy: the one that is published, or the only one.
fn image(repository: &Repository<'_>) -> Option<ImageBuild> {
    let all = || repository.of(Kind::Dockerfile).iter().copied().filter(|file| is_python(repository, *file));
    let only = |mut files: Vec<FileId>| if files.len() == 1 { files.pop() } else { None };
    let plain = |file: &FileId| paths::name(repository.tree.path(*file)) == "Dockerfile";
    let published = all().filter(|file| published::pushed(repository, *file).is_some()).collect();
    let file = only(published).or_else(|| only(all().filter(plain).collect()))?;
    Some(published::plain(repository, file, None))
}

/// The variables that values give: literals by their texts, those of secrets as set to what is not known.
fn variables(root: &Node) -> Vars {
    let mut found = Vars::new();
    for node in GIVING.iter().filter_map(|key| root.get(key)) {
        for item in node.items() {
            found.extend(item.field("name").map(|name| variable(&name.value, item.get("value"), name.span)));
        }
        for (name, value) in node.entries() {
            let listed =
                value.field("name").filter(|_| value.get("secretName").is_some() || value.get("valueFrom").is_some());
            found.extend(match listed {
                Some(name) => Some(variable(&name.value, None, name.span)),
                None => is_variable(&name.value).then(|| variable(&name.value, Some(value), name.span)),
            });
        }
    }
    found.retain(|name, _| is_variable(name));
    found
}

fn is_variable(name: &str) -> bool {
    let capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    name.len() > 1 && name.chars().all(capital) && name.starts_with(|c: char| c.is_ascii_uppercase())
}

fn variable(name: &str, value: Option<&Node>, span: Span) -> (String, Var) {
    let text = value.and_then(Node::scalar).filter(|text| !text.contains("{{") && !text.contains("${"));
    let unknown = || Var {
        value: Known::Unknown(Reason::at("a secret or the chart gives it", span)),
        ..Var::set("", Origin::set(span))
    };
    let set = |text| Var::set(text, Origin::set(value.map_or(span, |value| value.span)));
    let var = text.map_or_else(unknown, set);
    (name.to_owned(), var)
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const IMAGE: (&str, &str) = ("Dockerfile", "FROM python:3.13\nCOPY . /app\nCMD gunicorn a.wsgi\n");
    const VALUES: &str = "image: {tag: x}\nenvironmentVariables:\n- {name: ENV, value: prod}\n";

    #[test]
    fn values_that_are_named_for_environments_are_those() {
        let files =
            [IMAGE, ("ops/prod-values.yml", VALUES), ("ops/test-values.yml", VALUES), ("ops/dev-values.yml", VALUES)];
        let found = environments(&files);
        assert_eq!(found[0], "prod production: ops/prod-values.yml Dockerfile", "{found:?}");
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[1].starts_with("test staging: ") && found[2].starts_with("dev development: "), "{found:?}");
        let only = environments(&[IMAGE, ("ops/prod-values.yml", VALUES)]);
        assert_eq!(only, ["production production: Dockerfile"]);
        let other = environments(&[IMAGE, ("ops/values/prod.yml", "a: 1\n"), ("ops/values/dev.yml", "b: 1\n")]);
        assert_eq!(other, ["production production: Dockerfile"]);
    }
}
