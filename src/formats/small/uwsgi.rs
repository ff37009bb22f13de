//! uWSGI's files of options: `key = value` lines of `[uwsgi]`, or the same as YAML.

use super::tree;
use super::{lines, spanned, trimmed};
use crate::model::{FileId, Problem, Spanned};

/// The options of a file in order, and whether some of them hold only under a condition, or stand in another file.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Options {
    /// Names and values; an option without a value is `true`.
    pub entries: Vec<(Spanned<String>, Spanned<String>)>,
    /// Whether there may be options that are not listed.
    pub open: bool,
}

/// The section, or the mapping, that is uWSGI's.
const SECTION: &str = "uwsgi";
/// Options that take further options from elsewhere.
const FURTHER: [&str; 9] = ["ini", "yaml", "yml", "xml", "json", "include", "inherit", "vassal-sos", "emperor"];

/// Reads the form of `uwsgi.ini`.
pub fn ini(file: FileId, text: &str) -> (Options, Vec<Problem>) {
    let mut out = Options::default();
    let (mut ours, mut conditions) = (false, 0usize);
    for (start, line) in lines(text) {
        let (at, bare) = trimmed(start, line);
        if bare.is_empty() || bare.starts_with([';', '#']) {
            continue;
        }
        if let Some(name) = bare.strip_prefix('[') {
            ours = name.trim_end().trim_end_matches(']') == SECTION;
            continue;
        }
        if !ours {
            continue;
        }
        let cut = bare.find('=').unwrap_or(bare.len());
        let name = spanned(file, at, &bare[..cut]);
        let mut value = spanned(file, at + (cut + 1).min(bare.len()), bare.get(cut + 1..).unwrap_or_default());
        if cut == bare.len() {
            "true".clone_into(&mut value.value);
        }
        // What stands between `if-…` and `endif` may not hold.
        match name.value.as_str() {
            one if one.starts_with("if-") || one.starts_with("ifdef") || one == "for" || one.starts_with("for-") => {
                conditions += 1;
                out.open = true;
            }
            "endif" | "endfor" => conditions = conditions.saturating_sub(1),
            _ if conditions > 0 => {}
            _ => out.add(name, value),
        }
    }
    (out, Vec::new())
}

/// Reads the form of `uwsgi.yaml`.
pub fn yaml(file: FileId, text: &str) -> (Options, Vec<Problem>) {
    let (root, problems) = tree::yaml(file, text);
    let mut out = Options { entries: Vec::new(), open: root.is_none() };
    let section = root.as_ref().and_then(|root| root.get(SECTION));
    for (name, node) in section.map_or(&[][..], tree::Node::entries) {
        for value in node.texts() {
            out.add(name.clone(), value);
        }
    }
    (out, problems)
}

impl Options {
    /// The commands of programs that run beside the server for as long as it does.
    pub fn attached(&self) -> impl Iterator<Item = Spanned<String>> {
        self.entries.iter().filter_map(|(name, value)| {
            let command = match name.value.as_str() {
                "attach-daemon" | "legacy-attach-daemon" => value.value.as_str(),
                "smart-attach-daemon" | "legacy-smart-attach-daemon" => value.value.split_once(' ')?.1,
                "attach-daemon2" => value.value.split(',').find_map(|part| part.trim().strip_prefix("cmd="))?,
                _ => return None,
            };
            Some(Spanned::new(command.trim().to_owned(), value.span))
        })
    }

    /// The commands that pass before the application is loaded.
    pub fn hooks(&self) -> impl Iterator<Item = Spanned<String>> {
        self.entries.iter().filter_map(|(name, value)| {
            let command = match name.value.as_str() {
                "exec-asap" | "exec-pre-jail" | "exec-post-jail" | "exec-pre-app" => value.value.as_str(),
                name if name.starts_with("hook-") => value.value.strip_prefix("exec:")?,
                _ => return None,
            };
            Some(Spanned::new(command.trim().to_owned(), value.span))
        })
    }

    fn add(&mut self, name: Spanned<String>, value: Spanned<String>) {
        self.open |= FURTHER.contains(&name.value.as_str());
        self.entries.push((name, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(options: &Options) -> Vec<String> {
        options.entries.iter().map(|(name, value)| format!("{}={}", name.value, value.value)).collect()
    }

    #[test]
    fn only_the_own_section_counts_and_what_is_conditional_does_not() {
        let text = "[other]\nhttp = :1\n[uwsgi]\n; a note\nmodule = shop.wsgi:application\nmaster\nenv=A=b\nif-env = X\nhttp = :9\nendif =\n";
        let (options, _) = ini(FileId(0), text);
        assert_eq!(said(&options), ["module=shop.wsgi:application", "master=true", "env=A=b"]);
        assert!(options.open);
        assert_eq!(&text[options.entries[0].1.span.range()], "shop.wsgi:application");
    }

    #[test]
    fn yaml_says_the_same() {
        let (options, _) = yaml(FileId(0), "uwsgi:\n  module: shop.wsgi\n  env: [A=b, C=d]\n");
        assert_eq!(said(&options), ["module=shop.wsgi", "env=A=b", "env=C=d"]);
        assert!(!options.open);
    }
}
