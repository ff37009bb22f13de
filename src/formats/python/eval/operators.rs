//! Operators on values.

use std::sync::Arc;

use ruff_python_ast::{CmpOp, Operator, UnaryOp};

use super::enums::member;
use super::join::same;
use super::machine::{Cond, MAX_SIZE, Machine};
use super::truth::{Truth, View, placed};
use super::values::{Data, Exc, K, R, V};
use crate::formats::python::lib::types;
use crate::model::Span;

impl Machine<'_> {
    pub(crate) fn binary(&mut self, left: &V, op: Operator, right: &V, at: Span) -> R {
        if op == Operator::Mod && left.text().is_some() {
            return self.percent(left, right, at);
        }
        let sides = [left.clone(), right.clone()];
        let out = self.lift_all(&sides, at, &mut |m, v| Ok(m.plain_binary(&v[0], op, &v[1], at).resting(v)))?;
        let text = op == Operator::Add && (left.text().is_some() || left.m.prefix.is_some());
        Ok(if text { out.begins(&sides) } else { out })
    }

    fn plain_binary(&mut self, left: &V, op: Operator, right: &V, at: Span) -> V {
        let number = |v: &V| match v.k {
            K::Int(n) => Some(n),
            K::Bool(b) => Some(i128::from(b)),
            _ => None,
        };
        if let (Some(a), Some(b)) = (number(left), number(right)) {
            let out = match op {
                Operator::Add => a.checked_add(b),
                Operator::Sub => a.checked_sub(b),
                Operator::Mult => a.checked_mul(b),
                Operator::FloorDiv if b != 0 => Some(a.div_euclid(b)).filter(|_| b > 0),
                Operator::Mod if b > 0 => Some(a.rem_euclid(b)),
                Operator::Pow if (0..64).contains(&b) => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
                Operator::LShift if (0..64).contains(&b) => a.checked_mul(1 << b),
                _ => None,
            };
            if let Some(n) = out {
                return V::at(K::Int(n), at);
            }
        }
        if let (K::Int(n), Operator::Mult) = (&right.k, op)
            && let Some(all) = self.repeated(left, *n, at)
        {
            return all;
        }
        if let Some(n) = floats(left, op, right) {
            return V::at(K::Float(n), at);
        }
        let text =
            |t: String| if t.len() > MAX_SIZE { V::unknown("a long text", at) } else { V::at(K::Str(t.into()), at) };
        match (&left.k, op, &right.k) {
            (K::Str(a), Operator::Add, K::Str(b)) => return text(format!("{a}{b}")).from(left).from(right),
            (K::Str(a), Operator::Mult, K::Int(n)) | (K::Int(n), Operator::Mult, K::Str(a)) => {
                let n = usize::try_from(*n).unwrap_or(0);
                if n.saturating_mul(a.len()) <= MAX_SIZE {
                    return text(a.repeat(n));
                }
            }
            (K::Path(a), Operator::Div, K::Str(b) | K::Path(b)) => {
                return V::at(K::Path(super::text::join_path(a, b).into()), at).from(right);
            }
            (K::Str(a), Operator::Div, K::Path(b)) => {
                return V::at(K::Path(super::text::join_path(a, b).into()), at);
            }
            (_, Operator::BitOr, _) if let Some(union) = types::union(left, right, at) => return union,
            (K::Bytes(a), Operator::Add, K::Bytes(b)) => {
                return V::at(K::Bytes(a.iter().chain(b.iter()).copied().collect()), at);
            }
            (K::Timedelta(a), Operator::Add, K::Timedelta(b)) if whole(*a) && whole(*b) => {
                return V::at(K::Timedelta(a + b), at);
            }
            (K::Timedelta(a), Operator::Sub, K::Timedelta(b)) if whole(*a) && whole(*b) => {
                return V::at(K::Timedelta(a - b), at);
            }
            #[expect(clippy::cast_precision_loss, reason = "checked to be small")]
            (K::Timedelta(a), Operator::Mult, K::Int(n)) | (K::Int(n), Operator::Mult, K::Timedelta(a))
                if whole(*a) && n.abs() < 1_000_000 =>
            {
                return V::at(K::Timedelta(a * *n as f64), at);
            }
            (K::Tuple(a), Operator::Add, K::Tuple(b)) => {
                return V::at(K::Tuple(Arc::new(a.iter().chain(b.iter()).cloned().collect())), at);
            }
            (K::Ref(a), _, K::Ref(b)) => {
                let (Some(a), Some(b)) = (self.heap.get(a).cloned(), self.heap.get(b).cloned()) else {
                    return V::unknown("not known", at);
                };
                match (&a.data, op, &b.data) {
                    (Data::List(a), Operator::Add, Data::List(b)) => {
                        return self.list(a.iter().chain(b).cloned().collect(), at);
                    }
                    (Data::Dict(a), Operator::BitOr, Data::Dict(_)) => {
                        let out = self.new_dict(a.clone(), at);
                        let _ = self.update(&out, right, at);
                        self.unchanged(&out);
                        return out;
                    }
                    (Data::Set(a), _, Data::Set(b)) => {
                        if let Some(all) = self.set_operation(a, op, b) {
                            return self.make_set(&Ok(all), at).unwrap_or_else(|_| V::unknown("a set", at));
                        }
                    }
                    _ => {}
                }
            }
            _ => {}
        }
        self.may_raise(None, at, Cond::default());
        V::unknown("an operation that is not followed", at)
    }

    pub(crate) fn unary(&mut self, op: UnaryOp, value: &V, at: Span) -> R {
        if op == UnaryOp::Not {
            let out = match self.truth(value) {
                Truth::Yes => V::at(K::Bool(false), at),
                Truth::No => V::at(K::Bool(true), at),
                Truth::Open(Cond { vars, default: Some(yes) }) => V::depends(vars, Some(V::at(K::Bool(!yes), at))),
                Truth::Open(_) => V::unknown("a truth that is not decided", at),
            };
            return Ok(out.resting([value]));
        }
        self.lift(value, at, &mut |_, v| {
            Ok(match (op, &v.k) {
                (UnaryOp::USub, K::Int(n)) => V::at(K::Int(-n), at),
                (UnaryOp::USub, K::Float(n)) => V::at(K::Float(-n), at),
                (UnaryOp::UAdd, K::Int(n)) => V::at(K::Int(*n), at),
                _ => V::unknown("an operation that is not followed", at),
            })
        })
    }

    /// `+=` and `|=` on what is changed in place; `None` for everything else.
    pub(crate) fn in_place(&mut self, old: &V, op: Operator, right: &V, at: Span) -> Result<Option<V>, Exc> {
        let K::Ref(id) = &old.k else { return Ok(None) };
        let kind = self.heap.get(id).map(|obj| match &obj.data {
            Data::OneOf(all) => all.first().map_or(0, kind_of),
            data => kind_of(data),
        });
        match (kind, op) {
            (Some(1), Operator::Add) => {
                let items = self.iterate(right, at)?;
                self.mutate(old, at, &mut |_, data| match (data, &items) {
                    (Data::List(list), Ok(items)) => {
                        list.extend(items.iter().map(|v| v.clone().resting([right])));
                        true
                    }
                    _ => false,
                });
                Ok(Some(old.clone()))
            }
            (Some(2), Operator::BitOr) => {
                self.update(old, right, at)?;
                Ok(Some(old.clone()))
            }
            _ => {
                self.mutate(old, at, &mut |_, data| matches!(data, Data::Space(_)));
                Ok(None)
            }
        }
    }

    /// Whether two settled values are equal; none if that is not known.
    pub(crate) fn equal(&self, a: &V, b: &V) -> Option<bool> {
        if same(&self.heap, a, &self.heap, b, 0) {
            return Some(true);
        }
        if let Some(known) = self.member_equal(a, b) {
            return known;
        }
        let simple = |v: &V| match &v.k {
            K::None => Some(0),
            K::Bool(_) | K::Int(_) => Some(1),
            K::Float(_) => Some(6),
            K::Str(text) => (!placed(text)).then_some(2),
            K::Bytes(_) => Some(3),
            K::Path(_) => Some(4),
            K::Timedelta(_) => Some(5),
            _ => None,
        };
        if let (K::Tuple(x), K::Tuple(y)) = (&a.k, &b.k) {
            if x.len() != y.len() {
                return Some(false);
            }
            let all: Vec<Option<bool>> = x.iter().zip(y.iter()).map(|(x, y)| self.equal(x, y)).collect();
            return if all.contains(&Some(false)) {
                Some(false)
            } else {
                all.into_iter().collect::<Option<Vec<_>>>().map(|_| true)
            };
        }
        let number = |v: &V| match v.k {
            K::Int(n) => Some(n),
            K::Bool(b) => Some(i128::from(b)),
            _ => None,
        };
        match (simple(a)?, simple(b)?) {
            (1, 1) => Some(number(a)? == number(b)?),
            (6, 6) => match (&a.k, &b.k) {
                (K::Float(a), K::Float(b)) => Some(a.partial_cmp(b) == Some(std::cmp::Ordering::Equal)),
                _ => None,
            },
            #[expect(clippy::cast_precision_loss, reason = "checked to be small")]
            (6, 1) | (1, 6) => match (&a.k, &b.k) {
                (K::Float(f), K::Int(n)) | (K::Int(n), K::Float(f)) if n.abs() < 1 << 53 => {
                    Some(f.partial_cmp(&(*n as f64)) == Some(std::cmp::Ordering::Equal))
                }
                _ => None,
            },
            (4, 4) => None,
            _ => Some(false),
        }
    }

    pub(crate) fn compare(&mut self, left: &V, op: CmpOp, right: &V, at: Span) -> R {
        let noted = self.tries.last().map(Vec::len).filter(|_| self.never_raises(op, right));
        let out = self.compared(left, op, right, at);
        if let Some((tries, noted)) = self.tries.last_mut().zip(noted) {
            tries.truncate(noted);
        }
        out
    }

    /// Whether a comparison comes to its end whatever stands on its left: only an order, and a text that is searched, ask for a
    /// type.
    fn never_raises(&self, op: CmpOp, right: &V) -> bool {
        let lists = match &right.k {
            K::Tuple(_) => true,
            K::Ref(id) => self.heap.get(id).is_some_and(|of| matches!(of.data, Data::List(_))),
            _ => false,
        };
        match op {
            CmpOp::Eq | CmpOp::NotEq | CmpOp::Is | CmpOp::IsNot => true,
            CmpOp::In | CmpOp::NotIn => lists,
            _ => false,
        }
    }

    fn compared(&mut self, left: &V, op: CmpOp, right: &V, at: Span) -> R {
        if matches!(op, CmpOp::In | CmpOp::NotIn) {
            // The program is not run by a test runner.
            if self.whole
                && matches!(&right.k, K::Lib(path) if matches!(&**path, "sys.argv" | "sys.modules"))
                && matches!(left.text(), Some("test" | "pytest" | "migrate" | "makemigrations" | "runserver" | "shell"))
            {
                return Ok(V::at(K::Bool(op == CmpOp::NotIn), at));
            }
            if let Some(yes) = self.asked_of_run(left, right) {
                return Ok(V::at(K::Bool(yes == (op == CmpOp::In)), at));
            }
            if matches!(&right.k, K::Lib(path) if &**path == "os.environ") {
                let Some(name) = left.text() else { return Ok(V::unknown("which variable is asked for", at)) };
                let has = self.env_has(name, at);
                return if op == CmpOp::In { Ok(has) } else { self.unary(UnaryOp::Not, &has, at) };
            }
            return self.lift_all(&[left.clone(), right.clone()], at, &mut |m, v| {
                let out = m.contains(&v[0], &v[1], at)?;
                let out = match out {
                    Some(yes) => V::at(K::Bool(yes == (op == CmpOp::In)), at),
                    None => V::unknown("whether it is in there", at),
                };
                Ok(out.resting(v))
            });
        }
        if matches!(op, CmpOp::Eq | CmpOp::NotEq)
            && let Some(yes) = self.asked_of_run(left, right).or_else(|| self.asked_of_run(right, left))
        {
            return Ok(V::at(K::Bool(yes == (op == CmpOp::Eq)), at));
        }
        let nothing = |v: &V| matches!(v.k, K::None) || v.text() == Some("");
        if left.is_given() && nothing(right) || right.is_given() && nothing(left) {
            let differs = matches!(op, CmpOp::NotEq | CmpOp::IsNot);
            if differs || matches!(op, CmpOp::Eq | CmpOp::Is) {
                return Ok(V::at(K::Bool(differs), at).resting([left, right]));
            }
        }
        self.lift_all(&[left.clone(), right.clone()], at, &mut |m, v| {
            let yes = match op {
                CmpOp::Eq => m.equal(&v[0], &v[1]),
                CmpOp::NotEq => m.equal(&v[0], &v[1]).map(|yes| !yes),
                CmpOp::Is | CmpOp::IsNot => {
                    let same = match (&v[0].k, &v[1].k) {
                        _ if member(&v[0]).is_some() && member(&v[1]).is_some() => {
                            m.member_equal(&v[0], &v[1]).flatten()
                        }
                        (K::None | K::Bool(_), _) if member(&v[1]).is_some() => Some(false),
                        (_, K::None | K::Bool(_)) if member(&v[0]).is_some() => Some(false),
                        (K::None, K::None) => Some(true),
                        (K::Bool(a), K::Bool(b)) => Some(a == b),
                        (K::None | K::Bool(_), k) | (k, K::None | K::Bool(_)) => match k {
                            K::Made(..) | K::Lib(_) | K::Bound(_) => None,
                            _ => Some(false),
                        },
                        _ => None,
                    };
                    same.map(|yes| yes == (op == CmpOp::Is))
                }
                _ => order(&v[0], &v[1]).map(|o| match op {
                    CmpOp::Lt => o.is_lt(),
                    CmpOp::LtE => o.is_le(),
                    CmpOp::Gt => o.is_gt(),
                    _ => o.is_ge(),
                }),
            };
            Ok(yes
                .map_or_else(|| V::unknown("a comparison that is not decided", at), |y| V::at(K::Bool(y), at))
                .resting(v))
        })
    }

    fn contains(&mut self, item: &V, container: &V, at: Span) -> Result<Option<bool>, Exc> {
        if let K::Str(text) = &container.k {
            return Ok(item.text().filter(|t| !placed(t) && !placed(text)).map(|t| text.contains(t)));
        }
        if let Some(id) = self.namespace(container) {
            return Ok(self.namespace_has(id, item));
        }
        let Ok(items) = self.iterate(container, at)? else { return Ok(None) };
        let mut open = false;
        for one in &items {
            match self.view(one) {
                View::Plain(one) => match self.equal(&one, item) {
                    Some(true) => return Ok(Some(true)),
                    Some(false) => {}
                    None => open = true,
                },
                _ => open = true,
            }
        }
        Ok((!open).then_some(false))
    }
}

/// Whether a duration is a whole number of seconds, small enough to be exact.
fn whole(seconds: f64) -> bool {
    seconds.fract() == 0.0 && seconds.abs() < 1e12
}

/// Arithmetic that gives a float; none where it is not followed.
fn floats(left: &V, op: Operator, right: &V) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "checked to be small")]
    let number = |v: &V| match v.k {
        K::Float(n) => Some((n, true)),
        K::Int(n) if n.abs() < 1 << 53 => Some((n as f64, false)),
        _ => None,
    };
    let ((a, x), (b, y)) = (number(left)?, number(right)?);
    let out = match op {
        Operator::Div if b != 0.0 => a / b,
        Operator::Add if x || y => a + b,
        Operator::Sub if x || y => a - b,
        Operator::Mult if x || y => a * b,
        _ => return None,
    };
    out.is_finite().then_some(out)
}

fn kind_of(data: &Data) -> u8 {
    match data {
        Data::List(_) => 1,
        Data::Dict(_) | Data::Set(_) => 2,
        _ => 0,
    }
}

fn order(a: &V, b: &V) -> Option<std::cmp::Ordering> {
    match (&a.k, &b.k) {
        (K::Int(a), K::Int(b)) => Some(a.cmp(b)),
        (K::Str(a), K::Str(b)) if !placed(a) && !placed(b) => Some(a.cmp(b)),
        _ => None,
    }
}
