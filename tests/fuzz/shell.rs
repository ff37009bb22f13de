//! Shell text in each dialect, and what it runs in a closed and in an open world.

use super::{FILE, holds, problems_hold, text};
use paritylint::formats::shell::{Dialect, Files, Word, evaluate, parse};
use paritylint::formats::{Vars, World};
use paritylint::model::{FileId, Span, SpanMap};

struct None;

impl Files for None {
    fn script(&self, _: &str) -> Option<(FileId, &str)> {
        Option::None
    }
}

/// Reads the bytes as such a text; a fault panics.
pub fn run(data: &[u8]) {
    let text = text(data);
    let map = SpanMap::Linear { file: FILE, base: 0 };
    for dialect in [Dialect::Bash, Dialect::Posix, Dialect::Github] {
        let script = parse(&text, &map, dialect);
        problems_hold(&text, &script.problems);
        for world in [World::empty(), World::Open(Vars::new())] {
            let args = ["serve", "--port=80"].map(|word| Word::known(word, Span::new(FILE, 0, 0)));
            let run = evaluate(&script, &world, &args, &None);
            for command in &run.commands {
                holds(&text, command.span);
            }
        }
    }
}
