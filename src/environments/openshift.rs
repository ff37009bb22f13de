//! What OpenShift builds and fills in: the environments that templates are for, and the images of its builds.

use std::collections::BTreeMap;

use super::plan::{ImageBuild, Planned, Runs, Setup, Unit};
use super::words::naming;
use super::{published, s2i};
use crate::discover::{Kind, paths};
use crate::formats::Vars;
use crate::formats::kubernetes::{self, Build, Container};
use crate::links::Repository;
use crate::model::{FileId, Reason, Role};

/// Manifests by the environment that their names say.
type Groups = BTreeMap<Option<(Role, String)>, Vec<FileId>>;

/// How a container runs that is built of sources, what its image brings, and the variables of the build.
type Assembled = (Runs, Setup, Vars);

/// Puts each template among the files of the environments that it says it is for; `named` are those whose own name says one.
pub(super) fn spread(
    templates: &BTreeMap<FileId, Vec<(Role, String)>>,
    groups: &mut Groups,
    named: impl Fn(FileId) -> bool,
) {
    for (file, words) in templates.iter().filter(|(file, _)| !named(**file)) {
        for (role, word) in words {
            let known = groups.keys().flatten().find(|(known, _)| known == role).cloned();
            let files = groups.entry(Some(known.unwrap_or((*role, word.clone())))).or_default();
            if !files.contains(file) {
                files.push(*file);
            }
        }
    }
}

/// The role and word of an environment that a cluster runs, as a word of a template says it.
pub(super) fn deployed_as(word: &str, platforms: &[&str]) -> Option<(Role, String)> {
    let (role, word) = naming(&format!("{word}.x")).role?;
    let role = if role == Role::Test { Role::Staging } else { role };
    (!platforms.contains(&word.as_str())).then_some((role, word))
}

/// What the manifests of the repository build from its Dockerfiles.
pub(super) fn builds(repository: &Repository<'_>) -> Vec<Build> {
    let files = repository.of(Kind::Kubernetes).iter();
    let texts = files.filter_map(|file| Some((*file, repository.tree.text(*file).ok()?)));
    let building = texts.filter(|(_, text)| text.contains("BuildConfig"));
    building.flat_map(|(file, text)| kubernetes::read(&kubernetes::parse(file, text)).builds).collect()
}

/// The Dockerfile that the builds of the cluster make an image of that name from: nothing within where they differ, and
/// nothing at all where none makes it.
#[expect(clippy::option_option, reason = "it may be made of what is not known")]
pub(super) fn built_there(repository: &Repository<'_>, name: &str, builds: &[Build]) -> Option<Option<ImageBuild>> {
    let last = paths::name(name);
    let mut named = builds.iter().filter(|build| build.image == last && !last.is_empty());
    let build = named.next()?;
    let path = |build: &Build| {
        let folder = paths::join("", &build.folder)?;
        Some((paths::join(&folder, &build.dockerfile.as_ref()?.value)?, folder))
    };
    let made = path(build);
    let alike = named.all(|other| path(other) == made);
    let image = made.filter(|_| alike).and_then(|(dockerfile, folder)| {
        let dockerfile = repository.tree.find(&dockerfile)?;
        let span = build.dockerfile.as_ref().map(|named| named.span);
        Some(ImageBuild { context: folder, ..published::plain(repository, dockerfile, span) })
    });
    Some(image)
}

/// What a container runs whose image the builds of the cluster make of the sources alone.
pub(super) fn assembled(repository: &Repository<'_>, container: &Container, builds: &[Build]) -> Option<Assembled> {
    let name = container.image.as_ref()?.value.split(['@', ':']).next()?;
    let last = paths::name(name);
    let mut named = builds.iter().filter(|build| build.image == last && !last.is_empty());
    let build = named.next()?;
    let alike = named.all(|other| other.builder.is_some() && other.folder == build.folder);
    s2i::built(repository, container, build.builder.as_ref().filter(|_| alike)?, &build.folder)
}

/// Gives an environment what builders of sources make for its containers: how they run, and the variables of the build below
/// those of the container.
pub(super) fn take_assembled(
    planned: &mut Planned,
    name: &str,
    (runs, setup, given): Assembled,
    own: (Vars, Option<Reason>),
) {
    let (vars, more) = own;
    planned.unseen = planned.unseen.take().or(more);
    let given: Vars = given.into_iter().chain(vars).collect();
    planned.variables.insert(name.to_owned(), given);
    planned.setups.insert(name.to_owned(), setup);
    planned.units.push(Unit { name: name.to_owned(), runs });
}

/// Whether something runs an image of the repository, or what is built of its sources.
pub(super) fn is_ours(unit: &Unit) -> bool {
    unit.runs.image().is_some() || matches!(unit.runs, Runs::Process { .. })
}

/// Whether what manifests run is a Python program of the repository.
pub(super) fn is_python(repository: &Repository<'_>, planned: &Planned) -> bool {
    let images = planned.units.iter().filter_map(|unit| unit.runs.image()).map(|image| image.dockerfile);
    planned.units.iter().any(|unit| matches!(unit.runs, Runs::Process { .. })) || runs_python(repository, images)
}

/// Whether an image of a Python program of the repository is among these.
pub(super) fn runs_python(repository: &Repository<'_>, mut images: impl Iterator<Item = FileId>) -> bool {
    images.any(|file| super::images::is_python(repository, file))
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const WEB: &str = "kind: Template\nparameters:\n- {name: ENV, description: 'Use development, test or prod'}\n- {name: NAME, value: shop}\nobjects:\n- kind: Deployment\n  metadata: {name: '${NAME}-web-${ENV}'}\n  spec:\n    replicas: ${{COUNT}}\n    template: {spec: {containers: [{name: web, image: 'registry/${NAME}-web:latest', env: [{name: MODE, value: '${ENV}'}]}]}}\n";
    const BUILD: &str = "kind: Template\nobjects:\n- kind: BuildConfig\n  metadata: {name: shop-web}\n  spec: {output: {to: {name: 'shop-web:latest'}}, source: {contextDir: site}, strategy: {dockerStrategy: {dockerfilePath: Dockerfile.cluster}}}\n";

    #[test]
    fn a_template_is_of_each_environment_that_it_names() {
        let image = ("site/Dockerfile.cluster", "FROM python:3.12\nCOPY . .\nCMD gunicorn a.wsgi\n");
        let all = [("openshift/templates/web.yaml", WEB), ("openshift/templates/build.yaml", BUILD), image];
        let found = environments(&all);
        let named: Vec<&str> = found.iter().filter_map(|one| one.split(':').next()).collect();
        assert_eq!(named, ["prod production", "test staging", "development development"]);
        assert!(found.iter().all(|one| one.contains("web.yaml") && one.contains("Dockerfile.cluster")), "{found:?}");
        assert!(environments(&[all[0], ("requirements.txt", "django\n")]).is_empty(), "nothing of ours runs there");
    }

    #[test]
    fn an_application_of_clowder_runs_the_plain_image_of_the_repository() {
        let app = "kind: Template\nparameters: [{name: IMAGE, value: quay.example/shop}]\nobjects:\n- kind: ClowdApp\n  metadata: {name: shop}\n  spec:\n    deployments:\n    - {name: web, podSpec: {image: '${IMAGE}:${TAG}', args: [gunicorn, a]}}\n";
        let image = "FROM python:3.12\nCOPY . .\n";
        let found = environments(&[("deploy/clowdapp.yml", app), ("Dockerfile", image), ("dev.Dockerfile", image)]);
        assert!(found.contains(&"production production: deploy/clowdapp.yml Dockerfile".to_owned()), "{found:?}");
    }
}
