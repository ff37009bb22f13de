//! `inspect` of one Dockerfile: its instructions, and what they make of each stage.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::Request;
use crate::discover::{Disk, Source};
use crate::formats::dockerfile::{
    self, Build, BuildInputs, Command, CopyFrom, Dependency, Dockerfile, Healthcheck, Instruction, Stage,
};
use crate::formats::world::{Var, Vars};
use crate::model::{FileId, Known, Origin, Spanned};

/// The document, or why there is none.
pub fn document(request: &Request) -> Result<Value, String> {
    let path = request.paths.first().ok_or("a Dockerfile is needed")?;
    let name = path.file_name().and_then(|name| name.to_str()).ok_or("a Dockerfile is needed")?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let bytes = Disk::new(folder).read(name).map_err(|error| format!("{}: {error}", path.display()))?;
    let Ok(text) = String::from_utf8(bytes) else {
        return Ok(whole(false, Some("not UTF-8"), &Map::new(), Map::new()));
    };
    let file = dockerfile::parse(FileId(0), &text);
    if let Some(problem) = file.problems.first() {
        return Ok(whole(false, Some(&problem.message), &Map::new(), Map::new()));
    }
    let build = dockerfile::build(&file, &text, &inputs(request));
    let mut parsed = Map::new();
    parsed.insert("escape".into(), json!(file.escape.to_string()));
    parsed.insert("instructions".into(), file.instructions.iter().map(instruction).collect());
    let error = build.problems.first().map(|problem| problem.message.as_str());
    let resolved = if error.is_none() { resolved(&file, &build) } else { Map::new() };
    Ok(whole(true, error, &parsed, resolved))
}

fn inputs(request: &Request) -> BuildInputs {
    let var = |value: &String| Var::set(value.clone(), Origin::default());
    let mut base_env: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for item in &request.base_env {
        let (left, value) = item.split_once('=').unwrap_or((item, ""));
        let (image, name) = left.rsplit_once(':').unwrap_or(("*", left));
        base_env.entry(image.to_owned()).or_default().push((name.to_owned(), value.to_owned()));
    }
    BuildInputs {
        args: request.build_args.iter().map(|(name, value)| (name.clone(), var(value))).collect(),
        target: request.target.clone(),
        platform: request.platform.clone(),
        base_env,
        bases: Vec::new(),
    }
}

/// All keys in their order; those that are not given are empty.
fn whole(ok: bool, error: Option<&str>, parsed: &Map<String, Value>, resolved: Map<String, Value>) -> Value {
    let mut out = Map::new();
    let done = !resolved.is_empty();
    out.insert("kind".into(), json!("dockerfile"));
    out.insert("ok".into(), json!(ok));
    out.insert("error".into(), json!(error));
    out.insert("resolved".into(), json!(done));
    out.insert("escape".into(), parsed.get("escape").cloned().unwrap_or(Value::Null));
    out.insert("instructions".into(), parsed.get("instructions").cloned().unwrap_or_else(|| json!([])));
    if done {
        out.extend(resolved);
    } else {
        out.insert("global_args".into(), json!({}));
        out.insert("stages".into(), json!([]));
        out.insert("target".into(), Value::Null);
        out.insert("reachable".into(), json!([]));
    }
    Value::Object(out)
}

fn texts(words: &[Spanned<String>]) -> Vec<&str> {
    words.iter().map(|word| word.value.as_str()).collect()
}

fn instruction(found: &Instruction) -> Value {
    let heredoc = |part: &dockerfile::Heredoc| json!({"name": part.name, "content": part.content, "expand": part.expand, "chomp": part.chomp});
    json!({
        "keyword": found.keyword.value,
        "sub": found.onbuild.as_ref().map(|inner| &inner.keyword.value),
        "start": found.first_line,
        "end": found.last_line,
        "json": found.json,
        "flags": found.flags.iter().map(|flag| &flag.text).collect::<Vec<_>>(),
        "args": texts(&found.args),
        "heredocs": found.heredocs.iter().map(heredoc).collect::<Vec<_>>(),
    })
}

fn known(value: &Known<String>) -> Value {
    match value {
        Known::One(text) => json!(text),
        Known::Absent => Value::Null,
        Known::OneOf(_, why) | Known::Every(_, why) | Known::Unknown(why) => json!({"$unknown": why.text}),
    }
}

fn vars(vars: &Vars) -> Value {
    vars.iter().map(|(name, var)| (name.clone(), known(&var.value))).collect::<Map<_, _>>().into()
}

fn args(args: &BTreeMap<String, Option<Var>>) -> Value {
    let value = |var: &Option<Var>| var.as_ref().map_or(Value::Null, |var| known(&var.value));
    args.iter().map(|(name, var)| (name.clone(), value(var))).collect::<Map<_, _>>().into()
}

fn resolved(file: &Dockerfile, build: &Build) -> Map<String, Value> {
    let stages: Vec<Value> = build.stages.iter().map(|found| stage(file, build, found)).collect();
    let mut out = Map::new();
    out.insert("global_args".into(), args(&build.global_args));
    out.insert("stages".into(), json!(stages));
    out.insert("target".into(), json!(build.target));
    out.insert("reachable".into(), json!(build.reachable));
    out
}

fn stage(file: &Dockerfile, build: &Build, found: &Stage) -> Value {
    // A field that could not be decided says why; one that is not set is null.
    let field = |name: &str, value: &Option<Spanned<String>>| match found.undecided.get(name) {
        Some(why) => json!({"$unknown": why.text}),
        None => json!(value.as_ref().map(|text| &text.value)),
    };
    let list = |name: &str, value: &[Spanned<String>]| match found.undecided.get(name) {
        Some(why) => json!({"$unknown": why.text}),
        None => json!(texts(value)),
    };
    let external = build.external_base(found.index).map(|base| known(&base.reference));
    let mut out = json!({
        "index": found.index,
        "name": found.name.as_ref().map(|name| &name.value),
        "line": found.line,
        "base_raw": found.base.raw.value,
        "base": known(&found.base.reference),
        "base_stage": found.base.stage,
        "external_base": external,
        "platform": found.platform.as_ref().map(|platform| known(&platform.value)),
        "deps": found.dependencies.iter().map(dependency).collect::<Vec<_>>(),
        "args": args(&found.args),
        "env": vars(&found.env),
        "labels": vars(&found.labels),
        "workdir": field("workdir", &found.workdir),
        "user": field("user", &found.user),
        "stopsignal": field("stopsignal", &found.stopsignal),
        "cmd": found.cmd.as_ref().map(Command::argv),
        "entrypoint": found.entrypoint.as_ref().map(Command::argv),
        "shell": found.shell.as_ref().map(|words| texts(words)),
        "expose": list("expose", &found.expose),
        "volumes": list("volumes", &found.volumes),
    });
    let onbuild = |trigger: &Instruction| {
        let keyword = trigger.onbuild.as_ref().map_or("", |inner| inner.keyword.value.as_str());
        let words: Vec<&str> = [keyword].into_iter().chain(texts(&trigger.args)).collect();
        words.join(" ").trim().to_owned()
    };
    let expansion = |shown: &dockerfile::Expansion| {
        let words: Vec<Value> = shown.words.iter().map(|word| word.as_ref().map_or(Value::Null, known)).collect();
        json!({"line": shown.line, "keyword": shown.keyword, "words": words})
    };
    let unset = |(line, name): &(u32, Spanned<String>)| json!({"line": line, "name": name.value});
    if let Value::Object(map) = &mut out {
        map.insert("onbuild".into(), found.onbuild.iter().map(onbuild).collect());
        map.insert("healthcheck".into(), found.healthcheck.as_ref().map_or(Value::Null, |check| health(file, check)));
        map.insert("expanded".into(), found.expanded.iter().map(expansion).collect());
        map.insert("unset".into(), found.unset.iter().map(unset).collect());
    }
    out
}

fn dependency(found: &Dependency) -> Value {
    match &found.from {
        CopyFrom::Stage(index) => json!({"line": found.line, "kind": "stage", "ref": index}),
        CopyFrom::Image(image) => json!({"line": found.line, "kind": "image", "ref": image.value}),
    }
}

/// The test holds the words behind the kind as they were written, also behind NONE.
fn health(file: &Dockerfile, check: &Healthcheck) -> Value {
    let written = file.instructions.iter().find(|found| found.span == check.span);
    let words = written.map(|found| texts(found.args.get(1..).unwrap_or_default())).unwrap_or_default();
    let test: Vec<&str> = [check.kind.as_str()].into_iter().chain(words).collect();
    let mut flags: Vec<&str> = check.flags.iter().map(|flag| flag.text.as_str()).collect();
    flags.sort_unstable();
    json!({"test": test, "flags": flags})
}
