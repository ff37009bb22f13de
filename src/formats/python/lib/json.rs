//! `json.loads`.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::made::{Plain, put};
use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::truth::placed;
use crate::formats::python::eval::values::{R, V};
use crate::model::Span;

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Plain;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Plain, E> {
        Ok(Plain::None)
    }

    fn visit_bool<E: Error>(self, yes: bool) -> Result<Plain, E> {
        Ok(Plain::Bool(yes))
    }

    fn visit_i64<E: Error>(self, n: i64) -> Result<Plain, E> {
        Ok(Plain::Int(n.into()))
    }

    fn visit_u64<E: Error>(self, n: u64) -> Result<Plain, E> {
        Ok(Plain::Int(n.into()))
    }

    fn visit_f64<E: Error>(self, n: f64) -> Result<Plain, E> {
        // A large integer comes as a float, too.
        Ok(if n.abs() < 9e15 { Plain::Float(n) } else { Plain::Unsure })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Plain, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Plain, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Plain::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Plain, A::Error> {
        let mut items = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Plain>()? {
            put(&mut items, &key, value);
        }
        Ok(Plain::Dict(items))
    }
}

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

impl Machine<'_> {
    /// `json.loads(text)`.
    pub(crate) fn json(&mut self, text: &V, at: Span) -> R {
        self.lift(text, at, &mut |m, v| {
            let Some(text) = v.text().filter(|t| !placed(t)).map(str::to_owned) else {
                return Ok(V::unknown("a text that is not known", at).resting([v]));
            };
            match serde_json::from_str::<Plain>(&text) {
                Ok(plain) => Ok(m.plain(&plain, v, at)),
                Err(_) if ["NaN", "Infinity", "\\u"].iter().any(|word| text.contains(word)) => {
                    Ok(V::unknown("a text that is hardly JSON", at).resting([v]))
                }
                Err(_) => m.raise("JSONDecodeError", "it is no JSON", at),
            }
        })
    }
}
