//! Requirements files, markers and versions.
#![no_main]

use libfuzzer_sys::fuzz_target;
use paritylint::formats::requirements::load::load;
use paritylint::formats::requirements::marker::{Marker, MarkerEnv};
use paritylint::formats::requirements::{lexer, versions};
use paritylint_fuzz::{FILE, holds, text, tree};

fuzz_target!(|data: &[u8]| {
    let text = text(data);
    let parsed = lexer::parse(FILE, &text);
    parsed.requirements().for_each(|requirement| holds(&text, requirement.span));
    let tree = tree(data, "requirements.txt");
    if let Some(file) = tree.find("requirements.txt") {
        let _ = load(&tree, file, &MarkerEnv::linux(Some("3.12")));
    }
    for line in text.lines().take(8) {
        if let Some(marker) = Marker::parse(line) {
            let _ = marker.applies(&MarkerEnv::linux(None));
        }
        let (version, specifier) = line.split_once(' ').unwrap_or((line, ">=1"));
        let _ = versions::satisfies(version, specifier);
        let _ = versions::from_poetry(line);
    }
});
