//! What is wrong with a configuration: each fault at its place, with what to do.

use super::layout::{self, Ink};
use super::{Options, Page, WIDTH, snippet};
use crate::discover::Tree;
use crate::model::{Audit, Location, Problem, Severity};

/// Every problem with its source line.
pub fn faults(problems: &[Problem], tree: &Tree, options: &Options) -> String {
    let audit = Audit::default();
    let page = Page::new(&audit, tree, options);
    let mut out = String::new();
    for problem in problems {
        if !out.is_empty() {
            out.push('\n');
        }
        headline(&page, &problem.message, &mut out);
        let place = Location { span: problem.span, environment: None, label: String::new() };
        let (drawn, gutter) = snippet::draw(&page, Severity::Error, &[place]);
        out.push_str(&drawn);
        if let Some(help) = &problem.help {
            out.push_str(&layout::hang(&format!("{} = help: ", " ".repeat(gutter)), &page.say(help), WIDTH));
        }
    }
    page.finish(&out)
}

fn headline(page: &Page<'_>, message: &str, out: &mut String) {
    const HEAD: &str = "error: ";
    let color = page.options.color;
    for (at, line) in layout::wrap(&page.say(message), WIDTH - HEAD.len()).into_iter().enumerate() {
        let head = if at == 0 { layout::paint("error", Ink::Error, color) + ": " } else { " ".repeat(HEAD.len()) };
        layout::add(out, format_args!("{head}{}\n", layout::paint(&line, Ink::Strong, color)));
    }
}
