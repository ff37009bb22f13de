//! The wildcard patterns of `${X#p}`, `${X%p}` and `${X/p/r}`: `*`, `?` and literals.

#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    Literal(char),
    Any,
    Star,
}

/// A pattern, and whether its stars take as much as they can.
pub(super) struct Pattern {
    pieces: Vec<Piece>,
    greedy: bool,
}

/// How many comparisons one match may take.
const FUEL: usize = 200_000;

/// How many stars a pattern may have; each is a call deeper.
const STARS: usize = 100;

impl Pattern {
    /// Reads a pattern; the error is BuildKit's refusal.
    pub(super) fn new(text: &str, greedy: bool) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            pieces.push(match c {
                '*' => Piece::Star,
                '?' => Piece::Any,
                '\\' => match chars.peek() {
                    // These are escaped to be part of the word; the escape is not part of the pattern.
                    Some('}' | '/') => continue,
                    Some(next @ ('*' | '?' | '\\')) => {
                        let literal = Piece::Literal(*next);
                        chars.next();
                        literal
                    }
                    _ => return Err(format!("invalid escape in the pattern {text}")),
                },
                _ => Piece::Literal(c),
            });
        }
        pieces.dedup_by(|next, former| *next == Piece::Star && *former == Piece::Star);
        if pieces.iter().filter(|piece| **piece == Piece::Star).count() > STARS {
            return Err("too many stars in a pattern".into());
        }
        Ok(Self { pieces, greedy })
    }

    /// Where a match that starts at the start of `text` ends.
    fn end(&self, text: &[char], pieces: &[Piece], fuel: &mut usize) -> Option<usize> {
        let mut at = 0;
        for (i, piece) in pieces.iter().enumerate() {
            *fuel = fuel.checked_sub(1)?;
            match piece {
                Piece::Literal(c) if text.get(at) == Some(c) => at += 1,
                Piece::Any if text.get(at).is_some_and(|c| *c != '\n') => at += 1,
                Piece::Star => {
                    let line = text[at..].iter().position(|c| *c == '\n').unwrap_or(text.len() - at);
                    let mut try_at =
                        |skip: usize| self.end(&text[at + skip..], &pieces[i + 1..], fuel).map(|end| at + skip + end);
                    return if self.greedy {
                        (0..=line).rev().find_map(&mut try_at)
                    } else {
                        (0..=line).find_map(try_at)
                    };
                }
                _ => return None,
            }
        }
        Some(at)
    }

    /// Removes the match at the start.
    pub(super) fn trim_start(&self, text: &str) -> String {
        let chars: Vec<char> = text.chars().collect();
        let end = self.end(&chars, &self.pieces, &mut { FUEL }).unwrap_or(0);
        chars[end..].iter().collect()
    }

    /// Removes the match at the end: the same from right to left.
    pub(super) fn trim_end(&self, text: &str) -> String {
        let chars: Vec<char> = text.chars().rev().collect();
        let pieces: Vec<Piece> = self.pieces.iter().rev().copied().collect();
        let end = self.end(&chars, &pieces, &mut { FUEL }).unwrap_or(0);
        chars[end..].iter().rev().collect()
    }

    /// Replaces the first match or all.
    pub(super) fn replace(&self, text: &str, with: &str, all: bool) -> String {
        let chars: Vec<char> = text.chars().collect();
        let (mut out, mut at, mut fuel, mut last) = (String::new(), 0, FUEL, None);
        while at <= chars.len() {
            let found = self.end(&chars[at..], &self.pieces, &mut fuel).map(|end| at + end);
            match found {
                // No empty match right behind a former one.
                Some(end) if end > at || last != Some(at) => {
                    out.push_str(with);
                    if end == at {
                        out.extend(chars.get(at));
                        at += 1;
                    } else {
                        at = end;
                    }
                    last = Some(end);
                    if !all {
                        break;
                    }
                }
                _ => {
                    out.extend(chars.get(at));
                    at += 1;
                }
            }
        }
        out.extend(chars.get(at..).unwrap_or_default());
        out
    }
}
