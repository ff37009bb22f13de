//! Source-to-Image of OpenShift: what `.s2i/` says of the image that a builder of Python makes of the sources, and what a
//! `BuildConfig` does.

use std::collections::BTreeSet;

use super::plan::{CommandLine, NativeBuild, Planned, Runs, Setup, Unit};
use crate::discover::aside::is_aside;
use crate::discover::{Kind, paths};
use crate::formats::kubernetes::{Builder, Container};
use crate::formats::{Vars, World, dotenv};
use crate::links::Repository;
use crate::links::s2i::Sources;
use crate::model::{Confidence, FileId, Role, Span, SpanMap, Spanned};

/// Its name, where a report says who builds.
const NAME: &str = "Source-to-Image";

/// Adds the productions of folders with `.s2i/` that no manifest builds.
pub(super) fn add(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    let built = |planned: &Planned| planned.setups.values().any(|setup| setup.by == NAME);
    if all.iter().any(built) {
        return;
    }
    let mut folders: BTreeSet<(String, FileId)> = BTreeSet::new();
    for (file, path) in repository.tree.files().filter(|(_, path)| !is_aside(path)) {
        let ours =
            [".s2i/environment", ".s2i/bin/assemble", ".s2i/bin/run"].iter().find_map(|end| path.strip_suffix(end));
        let folder =
            ours.filter(|above| above.is_empty() || above.ends_with('/')).filter(|above| holds(repository, above));
        folders.extend(folder.map(|folder| (folder.trim_end_matches('/').to_owned(), file)));
    }
    let mut found: Option<(String, Planned)> = None;
    for (folder, file) in folders {
        if let Some((other, planned)) = &mut found {
            if *other == folder {
                planned.add_file(file);
            }
            continue;
        }
        let start = Span::new(file, 0, 0);
        let given = variables(repository, &folder);
        let Some(runs) = runs(repository, &folder, &given, start) else { continue };
        let taken = all.iter().any(|planned| planned.environment.name == "production");
        let name = if taken { "openshift" } else { "production" };
        let mut planned =
            Planned::new(name, Role::Production, Confidence::Invoked).because(start, format!("{NAME} reads the file"));
        planned.variables.insert("web".into(), given);
        planned.setups.insert("web".into(), setup(None, &folder));
        planned.units.push(Unit { name: "web".into(), runs });
        found = Some((folder, planned));
    }
    all.extend(found.map(|(_, planned)| planned));
}

/// Whether a folder's own files are among those of the project at hand.
fn holds(repository: &Repository<'_>, folder: &str) -> bool {
    let kinds = [Kind::Requirements, Kind::Project, Kind::Lock, Kind::Python];
    let here = |file: &FileId| paths::parent(repository.tree.path(*file)) == folder.trim_end_matches('/');
    kinds.iter().any(|kind| repository.of(*kind).iter().any(here))
}

/// The variables that the builder puts into the image.
fn variables(repository: &Repository<'_>, folder: &str) -> Vars {
    let file = paths::join(folder, ".s2i/environment").and_then(|path| repository.tree.find(&path));
    let text = file.and_then(|file| Some((file, repository.tree.text(file).ok()?)));
    text.map_or_else(Vars::new, |(file, text)| {
        dotenv::vars(&dotenv::parse(file, text, dotenv::Dialect::ComposeRaw, &World::empty()))
    })
}

/// What the sources of a folder run as, where they are of Python.
fn runs(repository: &Repository<'_>, folder: &str, given: &Vars, at: Span) -> Option<Runs> {
    let find = |path: &str| repository.tree.find(&paths::join(folder, path)?);
    let python = ["requirements.txt", "setup.py", "pyproject.toml", "Pipfile", "manage.py", "app.py"];
    if !python.iter().any(|name| find(name).is_some()) {
        return None;
    }
    let sources = Sources { tree: repository.tree, find: &find, given };
    let (text, said) = sources.started()?;
    let span = said.unwrap_or(at);
    let command = CommandLine { text, map: SpanMap::Whole(span), span };
    let build = CommandLine { text: sources.assembled(), map: SpanMap::Whole(at), span: at };
    let native = Some(NativeBuild { folder: folder.to_owned(), build: Some(build) });
    Some(Runs::Process { command, image: None, native })
}

fn setup(builder: Option<&Spanned<String>>, folder: &str) -> Setup {
    let mut setup = Setup { by: NAME, folder: folder.to_owned(), ..Setup::default() };
    let Some(builder) = builder else { return setup };
    // A stream of the cluster has the name of the language and its version; any other is an image by its whole name.
    if builder.value.contains('/') {
        setup.image = Some(builder.clone());
    } else {
        let version = builder.value.split_once(':').and_then(|(_, tag)| tag.split('-').next()).unwrap_or_default();
        let plain = version.contains('.') && version.chars().all(|c| c.is_ascii_digit() || c == '.');
        setup.runtimes.extend(plain.then(|| ("python", Spanned::new(version.to_owned(), builder.span))));
    }
    setup
}

/// What a container runs whose image a builder of Python makes of a folder: how, and what it has of the build.
pub(super) fn built(
    repository: &Repository<'_>,
    container: &Container,
    builder: &Builder,
    folder: &str,
) -> Option<(Runs, Setup, Vars)> {
    let from = builder.from.as_ref().filter(|from| from.value.contains("python"))?;
    let folder = paths::join("", folder)?;
    let mut given = variables(repository, &folder);
    given.extend(builder.given.clone());
    let runs = runs(repository, &folder, &given, from.span)?;
    let words: Vec<&Spanned<String>> = container.command.iter().chain(&container.args).collect();
    let runs = match (runs, words.first()) {
        (Runs::Process { native, image, .. }, Some(first)) => {
            let text =
                words.iter().map(|word| crate::formats::small::quoted(&word.value)).collect::<Vec<_>>().join(" ");
            let command = CommandLine { text, map: SpanMap::Whole(first.span), span: first.span };
            Runs::Process { command, image, native }
        }
        (runs, _) => runs,
    };
    Some((runs, setup(Some(from), &folder), given))
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const NEEDS: (&str, &str) = ("requirements.txt", "flask\ngunicorn\n");

    #[test]
    fn sources_that_a_builder_makes_an_image_of_are_production() {
        let said = (".s2i/environment", "APP_MODULE=shop:app\n");
        assert_eq!(environments(&[said, NEEDS]), ["production production: .s2i/environment"]);
        let own = (".s2i/bin/assemble", "pip install flask\n");
        assert_eq!(environments(&[own, said, NEEDS]), ["production production: .s2i/bin/assemble .s2i/environment"]);
        assert!(environments(&[(".s2i/environment", "NODE_ENV=x\n"), ("package.json", "{}")]).is_empty());
        let two = environments(&[
            ("a/.s2i/environment", "APP_MODULE=a:app\n"),
            ("a/requirements.txt", "flask\n"),
            ("a/Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD gunicorn a:app\n"),
            ("b/requirements.txt", "flask\n"),
            ("b/Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD gunicorn b:app\n"),
        ]);
        assert_eq!(two.iter().filter(|one| one.contains(".s2i")).count(), 1, "it is of one project: {two:?}");
        let unit = ("etc/web.service", "[Service]\nExecStart=gunicorn shop:app\n");
        let found = environments(&[said, unit, NEEDS]);
        assert_eq!(found, ["openshift production: .s2i/environment", "production production: etc/web.service"]);
    }

    #[test]
    fn a_manifest_runs_what_a_builder_makes_of_the_sources() {
        let text = r#"{"kind": "Template", "apiVersion": "v1", "objects": [
          {"kind": "BuildConfig", "apiVersion": "v1", "metadata": {"name": "shop"}, "spec": {"source": {"contextDir": ""},
            "strategy": {"sourceStrategy": {"from": {"kind": "ImageStreamTag", "name": "python:3.9-ubi8"}, "env": [{"name": "APP_MODULE", "value": "shop:app"}]}},
            "output": {"to": {"kind": "ImageStreamTag", "name": "shop:latest"}}}},
          {"kind": "DeploymentConfig", "apiVersion": "v1", "metadata": {"name": "shop"}, "spec": {"template": {"spec": {"containers": [
            {"name": "shop", "image": "shop", "env": [{"name": "DEBUG", "value": "0"}]}]}}}}]}"#;
        let found = environments(&[("openshift/templates/shop.json", text), NEEDS]);
        assert_eq!(found, ["production production: openshift/templates/shop.json"]);
        let other = text.replace("python:3.9-ubi8", "nodejs:18");
        assert!(environments(&[("openshift/templates/shop.json", &other), NEEDS]).is_empty());
    }
}
