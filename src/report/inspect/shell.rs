//! `inspect` of one shell script: its simple commands and the blocks around them.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use super::Request;
use crate::discover::{Disk, Source};
use crate::formats::shell::ast::{Assign, Command, Item, Join, Part, Word};
use crate::formats::shell::{self, Dialect};
use crate::model::{FileId, SpanMap};

/// The document, or why there is none.
pub fn document(request: &Request) -> Result<Value, String> {
    let mut documents = Vec::new();
    for path in &request.paths {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let name = path.file_name().and_then(|name| name.to_str()).ok_or("not the name of a file")?;
        let bytes = Disk::new(folder).read(name).map_err(|error| format!("{}: {error}", path.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        let dialect = match (request.posix, request.github) {
            (true, _) => Dialect::Posix,
            (_, true) => Dialect::Github,
            _ => Dialect::Bash,
        };
        documents.push(describe(&text, dialect));
    }
    Ok(if documents.len() == 1 { documents.remove(0) } else { Value::Array(documents) })
}

fn describe(text: &str, dialect: Dialect) -> Value {
    let script = shell::parse(text, &SpanMap::Linear { file: FileId(0), base: 0 }, dialect);
    let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let mut listing = Listing { lines, ..Listing::default() };
    if let Some(problem) = script.problems.first() {
        let line = listing.line(problem.span.start as usize);
        let error = format!("{line}: {}", problem.message);
        return json!({"kind": "shell", "ok": false, "error": error, "commands": [], "blocks": []});
    }
    listing.list(&script.items, &[]);
    json!({"kind": "shell", "ok": true, "error": null, "commands": listing.commands, "blocks": listing.blocks})
}

#[derive(Default)]
struct Listing {
    lines: Vec<usize>,
    commands: Vec<Value>,
    blocks: Vec<Value>,
    /// How many blocks of a kind there were.
    kinds: BTreeMap<&'static str, usize>,
    /// How many commands started on a line.
    on_line: BTreeMap<usize, usize>,
}

fn plain(text: &str) -> Value {
    json!({"text": text, "expands": false, "glob": false})
}

fn joiner(join: Option<Join>) -> Value {
    match join {
        None => Value::Null,
        Some(Join::And) => "&&".into(),
        Some(Join::Or) => "||".into(),
        Some(Join::Pipe) => "|".into(),
        Some(Join::PipeBoth) => "|&".into(),
        Some(Join::Semicolon) => ";".into(),
        Some(Join::Background) => "&".into(),
        Some(Join::Newline) => "\n".into(),
    }
}

impl Listing {
    fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|&start| start <= at)
    }

    fn list(&mut self, items: &[Item], path: &[String]) {
        let mut rest = items;
        while let [item, behind @ ..] = rest {
            rest = behind;
            let Command::Function { name, body } = &item.command else {
                self.item(item, path);
                continue;
            };
            // What is joined to a function's body is listed as part of it.
            let joined =
                |item: &Item| item.join.is_some_and(|join| join.is_pipe() || matches!(join, Join::And | Join::Or));
            let length = items[items.len() - rest.len() - 1..].iter().take_while(|item| joined(item)).count();
            let (chain, after) = rest.split_at(length.min(rest.len()));
            let join = chain.last().unwrap_or(item).join;
            let id = self.block("function", &Item { join, ..item.clone() }, &json!(name), &[]);
            let within: Vec<String> = path.iter().cloned().chain([id]).collect();
            let inner = if chain.is_empty() { None } else { item.join };
            self.item(&Item { join: inner, ..Item::clone(body) }, &within);
            if let [between @ .., last] = chain {
                self.list(between, &within);
                self.list(&[Item { join: None, ..last.clone() }], &within);
            }
            rest = after;
        }
    }

    fn item(&mut self, item: &Item, path: &[String]) {
        match &item.command {
            Command::None => {}
            Command::Simple(simple) => {
                let words = simple.words.iter().map(|one| if simple.declares { declared(one) } else { word(one, 0) });
                let words: Vec<Value> = words.collect();
                let assigns: Vec<Value> = simple.assigns.iter().map(assigned).collect();
                self.command(item, path, &words, &assigns);
            }
            Command::Test { raw, .. } => self.command(item, path, &[plain("[["), inner(raw), plain("]]")], &[]),
            Command::Arithmetic { raw, .. } => self.command(item, path, &[plain("(("), inner(raw), plain("))")], &[]),
            Command::Let { raw, .. } => self.command(item, path, &[plain("let"), inner(raw)], &[]),
            _ => self.compound(item, path),
        }
    }

    fn compound(&mut self, item: &Item, path: &[String]) {
        let within = |part: String| path.iter().cloned().chain([part]).collect::<Vec<_>>();
        match &item.command {
            Command::If { arms, otherwise } => {
                let id = self.block("if", item, &Value::Null, &[]);
                for (n, (condition, body)) in arms.iter().enumerate() {
                    let n = if n == 0 { String::new() } else { n.to_string() };
                    self.list(condition, &within(format!("{id}.cond{n}")));
                    self.list(body, &within(format!("{id}.then{n}")));
                }
                if let Some(body) = otherwise {
                    self.list(body, &within(format!("{id}.else")));
                }
            }
            Command::For { select, name, words, body, .. } => {
                let words: Vec<Value> = words.iter().flatten().map(|one| word(one, 0)).collect();
                let id = self.block(if *select { "select" } else { "for" }, item, &json!(name), &words);
                self.list(body, &within(format!("{id}.do")));
            }
            Command::While { until, condition, body } => {
                let id = self.block(if *until { "until" } else { "while" }, item, &Value::Null, &[]);
                self.list(condition, &within(format!("{id}.cond")));
                self.list(body, &within(format!("{id}.do")));
            }
            Command::Case { word: subject, items } => {
                let id = self.block("case", item, &Value::Null, &[word(subject, 0)]);
                for (n, one) in items.iter().enumerate() {
                    self.list(&one.body, &within(format!("{id}.{}", n + 1)));
                }
            }
            Command::Subshell(list) => self.simple_block("subshell", item, list, path),
            Command::Block(list) => self.simple_block("block", item, list, path),
            Command::Time(list) => self.simple_block("time", item, list, path),
            Command::Coproc(list) => self.simple_block("coproc", item, list, path),
            _ => {}
        }
    }

    fn simple_block(&mut self, kind: &'static str, item: &Item, list: &[Item], path: &[String]) {
        let id = self.block(kind, item, &Value::Null, &[]);
        let within: Vec<String> = path.iter().cloned().chain([id]).collect();
        self.list(list, &within);
    }

    fn block(&mut self, kind: &'static str, item: &Item, name: &Value, words: &[Value]) -> String {
        let count = self.kinds.entry(kind).or_default();
        *count += 1;
        let id = format!("{kind}#{count}");
        self.blocks.push(json!({
            "id": id, "line": self.line(item.at), "next": joiner(item.join), "negated": negated(item),
            "name": name, "items": words,
        }));
        id
    }

    fn command(&mut self, item: &Item, path: &[String], words: &[Value], assigns: &[Value]) {
        let line = self.line(item.at);
        let n = self.on_line.entry(line).or_default();
        *n += 1;
        self.commands.push(json!({
            "line": line, "n": *n, "path": path, "assigns": assigns, "words": words,
            "next": joiner(item.join), "negated": negated(item),
        }));
    }
}

/// `!` before a pipeline negates the pipeline, none of its commands.
fn negated(item: &Item) -> bool {
    item.negated && !item.join.is_some_and(Join::is_pipe)
}

fn inner(raw: &str) -> Value {
    json!({"text": raw, "expands": true, "glob": false})
}

/// A word whose first `skip` bytes are no part of a pattern.
fn word(word: &Word, skip: usize) -> Value {
    let text = shell::fixed(word);
    let glob = globs(word, skip);
    json!({"text": text.as_deref().unwrap_or(&word.raw), "expands": text.is_none(), "glob": glob})
}

fn declared(one: &Word) -> Value {
    let Some(Part::Literal(first)) = one.parts.first() else { return word(one, 0) };
    let named = first.bytes().take_while(|&c| c.is_ascii_alphanumeric() || c == b'_').count();
    if matches!(one.parts.get(1), Some(Part::Array(_))) || named > 0 && first.as_bytes().get(named) == Some(&b'[') {
        return inner(&one.raw);
    }
    let name = first.bytes().take_while(|&c| c.is_ascii_alphanumeric() || c == b'_' || c == b'+').count();
    let assigns = name > 0 && first.as_bytes().get(name) == Some(&b'=');
    word(one, if assigns { name + 1 } else { 0 })
}

fn assigned(assign: &Assign) -> Value {
    let mut document = if assign.is_array() { inner(&assign.value.raw) } else { word(&assign.value, 0) };
    document["name"] = json!(assign.name);
    document["append"] = json!(assign.append);
    document
}

/// Whether the word has unquoted characters that match file names, `~` or braces.
fn globs(word: &Word, skip: usize) -> bool {
    word.parts.iter().enumerate().any(|(n, part)| {
        let Part::Literal(text) = part else { return false };
        let text = if n == 0 { text.get(skip..).unwrap_or("") } else { text };
        (n == 0 && text.starts_with('~')) || shell::is_pattern(text)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Dialect, describe};

    #[test]
    fn commands_have_lines_paths_and_joins() {
        let text = "A=x\nif ! a \"b c\"; then\n  export D=~/e $f && g *.py\nfi\n";
        let document = describe(text, Dialect::Bash);
        let commands = document["commands"].as_array().unwrap();
        assert_eq!(commands[1]["path"], json!(["if#1.cond"]));
        assert_eq!(commands[1]["negated"], json!(true));
        assert_eq!(commands[2]["words"][1], json!({"text": "D=~/e", "expands": false, "glob": true}));
        assert_eq!(commands[2]["words"][2]["expands"], json!(true));
        assert_eq!((&commands[3]["n"], &commands[3]["words"][1]["glob"]), (&json!(2), &json!(true)));
        assert_eq!(document["blocks"][0]["line"], json!(2));
    }

    #[test]
    fn text_that_cannot_be_read_is_not_ok() {
        assert_eq!(describe("if a; then", Dialect::Bash)["ok"], json!(false));
    }
}
