//! Hooks of pre-commit: what `pre-commit run` comes to. Those that the repository itself defines run its own commands.
//! Source: <https://pre-commit.com/#repository-local-hooks>.

use super::runners::{MAX_TARGETS, Piece};
use crate::discover::{Tree, paths};
use crate::formats::Vars;
use crate::formats::shell::Dialect;
use crate::formats::small::CommandText;
use crate::formats::small::tree::{self, Node};
use crate::formats::workflow::{RunText, Step};
use crate::model::SpanMap;

/// Actions that run the hooks, and the input that holds their arguments.
const ACTIONS: [(&str, &str); 3] = [
    ("pre-commit/action@", "extra_args"),
    ("tox-dev/action-pre-commit-uv@", "extra_args"),
    ("j178/prek-action@", "extra-args"),
];
/// Languages of hooks that start no command of the machine.
const FOREIGN: [&str; 4] = ["docker", "docker_image", "fail", "pygrep"];

/// What the hooks of a call run; none where it runs no hooks, or no file defines them.
pub(super) fn pieces(tree: &Tree, argv: &[String], folder: &str) -> Option<Vec<Piece>> {
    let mut words = argv.iter().map(String::as_str).skip(1).skip_while(|word| word.starts_with('-'));
    words.next().filter(|verb| *verb == "run")?;
    let (mut named, mut stage, mut path) = (None, "pre-commit", ".pre-commit-config.yaml");
    while let Some(word) = words.next() {
        match word.split_once('=').unwrap_or((word, "")) {
            ("--hook-stage" | "--stage", value) => stage = if value.is_empty() { words.next()? } else { value },
            ("-c" | "--config", value) => path = if value.is_empty() { words.next()? } else { value },
            ("--files", _) => break,
            ("--from-ref" | "--to-ref" | "--source" | "--origin" | "-s" | "-o", "") => drop(words.next()),
            (flag, _) if flag.starts_with('-') => {}
            (id, _) => named = named.or(Some(id)),
        }
    }
    let file = tree.find(&paths::join(folder, path)?)?;
    let root = tree::yaml(file, tree.text(file).ok()?).0?;
    let usual = root.get("default_stages");
    let local = |repo: &&Node| repo.field("repo").is_some_and(|name| name.value == "local");
    let repos = root.get("repos").map_or(&[][..], Node::items).iter().filter(local);
    let hooks = repos.flat_map(|repo| repo.get("hooks").map_or(&[][..], Node::items));
    let runs = |hook: &&Node| {
        let stages = hook.get("stages").or(usual).map(Node::texts).unwrap_or_default();
        let is = |text: &str| {
            text == stage || text.strip_prefix("pre-") == Some(stage) || stage.strip_prefix("pre-") == Some(text)
        };
        let of_stage = stages.is_empty() || stages.iter().any(|text| is(&text.value));
        let foreign = hook.field("language").is_some_and(|language| FOREIGN.contains(&language.value.as_str()));
        let asked =
            named.is_none_or(|id| ["id", "alias"].iter().any(|key| hook.field(key).is_some_and(|own| own.value == id)));
        of_stage && !foreign && asked
    };
    Some(hooks.filter(runs).filter_map(|hook| piece(hook, folder)).take(MAX_TARGETS).collect())
}

/// The command of a hook: its entry with what is handed to it.
fn piece(hook: &Node, folder: &str) -> Option<Piece> {
    let entry = CommandText::of(hook.get("entry")?)?;
    let args: Vec<String> =
        hook.get("args").map(Node::texts).unwrap_or_default().into_iter().map(|arg| arg.value).collect();
    let (text, map) = if args.is_empty() {
        (entry.text, entry.map)
    } else {
        (format!("{} {}", entry.text, args.join(" ")), SpanMap::Whole(entry.span))
    };
    let folder = folder.to_owned();
    Some(Piece { text, map, folder, vars: Vars::new(), may_fail: false, dialect: Dialect::Posix })
}

/// The step that an action which runs the hooks comes to.
pub(super) fn of_action(step: &Step) -> Option<Step> {
    let uses = step.uses.as_ref()?;
    let (_, input) = ACTIONS.iter().find(|(name, _)| uses.value.starts_with(name))?;
    let args = step.with.get(*input).map_or("--all-files", |args| args.value.as_str());
    let text = format!("pre-commit run {args}");
    let run = RunText { text, map: SpanMap::Whole(uses.span), span: uses.span, shell: None, working_directory: None };
    Some(Step { run: Some(run), env: step.env.clone(), condition: step.condition.clone(), ..Step::blank(uses.span) })
}

#[cfg(test)]
mod tests {
    use crate::discover::{Overlay, Tree};
    use crate::links::repository::Caller;
    use crate::links::{Meaning, Repository};

    fn tests(step: &str, hook: &str) -> bool {
        let flow = format!("on: push\njobs: {{a: {{runs-on: u, steps: [{step}]}}}}\n");
        let hooks = format!(
            "repos:\n- {{repo: 'https://a.example/b', hooks: [{{id: c, entry: pytest}}]}}\n- repo: local\n  hooks:\n  - {{id: unit, {hook}}}\n"
        );
        let files = [(".github/workflows/a.yml", flow.as_str()), (".pre-commit-config.yaml", &hooks)];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        let of_job = |call: &&crate::links::Call| matches!(call.caller, Caller::Job { .. });
        repository.calls.iter().filter(of_job).any(|call| call.meaning == Meaning::Tests)
    }

    #[test]
    fn hooks_that_run_the_tests_are_tests_of_the_job_that_runs_the_hooks() {
        let plain = "language: system, entry: python manage.py test";
        for step in [
            "{run: pre-commit run --all-files}",
            "{run: uv run pre-commit run -a unit}",
            "{uses: pre-commit/action@v3.0.1}",
        ] {
            assert!(tests(step, plain), "{step}");
        }
        let run = "{run: pre-commit run -a}";
        assert!(tests(run, "language: system, entry: python, args: [manage.py, test]"));
        assert!(!tests(run, "language: system, entry: pytest, stages: [pre-push]"));
        assert!(tests(
            "{run: pre-commit run -a --hook-stage push}",
            "language: system, entry: pytest, stages: [pre-push]"
        ));
        assert!(!tests("{run: pre-commit run -a lint}", plain));
        assert!(!tests("{run: pre-commit install}", plain));
        assert!(!tests(run, "language: docker_image, entry: a/b pytest"));
    }
}
