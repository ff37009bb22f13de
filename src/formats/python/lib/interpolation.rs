//! What a project's own interpolation makes of the options of a parser: often the variable of the option's name.

use super::ini::{INTERPOLATION, is_of_configparser};
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::values::{Args, Id, K, R, Role, Space, V};
use crate::model::Span;

impl Machine<'_> {
    /// Whether a class is an interpolation of the project, built on one of the library's that makes nothing of plain values.
    pub(crate) fn is_interpolation(&self, id: Id) -> bool {
        let Some(Space { role: Role::Class { bases, .. }, names, .. }) = self.space(id) else { return false };
        let base = |v: &V| matches!(&v.k, K::Lib(path) if is_of_configparser(path));
        !names.contains_key("__init__") && matches!(bases.as_slice(), [only] if base(only))
    }

    /// What the interpolation of a parser makes of the value of an option; none where it has none of the project's.
    pub(crate) fn interpolated(&mut self, parser: Id, of: (&str, &str), value: &V, at: Span) -> Option<R> {
        let own = self.space(parser)?.names.get(INTERPOLATION).cloned()?;
        let K::Ref(id) = own.k else { return None };
        let class = match self.space(id).map(|space| &space.role) {
            Some(Role::Instance(V { k: K::Ref(class), .. })) => *class,
            _ => return None,
        };
        let method = self.class_attribute(class, "before_get", at)?;
        let defaults = self.new_dict(Vec::new(), at);
        let object = V::at(K::Ref(parser), at);
        let pos = vec![own, object, V::str(of.0), V::str(of.1), value.clone(), defaults];
        self.supers.push(V::lib("configparser.BasicInterpolation"));
        let made = self.apply(&method, pos, at);
        self.supers.pop();
        Some(made)
    }

    /// `super().before_get(parser, section, option, value, defaults)`.
    pub(crate) fn plain_interpolation(&mut self, args: &Args, at: Span) -> R {
        let Some(value) = args.get(3, "value").cloned().filter(|_| !args.open) else {
            return Ok(V::unknown("a value that is made of others", at));
        };
        self.lift(&value, at, &mut |_, v| {
            let plain = v.text().is_some_and(|text| !text.contains('%'));
            Ok(if plain { v.clone() } else { V::unknown("a value that is made of others", at).resting([v]) })
        })
    }
}
