//! `render.yaml`.

use super::CommandText;
use super::tree::{self, Node};
use crate::formats::{Var, Vars};
use crate::model::{FileId, Known, Origin, Problem, Reason, Span, Spanned, StepKind};

/// A blueprint.
#[derive(Clone, Default, Debug)]
pub struct Blueprint {
    /// Services.
    pub services: Vec<Service>,
    /// Databases.
    pub databases: Vec<Database>,
    /// `envVarGroups`: name and variables.
    pub groups: Vec<(Spanned<String>, Vec<EnvVar>)>,
    /// `projects` with their environments, each a blueprint of its own.
    pub environments: Vec<(Spanned<String>, Blueprint)>,
}

/// A service.
#[derive(Clone, Debug)]
pub struct Service {
    /// `type`: web, worker, cron, pserv, keyvalue.
    pub kind: Option<Spanned<String>>,
    /// `name`.
    pub name: Option<Spanned<String>>,
    /// `runtime`, in older files `env`.
    pub runtime: Option<Spanned<String>>,
    /// `dockerfilePath`.
    pub dockerfile: Option<Spanned<String>>,
    /// `dockerContext`.
    pub context: Option<Spanned<String>>,
    /// `image.url`.
    pub image: Option<Spanned<String>>,
    /// `startCommand`, or `dockerCommand`; the image's own where none is given.
    pub start: Option<CommandText>,
    /// `buildCommand`.
    pub build: Option<CommandText>,
    /// `preDeployCommand`.
    pub pre_deploy: Option<CommandText>,
    /// `rootDir`.
    pub root: Option<Spanned<String>>,
    /// `schedule` of a cron job.
    pub schedule: Option<Spanned<String>>,
    /// `envVars`.
    pub env: Vec<EnvVar>,
    /// Its extent.
    pub span: Span,
}

/// A variable of a service.
#[derive(Clone, Debug)]
pub struct EnvVar {
    /// `key`; none where a group is taken over.
    pub name: Option<Spanned<String>>,
    /// `value`.
    pub value: Option<Spanned<String>>,
    /// `fromGroup`.
    pub group: Option<Spanned<String>>,
    /// `fromDatabase.name`.
    pub database: Option<Spanned<String>>,
    /// `fromService.name`.
    pub service: Option<Spanned<String>>,
    /// `fromService.envVarKey`: the variable of that service whose value it takes.
    pub service_key: Option<Spanned<String>>,
    /// `generateValue: true`.
    pub generated: bool,
    /// `sync: false`: given by hand.
    pub by_hand: bool,
}

/// A database.
#[derive(Clone, Debug)]
pub struct Database {
    /// `name`.
    pub name: Option<Spanned<String>>,
    /// `postgresMajorVersion`.
    pub version: Option<Spanned<String>>,
    /// Its extent.
    pub span: Span,
}

/// Reads `render.yaml`.
pub fn parse(file: FileId, text: &str) -> (Blueprint, Vec<Problem>) {
    let (root, problems) = tree::yaml(file, text);
    let Some(root) = root else { return (Blueprint::default(), problems) };
    (blueprint(&root, 0), problems)
}

fn blueprint(root: &Node, depth: usize) -> Blueprint {
    let list = |key: &str| root.get(key).map_or(&[][..], Node::items);
    let database = |node: &Node| Database {
        name: node.field("name"),
        version: node.field("postgresMajorVersion"),
        span: node.span,
    };
    let projects = list("projects").iter().flat_map(|project| project.get("environments").map_or(&[][..], Node::items));
    Blueprint {
        environments: projects
            .filter(|_| depth == 0)
            .filter_map(|node| Some((node.field("name")?, blueprint(node, depth + 1))))
            .collect(),
        services: list("services").iter().map(service).collect(),
        databases: list("databases").iter().map(database).collect(),
        groups: list("envVarGroups").iter().filter_map(|node| Some((node.field("name")?, variables(node)))).collect(),
    }
}

fn service(node: &Node) -> Service {
    let command = |key: &str| node.get(key).and_then(CommandText::of);
    Service {
        kind: node.field("type"),
        name: node.field("name"),
        runtime: node.field("runtime").or_else(|| node.field("env")),
        dockerfile: node.field("dockerfilePath"),
        context: node.field("dockerContext"),
        schedule: node.field("schedule"),
        image: node.path(&["image", "url"]).and_then(Node::spanned),
        start: command("startCommand").or_else(|| command("dockerCommand")),
        build: command("buildCommand"),
        pre_deploy: command("preDeployCommand"),
        root: node.field("rootDir"),
        env: variables(node),
        span: node.span,
    }
}

fn variables(node: &Node) -> Vec<EnvVar> {
    let yes = |node: &Node, key: &str| node.get(key).and_then(Node::as_bool);
    let variable = |node: &Node| EnvVar {
        name: node.field("key"),
        value: node.field("value"),
        group: node.field("fromGroup"),
        database: node.get("fromDatabase").and_then(|from| from.field("name")),
        service: node.get("fromService").and_then(|from| from.field("name")),
        service_key: node.get("fromService").and_then(|from| from.field("envVarKey")),
        generated: yes(node, "generateValue") == Some(true),
        by_hand: yes(node, "sync") == Some(false),
    };
    node.get("envVars").map_or(&[][..], Node::items).iter().map(variable).collect()
}

impl Service {
    /// Whether it is built from a Dockerfile.
    pub fn is_docker(&self) -> bool {
        self.runtime.as_ref().is_some_and(|runtime| runtime.value == "docker")
    }

    /// The product of a service that Render runs by itself: Valkey, in older files Redis.
    pub fn is_keyvalue(&self) -> bool {
        self.kind.as_ref().is_some_and(|kind| matches!(kind.value.as_str(), "keyvalue" | "redis"))
    }
}

impl Blueprint {
    /// The variables of a service with the groups that it takes over; its own win. What another gives is unknown, but set.
    pub fn variables(&self, service: &Service) -> Vars {
        let mut all = of_platform(service);
        for group in service.env.iter().filter_map(|var| var.group.as_ref()) {
            let Some((_, vars)) = self.groups.iter().find(|(name, _)| name.value == group.value) else { continue };
            all.extend(vars.iter().filter_map(|var| self.variable(var)));
        }
        all.extend(service.env.iter().filter_map(|var| self.variable(var)));
        all
    }

    fn variable(&self, var: &EnvVar) -> Option<(String, Var)> {
        let name = var.name.as_ref()?;
        let taken = || {
            let key = &var.service_key.as_ref()?.value;
            let other = self.services.iter().find(|other| {
                var.service.as_ref().zip(other.name.as_ref()).is_some_and(|(wanted, name)| wanted.value == name.value)
            })?;
            other.env.iter().find(|var| var.name.as_ref().is_some_and(|name| name.value == *key))?.value.clone()
        };
        if let Some(value) = var.value.clone() {
            return Some((name.value.clone(), Var::set(value.value, Origin::set(value.span))));
        }
        if let Some(value) = taken() {
            let origin = Origin::set(value.span).then(StepKind::Used, name.span);
            return Some((name.value.clone(), Var::set(value.value, origin)));
        }
        let from =
            |what: &Option<Spanned<String>>| what.as_ref().map(|what| format!("Render takes it from {}", what.value));
        let reason = from(&var.database).or_else(|| from(&var.service));
        let reason = reason.or_else(|| var.generated.then(|| "Render makes it up".to_owned()));
        let reason = reason.or_else(|| var.by_hand.then(|| "it is given by hand on Render".to_owned()))?;
        let value = Known::Unknown(Reason::at(reason, name.span));
        Some((name.value.clone(), Var { value, ..Var::set("", Origin::set(name.span)) }))
    }
}

/// The variables that Render sets in every service.
fn of_platform(service: &Service) -> Vars {
    let Some(name) = &service.name else { return Vars::new() };
    let set = |value: &str| Var::set(value, Origin::set(name.span));
    let pairs = [("RENDER", "true"), ("IS_PULL_REQUEST", "false"), ("RENDER_SERVICE_NAME", name.value.as_str())];
    let mut all: Vars = pairs.into_iter().map(|(name, value)| (name.to_owned(), set(value))).collect();
    if service.kind.as_ref().is_some_and(|kind| kind.value == "web") {
        let reason = Reason::at("Render chooses the address of the service", name.span);
        for address in ["RENDER_EXTERNAL_HOSTNAME", "RENDER_EXTERNAL_URL"] {
            let value = Known::Unknown(reason.clone());
            all.insert(address.to_owned(), Var { value, ..set("") });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_variables_and_databases_are_read() {
        let text = "databases:\n  - {name: db, postgresMajorVersion: 15}\nenvVarGroups:\n  - name: g\n    envVars:\n      - {key: A, value: 1}\n      - {key: B, value: 2}\n\
                    services:\n  - type: web\n    name: w\n    runtime: python\n    rootDir: back\n    buildCommand: pip install .\n    startCommand: gunicorn a\n\
                    \x20   envVars:\n      - fromGroup: g\n      - {key: B, value: 3}\n      - key: U\n        fromDatabase: {name: db, property: connectionString}\n\
                    \x20     - {key: S, generateValue: true}\n      - {key: H, sync: false}\n      - key: R\n        fromService: {type: keyvalue, name: r}\n\
                    \x20     - key: K\n        fromService: {type: worker, name: k, envVarKey: C}\n\
                    \x20 - {type: redis, name: r}\n  - {type: worker, name: k, env: docker, envVars: [{key: C, value: c}], dockerfilePath: ./D, dockerContext: ., dockerCommand: celery}\n\
                    projects:\n  - name: p\n    environments:\n      - name: staging\n        services: [{type: web, name: s}]\n";
        let (all, problems) = parse(FileId(0), text);
        assert!(problems.is_empty());
        let web = &all.services[0];
        let values: Vec<_> = all
            .variables(web)
            .into_iter()
            .filter(|(name, _)| !name.contains("RENDER") && name != "IS_PULL_REQUEST")
            .map(|(name, var)| format!("{name}={}", var.value.one().map_or("?", String::as_str)))
            .collect();
        assert_eq!(values, ["A=1", "B=3", "H=?", "K=c", "R=?", "S=?", "U=?"]);
        assert_eq!(all.variables(web)["RENDER"].value, Known::One("true".into()));
        assert_eq!(web.env.iter().filter(|var| var.database.is_some() || var.service.is_some()).count(), 3);
        assert!(web.env.iter().any(|var| var.generated) && web.env.iter().any(|var| var.by_hand));
        assert!(all.services[1].is_keyvalue() && all.services[2].is_docker() && !web.is_docker());
        assert_eq!(all.services[2].start.as_ref().map(|command| command.text.as_str()), Some("celery"));
        assert_eq!(all.databases[0].version.as_ref().map(|text| text.value.as_str()), Some("15"));
        assert_eq!((all.environments[0].0.value.as_str(), all.environments[0].1.services.len()), ("staging", 1));
    }
}
