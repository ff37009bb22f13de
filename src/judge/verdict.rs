//! One rule, one candidate: fires, silent and why, or undecided.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::{Value as Jinja, context};

use super::candidate::{Candidate, Compared};
use super::conditions::engine;
use super::object::{FactObject, Touched};
use super::rule::Rule;
use super::several::Several;
use crate::compare::Index;
use crate::model::{
    Certainty, Component, Confidence, Coverage, Environment, Fact, FactId, Known, Lowered, Model, Reason, Role,
    Severity, Value,
};

/// What a rule says of a candidate, before a finding is made of it.
pub enum Outcome {
    /// It fires, with this severity.
    Fires(Severity, Option<Lowered>),
    /// A condition or guard of this name stopped it.
    Silent(String),
    /// It touched something unknown.
    Undecided(Vec<Reason>),
    /// It does not speak of this, by this condition.
    NotApplicable(String),
}

/// A fact that a condition may ask for.
struct Row {
    fact: Arc<Fact>,
    role: &'static str,
}

/// Everything that conditions may ask about.
pub struct Scope<'m> {
    /// What is known.
    pub model: &'m Model,
    rows: Arc<Vec<Row>>,
    by_id: BTreeMap<&'m FactId, Arc<Fact>>,
    open: Arc<Vec<Open>>,
}

/// A set that may hold more facts than were seen.
struct Open {
    coverage: Coverage,
    role: &'static str,
    reason: Reason,
}

impl<'m> Scope<'m> {
    /// What conditions may ask about a model.
    pub fn new(model: &'m Model, index: &Index<'m>) -> Self {
        let (mut rows, mut by_id) = (Vec::new(), BTreeMap::new());
        for environment in &model.environments {
            for fact in index.of_environment(environment) {
                let shared = Arc::new((*fact).clone());
                by_id.insert(&fact.id, Arc::clone(&shared));
                rows.push(Row { fact: shared, role: environment.role.name() });
            }
        }
        let mut open = Vec::new();
        for coverage in &model.coverage {
            let own = |e: &&Environment| *e.name == *coverage.environment && *e.project == *coverage.project;
            let Some(environment) = model.environments.iter().find(own) else { continue };
            if let Err(reason) = coverage.named() {
                open.push(Open { coverage: coverage.clone(), role: environment.role.name(), reason: reason.clone() });
            }
        }
        Self { model, rows: Arc::new(rows), by_id, open: Arc::new(open) }
    }
}

pub(super) fn environment_value(environment: &Environment) -> Jinja {
    context! { name => environment.name.clone(), role => environment.role.name(), project => environment.project.clone() }
}

fn component_value(component: Option<&Component>) -> Jinja {
    component.map_or_else(
        || context! { name => "", kind => "", server => () },
        |component| context! { name => component.name.to_string(), kind => component.kind.name(), server => component.server.clone() },
    )
}

impl<'m> Scope<'m> {
    fn component(&self, candidate: &Candidate<'_>) -> Option<&'m Component> {
        let name = candidate.fact.id.component.as_ref()?;
        let environment = &candidate.fact.id.environment;
        self.model
            .components
            .iter()
            .find(|c| c.name == *name && c.environment == *environment && c.project == candidate.fact.id.project)
    }

    /// The values that conditions and messages of a candidate see.
    pub fn values(&self, candidate: &Candidate<'_>, touched: &Touched) -> Jinja {
        let facts = self.facts(candidate, touched);
        context! {
            fact => FactObject::wrap(&self.shared(candidate.fact), touched),
            other => candidate.other.map_or_else(|| Jinja::from(()), |other| FactObject::wrap(&self.shared(other), touched)),
            environment => environment_value(candidate.environment),
            reference => candidate.reference.map_or_else(|| Jinja::from(()), environment_value),
            component => component_value(self.component(candidate)),
            facts => facts,
        }
    }

    /// A fact of the model as conditions hold it.
    fn shared(&self, fact: &Fact) -> Arc<Fact> {
        self.by_id.get(&fact.id).map_or_else(|| Arc::new(fact.clone()), Arc::clone)
    }

    /// `facts(dimension, key=, component=, role=)`: the facts of the candidate's environment, or of all of a role.
    fn facts(&self, candidate: &Candidate<'_>, touched: &Touched) -> Jinja {
        let (rows, open) = (Arc::clone(&self.rows), Arc::clone(&self.open));
        let environment = candidate.environment.name.clone();
        let project = candidate.environment.project.clone();
        let touched = touched.clone();
        Jinja::from_function(
            move |dimension: String, options: minijinja::value::Kwargs| -> Result<Jinja, minijinja::Error> {
                let key: Option<String> = options.get("key")?;
                let component: Option<String> = options.get("component")?;
                let role: Option<String> = options.get("role")?;
                options.assert_all_used()?;
                let within =
                    |of: &str, its_role: &str| role.as_ref().map_or(of == environment, |role| its_role == role);
                let of_component =
                    |found: Option<&str>| component.as_ref().is_none_or(|name| found == Some(name.as_str()));
                let fits = |row: &&Row| {
                    let id = &row.fact.id;
                    id.dimension.name() == dimension
                        && *id.project == *project
                        && key.as_ref().is_none_or(|key| id.key == *key)
                        && of_component(id.component.as_deref())
                        && within(&id.environment, row.role)
                };
                let mut found: Vec<&Row> = rows.iter().filter(fits).collect();
                found.sort_by_key(|row| row.fact.id.clone());
                let found = found.into_iter().map(|row| FactObject::wrap(&row.fact, &touched)).collect();
                let more = open.iter().filter(|one| {
                    let set = &one.coverage;
                    set.dimension.name() == dimension
                        && *set.project == *project
                        && (set.component.is_none() || of_component(set.component.as_deref()))
                        && within(&set.environment, one.role)
                });
                Ok(Several::wrap(found, more.map(|one| one.reason.clone()).collect(), &touched))
            },
        )
    }
}

enum Answer {
    Yes,
    No,
    Unknown(Vec<Reason>),
}

fn holds(condition: &str, values: &Jinja, touched: &Touched) -> Answer {
    touched.take();
    let answer = engine().compile_expression(condition).and_then(|expression| expression.eval(values.clone()));
    let reasons = touched.take();
    match answer {
        _ if !reasons.is_empty() => Answer::Unknown(reasons),
        Ok(value) if value.is_true() => Answer::Yes,
        Ok(_) => Answer::No,
        Err(error) => Answer::Unknown(vec![Reason::new(format!("a condition cannot be judged: {error}"))]),
    }
}

/// Judges a candidate.
pub fn judge(rule: &Rule, candidate: &Candidate<'_>, compared: Compared, scope: &Scope<'_>) -> Outcome {
    let touched = Touched::default();
    let values = scope.values(candidate, &touched);
    let mut undecided = Vec::new();
    for condition in &rule.file.when {
        match holds(condition, &values, &touched) {
            Answer::Yes => {}
            Answer::No => return Outcome::NotApplicable(condition.clone()),
            Answer::Unknown(reasons) => undecided.extend(reasons),
        }
    }
    match compared {
        Compared::Holds => {}
        Compared::DoesNot => return Outcome::Silent("compare".into()),
        Compared::Undecided(reason) => undecided.push(reason),
    }
    if !undecided.is_empty() {
        return Outcome::Undecided(undecided);
    }
    for guard in &rule.file.unless {
        match holds(&guard.when, &values, &touched) {
            Answer::Yes => return Outcome::Silent(guard.name.clone()),
            Answer::No => {}
            Answer::Unknown(reasons) => undecided.extend(reasons),
        }
    }
    if !undecided.is_empty() {
        return Outcome::Undecided(undecided);
    }
    severity(rule, candidate, &values, &touched)
}

/// The role whose severity counts: for pairs of any two, the worse of both.
pub fn role(candidate: &Candidate<'_>, rule: &Rule) -> Role {
    let here = candidate.environment.role;
    match (rule.file.pairs, candidate.reference) {
        (super::rule_file::Pairs::Any, Some(reference)) => here.min(reference.role),
        _ => here,
    }
}

fn severity(rule: &Rule, candidate: &Candidate<'_>, values: &Jinja, touched: &Touched) -> Outcome {
    let role = role(candidate, rule);
    let Some(mut severity) = rule.severity(role) else {
        return Outcome::NotApplicable(format!("role {}", role.name()));
    };
    for row in rule.rows(Some(role)) {
        match (holds(&row.when, values, touched), Severity::of(&row.is)) {
            (Answer::Yes, Some(stated)) => {
                severity = stated;
                break;
            }
            (Answer::Yes, None) => return Outcome::Silent(row.name.clone()),
            (Answer::No, _) => {}
            (Answer::Unknown(_), Some(stated)) => severity = severity.min(stated),
            (Answer::Unknown(_), None) => severity = Severity::Note,
        }
    }
    let mut lowered = None;
    let from = severity;
    if rule.is_new() && severity > Severity::Note {
        severity = Severity::Note;
        lowered = Some("the rule is new in this release".to_owned());
    }
    if let Some((because, assumed)) = default_reason(rule, candidate) {
        severity = match assumed {
            Assumed::Usual => severity.min(Severity::Warning),
            Assumed::OneSide => severity.lower(),
            Assumed::BothSides => Severity::Note,
        };
        lowered.get_or_insert(because);
    }
    let confidence = candidate.reference.map_or(candidate.environment.confidence, |reference| {
        reference.confidence.min(candidate.environment.confidence)
    });
    let gate = match confidence {
        Confidence::Explicit | Confidence::Invoked => Severity::Error,
        Confidence::Named if !rule.file.doubts_environment || is_said_there(candidate) => Severity::Warning,
        Confidence::Named | Confidence::Guessed => Severity::Note,
    };
    if severity > gate {
        severity = gate;
        let weak =
            candidate.reference.filter(|reference| reference.confidence == confidence).unwrap_or(candidate.environment);
        let because = format!("{} is {} by the files only", weak.name, confidence.name());
        lowered.get_or_insert(because);
    }
    let lowered = lowered.filter(|_| severity != from).map(|because| Lowered { from, because });
    Outcome::Fires(severity, lowered)
}

/// Whether a value is stated by a file that is named for its environment: it speaks of that, not against it.
///
/// So does what a server made for production runs with, unless its file is named for another.
fn is_said_there(candidate: &Candidate<'_>) -> bool {
    let value = |name: &str| candidate.fact.get(name).and_then(|attr| attr.value.one());
    match value("said_for") {
        Some(role) => role.as_text() == Some(candidate.environment.role.name()),
        None => value("served").is_some_and(|served| *served == Value::Bool(true)),
    }
}

/// How much of a finding holds only unless something outside says otherwise.
enum Assumed {
    /// Each such value is what its environment usually runs.
    Usual,
    /// The value, or one of the two that are compared.
    OneSide,
    /// Both values that are compared: nothing of the difference is stated.
    BothSides,
}

/// A value that something outside may override lowers a finding, unless the rule is about defaults.
fn default_reason(rule: &Rule, candidate: &Candidate<'_>) -> Option<(String, Assumed)> {
    if rule.file.about_defaults {
        return None;
    }
    let attribute = rule.file.compare.as_deref().unwrap_or(&rule.file.at);
    let sides = [Some(candidate.fact), candidate.other].into_iter().flatten();
    let defaults: Vec<(&Fact, Option<&str>)> = sides
        .filter_map(|fact| match &fact.get(attribute)?.certainty {
            Certainty::Default { variable } => Some((fact, variable.as_deref())),
            Certainty::Stated => None,
        })
        .collect();
    let because = match defaults.first()?.1 {
        Some(name) => format!("it holds unless {name} is set"),
        None => "it holds unless something outside overrides it".into(),
    };
    let usual = |fact: &Fact| fact.get("usual").is_some_and(|attr| attr.value == Known::One(Value::Bool(true)));
    let assumed = match defaults.len() {
        _ if defaults.iter().all(|(fact, _)| usual(fact)) => Assumed::Usual,
        0 | 1 => Assumed::OneSide,
        _ => Assumed::BothSides,
    };
    Some((because, assumed))
}
