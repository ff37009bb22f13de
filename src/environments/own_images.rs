//! Images that the repository builds itself, by the names that it gives them.

use super::base_role::may_be_ours;
use super::images::of_file;
use super::plan::ImageBuild;
use super::published::plain;
use crate::discover::{Kind, paths};
use crate::formats::compose::{Field, Service};
use crate::formats::dockerfile::{Build, BuiltBase};
use crate::formats::workflow::Job;
use crate::knowledge::{images, services};
use crate::links::docker_build::BuildCall;
use crate::links::view::built_by_step;
use crate::links::{Call, Meaning, Repository};
use crate::model::{FileId, Known};

/// Tags that mean what was built last.
const MOVING: [&str; 6] = ["latest", "main", "master", "dev", "develop", "local"];

/// How many base images of one's own may stand on one another.
const DEEPEST: usize = 4;

/// Builds a Dockerfile as asked, on the base images that the repository builds itself.
pub fn build(repository: &Repository<'_>, image: &ImageBuild) -> Option<Build> {
    with_bases(repository, image, 0)
}

/// A build with the base images that the repository builds itself.
fn with_bases(repository: &Repository<'_>, image: &ImageBuild, depth: usize) -> Option<Build> {
    let build = of_file(repository, image, Vec::new())?;
    let mut bases: Vec<BuiltBase> = Vec::new();
    for stage in build.stages.iter().filter(|stage| stage.base.stage.is_none() && depth < DEEPEST) {
        let Known::One(reference) = &stage.base.reference else { continue };
        if bases.iter().any(|base| base.reference == *reference) {
            continue;
        }
        let own = base(repository, reference).filter(|own| own.dockerfile != image.dockerfile);
        let built = own.and_then(|own| Some((with_bases(repository, &own, depth + 1)?, own.context)));
        bases.extend(built.map(|(build, context)| BuiltBase { reference: reference.clone(), build, context }));
    }
    if bases.is_empty() { Some(build) } else { of_file(repository, image, bases) }
}

/// The build of a base image, if it is one of the repository's own.
fn base(repository: &Repository<'_>, reference: &str) -> Option<ImageBuild> {
    let known = images::describe(reference, "");
    if !known.distro.is_unknown() || reference == "scratch" {
        return None;
    }
    let (name, tag) = split_tag(reference);
    let moving = tag.is_none_or(|tag| MOVING.contains(&tag));
    built_as(repository, reference)
        .or_else(|| composed(repository, reference))
        .or_else(|| stepped(repository, name).filter(|_| moving))
}

/// The Dockerfile that the repository's own calls build under a name: with the version that is asked for, or, for what was
/// built last, with none that says another.
pub(super) fn built_as(repository: &Repository<'_>, reference: &str) -> Option<ImageBuild> {
    let (name, tag) = split_tag(reference);
    let calls = || repository.calls.iter().filter_map(|call| Some((call, built(call)?)));
    let tags = |build: &BuildCall| -> Vec<Option<String>> {
        let all = build.tags.iter().map(|other| split_tag(other)).filter(|(other, _)| *other == name);
        all.map(|(_, tag)| tag.map(str::to_owned)).collect()
    };
    let exact = || calls().find(|(_, build)| tags(build).iter().any(|other| other.as_deref() == tag && tag.is_some()));
    if let Some((call, build)) = exact() {
        return of_call(repository, call, build);
    }
    if !tag.is_none_or(|tag| MOVING.contains(&tag)) {
        return None;
    }
    let open = |tag: &Option<String>| {
        tag.as_deref().is_none_or(|tag| tag == "latest" || tag.contains(['$', '…', '{']) || tag.is_empty())
    };
    let fits = || calls().find(|(_, build)| tags(build).iter().any(open));
    // A version says nothing where all that is built under the name is one image.
    let only = || {
        let mut named = calls().filter(|(_, build)| !tags(build).is_empty());
        let first = named.next()?;
        let same = |(_, other): (&Call, &BuildCall)| {
            other.dockerfile == first.1.dockerfile && other.target == first.1.target && other.context == first.1.context
        };
        named.all(same).then_some(first)
    };
    let (call, build) = fits().or_else(only)?;
    of_call(repository, call, build)
}

fn built(call: &Call) -> Option<&BuildCall> {
    if let Meaning::Builds(build) = &call.meaning { Some(build) } else { None }
}

fn of_call(repository: &Repository<'_>, call: &Call, build: &BuildCall) -> Option<ImageBuild> {
    let context = paths::join(&call.folder, &build.context)?;
    let path = match &build.dockerfile {
        Some(name) => paths::join(&call.folder, name),
        None => paths::join(&context, "Dockerfile"),
    };
    let dockerfile = repository.tree.find(&path?)?;
    let (target, args) = (build.target.clone(), build.args.clone());
    Some(ImageBuild { dockerfile, context, target, args, span: Some(call.span) })
}

/// The Dockerfile that something of the repository builds under a name: a command, a compose file, a step of a workflow.
pub(super) fn built_under(repository: &Repository<'_>, name: &str) -> Option<ImageBuild> {
    built_as(repository, name).or_else(|| composed(repository, name)).or_else(|| stepped(repository, name))
}

/// What a compose file builds under a name; with a version, under just that.
fn composed(repository: &Repository<'_>, reference: &str) -> Option<ImageBuild> {
    speaking(repository, reference).find_map(|file| {
        let project = super::compose::load(repository, &[file]);
        let named = |service: &&Service| service.build.is_some() && is_of(service, reference);
        super::compose::image_of(repository, &project, project.services.values().find(named)?)
    })
}

/// What an overlay beside a compose file builds of the image of ours that the file below it names.
pub(super) fn overlaid(repository: &Repository<'_>, reference: &str) -> Option<ImageBuild> {
    speaking(repository, reference).find_map(|file| {
        let project = super::compose::load(repository, &[file]);
        let ours = |service: &Service| service.build.is_none() && is_of(service, reference) && may_be_ours(service);
        let named = project.services.iter().find(|(_, service)| ours(service))?.0;
        let folder = |file: FileId| paths::parent(repository.tree.path(file));
        let mut beside = repository.of(Kind::Compose).iter().filter(|other| folder(**other) == folder(file));
        beside.find_map(|other| {
            let overlay = super::compose::load(repository, &[*other]);
            // What stands alone brings its services with it; an overlay leaves some to the file below it.
            let known = |name: &String| project.services.contains_key(name);
            if overlay.services.len() >= project.services.len() || !overlay.services.keys().all(known) {
                return None;
            }
            let service = overlay.services.get(named).filter(|service| service.image.is_none())?;
            service.build.is_some().then(|| super::compose::image_of(repository, &overlay, service)).flatten()
        })
    })
}

/// The compose files that speak of an image.
fn speaking<'r>(repository: &'r Repository<'_>, reference: &str) -> impl Iterator<Item = FileId> + 'r {
    let name = split_tag(reference).0.to_owned();
    let speaks = move |file: &FileId| repository.tree.text(*file).is_ok_and(|text| text.contains(&name));
    repository.of(Kind::Compose).iter().copied().filter(speaks)
}

/// Whether a service is of an image; with a version, of just that.
fn is_of(service: &Service, reference: &str) -> bool {
    let (name, tag) = split_tag(reference);
    service.image.as_ref().and_then(|image| image.value.one()).is_some_and(|image| {
        let (other, version) = split_tag(image);
        other == name && (tag.is_none() || version.unwrap_or("latest") == tag.unwrap_or("latest"))
    })
}

/// What another compose file builds under the name that a variable gives: the text of both names is one.
pub(super) fn written_alike(repository: &Repository<'_>, image: &Field<String>) -> Option<ImageBuild> {
    let written = |image: &Field<String>| {
        let span = image.origin.primary()?;
        let text = repository.tree.text(span.file).ok()?.get(span.range())?;
        Some((text.trim().trim_matches(['"', '\'']), span.file))
    };
    let (wanted, own) = written(image).filter(|(text, _)| text.starts_with('$'))?;
    let speaks = |file: &FileId| repository.tree.text(*file).is_ok_and(|text| text.contains(wanted));
    let mut others = repository.of(Kind::Compose).iter().filter(|file| **file != own && speaks(file));
    others.find_map(|file| {
        let project = super::compose::load(repository, &[*file]);
        let same = |other: &&Service| {
            let name = other.image.as_ref().filter(|_| other.build.is_some()).and_then(&written);
            name.is_some_and(|(text, _)| text == wanted)
        };
        super::compose::image_of(repository, &project, project.services.values().find(same)?)
    })
}

/// What a step of a workflow builds under a name, given in the step or by another of the job that makes its tags.
fn stepped(repository: &Repository<'_>, name: &str) -> Option<ImageBuild> {
    let workflows = repository.workflows();
    let jobs = workflows.iter().flat_map(|(_, flow)| &flow.jobs);
    jobs.into_iter().find_map(|job| {
        let made = tells(job, name);
        job.steps.iter().find_map(|step| {
            let tags = step.with.get("tags").or_else(|| step.with.get("images"))?;
            let given = is_among(&tags.value, name) || made && tags.value.contains("${{");
            let folder = built_by_step(step).filter(|_| given)?;
            let file = step.with.get("file").and_then(|file| repository.tree.find(file.value.trim_start_matches("./")));
            let dockerfile = file.or_else(|| repository.tree.find(&paths::join(&folder, "Dockerfile")?))?;
            let target = step.with.get("target").map(|target| target.value.clone());
            Some(ImageBuild { target, ..plain(repository, dockerfile, Some(tags.span)) })
        })
    })
}

/// Whether a step makes the tags of one image, by its name, for the only one that the job builds.
fn tells(job: &Job, name: &str) -> bool {
    let of = |action: &str, key: &str| -> Vec<&str> {
        let steps =
            job.steps.iter().filter(|step| step.uses.as_ref().is_some_and(|uses| uses.value.starts_with(action)));
        steps.filter_map(|step| Some(step.with.get(key)?.value.as_str())).collect()
    };
    of("docker/metadata-action", "images").iter().any(|names| is_among(names, name))
        && of("docker/build-push-action", "tags").len() == 1
}

fn is_among(names: &str, name: &str) -> bool {
    names.split(['\n', ',']).any(|tag| split_tag(tag.trim()).0 == name)
}

/// The Dockerfile that a released version of an image is built from: the only one that is built and published under the name,
/// with whatever version is given then.
pub(super) fn released(repository: &Repository<'_>, reference: &str) -> Option<ImageBuild> {
    let (name, tag) = split_tag(reference);
    let version = tag?.trim_start_matches(['v', 'V']);
    let product = services::by_image(&images::describe(name, "").repository).is_some();
    if product || !name.contains('/') || !version.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let named = |build: &BuildCall| build.tags.iter().any(|other| split_tag(other).0 == name);
    let calls = || repository.calls.iter().filter_map(|call| Some((call, built(call)?)));
    let given = |build: &BuildCall| {
        let filled = |tag: &str| split_tag(tag).1.is_none_or(|tag| tag.contains(['$', '…', '{']) || tag.is_empty());
        build.tags.iter().any(|tag| split_tag(tag).0 == name && filled(tag))
    };
    let mut all: Vec<(ImageBuild, bool)> = Vec::new();
    for (call, build) in calls().filter(|(_, build)| named(build)) {
        all.push((of_call(repository, call, build)?, given(build)));
    }
    let Some((first, _)) = all.iter().find(|(_, given)| *given) else {
        return if all.is_empty() { super::shipped::shipped_as(repository, name) } else { None };
    };
    let same = |(other, _): &(ImageBuild, bool)| other.dockerfile == first.dockerfile && other.target == first.target;
    all.iter().all(same).then(|| first.clone())
}

/// The name and the version of a reference.
pub(super) fn split_tag(reference: &str) -> (&str, Option<&str>) {
    let name = reference.split('@').next().unwrap_or(reference);
    let name = name.strip_prefix("docker.io/").unwrap_or(name);
    match name.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::{base, built_as, overlaid};
    use crate::discover::{Overlay, Tree};
    use crate::links::Repository;

    #[test]
    fn a_name_means_what_is_built_with_its_version() {
        let make = "a:\n\tdocker build -t shop:tools tools\n\tdocker build --target dev -t shop:dev .\n\tdocker build -t till till\n";
        let image = "FROM python:3.12\n";
        let files = [
            ("Makefile", make),
            ("Dockerfile", image),
            ("tools/Dockerfile", image),
            ("till/Dockerfile", "FROM till\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        let built = |reference: &str| {
            built_as(&repository, reference).map(|image| (tree.path(image.dockerfile).to_owned(), image.target))
        };
        assert_eq!(built("shop:dev"), Some(("Dockerfile".into(), Some("dev".into()))));
        assert_eq!(built("shop:tools"), Some(("tools/Dockerfile".into(), None)));
        assert_eq!(built("till:latest"), Some(("till/Dockerfile".into(), None)));
        // Two images have the name, and neither is the one built last.
        assert_eq!(built("shop"), None);
        assert_eq!((built("till:3"), built("other")), (None, None));
        // An image built on one of its own name is not built on itself for ever.
        let own = built_as(&repository, "till").unwrap();
        assert!(super::with_bases(&repository, &own, 0).unwrap().stages.len() == 1);
        assert!(base(&repository, "python:3.12").is_none());
    }

    #[test]
    fn a_released_version_is_built_as_what_is_published_under_its_name() {
        let of = |make: &str, reference: &str| {
            let image = "FROM python:3.12\n";
            let files = [("Makefile", make), ("Dockerfile", image), ("ops/Dockerfile", image)];
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            let image = super::released(&Repository::read(&tree), reference)?;
            Some(tree.path(image.dockerfile).to_owned())
        };
        let ship = "ship:\n\tdocker buildx build -t acme/shop:${VERSION} --push .\n";
        assert_eq!(of(ship, "docker.io/acme/shop:3.6.1").as_deref(), Some("Dockerfile"));
        assert_eq!(of(ship, "acme/shop:nightly"), None);
        assert_eq!(of(ship, "acme/other:3.6.1"), None);
        let two = format!("{ship}old:\n\tdocker build -t acme/shop:${{OLD}} ops\n");
        assert_eq!(of(&two, "acme/shop:3.6.1"), None, "either may be it");
        let fixed = "ship:\n\tdocker build -t acme/shop:1.0 .\n";
        assert_eq!(of(fixed, "acme/shop:3.6.1"), None);
    }

    #[test]
    fn an_overlay_builds_what_the_file_below_it_names() {
        let base = "services: {web: {image: 'acme/shop:1'}, db: {image: 'postgres:16'}}\n";
        let built = |overlay: &str| {
            let files = [("compose.yml", base), ("compose.dev.yml", overlay), ("Dockerfile", "FROM python:3.12\n")];
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            overlaid(&Repository::read(&tree), "acme/shop:1").is_some()
        };
        assert!(built("services: {web: {build: .}}\n"));
        assert!(!built("services: {web: {build: .}, db: {image: 'postgres:15'}}\n"), "it stands alone");
        assert!(!built("services: {web: {build: ., image: shop}}\n"));
    }
}
