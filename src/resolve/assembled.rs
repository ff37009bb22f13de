//! Images that a Dockerfile makes with the scripts of a builder of Source-to-Image.

use super::installs::{self, Place};
use super::part::{Installs, Part};
use super::process::CommandWords;
use crate::discover::{Tree, paths};
use crate::formats::World;
use crate::formats::requirements::MarkerEnv;
use crate::formats::shell::{self, Executed, Word};
use crate::links::Container;
use crate::links::s2i::{Sources, is_script};
use crate::model::SpanMap;

/// Where such a builder takes the sources from, and where it puts them.
const FROM: &str = "/tmp/src";
const TO: &str = "/opt/app-root/src";

/// The folder of the repository that the sources are.
fn folder(container: &Container<'_>, cwd: &str) -> Option<String> {
    [FROM, TO, cwd].iter().find_map(|path| container.outside(path))
}

/// Takes what the builder's script installs, where a command is that; whether it is.
pub(super) fn install(installs: &mut Installs, executed: &Executed, argv: &[String], place: &Place<'_, '_>) -> bool {
    if !argv.iter().take(2).any(|word| is_script(word, "assemble")) {
        return false;
    }
    // What the project's own script has done first, is taken with it.
    if place.tree.path(executed.span.file).ends_with(".s2i/bin/assemble") {
        return true;
    }
    let Some(folder) = folder(place.container, &place.workdir) else { return false };
    let find = |path: &str| place.tree.find(&paths::join(&folder, path)?);
    let text = Sources { tree: place.tree, find: &find, given: &executed.vars }.assembled();
    let container = Container::checkout(place.tree, &folder);
    let script = shell::parse(&text, &SpanMap::Whole(executed.span), shell::Dialect::Posix);
    let world = World::Open((*executed.vars).clone());
    for command in shell::evaluate(&script, &world, &[], &container).commands {
        let place = Place {
            tree: place.tree,
            container: &container,
            workdir: container.workdir.clone(),
            stage: place.stage.clone(),
            context: folder.clone(),
            markers: MarkerEnv::linux(None),
        };
        installs::run(installs, &command, &place);
    }
    true
}

/// The command that the builder's script comes to, where a component starts that; its sources stand where it puts them.
pub(super) fn started(part: &mut Part<'_>, command: &CommandWords, tree: &Tree) -> Option<CommandWords> {
    let word = |word: &Word| word.text.one().is_some_and(|text| is_script(text.trim(), "run"));
    if !command.words.iter().any(word) {
        return None;
    }
    let container = part.container.as_mut()?;
    let folder = folder(container, &container.workdir.clone())?;
    let find = |path: &str| tree.find(&paths::join(&folder, path)?);
    let (text, _) = Sources { tree, find: &find, given: part.world.vars() }.started()?;
    container.mount(&folder, TO);
    TO.clone_into(&mut container.workdir);
    let words = ["/bin/sh", "-c", &text].iter().map(|word| Word::known(*word, command.span)).collect();
    Some(CommandWords { words, span: command.span, map: Some(SpanMap::Whole(command.span)) })
}

#[cfg(test)]
mod tests {
    use crate::discover::{Config, Overlay, Tree};
    use crate::environments::infer;
    use crate::links::Repository;
    use crate::resolve::components::{self, Context};

    #[test]
    fn a_dockerfile_may_build_and_start_with_the_scripts_of_a_builder() {
        let files = [
            (
                "Dockerfile",
                "FROM registry.access.redhat.com/ubi8/python-39\nENV APP_MODULE=shop:app\nCOPY . /tmp/src\nRUN /usr/libexec/s2i/assemble\nCMD /usr/libexec/s2i/run\n",
            ),
            ("requirements.txt", "flask==3.1.0\ngunicorn==23.0.0\n"),
            (".s2i/bin/assemble", ". /usr/libexec/s2i/assemble\npip install httpx==0.28.1\n"),
            ("shop.py", "app = 1\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        let plan = infer(&repository, &Config::read(&tree), false);
        let parts = components::of(&Context::new(&repository, "2026-11-21"), &plan.environments[0]);
        let part = &parts[0];
        assert_eq!(
            part.installs.packages.keys().map(String::as_str).collect::<Vec<_>>(),
            ["flask", "gunicorn", "httpx"]
        );
        assert_eq!(part.processes[0].argv[..2], ["gunicorn", "shop:app"]);
    }
}
