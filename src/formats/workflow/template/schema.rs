//! What may stand where in a workflow: the definitions of GitHub's published schema.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::LazyLock;

use serde_json::Value;

/// What a value may be.
pub(super) enum Shape {
    Null,
    Bool,
    Number,
    Text { constant: Option<String>, non_empty: bool },
    Sequence(String),
    Mapping(Mapping),
    OneOf(Vec<String>),
}

/// A mapping's properties, and the types of all other keys and their values.
#[derive(Default)]
pub(super) struct Mapping {
    pub(super) properties: BTreeMap<String, Property>,
    pub(super) loose: Option<(String, String)>,
}

/// A property's type, and whether it must be there.
pub(super) struct Property {
    pub(super) kind: String,
    pub(super) required: bool,
}

/// A definition, and the contexts and functions that expressions in it may use.
pub(super) struct Definition {
    pub(super) shape: Shape,
    context: Vec<String>,
}

static SCHEMA: LazyLock<BTreeMap<String, Definition>> = LazyLock::new(read);

fn read() -> BTreeMap<String, Definition> {
    let mut all = BTreeMap::new();
    let text = |constant: Option<&str>, non_empty| Shape::Text { constant: constant.map(str::to_owned), non_empty };
    let plain = |shape| Definition { shape, context: Vec::new() };
    let any = ["null", "boolean", "number", "string", "sequence", "mapping"].map(str::to_owned).to_vec();
    let loose = Some(("string".to_owned(), "any".to_owned()));
    for (name, shape) in [
        ("null", Shape::Null),
        ("boolean", Shape::Bool),
        ("number", Shape::Number),
        ("string", text(None, false)),
        ("sequence", Shape::Sequence("any".into())),
        ("mapping", Shape::Mapping(Mapping { loose, ..Mapping::default() })),
        ("any", Shape::OneOf(any)),
    ] {
        all.insert(name.to_owned(), plain(shape));
    }
    let Ok(Value::Object(definitions)) = serde_json::from_str(include_str!("schema.json")) else { return all };
    for (name, value) in definitions {
        if let Some(Value::Array(values)) = value.get("allowed-values") {
            let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            for value in &values {
                all.insert(format!("{name}-{value}"), plain(text(Some(value), false)));
            }
            let names = values.iter().map(|value| format!("{name}-{value}")).collect();
            all.insert(name, plain(Shape::OneOf(names)));
            continue;
        }
        let context = value.get("context").map(strings).unwrap_or_default();
        all.insert(name, Definition { shape: shape(&value), context });
    }
    all
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn shape(value: &Value) -> Shape {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
    if let Some(names) = value.get("one-of") {
        return Shape::OneOf(strings(names));
    }
    if let Some(sequence) = value.get("sequence") {
        return Shape::Sequence(text(sequence, "item-type").unwrap_or_default());
    }
    if let Some(mapping) = value.get("mapping") {
        let property = |(name, value): (&String, &Value)| {
            let kind = value.as_str().map(str::to_owned).or_else(|| text(value, "type")).unwrap_or_default();
            let required = value.get("required").and_then(Value::as_bool).unwrap_or(false);
            (name.clone(), Property { kind, required })
        };
        let properties = mapping.get("properties").and_then(Value::as_object).into_iter().flatten();
        let loose = text(mapping, "loose-key-type").zip(text(mapping, "loose-value-type"));
        return Shape::Mapping(Mapping { properties: properties.map(property).collect(), loose });
    }
    if let Some(string) = value.get("string") {
        let non_empty = string.get("require-non-empty").and_then(Value::as_bool).unwrap_or(false);
        return Shape::Text { constant: text(string, "constant"), non_empty };
    }
    match value.as_object().is_some_and(|object| object.contains_key("boolean")) {
        true => Shape::Bool,
        false if value.get("number").is_some() => Shape::Number,
        false => Shape::Null,
    }
}

/// A definition where it is used: with what the ones around it allow.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) shape: &'static Shape,
    pub(super) allowed: Rc<Vec<&'static str>>,
}

fn definition(name: &str) -> &'static Definition {
    static NONE: Definition = Definition { shape: Shape::Null, context: Vec::new() };
    SCHEMA.get(name).unwrap_or(&NONE)
}

impl Place {
    /// A whole workflow.
    pub(super) fn root() -> Self {
        let allowed = Rc::new(Vec::new());
        Self { shape: &definition("workflow-root-strict").shape, allowed }
    }

    /// A definition within this one.
    pub(super) fn inner(&self, name: &str) -> Self {
        let definition = definition(name);
        let shape = &definition.shape;
        if definition.context.is_empty() {
            return Self { shape, allowed: Rc::clone(&self.allowed) };
        }
        let mut allowed: Vec<&'static str> = self.allowed.to_vec();
        for name in &definition.context {
            if !allowed.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                allowed.push(name);
            }
        }
        Self { shape, allowed: Rc::new(allowed) }
    }

    /// The type of a sequence's items.
    pub(super) fn items(&self) -> Option<&'static str> {
        self.all().into_iter().find_map(|shape| match shape {
            Shape::Sequence(item) => Some(item.as_str()),
            _ => None,
        })
    }

    /// The mappings that may stand here.
    pub(super) fn mappings(&self) -> Vec<&'static Mapping> {
        let mapping = |shape: &'static Shape| match shape {
            Shape::Mapping(mapping) => Some(mapping),
            _ => None,
        };
        self.all().into_iter().filter_map(mapping).collect()
    }

    fn all(&self) -> Vec<&'static Shape> {
        match self.shape {
            Shape::OneOf(names) => names.iter().map(|name| &definition(name).shape).collect(),
            shape => vec![shape],
        }
    }

    /// The scalars that may stand here.
    pub(super) fn scalars(&self) -> Vec<&'static Shape> {
        fn add(shape: &'static Shape, out: &mut Vec<&'static Shape>) {
            match shape {
                Shape::OneOf(names) => names.iter().for_each(|name| add(&definition(name).shape, out)),
                Shape::Sequence(_) | Shape::Mapping(_) => {}
                shape => out.push(shape),
            }
        }
        let mut out = Vec::new();
        add(self.shape, &mut out);
        out
    }
}
