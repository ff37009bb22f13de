//! `extends`: a service laid on another, of the same file or of one elsewhere.

use std::collections::BTreeMap;

use super::load::{DEPTH, Loader, Unit};
use super::merge::settle;
use super::value::{Data, Node, Tag};
use crate::discover::paths;
use crate::model::{FileId, StepKind};

impl Loader<'_> {
    /// Lays every service of a file on what it extends.
    pub(super) fn extend(&mut self, node: &mut Node, file: FileId, unit: &mut Unit<'_>) {
        let Some(services) = node.get("services") else { return };
        let wanted = services.entries().iter().filter(|(_, service)| service.get("extends").is_some());
        let names: Vec<String> = wanted.map(|(key, _)| key.value.clone()).collect();
        let mut done: BTreeMap<String, Node> = BTreeMap::new();
        for name in names {
            if let Some(service) = self.extended(services, &name, file, unit, &mut Vec::new()) {
                done.insert(name, service);
            }
        }
        if let Some(Data::Map(services)) = node.get_mut("services").map(|services| &mut services.data) {
            for (key, service) in services {
                if let Some(node) = done.remove(&key.value) {
                    *service = node;
                }
            }
        }
    }

    /// A service laid on what it extends; none if there is no such service.
    fn extended(
        &mut self,
        services: &Node,
        name: &str,
        file: FileId,
        unit: &mut Unit<'_>,
        seen: &mut Vec<(FileId, String)>,
    ) -> Option<Node> {
        let mut service = services.get(name)?.clone();
        let Some(extends) = service.take("extends").filter(|extends| !extends.is_null()) else { return Some(service) };
        let step = (file, name.to_owned());
        if seen.contains(&step) || seen.len() > DEPTH {
            self.error(extends.span, "services extend one another in a circle");
            return Some(service);
        }
        seen.push(step);
        let Some(wanted) = extends.get("service").unwrap_or(&extends).one() else {
            self.error(extends.span, "`extends` must name a service");
            return Some(service);
        };
        let base = match extends.get("file") {
            None => self.extended(services, wanted, file, unit, seen),
            Some(path) => {
                let there = self.find(path)?;
                match self.other(there, unit) {
                    Some(services) => self.extended(&services, wanted, there, unit, seen),
                    None => None,
                }
            }
        };
        let Some(mut base) = base else {
            self.error(extends.span, format!("no service {wanted} to extend"));
            return Some(service);
        };
        if base.is_null() {
            return Some(service);
        }
        settle(&mut base);
        base.step(StepKind::Inherited, extends.span);
        let tag = service.tag;
        let mut merged = self.merge(base, Node { tag: None, ..service }, &["services", name]);
        merged.tag = tag.filter(|tag| *tag == Tag::Override);
        Some(merged)
    }

    /// The services of another file, its documents merged.
    fn other(&mut self, file: FileId, unit: &mut Unit<'_>) -> Option<Node> {
        if let Some(known) = unit.others.get(&file) {
            return known.clone();
        }
        let place = paths::parent(self.tree.path(file)).to_owned();
        let folder = self.folder(&place);
        let mut whole: Option<Node> = None;
        for node in self.documents(file, folder, unit.world) {
            let mut next = match whole.take() {
                Some(base) => self.merge(base, node, &[]),
                None => node,
            };
            settle(&mut next);
            whole = Some(next);
        }
        let services = whole.and_then(|mut node| node.take("services"));
        unit.others.insert(file, services.clone());
        services
    }
}
