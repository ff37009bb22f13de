//! What could not be read, as findings: a broken file, or a broken rule, is a finding of its own, and the rest goes on.

use std::collections::BTreeMap;

use minijinja::{Value as Jinja, context};

use super::conditions::engine;
use super::make::seal;
use super::rule::Rule;
use super::rule_file::On;
use crate::model::{Environment, Finding, Location, Model, Part, ReadProblem, Role, Severity, Span};

/// What a rule on problems finds: one finding for each file and project.
pub fn findings(rule: &Rule, model: &Model) -> Vec<Finding> {
    of(rule, model, model.problems.iter().chain(&model.rule_problems))
}

/// What a rule finds among some problems.
pub fn of<'m>(rule: &Rule, model: &'m Model, problems: impl Iterator<Item = &'m ReadProblem>) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    if rule.file.on != On::Problem {
        return found;
    }
    for problem in problems {
        for (project, environments) in reached(model, problem) {
            let Some(finding) = finding(rule, problem, &project, &environments) else { continue };
            let place = |finding: &Finding| finding.locations.first().map(|location| location.span.file);
            let same =
                found.iter_mut().find(|known| place(known) == place(&finding) && known.project == finding.project);
            match same {
                Some(known) if known.locations.contains(&finding.locations[0]) => {}
                Some(known) => known.locations.extend(finding.locations),
                None => found.push(finding),
            }
        }
    }
    number(&mut found);
    found
}

/// The projects that a problem belongs to, each with its environments that reach the file; where none does, the first project.
fn reached<'m>(model: &'m Model, problem: &ReadProblem) -> BTreeMap<String, Vec<&'m Environment>> {
    let mut projects: BTreeMap<String, Vec<&Environment>> = BTreeMap::new();
    for environment in &model.environments {
        if problem.reached_by.iter().any(|(project, name)| *project == environment.project && *name == environment.name)
        {
            projects.entry(environment.project.clone()).or_default().push(environment);
        }
    }
    if projects.is_empty() {
        let first = model.environments.first().map_or(".", |environment| &environment.project);
        projects.insert(first.to_owned(), Vec::new());
    }
    projects
}

fn finding(rule: &Rule, problem: &ReadProblem, project: &str, environments: &[&Environment]) -> Option<Finding> {
    let worst = environments.iter().min_by_key(|environment| environment.role);
    let values = context! {
        problem => context! { kind => problem.kind, message => problem.message.clone(), reached => !environments.is_empty() },
        environment => worst.map_or_else(|| Jinja::from(()), |environment| super::verdict::environment_value(environment)),
    };
    let holds = |condition: &str| {
        let answer = engine().compile_expression(condition).and_then(|expression| expression.eval(values.clone()));
        answer.is_ok_and(|value| value.is_true())
    };
    if !rule.file.when.iter().all(|condition| holds(condition))
        || rule.file.unless.iter().any(|guard| holds(&guard.when))
    {
        return None;
    }
    let reader = worst.map(|environment| environment.role);
    let severity = match rule.rows(reader).find(|row| holds(&row.when)) {
        Some(row) => Severity::of(&row.is)?,
        None => reader.map_or(Some(Severity::Note), |role| rule.severity(role))?,
    };
    let message = engine().render_str(&rule.file.message, values.clone()).unwrap_or_else(|_| rule.file.summary.clone());
    // What the headline says already is not said again at the place.
    let label = if message == problem.message { String::new() } else { problem.message.clone() };
    let span = problem.span.unwrap_or_else(|| Span::new(problem.file, 0, 0));
    let names = environments.iter().map(|environment| environment.name.clone());
    Some(Finding {
        rule: rule.name.clone(),
        severity,
        project: project.to_owned(),
        component: None,
        dimension: rule.dimension,
        key: problem.message.clone(),
        environments: names.clone().map(|name| (name, "not read".to_owned())).collect(),
        deviating: names.collect(),
        role: reader.unwrap_or(Role::Development),
        drift: false,
        message,
        help: rule.file.fix.trim().to_owned(),
        notes: Vec::new(),
        locations: vec![Location { span, environment: None, label }],
        parts: Vec::new(),
        list: false,
        items: Vec::new(),
        fingerprint: String::new(),
        part_of: None,
        lowered: None,
        suppressed: None,
        edit: None,
    })
}

/// Two files may be broken alike: the second of a kind is another finding.
fn number(found: &mut [Finding]) {
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    for finding in found {
        let times = seen.entry((finding.project.clone(), finding.key.clone())).or_default();
        *times += 1;
        if *times > 1 {
            finding.key = format!("{} ({times})", finding.key);
        }
        seal(finding);
        finding.parts = vec![Part {
            key: finding.key.clone(),
            value: String::new(),
            component: None,
            environment: finding.deviating.first().cloned().unwrap_or_default(),
            severity: finding.severity,
            message: finding.message.clone(),
            locations: finding.locations.clone(),
            fingerprint: finding.fingerprint.clone(),
        }];
    }
}

#[cfg(test)]
mod tests {
    use super::super::builtin;
    use super::super::tests::made::environment;
    use super::*;
    use crate::model::{Confidence, FileId};

    fn model(reached_by: &[&str]) -> Model {
        let environments = vec![
            environment("production", Role::Production, Confidence::Explicit),
            environment("test", Role::Test, Confidence::Named),
        ];
        let reached_by = reached_by.iter().map(|name| (".".to_owned(), (*name).to_owned())).collect();
        let problem =
            ReadProblem { kind: "file", file: FileId(1), span: None, message: "bad indent".into(), reached_by };
        Model { environments, problems: vec![problem], ..Model::default() }
    }

    fn judged(model: &Model) -> Vec<Finding> {
        let rules = builtin::rules().0;
        rules.iter().flat_map(|rule| findings(rule, model)).collect()
    }

    #[test]
    fn a_file_that_an_environment_needs_is_an_error() {
        let found = judged(&model(&["production", "test"]));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].rule.as_str(), found[0].severity), ("unreadable-file", Severity::Error));
        assert_eq!(found[0].deviating, ["production", "test"]);
        assert_eq!(found[0].message, "this file cannot be read: bad indent");
    }

    #[test]
    fn a_file_that_no_environment_needs_is_a_note() {
        let found = judged(&model(&[]));
        assert_eq!((found.len(), found[0].severity), (1, Severity::Note));
        assert_eq!(found[0].project, ".");
    }

    #[test]
    fn problems_of_one_file_are_one_finding_and_files_that_fail_alike_are_two() {
        let mut model = model(&["test"]);
        let mut second = model.problems[0].clone();
        second.span = Some(Span::new(FileId(1), 4, 5));
        let third = ReadProblem { file: FileId(2), span: None, ..second.clone() };
        model.problems.extend([second.clone(), second, third]);
        let found = judged(&model);
        assert_eq!(found.iter().map(|finding| finding.locations.len()).collect::<Vec<_>>(), [2, 1]);
        assert_ne!(found[0].fingerprint, found[1].fingerprint);
    }

    #[test]
    fn a_broken_rule_is_an_error() {
        let mut model = model(&["production", "test"]);
        model.rule_problems = std::mem::take(&mut model.problems);
        model.rule_problems[0].kind = "rule";
        let found = judged(&model);
        assert_eq!(
            found.iter().map(|finding| (finding.rule.as_str(), finding.severity)).collect::<Vec<_>>(),
            [("rule-file", Severity::Error)]
        );
    }
}
