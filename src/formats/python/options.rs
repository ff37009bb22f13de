//! A file of options that is written in Python, as `gunicorn.conf.py`: what its names come to.

use std::collections::BTreeMap;

use super::eval::machine::Machine;
use super::eval::values::{Data, Role, Space, V};
use super::{Kind, Val, parse};
use crate::discover::{Tree, paths};
use crate::formats::world::World;
use crate::model::{FileId, Reason, Span};

/// The name that a server gives to the file while it runs it.
const NAME: &str = "__config__";

/// The names of a file of options, and why there may be others or newer values.
pub fn options(tree: &Tree, file: FileId, world: &World) -> (BTreeMap<String, Val>, Option<Reason>) {
    let folder = paths::parent(tree.path(file)).to_owned();
    let (roots, cache) = (vec![folder, String::new()], parse::Cache::default());
    let mut machine = Machine::new(tree, &roots, &cache, world);
    machine.run = super::Run::Served;
    let at = Span::new(file, 0, 0);
    let id = machine.alloc(Data::Space(Space::new(Role::Module(NAME.into()))));
    let raised = machine.deeper(at, |machine| machine.run_module(NAME, file, false, id, at).map(|()| V::none()));
    let failed = raised.is_err().then(|| Reason::at("whether the file runs to its end is not known", at));
    let why = machine.dead.take().or(failed);
    let Some(space) = machine.space(id) else { return Default::default() };
    let open = why.or_else(|| space.open.as_deref().cloned());
    let own = space.names.iter().filter(|(name, _)| !name.starts_with("__"));
    let mut values: BTreeMap<String, Val> = own.map(|(name, value)| (name.clone(), machine.export(value))).collect();
    values.retain(|_, value| value.kind != Kind::Undefined);
    (values, open)
}
