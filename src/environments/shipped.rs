//! The Dockerfile behind an image that the repository's own workflows publish.

use std::borrow::Cow;

use super::images::is_python;
use super::plan::ImageBuild;
use super::published::{OPTIONS, asked_for, plain, step_args, steps};
use crate::discover::aside::is_aside;
use crate::discover::{Kind, paths};

use crate::formats::workflow::{Job, Step, Texts, Workflow};
use crate::links::Repository;
use crate::links::view::publishes_image;
use crate::model::{FileId, Role, Span};

/// Tags that stand for the newest state of a branch.
const MOVING: [&str; 12] = [
    "latest",
    "main",
    "master",
    "dev",
    "develop",
    "local",
    "edge",
    "stable",
    "release",
    "prod",
    "production",
    "staging",
];
/// Stands for a part of a name that only the run knows.
const ANY: &str = "*";
/// Stands for the owner and name of the repository.
const SELF: &str = "$self";

/// A name that a step publishes an image under.
struct Name {
    parts: Vec<String>,
    tag: Option<String>,
}

/// The build that workflows publish under an image's name: the newest one, or the one of just this tag.
pub(super) fn shipped_as(repository: &Repository<'_>, reference: &str) -> Option<ImageBuild> {
    let wanted = name(reference);
    let moving = wanted.tag.as_deref().is_none_or(|tag| MOVING.contains(&tag));
    let mut found: Vec<ImageBuild> = Vec::new();
    for (_, workflow) in repository.workflows() {
        let flow = &workflow;
        let runs = |job| steps(flow, job).into_iter().map(move |steps| (job, steps));
        for (job, steps) in workflow.jobs.iter().flat_map(runs) {
            for step in &steps {
                let names = names(&workflow, (job, &steps), step);
                let ours: Vec<&Name> = names.iter().filter(|known| same(repository, known, &wanted)).collect();
                let tagged = ours.iter().any(|known| known.tag.is_some() && known.tag == wanted.tag);
                let Some(image) = build(repository, step).filter(|_| tagged || moving && !ours.is_empty()) else {
                    continue;
                };
                if tagged {
                    return Some(image);
                }
                found.push(image);
            }
        }
    }
    let mut first = found.first()?.clone();
    // Where builds of one Dockerfile are handed different arguments, which of them runs is not known.
    for (name, value) in &mut first.args {
        if !found.iter().all(|image| image.args.get(name) == Some(value)) {
            *value = None;
        }
    }
    found.iter().all(|image| image.dockerfile == first.dockerfile && image.target == first.target).then_some(first)
}

fn same(repository: &Repository<'_>, known: &Name, wanted: &Name) -> bool {
    let (ours, theirs) = (&known.parts, &wanted.parts);
    if let Some(at) = ours.iter().position(|part| part == SELF) {
        // The owner and the name stand for the one part.
        let own = theirs.get(at..at + 2).filter(|own| is_self(repository, &own.join("/")));
        let around = |at: usize, past: usize, all: &[String]| [&all[..at], &all[past..]].concat();
        let rest = own.map(|_| around(at, at + 2, theirs));
        return rest.is_some_and(|rest| fits(&around(at, at + 1, ours), &rest));
    }
    ours.last().is_some_and(|last| last != ANY) && fits(ours, theirs)
}

fn fits(ours: &[String], theirs: &[String]) -> bool {
    ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(known, part)| known == ANY || known == part)
}

/// The Dockerfile that stands at the root and is the only one an application can come from, for an image with the name of
/// the repository, or one that the Dockerfile itself speaks of; its version has to be one that moves.
pub(super) fn own(repository: &Repository<'_>, reference: &str, moving: bool) -> Option<ImageBuild> {
    let wanted = name(reference);
    let tag = wanted.tag.as_deref();
    let service = crate::knowledge::services::by_image(&wanted.parts.join("/")).is_some();
    if service || !(moving || tag.is_none_or(|tag| MOVING.contains(&tag))) {
        return None;
    }
    let ours = |file: &FileId| {
        let naming = super::words::naming(repository.tree.path(*file));
        let tests = naming.role.as_ref().is_some_and(|(role, _)| *role == Role::Test);
        !naming.template && !naming.build && !tests && is_python(repository, *file)
    };
    let mut found = repository.of(Kind::Dockerfile).iter().copied().filter(ours);
    let mut at_root = found.clone().filter(|file| !repository.tree.path(*file).contains('/'));
    let file = match (at_root.next(), at_root.next()) {
        (Some(file), None) => file,
        (None, _) => found.next().filter(|_| found.next().is_none())?,
        // Of several the one that builders look for, where none says that it is production's.
        (Some(_), Some(_)) => {
            let at_root = || found.clone().filter(|file| !repository.tree.path(*file).contains('/'));
            let role = |file: FileId| super::words::naming(repository.tree.path(file)).role.map(|(role, _)| role);
            let produces = at_root().any(|file| role(file) == Some(Role::Production));
            at_root().find(|file| !produces && repository.tree.path(*file) == "Dockerfile")?
        }
    };
    let last = wanted.parts.last().filter(|last| last.len() > 3)?;
    let text = repository.tree.text(file).unwrap_or_default().to_ascii_lowercase();
    if called_otherwise(repository, file, last) {
        return None;
    }
    let ours = wanted.parts.len() > 1 && (is_published_here(repository, reference) || text.contains(last.as_str()));
    ours.then(|| plain(repository, file, None))
}

/// Whether workflows publish a Dockerfile, and under no name that ends in this word.
fn called_otherwise(repository: &Repository<'_>, file: FileId, last: &str) -> bool {
    let mut known: Vec<Name> = Vec::new();
    for (_, workflow) in repository.workflows() {
        let flow = &workflow;
        let runs = |job| steps(flow, job).into_iter().map(move |steps| (job, steps));
        for (job, steps) in workflow.jobs.iter().flat_map(runs) {
            for step in
                steps.iter().filter(|step| build(repository, step).is_some_and(|image| image.dockerfile == file))
            {
                // The tags of a step that makes them are told by the images of that step.
                let named = names(&workflow, (job, &steps), step);
                known.extend(named.into_iter().filter(|name| name.parts != [ANY]));
            }
        }
    }
    let may = |name: &Name| name.parts.last().is_none_or(|part| part == last || part.contains(ANY) || part == SELF);
    !known.is_empty() && !known.iter().any(may)
}

/// Whether an image is published by those whose repository it is: its name ends in the owner and name of that, which more may follow, or a page of the
/// documentation shows where it is published and the Dockerfile speaks of what it is called.
pub(super) fn is_published_here(repository: &Repository<'_>, reference: &str) -> bool {
    let parts = name(reference).parts;
    let own = parts.get(parts.len().saturating_sub(2)..).unwrap_or_default().join("/");
    // Of several images of one project each is called after it: `owner/name-backend`.
    let several = || own.match_indices('-').any(|(at, _)| own[..at].contains('/') && is_self(repository, &own[..at]));
    parts.len() > 1 && (is_self(repository, &own) || several() || is_shown(repository, &parts))
}

/// Whether a page shows that an image is published on Docker Hub, and a Dockerfile of the repository speaks of its name.
fn is_shown(repository: &Repository<'_>, parts: &[String]) -> bool {
    let [owner, last] = parts else { return false };
    let says = |file: FileId, text: &str| {
        repository.tree.text(file).is_ok_and(|known| known.to_ascii_lowercase().contains(text))
    };
    let link = format!("hub.docker.com/r/{owner}/{last}");
    let product = crate::knowledge::services::by_image(&format!("{owner}/{last}")).is_some();
    let mut pages = repository.tree.files().filter(|(_, path)| path.ends_with(".md") || path.ends_with(".rst"));
    !product
        && last.len() > 3
        && repository.of(Kind::Dockerfile).iter().any(|file| says(*file, last))
        && pages.any(|(file, _)| says(file, &link))
}

/// Whether a guide or project file names `owner/name` as the repository on GitHub.
fn is_self(repository: &Repository<'_>, name: &str) -> bool {
    let link = format!("github.com/{name}");
    let files = [Kind::Guide, Kind::Project].into_iter().flat_map(|kind| repository.of(kind));
    // `owner/name` is another repository than `owner/name-web`.
    let whole = |text: &str, at: usize| {
        let next = text[at + link.len()..].chars().next();
        !next.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
    };
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        text.match_indices(&link).any(|(at, _)| whole(&text, at))
    };
    let speaks = |file: &FileId| !is_aside(repository.tree.path(*file));
    files.into_iter().filter(|file| speaks(file)).any(|file| repository.tree.text(*file).is_ok_and(says))
}

/// Splits a reference as it is compared: in small letters, Docker Hub's own host left out.
fn name(reference: &str) -> Name {
    let text = reference.split('@').next().unwrap_or(reference).to_ascii_lowercase();
    let (path, tag) = match text.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path.to_owned(), Some(tag.to_owned())),
        _ => (text, None),
    };
    let path = path.strip_prefix("docker.io/").unwrap_or(&path);
    Name { parts: path.split('/').map(str::to_owned).collect(), tag }
}

/// The names that a step publishes: its `tags`, or the images of the step whose output they are.
fn names(workflow: &Workflow, (job, steps): (&Job, &[Cow<'_, Step>]), step: &Step) -> Vec<Name> {
    let action = |step: &Step, word: &str| step.uses.as_ref().is_some_and(|uses| uses.value.contains(word));
    let other = step.uses.as_ref().is_some_and(|uses| publishes_image(&uses.value));
    if !(other || action(step, "docker/build-push-action")) {
        return Vec::new();
    }
    let given = ["tags", "name"].into_iter().filter(|input| other || *input == "tags");
    let mut texts: Vec<&str> = given.filter_map(|input| Some(step.with.get(input)?.value.as_str())).collect();
    for other in steps.iter().filter(|other| action(other, "metadata-action") || action(other, "docker-meta")) {
        let read = other.id.as_ref().map(|id| format!("steps.{}.outputs", id.value));
        if read.is_some_and(|read| texts.iter().any(|text| text.contains(&read))) {
            texts.extend(other.with.get("images").map(|images| images.value.as_str()));
        }
    }
    let words = texts.into_iter().flat_map(|text| text.split(['\n', ',']));
    let plain = words.map(|word| word.trim().trim_start_matches("name=")).filter(|word| !word.is_empty());
    plain.map(|word| name(&filled(word, &[&step.env, &job.env, &workflow.env]))).collect()
}

/// A text with its expressions replaced by what stands in the workflow, or by what stands for them.
fn filled(text: &str, envs: &[&Texts]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${{") {
        let (inner, after) = after.split_once("}}").unwrap_or((after, ""));
        out.push_str(before);
        let inner = inner.trim();
        let own = inner.strip_prefix("env.").and_then(|name| envs.iter().find_map(|env| env.get(name)));
        match (own, inner) {
            (Some(value), _) if !value.value.contains("env.") => out.push_str(&filled(&value.value, envs)),
            (None, "github.repository") => out.push_str(SELF),
            _ => out.push_str(ANY),
        }
        rest = after;
    }
    out + rest
}

/// What a step builds.
fn build(repository: &Repository<'_>, step: &Step) -> Option<ImageBuild> {
    let with = |name: &str| step.with.get(name).map(|value| value.value.trim().to_owned());
    let context = with("context").filter(|context| !context.contains("${{")).unwrap_or_default();
    let context = paths::join("", &context)?;
    let file = with("file").or_else(|| with("dockerfile"));
    let path = file.and_then(|file| paths::join("", &file)).or_else(|| paths::join(&context, "Dockerfile"))?;
    let dockerfile = repository.tree.find(&path)?;
    let target = with("target").or_else(|| OPTIONS.iter().find_map(|name| asked_for(&with(name)?)));
    let target = target.filter(|target| !target.contains("${{"));
    let span: Option<Span> = step.uses.as_ref().map(|uses| uses.span);
    Some(ImageBuild { dockerfile, context, target, args: step_args(step), span })
}

#[cfg(test)]
mod tests {
    use super::shipped_as;
    use crate::discover::{Overlay, Tree};
    use crate::links::Repository;

    const WORKFLOW: &str = "on: push
env: {REGISTRY: ghcr.io, IMAGE: '${{ github.repository }}'}
jobs:
  ship:
    runs-on: ubuntu-latest
    steps:
      - id: meta
        uses: docker/metadata-action@v5
        with: {images: '${{ env.REGISTRY }}/${{ env.IMAGE }}'}
      - uses: docker/build-push-action@v6
        with: {context: ., push: true, build-args: MODE=production, tags: '${{ steps.meta.outputs.tags }}'}
      - uses: docker/build-push-action@v6
        with: {context: ., file: Dockerfile.edge, push: true, tags: 'acme/shop:edge-proxy'}
";

    fn of(reference: &str) -> Option<(String, Option<String>)> {
        let files = [
            (".github/workflows/ship.yml", WORKFLOW),
            ("README.md", "See https://github.com/acme/shop"),
            ("Dockerfile", "FROM python:3.13\n"),
            ("Dockerfile.edge", "FROM nginx\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).ok()?;
        let image = shipped_as(&Repository::read(&tree), reference)?;
        Some((tree.path(image.dockerfile).to_owned(), image.args.get("MODE").cloned().flatten()))
    }

    #[test]
    fn a_published_name_leads_to_its_dockerfile() {
        let production = Some("production".to_owned());
        assert_eq!(of("ghcr.io/acme/shop:latest"), Some(("Dockerfile".into(), production)), "with its arguments");
        assert_eq!(of("docker.io/acme/shop:edge-proxy"), Some(("Dockerfile.edge".into(), None)));
        assert_eq!(of("ghcr.io/acme/shop:1.4.2"), None, "an older state than the one that is read");
        assert_eq!(of("ghcr.io/other/tool:latest"), None, "published by others");
        assert_eq!(of("redis:latest"), None);
    }

    #[test]
    fn other_actions_publish_as_well_up_to_the_stage_that_their_options_ask_for() {
        let step = "{uses: acme/publish-docker-action@v5, with: {name: '${{ secrets.USER }}/shop:latest', context: ., dockerfile: ops/Dockerfile, buildoptions: --target prod}}";
        let flow = format!("on: push\njobs: {{ship: {{runs-on: u, steps: [{step}]}}}}\n");
        let stages = "FROM python:3.13 AS prod\nFROM prod AS dev\n";
        let files = [(".github/workflows/ship.yml", flow.as_str()), ("ops/Dockerfile", stages)];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let image = shipped_as(&Repository::read(&tree), "acme/shop:latest");
        assert_eq!(image.and_then(|image| image.target).as_deref(), Some("prod"));
    }

    #[test]
    fn each_row_of_a_matrix_publishes_an_image_of_its_own() {
        let flow = "on: push\njobs:\n  ship:\n    runs-on: u\n    strategy:\n      matrix:\n        include: [{part: api, file: api/Dockerfile}, {part: jobs, file: jobs/Dockerfile}]\n    steps:\n      - id: meta\n        uses: docker/metadata-action@v5\n        with: {images: 'ghcr.io/${{ github.repository }}/${{ matrix.part }}'}\n      - uses: docker/build-push-action@v6\n        with: {context: ., file: '${{ matrix.file }}', push: true, tags: '${{ steps.meta.outputs.tags }}'}\n";
        let files = [
            (".github/workflows/ship.yml", flow),
            ("README.md", "See https://github.com/acme/shop"),
            ("api/Dockerfile", "FROM python:3.13\n"),
            ("jobs/Dockerfile", "FROM python:3.12\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        let of = |reference: &str| Some(tree.path(shipped_as(&repository, reference)?.dockerfile).to_owned());
        assert_eq!(of("ghcr.io/acme/shop/jobs").as_deref(), Some("jobs/Dockerfile"));
        assert_eq!(of("ghcr.io/acme/shop/api:latest").as_deref(), Some("api/Dockerfile"));
        assert_eq!((of("ghcr.io/acme/shop/web"), of("ghcr.io/acme/shop")), (None, None));
    }

    #[test]
    fn the_repositorys_own_image_is_its_dockerfile_where_nothing_shows_how_it_is_published() {
        let of = |reference: &str, moving: bool| {
            let files = [
                ("README.md", "See https://github.com/acme/shop"),
                ("Dockerfile", "FROM python:3.13\nWORKDIR /opt/store\n"),
                ("docs/Dockerfile.build", "FROM python:3.12\n"),
            ];
            let tree = Tree::open(Box::new(Overlay::of(files))).ok()?;
            let image = super::own(&Repository::read(&tree), reference, moving)?;
            Some(tree.path(image.dockerfile).to_owned())
        };
        assert_eq!(of("ghcr.io/acme/shop:latest", false).as_deref(), Some("Dockerfile"));
        assert_eq!(of("acme/store:2.1", true).as_deref(), Some("Dockerfile"), "the Dockerfile speaks of it");
        assert_eq!(of("acme/store:2.1", false), None, "another state than the one that is read");
        assert_eq!(of("acme/other", false), None);
        assert_eq!(of("postgres", false), None);
        let meta = "{id: meta, uses: docker/metadata-action@v5, with: {images: ghcr.io/acme/shop-api}}";
        let tags = "'${{ steps.meta.outputs.tags }}'";
        let step = format!("{meta}, {{uses: docker/build-push-action@v6, with: {{context: ., tags: {tags}}}}}");
        let flow = format!("on: push\njobs: {{ship: {{runs-on: u, steps: [{step}]}}}}\n");
        let files = [
            ("README.md", "See https://github.com/acme/shop"),
            ("Dockerfile", "FROM python:3.13\n"),
            (".github/workflows/ship.yml", flow.as_str()),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let own = |reference: &str| super::own(&Repository::read(&tree), reference, true).is_some();
        assert!(own("ghcr.io/acme/shop-api") && !own("acme/shop-front"), "it is published under another name");
    }

    #[test]
    fn of_several_dockerfiles_the_plain_one_is_published_unless_another_is_for_production() {
        let of = |other: &str| {
            let python = "FROM python:3.13\n# shop\n";
            let files = [("README.md", "See https://github.com/acme/shop"), ("Dockerfile", python), (other, python)];
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            let image = super::own(&Repository::read(&tree), "acme/shop:latest", false)?;
            Some(tree.path(image.dockerfile).to_owned())
        };
        assert_eq!(of("Dockerfile.tools").as_deref(), Some("Dockerfile"));
        assert_eq!(of("Dockerfile.prod"), None);
        let files =
            [("README.md", "See https://github.com/acme/shop"), ("docker/e2e/Dockerfile", "FROM python:3.13\n")];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        assert!(super::own(&Repository::read(&tree), "acme/shop:latest", false).is_none(), "it is for tests");
    }

    #[test]
    fn an_image_that_is_called_after_the_project_is_its_own() {
        let files = [("README.md", "See https://github.com/acme/shop"), ("Dockerfile", "FROM python:3.13\n")];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let own = |reference: &str| super::is_published_here(&Repository::read(&tree), reference);
        assert!(own("acme/shop:1") && own("ghcr.io/acme/shop-backend:stable"));
        assert!(!own("acme/shopping") && !own("acme/other-backend") && !own("other/shop-backend"));
        let files = [("README.md", "See https://github.com/acme/shop-backend"), ("Dockerfile", "FROM python:3.13\n")];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let own = |reference: &str| super::is_published_here(&Repository::read(&tree), reference);
        assert!(own("acme/shop-backend") && !own("acme/shop-frontend"), "the repository beside it");
    }
}
