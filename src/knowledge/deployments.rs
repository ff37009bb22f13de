//! What deploys: actions, what jobs say where they deploy, and the words of names that say it.

use serde::Deserialize;

use super::table::table;

/// What an action does, as far as deployments are concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// Deploys an application.
    Deploys,
    /// Publishes pages or a package.
    Publishes,
    /// Tells others of a deployment.
    Tells,
    /// Makes a cluster on the job's machine to try a deployment on.
    Rehearses,
}

/// How a text of a job says that it deploys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Means {
    /// By compose files.
    Compose,
    /// As a package that others install from an index: nothing is deployed.
    Index,
    /// By manifests of an orchestrator.
    Orchestrator,
    /// By a platform or a tool.
    Platform,
    /// By what reads a Procfile.
    Procfile,
    /// On a cluster that the job itself makes.
    Rehearsal,
}

/// What a word of the name of a job, an action or a workflow says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Says {
    /// It deploys.
    Deploys,
    /// It computes what others deploy with.
    Computes,
    /// It tells of a deployment.
    Tells,
    /// It takes away what was deployed.
    Removes,
    /// Documents, packages or a preview are deployed, not the application.
    Aside,
    /// Nothing of where it deploys to.
    Nothing,
    /// Where the application is tried before production, if it is deployed there.
    Tried,
}

/// What a command of a job is there for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Errand {
    /// It deploys.
    Deploys,
    /// It works in what is deployed: a task, a restart, a look.
    Works,
    /// It prepares what others of the job do.
    Prepares,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandRow {
    command: String,
    is: String,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActionRow {
    name: String,
    does: String,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PushRow {
    action: String,
    unless: String,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TextRow {
    text: String,
    way: String,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WordRow {
    word: String,
    says: String,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) as_of: String,
    actions: Vec<ActionRow>,
    pushes: Vec<PushRow>,
    texts: Vec<TextRow>,
    commands: Vec<CommandRow>,
    words: Vec<WordRow>,
}
table!(table, Table, "deployments.toml");

/// What an action does, by its name without a version, in any letter case: as the table says, or by the words of its name.
pub fn act(action: &str) -> Option<Act> {
    let name = action.split('@').next().unwrap_or(action).to_ascii_lowercase();
    if let Some(row) = table().actions.iter().find(|row| row.name == name) {
        return Some(match row.does.as_str() {
            "deploys" => Act::Deploys,
            "publishes" => Act::Publishes,
            "rehearses" => Act::Rehearses,
            _ => Act::Tells,
        });
    }
    // A file of the repository that is used is looked into.
    if name.starts_with('.') || name.starts_with("actions/") {
        return None;
    }
    let last = name.rsplit('/').next().unwrap_or_default();
    let last = last.trim_end_matches(".yaml").trim_end_matches(".yml");
    let said = |wanted: &[Says]| words(last).any(|word| says(word).is_some_and(|says| wanted.contains(&says)));
    let deploys = said(&[Says::Deploys]) && !said(&[Says::Aside, Says::Tells, Says::Computes, Says::Removes]);
    deploys.then_some(Act::Deploys)
}

/// Whether an action pushes sources for a platform's buildpacks, by its name without a version and its inputs.
pub fn pushes_sources<'t>(action: &str, input: impl Fn(&str) -> Option<&'t str>) -> bool {
    let name = action.split('@').next().unwrap_or(action).to_ascii_lowercase();
    let row = table().pushes.iter().find(|row| row.action == name);
    row.is_some_and(|row| input(&row.unless).is_none_or(|text| text.trim() == "false"))
}

/// Whether one of the texts of a job says that it deploys so.
pub fn is_said<'t>(means: Means, texts: impl IntoIterator<Item = &'t str>) -> bool {
    let way = match means {
        Means::Compose => "compose",
        Means::Index => "index",
        Means::Orchestrator => "orchestrator",
        Means::Platform => "platform",
        Means::Procfile => "procfile",
        Means::Rehearsal => "rehearsal",
    };
    let rows = || table().texts.iter().filter(|row| row.way == way);
    texts.into_iter().any(|text| rows().any(|row| text.contains(&row.text)))
}

/// What a command is there for, by the words it starts with; flags between them do not count.
pub fn errand(words: &[String]) -> Option<Errand> {
    let plain: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.starts_with('-')).take(3).collect();
    let text = plain.join(" ");
    let starts = |row: &&CommandRow| {
        text.strip_prefix(&row.command).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let row = table().commands.iter().filter(starts).max_by_key(|row| row.command.len())?;
    Some(match row.is.as_str() {
        "deploys" => Errand::Deploys,
        "works" => Errand::Works,
        _ => Errand::Prepares,
    })
}

/// What a word of a name says, in small letters.
pub fn says(word: &str) -> Option<Says> {
    let row = table().words.iter().find(|row| row.word == word)?;
    Some(match row.says.as_str() {
        "deploys" => Says::Deploys,
        "computes" => Says::Computes,
        "tells" => Says::Tells,
        "removes" => Says::Removes,
        "aside" => Says::Aside,
        "tried" => Says::Tried,
        _ => Says::Nothing,
    })
}

/// Whether a name says first that something is taken away, and of nothing else that is done: `cleanup`, `tear-down-review`.
pub fn is_removal(name: &str) -> bool {
    let name = name.to_lowercase();
    let mut all = words(&name);
    let (first, second) = (all.next().unwrap_or_default(), all.next().unwrap_or_default());
    let removes = |word: &str| says(word) == Some(Says::Removes);
    let more = name.contains(['&', ',', '+']) || words(&name).any(|word| word == "and" || word == "then");
    (removes(first) || removes(&format!("{first}{second}"))) && !more
}

/// The date the table stands for.
pub fn as_of() -> &'static str {
    &table().as_of
}

/// The words of a name.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{Act, act, is_removal};

    #[test]
    fn an_action_that_is_named_for_deploying_deploys() {
        assert_eq!(act("acme/actions/cicd-deploy@main"), Some(Act::Deploys));
        assert_eq!(act("acme/helm-deploy-action@v1"), Some(Act::Deploys));
        assert_eq!(act("acme/ci/.github/workflows/deploy.yml@v1"), Some(Act::Deploys));
        assert_eq!(act("actions/deploy-pages@v4"), Some(Act::Publishes));
        for other in ["acme/deploy-docs@v1", "acme/deploy-status@v1", "acme/check-deploy@v2", "a/delete-deployment@v1"]
        {
            assert_eq!(act(other), None, "{other}");
        }
    }

    #[test]
    fn a_name_that_begins_with_removing_removes() {
        for name in ["destroy", "cleanup-release", "clean-up", "Tear down review", "stop_old_deployment"] {
            assert!(is_removal(name), "{name}");
        }
        for name in ["clean-deploy", "stop-and-deploy", "Prune, then ship", "deploy-and-cleanup", "deploy", ""] {
            assert!(!is_removal(name), "{name}");
        }
    }
}
