//! Applications of Flask: what their configuration comes to.

use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::values::{Args, Data, Exc, Id, K, R, Role, Space, V};
use crate::model::{Reason, Span};

impl Machine<'_> {
    /// `Flask(__name__)`.
    pub(crate) fn flask_app(&mut self, at: Span) -> V {
        let config = self.new_dict(Vec::new(), at);
        if let K::Ref(id) = config.k {
            self.flask.push(id);
        }
        let mut space = Space::new(Role::Instance(V::lib("flask.Flask")));
        space.names.insert("config".into(), config);
        V::at(K::Ref(self.alloc(Data::Space(space))), at)
    }

    /// Whether it is an application of Flask or its configuration.
    pub(crate) fn is_flask(&self, id: Id) -> bool {
        self.flask.contains(&id)
            || matches!(self.space(id), Some(Space { role: Role::Instance(V { k: K::Lib(path), .. }), .. })
                if &**path == "flask.Flask")
    }

    /// A method of a configuration that takes settings from elsewhere; none if it is not one.
    pub(crate) fn flask_take(&mut self, object: &V, name: &str, args: &Args, at: Span) -> Option<R> {
        let K::Ref(id) = object.k else { return None };
        if !self.flask.contains(&id) {
            return None;
        }
        Some(match name {
            "from_mapping" => self.flask_mapping(object, args, at),
            "from_object" => self.flask_object(object, args, at),
            "from_prefixed_env" | "from_envvar" | "from_pyfile" | "from_file" | "from_json" => {
                self.forget_value(object, at);
                Ok(V::bool(true))
            }
            _ => return None,
        })
    }

    fn flask_mapping(&mut self, object: &V, args: &Args, at: Span) -> R {
        if args.open {
            self.forget_value(object, at);
            return Ok(V::bool(true));
        }
        let mut pairs: Vec<(V, V)> = Vec::new();
        if let Some(first) = args.pos.first() {
            match self.pairs(first) {
                Some(all) => pairs.extend(all),
                None => self.forget_value(object, at),
            }
        }
        pairs.extend(args.named.iter().map(|(name, value)| (V::str(name), value.clone())));
        for (key, value) in pairs {
            if key.text().is_some_and(|key| !key.chars().any(char::is_lowercase)) {
                self.set_item(object, &key, value, at)?;
            }
        }
        Ok(V::bool(true))
    }

    fn flask_object(&mut self, object: &V, args: &Args, at: Span) -> R {
        let given = args.get(0, "obj").cloned().unwrap_or_else(V::none);
        let source = match given.text().map(str::to_owned) {
            Some(path) => self.flask_import(&path, at)?,
            None => Some(given),
        };
        let names = source.as_ref().and_then(|source| self.flask_names(source, at));
        let Some(names) = names else {
            self.forget_value(object, at);
            return Ok(V::none());
        };
        for (name, value) in names {
            self.set_item(object, &V::str(name), value, at)?;
        }
        Ok(V::none())
    }

    fn flask_import(&mut self, path: &str, at: Span) -> Result<Option<V>, Exc> {
        if let Some(module) = self.load(path, at)? {
            return Ok(Some(module));
        }
        let Some((module, name)) = path.rsplit_once('.') else { return Ok(None) };
        match self.load(module, at)? {
            Some(module) => self.attribute(&module, name, at).map(Some),
            None => Ok(None),
        }
    }

    /// The settings of a module, class or object; none if they are not all known.
    fn flask_names(&self, source: &V, at: Span) -> Option<Vec<(String, V)>> {
        let K::Ref(id) = source.k else { return None };
        let space = self.space(id)?;
        if space.open.is_some() {
            return None;
        }
        let mut names: std::collections::BTreeMap<String, V> = Self::upper(space).into_iter().collect();
        let class = match &space.role {
            Role::Class { .. } => Some(id),
            Role::Instance(V { k: K::Ref(class), .. }) => Some(*class),
            Role::Instance(_) => return None,
            _ => None,
        };
        for class in class.map(|class| self.mro(class)).unwrap_or_default() {
            let space = self.space(class?)?;
            for (name, _) in Self::upper(space) {
                let value = self.class_attribute(class?, &name, at);
                names.entry(name).or_insert_with(|| value.unwrap_or_else(V::none));
            }
        }
        Some(names.into_iter().collect())
    }

    /// The settings of every application, the last one winning; and why there may be others.
    pub(crate) fn flask_settings(&self) -> (Vec<(String, V)>, Option<Reason>) {
        let (mut out, mut open) = (Vec::new(), None);
        for id in &self.flask {
            let Some(obj) = self.heap.get(id) else { continue };
            match &obj.data {
                Data::Dict(items) if obj.doubt.is_none() => {
                    out.extend(items.iter().filter_map(|(k, v)| Some((k.text()?.to_owned(), v.clone()))));
                }
                Data::Unknown(why) => open = Some((**why).clone()),
                _ => open = Some(Reason::new("the application's configuration is not decided")),
            }
        }
        (out, open)
    }
}
