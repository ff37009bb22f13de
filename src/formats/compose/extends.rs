//! `extends`: a service laid on another, of the same file or of one elsewhere.

use super::include::without;
use super::load::{DEPTH, Loader, Resets, Setting};
use super::locate;
use super::value::{Data, Node};
use crate::discover::paths;
use crate::model::{FileId, Span, Spanned, StepKind};

/// The services of one file, as far as they are laid on what they extend.
struct Services<'s> {
    node: &'s mut Node,
    resets: &'s Resets,
}

/// The services that lead to one: by the file that is named, and the name.
type Seen = Vec<(String, String)>;

impl Loader<'_> {
    /// Lays every service of a file on what it extends.
    pub(super) fn extend(&mut self, node: &mut Node, file: FileId, setting: &Setting, resets: &Resets) {
        let Some(services) = node.get_mut("services") else { return };
        if !services.is_map() {
            return self.error(services.span, "services must be a mapping");
        }
        let names: Vec<String> = services.entries().iter().map(|(key, _)| key.value.clone()).collect();
        let own = self.tree.path(file).to_owned();
        let mut services = Services { node: services, resets };
        for name in names {
            self.extended(&mut services, &name, &own, setting, &Seen::new());
        }
    }

    /// A service laid on what it extends, kept among the services; none if there is nothing.
    fn extended(
        &mut self,
        services: &mut Services<'_>,
        name: &str,
        own: &str,
        setting: &Setting,
        seen: &Seen,
    ) -> Option<Node> {
        let service = services.node.get(name)?.clone();
        if service.is_null() {
            return None;
        }
        if !service.is_map() {
            self.error(service.span, format!("service {name} must be a mapping"));
            return None;
        }
        let Some(extends) = service.get("extends").cloned() else { return Some(service) };
        let base = self.base(services, name, &extends, own, setting, seen);
        let kept = base.filter(Node::is_map).map(|base| {
            let key = Spanned::new(name.to_owned(), service.span);
            let mut base = without("services", &key, base, services.resets);
            base.step(StepKind::Inherited, extends.span);
            base
        });
        let mut merged = match kept {
            Some(base) => self.merge(base, service, &["services", "x"]),
            None => service,
        };
        merged.take("extends");
        services.node.put(name, merged.clone());
        Some(merged)
    }

    /// What a service extends.
    fn base(
        &mut self,
        services: &mut Services<'_>,
        name: &str,
        extends: &Node,
        own: &str,
        setting: &Setting,
        seen: &Seen,
    ) -> Option<Node> {
        if extends.scalar().is_some_and(|scalar| scalar.unknown.is_some()) {
            return None;
        }
        let wanted = if extends.is_map() { extends.get("service") } else { Some(extends) };
        let Some(wanted) = wanted.and_then(Node::text) else {
            self.error(extends.span, "`extends` must name a service");
            return None;
        };
        let file = extends.get("file").filter(|file| !file.is_null());
        if file.is_some_and(|file| file.text().is_none()) {
            self.error(extends.span, "the file of `extends` is a text");
            return None;
        }
        let step = (file.and_then(Node::one).unwrap_or(own).to_owned(), name.to_owned());
        if seen.contains(&step) || seen.len() > DEPTH {
            self.error(extends.span, "services extend one another in a circle");
            return None;
        }
        let seen: Seen = seen.iter().cloned().chain([step]).collect();
        let Some(file) = file else {
            if services.node.get(wanted).is_none() {
                self.error(extends.span, format!("no service {wanted} to extend"));
            }
            self.project.extended.insert(wanted.to_owned());
            return self.extended(services, wanted, own, setting, &seen);
        };
        let there = self.find(file, &setting.folder)?;
        let (mut node, resets) = self.other(there, setting);
        if node.get(wanted).is_none() {
            self.error(extends.span, format!("no service {wanted} to extend"));
            return None;
        }
        let mut others = Services { node: &mut node, resets: &resets };
        self.extended(&mut others, wanted, own, setting, &seen)
    }

    /// The services of another file, its documents merged, and what it resets.
    fn other(&mut self, file: FileId, setting: &Setting) -> (Node, Resets) {
        if let Some(known) = self.others.get(&(setting.id(), file)) {
            return known.clone();
        }
        let nothing = Node::new(Data::Map(Vec::new()), Span::new(file, 0, 0));
        let (mut root, resets) = self.file(file, nothing.clone(), setting, false);
        let folder = paths::parent(self.tree.path(file));
        let errors = locate::resolve(&mut root, &locate::relative(&setting.folder, folder));
        self.refuse(errors);
        let services = root.take("services").unwrap_or(nothing);
        if !services.is_map() {
            self.error(services.span, "services must be a mapping");
        }
        self.others.insert((setting.id(), file), (services.clone(), resets.clone()));
        (services, resets)
    }
}
