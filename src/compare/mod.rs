//! Two environments side by side: components first, then facts.

pub mod align;
pub mod reference;
pub mod relation;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

pub use relation::{Relation, relation};

use crate::model::{Component, Coverage, Dimension, Environment, Fact, Known, Model, PairCounts, Value, schema};

/// A fact and its counterpart in the reference; one of them may be missing.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'m> {
    /// The environment that is compared.
    pub environment: &'m Environment,
    /// The environment it is compared with.
    pub reference: &'m Environment,
    /// The fact here.
    pub here: Option<&'m Fact>,
    /// The fact there.
    pub there: Option<&'m Fact>,
}

impl Pair<'_> {
    /// The dimension of the pair.
    pub fn dimension(&self) -> Option<Dimension> {
        self.here.or(self.there).map(|fact| fact.id.dimension)
    }
}

/// The facts of a model by environment.
pub struct Index<'m> {
    facts: BTreeMap<Name<'m>, Vec<&'m Fact>>,
    model: &'m Model,
    pairs: Mutex<BTreeMap<[Name<'m>; 2], Arc<[Pair<'m>]>>>,
}

/// An environment's project and name.
type Name<'m> = (&'m str, &'m str);

impl<'m> Index<'m> {
    /// Indexes a model.
    pub fn of(model: &'m Model) -> Self {
        let mut facts: BTreeMap<(&str, &str), Vec<&Fact>> = BTreeMap::new();
        // What a build leaves behind is told, and not there for anything else.
        let left = |fact: &&Fact| fact.get("left_behind").is_some();
        for fact in model.facts.iter().filter(|fact| !left(fact)) {
            facts.entry((&fact.id.project, &fact.id.environment)).or_default().push(fact);
        }
        Self { facts, model, pairs: Mutex::default() }
    }

    /// The facts of an environment.
    pub fn of_environment(&self, environment: &'m Environment) -> &[&'m Fact] {
        self.facts.get(&(environment.project.as_str(), environment.name.as_str())).map_or(&[], Vec::as_slice)
    }

    fn components(&self, environment: &Environment) -> Vec<&'m Component> {
        let mine = |c: &&Component| *c.project == *environment.project && *c.environment == *environment.name;
        self.model.components.iter().filter(mine).collect()
    }

    /// Whether a set is complete in an environment.
    pub fn coverage(
        &self,
        environment: &Environment,
        component: Option<&Arc<str>>,
        dimension: Dimension,
    ) -> Option<&'m Coverage> {
        self.model.coverage.iter().find(|coverage| {
            *coverage.project == *environment.project
                && *coverage.environment == *environment.name
                && coverage.dimension == dimension
                && coverage.component.as_ref() == component
        })
    }

    /// Whether the absence of a fact's counterpart in an environment is a fact: its set there is complete.
    pub fn absent(&self, environment: &'m Environment, fact: &Fact) -> Result<(), crate::model::Reason> {
        let unknown = || Err(crate::model::Reason::new("what else is there is not known"));
        let same_thing = |other: &&&Fact| other.id.dimension == fact.id.dimension && other.id.key == fact.id.key;
        let elsewhere = self.of_environment(environment).iter().any(|other| same_thing(&other));
        if elsewhere && fact.id.dimension == Dimension::Package {
            return Err(crate::model::Reason::new("another component has it"));
        }
        let mine = |coverage: &&Coverage| {
            *coverage.project == *environment.project
                && *coverage.environment == *environment.name
                && coverage.dimension == fact.id.dimension
        };
        let sets: Vec<&Coverage> = self.model.coverage.iter().filter(mine).collect();
        let same = sets.iter().find(|coverage| coverage.component == fact.id.component);
        // What no other package brings along is absent where it is not named.
        let root = fact.get("root").is_some_and(|attr| attr.value == Known::One(Value::Bool(true)));
        match same.or_else(|| sets.first().filter(|_| sets.len() == 1)) {
            Some(coverage) if root => coverage.named().map_err(Clone::clone),
            Some(coverage) => coverage.complete.clone(),
            None => unknown(),
        }
    }

    /// All pairs of two environments, made once. Facts of a component without a counterpart are not paired.
    pub fn pairs(&self, environment: &'m Environment, reference: &'m Environment) -> Arc<[Pair<'m>]> {
        let names = [environment, reference].map(|one| (one.project.as_str(), one.name.as_str()));
        let known = self.pairs.lock().unwrap_or_else(PoisonError::into_inner).get(&names).cloned();
        known.unwrap_or_else(|| {
            let made: Arc<[Pair<'m>]> = self.paired(environment, reference).into();
            self.pairs.lock().unwrap_or_else(PoisonError::into_inner).insert(names, Arc::clone(&made));
            made
        })
    }

    fn paired(&self, environment: &'m Environment, reference: &'m Environment) -> Vec<Pair<'m>> {
        let here = self.of_environment(environment);
        let there = self.of_environment(reference);
        let aligned = align::align(&self.components(environment), &self.components(reference));
        let opposite = |name: &Arc<str>| aligned.iter().find(|pair| pair.here == *name).map(|pair| &pair.there);
        let back = |name: &Arc<str>| aligned.iter().find(|pair| pair.there == *name).map(|pair| &pair.here);
        let (serving, served) = (only_servers(here), only_servers(there));
        let mut by_key = BTreeMap::new();
        for (at, fact) in there.iter().enumerate() {
            by_key.entry((fact.id.dimension, fact.id.component.as_ref(), fact.id.key.as_str())).or_insert(at);
        }
        let mut used: BTreeSet<usize> = BTreeSet::new();
        let mut pairs = Vec::new();
        for (at, fact) in here.iter().enumerate() {
            let wanted = match &fact.id.component {
                None => None,
                Some(name) => {
                    let Some(there) = opposite(name) else {
                        let found = only_node(fact, here, there).and_then(|at| there.get(at)).copied();
                        let pair = |there| Pair { environment, reference, here: Some(fact), there: Some(there) };
                        pairs.extend(found.map(pair));
                        continue;
                    };
                    Some(there)
                }
            };
            let key = counterpart_key(fact, wanted);
            let alone = || {
                let mine = fact.id.component.as_ref().and_then(|name| serving.get(name)).copied().flatten();
                served.get(wanted?).copied().flatten().filter(|_| mine == Some(at))
            };
            let by_make = || only_make(fact, here, there);
            let by_tool = || only_node(fact, here, there);
            let found = by_key
                .get(&(fact.id.dimension, wanted, key.as_ref()))
                .copied()
                .or_else(alone)
                .or_else(by_make)
                .or_else(by_tool);
            used.extend(found);
            let there = found.and_then(|at| there.get(at)).copied();
            pairs.push(Pair { environment, reference, here: Some(fact), there });
        }
        for (_, fact) in there.iter().enumerate().filter(|(at, _)| !used.contains(at)) {
            if fact.id.component.as_ref().is_none_or(|name| back(name).is_some()) {
                pairs.push(Pair { environment, reference, here: None, there: Some(fact) });
            }
        }
        pairs
    }
}

/// The one process of each component that serves the application's requests, whatever starts it: one that speaks its
/// interface before a proxy; none where there are several.
fn only_servers<'f>(facts: &[&'f Fact]) -> BTreeMap<&'f Arc<str>, Option<usize>> {
    let serves = |fact: &Fact| {
        fact.id.dimension == Dimension::Process
            && fact.text("kind").is_some_and(|kind| ["production", "development"].contains(&kind))
    };
    let mut found: BTreeMap<&Arc<str>, Vec<usize>> = BTreeMap::new();
    for (at, fact) in facts.iter().enumerate().filter(|(_, fact)| serves(fact)) {
        if let Some(component) = &fact.id.component {
            found.entry(component).or_default().push(at);
        }
    }
    let one = |all: Vec<usize>| {
        let speaks: Vec<usize> = all.iter().copied().filter(|at| facts[*at].text("interface").is_some()).collect();
        let best = if speaks.is_empty() { all } else { speaks };
        if let [only] = best.as_slice() { Some(*only) } else { None }
    };
    found.into_iter().map(|(component, all)| (component, one(all))).collect()
}

/// The server of a service's product, where each side has one of it under a key that the other has nothing of that product
/// under: what a job declares is called after its container where no settings say what it is for.
fn only_make(fact: &Fact, here: &[&Fact], there: &[&Fact]) -> Option<usize> {
    let product = fact.text("product").filter(|_| fact.id.dimension == Dimension::Service)?;
    let is_one = |one: &Fact| one.id.dimension == Dimension::Service && one.text("product") == Some(product);
    let apart = |one: &Fact, others: &[&Fact]| {
        let same_key = |other: &&Fact| is_one(other) && other.id.key == one.id.key;
        is_one(one) && one.get("image").is_some() && !others.iter().any(same_key)
    };
    let mut ours = here.iter().filter(|one| apart(one, there));
    let mut theirs = there.iter().enumerate().filter(|(_, one)| apart(one, here));
    let alone = ours.next()?.id == fact.id && ours.next().is_none();
    let (at, _) = theirs.next()?;
    (alone && theirs.next().is_none()).then_some(at)
}

/// The Node of an environment whose components all have the same one, where those of the other do too: what one of them
/// builds is that of all, whichever of them holds it.
fn only_node(fact: &Fact, here: &[&Fact], there: &[&Fact]) -> Option<usize> {
    let is_node = |one: &Fact| one.id.dimension == Dimension::Runtime && one.id.key == "node";
    let agreed = |all: &[&Fact]| {
        let mut versions = all.iter().filter(|one| is_node(one)).map(|one| one.text("version"));
        versions.next().flatten().is_some_and(|first| versions.all(|version| version == Some(first)))
    };
    let first = |all: &[&Fact]| all.iter().position(|one| is_node(one));
    let one_each = is_node(fact) && agreed(here) && agreed(there);
    let leads = first(here).is_some_and(|at| here[at].id == fact.id);
    first(there).filter(|_| one_each && leads)
}

/// The key of a fact's counterpart: keys that are the component's own name follow the component.
fn counterpart_key<'f>(fact: &'f Fact, there: Option<&Arc<str>>) -> Cow<'f, str> {
    let by_component = matches!(fact.id.dimension, Dimension::Image | Dimension::Process);
    match (&fact.id.component, there) {
        (Some(here), Some(there)) if by_component && fact.id.key == **here => Cow::Owned(there.to_string()),
        (Some(here), Some(there)) if by_component => match fact.id.key.strip_prefix(&format!("{here}.")) {
            Some(rest) => Cow::Owned(format!("{there}.{rest}")),
            None => Cow::Borrowed(&fact.id.key),
        },
        _ => Cow::Borrowed(&fact.id.key),
    }
}

/// Counts the pairs of all environments with their references by their plain values.
pub fn count<'m>(index: &Index<'m>, environments: &'m [Environment], named: Option<&str>) -> PairCounts {
    let mut counts = PairCounts::default();
    for environment in environments {
        let references = reference::references(environments, &environment.project, named);
        let Some(first) = references.first().filter(|first| first.name != environment.name) else { continue };
        for pair in index.pairs(environment, first).iter() {
            let Some(dimension) = pair.dimension() else { continue };
            let plain = schema::plain(dimension);
            match (pair.here, pair.there) {
                (Some(here), Some(there)) => match relation(here.get(plain), there.get(plain)) {
                    Relation::Same => counts.equal += 1,
                    Relation::Differs => counts.differ += 1,
                    Relation::Undecided(_) => counts.undecided += 1,
                },
                (Some(fact), None) => match index.absent(first, fact) {
                    Ok(()) => counts.differ += 1,
                    Err(_) => counts.undecided += 1,
                },
                (None, Some(fact)) => match index.absent(environment, fact) {
                    Ok(()) => counts.differ += 1,
                    Err(_) => counts.undecided += 1,
                },
                (None, None) => {}
            }
        }
    }
    counts
}
