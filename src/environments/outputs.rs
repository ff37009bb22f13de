//! Which environments the steps of a job compute for others to deploy to: `echo "environment=$TARGET" >> "$GITHUB_OUTPUT"`.

use super::branches;
use super::targets::{self, Word, read_from};
use crate::formats::workflow::{Job, Step, Workflow};

/// Adds the environments that a text comes to by what steps wrote (the outputs of other jobs, those of the job's own steps), or by
/// the branch.
pub(super) fn add(workflow: &Workflow, job: &Job, text: &str, found: &mut Vec<Word>) {
    for (needed, name) in read(text, "needs.") {
        let Some(other) = workflow.jobs.iter().find(|other| other.id.value == needed) else { continue };
        let Some(output) = other.outputs.get(&name) else { continue };
        of_steps(other, &output.value, found);
    }
    of_steps(job, text, found);
    for word in branches::handed(workflow, job, text) {
        if !found.iter().any(|(known, _)| *known == word.0) {
            found.push(word);
        }
    }
}

/// Adds what the steps of a job write to the outputs that a text reads.
fn of_steps(job: &Job, text: &str, found: &mut Vec<Word>) {
    for (id, name) in read(text, "steps.") {
        let named = |step: &&Step| step.id.as_ref().is_some_and(|own| own.value == id);
        for run in job.steps.iter().filter(named).filter_map(|step| step.run.as_ref()) {
            for value in written(&run.text, &name) {
                targets::add(value, run.span, found);
            }
        }
    }
}

/// What `context` and `outputs` stand around in a text, and what stands behind them.
fn read(text: &str, context: &str) -> Vec<(String, String)> {
    let parts = text.match_indices(context).filter_map(|(at, _)| {
        let from = text.get(at..)?;
        let of = read_from(from, context).into_iter().next()?;
        let output = from.get(context.len() + of.len()..)?.strip_prefix(".outputs.")?;
        let name = output.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).next()?;
        Some((of, name.to_owned()))
    });
    parts.collect()
}

/// The texts that a script may write to an output: those it writes there itself, and those of the variable that it writes there.
fn written<'s>(script: &'s str, name: &str) -> Vec<&'s str> {
    let told = |line: &&str| line.contains("GITHUB_OUTPUT") || line.contains("::set-output");
    let output = |line: &'s str| {
        let plain = assigned(line, name);
        plain.or_else(|| line.split_once(&format!("name={name}::")).map(|(_, value)| value_of(value)))
    };
    let mut found = Vec::new();
    for value in script.lines().filter(told).filter_map(output) {
        let Some(variable) = value.strip_prefix('$') else {
            found.push(value);
            continue;
        };
        let variable = variable.trim_matches(['{', '}']);
        let literal = script.lines().filter(|line| !told(line)).filter_map(|line| assigned(line, variable));
        found.extend(literal.filter(|value| !value.contains('$')));
    }
    found
}

/// The value that a line gives to a name.
fn assigned<'s>(line: &'s str, name: &str) -> Option<&'s str> {
    line.match_indices(name).find_map(|(at, _)| {
        let before = line.get(..at)?.chars().next_back();
        let value = line.get(at + name.len()..)?.strip_prefix('=')?;
        let starts = before.is_none_or(|c| c.is_whitespace() || matches!(c, '"' | '\'' | ';'));
        starts.then(|| value_of(value))
    })
}

/// The word that a value begins with, without its quotes.
fn value_of(text: &str) -> &str {
    let text = text.trim_start_matches(['"', '\'']);
    text.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';')).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::deployments::deployments;
    use crate::discover::{Overlay, Tree};
    use crate::links::Repository;

    /// `role word` of each deployment to the output that a script writes.
    fn of(script: &str, reads: &str) -> Vec<String> {
        let body = script.trim_end().replace('\n', "\n          ");
        let text = format!(
            "on: push\njobs:\n  plan:\n    runs-on: u\n    outputs: {{place: '${{{{ steps.pick.outputs.to }}}}'}}\n    steps:\n      - id: pick\n        run: |\n          {body}\n  deploy:\n    runs-on: u\n    needs: plan\n    environment: ${{{{ {reads} }}}}\n    steps: [{{run: ./ship}}]\n"
        );
        let tree = Tree::open(Box::new(Overlay::of([(".github/workflows/go.yml", text.as_str())]))).unwrap();
        let found = deployments(&Repository::read(&tree));
        found.iter().map(|one| format!("{} {}", one.role.name(), one.word)).collect()
    }

    #[test]
    fn what_a_step_computes_for_a_job_is_where_that_deploys_to() {
        let chosen = "if [[ $GITHUB_REF == *-rc* ]]; then\n  TO=\"test\"\nelse\n  TO=\"prod\"\nfi\necho \"to=$TO\" >> $GITHUB_OUTPUT\n";
        assert_eq!(of(chosen, "needs.plan.outputs.place"), ["staging test", "production prod"]);
        let plain = "if x; then echo to=uat >> \"$GITHUB_OUTPUT\"; else\necho '::set-output name=to::live'\nfi\n";
        assert_eq!(of(plain, "needs.plan.outputs.place"), ["staging uat", "production live"]);
        assert_eq!(of(plain, "needs.plan.outputs.other"), ["production production"], "another output");
        let made = "TO=$(./pick staging)\nGOTO=uat\necho to=${TO} >> $GITHUB_OUTPUT\n";
        assert_eq!(of(made, "needs.plan.outputs.place"), ["production production"], "made by a program");
    }
}
