//! `heroku.yml`.

use std::collections::BTreeMap;

use super::app_json::Addon;
use super::tree::{self, Node};
use super::{CommandText, Texts, texts};
use crate::model::{FileId, Problem, Spanned};

/// What one process type runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Run {
    /// Its name.
    pub name: Spanned<String>,
    /// Its command; the image's own where none is given.
    pub command: Option<CommandText>,
    /// The process type whose image it uses; its own where none is named.
    pub image: Option<Spanned<String>>,
}

/// The image of a process type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DockerBuild {
    /// Its Dockerfile.
    pub dockerfile: Spanned<String>,
    /// The stage that is built.
    pub target: Option<Spanned<String>>,
}

/// An app that Heroku builds from Dockerfiles.
#[derive(Clone, Default, Debug)]
pub struct HerokuYml {
    /// `build.docker`: images by process type.
    pub docker: BTreeMap<String, DockerBuild>,
    /// `build.config`: build arguments.
    pub config: Texts,
    /// `setup.config`: variables of the app.
    pub setup_config: Texts,
    /// `setup.addons`.
    pub addons: Vec<Addon>,
    /// `run`, in source order.
    pub run: Vec<Run>,
    /// `release`.
    pub release: Option<Run>,
}

/// Reads `heroku.yml`.
pub fn parse(file: FileId, text: &str) -> (HerokuYml, Vec<Problem>) {
    let (root, problems) = tree::yaml(file, text);
    let Some(root) = root else { return (HerokuYml::default(), problems) };
    let entries = |keys: &[&str]| root.path(keys).map_or(&[][..], Node::entries);
    let image = |node: &Node| {
        let dockerfile = node.field("dockerfile").or_else(|| node.spanned())?;
        Some(DockerBuild { dockerfile, target: node.field("target") })
    };
    let addon = |node: &Node| {
        Some(Addon {
            plan: node.field("plan").or_else(|| node.spanned())?,
            version: node.path(&["options", "version"]).and_then(Node::spanned),
            attached_as: node.field("as"),
        })
    };
    let addons = root.path(&["setup", "addons"]).map_or(&[][..], Node::one_or_many);
    let release =
        root.get("release").map(|node| Spanned::new("release".to_owned(), node.span)).zip(root.get("release"));
    let heroku = HerokuYml {
        docker: entries(&["build", "docker"])
            .iter()
            .filter_map(|(name, node)| Some((name.value.clone(), image(node)?)))
            .collect(),
        config: texts(root.path(&["build", "config"])),
        setup_config: texts(root.path(&["setup", "config"])),
        addons: addons.iter().filter_map(addon).collect(),
        run: entries(&["run"]).iter().map(|(name, node)| run(name, node)).collect(),
        release: release.map(|(name, node)| run(&name, node)),
    };
    (heroku, problems)
}

/// A command alone, or `command` (a text or a list) with the image it runs in.
fn run(name: &Spanned<String>, node: &Node) -> Run {
    let command = match node.get("command").map_or(&[][..], Node::one_or_many) {
        [] => CommandText::of(node),
        [one] => CommandText::of(one),
        several => CommandText::joined(several, " && "),
    };
    Run { name: name.clone(), command, image: node.field("image") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_entry_is_read() {
        let text = "setup:\n  addons:\n    - plan: heroku-postgresql\n      as: DB\n      options: {version: 14}\n  config:\n    A: 1\n\
                    build:\n  docker:\n    web: Dockerfile\n    worker:\n      dockerfile: w/Dockerfile\n      target: run\n  config:\n    B: c\n\
                    release:\n  image: web\n  command:\n    - python manage.py migrate\n\
                    run:\n  web: gunicorn a\n  worker:\n    command:\n      - celery\n      - echo x\n    image: web\n  plain:\n    image: worker\n";
        let (heroku, problems) = parse(FileId(0), text);
        assert!(problems.is_empty());
        assert_eq!(heroku.docker["worker"].dockerfile.value, "w/Dockerfile");
        assert_eq!(heroku.docker["worker"].target.as_ref().map(|text| text.value.as_str()), Some("run"));
        assert_eq!(heroku.addons[0].version.as_ref().map(|text| text.value.as_str()), Some("14"));
        let shown: Vec<_> = heroku
            .run
            .iter()
            .map(|run| {
                let command = run.command.as_ref().map_or("-", |command| command.text.as_str());
                format!(
                    "{}: {command} in {}",
                    run.name.value,
                    run.image.as_ref().map_or("-", |image| image.value.as_str())
                )
            })
            .collect();
        assert_eq!(shown, ["web: gunicorn a in -", "worker: celery && echo x in web", "plain: - in worker"]);
        let release = heroku.release.and_then(|run| run.command);
        assert_eq!(release.map(|command| command.text).as_deref(), Some("python manage.py migrate"));
    }
}
