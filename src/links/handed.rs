//! Names of variables that are handed to what a platform runs, when it is deployed: by commands of scripts and workflows
//! (`heroku config:set`, `cf set-env`, `gcloud run deploy --set-env-vars`), by inputs of actions, by files that set up what
//! the application stands on (Terraform, Bicep).
//!
//! The names alone are read: their values stand elsewhere, or are those of one environment of several.

use std::collections::BTreeMap;

use super::charts::is_variable;
use super::mentioned;
use crate::discover::aside::is_aside;
use crate::discover::{Tree, paths};
use crate::formats::shell;
use crate::formats::small::lines;
use crate::formats::workflow::{Step, Workflow};
use crate::knowledge::deployments::{Act, act};
use crate::knowledge::hosts::{Handing, handing};
use crate::model::{FileId, Span};

/// What mappings of variables are called in files that set up what an application stands on.
const MAPS: [&str; 9] = [
    "env",
    "environment",
    "variables",
    "app_settings",
    "appsettings",
    "environment_variables",
    "environmentvariables",
    "env_vars",
    "app_config",
];
/// Keys whose value is the name of a variable, in entries of lists and mappings.
const NAMES: [&str; 5] = ["name", "env_name", "env_var", "envvar", "variable_name"];
/// Inputs of actions that hold variables.
const INPUTS: [&str; 5] = ["env_vars", "secrets", "environment-variables", "env-vars", "app-settings-json"];

/// The names, each with the first place that hands it over.
pub(super) fn variables<'w>(
    tree: &Tree,
    workflows: impl Iterator<Item = &'w Workflow>,
    scripts: &[FileId],
) -> BTreeMap<String, Span> {
    let mut found = BTreeMap::new();
    let mut add = |name: &str, span: Span| {
        found.entry(name.to_owned()).or_insert(span);
    };
    for step in workflows.flat_map(|workflow| &workflow.jobs).flat_map(|job| &job.steps) {
        of_step(step, &mut add);
    }
    for (file, path) in tree.files().filter(|(_, path)| !is_aside(path)) {
        let Ok(text) = tree.text(file) else { continue };
        if scripts.contains(&file) || is_script(path, text) {
            for (start, line) in logical(text) {
                of_line(&line, text, &mut |name| add(name, Span::new(file, start, start)));
            }
        } else if [".tf", ".hcl", ".bicep"].iter().any(|end| path.ends_with(end)) {
            let bicep = path.ends_with(".bicep");
            of_ground(text, bicep, &mut |name, start, end| add(name, Span::new(file, start, end)));
        }
    }
    mentioned::variables(tree, &mut found);
    found
}

/// Whether a file without an ending, where scripts lie, is one.
fn is_script(path: &str, text: &str) -> bool {
    let placed = path.split('/').any(|part| ["bin", "scripts", "script", "deploy", "ci"].contains(&part));
    placed && !paths::name(path).contains('.') && text.starts_with("#!")
}

/// The lines of a text with those that a backslash carries on, each with its offset.
fn logical(text: &str) -> Vec<(usize, String)> {
    let mut all: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (start, line) in lines(text) {
        let (bare, goes_on) = line.trim_end().strip_suffix('\\').map_or((line, false), |bare| (bare, true));
        match all.last_mut().filter(|_| open) {
            Some((_, whole)) => {
                whole.push(' ');
                whole.push_str(bare);
            }
            None => all.push((start, bare.to_owned())),
        }
        open = goes_on;
    }
    all
}

fn of_step(step: &Step, add: &mut dyn FnMut(&str, Span)) {
    if let Some(run) = &step.run {
        for (start, line) in logical(&run.text) {
            of_line(&line, &run.text, &mut |name| add(name, run.map.span(start, start)));
        }
    }
    let Some(uses) = &step.uses else { return };
    let deploys = act(&uses.value) == Some(Act::Deploys) || uses.value.contains("amazon-ecs-render");
    for (name, value) in step.with.iter().filter(|_| deploys) {
        if INPUTS.contains(&name.as_str()) {
            for part in value.value.split(['\n', ',', '"']) {
                let name = part.split(['=', ':']).next().unwrap_or_default().trim();
                if is_variable(name) {
                    add(name, value.span);
                }
            }
        } else if name == "command" || name == "script" {
            for (_, line) in logical(&value.value) {
                of_line(&line, &value.value, &mut |name| add(name, value.span));
            }
        }
    }
    for (name, value) in step.env.iter().filter(|_| deploys) {
        name.strip_prefix("HD_").filter(|name| is_variable(name)).into_iter().for_each(|name| add(name, value.span));
    }
}

/// The names that one line hands over; `text` is what it stands in.
fn of_line(line: &str, text: &str, add: &mut dyn FnMut(&str)) {
    let speaks = |row: &Handing| row.words.iter().all(|word| line.contains(word.as_str()));
    if line.trim_start().starts_with('#') || !handing().iter().any(speaks) {
        return;
    }
    let words = shell::split_words(line);
    of_words(&words, text, add);
    // A command that a variable holds.
    for word in words.iter().filter(|word| word.contains(' ')) {
        let inner =
            word.split_once('=').filter(|(name, _)| !name.contains(' ')).map_or(word.as_str(), |(_, rest)| rest);
        of_words(&shell::split_words(inner), text, add);
    }
}

fn of_words(words: &[String], text: &str, add: &mut dyn FnMut(&str)) {
    for (at, word) in words.iter().enumerate() {
        let program = paths::name(word);
        for row in handing().iter().filter(|row| row.programs.iter().any(|name| name == program)) {
            let ends = |word: &&String| !["|", "||", "&&", ";"].contains(&word.as_str());
            let rest: Vec<&String> = words.iter().skip(at + 1).take_while(ends).collect();
            let Some(after) = row.words.iter().try_fold(0, |from, next| {
                rest.iter().skip(from).position(|word| *word == next).map(|found| from + found + 1)
            }) else {
                continue;
            };
            let rest = rest.get(after..).unwrap_or_default();
            match row.name_at {
                None => rest.iter().for_each(|word| of_pairs(word, add)),
                Some(number) => match rest.iter().filter(|word| !word.starts_with('-')).nth(number) {
                    Some(name) if is_variable(name) => add(name),
                    Some(name) if name.starts_with('$') => listed(text, add),
                    _ => {}
                },
            }
        }
    }
}

/// The names of a word `NAME=value`, `--flag=NAME=value,NAME=value`, `Variables={NAME=value}`, `env.NAME=value`.
fn of_pairs(word: &str, add: &mut dyn FnMut(&str)) {
    let word = match word.strip_prefix("--") {
        Some(flag) => flag.split_once('=').map_or("", |(_, value)| value),
        None => word.strip_prefix("Variables={").unwrap_or(word),
    };
    // `^@^` at the head says what stands between the pairs.
    let (between, word) = match word.strip_prefix('^').and_then(|rest| rest.split_once('^')) {
        Some((between, rest)) if !between.is_empty() => (between, rest),
        _ => (",", word),
    };
    for pair in word.split(between) {
        let name = pair.split_once('=').map_or("", |(name, _)| name);
        let name = name.rsplit('.').next().unwrap_or(name);
        if is_variable(name) {
            add(name);
        }
    }
}

/// The names of a list that a loop goes through: words that stand alone on their line, or in the list of a `for`.
fn listed(text: &str, add: &mut dyn FnMut(&str)) {
    let bare = |word: &str| word.trim_matches(['"', '\'', '(', ')', ';', ',']).to_owned();
    for (_, line) in lines(text) {
        let line = line.trim();
        let looped = line.strip_prefix("for ").and_then(|rest| rest.split_once(" in ")).map(|(_, list)| list);
        let array = line.split_once("=(").map(|(_, list)| list);
        let words: Vec<String> = looped.or(array).unwrap_or(line).split_whitespace().map(bare).collect();
        if looped.is_some() || array.is_some() || words.len() == 1 {
            words.iter().filter(|word| is_variable(word)).for_each(|word| add(word));
        }
    }
}

/// The names in mappings of variables, and those that entries `name: 'NAME'` give.
///
/// In Bicep any key in capitals is a variable: the settings of an app are a resource of its own.
fn of_ground(text: &str, bicep: bool, add: &mut dyn FnMut(&str, usize, usize)) {
    let (mut depth, mut opened) = (0_usize, None::<usize>);
    for (start, line) in lines(text) {
        let trimmed = line.trim();
        if trimmed.starts_with('#') || trimmed.starts_with("//") {
            continue;
        }
        let key = trimmed.split_once(['=', ':']).map_or(trimmed, |(key, _)| key);
        let key = key.trim_matches(['"', '\'', ' ', '{', '[', ',']);
        let end = start + line.len();
        if (bicep || opened.is_some()) && is_variable(key) && trimmed.contains(['=', ':']) {
            add(key, start, end);
        }
        named(trimmed).for_each(|name| add(name, start, end));
        let ups = trimmed.matches(['{', '[']).count();
        let downs = trimmed.matches(['}', ']']).count();
        let word = key.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        let named = MAPS.iter().any(|map| word == *map || word.ends_with(&format!("_{map}")));
        if opened.is_none() && named && ups > downs {
            opened = Some(depth);
        }
        depth = (depth + ups).saturating_sub(downs);
        opened = opened.filter(|before| depth > *before);
    }
}

/// The variables that the entries of a line name: `name = "NAME"`, `{ env_name = "NAME", secret = … }`.
fn named(line: &str) -> impl Iterator<Item = &str> {
    line.split(['{', '}', ',']).filter_map(|entry| {
        let (key, value) = entry.split_once(['=', ':'])?;
        let marks = ['"', '\'', ' ', '['];
        let (key, value) = (key.trim_matches(marks), value.trim_matches(marks));
        (NAMES.contains(&key) && is_variable(value)).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use crate::discover::{Overlay, Tree};
    use crate::links::Repository;

    /// The names that a repository of these files hands over.
    fn handed(files: &[(&str, &str)]) -> String {
        let tree = Tree::open(Box::new(Overlay::of(files.iter().copied()))).unwrap();
        Repository::read(&tree).handed.keys().cloned().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn commands_of_platforms_hand_over_names() {
        let of = |line: &str| handed(&[("deploy.sh", line)]);
        assert_eq!(of("cf set-env shop SECRET_KEY \"$KEY\"\n"), "SECRET_KEY");
        assert_eq!(of("heroku config:set A_B=1 MODE=\"$MODE\" --app shop | cat X_Y=1\n"), "A_B MODE");
        assert_eq!(of("fly secrets set \\\n  TOKEN=x \\\n  OTHER=y\n"), "OTHER TOKEN");
        assert_eq!(of("az webapp config appsettings set -g a --settings DEBUG=0 MODE=x\n"), "DEBUG MODE");
        assert_eq!(of("gcloud run deploy shop --set-env-vars=MODE=x,HOST=y --set-secrets KEY=k:1\n"), "HOST KEY MODE");
        assert_eq!(of("gcloud run deploy shop --set-env-vars '^@^LIST=a,b@HOST=y'\n"), "HOST LIST");
        assert_eq!(of("kubectl -n live set env deploy/web MODE=x\n"), "MODE");
        assert_eq!(of("# heroku config:set MODE=x\nheroku run MODE=x\n"), "");
        let looped = "names=(\n  \"KEY_ONE\"\n  KEY_TWO\n)\nfor n in ${names[@]}; do\n  cmd=\"cf set-env shop $n ${!n}\"\n  $cmd\ndone\n";
        assert_eq!(of(looped), "KEY_ONE KEY_TWO");
    }

    #[test]
    fn inputs_of_actions_and_files_of_the_ground_hand_over_names() {
        let step = "{uses: google-github-actions/deploy-cloudrun@v2, with: {env_vars: 'MODE=x,HOST=y', region: A_B}}";
        let flow = format!("on: push\njobs: {{deploy: {{runs-on: u, steps: [{step}]}}}}\n");
        assert_eq!(handed(&[(".github/workflows/ship.yml", &flow)]), "HOST MODE");
        let ground = "resource \"app\" \"web\" {\n  app_settings = {\n    MODE = \"x\"\n    \"HOST\" = var.host\n  }\n  OTHER = 1\n}\n";
        assert_eq!(handed(&[("infra/main.tf", ground)]), "HOST MODE");
        let list = "locals {\n  secrets = {\n    key = { env_name = \"API_KEY\", exists = true },\n  }\n}\n";
        assert_eq!(handed(&[("infra/main.tf", list)]), "API_KEY");
        let bicep = "appSettings: [\n  {\n    name: 'SECRET_KEY'\n    value: key\n  }\n]\n";
        assert_eq!(handed(&[("infra/main.bicep", bicep)]), "SECRET_KEY");
        let own = "resource settings 'Microsoft.Web/sites/config' = {\n  properties: {\n    DB_HOST: host\n  }\n}\n";
        assert_eq!(handed(&[("infra/main.bicep", own)]), "DB_HOST");
    }
}
