//! What passes requests on to the application: a container of its own, or a program beside the server in the same one.

use crate::discover::Tree;
use crate::knowledge::{proxies, services};
use crate::links::meaning;
use crate::model::{Certainty, Known, Origin, Reason};
use crate::resolve::part::{Host, Part};

/// A proxy of an environment.
pub struct Proxy {
    /// The component it is, or runs in.
    pub component: String,
    /// nginx, traefik …
    pub product: &'static str,
    /// The version that its image names.
    pub version: Known<String>,
    /// The image as it is written.
    pub image: Option<String>,
    /// Where.
    pub origin: Origin,
    /// Whether something outside may change it.
    pub certainty: Certainty,
}

/// The proxies of an environment, those with a container of their own first.
pub fn of(tree: &Tree, parts: &[Part<'_>]) -> Vec<Proxy> {
    let containers = || parts.iter().filter(|part| part.host == Host::Container);
    let inside = containers().filter(|part| by_image(tree, part).is_none()).filter_map(by_program);
    containers().filter_map(|part| by_image(tree, part)).chain(inside).collect()
}

/// Whether a product is as often the server of a site's files.
fn serves_files(product: &str) -> bool {
    ["nginx", "httpd", "caddy"].contains(&product)
}

/// Words by which the files of a proxy say that it passes requests on.
const PASSES: [&str; 6] = ["proxy_pass", "uwsgi_pass", "fastcgi_pass", "reverse_proxy", "ProxyPass", "upstream"];

/// Whether an image that is built here holds a file by which it passes requests on: others only serve files.
fn passes(tree: &Tree, part: &Part<'_>) -> bool {
    let Some(container) = &part.container else { return false };
    let speaks =
        |path: &str| ["conf", "template", "cfg", "j2", "nginx", "Caddyfile"].iter().any(|word| path.contains(word));
    let mut files = tree.files().filter(|(file, path)| speaks(path) && container.inside(*file).is_some());
    files.any(|(file, _)| tree.text(file).is_ok_and(|text| PASSES.iter().any(|word| text.contains(word))))
}

fn by_image(tree: &Tree, part: &Part<'_>) -> Option<Proxy> {
    let image = part.image.as_ref()?;
    let about = image.about.as_ref()?;
    let product = proxies::by_image(&about.repository)?;
    let reference =
        image.reference.one().filter(|_| image.dockerfile.is_none() || !serves_files(product) || passes(tree, part))?;
    let version = about.tag.as_deref().and_then(|tag| services::version_of_tag(product, tag));
    let unsaid = || Known::Unknown(Reason::new(format!("{reference} names no version of {product}")));
    Some(Proxy {
        component: part.name.to_string(),
        product,
        version: version.map_or_else(unsaid, Known::One),
        image: Some(reference.clone()),
        origin: image.origin.clone(),
        certainty: image.certainty.clone(),
    })
}

fn by_program(part: &Part<'_>) -> Option<Proxy> {
    let started = part.started.iter().map(|(argv, at)| (argv, Origin::set(*at)));
    let surely = part.processes.iter().filter(|process| process.maybe.is_none() && process.unless.is_none());
    let mut all = started.chain(surely.map(|process| (&process.argv, process.origin.clone())));
    let (product, origin) = all.find_map(|(argv, origin)| Some((started_by(argv)?, origin)))?;
    Some(Proxy {
        component: part.name.to_string(),
        product,
        version: Known::Unknown(Reason::new("the distribution's package has its version")),
        image: None,
        origin,
        certainty: Certainty::Stated,
    })
}

/// The proxy that a command starts: by its own name, or as a service of the system.
fn started_by(argv: &[String]) -> Option<&'static str> {
    let words = meaning::unwrapped(argv);
    let base = |word: &String| word.rsplit('/').next().unwrap_or_default().to_owned();
    let word = |at: usize| words.get(at).map(base).unwrap_or_default();
    let asks =
        |word: &String| ["-t", "-v", "-V", "-T", "--version", "validate", "reload", "stop"].contains(&word.as_str());
    if words.iter().skip(1).any(asks) {
        return None;
    }
    match word(0).as_str() {
        "service" if ["start", "restart"].contains(&word(2).as_str()) => proxies::by_program(&word(1)),
        program => proxies::by_program(program),
    }
}
