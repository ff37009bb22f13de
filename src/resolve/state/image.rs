//! Image facts.

use super::Statements;
use crate::discover::{Tree, paths};
use crate::environments::words::naming;
use crate::knowledge::images::Image;
use crate::knowledge::{eol, packages, services};
use crate::links::ignored::Ignored;
use crate::model::{Attr, Certainty, ComponentKind, Dimension, FileId, Known, Origin, Reason, Role, Span};
use crate::resolve::part::{Host, ImagePart, Part};

/// States the image of a component, and those of the other stages it needs.
pub fn state(statements: &mut Statements, part: &Part<'_>, tree: &Tree, as_of: &str) {
    let Some(image) = &part.image else { return };
    let component = Some(&part.name);
    let built = image.dockerfile.map(|file| build_is_for_development(part, image, file, tree));
    let mut fact = statements.about(component, Dimension::Image, &part.name);
    let origin = &image.origin;
    fact.known("reference", image.reference.clone(), &image.certainty, origin);
    fact.text("host", part.host.name(), origin);
    if part.beside_job {
        fact.bool("beside_job", true, origin);
    }
    if let Some(about) = &image.about {
        if part.host == Host::Container {
            fact.text("registry", &about.registry, origin);
            fact.text("repository", &about.repository, origin);
            fact.attr("tag", tag(about, origin));
            fact.text("pin", about.pin, origin);
            let written = image.reference.one().is_some_and(|text| !text.is_empty() && !text.contains('$'));
            for (name, value) in [("moving", about.moving && written), ("retired", about.retired)] {
                let value = Known::One(crate::model::Value::Bool(value));
                fact.attr(name, Attr { value, certainty: image.certainty.clone(), origin: origin.clone() });
            }
            fact.bool("for_ci", crate::knowledge::images::is_for_ci(&about.repository), origin);
            if let Some(service) = services::by_image(&about.repository) {
                fact.text("product", service.product, origin);
            }
            fact.bool("distro_floats", about.derived && about.digest.is_none() && !about.moving, origin);
            if let Some(digest) = &about.digest {
                fact.text("digest", digest, origin);
            }
        }
        for (name, value) in
            [("distro", &about.distro), ("release", &about.release), ("libc", &about.libc), ("variant", &about.variant)]
        {
            fact.known(name, value.clone(), &image.certainty, origin);
        }
        if let Some(settled) = settled(image.reference.one(), about) {
            fact.text("settled", settled, origin);
        }
        if let (Some(distro), Some(release)) = (about.distro.one(), about.release.one())
            && let Some(day) = eol::end(distro, release, as_of)
        {
            let day = day.map_or(Known::Absent, |day| Known::One(day.to_owned()));
            fact.known("ended", day, &image.certainty, origin);
        }
    } else {
        let reason = match &image.reference {
            Known::Unknown(reason) => reason.clone(),
            _ => Reason::new("several images are possible"),
        };
        for name in ["distro", "release", "libc", "variant"] {
            fact.attr(name, Attr::unknown(reason.clone(), origin.clone()));
        }
    }
    if let Some(platform) = &image.platform {
        fact.text("platform", &platform.value, &Origin::set(platform.span));
    }
    if let Some(file) = image.dockerfile {
        fact.text("dockerfile", tree.path(file), origin);
    }
    if let Some(name) = &image.pulled_as {
        fact.text("pulled_as", &name.value, &Origin::set(name.span));
    }
    if let Some(target) = &image.target {
        fact.text("target", &target.value, &Origin::set(target.span));
    }
    if let Some((development, at)) = built {
        fact.bool("dev_build", development, &at);
    }
    let upgrades = |argv: &[String]| {
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        let manager = words.first().is_some_and(|word| ["apt-get", "apt", "apk", "dnf", "yum"].contains(word));
        manager && words.iter().any(|word| ["upgrade", "dist-upgrade", "full-upgrade"].contains(word))
    };
    if let Some((argv, at)) = part.commands.iter().find(|(argv, _)| upgrades(argv)) {
        fact.text("upgraded", argv.join(" "), &Origin::set(*at));
    }
    for (name, places) in [("missing_sources", &image.missing), ("secret_args", &image.told)] {
        if let Some(first) = places.first() {
            let rest = places.iter().skip(1).fold(Origin::set(first.span), |all, one| all.join(&Origin::set(one.span)));
            fact.list(name, places.iter().map(|place| place.value.clone()).collect(), &rest);
        }
    }
    let copied = dotenv_files(part, image, tree);
    if let Some(first) = copied.first() {
        let names = copied.iter().map(|file| tree.path(*file).to_owned()).collect();
        if let Some((line, at)) = ignore_file(image, tree) {
            fact.text("ignore_file", line, &Origin::set(at));
        }
        fact.list("dotenv_files", names, &Origin::set(Span::new(*first, 0, 0)).join(origin));
    }
    for (name, reference, origin) in &image.stages {
        let about = reference.one().map(|reference| crate::knowledge::images::describe(reference, as_of));
        let mut fact = statements.about(component, Dimension::Image, name);
        fact.known("reference", reference.clone(), &Certainty::Stated, origin);
        if let Some(about) = about {
            fact.known("libc", about.libc.clone(), &Certainty::Stated, origin);
            fact.known("distro", about.distro.clone(), &Certainty::Stated, origin);
            fact.known("release", about.release, &Certainty::Stated, origin);
        }
    }
}

/// A reference of Python's image with the name of the release that its tag means today.
fn settled(reference: Option<&String>, about: &Image) -> Option<String> {
    let (distro, release) = (about.distro.one()?, about.release.one()?);
    let codename = eol::cycles(distro).find(|cycle| cycle.cycle == *release)?.codename.to_lowercase();
    let floats = about.derived && about.digest.is_none() && !about.moving;
    let fits = floats && about.repository == "python" && distro == "debian" && !codename.is_empty();
    fits.then(|| Some(format!("{}-{codename}", reference?)))?
}

/// Files of variables that a build copies: tracked ones that no ignore file keeps out.
fn dotenv_files(part: &Part<'_>, image: &ImagePart, tree: &Tree) -> Vec<FileId> {
    let Some(container) = part.container.as_ref() else { return Vec::new() };
    let Some(dockerfile) = image.dockerfile else { return Vec::new() };
    let ignored = Ignored::of(tree, dockerfile, image.context.as_deref().unwrap_or_default());
    let is_dotenv = |path: &str| {
        let name = paths::name(path);
        (name == ".env" || name.starts_with(".env.")) && !naming(path).template
    };
    let files = tree.files().filter(|(_, path)| is_dotenv(path)).map(|(file, _)| file);
    files.filter(|file| container.copied(*file) && !ignored.holds(tree.path(*file))).collect()
}

/// The last line of the ignore file of a build, and its place.
fn ignore_file(image: &ImagePart, tree: &Tree) -> Option<(String, Span)> {
    let own = tree.find(&format!("{}.dockerignore", tree.path(image.dockerfile?)));
    let context = image.context.as_deref().unwrap_or_default();
    let file = own.or_else(|| tree.find(&paths::join(context, ".dockerignore")?))?;
    let text = tree.text(file).ok()?.trim_end();
    let line = text.lines().next_back()?;
    Some((line.to_owned(), Span::new(file, text.len() - line.len(), text.len())))
}

/// The tag of a reference: `latest` where none is written, unless a digest says which image it is.
fn tag(about: &Image, origin: &Origin) -> Attr {
    let implied = about.digest.is_none().then_some("latest");
    match about.tag.as_deref().or(implied) {
        Some(text) => Attr::text(text, origin.clone()),
        None => Attr { value: Known::Absent, certainty: Certainty::Stated, origin: origin.clone() },
    }
}

/// Whether a build belongs to development: by the Dockerfile's name, the stage's name, or by what it installs.
fn build_is_for_development(part: &Part<'_>, image: &ImagePart, file: FileId, tree: &Tree) -> (bool, Origin) {
    let base = Origin::set(Span::new(file, 0, 0));
    if part.kind != ComponentKind::App {
        return (false, base);
    }
    let development =
        |text: &str| naming(text).role.is_some_and(|(role, _)| role == Role::Development || role == Role::Test);
    if let Some(target) = image.target.as_ref().filter(|target| development(&format!("{}.x", target.value))) {
        return (true, Origin::set(target.span));
    }
    if development(tree.path(file)) {
        return (true, image.origin.clone());
    }
    let source = part.installs.sources.iter().find(|source| development(tree.path(source.file)));
    if let Some(source) = source {
        return (true, Origin::set(source.span));
    }
    let tools = part
        .installs
        .packages
        .iter()
        .filter(|(name, found)| found.package.direct && packages::kind(name).name() == "dev-tool");
    match tools.clone().next() {
        Some((_, found)) if tools.count() > 2 => (true, found.package.origin.clone()),
        _ => (false, image.origin.clone()),
    }
}
