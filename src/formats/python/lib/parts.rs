//! Where fields of pydantic's settings take their texts from beside one variable each: dotenv files, and variables for the
//! parts of a field.

use ruff_python_ast as ast;

use super::envfile::{Reader, lines};
use super::pydantic::Config;
use super::types::{Reading, Type};
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::values::{Code, Data, Exc, Id, K, V};
use crate::formats::python::lib::os::Found;
use crate::model::Span;

/// How deep variables may name parts.
const MAX_PARTS: usize = 6;

impl Type {
    /// The model that it is, if it is one or none.
    pub(crate) fn model(&self) -> Option<Id> {
        match self {
            Self::Model(id) => Some(*id),
            Self::Union(all) => match all.iter().filter(|one| !matches!(one, Self::None)).collect::<Vec<_>>()[..] {
                [one] => one.model(),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The keys that a function sets in the dict it is given last, where it does nothing else with it.
pub(crate) fn keys_set(def: &ast::StmtFunctionDef) -> Option<Vec<String>> {
    use ast::visitor::{Visitor, walk_expr, walk_stmt};
    struct Finder<'n> {
        name: &'n str,
        keys: Vec<String>,
        odd: bool,
    }
    impl Finder<'_> {
        fn is(&self, e: &ast::Expr) -> bool {
            e.as_name_expr().is_some_and(|n| n.id.as_str() == self.name)
        }
    }
    impl<'a> Visitor<'a> for Finder<'_> {
        fn visit_stmt(&mut self, s: &'a ast::Stmt) {
            match s {
                ast::Stmt::Return(of) if of.value.as_deref().is_some_and(|e| self.is(e)) => {}
                ast::Stmt::Return(_) | ast::Stmt::Delete(_) | ast::Stmt::FunctionDef(_) | ast::Stmt::ClassDef(_) => {
                    self.odd = true;
                }
                _ => walk_stmt(self, s),
            }
        }
        fn visit_expr(&mut self, e: &'a ast::Expr) {
            let text = |e: &ast::Expr| e.as_string_literal_expr().map(|s| s.value.to_str().to_owned());
            match e {
                ast::Expr::Subscript(of) if self.is(&of.value) => match text(&of.slice) {
                    Some(key) if of.ctx.is_store() => self.keys.push(key),
                    Some(_) => {}
                    None => self.odd = true,
                },
                ast::Expr::Call(call) => {
                    if let ast::Expr::Attribute(of) = &*call.func
                        && self.is(&of.value)
                    {
                        match (of.attr.as_str(), call.arguments.args.first().and_then(text)) {
                            ("get", Some(_)) => {}
                            ("setdefault" | "pop", Some(key)) => self.keys.push(key),
                            _ => self.odd = true,
                        }
                        call.arguments.args.iter().for_each(|e| self.visit_expr(e));
                        return;
                    }
                    let test = call.func.as_name_expr().is_some_and(|n| n.id.as_str() == "isinstance");
                    if !(test && call.arguments.args.first().is_some_and(|e| self.is(e))) {
                        walk_expr(self, e);
                    }
                }
                ast::Expr::Compare(of) if of.comparators.len() == 1 && self.is(&of.comparators[0]) => {
                    self.visit_expr(&of.left);
                }
                ast::Expr::Name(_) if self.is(e) => self.odd = true,
                _ => walk_expr(self, e),
            }
        }
    }
    let params: Vec<&str> =
        def.parameters.posonlyargs.iter().chain(&def.parameters.args).map(|p| p.name().as_str()).collect();
    let ([_, name] | [_, name, _] | [name]) = params.as_slice() else { return None };
    let mut finder = Finder { name, keys: Vec::new(), odd: false };
    def.body.iter().for_each(|s| finder.visit_stmt(s));
    (!finder.odd).then_some(finder.keys)
}

impl Machine<'_> {
    /// The fields that a validator of the whole input sets; none where that cannot be told.
    pub(crate) fn validated_before(&self, method: Option<&V>) -> Option<Vec<String>> {
        match method.map(|v| &v.k) {
            Some(K::Func(func)) => match &func.code {
                Code::Def(def) => keys_set(def),
                Code::Lambda(_) => None,
            },
            _ => None,
        }
    }

    /// What the dotenv files of a settings class say of a variable, where all files are at hand: `Err` where they are not,
    /// or are not followed.
    pub(crate) fn dotenv_text(&mut self, config: &Config, names: &[String], at: Span) -> Result<Option<V>, ()> {
        if config.files.is_empty() {
            return Ok(None);
        }
        // What a variable says, no file changes.
        let given = names.first().map(|name| self.find_variable(name, at));
        if !self.whole
            && matches!(given, Some(Found::Set(v)) if !config.ignore_empty || v.text().is_some_and(|text| !text.is_empty()))
        {
            return Ok(None);
        }
        let mut found: Option<V> = None;
        for wanted in config.files.clone() {
            let Some(file) = self.started_file(&wanted)? else {
                if !self.whole && self.in_dotenv(&wanted, config, names) {
                    return Err(());
                }
                continue;
            };
            let text = self.tree.text(file).map(str::to_owned).unwrap_or_default();
            let all = lines(&text, Reader::Dotenv).ok_or(())?;
            let same =
                |have: &str, name: &String| if config.cased { have == name } else { have.eq_ignore_ascii_case(name) };
            if let Some(mark) = config.nested.as_deref().filter(|mark| !mark.is_empty())
                && all.iter().any(|line| {
                    names
                        .iter()
                        .any(|name| line.name.to_uppercase().starts_with(&format!("{name}{mark}").to_uppercase()))
                })
            {
                return Err(());
            }
            let line = names.iter().find_map(|name| all.iter().rev().find(|line| same(&line.name, name)));
            if let Some(line) = line {
                let value = self.line(line, file, at);
                if !(config.ignore_empty && value.text() == Some("")) {
                    found = Some(value);
                }
            }
        }
        Ok(found)
    }

    /// The variables that may set parts of a field; none where there is no end of them.
    pub(crate) fn part_names(&mut self, kind: &Type, name: &str, config: &Config, depth: usize) -> Option<Vec<String>> {
        let mark = config.nested.clone()?;
        if depth > MAX_PARTS {
            return None;
        }
        if !kind.nests() {
            return Some(Vec::new());
        }
        let mut out = Vec::new();
        for (field, kind) in self.model_kinds(kind.model()?)? {
            let field = if config.cased { field } else { field.to_uppercase() };
            let path = format!("{name}{mark}{field}");
            out.extend(self.part_names(&kind, &path, config, depth + 1)?);
            out.push(path);
        }
        Some(out)
    }

    /// The names and types of a model's fields; none where they are not followed.
    fn model_kinds(&self, id: Id) -> Option<Vec<(String, Type)>> {
        let mut out = Vec::new();
        for class in self.mro(id).into_iter().rev().flatten() {
            let space = self.space(class)?;
            for (name, kind) in &space.names {
                let Some(field) = name.strip_prefix("__annotation__") else { continue };
                let kind = self.type_of(kind, &mut None);
                out.retain(|(have, _): &(String, Type)| have != field);
                if !matches!(kind, Type::Class) && field != "model_config" {
                    out.push((field.to_owned(), kind));
                }
            }
        }
        Some(out)
    }

    /// The dict that variables for the parts of a field make, over what its own variable says; none where no such variable
    /// is set, `Err` inside where it is not followed.
    pub(crate) fn parts_set(
        &mut self,
        kind: &Type,
        name: &str,
        config: &Config,
        at: Span,
    ) -> Result<Option<Result<V, V>>, Exc> {
        let lost = || Ok(Some(Err(V::unknown("variables for the parts of a field", at))));
        let Some(mark) = config.nested.clone() else { return Ok(None) };
        let start = format!("{name}{mark}");
        let upper = |have: &str| if config.cased { have.to_owned() } else { have.to_uppercase() };
        let names: Vec<String> =
            self.world.vars().keys().filter(|have| upper(have).starts_with(&upper(&start))).cloned().collect();
        if names.is_empty() {
            return Ok(None);
        }
        let Some(id) = kind.model() else { return lost() };
        let whole = match self.find_variable(name, at) {
            Found::Set(_) => return lost(),
            Found::Unset => self.new_dict(Vec::new(), at),
            Found::Open => return lost(),
        };
        for have in names {
            let Found::Set(text) = self.find_variable(&have, at) else { continue };
            self.note_read(&have, None, false, "pydantic", at);
            let rest = have.get(start.len()..).unwrap_or_default();
            let keys: Vec<String> =
                rest.split(&mark).map(|key| if config.cased { key.to_owned() } else { key.to_lowercase() }).collect();
            let (mut now, mut of) = (whole.clone(), id);
            for (i, key) in keys.iter().enumerate() {
                let fields = self.model_kinds(of).unwrap_or_default();
                let field = fields
                    .into_iter()
                    .find(|(field, _)| if config.cased { field == key } else { field.to_lowercase() == *key });
                // Names that only differ in their case are put together in a way of their own.
                let Some((field, kind)) = field.filter(|(field, _)| config.cased || field == key) else {
                    return lost();
                };
                if i + 1 == keys.len() {
                    let value =
                        if kind.reading() == Reading::Raw { text.clone() } else { self.decoded(&kind, &text, at)? };
                    self.set_item(&now, &V::str(field), value, at)?;
                    break;
                }
                let Some(inner) = kind.model() else { return lost() };
                let next = match self.pairs(&now).and_then(|pairs| self.find_key(&pairs, &V::str(&field))) {
                    Some(Some(next)) => next,
                    Some(None) => {
                        let made = self.new_dict(Vec::new(), at);
                        self.set_item(&now, &V::str(field), made.clone(), at)?;
                        made
                    }
                    None => return lost(),
                };
                if !matches!(&next.k, K::Ref(id) if matches!(self.heap.get(id).map(|o| &o.data), Some(Data::Dict(_)))) {
                    return lost();
                }
                (now, of) = (next, inner);
            }
        }
        Ok(Some(Ok(whole)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Option<Vec<String>> {
        let parsed = ruff_python_parser::parse_module(text).ok()?;
        let first = parsed.syntax().body.first()?.as_function_def_stmt()?.clone();
        keys_set(&first)
    }

    #[test]
    fn a_validator_of_the_input_sets_the_keys_that_it_assigns() {
        let text = "def f(cls, values):\n    if isinstance(values, dict) and not values.get('A'):\n        \
            values['B'] = values['A'] + 'x'\n    return values\n";
        assert_eq!(keys(text), Some(vec!["B".to_owned()]));
        assert_eq!(keys("def f(cls, values):\n    return {**values, 'A': 1}\n"), None);
        assert_eq!(keys("def f(cls, values):\n    change(values)\n    return values\n"), None);
    }
}
