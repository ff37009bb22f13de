//! Calls of the tools that deploy.

use crate::knowledge::hosts;

/// Whether a remote of git is one that deploys what is pushed to it.
fn is_deploying_remote(word: &str) -> bool {
    ["dokku", "heroku"].contains(&word) || word.starts_with("dokku@") || word.contains("git.heroku.com")
}

/// The server that a command logs in to, where what it runs there brings that up to date.
fn server<'w>(words: &[&'w str]) -> Option<&'w str> {
    let valued = ["-i", "-p", "-o", "-l", "-F", "-J", "-L", "-R", "-c", "-E"];
    let mut at = 1;
    while words.get(at).is_some_and(|word| word.starts_with('-')) {
        at += if valued.contains(&words[at]) { 2 } else { 1 };
    }
    let (host, run) = (words.get(at)?, words.get(at + 1..)?.join(" "));
    let deploys = run.contains("deploy") || hosts::remote(false).any(|sign| run.contains(sign));
    deploys.then_some(host)
}

/// Whether a command deploys, and the word that may name where to.
#[expect(clippy::option_option, reason = "it may deploy without naming where to")]
pub(super) fn read(program: &str, words: &[&str]) -> Option<Option<String>> {
    let has = |word: &str| words.contains(&word);
    let after = |flags: &[&str]| {
        words
            .iter()
            .zip(words.iter().skip(1))
            .find(|(flag, _)| flags.contains(flag))
            .map(|(_, value)| (*value).to_owned())
    };
    let named = || words.iter().skip(1).rev().find(|word| !word.starts_with('-')).map(|word| (*word).to_owned());
    // What only looks at what would be done does nothing.
    let dry = ["--dry-run", "--syntax-check", "--check", "--list-tasks", "--list-hosts", "--help", "--version"];
    if words.iter().any(|word| dry.contains(&word.split('=').next().unwrap_or(word))) {
        return None;
    }
    match program {
        "kubectl" if has("apply") || has("set") || has("rollout") => Some(after(&["-n", "--namespace"])),
        // What `oc apply` makes may as well be what builds images.
        "oc" if has("set") || has("rollout") => Some(after(&["-n", "--namespace"])),
        "terraform" | "tofu" | "terragrunt" if has("apply") => {
            Some(words.iter().find_map(|word| word.strip_prefix("-var-file=")).map(str::to_owned))
        }
        "helm" if has("upgrade") || has("install") => Some(after(&["-n", "--namespace"])),
        "fly" | "flyctl" if has("deploy") => Some(after(&["-c", "--config", "-a", "--app"])),
        "heroku" if words.iter().any(|word| word.starts_with("container:release") || *word == "deploy") => {
            Some(after(&["-a", "--app"]))
        }
        "kamal" if has("deploy") => Some(after(&["-d", "--destination"])),
        "cap" | "fab" if has("deploy") => Some(words.get(1).map(|word| (*word).to_owned())),
        "eb" if has("deploy") => Some(named()),
        "gcloud" if has("deploy") || has("run") && (has("update") || has("update-traffic")) || has("set-traffic") => {
            let acts = ["deploy", "update", "update-traffic", "set-traffic"];
            Some(after(&acts).filter(|word| !word.starts_with('-')))
        }
        "aws" if has("deploy") && (has("create-deployment") || has("push")) => {
            Some(after(&["--deployment-group-name"]).or_else(|| after(&["--application-name"])))
        }
        "aws" if has("ecs") && has("update-service") => Some(after(&["--cluster", "--service"])),
        "serverless" | "sls" | "zappa" if has("deploy") || has("update") => {
            Some(after(&["--stage", "-s"]).or_else(named))
        }
        "ansible-playbook" => Some(after(&["-i", "--inventory"])),
        "ssh" => server(words).map(|host| Some(host.to_owned())),
        "fastapi" if has("deploy") => Some(None),
        "cf" if has("push") => Some(after(&["-f", "--var-file", "--vars-file"])),
        "railway" if has("up") => Some(after(&["-e", "--environment"])),
        "az" if has("webapp") || has("containerapp") || has("functionapp") => {
            let acts = has("up") || has("update") || has("deploy") || has("swap");
            // What is swapped goes into the slot that serves, where none is named.
            let slot = if has("swap") { after(&["--target-slot"]) } else { after(&["--slot"]) };
            acts.then(|| slot.or_else(|| after(&["-n", "--name"])))
        }
        "doctl" if has("create-deployment") || has("update") => Some(None),
        "cdk" | "sam" | "copilot" | "caprover" | "dokku" if has("deploy") => {
            Some(after(&["--env", "-e", "--config-env"]))
        }
        "pulumi" if has("up") => Some(after(&["-s", "--stack"])),
        "nomad" if has("run") => Some(None),
        "git" if has("push") => words
            .iter()
            .skip(2)
            .find(|word| is_deploying_remote(word))
            .map(|word| Some((*word).to_owned()).filter(|word| !["dokku", "heroku"].contains(&word.as_str()))),
        "docker" if has("stack") && has("deploy") => Some(named()),
        _ if program.strip_suffix(".sh").unwrap_or(program) == "deploy" => {
            Some(words.get(1).filter(|word| !word.starts_with('-')).map(|word| (*word).to_owned()))
        }
        _ => None,
    }
}
