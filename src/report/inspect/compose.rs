//! `inspect` of compose files: the services they make together.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::Request;
use crate::discover::{Disk, Source, Tree};
use crate::formats::compose::{
    self, BuildSpec, CommandLine, EnvVar, Field, Healthcheck, Mount, Options, Port, Profiles, Project, Provider,
    Service,
};
use crate::formats::dotenv;
use crate::formats::world::{Var, Vars, World};
use crate::model::{FileId, Known, Origin};

/// Folders above the project's that are tried when a path leads out of it.
const ABOVE: usize = 4;

/// Where the project lies.
struct Place {
    /// The root of the tree.
    root: PathBuf,
    /// The project's folder from there.
    folder: String,
}

/// The document, or why there is none.
pub fn document(request: &Request) -> Result<Value, String> {
    let absolute = |path: &PathBuf| std::path::absolute(path).map_err(|error| format!("{}: {error}", path.display()));
    let files = request.paths.iter().map(absolute).collect::<Result<Vec<_>, _>>()?;
    let folder = files.first().and_then(|file| file.parent()).ok_or("a compose file is needed")?.to_path_buf();
    let env_files = request.env_files.iter().map(absolute).collect::<Result<Vec<_>, _>>()?;
    let mut root = folder.clone();
    loop {
        let beneath = folder.strip_prefix(&root).ok().and_then(Path::to_str).unwrap_or_default().to_owned();
        let above = beneath.split('/').filter(|part| !part.is_empty()).count();
        let tree = Tree::open(Box::new(Disk::with_ignored(&root))).map_err(|error| error.to_string())?;
        let place = Place { root: root.clone(), folder: beneath };
        let parent = root.parent().filter(|parent| above < ABOVE && parent.components().count() > 3);
        let ids: Option<Vec<FileId>> = files.iter().map(|file| tree.find(&place.beneath(file)?)).collect();
        match (ids, parent) {
            (None, None) => return Err("the files lie too far from one another".into()),
            (None, Some(parent)) => root = parent.to_path_buf(),
            (Some(ids), parent) => {
                let project = load(&tree, &place, &ids, &env_files, request);
                match (project, parent) {
                    (Ok(project), Some(parent)) if !project.outside.is_empty() => root = parent.to_path_buf(),
                    (Ok(project), _) => return Ok(whole(&place, &project)),
                    (Err(error), _) => return Ok(refused(&error)),
                }
            }
        }
    }
}

impl Place {
    fn beneath(&self, file: &Path) -> Option<String> {
        file.strip_prefix(&self.root).ok().and_then(Path::to_str).map(str::to_owned)
    }

    /// A path of the tree as seen from the project's folder; far ones from the root of the file system.
    fn relative(&self, path: &str) -> String {
        if path.starts_with('~') || path.contains("://") || path.starts_with("git@") || path.starts_with("service:") {
            return path.to_owned();
        }
        let root = self.root.to_string_lossy();
        let parts = |path: &str| -> Vec<String> {
            let mut parts: Vec<String> = Vec::new();
            for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
                if part == ".." {
                    parts.pop();
                } else {
                    parts.push(part.to_owned());
                }
            }
            parts
        };
        let full = |path: &str| parts(&if path.starts_with('/') { path.to_owned() } else { format!("{root}/{path}") });
        let (from, to) = (full(&self.folder), full(path));
        let same = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        let up = from.len() - same;
        if up >= 3 {
            return if path.starts_with('/') { path.to_owned() } else { format!("/{}", to.join("/")) };
        }
        let all: Vec<String> = std::iter::repeat_n("..".to_owned(), up).chain(to[same..].iter().cloned()).collect();
        if all.is_empty() { ".".to_owned() } else { all.join("/") }
    }
}

fn load(
    tree: &Tree,
    place: &Place,
    ids: &[FileId],
    env_files: &[PathBuf],
    request: &Request,
) -> Result<Project, String> {
    // What Compose finds in every shell or adds itself.
    let here = place.root.join(&place.folder);
    let here = here.to_string_lossy();
    let here = here.trim_end_matches('/');
    let always = [("PATH", "/usr/bin:/bin"), ("HOME", "~"), ("PWD", here), ("COMPOSE_PROJECT_NAME", "project")];
    let all = always.into_iter().chain(request.env.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let given: Vars = all.map(|(name, value)| (name.to_owned(), Var::set(value, Origin::default()))).collect();
    let mut world = World::Closed(given);
    let mut files = Vec::new();
    for file in env_files {
        let folder = file.parent().ok_or("no such file")?;
        let name = file.file_name().and_then(|name| name.to_str()).ok_or("no such file")?;
        let bytes = Disk::new(folder).read(name).map_err(|error| format!("{}: {error}", file.display()))?;
        files.push((FileId(0), String::from_utf8_lossy(&bytes).into_owned()));
    }
    if env_files.is_empty() {
        let own = [place.folder.as_str(), ".env"].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>();
        if let Some(file) = tree.find(&own.join("/")) {
            files.push((file, tree.text(file).map_err(ToString::to_string)?.to_owned()));
        }
    }
    let texts: Vec<(FileId, &str)> = files.iter().map(|(file, text)| (*file, text.as_str())).collect();
    let (vars, problems) = dotenv::chain(&texts, &world);
    if let Some(problem) = problems.first() {
        return Err(problem.message.clone());
    }
    for (name, var) in vars {
        world.vars_mut().entry(name).or_insert(var);
    }
    let mut profiles: BTreeSet<String> = request.profiles.iter().cloned().collect();
    if profiles.is_empty() {
        let named = world.get("COMPOSE_PROFILES").value;
        profiles.extend(named.one().into_iter().flat_map(|text| text.split(',')).map(|name| name.trim().to_owned()));
        profiles.remove("");
    }
    let options = Options {
        env: world,
        profiles: Profiles::Named(profiles),
        project_dir: place.folder.clone(),
        written: Default::default(),
    };
    Ok(compose::load(tree, ids, &options))
}

fn refused(error: &str) -> Value {
    json!({
        "kind": "compose", "ok": false, "error": error, "env_files": null, "warnings": [],
        "services": {}, "volumes": [], "networks": [], "secrets": [], "configs": [],
    })
}

fn whole(place: &Place, project: &Project) -> Value {
    if let Some(problem) = project.problems.iter().chain(&project.errors).next() {
        return refused(&problem.message);
    }
    let missing = |used: &&compose::EnvFileUse| {
        let here = matches!(used.presence, crate::discover::Presence::Here(_));
        used.required && !here && project.services.contains_key(&used.service)
    };
    let skipped = project.env_files.iter().any(|used| missing(&used));
    let services: Map<String, Value> =
        project.services.iter().map(|(name, one)| (name.clone(), service(place, one, skipped))).collect();
    let used = |names: &BTreeSet<String>, of: &dyn Fn(&Service) -> BTreeSet<String>| -> Vec<String> {
        let used: BTreeSet<String> = project.services.values().flat_map(of).collect();
        used.into_iter().filter(|name| names.contains(name) || name == "default").collect()
    };
    let mounted = |service: &Service| -> BTreeSet<String> {
        service.volumes.iter().filter(|mount| mount.kind == "volume").filter_map(|mount| mount.source.clone()).collect()
    };
    json!({
        "kind": "compose", "ok": true, "error": null, "env_files": if skipped { "skipped" } else { "resolved" }, "warnings": [],
        "services": services,
        "volumes": used(&project.volumes, &mounted),
        "networks": used(&project.networks, &|service| service.networks.clone()),
        "secrets": used(&project.secrets, &|service| service.secrets.clone()),
        "configs": used(&project.configs, &|service| service.configs.clone()),
    })
}

/// A value, or why it is not known.
fn known<T>(value: &Known<T>, show: impl Fn(&T) -> Value) -> Value {
    match value {
        Known::One(value) => show(value),
        Known::Absent => Value::Null,
        Known::Unknown(reason) | Known::OneOf(_, reason) | Known::Every(_, reason) => {
            json!({ "$unknown": reason.text })
        }
    }
}

/// A text; an empty one is as good as none to Compose.
fn text(field: Option<&Field<String>>) -> Value {
    field.map_or(Value::Null, |field| {
        known(&field.value, |text| if text.is_empty() { Value::Null } else { json!(text) })
    })
}

fn words(line: Option<&CommandLine>) -> Value {
    line.map_or(Value::Null, |line| known(&line.known(), |words| json!(words)))
}

fn service(place: &Place, service: &Service, skipped: bool) -> Value {
    let environment: BTreeMap<&String, Value> = service
        .environment
        .iter()
        .filter(|(_, var)| !(skipped && var.provider == Provider::EnvFile))
        .map(|(name, EnvVar { var, .. })| (name, known(&var.value, |text| json!(text))))
        .collect();
    let depends_on: BTreeMap<&String, Value> = service
        .depends_on
        .iter()
        .map(|(name, on)| (name, json!({ "condition": on.condition, "required": on.required })))
        .collect();
    json!({
        "image": text(service.image.as_ref()),
        "build": service.build.as_ref().map(|spec| build(place, spec)),
        "command": words(service.command.as_ref()),
        "entrypoint": words(service.entrypoint.as_ref()),
        "environment": environment,
        "ports": service.ports.iter().map(port).collect::<Vec<_>>(),
        "expose": service.expose,
        "volumes": service.volumes.iter().map(|one| mount(place, one)).collect::<Vec<_>>(),
        "healthcheck": service.healthcheck.as_ref().map(healthcheck),
        "profiles": service.profiles,
        "depends_on": depends_on,
        "restart": text(service.restart.as_ref()),
        "user": text(service.user.as_ref()),
        "working_dir": text(service.working_dir.as_ref()),
        "platform": text(service.platform.as_ref()),
        "networks": service.networks,
    })
}

fn build(place: &Place, spec: &BuildSpec) -> Value {
    let inline = spec.dockerfile_inline.is_some();
    let dockerfile = match &spec.dockerfile {
        Some(field) => text(Some(field)),
        None if inline => Value::Null,
        None => json!("Dockerfile"),
    };
    let args: BTreeMap<&String, Value> = spec
        .args
        .iter()
        .filter_map(|(name, var)| Some((name, known(&var.as_ref()?.value, |text| json!(text)))))
        .collect();
    let contexts: BTreeMap<&String, String> =
        spec.additional_contexts.iter().map(|(name, path)| (name, place.relative(path))).collect();
    json!({
        "context": known(&spec.context.value, |path| if path.is_empty() { Value::Null } else { json!(place.relative(path)) }),
        "dockerfile": dockerfile,
        "dockerfile_inline": text(spec.dockerfile_inline.as_ref()),
        "target": text(spec.target.as_ref()),
        "args": args,
        "additional_contexts": contexts,
    })
}

fn port(port: &Port) -> Value {
    json!({
        "host_ip": port.host_ip, "published": port.published, "target": port.target, "protocol": port.protocol,
    })
}

fn mount(place: &Place, mount: &Mount) -> Value {
    let source = mount.source.as_ref();
    let source = if mount.kind == "bind" { source.map(|path| place.relative(path)) } else { source.cloned() };
    json!({ "type": mount.kind, "source": source, "target": mount.target, "read_only": mount.read_only })
}

fn healthcheck(check: &Healthcheck) -> Value {
    let seconds = |name: &str| check.seconds.get(name).map(|value| (value * 1e9).round() / 1e9);
    json!({
        "test": check.test.as_ref().filter(|test| !test.is_empty()),
        "disable": check.disable,
        "retries": check.retries,
        "interval_s": seconds("interval"),
        "timeout_s": seconds("timeout"),
        "start_period_s": seconds("start_period"),
        "start_interval_s": seconds("start_interval"),
    })
}
