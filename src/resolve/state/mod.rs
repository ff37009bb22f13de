//! From typed parts to facts, one file a dimension.

mod client;
mod compiled;
mod credential;
pub mod deliberate;
pub mod excluded;
pub mod given;
pub mod image;
pub mod locked;
mod named_service;
pub mod only_server;
pub mod package;
pub mod process;
pub mod programs;
mod room;
pub mod runtime;
mod sense;
pub mod service;
pub mod setting;
pub mod system_package;
pub mod variable;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::{
    Attr, Attributes, Certainty, Coverage, Dimension, Fact, FactId, Known, Origin, Reason, Secret, Span, Value, schema,
};

/// The facts of one environment while they are stated.
pub struct Statements {
    project: Arc<str>,
    environment: Arc<str>,
    pub(super) facts: BTreeMap<FactId, Attributes>,
    /// Which sets are complete.
    pub coverage: Vec<Coverage>,
    /// Secrets that were met.
    pub secrets: Vec<Secret>,
    /// Where secrets stand.
    pub secret_spans: Vec<Span>,
    /// Services that the runs of the tests use in different products: one a product.
    pub(super) cells: BTreeMap<FactId, Vec<Attributes>>,
}

impl Statements {
    /// No facts yet.
    pub fn new(project: &str, environment: &str) -> Self {
        Self {
            project: project.into(),
            environment: environment.into(),
            facts: BTreeMap::new(),
            coverage: Vec::new(),
            secrets: Vec::new(),
            secret_spans: Vec::new(),
            cells: BTreeMap::new(),
        }
    }

    /// Speaks of one thing.
    pub fn about(&mut self, component: Option<&Arc<str>>, dimension: Dimension, key: &str) -> Statement<'_> {
        let id = FactId {
            project: Arc::clone(&self.project),
            environment: Arc::clone(&self.environment),
            component: component.map(Arc::clone),
            dimension,
            key: key.to_owned(),
        };
        Statement { dimension, attributes: self.facts.entry(id).or_default() }
    }

    /// Whether anything is stated of a thing.
    pub fn speaks(&self, component: Option<&Arc<str>>, dimension: Dimension, key: &str) -> bool {
        let same = |id: &FactId| id.component.as_ref() == component && id.dimension == dimension && id.key == key;
        self.facts.keys().any(same)
    }

    /// Says whether a set is complete.
    pub fn covers(&mut self, component: Option<&Arc<str>>, dimension: Dimension, complete: Result<(), Reason>) {
        self.coverage.push(Coverage {
            project: Arc::clone(&self.project),
            environment: Arc::clone(&self.environment),
            component: component.map(Arc::clone),
            dimension,
            complete,
        });
    }

    /// Keeps a secret, so that nothing prints it.
    pub fn keep_secret(&mut self, text: &str, span: Option<Span>) -> Value {
        let secret = Secret::new(text);
        if !self.secrets.contains(&secret) {
            self.secrets.push(secret.clone());
        }
        self.secret_spans.extend(span);
        Value::Secret(secret)
    }

    /// The facts, ordered.
    pub fn finish(self) -> Vec<Fact> {
        self.facts
            .into_iter()
            .filter(|(_, attributes)| !attributes.is_empty())
            .map(|(id, attributes)| Fact { id, attributes })
            .collect()
    }
}

/// One fact while its attributes are stated. Only attributes of the schema can be.
pub struct Statement<'s> {
    dimension: Dimension,
    attributes: &'s mut Attributes,
}

impl Statement<'_> {
    /// States an attribute.
    pub fn attr(&mut self, name: &str, attr: Attr) -> &mut Self {
        if let Some(row) = schema::attribute(self.dimension, name) {
            self.attributes.insert(row.name, attr);
        }
        self
    }

    /// States a text.
    pub fn text(&mut self, name: &str, text: impl Into<String>, origin: &Origin) -> &mut Self {
        self.attr(name, Attr::text(text, origin.clone()))
    }

    /// States a yes or no.
    pub fn bool(&mut self, name: &str, yes: bool, origin: &Origin) -> &mut Self {
        self.attr(name, Attr::bool(yes, origin.clone()))
    }

    /// States a list.
    pub fn list(&mut self, name: &str, items: Vec<String>, origin: &Origin) -> &mut Self {
        self.attr(name, Attr::stated(Value::List(items), origin.clone()))
    }

    /// All that is stated of it so far holds only while a variable is not set.
    pub fn unless(&mut self, variable: &str) -> &mut Self {
        for attr in self.attributes.values_mut().filter(|attr| !attr.value.is_unknown()) {
            attr.certainty = attr.certainty.and(&Certainty::Default { variable: Some(variable.to_owned()) });
        }
        self
    }

    /// States a known text, with its certainty.
    pub fn known(&mut self, name: &str, value: Known<String>, certainty: &Certainty, origin: &Origin) -> &mut Self {
        let value = value.map(Value::Text);
        self.attr(name, Attr { value, certainty: certainty.clone(), origin: origin.clone() })
    }
}
