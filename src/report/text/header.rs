//! The sentence on top, the summary below, and what to do next.

use std::collections::{BTreeMap, BTreeSet};

use super::{Page, WIDTH, layout};
use crate::model::{Environment, Finding, Role, Severity};

/// The findings of an output, counted.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    /// Shown, by severity.
    pub(super) errors: usize,
    pub(super) warnings: usize,
    pub(super) notes: usize,
    /// Folded into their cause.
    pub(super) folded: usize,
    /// Accepted.
    pub(super) accepted: usize,
}

impl Counts {
    /// Counts findings.
    pub(super) fn of<'f>(findings: impl Iterator<Item = &'f Finding>) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            let count = match (finding.suppressed.is_some(), finding.part_of.is_some(), finding.severity) {
                (true, ..) => &mut counts.accepted,
                (_, true, _) => &mut counts.folded,
                (_, _, Severity::Error) => &mut counts.errors,
                (_, _, Severity::Warning) => &mut counts.warnings,
                (_, _, Severity::Note) => &mut counts.notes,
            };
            *count += 1;
        }
        counts
    }

    /// The line below the findings.
    pub(super) fn sentence(self) -> String {
        let mut sentence = format!(
            "{}, {}, {}",
            layout::count(self.errors, "error"),
            layout::count(self.warnings, "warning"),
            layout::count(self.notes, "note")
        );
        let mut more = Vec::new();
        if self.folded > 0 {
            let their = if self.folded == 1 { "its" } else { "their" };
            more.push(format!("{} folded into {their} cause", layout::count(self.folded, "finding")));
        }
        if self.accepted > 0 {
            more.push(format!("{} accepted", self.accepted));
        }
        if !more.is_empty() {
            layout::add(&mut sentence, format_args!(" (and {})", more.join(", ")));
        }
        sentence
    }

    /// `2 errors, 1 warning`, or `no findings`.
    fn short(self) -> String {
        let kinds = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")];
        let said: Vec<String> = kinds.iter().filter(|(n, _)| *n > 0).map(|(n, noun)| layout::count(*n, noun)).collect();
        if said.is_empty() { "no findings".into() } else { said.join(", ") }
    }
}

/// The projects of an audit, in order.
pub(super) fn projects<'a>(page: &Page<'a>) -> Vec<&'a str> {
    let environments = page.audit.model.environments.iter().map(|environment| environment.project.as_str());
    let findings = page.audit.findings.iter().map(|finding| finding.project.as_str());
    environments.chain(findings).collect::<BTreeSet<_>>().into_iter().collect()
}

/// The environments of a project.
pub(super) fn environments<'a>(page: &Page<'a>, project: &str) -> Vec<&'a Environment> {
    page.audit.model.environments.iter().filter(|environment| environment.project == project).collect()
}

/// `name (anchor)`.
fn named(page: &Page<'_>, environment: &Environment) -> String {
    let anchor = environment.files.first().map(|file| page.lines.path(*file)).filter(|path| !path.is_empty());
    let anchor = anchor.map_or_else(|| "by configuration".to_owned(), |path| layout::one_line(&path));
    format!("{} ({anchor})", layout::one_line(&environment.name))
}

/// The sentence that says what is compared with what.
pub(super) fn comparing(page: &Page<'_>, project: &str) -> String {
    let all = environments(page, project);
    let reference = page.audit.references.get(project);
    let roles: BTreeSet<Role> = all.iter().map(|environment| environment.role).collect();
    match all.as_slice() {
        [] => return String::new(),
        [one] => {
            let sentence = format!("Found one environment, {}; nothing to compare it with.", named(page, one));
            return layout::hang("", &sentence, WIDTH);
        }
        _ if !roles.contains(&Role::Production) => return no_production(&all, reference.map(String::as_str)),
        _ => {}
    }
    let (those, others): (Vec<&Environment>, Vec<&Environment>) =
        all.iter().copied().partition(|environment| Some(&environment.name) == reference);
    let with = those.first().map_or_else(String::new, |one| format!(" with {}", named(page, one)));
    let others: Vec<String> = others.iter().map(|one| named(page, one)).collect();
    let mut out = layout::hang("", &format!("Comparing {}{with}.", layout::list(&others, "and")), WIDTH);
    let missing: Vec<&str> = Role::ALL.into_iter().rev().filter(|role| !roles.contains(role)).map(Role::name).collect();
    if !missing.is_empty() {
        out.push_str(&layout::hang("", &format!("No {} environment found.", layout::list(&missing, "or")), WIDTH));
    }
    out
}

fn no_production(all: &[&Environment], reference: Option<&str>) -> String {
    let names: Vec<&str> = all.iter().map(|environment| environment.name.as_str()).collect();
    let reference = reference.map_or_else(String::new, |name| format!(" (--reference {name})"));
    let sentence =
        format!("No production environment found. Compared with each other: {}{reference}.", names.join(", "));
    let mut out = layout::hang("", &layout::one_line(&sentence), WIDTH);
    out.push_str("If there is one, name it in paritylint.toml, with what is known of it:\n");
    out.push_str("  [environments.production]\n");
    out.push_str("  dockerfile = \"Dockerfile\"        # or compose = [...], jobs, settings\n");
    out.push_str("  services = { database = \"postgres:16\" }\n");
    out
}

/// The table of a repository with several projects.
pub(super) fn table(page: &Page<'_>, projects: &[&str]) -> String {
    let mut by: BTreeMap<&str, Vec<&Finding>> = projects.iter().map(|name| (*name, Vec::new())).collect();
    for finding in &page.audit.findings {
        by.entry(finding.project.as_str()).or_default().push(finding);
    }
    let said: Vec<String> = by
        .iter()
        .map(|(name, findings)| format!("{} {}", layout::one_line(name), Counts::of(findings.iter().copied()).short()))
        .collect();
    layout::hang("", &format!("{}: {}.", layout::count(by.len(), "project"), said.join("; ")), WIDTH)
}

/// The lines below the findings.
pub(super) fn summary(page: &Page<'_>) -> String {
    let audit = page.audit;
    let mut out = layout::hang("", &Counts::of(audit.findings.iter()).sentence(), WIDTH);
    let compared = environments_compared(page);
    if compared < 2 {
        let judged = audit.verdicts.values().filter(|tally| tally.fired + tally.silent + tally.undecided > 0).count();
        let of = if judged < audit.verdicts.len() {
            format!(" ({judged} of {})", audit.verdicts.len())
        } else {
            String::new()
        };
        layout::add(&mut out, format_args!("Only rules about a single environment were judged{of}.\n"));
        return out;
    }
    out.push_str(&layout::hang("", &format!("{}\n", facts(page, compared)), WIDTH));
    out
}

fn environments_compared(page: &Page<'_>) -> usize {
    let of = |project: &&str| environments(page, project).len();
    projects(page).iter().map(of).filter(|count| *count > 1).sum()
}

fn facts(page: &Page<'_>, environments: usize) -> String {
    let pairs = page.audit.pairs;
    let differ = if pairs.differ == 1 { "differs" } else { "differ" };
    format!(
        "{} of {}: {} equal, {} {differ}, {} cannot be decided here",
        layout::count(pairs.equal + pairs.differ + pairs.undecided, "fact"),
        layout::count(environments, "environment"),
        pairs.equal,
        pairs.differ,
        pairs.undecided
    )
}

/// What to do next, where nothing is configured yet.
pub(super) fn next() -> &'static str {
    "\
Next: paritylint envs                   see how the repository was understood
      paritylint check -v               show notes, and source lines for all
      paritylint init                   answer what cannot be decided
      paritylint check --write-baseline accept today, fail on new drift only
"
}
