//! What a class of settings comes to: the object that is made of it, or what stands in the class and its bases.

use std::collections::{BTreeMap, BTreeSet};

use super::eval::machine::Machine;
use super::eval::truth::wrap;
use super::eval::values::{Args, Data, FuncKind, K, Role, Space, V};
use super::{Settings, Val, lib, objects};
use crate::model::{Reason, Span};

impl Machine<'_> {
    pub(super) fn exported(&self, values: &[(String, V)]) -> BTreeMap<String, Val> {
        values.iter().map(|(name, value)| (name.clone(), self.export(value))).collect()
    }

    /// What a class of a module, or an object of dynaconf in it, comes to.
    pub(super) fn class_values(&mut self, module: &V, path: &str, at: Span, out: &mut Settings) {
        let mut object = module.clone();
        for part in path.split('.') {
            match self.attribute(&object, part, at) {
                Ok(value) => object = value,
                Err(_) => object = V::unknown(format!("there is no {path}"), at),
            }
        }
        let mut why = Reason::new(format!("{path} is not a class that is followed"));
        if let K::Ref(id) = object.k
            && self.dynaconf.contains(&id)
            && let Some(space) = self.space(id)
        {
            out.incomplete = space.open.as_deref().cloned();
            out.values = self.exported(&Self::upper(space));
            return;
        }
        if matches!(object.k, K::Func(_)) {
            match self.handed_out(&object, at, out) {
                Some(values) => out.values = self.exported(&values),
                None => out.incomplete = Some(why),
            }
            return;
        }
        if let K::Ref(id) = object.k {
            let instance = self.instantiated(&object, id, at);
            if let Some(instance) = instance
                && let K::Ref(of) = instance.k
                && self.space(of).is_some()
            {
                let classes = self.mro(id);
                out.computed = self.pydantic_properties(&instance, &classes, at);
                let names = self.space(of).map(|s| s.names.clone()).unwrap_or_default();
                let values: Vec<(String, V)> =
                    names.into_iter().filter(|(name, _)| name != lib::pydantic::MODEL).collect();
                out.values = self.exported(&values);
                return;
            }
            let mut names: BTreeSet<String> = BTreeSet::new();
            let mro = self.mro(id);
            let made = self.settings_object(module, id);
            if let Some(space) =
                made.as_ref().and_then(|made| if let K::Ref(id) = made.k { self.space(id) } else { None })
            {
                names.extend(Self::upper(space).into_iter().map(|(name, _)| name));
            }
            for class in &mro {
                match class.and_then(|id| self.space(id)) {
                    Some(space) => {
                        names.extend(Self::upper(space).into_iter().map(|(name, _)| name));
                        out.incomplete = out.incomplete.take().or_else(|| space.open.as_deref().cloned());
                    }
                    None => why = Reason::new("a base class is not followed"),
                }
            }
            if mro.iter().any(Option::is_none) {
                out.incomplete = Some(why);
            }
            out.by_importer = self.surroundings.importer && self.is_configuration(id);
            let mut get = |name: &String| match &made {
                Some(made) => self.attribute(made, name, at).ok().map(|v| (name.clone(), v)),
                None => self.class_attribute(id, name, at).map(|v| (name.clone(), v)),
            };
            let found: Vec<(String, V)> = names.iter().filter_map(&mut get).collect();
            let mut values = Vec::new();
            for (name, value) in found {
                let value = self.configured(&name, &value, at).unwrap_or(value);
                values.push((name, value));
            }
            if self.is_configuration(id) {
                self.call_configuration(&object, &mut values, at);
            }
            out.values = self.exported(&values);
            return;
        }
        out.incomplete = Some(why);
    }

    /// Puts what the properties and methods of a class of django-configurations give in their place: its loader makes an object
    /// of the class, whose values are read by then, and calls what is called in capitals
    /// (<https://django-configurations.readthedocs.io/en/stable/patterns/>, "Property settings").
    fn call_configuration(&mut self, class: &V, values: &mut [(String, V)], at: Span) {
        let mut space = Space::new(Role::Instance(class.clone()));
        let read = values.iter().filter(|(_, value)| !matches!(value.k, K::Func(_)));
        space.names.extend(read.cloned());
        let instance = V::at(K::Ref(self.alloc(Data::Space(space))), at);
        for (name, value) in values {
            let K::Func(func) = &value.k else { continue };
            let called = match func.kind {
                FuncKind::Property => self.attribute(&instance, name, at),
                FuncKind::Plain | FuncKind::Class | FuncKind::Static => {
                    self.attribute(&instance, name, at).and_then(|method| self.apply(&method, Vec::new(), at))
                }
                FuncKind::Foreign => continue,
            };
            let Ok(given) = called else { continue };
            *value = self.configured(name, &given, at).unwrap_or(given);
        }
    }

    /// What the object holds that a function gives; a variable may have it give another.
    fn handed_out(&mut self, function: &V, at: Span, out: &mut Settings) -> Option<Vec<(String, V)>> {
        let made = self.apply(function, Vec::new(), at).ok()?;
        let (vars, object) = match &made.k {
            K::Depends(of) => (of.0.clone(), of.1.clone()?),
            _ => (BTreeSet::new(), made.clone()),
        };
        let K::Ref(id) = object.k else { return None };
        let Role::Instance(V { k: K::Ref(class), .. }) = self.space(id)?.role else { return None };
        let classes = self.mro(class);
        out.computed = self.pydantic_properties(&object, &classes, at);
        let names = self.space(id)?.names.clone();
        let values = names.into_iter().filter(|(name, _)| name != lib::pydantic::MODEL);
        let held = |v: V| if vars.is_empty() { v } else { wrap(vars.clone(), v) };
        Some(values.map(|(name, v)| (name, held(v))).collect())
    }

    /// The object of a class that its module calls the settings of the program.
    fn settings_object(&self, module: &V, class: u32) -> Option<V> {
        let K::Ref(module) = module.k else { return None };
        let names = &self.space(module)?.names;
        let is = |v: &V| match v.k {
            K::Ref(id) => self.space(id).is_some_and(
                |space| matches!(&space.role, Role::Instance(of) if matches!(of.k, K::Ref(of) if of == class)),
            ),
            _ => false,
        };
        names.iter().find(|(name, v)| objects::names_settings(name) && is(v)).map(|(_, v)| v.clone())
    }

    fn instantiated(&mut self, object: &V, id: u32, at: Span) -> Option<V> {
        let is = self.mro(id).iter().flatten().any(|class| {
            self.space(*class).is_some_and(|s| s.names.keys().any(|name| name.starts_with("__annotation__")))
        });
        let made = if is { self.instantiate(object, &Args::default(), at).ok() } else { None };
        made.filter(|_| self.reads.iter().any(|r| r.via == "pydantic"))
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::python::lib::tests::run;

    #[test]
    fn properties_and_methods_of_a_configuration_are_called_on_its_object() {
        let text = "from configurations import Configuration, values\n\
            class Base(Configuration):\n    REDIS = values.Value('redis://q')\n    NAME = 'base'\n    \
            @property\n    def BROKER(self):\n        return self.REDIS\n    \
            def TITLE(self):\n        return self.NAME + '!'\n    \
            @property\n    def CACHES(self):\n        return {'default': {'BACKEND': 'a'}, 'store': {'BACKEND': 'b'}}\n\
            class Test(Base):\n    NAME = 'test'\n";
        let of = |class: &str, name: &str| {
            let got = run(text, Some(class));
            got.values[name].settled().and_then(|v| v.as_str().map(str::to_owned))
        };
        assert_eq!(of("Base", "BROKER").as_deref(), Some("redis://q"));
        assert_eq!(of("Test", "TITLE").as_deref(), Some("test!"));
        let got = run(text, Some("Test"));
        let backend = |alias: &str| got.values["CACHES"].get(alias)?.get("BACKEND")?.settled()?.as_str();
        assert_eq!((backend("default"), backend("store")), (Some("a"), Some("b")));
        assert!(run(text, Some("Base")).values["BROKER"].variables.contains("DJANGO_REDIS"));
    }
}
