//! Factors: names spelled out (`py{310,311}-dj`), and lines that hold only for some (`postgres: X=1`).

/// How many names one expression may give.
const MAX_NAMES: usize = 1_000;
/// The minor versions that an open range of Pythons runs between.
const MINORS: (u32, u32) = (11, 15);

/// The names of an expression; none where it is no expression of factors.
pub(super) fn names(text: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let (mut depth, mut start) = (0usize, 0);
    for (at, c) in text.char_indices().chain(std::iter::once((text.len(), ','))) {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 || at == text.len() => {
                let item = text.get(start..at).unwrap_or_default().trim();
                if !item.is_empty() {
                    out.extend(spelled(item)?);
                }
                start = at + 1;
            }
            _ => {}
        }
        if out.len() > MAX_NAMES {
            return None;
        }
    }
    Some(out)
}

fn spelled(item: &str) -> Option<Vec<String>> {
    let mut all = vec![String::new()];
    let mut rest = item;
    loop {
        let group = rest.split_once('{').and_then(|(before, tail)| Some((before, tail.split_once('}')?)));
        let Some((before, (inside, after))) = group.filter(|(_, (inside, _))| !inside.is_empty()) else { break };
        let choices: Vec<String> = inside.split(',').flat_map(|choice| range(choice.trim())).collect();
        if all.len() * choices.len() > MAX_NAMES {
            return None;
        }
        all =
            all.iter().flat_map(|start| choices.iter().map(move |choice| format!("{start}{before}{choice}"))).collect();
        rest = after;
    }
    for name in &mut all {
        name.push_str(rest);
    }
    all.iter().all(|name| name.split('-').all(is_factor)).then_some(all)
}

/// `10-13`, `10-` or `-13` within braces.
fn range(choice: &str) -> Vec<String> {
    let number = |text: &str| text.parse::<u32>().ok().filter(|n| *n < 10_000);
    let ends = choice.split_once('-').and_then(|(from, to)| match (number(from), number(to)) {
        (Some(from), Some(to)) => Some((from, to)),
        (Some(from), None) if to.is_empty() => Some((from, MINORS.1)),
        (None, Some(to)) if from.is_empty() => Some((MINORS.0, to)),
        _ => None,
    });
    match ends {
        Some((from, to)) if from <= to => (from..=to).take(MAX_NAMES).map(|n| n.to_string()).collect(),
        Some((from, to)) => (to..=from).rev().take(MAX_NAMES).map(|n| n.to_string()).collect(),
        None => vec![choice.to_owned()],
    }
}

fn is_factor(text: &str) -> bool {
    let bare = text.strip_prefix('!').unwrap_or(text);
    text.is_empty() || !bare.is_empty() && bare.chars().all(|c| c.is_alphanumeric() || "_.*?[]!".contains(c))
}

/// The condition of a line, and where what it holds for starts.
pub(super) fn condition(line: &str) -> Option<(Vec<String>, usize)> {
    let colon = line
        .match_indices(':')
        .map(|(at, _)| at)
        .find(|at| line.get(at + 1..).is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace)))?;
    Some((names(line.get(..colon)?.trim())?, colon + 1))
}

/// Whether a condition holds for an environment; tests are taken to run on Linux.
pub(super) fn holds(condition: &[String], environment: &str) -> bool {
    let own = names(environment).unwrap_or_default();
    let active: Vec<&str> = own.iter().flat_map(|name| name.split('-')).chain(["linux"]).collect();
    condition.iter().any(|group| {
        group.split('-').all(|factor| match factor.strip_prefix('!') {
            Some(factor) => !active.contains(&factor),
            None => active.contains(&factor),
        })
    })
}
