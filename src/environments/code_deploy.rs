//! `appspec.yml` of AWS CodeDeploy: the scripts that run on the servers, in order.

use super::plan::CommandLine;
use crate::discover::aside::is_aside;
use crate::discover::{Tree, paths};
use crate::formats::small::tree::{self, Node};
use crate::model::{FileId, SpanMap};

/// What is done on a server, from the first to the last.
const EVENTS: [&str; 4] = ["BeforeInstall", "AfterInstall", "ApplicationStart", "ValidateService"];

/// The file and its path.
fn found(tree: &Tree) -> Option<(FileId, &str)> {
    tree.files().find(|(_, path)| ["appspec.yml", "appspec.yaml"].contains(&paths::name(path)) && !is_aside(path))
}

/// Whether a deployment lays the code onto servers; one of containers or functions names what runs there instead.
pub(super) fn is_there(tree: &Tree) -> bool {
    let root = found(tree).and_then(|(file, _)| tree::yaml(file, tree.text(file).ok()?).0);
    root.is_some_and(|root| root.get("files").is_some_and(|files| !files.items().is_empty()))
}

/// What the scripts of a deployment do, with the folder of the code in the place of where it lies on the server.
pub(super) fn build(tree: &Tree) -> Option<CommandLine> {
    let (file, path) = found(tree)?;
    let root = tree::yaml(file, tree.text(file).ok()?).0?;
    let hooks = root.get("hooks")?;
    let to = root.get("files").map_or(&[][..], Node::items).iter().find_map(|one| one.field("destination"));
    let to = to.map(|to| to.value.trim_end_matches('/').to_owned()).filter(|to| to.len() > 1);
    let mut text = String::new();
    for hook in EVENTS.iter().filter_map(|event| hooks.get(event)).flat_map(Node::items) {
        let found = hook.field("location").and_then(|script| paths::join(paths::parent(path), &script.value));
        let script = found.and_then(|path| tree.find(&path)).and_then(|file| tree.text(file).ok());
        let shell = script.filter(|script| script.lines().next().is_some_and(|first| first.contains("sh")));
        if let Some(script) = shell {
            let own = to.as_ref().map_or_else(|| script.to_owned(), |to| script.replace(to.as_str(), "."));
            text.push_str(&own);
            text.push('\n');
        }
    }
    (!text.is_empty()).then_some(CommandLine { text, map: SpanMap::Whole(hooks.span), span: hooks.span })
}

#[cfg(test)]
mod tests {
    use super::build;
    use crate::discover::{Overlay, Tree};

    #[test]
    fn what_is_laid_onto_servers_is_deployed_there_and_no_image_is() {
        let travis = "language: python\npython: '3.12'\nscript: pytest\ndeploy:\n  - {provider: codedeploy, deployment_group: staging, on: {branch: main}}\n  - {provider: codedeploy, deployment_group: production, on: {tags: true}}\n";
        let found = super::super::tests::environments(&[
            (".travis.yml", travis),
            ("appspec.yml", "os: linux\nfiles: [{source: /, destination: /srv/shop/}]\n"),
            (
                "data/Dockerfile",
                "FROM python:3.12\nCOPY . /src\nRUN pip install -r requirements.txt\nENTRYPOINT [\"make\"]\n",
            ),
            ("data/requirements.txt", "pandas\n"),
            ("data/docker-compose.yml", "services: {make: {build: ., volumes: ['.:/src']}}\n"),
            ("manage.py", "import os\n"),
        ]);
        let live: Vec<&String> =
            found.iter().filter(|one| one.contains("production") || one.contains("staging")).collect();
        assert_eq!(live, ["production production: .travis.yml", "staging staging: .travis.yml"]);
    }

    #[test]
    fn scripts_of_a_deployment_are_one_text_in_order() {
        let spec = "os: linux\nfiles: [{source: /, destination: /srv/shop/}]\nhooks:\n  ApplicationStart: [{location: ops/start.sh}]\n  AfterInstall: [{location: ops/install.sh}, {location: ops/env.py}]\n";
        let files = [
            ("appspec.yml", spec),
            ("ops/install.sh", "#!/bin/sh\ncd /srv/shop/\nuv sync"),
            ("ops/start.sh", "#!/bin/bash\nsystemctl start shop"),
            ("ops/env.py", "#!/usr/bin/env python\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let text = build(&tree).unwrap().text;
        assert_eq!(text, "#!/bin/sh\ncd ./\nuv sync\n#!/bin/bash\nsystemctl start shop\n");
    }
}
