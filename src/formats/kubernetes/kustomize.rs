//! `kustomization.yaml`: bases, generators, patches and image names, to the objects that come out.

use std::collections::BTreeSet;

use super::{kind, merge, name};
use crate::discover::{Tree, paths};
use crate::formats::World;
use crate::formats::dotenv::{self, Dialect};
use crate::formats::small::tree::{self, Kind, Node};
use crate::model::{FileId, Span, SpanMap, Spanned};

/// How deep kustomizations may build on one another.
const MAX_DEPTH: usize = 16;
/// How many objects one may hold.
const MAX_OBJECTS: usize = 2000;

/// What a kustomization comes to.
#[derive(Clone, Default, Debug)]
pub struct Built {
    /// The objects.
    pub objects: Vec<Node>,
    /// The files it was made from.
    pub files: Vec<FileId>,
    /// What it builds on that is not in the repository.
    pub elsewhere: Vec<Spanned<String>>,
}

/// The kustomization of a folder.
pub fn of_folder(tree: &Tree, folder: &str) -> Option<FileId> {
    let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
    names.iter().find_map(|name| tree.find(&paths::join(folder, name)?))
}

/// Builds a kustomization.
pub fn build(tree: &Tree, file: FileId) -> Built {
    let mut built = Built::default();
    of_one(tree, file, 0, &mut built);
    built
}

fn root(tree: &Tree, file: FileId) -> Option<Node> {
    tree::yaml(file, tree.text(file).ok()?).0
}

fn resources(root: &Node) -> Vec<Spanned<String>> {
    ["bases", "resources", "components"].iter().filter_map(|key| root.get(key)).flat_map(Node::texts).collect()
}

fn of_one(tree: &Tree, file: FileId, depth: usize, built: &mut Built) {
    let folder = paths::parent(tree.path(file)).to_owned();
    let Some(root) = root(tree, file).filter(|_| depth < MAX_DEPTH && !built.files.contains(&file)) else { return };
    built.files.push(file);
    let first = built.objects.len();
    for path in resources(&root) {
        let at = paths::join(&folder, &path.value);
        let base = at.as_deref().and_then(|at| of_folder(tree, at));
        match (base, at.and_then(|at| tree.find(&at))) {
            (Some(base), _) => of_one(tree, base, depth + 1, built),
            (None, Some(manifest)) => {
                built.files.push(manifest);
                built.objects.extend(super::parse(manifest, tree.text(manifest).unwrap_or_default()));
            }
            (None, None) => built.elsewhere.push(path),
        }
    }
    built.objects.truncate(MAX_OBJECTS);
    // A component changes what it is put into; a base only what it holds.
    let first = if kind(&root) == "Component" { 0 } else { first };
    let mut own: Vec<Node> = built.objects.split_off(first.min(built.objects.len()));
    for (key, what) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
        for generator in root.get(key).map_or(&[][..], Node::items) {
            generate(tree, &folder, generator, what, &mut own, &mut built.files);
        }
    }
    patches(tree, &folder, &root, &mut own, &mut built.files);
    for image in root.get("images").map_or(&[][..], Node::items) {
        for object in &mut own {
            rename(object, image, "");
        }
    }
    built.objects.extend(own);
}

/// The object that a generator makes, put in, or laid over the one of its name.
fn generate(tree: &Tree, folder: &str, generator: &Node, what: &str, own: &mut Vec<Node>, files: &mut Vec<FileId>) {
    let Some(named) = generator.field("name") else { return };
    let mut data: Vec<(Spanned<String>, Node)> = Vec::new();
    for literal in generator.get("literals").map_or(&[][..], Node::items) {
        let Some((key, value)) = literal.as_str().and_then(|text| text.split_once('=')) else { continue };
        let value = value.trim_matches(['"', '\'']).to_owned();
        data.push((Spanned::new(key.to_owned(), literal.span), Node::new(Kind::Text(value), literal.span)));
    }
    let lists = ["envs", "env"].iter().filter_map(|key| generator.get(key)).flat_map(Node::texts);
    for path in lists {
        let found = paths::join(folder, &path.value).and_then(|path| tree.find(&path));
        let Some((file, text)) = found.and_then(|file| Some((file, tree.text(file).ok()?))) else {
            data.push((Spanned::new(String::new(), path.span), Node::new(Kind::Null, path.span)));
            continue;
        };
        files.push(file);
        let read = dotenv::parse(file, text, Dialect::ComposeRaw, &World::empty());
        for (key, var) in dotenv::vars(&read) {
            let span = var.origin.primary().unwrap_or(path.span);
            let value = var.value.one().cloned().map_or(Kind::Null, Kind::Text);
            data.push((Spanned::new(key, span), Node::new(value, span)));
        }
    }
    let text = |text: &str| Node::new(Kind::Text(text.to_owned()), named.span);
    let key = |text: &str| Spanned::new(text.to_owned(), named.span);
    let metadata = Node::new(Kind::Map(vec![(key("name"), text(&named.value))]), named.span);
    let part = if what == "Secret" { "stringData" } else { "data" };
    let entries = vec![
        (key("kind"), text(what)),
        (key("metadata"), metadata),
        (key(part), Node::new(Kind::Map(data), generator.span)),
    ];
    let made = Node::new(Kind::Map(entries), generator.span);
    let same = |node: &&mut Node| kind(node) == what && name(node).is_some_and(|name| name.value == named.value);
    match own.iter_mut().find(same) {
        Some(known) if generator.get("behavior").and_then(Node::as_str) != Some("replace") => {
            merge::strategic(known, &made, "");
        }
        Some(known) => *known = made,
        None => own.push(made),
    }
}

fn patches(tree: &Tree, folder: &str, root: &Node, own: &mut [Node], files: &mut Vec<FileId>) {
    for key in ["patchesStrategicMerge", "patches", "patchesJson6902"] {
        for entry in root.get(key).map_or(&[][..], Node::items) {
            let inline = if entry.as_str().is_some() { Some(entry) } else { entry.get("patch") };
            let path = entry.as_str().or_else(|| entry.get("path").and_then(Node::as_str));
            let file = path.and_then(|path| paths::join(folder, path)).and_then(|path| tree.find(&path));
            let given = match (file.and_then(|file| Some((file, tree.text(file).ok()?))), inline) {
                (Some((file, text)), _) => {
                    files.push(file);
                    tree::yaml_all(file, text)
                }
                (None, Some(inline)) => within(inline),
                (None, None) => continue,
            };
            for patch in given {
                apply(&patch, entry.get("target"), own);
            }
        }
    }
}

/// The documents of a patch that is written in the kustomization itself.
fn within(inline: &Node) -> Vec<Node> {
    let Some(text) = inline.as_str() else { return Vec::new() };
    let mut documents = tree::yaml_all(inline.span.file, text);
    for node in &mut documents {
        relocate(node, &inline.map);
    }
    documents
}

fn relocate(node: &mut Node, map: &SpanMap) {
    let place = |span: Span| map.span(span.start as usize, span.end as usize);
    node.span = place(node.span);
    node.map = SpanMap::Whole(node.span);
    match &mut node.kind {
        Kind::List(items) => items.iter_mut().for_each(|item| relocate(item, map)),
        Kind::Map(entries) => {
            for (key, value) in entries {
                key.span = place(key.span);
                relocate(value, map);
            }
        }
        _ => {}
    }
}

fn apply(patch: &Node, target: Option<&Node>, own: &mut [Node]) {
    let wanted = |key: &str| target.and_then(|target| target.get(key)).and_then(Node::as_str).map(str::to_owned);
    let by_itself = target.is_none();
    let (of_kind, of_name) = if by_itself {
        (Some(kind(patch).to_owned()), name(patch).map(|name| name.value))
    } else {
        (wanted("kind"), wanted("name"))
    };
    for object in own {
        let own_name = name(object).map(|name| name.value).unwrap_or_default();
        let fits = of_kind.as_deref().is_none_or(|wanted| alike(wanted, kind(object)))
            && of_name.as_deref().is_none_or(|wanted| alike(wanted, &own_name));
        if !fits {
            continue;
        }
        match &patch.kind {
            Kind::List(operations) => merge::json(object, operations),
            _ if by_itself => merge::strategic(object, patch, ""),
            // The name in a patch with a target says nothing.
            _ => {
                let mut patch = patch.clone();
                if let Kind::Map(entries) = &mut patch.kind {
                    entries.retain(|(key, _)| key.value != "metadata" && key.value != "kind");
                }
                merge::strategic(object, &patch, "");
            }
        }
    }
}

/// Whether a name is what a target asks for: the same, or an expression that ends in `.*`.
fn alike(wanted: &str, name: &str) -> bool {
    let bare = wanted.trim_start_matches('^').trim_end_matches('$');
    bare.strip_suffix(".*").map_or(bare == name, |start| name.starts_with(start))
        || bare.split('|').any(|one| one == name)
}

/// Gives the images of an object the name, tag or digest that the kustomization says.
fn rename(node: &mut Node, image: &Node, key: &str) {
    if key == "image" {
        let renamed = node.as_str().and_then(|text| renamed(text, image));
        if let Some((text, span)) = renamed {
            *node = Node::new(Kind::Text(text), span);
        }
        return;
    }
    match &mut node.kind {
        Kind::List(items) => items.iter_mut().for_each(|item| rename(item, image, "")),
        Kind::Map(entries) => entries.iter_mut().for_each(|(name, value)| rename(value, image, &name.value)),
        _ => {}
    }
}

fn renamed(text: &str, image: &Node) -> Option<(String, Span)> {
    let (bare, digest) = text.split_once('@').map_or((text, None), |(bare, digest)| (bare, Some(digest)));
    let (repository, tag) = match bare.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (bare, None),
    };
    if image.get("name")?.as_str()? != repository {
        return None;
    }
    let field = |key: &str| image.field(key);
    let (new_name, new_tag, new_digest) = (field("newName"), field("newTag"), field("digest"));
    let span = [&new_digest, &new_tag, &new_name].into_iter().flatten().next()?.span;
    let repository = new_name.map_or_else(|| repository.to_owned(), |name| name.value);
    let text = match (new_digest, new_tag) {
        (Some(digest), _) => format!("{repository}@{}", digest.value),
        (None, Some(tag)) => format!("{repository}:{}", tag.value),
        (None, None) => match (tag, digest) {
            (_, Some(digest)) => format!("{repository}@{digest}"),
            (Some(tag), None) => format!("{repository}:{tag}"),
            (None, None) => repository,
        },
    };
    Some((text, span))
}

/// The manifests and kustomizations that some of these build on.
pub fn reached(tree: &Tree, files: &[FileId]) -> BTreeSet<FileId> {
    let mut all = BTreeSet::new();
    for file in files {
        all.extend(build(tree, *file).files.into_iter().filter(|other| other != file));
    }
    all
}
