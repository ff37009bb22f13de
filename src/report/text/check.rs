//! `check`: what was compared, what was found, what it amounts to.

use super::{Options, Page, Style, WIDTH, blocks, header, layout};
use crate::discover::Tree;
use crate::model::{Audit, Finding, Severity};

/// The report of `check`.
pub fn check(audit: &Audit, tree: &Tree, options: &Options) -> String {
    let page = Page::new(audit, tree, options);
    if let Some(nothing) = &audit.model.nothing {
        return page.finish(&layout::hang("", &page.say(nothing), WIDTH));
    }
    let projects = header::projects(&page);
    let mut out = String::new();
    if projects.len() > 1 && !options.quiet {
        out.push_str(&header::table(&page, &projects));
        out.push('\n');
    }
    for project in &projects {
        let mut head = String::new();
        if projects.len() > 1 {
            layout::add(
                &mut head,
                format_args!("{}\n", layout::paint(&format!("== {project}"), layout::Ink::Strong, options.color)),
            );
        }
        if !options.quiet {
            head.push_str(&header::comparing(&page, project));
        }
        if !head.is_empty() {
            out.push_str(&head);
            out.push('\n');
        }
        for finding in audit.findings.iter().filter(|finding| finding.project == *project) {
            if let Some(block) = block(&page, finding) {
                out.push_str(&block);
                out.push('\n');
            }
        }
    }
    for (file, line, message) in &audit.broken_rules {
        let text = page.say(&format!("{}:{line} cannot be judged: {message}", page.lines.shown(file)));
        out.push_str(&layout::hang("warning: ", &text, WIDTH));
        out.push('\n');
    }
    out.push_str(&header::summary(&page));
    if !options.quiet && !options.has_config {
        out.push('\n');
        out.push_str(header::next());
    }
    page.finish(&out)
}

/// A finding as it is shown, if it is.
fn block(page: &Page<'_>, finding: &Finding) -> Option<String> {
    if finding.part_of.is_some() || finding.suppressed.is_some() {
        return None;
    }
    let options = page.options;
    let in_full = match (options.style, finding.severity) {
        (_, Severity::Note) if !options.verbose && options.style != Style::Full => return None,
        (Style::Concise, _) | (Style::Default, Severity::Note) => false,
        (Style::Full, _) | (Style::Default, Severity::Error) => true,
        (Style::Default, Severity::Warning) => options.verbose,
    };
    Some(if in_full { blocks::full(page, finding) } else { blocks::concise(page, finding) })
}
