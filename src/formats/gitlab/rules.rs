//! Whether rules let something run, as far as the repository and their own texts decide it.

use super::Rule;
use crate::discover::Tree;

/// Whether rules let something run: the first that holds decides, and nothing runs where none does. None where only the
/// run tells.
pub(super) fn lets(tree: &Tree, rules: &[Rule]) -> Option<bool> {
    let mut possible = Vec::new();
    for rule in rules {
        let runs = !super::never(rule);
        match holds(tree, rule) {
            Some(false) => {}
            Some(true) => {
                possible.push(runs);
                return agreed(&possible);
            }
            None => possible.push(runs),
        }
    }
    possible.push(false);
    agreed(&possible)
}

fn agreed(possible: &[bool]) -> Option<bool> {
    let first = *possible.first()?;
    possible.iter().all(|one| *one == first).then_some(first)
}

/// Whether one rule holds: all that it asks for does.
fn holds(tree: &Tree, rule: &Rule) -> Option<bool> {
    let condition = rule.condition.as_ref().map_or(Some(true), |text| condition(&text.value));
    let exists = match &rule.exists[..] {
        [] => Some(true),
        _ if rule.elsewhere => None,
        patterns => any(patterns.iter().map(|pattern| exists(tree, &pattern.value))),
    };
    let changes = if rule.changes.is_empty() { Some(true) } else { None };
    all([condition, exists, changes].into_iter())
}

fn all(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    any(parts.map(|part| part.map(|part| !part))).map(|found| !found)
}

fn any(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut open = false;
    for part in parts {
        match part {
            Some(true) => return Some(true),
            None => open = true,
            Some(false) => {}
        }
    }
    if open { None } else { Some(false) }
}

/// Whether the repository has a file that fits a pattern.
fn exists(tree: &Tree, pattern: &str) -> Option<bool> {
    if pattern.contains(['$', '[', '?', '{']) {
        return None;
    }
    let pattern = pattern.trim_start_matches("./").trim_start_matches('/');
    if pattern.contains('*') {
        return Some(tree.files().any(|(_, path)| matches(pattern, path)));
    }
    Some(tree.find(pattern).is_some() || tree.is_dir(pattern.trim_end_matches('/')))
}

/// Whether a path fits a pattern: `*` within a folder, `**` across folders.
pub(super) fn matches(pattern: &str, path: &str) -> bool {
    fn folders(pattern: &[&str], path: &[&str], budget: &mut usize) -> bool {
        *budget = budget.saturating_sub(1);
        match (pattern.split_first(), path.split_first()) {
            _ if *budget == 0 => false,
            (None, None) => true,
            (Some((&"**", rest)), _) => {
                folders(rest, path, budget)
                    || path.split_first().is_some_and(|(_, path)| folders(pattern, path, budget))
            }
            (Some((&first, rest)), Some((&name, path))) => name_matches(first, name) && folders(rest, path, budget),
            _ => false,
        }
    }
    // `**.yml` stands for files of any folder.
    let pattern: String = pattern.replace("**.", "**/*.");
    let (pattern, path): (Vec<&str>, Vec<&str>) = (pattern.split('/').collect(), path.split('/').collect());
    folders(&pattern, &path, &mut 10_000)
}

fn name_matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// What an `if` comes to where it asks for nothing that only the run tells.
fn condition(text: &str) -> Option<bool> {
    let mut reader = Reader { rest: text.trim() };
    reader.either(0).ok().flatten().filter(|_| reader.rest.is_empty())
}

/// Conditions within conditions that are followed.
const DEPTH: usize = 20;

/// A condition that cannot be read.
struct Unread;

/// A condition while it is read.
struct Reader<'a> {
    rest: &'a str,
}

/// A text, nothing, or what only the run tells.
#[derive(Clone, PartialEq)]
enum Value {
    Text(String),
    Null,
    Open,
}

impl<'a> Reader<'a> {
    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest.strip_prefix(token);
        if let Some(rest) = found {
            self.rest = rest.trim_start();
        }
        found.is_some()
    }

    fn either(&mut self, depth: usize) -> Result<Option<bool>, Unread> {
        let mut parts = vec![self.both(depth)?];
        while self.eat("||") {
            parts.push(self.both(depth)?);
        }
        Ok(any(parts.into_iter()))
    }

    fn both(&mut self, depth: usize) -> Result<Option<bool>, Unread> {
        let mut parts = vec![self.one(depth)?];
        while self.eat("&&") {
            parts.push(self.one(depth)?);
        }
        Ok(all(parts.into_iter()))
    }

    fn one(&mut self, depth: usize) -> Result<Option<bool>, Unread> {
        if self.eat("(") {
            let inner = if depth < DEPTH { self.either(depth + 1)? } else { return Err(Unread) };
            return if self.eat(")") { Ok(inner) } else { Err(Unread) };
        }
        let left = self.value().ok_or(Unread)?;
        for (operator, equal) in [("==", true), ("!=", false)] {
            if self.eat(operator) {
                let right = self.value().ok_or(Unread)?;
                let open = left == Value::Open || right == Value::Open;
                return Ok((!open).then(|| (left == right) == equal));
            }
        }
        if self.eat("=~") || self.eat("!~") {
            self.pattern().ok_or(Unread)?;
            return Ok(None);
        }
        Ok(match left {
            Value::Open => None,
            Value::Null => Some(false),
            Value::Text(text) => Some(!text.is_empty()),
        })
    }

    fn value(&mut self) -> Option<Value> {
        for quote in ['"', '\''] {
            if let Some(inner) = self.rest.strip_prefix(quote) {
                let (text, rest) = inner.split_once(quote)?;
                self.rest = rest.trim_start();
                return Some(if text.contains('$') { Value::Open } else { Value::Text(text.to_owned()) });
            }
        }
        if self.eat("null") {
            return Some(Value::Null);
        }
        let name = self.word('$')?;
        // These two are the same in every pipeline.
        let fixed = matches!(name.trim_start_matches('{').trim_end_matches('}'), "CI" | "GITLAB_CI");
        Some(if fixed { Value::Text("true".into()) } else { Value::Open })
    }

    fn word(&mut self, first: char) -> Option<&'a str> {
        let inner = self.rest.strip_prefix(first)?;
        let end = inner.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '{' | '}'))).unwrap_or(inner.len());
        let (name, rest) = (inner.get(..end)?, inner.get(end..)?);
        self.rest = rest.trim_start();
        Some(name)
    }

    /// What a text is matched with: `/…/`, or a variable that holds it.
    fn pattern(&mut self) -> Option<()> {
        let Some(inner) = self.rest.strip_prefix('/') else { return self.value().map(|_| ()) };
        let mut escaped = false;
        let end = inner.char_indices().find(|(_, c)| {
            let ends = *c == '/' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let rest = inner.get(end?.0 + 1..)?;
        self.rest = rest.trim_start_matches(|c: char| c.is_ascii_lowercase()).trim_start();
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::condition;

    #[test]
    fn conditions_are_decided_where_no_run_is_asked() {
        for (text, value) in [
            ("$CI", Some(true)),
            ("$CI == \"true\" && \"yes\" == 'yes'", Some(true)),
            ("\"false\" == \"true\"", Some(false)),
            ("$CI_COMMIT_BRANCH == \"main\"", None),
            ("$CI_COMMIT_BRANCH =~ /^a\\/b$/i && 'a' == 'b'", Some(false)),
            ("$X || $CI", Some(true)),
            ("($X && $Y) || (null != null)", None),
            ("null", Some(false)),
            ("\"\"", Some(false)),
            ("$X = 1", None),
            ("(((", None),
            ("", None),
        ] {
            assert_eq!(condition(text), value, "{text}");
        }
    }
}
