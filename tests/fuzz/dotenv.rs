//! Files of variables, as each reader reads them.

use super::{FILE, holds, problems_hold, text};
use paritylint::formats::dotenv::{Dialect, parse};
use paritylint::formats::{Vars, World};

/// Reads the bytes as such a text; a fault panics.
pub fn run(data: &[u8]) {
    let text = text(data);
    for name in ["python-dotenv", "compose", "compose-raw", "django-environ", "decouple"] {
        let dialect = Dialect::of(name).expect("a dialect of this name");
        for world in [World::empty(), World::Open(Vars::new())] {
            let read = parse(FILE, &text, dialect, &world);
            problems_hold(&text, &read.problems);
            for entry in &read.entries {
                holds(&text, entry.name.span);
                if let Some(value) = &entry.value {
                    holds(&text, value.span);
                }
            }
        }
    }
}
