//! Files of variables, as each reader reads them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use paritylint::formats::dotenv::{Dialect, parse};
use paritylint::formats::{Vars, World};
use paritylint_fuzz::{FILE, holds, problems_hold, text};

fuzz_target!(|data: &[u8]| {
    let text = text(data);
    for name in ["python-dotenv", "compose", "compose-raw", "django-environ", "decouple"] {
        let dialect = Dialect::of(name).expect("a dialect of this name");
        for world in [World::empty(), World::Open(Vars::new())] {
            let read = parse(FILE, &text, dialect, &world);
            problems_hold(&text, &read.problems);
            for entry in &read.entries {
                holds(&text, entry.name.span);
                entry.value.iter().for_each(|value| holds(&text, value.span));
            }
        }
    }
});
