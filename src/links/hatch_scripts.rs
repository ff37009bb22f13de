//! Scripts of Hatch's environments: what `hatch run test` comes to.

use super::runners::{MAX_TARGETS, Piece};
use crate::discover::{Tree, paths};
use crate::formats::locks::hatch::{Environment, Environments, HatchCall};
use crate::formats::shell::{Dialect, HOLE};
use crate::formats::small::quoted;
use crate::formats::{Var, Vars};
use crate::model::{FileId, Origin, SpanMap};

/// How deep scripts may name one another.
const MAX_DEPTH: usize = 8;

/// One command of a script and its place.
struct Line {
    text: String,
    map: SpanMap,
    may_fail: bool,
}

/// What a command of Hatch runs; none where it is no script of the environment.
pub(super) fn pieces(tree: &Tree, call: &HatchCall, folder: &str) -> Option<Vec<Piece>> {
    let (name, args) = call.runs.split_first()?;
    let folder = call.folder.as_ref().map_or_else(|| Some(folder.to_owned()), |to| paths::join(folder, to))?;
    let environment = Environments::of(tree, &folder).named(call.environment_name(None)).unwrap_or_default();
    let vars: Vars = environment
        .variables()
        .iter()
        .filter_map(|(name, value)| {
            Some((name.value.clone(), value.text().filter(|text| !text.contains('{'))?, value.span))
        })
        .map(|(name, text, span)| (name, Var::set(text.to_owned(), Origin::set(span))))
        .collect();
    let mut lines = Vec::new();
    expand(&environment, name, args, false, 0, &mut lines).then(|| {
        let piece = |line: Line| Piece {
            text: line.text,
            map: line.map,
            folder: folder.clone(),
            vars: vars.clone(),
            may_fail: line.may_fail,
            dialect: Dialect::Github,
        };
        lines.into_iter().map(piece).collect()
    })
}

/// What every script of the environments runs that a file has.
pub(super) fn every(tree: &Tree, file: FileId) -> Vec<(String, Vec<Piece>)> {
    let folder = paths::parent(tree.path(file));
    let environments = Environments::of(tree, folder);
    if environments.own_file.unwrap_or(file) != file {
        return Vec::new();
    }
    let call = |name: &str, script: &str| HatchCall {
        environment: Some(name.to_owned()),
        runs: vec![script.to_owned()],
        ..HatchCall::default()
    };
    let scripts = environments.scripts().into_iter();
    scripts.filter_map(|(name, script)| Some((script.clone(), pieces(tree, &call(&name, &script), folder)?))).collect()
}

/// The commands of a script, those of other scripts that it names put in; whether there is one of that name.
fn expand(
    environment: &Environment,
    name: &str,
    args: &[String],
    may_fail: bool,
    depth: usize,
    out: &mut Vec<Line>,
) -> bool {
    let Some(script) = environment.script(name).filter(|_| depth < MAX_DEPTH) else { return false };
    for node in script {
        let Some(written) = node.text().filter(|_| out.len() < MAX_TARGETS) else { continue };
        let ignored = written.strip_prefix("- ");
        let may_fail = may_fail || ignored.is_some();
        let bare = ignored.unwrap_or(written);
        let text = filled(bare, args);
        let (first, rest) = text.split_once(' ').unwrap_or((&text, ""));
        let rest: Vec<String> = rest.split_ascii_whitespace().map(str::to_owned).collect();
        if first != name && expand(environment, first, &rest, may_fail, depth + 1, out) {
            continue;
        }
        let map = if text == written { node.map() } else { SpanMap::Whole(node.span) };
        out.push(Line { text, map, may_fail });
    }
    true
}

/// A command with its arguments and the project's folder put in; what else stands in braces only the run decides.
fn filled(text: &str, args: &[String]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, tail) = rest.split_at(at);
        out.push_str(before);
        let Some(end) = closing(tail) else { break };
        let inner = &tail[1..end];
        match inner.split_once(':').map_or((inner, ""), |(name, default)| (name, default)) {
            ("args", default) if args.is_empty() => out.push_str(&filled(default, &[])),
            ("args", _) => out.push_str(&args.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")),
            ("root", "") => out.push('.'),
            ("env", rest) if rest.contains(':') => {
                out.push_str(&filled(rest.split_once(':').map_or("", |(_, d)| d), &[]));
            }
            _ => out.extend(["\"", HOLE, "\""]),
        }
        rest = &tail[end + 1..];
    }
    out.push_str(rest);
    out.trim_end().to_owned()
}

/// Where the brace that opens a text closes.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    text.char_indices().find_map(|(at, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth == 0).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use crate::discover::{Overlay, Tree};
    use crate::links::{Meaning, Repository};

    fn calls(run: &str) -> Vec<String> {
        let workflow = format!("on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: {run}\n");
        let manifest = "[tool.hatch.envs.default.scripts]\nall = [\"lint --fix\", \"- cov {args:tests}\"]\nlint = \"make {args:x}\"\n\
                        cov = \"coverage run -m pytest {args}\"\n[tool.hatch.envs.web.scripts]\nserve = \"gunicorn app:app\"\n";
        let files = [(".github/workflows/a.yml", workflow.as_str()), ("pyproject.toml", manifest)];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        let shown = |call: &crate::links::Call| {
            let kind = match &call.meaning {
                Meaning::Tests => "tests",
                Meaning::Serves(_) => "serves",
                _ => "other",
            };
            format!("{kind}: {}{}", call.argv.join(" "), if call.may_fail { " || true" } else { "" })
        };
        let of_job = |call: &&crate::links::Call| matches!(call.caller, crate::links::Caller::Job { .. });
        repository.calls.iter().filter(of_job).map(shown).collect()
    }

    #[test]
    fn scripts_are_followed_with_their_arguments() {
        assert_eq!(calls("hatch run all"), ["other: make --fix", "tests: coverage run -m pytest tests || true"]);
        assert_eq!(calls("hatch run cov -x"), ["tests: coverage run -m pytest -x"]);
        assert_eq!(calls("hatch -e web run serve"), ["serves: gunicorn app:app"]);
        assert_eq!(calls("hatch run web:all"), calls("hatch run all"));
    }

    #[test]
    fn what_is_no_script_is_the_command_itself() {
        assert_eq!(calls("hatch run pytest"), ["tests: hatch run pytest"]);
        assert_eq!(calls("hatch run web:pytest"), ["tests: hatch run web:pytest"]);
        assert_eq!(calls("hatch test"), ["tests: hatch test"]);
    }
}
