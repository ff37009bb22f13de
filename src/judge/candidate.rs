//! The candidates of a rule: what it is asked about.

use super::rule::Rule;
use super::rule_file::{Align, On, Pairs, Wanted};
use crate::compare::{Index, Pair, Relation, reference, relation};
use crate::model::{Attr, Certainty, Environment, Fact, Known, Reason, Value};

/// One thing a rule is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'m> {
    /// The environment.
    pub environment: &'m Environment,
    /// The environment it is compared with.
    pub reference: Option<&'m Environment>,
    /// The fact.
    pub fact: &'m Fact,
    /// Its counterpart.
    pub other: Option<&'m Fact>,
}

/// What the comparison says of a candidate, before any condition.
#[derive(Clone, Debug)]
pub enum Compared {
    /// The sides stand as the rule asks.
    Holds,
    /// They do not.
    DoesNot,
    /// That is not decided.
    Undecided(Reason),
}

/// All candidates of a rule and what their comparison says.
pub fn of<'m>(
    rule: &Rule,
    index: &Index<'m>,
    environments: &'m [Environment],
    named: Option<&str>,
) -> Vec<(Candidate<'m>, Compared)> {
    match (rule.file.on, rule.file.pairs, rule.file.align) {
        (On::Fact, ..) => facts(rule, index, environments),
        (On::Problem, ..) => Vec::new(),
        (On::Pair, Pairs::Any, Align::Value) => equal_values(rule, index, environments),
        (On::Pair, Pairs::Any, Align::Key) => {
            let mut found = Vec::new();
            for (at, environment) in environments.iter().enumerate() {
                for other in environments.iter().skip(at + 1).filter(|other| other.project == environment.project) {
                    found.extend(paired(rule, index, other, environment));
                }
            }
            found
        }
        (On::Pair, Pairs::Reference, _) => with_references(rule, index, environments, named),
        (On::Pair, Pairs::Next | Pairs::Each, _) => with_next(rule, index, environments, named),
    }
}

fn facts<'m>(rule: &Rule, index: &Index<'m>, environments: &'m [Environment]) -> Vec<(Candidate<'m>, Compared)> {
    let mut found = Vec::new();
    for environment in environments.iter().filter(|environment| rule.roles.contains_key(&environment.role)) {
        for fact in index.of_environment(environment).iter().copied().filter(|fact| fact.id.dimension == rule.dimension)
        {
            found.push((Candidate { environment, reference: None, fact, other: None }, Compared::Holds));
        }
    }
    found
}

/// Pairs with the reference. Where several environments are references, one differs only if it differs from each.
fn with_references<'m>(
    rule: &Rule,
    index: &Index<'m>,
    environments: &'m [Environment],
    named: Option<&str>,
) -> Vec<(Candidate<'m>, Compared)> {
    let mut found = Vec::new();
    for environment in environments.iter().filter(|environment| rule.roles.contains_key(&environment.role)) {
        let references = reference::references(environments, &environment.project, named);
        if references.iter().any(|reference| reference.name == environment.name) {
            continue;
        }
        let sides = references.iter().map(|reference| paired(rule, index, environment, reference)).collect();
        let covered = covering(rule, index, environments, environment);
        found.extend(against_each(rule, sides, &covered));
    }
    found
}

/// Pairs with the reference; what is not decided with it is compared with the environments of the next role that decides it.
fn with_next<'m>(
    rule: &Rule,
    index: &Index<'m>,
    environments: &'m [Environment],
    named: Option<&str>,
) -> Vec<Judged<'m>> {
    let mut found = with_references(rule, index, environments, named);
    for environment in environments.iter().filter(|environment| rule.roles.contains_key(&environment.role)) {
        let references = reference::references(environments, &environment.project, named);
        if references.iter().any(|reference| reference.name == environment.name) {
            continue;
        }
        // A component that the reference lacks is no other's counterpart where the reference says what it runs.
        let told = |fact: &Fact| {
            let same = |other: &&&Fact| other.id.dimension == fact.id.dimension && other.id.key == fact.id.key;
            let attribute = rule.file.compare.as_deref().unwrap_or_default();
            let decided = |other: &Fact| other.get(attribute).is_some_and(|attr| !attr.value.is_unknown());
            let there =
                |reference: &&&'m Environment| index.of_environment(reference).iter().filter(same).any(|f| decided(f));
            fact.id.component.is_some() && references.iter().find(there).is_some()
        };
        let covered = covering(rule, index, environments, environment);
        for role in reference::ORDER.into_iter().take_while(|role| *role != environment.role) {
            let next = |other: &&Environment| other.role == role && other.project == environment.project;
            let sides = environments.iter().filter(next).map(|other| paired(rule, index, environment, other)).collect();
            for (candidate, compared) in against_each(rule, sides, &covered) {
                let same = |(known, _): &&mut Judged<'m>| {
                    known.environment.name == environment.name && known.fact.id == candidate.fact.id
                };
                match (found.iter_mut().find(same), &compared) {
                    (_, Compared::Undecided(_)) => {}
                    (Some(known), _) if matches!(known.1, Compared::Undecided(_)) => *known = (candidate, compared),
                    (Some(_), _) => {}
                    (None, _) if told(candidate.fact) => {}
                    (None, _) => found.push((candidate, compared)),
                }
            }
        }
    }
    found
}

type Judged<'m> = (Candidate<'m>, Compared);

/// One candidate a fact out of those with each reference: the one that weighs most.
fn against_each<'m>(
    rule: &Rule,
    sides: Vec<Vec<Judged<'m>>>,
    covered: &dyn Fn(&Candidate<'m>) -> bool,
) -> Vec<Judged<'m>> {
    let weight = |(candidate, compared): &Judged<'m>| weight(rule, candidate, compared, covered);
    let mut found: Vec<Judged<'m>> = Vec::new();
    for (candidate, compared) in sides.into_iter().flatten() {
        // What is missing here may be there in several references.
        let missing = |one: &Candidate<'_>| one.other.is_none() && *one.fact.id.environment != *one.environment.name;
        let alike = |a: &Candidate<'_>, b: &Candidate<'_>| {
            let about = |one: &Candidate<'_>| (one.fact.id.dimension, one.fact.id.key.clone());
            a.fact.id == b.fact.id || missing(a) && missing(b) && about(a) == about(b)
        };
        match found.iter_mut().find(|(known, _)| alike(known, &candidate)) {
            None => found.push((candidate, compared)),
            Some(known) if weight(known) < weight(&(candidate, compared.clone())) => *known = (candidate, compared),
            Some(_) => {}
        }
    }
    found
}

/// How much the comparison with one of several references counts: the same as one of them is no difference, unless nothing
/// covers what another has; what a reference has only while nobody sets it decides nothing beside one that states its own.
fn weight<'m>(
    rule: &Rule,
    candidate: &Candidate<'m>,
    compared: &Compared,
    covered: &dyn Fn(&Candidate<'m>) -> bool,
) -> u8 {
    let theirs = candidate.other.and_then(|other| other.get(rule.file.compare.as_deref().unwrap_or_default()));
    let usual = candidate.other.and_then(|other| other.get("usual"));
    let assumed = theirs.is_some_and(|theirs| matches!(theirs.certainty, Certainty::Default { .. }))
        && usual.is_none_or(|usual| usual.value != Known::One(Value::Bool(true)));
    match (compared, assumed) {
        (Compared::Holds, false) if !covered(candidate) => 5,
        (Compared::DoesNot, false) => 4,
        (Compared::Holds, false) => 3,
        (Compared::DoesNot, true) => 2,
        (Compared::Holds, true) => 1,
        (Compared::Undecided(_), _) => 0,
    }
}

/// What tells whether a difference of an environment is no lack, among its siblings of the same role.
fn covering<'r, 'm: 'r>(
    rule: &'r Rule,
    index: &'r Index<'m>,
    environments: &'m [Environment],
    environment: &'m Environment,
) -> impl Fn(&Candidate<'m>) -> bool + 'r {
    let sibling = |other: &&Environment| {
        other.role == environment.role && other.project == environment.project && other.name != environment.name
    };
    let siblings: Vec<&'m Environment> = environments.iter().filter(sibling).collect();
    move |one| rule.file.pairs != Pairs::Each || covered(rule, index, &siblings, one)
}

/// Whether a difference from a reference is no lack: the environment runs a server of its own, or a sibling shows none.
fn covered<'m>(rule: &Rule, index: &Index<'m>, siblings: &[&'m Environment], candidate: &Candidate<'m>) -> bool {
    let (Some(reference), Some(other)) = (candidate.reference, candidate.other) else { return true };
    let in_process = candidate.fact.get("in_process");
    if in_process.is_none_or(|attr| attr.value != Known::One(Value::Bool(true))) {
        return true;
    }
    siblings.iter().flat_map(|sibling| paired(rule, index, sibling, reference)).any(|(theirs, compared)| {
        theirs.other.is_some_and(|fact| fact.id == other.id) && matches!(compared, Compared::DoesNot)
    })
}

fn paired<'m>(
    rule: &Rule,
    index: &Index<'m>,
    environment: &'m Environment,
    reference: &'m Environment,
) -> Vec<(Candidate<'m>, Compared)> {
    let attribute = rule.file.compare.as_deref().unwrap_or_default();
    let mut found = Vec::new();
    for pair in index.pairs(environment, reference).iter() {
        if pair.dimension() != Some(rule.dimension) {
            continue;
        }
        if let Some((fact, other, compared)) = compare_pair(rule, index, pair, attribute) {
            found.push((Candidate { environment, reference: Some(reference), fact, other }, compared));
        }
    }
    found
}

type Sides<'m> = (&'m Fact, Option<&'m Fact>, Compared);

fn compare_pair<'m>(rule: &Rule, index: &Index<'m>, pair: &Pair<'m>, attribute: &str) -> Option<Sides<'m>> {
    match (rule.file.relation, pair.here, pair.there) {
        (Wanted::Differs | Wanted::Same, Some(here), Some(there)) => {
            let (a, b) = (here.get(attribute), there.get(attribute));
            if a.is_none() && b.is_none() {
                return None;
            }
            let compared = match (relation(a, b), rule.file.relation) {
                (Relation::Undecided(reason), _) => Compared::Undecided(reason),
                (Relation::Differs, Wanted::Differs) | (Relation::Same, Wanted::Same) => Compared::Holds,
                _ => Compared::DoesNot,
            };
            Some((here, Some(there), compared))
        }
        (Wanted::Differs, Some(here), None) if here.get(attribute).is_some() => {
            let reason = index.absent(pair.reference, here).err()?;
            Some((here, None, Compared::Undecided(reason)))
        }
        (Wanted::Differs, None, Some(there)) if there.get(attribute).is_some() => {
            let reason = index.absent(pair.environment, there).err()?;
            Some((there, None, Compared::Undecided(reason)))
        }
        (Wanted::OnlyHere | Wanted::OneSided, Some(here), None) => {
            Some((here, None, absent(index, pair.reference, here)))
        }
        (Wanted::OnlyThere | Wanted::OneSided, None, Some(there)) => {
            Some((there, None, absent(index, pair.environment, there)))
        }
        _ => None,
    }
}

/// Absent is a fact only in a complete set.
fn absent<'m>(index: &Index<'m>, environment: &'m Environment, fact: &Fact) -> Compared {
    match index.absent(environment, fact) {
        Ok(()) => Compared::Holds,
        Err(reason) => Compared::Undecided(reason),
    }
}

/// Facts of two environments that share a secret or long value, whatever their keys. One candidate a value and pair.
fn equal_values<'m>(rule: &Rule, index: &Index<'m>, environments: &'m [Environment]) -> Vec<(Candidate<'m>, Compared)> {
    let attribute = rule.file.compare.as_deref().unwrap_or_default();
    let unknown = |fact: &'m Fact| match fact.get(attribute) {
        Some(Attr { value: Known::Unknown(reason), .. }) => Some(reason),
        _ => None,
    };
    let mut found: Vec<(Candidate<'m>, Compared)> = Vec::new();
    for (at, reference) in environments.iter().enumerate() {
        for environment in environments.iter().skip(at + 1).filter(|other| other.project == reference.project) {
            let mut seen: Vec<&Value> = Vec::new();
            for fact in
                index.of_environment(environment).iter().copied().filter(|fact| fact.id.dimension == rule.dimension)
            {
                if let Some(reason) = unknown(fact).filter(|_| is_secret(fact)) {
                    let same = |other: &&Fact| other.id.key == fact.id.key && other.id.dimension == rule.dimension;
                    let other = index.of_environment(reference).iter().copied().find(same);
                    if other.is_some() {
                        let candidate = Candidate { environment, reference: Some(reference), fact, other };
                        found.push((candidate, Compared::Undecided(reason.clone())));
                    }
                    continue;
                }
                let Some(mine) = secret_of(fact, attribute).filter(|mine| !seen.contains(mine)) else { continue };
                let alike = |facts: &[&'m Fact]| -> Vec<&'m Fact> {
                    let mine = |other: &&&Fact| {
                        other.id.dimension == rule.dimension && secret_of(other, attribute) == Some(mine)
                    };
                    facts.iter().filter(mine).copied().collect()
                };
                let (ours, theirs) = (alike(index.of_environment(environment)), alike(index.of_environment(reference)));
                // One variable in both says more than two that are given one value.
                let same = |fact: &&Fact| theirs.iter().copied().find(|other| other.id.key == fact.id.key);
                let paired = ours.iter().find_map(|fact| Some((*fact, same(fact)?)));
                let (fact, other) = paired.map_or((fact, theirs.first().copied()), |(fact, other)| (fact, Some(other)));
                let compared = if other.is_some() { Compared::Holds } else { Compared::DoesNot };
                seen.push(mine);
                found.push((Candidate { environment, reference: Some(reference), fact, other }, compared));
            }
        }
    }
    found
}

/// The secret that an attribute of a fact holds.
fn secret_of<'f>(fact: &'f Fact, attribute: &str) -> Option<&'f Value> {
    match fact.get(attribute) {
        Some(Attr { value: Known::One(value @ Value::Secret(_)), .. }) => Some(value),
        _ => None,
    }
}

/// Whether a fact is said to be a secret's.
fn is_secret(fact: &Fact) -> bool {
    fact.get("secret").is_some_and(|attr| attr.value == Known::One(Value::Bool(true)))
}
