//! `summary`: the reports of many repositories in one table, as text, CSV or HTML.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use minijinja::value::Serde;
use minijinja::{Environment, Value as Jinja, context};
use serde::{Deserialize, Serialize};

/// How many rules are listed.
const RULES: usize = 10;
/// An allowance that ends within so many days of its report is due.
const DAYS: i64 = 30;
/// Columns of a repository's name in text.
const NAME: usize = 26;

#[derive(Deserialize)]
struct Report {
    version: u32,
    as_of: String,
    findings: Vec<Finding>,
    unresolved: Vec<Question>,
    verdicts: BTreeMap<String, Tally>,
    summary: Counts,
}

#[derive(Deserialize)]
struct Finding {
    rule: String,
    part_of: Option<String>,
    suppressed: Option<Suppressed>,
}

#[derive(Deserialize)]
struct Suppressed {
    reason: String,
    until: Option<String>,
}

#[derive(Deserialize)]
struct Question {
    answer_with: Option<String>,
}

#[derive(Deserialize)]
struct Tally {
    undecided: usize,
}

#[derive(Deserialize)]
struct Counts {
    error: usize,
    warning: usize,
    note: usize,
    suppressed: usize,
}

/// One repository.
#[derive(Serialize, Default)]
struct Row {
    name: String,
    errors: usize,
    warnings: usize,
    notes: usize,
    accepted: usize,
    undecided: usize,
    open: usize,
    due: usize,
    as_of: String,
    rules: String,
}

/// A rule over all repositories.
#[derive(Serialize)]
struct Rule {
    name: String,
    findings: usize,
    repositories: usize,
}

/// An allowance that is over, or soon will be.
#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    until: String,
    repository: String,
    rule: String,
    reason: String,
}

/// The reports of several repositories.
pub struct Summary {
    rows: Vec<Row>,
    rules: Vec<Rule>,
    due: Vec<Due>,
}

impl Summary {
    /// Reads reports, each with the name of its repository. An error names the report.
    pub fn read(reports: &[(String, String)]) -> Result<Self, String> {
        let mut summary = Self { rows: Vec::new(), rules: Vec::new(), due: Vec::new() };
        let mut rules: BTreeMap<String, (usize, BTreeSet<&str>)> = BTreeMap::new();
        for (name, text) in reports {
            let report: Report = serde_json::from_str(text)
                .map_err(|error| format!("{name}: no report of `paritylint check --format json`: {error}"))?;
            if report.version != 1 {
                return Err(format!("{name}: a report of version {}; expected 1", report.version));
            }
            summary.add(name, &report);
            for finding in report.findings.iter().filter(|one| one.suppressed.is_none() && one.part_of.is_none()) {
                let known = rules.entry(finding.rule.clone()).or_default();
                known.0 += 1;
                known.1.insert(name);
            }
        }
        summary.rules =
            rules.into_iter().map(|(name, (findings, all))| Rule { name, findings, repositories: all.len() }).collect();
        summary.rules.sort_by(|a, b| {
            (b.repositories, b.findings).cmp(&(a.repositories, a.findings)).then_with(|| a.name.cmp(&b.name))
        });
        let worst = |row: &Row| std::cmp::Reverse((row.errors, row.warnings, row.notes));
        summary.rows.sort_by(|a, b| worst(a).cmp(&worst(b)).then_with(|| a.name.cmp(&b.name)));
        summary.due.sort();
        summary.due.dedup();
        Ok(summary)
    }

    fn add(&mut self, name: &str, report: &Report) {
        let mut due: Vec<Due> = Vec::new();
        let mut top: BTreeMap<&str, usize> = BTreeMap::new();
        for finding in &report.findings {
            match &finding.suppressed {
                Some(Suppressed { reason, until: Some(until) }) if is_due(until, &report.as_of) => due.push(Due {
                    until: until.clone(),
                    repository: name.to_owned(),
                    rule: finding.rule.clone(),
                    reason: reason.clone(),
                }),
                None if finding.part_of.is_none() => *top.entry(&finding.rule).or_default() += 1,
                _ => {}
            }
        }
        let mut top: Vec<(&str, usize)> = top.into_iter().collect();
        top.sort_by_key(|(rule, times)| (std::cmp::Reverse(*times), *rule));
        self.rows.push(Row {
            name: name.to_owned(),
            errors: report.summary.error,
            warnings: report.summary.warning,
            notes: report.summary.note,
            accepted: report.summary.suppressed,
            undecided: report.verdicts.values().map(|tally| tally.undecided).sum(),
            open: report.unresolved.iter().filter(|question| question.answer_with.is_some()).count(),
            due: due.len(),
            as_of: report.as_of.clone(),
            rules: top.into_iter().take(3).map(|(rule, _)| rule).collect::<Vec<_>>().join(" "),
        });
        self.due.extend(due);
    }

    fn total(&self) -> Row {
        let mut total = Row { name: "all".into(), ..Row::default() };
        for row in &self.rows {
            total.errors += row.errors;
            total.warnings += row.warnings;
            total.notes += row.notes;
            total.accepted += row.accepted;
            total.undecided += row.undecided;
            total.open += row.open;
            total.due += row.due;
        }
        total
    }

    /// For people, at most 80 columns.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let _ = writeln!(
            out,
            "{:NAME$}{:>7}{:>9}{:>6}{:>9}{:>10}{:>6}{:>5}",
            "repository", "errors", "warnings", "notes", "accepted", "undecided", "open", "due"
        );
        let total = self.total();
        for row in self.rows.iter().chain((self.rows.len() > 1).then_some(&total)) {
            let _ = writeln!(
                out,
                "{:NAME$}{:>7}{:>9}{:>6}{:>9}{:>10}{:>6}{:>5}",
                short(&row.name, NAME - 1),
                row.errors,
                row.warnings,
                row.notes,
                row.accepted,
                row.undecided,
                row.open,
                row.due
            );
        }
        if !self.rules.is_empty() {
            out.push_str("\nTop rules                         findings  repositories\n");
        }
        for rule in self.rules.iter().take(RULES) {
            let _ = writeln!(out, "  {:31}{:>9}{:>14}", short(&rule.name, 31), rule.findings, rule.repositories);
        }
        if !self.due.is_empty() {
            let _ = writeln!(out, "\nAllowances that end within {DAYS} days of their report");
        }
        for due in &self.due {
            let head = format!("  {}  {:20}  {:24}  ", due.until, short(&due.repository, 20), short(&due.rule, 24));
            let room = 80_usize.saturating_sub(head.chars().count());
            let _ = writeln!(out, "{head}{}", short(&due.reason, room));
        }
        out.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }

    /// A repository a line.
    pub fn csv(&self) -> String {
        let mut out = String::from(
            "repository,errors,warnings,notes,accepted,undecided,open_questions,allowances_due,as_of,top_rules\r\n",
        );
        for row in &self.rows {
            let _ = write!(
                out,
                "{},{},{},{},{},{},{},{},{},{}\r\n",
                cell(&row.name),
                row.errors,
                row.warnings,
                row.notes,
                row.accepted,
                row.undecided,
                row.open,
                row.due,
                cell(&row.as_of),
                cell(&row.rules)
            );
        }
        out
    }

    /// One page that needs nothing else.
    pub fn html(&self) -> String {
        let values = context! {
            rows => Jinja::from(Serde(&self.rows)),
            total => Jinja::from(Serde(self.total())),
            due => Jinja::from(Serde(&self.due)),
            days => DAYS,
            rules => Jinja::from(Serde(self.rules.iter().take(RULES).collect::<Vec<_>>())),
        };
        let page = Environment::new().render_named_str("summary.html", include_str!("summary.html"), values);
        page.unwrap_or_default().trim_end().to_owned() + "\n"
    }
}

fn is_due(until: &str, as_of: &str) -> bool {
    match (day_number(until), day_number(as_of)) {
        (Some(until), Some(as_of)) => until - as_of <= DAYS,
        _ => false,
    }
}

/// Days since a fixed day, of `YYYY-MM-DD`.
fn day_number(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year)
}

/// The end of a text that is too long.
fn short(text: &str, room: usize) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let long = text.chars().count();
    if long <= room {
        return text;
    }
    let rest: String = text.chars().skip(long + 1 - room.max(1)).collect();
    format!("…{rest}")
}

/// A cell that no reader takes for a formula.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(findings: &str) -> String {
        format!(
            "{{\"version\":1,\"as_of\":\"2026-11-21\",\"findings\":[{findings}],\"unresolved\":[{{\"answer_with\":\"x\"}}],\
             \"verdicts\":{{\"a\":{{\"undecided\":2}}}},\"summary\":{{\"error\":1,\"warning\":0,\"note\":0,\"suppressed\":1}}}}"
        )
    }

    fn summary() -> Summary {
        let found = "{\"rule\":\"libc-drift\",\"part_of\":null,\"suppressed\":null}";
        let due = "{\"rule\":\"x\",\"part_of\":null,\"suppressed\":{\"reason\":\"a <b>, c\",\"until\":\"2026-12-01\"}}";
        let later = due.replace("2026-12-01", "2027-12-01");
        let reports = [
            ("one".to_owned(), report(&format!("{found},{due}"))),
            ("=two".to_owned(), report(&format!("{found},{later}"))),
        ];
        Summary::read(&reports).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn text_has_a_line_a_repository_the_rules_and_what_is_due() {
        insta::assert_snapshot!(summary().text(), @r"
        repository                 errors warnings notes accepted undecided  open  due
        =two                            1        0     0        1         2     1    0
        one                             1        0     0        1         2     1    1
        all                             2        0     0        2         4     2    1

        Top rules                         findings  repositories
          libc-drift                             2             2

        Allowances that end within 30 days of their report
          2026-12-01  one                   x                         a <b>, c
        ");
    }

    #[test]
    fn csv_quotes_and_holds_no_formula() {
        insta::assert_snapshot!(summary().csv().replace('\r', ""), @r"
        repository,errors,warnings,notes,accepted,undecided,open_questions,allowances_due,as_of,top_rules
        '=two,1,0,0,1,2,1,0,2026-11-21,libc-drift
        one,1,0,0,1,2,1,1,2026-11-21,libc-drift
        ");
    }

    #[test]
    fn html_escapes() {
        let html = summary().html();
        assert!(
            html.contains("a &lt;b&gt;, c") && html.contains("libc-drift") && html.ends_with("</html>\n"),
            "{html}"
        );
    }

    #[test]
    fn what_is_no_report_is_named() {
        let error = Summary::read(&[("x.json".into(), "[]".into())]).err().unwrap_or_default();
        assert!(error.starts_with("x.json: no report of `paritylint check --format json`"), "{error}");
    }

    #[test]
    fn days_are_counted_over_months_and_years() {
        assert!(
            is_due("2027-01-15", "2026-12-20")
                && !is_due("2027-01-20", "2026-12-20")
                && is_due("2026-01-01", "2026-12-20")
        );
    }
}
