//! `include`: other projects put under this one.

use super::load::{DEPTH, Loader, Resets, Setting};
use super::locate;
use super::unique::reset;
use super::value::{Data, Node, same};
use crate::discover::paths;
use crate::formats::World;
use crate::formats::dotenv;
use crate::model::{FileId, Span, Spanned, Step, StepKind};

/// The sections that an include brings along.
const SECTIONS: [&str; 6] = ["services", "volumes", "networks", "secrets", "configs", "models"];

impl Loader<'_> {
    /// Puts what a file includes under what it says itself.
    pub(super) fn include(&mut self, node: &mut Node, setting: &Setting, resets: &Resets) {
        let Some(list) = node.take("include").filter(|list| !list.is_null()) else { return };
        if !matches!(list.data, Data::Seq(_)) {
            self.error(list.span, "`include` must be a list");
        }
        for item in list.items() {
            let Some(paths) = self.texts(item, "path") else { continue };
            let files: Vec<FileId> = paths.iter().filter_map(|path| self.find(path, &setting.folder)).collect();
            let Some(first) = files.first().filter(|_| files.len() == paths.len()) else { continue };
            if setting.chain.contains(first) || setting.chain.len() > DEPTH {
                self.error(item.span, "files include one another in a circle");
                continue;
            }
            let folder = match item.get("project_directory").and_then(Node::one).filter(|path| !path.is_empty()) {
                Some(path) => locate::in_tree(&setting.folder, path),
                None => paths::parent(self.tree.path(*first)).to_owned(),
            };
            // A folder that is not there is taken for a file.
            let shown = if self.tree.is_dir(&folder) { folder.as_str() } else { paths::parent(&folder) }.to_owned();
            let Some(world) = self.world_of(item, &folder, setting) else { continue };
            let inner = self.setting(world, &folder, &setting.chain);
            let mut imported = self.model(&files, &inner, &locate::relative(&setting.folder, &shown));
            given_names(&mut imported, &inner.world);
            imported.step(StepKind::Included, paths[0].span);
            self.import(node, imported, resets);
        }
    }

    /// A text or a list of texts of an include; none where that is not decided, or nothing.
    fn texts(&mut self, item: &Node, key: &str) -> Option<Vec<Node>> {
        let shaped = item.text().is_some() || item.is_map() || item.is_null();
        let node = if item.text().is_some() { Some(item).filter(|_| key == "path") } else { item.get(key) };
        let texts = node.map(Node::list).unwrap_or_default();
        let fine = node.is_none_or(|node| node.is_null() || node.text().is_some() || matches!(node.data, Data::Seq(_)));
        if !shaped || !fine || texts.iter().any(|text| text.text().is_none()) {
            self.error(item.span, format!("`{key}` of an include is a text or a list of texts"));
            return None;
        }
        let known = texts.iter().all(|text| text.one().is_some());
        Some(texts.to_vec()).filter(|texts| known && (key != "path" || !texts.is_empty()))
    }

    /// The variables of an include: those around it, and its own `.env` where those say nothing.
    fn world_of(&mut self, item: &Node, folder: &str, setting: &Setting) -> Option<World> {
        let named = self.texts(item, "env_file").unwrap_or_default();
        let mut files: Vec<FileId> = Vec::new();
        if named.is_empty() {
            files.extend(paths::join(folder, ".env").and_then(|path| self.tree.find(&path)));
        }
        for name in named.iter().filter(|node| node.one() != Some("/dev/null")) {
            files.push(self.find(name, &setting.folder)?);
        }
        let texts: Vec<(FileId, &str)> =
            files.into_iter().filter_map(|file| Some((file, self.tree.text(file).ok()?))).collect();
        let (vars, problems) = dotenv::chain(&texts, &setting.world);
        for problem in problems {
            self.project.errors.push(problem);
        }
        let mut world = setting.world.clone();
        for (name, var) in vars {
            world.vars_mut().entry(name).or_insert(var);
        }
        Some(world)
    }

    /// Lays what a file says itself on what it imports.
    fn import(&mut self, node: &mut Node, mut imported: Node, resets: &Resets) {
        for section in SECTIONS {
            let Some(theirs) = imported.take(section).filter(|theirs| !theirs.is_null()) else { continue };
            let mut own = node.take(section).unwrap_or_else(|| Node::new(Data::Map(Vec::new()), theirs.span));
            if !own.is_map() || !theirs.is_map() {
                self.error(own.span, format!("{section} must be a mapping"));
                own.data = Data::Map(Vec::new());
            }
            let Data::Map(entries) = theirs.data else { continue };
            for (key, value) in entries {
                let merged = match own.take(&key.value) {
                    None => value,
                    Some(over) if same(&value, &over) => over,
                    Some(over) => {
                        let value = without(section, &key, value, resets);
                        self.merge(value, over, &[section, &key.value])
                    }
                };
                if let Data::Map(entries) = &mut own.data {
                    entries.push((key, merged));
                }
            }
            node.put(section, own);
        }
    }
}

/// A variable that a list names without a value has that of its own project.
fn given_names(root: &mut Node, world: &World) {
    for (_, service) in root.get_mut("services").map(Node::entries_mut).unwrap_or_default() {
        let Some(Data::Seq(items)) = service.get_mut("environment").map(|node| &mut node.data) else { continue };
        for item in items {
            let Some(name) = item.one().filter(|text| !text.contains('=')).map(str::to_owned) else { continue };
            let var = world.get(&name);
            let Some(value) = var.value.one() else { continue };
            let places = var.origin.primary().map(|span| Step { kind: StepKind::Included, span, note: None });
            item.steps.extend(places);
            if let Data::Scalar(scalar) = &mut item.data {
                scalar.text = format!("{name}={value}");
                scalar.pair = Some((item.span, item.span));
                scalar.certainty = var.certainty.clone();
            }
        }
    }
}

/// A value without what is reset in it.
pub(super) fn without(section: &str, key: &Spanned<String>, value: Node, resets: &Resets) -> Node {
    let at = |name: &str, node: Node, span: Span| {
        Node::new(Data::Map(vec![(Spanned::new(name.to_owned(), span), node)]), span)
    };
    let kept = value.clone();
    let mut whole = at(section, at(&key.value, value, key.span), key.span);
    reset(&mut whole, resets);
    whole.take(section).and_then(|mut section| section.take(&key.value)).unwrap_or(kept)
}
