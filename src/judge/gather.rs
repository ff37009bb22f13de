//! One block a cause: findings of one rule that say the same are one, lists are one finding with items, and a finding that
//! another explains is folded into it.

use std::collections::{BTreeMap, BTreeSet};

use super::rule::Rule;
use super::rule_file::Pairs;
use crate::model::{Finding, Item, Location, Part, Severity};

/// Joins findings of one rule: lists into one with items, the same place or the same words into one that names all
/// environments.
pub fn join(rule: &Rule, findings: Vec<Finding>) -> Vec<Finding> {
    let mut joined: Vec<Finding> = Vec::new();
    for finding in findings {
        let same = joined
            .iter_mut()
            .find(|known| if rule.file.group { one_list(rule, known, &finding) } else { one_block(known, &finding) });
        match same {
            Some(known) => absorb(known, finding),
            None => joined.push(finding),
        }
    }
    if rule.file.group {
        joined = same_lists(rule, joined);
    }
    for finding in &mut joined {
        if finding.list {
            finding.parts.sort_by(|a, b| (b.severity, &a.key).cmp(&(a.severity, &b.key)));
        }
        word(finding);
        super::make::seal(finding);
    }
    joined
}

/// Words of a finding from its parts: what it lists, its headline, its key.
pub fn word(finding: &mut Finding) {
    // The headline is that of what is worst, in a list too.
    let worst = finding.parts.iter().min_by_key(|part| std::cmp::Reverse(part.severity));
    let Some(worst) = worst.cloned() else { return };
    finding.message.clone_from(&worst.message);
    let own = worst.locations.clone();
    if own.first() != finding.locations.first() && !own.is_empty() {
        finding.locations.retain(|place| !own.iter().any(|known| known.span == place.span));
        finding.locations.splice(0..0, own);
    }
    let mut deviating: Vec<String> = Vec::new();
    for part in std::iter::once(&worst).chain(&finding.parts).filter(|part| !part.environment.is_empty()) {
        if !deviating.contains(&part.environment) {
            deviating.push(part.environment.clone());
        }
    }
    finding.deviating = deviating;
    if finding.list {
        let one = |part: &Part| Item {
            key: part.key.clone(),
            value: part.value.clone(),
            fingerprint: part.fingerprint.clone(),
        };
        let mut seen = BTreeSet::new();
        finding.items = finding.parts.iter().filter(|part| seen.insert(plain_key(part))).map(one).collect();
        finding.key = finding.items.iter().map(|item| item.key.as_str()).collect::<Vec<_>>().join(", ");
        // What the headline counts is that of the environment, or of the pair, that it speaks of.
        let of_pair = |part: &&Part| {
            let (ours, met) = (counterparts(part), counterparts(&worst));
            part.environment == worst.environment && (ours.is_empty() || met.is_empty() || !ours.is_disjoint(&met))
        };
        let more = finding.parts.iter().filter(of_pair).map(plain_key).collect::<BTreeSet<_>>().len().saturating_sub(1);
        if more > 0 {
            finding.message = format!("{} and {more} more", finding.message);
        }
    }
    let named = finding.deviating.first().is_some_and(|first| finding.message.contains(first.as_str()));
    if named {
        finding.message.push_str(&likewise(finding));
    }
}

/// The environments that the one of a part is compared with, by the places that are shown.
fn counterparts(part: &Part) -> BTreeSet<&str> {
    let names = part.locations.iter().filter_map(|place| place.environment.as_deref());
    names.filter(|name| *name != part.environment).collect()
}

/// The items of a list that one of its environments has.
fn listed(finding: &Finding, environment: Option<&String>) -> BTreeSet<String> {
    finding.parts.iter().filter(|part| Some(&part.environment) == environment).map(plain_key).collect()
}

/// The key of a part without the name of its environment, which tells apart what is alike in several.
fn plain_key(part: &Part) -> String {
    part.key.replace(&part.environment, "")
}

/// The words for the environments that a message does not name: it speaks of the first. Of a list, those with other items
/// are told apart.
fn likewise(finding: &Finding) -> String {
    let Some((first, others)) = finding.deviating.split_first() else { return String::new() };
    let own = listed(finding, Some(first));
    let (same, other): (Vec<&str>, Vec<&str>) = others.iter().map(String::as_str).partition(|name| {
        if finding.list {
            listed(finding, Some(&(*name).to_owned())) == own
        } else {
            says_the_same(finding, first, name)
        }
    });
    let told = |words: &str, names: &[&str]| match names {
        [] => String::new(),
        [one] => format!("; {words} {one}"),
        [others @ .., last] => format!("; {words} {} and {last}", others.join(", ")),
    };
    told("likewise", &same) + &told(if finding.list { "with other items" } else { "in another way" }, &other)
}

/// Whether of two environments the same value is told, or the same words.
fn says_the_same(finding: &Finding, one: &str, other: &str) -> bool {
    let of = |name: &str| finding.parts.iter().find(|part| part.environment == name);
    let (Some(ours), Some(theirs)) = (of(one), of(other)) else { return true };
    ours.value == theirs.value || ours.message.replace(one, "") == theirs.message.replace(other, "")
}

/// Lists of one pair of environments are one; where any two are paired, those that share an item are too. Notes are a list of
/// their own: an alarm lists what alarms.
fn one_list(rule: &Rule, a: &Finding, b: &Finding) -> bool {
    let shared = || a.parts.iter().any(|part| b.parts.iter().any(|other| other.key == part.key));
    let same = a.environments.keys().eq(b.environments.keys());
    let even = (a.severity == Severity::Note) == (b.severity == Severity::Note);
    a.project == b.project && even && (same || rule.file.pairs == Pairs::Any && shared())
}

/// Lists of several environments are one where one holds all items of the other, by their names or by their lines, and where they
/// hold the same and begin in one place; of a rule about a file, those that begin in the same file are.
fn same_lists(rule: &Rule, lists: Vec<Finding>) -> Vec<Finding> {
    let items = |finding: &Finding, key: fn(&Part) -> String| {
        finding.parts.iter().map(|part| (key(part), part.value.clone())).collect::<BTreeSet<_>>()
    };
    let held = |a: &Finding, b: &Finding, key: fn(&Part) -> String| {
        let (ours, theirs) = (items(a, key), items(b, key));
        ours.is_subset(&theirs) || theirs.is_subset(&ours)
    };
    // Two services of one image are two names of one line.
    let placed = |finding: &Finding| {
        let place = |part: &Part| part.locations.first().map(|place| place.span);
        finding.parts.iter().map(|part| (place(part), part.value.clone())).collect::<BTreeSet<_>>()
    };
    let one_line = |a: &Finding, b: &Finding| {
        let (ours, theirs) = (placed(a), placed(b));
        ours.is_subset(&theirs) || theirs.is_subset(&ours)
    };
    let begun = |finding: &Finding| {
        let keys: BTreeSet<_> = finding.parts.iter().map(|part| part.key.clone()).collect();
        (keys, finding.locations.first().map(|place| place.span))
    };
    let file = |finding: &Finding| finding.locations.first().map(|place| place.span.file);
    let alike = |a: &Finding, b: &Finding| {
        let same = held(a, b, |part| part.key.clone()) || held(a, b, plain_key) || one_line(a, b);
        let alarms = |finding: &Finding| finding.severity > Severity::Note;
        let same = a.severity == b.severity && same || alarms(a) == alarms(b) && begun(a) == begun(b);
        a.project == b.project && (same || rule.file.one_file && file(a) == file(b))
    };
    let mut joined: Vec<Finding> = Vec::new();
    for list in lists {
        match joined.iter_mut().find(|known| alike(known, &list)) {
            Some(known) => absorb(known, list),
            None => joined.push(list),
        }
    }
    joined
}

fn one_block(a: &Finding, b: &Finding) -> bool {
    let same_place = a.locations.first().map(|place| place.span) == b.locations.first().map(|place| place.span);
    let values = |finding: &Finding| finding.environments.values().cloned().collect::<BTreeSet<_>>();
    let alike = values(a) == values(b) && a.severity == b.severity;
    a.project == b.project && (same_place || alike && (a.key == b.key || differ_from_one(a, b)))
}

/// Whether two findings are of different environments that differ from the same place of the one they are compared with.
fn differ_from_one(a: &Finding, b: &Finding) -> bool {
    let met = |finding: &Finding| {
        let of_other =
            |place: &&Location| place.environment.as_ref().is_some_and(|name| !finding.deviating.contains(name));
        finding.locations.iter().filter(of_other).map(|place| place.span).collect::<BTreeSet<_>>()
    };
    let apart = !a.deviating.iter().any(|name| b.deviating.contains(name));
    // A place that both environments have in common is shown for one of them only.
    let (ours, theirs) = (met(a), met(b));
    a.drift && apart && !ours.is_empty() && !theirs.is_empty() && (ours.is_subset(&theirs) || theirs.is_subset(&ours))
}

fn absorb(known: &mut Finding, more: Finding) {
    for location in more.locations {
        if !known.locations.iter().any(|place| place.span == location.span) {
            known.locations.push(location);
        }
    }
    for name in more.deviating {
        if !known.deviating.contains(&name) {
            known.deviating.push(name);
        }
    }
    known.environments.extend(more.environments);
    known.parts.extend(more.parts);
    if more.severity > known.severity {
        known.severity = more.severity;
        known.lowered = more.lowered;
    }
    known.role = known.role.min(more.role);
}

/// Folds findings into those that explain them: first where a rule says so, then where two share their first place.
pub fn fold(findings: &mut [Finding], rules: &BTreeMap<&str, &Rule>) {
    for test in [names_it, shares_its_place] {
        for at in 0..findings.len() {
            let Some(rule) = rules.get(findings[at].rule.as_str()) else { continue };
            if findings[at].part_of.is_some() {
                continue;
            }
            let mut worst = findings[at].severity;
            let mut places = Vec::new();
            for other in 0..findings.len() {
                if other == at || findings[other].part_of.is_some() || !test(rule, &findings[at], &findings[other]) {
                    continue;
                }
                worst = worst.max(findings[other].severity);
                // Of the environments that the cause does not speak of nothing is shown.
                let own = |place: &&Location| {
                    place.environment.as_ref().is_none_or(|name| findings[at].environments.contains_key(name))
                };
                places.extend(told_with(&findings[at], &findings[other]).into_iter().filter(own).take(2).cloned());
                let cause = findings[at].fingerprint.clone();
                findings[other].part_of = Some(cause);
            }
            raise(&mut findings[at], worst);
            for place in places {
                if !findings[at].locations.iter().any(|known| known.span == place.span) {
                    findings[at].locations.push(place);
                }
            }
        }
    }
    point_at_roots(findings);
}

/// The places of what is folded: of a list, those of the items that begin where its cause is seen.
fn told_with<'f>(cause: &Finding, other: &'f Finding) -> Vec<&'f Location> {
    let keys: BTreeSet<String> = other.parts.iter().map(plain_key).collect();
    if !other.list || keys.len() < 2 {
        return other.locations.iter().collect();
    }
    let seen = |part: &&Part| {
        part.locations.first().is_some_and(|place| cause.locations.iter().any(|known| known.span == place.span))
    };
    other.parts.iter().filter(seen).flat_map(|part| &part.locations).collect()
}

/// What is folded into a folded finding is folded into its cause.
fn point_at_roots(findings: &mut [Finding]) {
    let above: BTreeMap<String, Option<String>> =
        findings.iter().map(|finding| (finding.fingerprint.clone(), finding.part_of.clone())).collect();
    for finding in findings {
        let mut steps = 0;
        while let Some(Some(next)) = finding.part_of.as_ref().and_then(|cause| above.get(cause)) {
            steps += 1;
            if *next == finding.fingerprint || steps > 16 {
                break;
            }
            finding.part_of = Some(next.clone());
        }
    }
}

fn raise(finding: &mut Finding, severity: Severity) {
    if severity > finding.severity {
        finding.severity = severity;
        finding.lowered = None;
    }
}

/// Whether a rule names another as explained, for one environment and component.
fn names_it(rule: &Rule, cause: &Finding, other: &Finding) -> bool {
    let whole = |finding: &Finding| finding.component.is_none();
    let together = cause.component == other.component || whole(cause) || whole(other);
    let environment = other.deviating.iter().any(|name| cause.deviating.contains(name));
    // What holds only unless something is set explains nothing that holds anyway.
    let sure = cause.lowered.is_none() || cause.severity >= other.severity;
    may_fold(rule, cause, other) && rule.file.subsumes.contains(&other.rule) && together && environment && sure
}

/// Whether a finding, or a part of a list, begins where another does; the graver one, then the first by name, is the cause.
fn shares_its_place(rule: &Rule, cause: &Finding, other: &Finding) -> bool {
    let first = |finding: &Finding| finding.locations.first().map(|place| place.span);
    let before = (cause.severity, &other.rule) > (other.severity, &cause.rule);
    let begins = || {
        let parts = cause.parts.iter().filter(|part| other.deviating.contains(&part.environment));
        let mut places = parts.filter_map(|part| Some(part.locations.first()?.span));
        first(cause) == first(other) || cause.list && places.any(|place| first(other) == Some(place))
    };
    may_fold(rule, cause, other) && before && begins()
}

fn may_fold(rule: &Rule, cause: &Finding, other: &Finding) -> bool {
    // What another pair of environments differs in has another cause.
    let compared = |finding: &Finding| {
        let names = finding.environments.keys().filter(|name| !finding.deviating.contains(name));
        names.cloned().collect::<Vec<String>>()
    };
    let (ours, theirs) = (compared(cause), compared(other));
    let one_pair = ours.is_empty() || theirs.is_empty() || ours.iter().any(|name| theirs.contains(name));
    one_pair && cause.project == other.project && cause.rule != other.rule && !rule.file.keeps.contains(&other.rule)
}

/// Sorts findings: severity, kind, worst role, dimension, rule, key, place. Total.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let key = |finding: &Finding| {
            (
                std::cmp::Reverse(finding.severity),
                !finding.drift,
                finding.role,
                finding.dimension,
                finding.rule.clone(),
                finding.key.clone(),
                finding.locations.first().map(|place| place.span),
                finding.component.clone(),
                finding.environments.clone(),
            )
        };
        key(a).cmp(&key(b))
    });
}
