//! Jobs that work in what is deployed and deploy nothing: tasks, restarts, backups.

use std::borrow::Cow;

use super::targets::is_deploy_script;
use crate::discover::Kind;
use crate::discover::classify::classify;
use crate::formats::small::tree::Node;
use crate::formats::workflow::{Ci, Job, Step, Trigger, Workflow};
use crate::knowledge::deployments::{Errand, Means, errand, is_said};
use crate::links::{Call, Caller, Meaning, Repository, meaning};
use crate::model::FileId;

/// The inputs of actions that hold commands.
const COMMANDS: [&str; 6] = ["args", "cf_command", "command", "commands", "run", "script"];

/// The commands that a step hands to the action it uses.
pub(super) fn commanded(step: &Step) -> Option<Cow<'_, str>> {
    step.uses.as_ref()?;
    let (name, text) = COMMANDS.iter().find_map(|name| Some((*name, step.with.get(*name)?)))?;
    let text = text.value.as_str();
    let bare = name == "cf_command" && !text.trim_start().starts_with("cf ");
    Some(if bare { format!("cf {text}").into() } else { text.into() })
}

/// A text without the lines that a heredoc hands to a command.
fn without_heredocs(text: &str) -> String {
    let mut end: Option<String> = None;
    let mut kept = String::new();
    for line in text.lines() {
        if let Some(word) = end.take() {
            end = Some(word).filter(|word| line.trim() != word);
            continue;
        }
        let word = line.split_once("<<").map(|(_, rest)| rest.trim_start_matches(['-', ' ']));
        let word =
            word.and_then(|rest| rest.split_whitespace().next()).map(|word| word.trim_matches(['"', '\'', '\\']));
        end = word.filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')).map(str::to_owned);
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// The commands of a text, in words.
fn commands(text: &str) -> impl Iterator<Item = Vec<String>> {
    let joined = without_heredocs(&text.replace("\\\n", " "));
    let pieces: Vec<String> = joined.split(['\n', ';', '&', '|']).map(str::to_owned).collect();
    pieces.into_iter().filter_map(|piece| {
        let bare = |word: &str| word.trim_matches(['"', '\'', '(', ')', '{', '}']).to_owned();
        let words: Vec<String> = piece.split_whitespace().map(bare).filter(|word| !word.is_empty()).collect();
        let lead = |word: &&String| ["then", "else", "if", "do", "sudo", "!"].contains(&word.as_str());
        let start = words.iter().take_while(lead).count();
        let words = words.get(start..)?.to_vec();
        words.first().is_some_and(|word| !word.starts_with('#')).then_some(words)
    })
}

/// The word for where to that commands which deploy say.
pub(super) fn word(text: &str) -> Option<String> {
    commands(text).find_map(|words| match meaning::of(&words) {
        Meaning::Deploys(word) => word,
        _ => None,
    })
}

/// Whether commands deploy.
pub(super) fn deploys(text: &str) -> bool {
    commands(text).any(|words| match meaning::of(&words) {
        Meaning::Deploys(_) => true,
        Meaning::Composes(compose) => ["up", "pull", "deploy"].contains(&compose.action.as_str()),
        _ => words.iter().any(|word| is_deploy_script(word)) || errand(&words) == Some(Errand::Deploys),
    })
}

/// Whether all that a job does is to work in what is deployed or to prepare that, as far as its commands are known.
pub(super) fn is_all(job: &Job) -> bool {
    let texts = || {
        let own = job.steps.iter().filter_map(|step| step.run.as_ref().map(|run| Cow::Borrowed(run.text.as_str())));
        own.chain(job.steps.iter().filter_map(commanded))
    };
    let mut works = false;
    let mut only = texts().flat_map(|text| commands(&text).collect::<Vec<_>>()).map(|words| match errand(&words) {
        Some(Errand::Works) => {
            works = true;
            true
        }
        Some(Errand::Prepares) => true,
        _ => matches!(meaning::of(&words), Meaning::InstallsPython(_) | Meaning::InstallsSystem(_)),
    });
    let only = only.all(|known| known);
    let acts = |step: &Step| step.uses.as_ref().is_some_and(|uses| !uses.value.starts_with("actions/"));
    let idle = || texts().next().is_some() && !job.steps.iter().any(acts);
    only && (works || idle()) && !texts().any(|text| deploys(&text))
}

/// Whether all that a job does with a cluster is to start again what runs there, and its workflow makes nothing new for that.
pub(super) fn restarts(repository: &Repository<'_>, file: FileId, job: &Job) -> bool {
    let own = Caller::Job { file, job: job.id.value.clone() };
    let again = |call: &Call| {
        let mut after = call.argv.iter().skip_while(|word| *word != "rollout").skip(1);
        after.next().is_some_and(|word| ["restart", "status"].contains(&word.as_str()))
    };
    let of_file = |call: &&Call| matches!(&call.caller, Caller::Job { file: other, .. } if *other == file);
    let makes = |call: &Call| matches!(call.meaning, Meaning::Builds(_) | Meaning::Pushes(_));
    let mut deploying = repository.calls.iter().filter(|call| call.caller == own);
    let mut deploying = deploying.by_ref().filter(|call| matches!(call.meaning, Meaning::Deploys(_))).peekable();
    deploying.peek().is_some()
        && deploying.all(again)
        && !job.steps.iter().any(|step| step.uses.is_some())
        && !repository.calls.iter().filter(of_file).any(makes)
}

/// Whether what a job starts with compose may run anywhere else than on the machine that a CI lends it: it reaches a server, or
/// the machine is the project's own.
pub(super) fn reaches_out(workflow: &Workflow, job: &Job) -> bool {
    let lent = matches!(workflow.ci, Ci::GitHub | Ci::CircleCi | Ci::Travis);
    let plain = job.runs_on.iter().filter_map(Node::as_str).map(str::to_owned);
    let mut runner = plain.chain(job.runs_on.iter().flat_map(Node::texts).map(|text| text.value));
    let own = runner.any(|label| !["ubuntu", "macos", "windows"].iter().any(|os| label.starts_with(os)));
    let signs = ["ssh", "DOCKER_HOST", "docker context", "--context", "rsync", "scp "];
    let remote = |step: &Step| {
        let used = step.uses.as_ref().is_some_and(|uses| uses.value.contains("ssh"));
        let texts = step.run.iter().map(|run| run.text.as_str()).chain(step.env.keys().map(String::as_str));
        used || texts.into_iter().any(|text| signs.iter().any(|sign| text.contains(sign)))
    };
    !lent || own || job.env.contains_key("DOCKER_HOST") || job.steps.iter().any(remote)
}

/// Whether a clock starts a workflow, and else only a person.
pub(super) fn by_clock(workflow: &Workflow) -> bool {
    workflow.on.iter().any(|on| on.event.value == "schedule") && is_asked_for(workflow)
}

/// Whether a person starts a workflow.
pub(super) fn by_hand(workflow: &Workflow) -> bool {
    workflow.on.iter().any(|on| on.event.value == "workflow_dispatch") && is_asked_for(workflow)
}

/// Whether nothing that happens to the code starts a workflow.
fn is_asked_for(workflow: &Workflow) -> bool {
    workflow.on.iter().all(|on| ["schedule", "workflow_call", "workflow_dispatch"].contains(&on.event.value.as_str()))
}

/// Whether only changes of folders without any program start a workflow: what it uploads is pages beside the application, or
/// nothing any more.
pub(super) fn is_of_pages(repository: &Repository<'_>, workflow: &Workflow) -> bool {
    let tree = repository.tree;
    let folder = |path: &str| {
        path.split(['*', '?', '[']).next().unwrap_or_default().rsplit_once('/').map(|(folder, _)| folder.to_owned())
    };
    let program = |path: &str| {
        let kind = classify(path);
        matches!(kind, Some(Kind::Python | Kind::Dockerfile | Kind::Requirements | Kind::Project))
            || path.ends_with("package.json")
    };
    let pages = |path: &str| {
        let folder = folder(path).filter(|folder| !folder.is_empty());
        folder.is_some_and(|folder| !tree.under(&folder).any(|(_, path)| program(path)))
    };
    let own = |path: &str| path.starts_with(".github/") || path.starts_with('!');
    let mut pushes = workflow.on.iter().filter(|on| on.event.value == "push").peekable();
    let by_hand = |on: &Trigger| ["push", "workflow_dispatch"].contains(&on.event.value.as_str());
    pushes.peek().is_some()
        && workflow.on.iter().all(by_hand)
        && pushes.all(|on| {
            let mut paths = on.paths.iter().map(|path| path.value.as_str()).filter(|path| !own(path)).peekable();
            paths.peek().is_some() && paths.all(pages)
        })
}

/// Whether a script pushes pages, Docusaurus as the user of a variable
/// (<https://docusaurus.io/docs/deployment#deploying-to-github-pages>), or uploads a package to an index.
pub(super) fn publishes(text: &str) -> bool {
    ["gh-deploy", "gh-pages", "GIT_USER="].iter().any(|sign| text.contains(sign)) || is_said(Means::Index, [text])
}

/// Whether a job does nothing but write to the repository, its pull requests and labels.
pub(super) fn only_writes(job: &Job) -> bool {
    let signs = ["create-pull-request", "readme", "label", "git-auto-commit", "add-and-commit", "comment"];
    let writes = |action: &str| {
        let action = action.to_ascii_lowercase();
        action.starts_with("actions/") || signs.iter().any(|sign| action.contains(sign))
    };
    let action = |step: &Step| step.uses.as_ref().map(|uses| writes(&uses.value));
    job.environment.is_none() && !job.steps.is_empty() && job.steps.iter().all(|step| action(step) == Some(true))
}

#[cfg(test)]
mod tests {
    use super::super::deployments::deployments;
    use crate::discover::{Overlay, Tree};
    use crate::links::Repository;

    /// The jobs of a workflow that deploy, beside one that does on each push.
    fn of(on: &str, job: &str) -> Vec<String> {
        let flow = format!("on: {on}\njobs:\n  other: {{runs-on: u, environment: production, steps: [{job}]}}\n");
        let ship = "on: push\njobs: {ship: {runs-on: u, environment: staging, steps: [{run: cf push shop}]}}\n";
        let files = [(".github/workflows/flow.yml", flow.as_str()), (".github/workflows/ship.yml", ship)];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        deployments(&Repository::read(&tree)).into_iter().map(|one| one.job).collect()
    }

    #[test]
    fn what_only_works_in_what_is_deployed_deploys_nothing() {
        for work in [
            "cf run-task shop --command fill",
            "kubectl exec web -- fill",
            "cf login; cf restart shop",
            "cf logs a",
            "flyctl apps restart shop",
        ] {
            assert_eq!(of("push", &format!("{{run: '{work}'}}")), ["ship"], "{work}");
        }
        for deploys in
            ["cf push shop", "kubectl apply -f k", "cf restart shop; ./roll", "kubectl get pods; kubectl apply -f k"]
        {
            assert_eq!(of("push", &format!("{{run: '{deploys}'}}")), ["other", "ship"], "{deploys}");
        }
        let action = |command: &str| format!("{{uses: cloud-gov/cg-cli-tools@main, with: {{command: {command}}}}}");
        assert_eq!(of("push", &action("cf run-task shop --command fill")), ["ship"]);
        assert_eq!(of("push", &action("cf push shop --strategy rolling")), ["other", "ship"]);
    }

    #[test]
    fn what_only_prepares_deploys_nothing() {
        assert_eq!(of("push", "{run: 'echo done'}"), ["ship"]);
        assert_eq!(of("push", r#"{run: "cat > ~/.netrc <<EOF\nmachine host\n  login a\nEOF\n"}"#), ["ship"]);
        assert_eq!(of("push", r#"{run: "cat > a <<EOF\nb\nEOF\n./roll"}"#), ["other", "ship"]);
        assert_eq!(of("push", "{run: 'echo done'}, {uses: acme/roll@v1}"), ["other", "ship"]);
    }

    #[test]
    fn what_goes_to_an_archive_of_publications_is_no_deployment() {
        let with = |last: &str| {
            let flow =
                format!("on: push\njobs: {{deploy: {{runs-on: u, steps: [{{run: ./pack}}, {{uses: {last}}}]}}}}\n");
            let tree = Tree::open(Box::new(Overlay::of([(".github/workflows/flow.yml", flow)]))).unwrap();
            deployments(&Repository::read(&tree)).len()
        };
        assert_eq!((with("rseng/zenodo-release@v1"), with("acme/roll@v1")), (0, 1));
    }

    #[test]
    fn pages_that_are_uploaded_by_themselves_are_no_deployment() {
        let of = |path: &str, file: &str| {
            let flow = format!(
                "on: {{push: {{paths: ['{path}']}}}}\njobs: {{deploy: {{runs-on: u, steps: [{{run: ./upload}}]}}}}\n"
            );
            let files = [(".github/workflows/flow.yml", flow.as_str()), (file, "")];
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            deployments(&Repository::read(&tree)).len()
        };
        assert_eq!(of("away/**/*.*", "away/index.html"), 0);
        assert_eq!(of("shop/**", "shop/app.py"), 1);
        assert_eq!(of("**", "away/index.html"), 1);
    }

    #[test]
    fn a_clock_starts_tasks_and_only_what_deploys_plainly_is_a_deployment_there() {
        let clock = "{schedule: [{cron: '0 0 * * *'}]}";
        assert_eq!(of(clock, "{run: ./remind}"), ["ship"]);
        assert_eq!(of(clock, "{run: cf push shop}"), ["other", "ship"]);
        assert_eq!(of("workflow_dispatch", "{run: ./remind}"), ["other", "ship"], "nothing else is for production");
    }

    #[test]
    fn what_pushes_pages_or_starts_for_a_folder_that_is_gone_deploys_nothing() {
        let deploys = |folder: &str, run: &str| {
            let text = format!(
                "on: {{push: {{paths: ['{folder}/**']}}}}\njobs:\n  deploy-it: {{runs-on: u, steps: [{{run: {run}}}]}}\n"
            );
            let files = [(".github/workflows/main.yml", text.as_str()), ("shop/app.py", "")];
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            !super::super::deployments::deployments(&Repository::read(&tree)).is_empty()
        };
        assert!(deploys("shop", "./ship"));
        assert!(!deploys("client", "./ship"));
        assert!(!deploys("shop", "cd website && GIT_USER=bot yarn deploy"));
    }

    #[test]
    fn a_package_that_is_uploaded_to_an_index_is_no_deployment() {
        let of = |run: &str| {
            let flow = format!("on: release\njobs:\n  deploy: {{runs-on: u, steps: [{{run: {run}}}]}}\n");
            let tree = Tree::open(Box::new(Overlay::of([(".github/workflows/flow.yml", flow.as_str())]))).unwrap();
            deployments(&Repository::read(&tree)).len()
        };
        assert_eq!(of("twine upload dist/*"), 0);
        assert_eq!(of("poetry publish"), 0);
        assert_eq!(of("./roll-out.sh"), 1);
    }
}
