//! `inspect` of compose files: the services they make together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::Request;
use super::installed::{relative, seen_from};
use crate::discover::{Disk, Presence, Source, Tree, paths};
use crate::formats::compose::{self, BuildSpec, Field, Healthcheck, Options, Profiles, Project, Provider, Service};
use crate::formats::dotenv::{self, Dialect};
use crate::formats::{Var, Vars, World};
use crate::model::{FileId, Known, Origin, Reason};

/// Where the files stand: the root of the tree, and the folder of the project in it.
struct Place {
    root: PathBuf,
    folder: String,
}

/// The document, or why there is none.
pub fn document(request: &Request) -> Result<Value, String> {
    let files: Vec<PathBuf> = request.paths.iter().filter_map(|path| std::path::absolute(path).ok()).collect();
    let folder = files.first().and_then(|file| file.parent()).ok_or("a compose file is needed")?.to_path_buf();
    let root = root(&files, &folder, request)?;
    let outside = |path: &Path| format!("{} is not beneath {}", path.display(), root.display());
    let names: Vec<String> =
        files.iter().map(|file| relative(file, &root).ok_or_else(|| outside(file))).collect::<Result<_, _>>()?;
    let place = Place { folder: relative(&folder, &root).ok_or_else(|| outside(&folder))?, root };
    let tree = Tree::open(Box::new(Disk::with_ignored(&place.root))).map_err(|error| error.to_string())?;
    let ids: Vec<FileId> = names
        .iter()
        .map(|name| tree.find(name).ok_or_else(|| format!("{name}: no such file")))
        .collect::<Result<_, _>>()?;
    let env = match variables(&tree, &place, request) {
        Ok(vars) => World::Closed(vars),
        Err(why) => return Ok(refused(&why)),
    };
    let profiles = if request.profiles.iter().any(|name| name == "*") {
        Profiles::All
    } else {
        Profiles::Named(request.profiles.iter().cloned().collect())
    };
    let project = compose::load(&tree, &ids, &Options { env, profiles, project_dir: place.folder.clone() });
    Ok(whole(&project, &place))
}

/// A folder that holds every file that `..` may lead to.
fn root(files: &[PathBuf], folder: &Path, request: &Request) -> Result<PathBuf, String> {
    if let Some(root) = &request.root {
        return std::path::absolute(root).map_err(|error| error.to_string());
    }
    let mut root = folder.to_path_buf();
    for file in files {
        while !file.starts_with(&root) && root.pop() {}
    }
    let mut ups = 0;
    for file in files {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let bytes = file.parent().and_then(|folder| Disk::new(folder).read(name).ok()).unwrap_or_default();
        ups = ups.max(climbs(&String::from_utf8_lossy(&bytes)));
    }
    for _ in 0..ups.min(4) {
        // The root of the disk, or what lies right beneath it, is never listed.
        if root.parent().is_some_and(|parent| parent.components().count() > 2) {
            root.pop();
        }
    }
    Ok(root)
}

/// The longest run of `../` in a text.
fn climbs(text: &str) -> usize {
    let mut most = 0;
    let mut rest = text;
    while let Some(at) = rest.find("..") {
        let run = &rest[at..];
        let ups = run.split('/').take_while(|part| *part == "..").count().max(1);
        most = most.max(ups);
        rest = &run[2..];
        rest = rest.strip_prefix('/').map_or(rest, |rest| rest.trim_start_matches("../"));
    }
    most
}

/// The variables of `${X}`: those of the request above the files of variables, later files above earlier ones.
fn variables(tree: &Tree, place: &Place, request: &Request) -> Result<Vars, String> {
    let mut given: Vars = [("PATH", "/usr/bin:/bin"), ("HOME", "~"), ("COMPOSE_PROJECT_NAME", "project")]
        .map(|(name, value)| (name.to_owned(), Var::set(value, Origin::default())))
        .into();
    given.extend(request.env.iter().map(|(k, v)| (k.clone(), Var::set(v.clone(), Origin::default()))));
    let mut texts: Vec<(FileId, String)> = Vec::new();
    for path in &request.env_files {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let bytes = Disk::new(folder).read(name).map_err(|error| format!("{}: {error}", path.display()))?;
        texts.push((FileId(u32::MAX), String::from_utf8_lossy(&bytes).into_owned()));
    }
    if request.env_files.is_empty()
        && let Some(file) = paths::join(&place.folder, ".env").and_then(|path| tree.find(&path))
    {
        texts.push((file, tree.text(file).map_err(|error| error.to_string())?.to_owned()));
    }
    let mut found = Vars::new();
    for (file, text) in texts {
        let mut world = found.clone();
        world.extend(given.clone());
        let read = dotenv::parse(file, &text, Dialect::Compose, &World::Closed(world));
        if let Some(problem) = read.problems.first() {
            return Err(problem.message.clone());
        }
        found.extend(dotenv::vars(&read));
    }
    found.extend(given);
    Ok(found)
}

fn refused(why: &str) -> Value {
    json!({"kind": "compose", "ok": false, "error": why, "env_files": null, "warnings": [], "services": {},
        "volumes": [], "networks": [], "secrets": [], "configs": []})
}

fn whole(project: &Project, place: &Place) -> Value {
    if let Some(problem) = project.errors.first().or(project.problems.first()) {
        return refused(&problem.message);
    }
    let skipped = project.env_files.iter().any(|file| {
        file.required && !matches!(file.presence, Presence::Here(_)) && project.services.contains_key(&file.service)
    });
    let services: Map<String, Value> =
        project.services.iter().map(|(name, found)| (name.clone(), service(found, place, skipped))).collect();
    json!({
        "kind": "compose", "ok": true, "error": null,
        "env_files": if skipped { "skipped" } else { "resolved" },
        "warnings": [], "services": services,
        "volumes": project.volumes, "networks": project.networks,
        "secrets": project.secrets, "configs": project.configs,
    })
}

fn unknown(reason: &Reason) -> Value {
    json!({"$unknown": reason.text})
}

fn known<T>(value: &Known<T>, show: impl Fn(&T) -> Value) -> Value {
    match value {
        Known::One(value) => show(value),
        Known::Absent => Value::Null,
        Known::OneOf(_, why) | Known::Every(_, why) | Known::Unknown(why) => unknown(why),
    }
}

fn text(field: Option<&Field<String>>) -> Value {
    field.map_or(Value::Null, |field| known(&field.value, |text| json!(text)))
}

fn words(field: Option<&Field<Vec<String>>>) -> Value {
    field.map_or(Value::Null, |field| known(&field.value, |words| json!(words)))
}

impl Place {
    /// A path of the tree as seen from the project; far away ones in full, others as they are.
    fn shown(&self, path: &str) -> String {
        if path.starts_with(['/', '~']) || path.contains("://") || path.starts_with("git@") {
            return path.to_owned();
        }
        let seen = seen_from(&self.folder, path.trim_start_matches("./"));
        match seen.as_str() {
            "" => ".".to_owned(),
            far if far.starts_with("../../..") => self.root.join(path).to_string_lossy().into_owned(),
            _ => seen,
        }
    }
}

fn service(found: &Service, place: &Place, skipped: bool) -> Value {
    let environment: Map<String, Value> = found
        .environment
        .iter()
        .filter(|(_, var)| !(skipped && var.provider == Provider::EnvFile))
        .map(|(name, var)| (name.clone(), known(&var.var.value, |text| json!(text))))
        .collect();
    let ports: Vec<Value> = found
        .ports
        .iter()
        .map(|port| {
            json!({"host_ip": port.host_ip, "published": port.published, "target": port.target, "protocol": port.protocol})
        })
        .collect();
    let volumes: Vec<Value> = found
        .volumes
        .iter()
        .map(|mount| {
            let shown = |source: &String| if mount.kind == "bind" { place.shown(source) } else { source.clone() };
            json!({"type": mount.kind, "source": mount.source.as_ref().map(shown), "target": mount.target,
                "read_only": mount.read_only})
        })
        .collect();
    let waits: BTreeMap<&String, Value> = found
        .depends_on
        .iter()
        .map(|(name, wait)| (name, json!({"condition": wait.condition, "required": wait.required})))
        .collect();
    json!({
        "image": text(found.image.as_ref()),
        "build": found.build.as_ref().map_or(Value::Null, |spec| build(spec, place)),
        "command": words(found.command.as_ref()),
        "entrypoint": words(found.entrypoint.as_ref()),
        "environment": environment,
        "ports": ports,
        "expose": found.expose,
        "volumes": volumes,
        "depends_on": waits,
        "healthcheck": found.healthcheck.as_ref().map_or(Value::Null, health),
        "profiles": found.profiles,
        "networks": names(&found.networks),
        "restart": text(found.restart.as_ref()),
        "user": text(found.user.as_ref()),
        "working_dir": text(found.working_dir.as_ref()),
        "platform": text(found.platform.as_ref()),
    })
}

fn names(found: &BTreeSet<String>) -> Value {
    json!(found)
}

fn build(spec: &BuildSpec, place: &Place) -> Value {
    let inline = text(spec.dockerfile_inline.as_ref());
    let dockerfile = match &spec.dockerfile {
        None if inline.is_null() => json!("Dockerfile"),
        dockerfile => text(dockerfile.as_ref()),
    };
    let args: Map<String, Value> = spec
        .args
        .iter()
        .map(|(name, var)| {
            let value = var.as_ref().map_or(Value::Null, |var| known(&var.value, |text| json!(text)));
            (name.clone(), value)
        })
        .collect();
    let contexts: BTreeMap<&String, String> =
        spec.additional_contexts.iter().map(|(name, path)| (name, context(path, place))).collect();
    json!({
        "context": known(&spec.context.value, |path| json!(context(path, place))),
        "dockerfile": dockerfile,
        "dockerfile_inline": inline,
        "target": text(spec.target.as_ref()),
        "args": args,
        "additional_contexts": contexts,
    })
}

/// A folder as seen from the project; other kinds of contexts as they are.
fn context(path: &str, place: &Place) -> String {
    if path.starts_with("service:") { path.to_owned() } else { place.shown(path) }
}

fn health(check: &Healthcheck) -> Value {
    let seconds = |name: &str| check.seconds.get(name);
    json!({
        "test": check.test, "disable": check.disable, "retries": check.retries,
        "interval_s": seconds("interval"), "timeout_s": seconds("timeout"),
        "start_period_s": seconds("start_period"), "start_interval_s": seconds("start_interval"),
    })
}
