//! Truth, and looking through values that are not settled.

use std::sync::Arc;

use super::machine::{Cond, Machine};
use super::values::{ABOVE_MARK, Args, Data, K, MARK, Names, R, V};
use crate::model::{Reason, Span};

/// What a value comes to when it is looked at.
pub(crate) enum View {
    /// It is this.
    Plain(V),
    /// It is one of these.
    Many(Vec<V>),
    /// It is this while the variables are not set.
    Depends(Names, Option<V>),
    /// Nothing is known of it.
    Unknown(Arc<Reason>),
}

/// A truth.
#[derive(Clone, Debug)]
pub(crate) enum Truth {
    Yes,
    No,
    Open(Cond),
}

impl Machine<'_> {
    /// Looks at a value. A container whose contents are not settled gives containers that are.
    pub(crate) fn view(&mut self, value: &V) -> View {
        match &value.k {
            K::OneOf(all) => View::Many(all.iter().map(|v| v.clone().resting([value])).collect()),
            K::Depends(of) => View::Depends(of.0.clone(), of.1.clone()),
            K::Unknown(why) => View::Unknown(Arc::clone(why)),
            K::Undefined => View::Unknown(Arc::new(Reason::new("it may not be defined"))),
            K::Ref(id) => {
                let Some(obj) = self.heap.get(id).cloned() else { return View::Plain(value.clone()) };
                if let Some(vars) = &obj.doubt {
                    let id = self.alloc(obj.data.clone());
                    return View::Depends(vars.clone(), Some(V { k: K::Ref(id), m: Arc::clone(&value.m) }));
                }
                match &obj.data {
                    Data::Unknown(why) => View::Unknown(Arc::clone(why)),
                    Data::OneOf(all) => {
                        let fresh = |data: &Data| V { k: K::Ref(self.alloc(data.clone())), m: Arc::clone(&value.m) };
                        View::Many(all.iter().map(fresh).collect())
                    }
                    _ => View::Plain(value.clone()),
                }
            }
            _ => View::Plain(value.clone()),
        }
    }

    /// Applies a function that reads settled values to any value.
    pub(crate) fn lift(&mut self, value: &V, span: Span, run: &mut dyn FnMut(&mut Self, &V) -> R) -> R {
        match self.view(value) {
            View::Plain(value) => run(self, &value),
            View::Unknown(why) => {
                self.may_fail(false, [value], span);
                Ok(V::new(K::Unknown(why)).from(value))
            }
            View::Many(all) => {
                let mut out: Vec<V> = Vec::new();
                let mut raised = None;
                for one in all {
                    match self.deeper(span, |m| m.lift(&one, span, &mut *run)) {
                        Ok(value) => out.push(value),
                        Err(exc) => raised = Some(exc),
                    }
                }
                match raised {
                    Some(exc) if out.is_empty() => return Err(exc),
                    Some(exc) => self.note_raise(exc, Cond::default()),
                    None => {}
                }
                Ok(self.one_of(out).resting([value]))
            }
            View::Depends(vars, default) => {
                if let Some(exc) = self.fails_again(&vars, span) {
                    return Err(exc);
                }
                let Some(default) = default else {
                    self.may_raise(None, span, Cond { vars: vars.clone(), default: None });
                    return Ok(V::depends(vars, None));
                };
                let before = self.heap.clone();
                let got = match self.deeper(span, |m| m.lift(&default, span, &mut *run)) {
                    Ok(got) => {
                        self.may_not_do(before, &vars, span);
                        got
                    }
                    Err(exc) => {
                        self.note_raise(exc, Cond { vars: vars.clone(), default: Some(true) });
                        return Ok(V::depends(vars, None));
                    }
                };
                Ok(wrap(vars, got))
            }
        }
    }

    /// The same for several values at once.
    pub(crate) fn lift_all(&mut self, values: &[V], span: Span, run: &mut dyn FnMut(&mut Self, &[V]) -> R) -> R {
        self.lift_from(values, &mut Vec::new(), span, run)
    }

    fn lift_from(&mut self, rest: &[V], done: &mut Vec<V>, span: Span, run: &mut dyn FnMut(&mut Self, &[V]) -> R) -> R {
        let Some((first, others)) = rest.split_first() else {
            let values = done.clone();
            return run(self, &values);
        };
        if !self.tick(span) {
            return Ok(V::unknown("the evaluation was given up", span));
        }
        let mut next = |m: &mut Self, value: &V| {
            done.push(value.clone());
            let out = m.lift_from(others, done, span, &mut *run);
            done.pop();
            out
        };
        self.lift(first, span, &mut next)
    }

    /// Whether a value is true.
    pub(crate) fn truth(&mut self, value: &V) -> Truth {
        let vars = value.m.vars.clone();
        if value.is_given() {
            return Truth::Yes;
        }
        match self.view(value) {
            View::Plain(value) => self.plain_truth(&value),
            View::Unknown(_) => Truth::Open(Cond { vars, default: None }),
            View::Many(all) => {
                let truths: Vec<Truth> = all.iter().map(|v| self.truth(v)).collect();
                if truths.iter().all(|t| matches!(t, Truth::Yes)) {
                    Truth::Yes
                } else if truths.iter().all(|t| matches!(t, Truth::No)) {
                    Truth::No
                } else {
                    Truth::Open(Cond { vars, default: None })
                }
            }
            View::Depends(names, default) => {
                let mut cond = Cond { vars: names, default: None };
                match default.map(|v| self.truth(&v)) {
                    Some(Truth::Yes) => cond.default = Some(true),
                    Some(Truth::No) => cond.default = Some(false),
                    Some(Truth::Open(inner)) => {
                        cond.vars.extend(inner.vars);
                        cond.default = inner.default;
                    }
                    None => {}
                }
                Truth::Open(cond)
            }
        }
    }

    /// What a library makes of a word that means yes or no: distutils' `strtobool` a number, `str2bool` a truth value, or
    /// nothing where the word means neither.
    pub(crate) fn truth_word(&mut self, of: &str, args: &Args, at: Span) -> R {
        let own = of.starts_with("str2bool.");
        let Some(value) = args.pos.first().cloned().filter(|_| !own || args.pos.len() == 1 && args.named.is_empty())
        else {
            return Ok(V::unknown("a truth", at));
        };
        self.lift(&value, at, &mut |m, v| {
            let yes = match v.text().map(str::to_ascii_lowercase).as_deref() {
                Some("y" | "yes" | "t" | "true" | "1") => true,
                Some("n" | "no" | "f" | "false" | "0") => false,
                Some(word @ ("on" | "off")) if !own => word == "on",
                None if !(own && matches!(v.k, K::None)) => return Ok(V::unknown("a truth", at).resting([v])),
                _ if of == "str2bool.str2bool" => return Ok(V::at(K::None, at).from(v)),
                _ => return m.raise("ValueError", "it is no truth value", at),
            };
            let made = if own { K::Bool(yes) } else { K::Int(yes.into()) };
            Ok(V::at(made, at).from(v).with(|m| m.raw = None))
        })
    }

    fn plain_truth(&self, value: &V) -> Truth {
        let yes = match &value.k {
            K::None => false,
            K::Bool(yes) => *yes,
            K::Int(n) => *n != 0,
            K::Float(n) | K::Timedelta(n) => *n != 0.0,
            K::Str(text) | K::Lazy(text) => !text.is_empty(),
            K::Bytes(bytes) => !bytes.is_empty(),
            K::Tuple(items) => !items.is_empty(),
            K::Path(_) | K::Func(_) | K::Bound(_) | K::Method(_) | K::Iter(_) => true,
            K::Ref(id) => match self.heap.get(id).map(|obj| &obj.data) {
                Some(Data::List(items) | Data::Set(items)) => !items.is_empty(),
                Some(Data::Dict(items)) => !items.is_empty(),
                Some(Data::Space(space)) => {
                    if matches!(space.role, super::values::Role::Instance(_)) {
                        return Truth::Open(Cond::default());
                    }
                    true
                }
                _ => return Truth::Open(Cond::default()),
            },
            K::Made(class, made) if &**class == "starlette.datastructures.Secret" => {
                return made.pos.first().map_or(Truth::Open(Cond::default()), |inner| self.plain_truth(inner));
            }
            _ => match self.member_truth(value) {
                Some(yes) => yes,
                None => return Truth::Open(Cond::default()),
            },
        };
        if yes { Truth::Yes } else { Truth::No }
    }
}

/// A value that is this while the variables are not set.
pub(crate) fn wrap(mut vars: Names, value: V) -> V {
    match &value.k {
        K::Depends(of) => {
            vars.extend(of.0.iter().cloned());
            V::depends(vars, of.1.clone())
        }
        K::Unknown(_) => V::depends(vars, None),
        _ => V::depends(vars, Some(value)),
    }
}

/// Whether a text holds the place of the project, which is not known: only joining may be done with it.
pub(crate) fn placed(text: &str) -> bool {
    !text.is_ascii() && text.contains([MARK, ABOVE_MARK])
}
