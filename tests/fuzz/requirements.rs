//! Requirements files, markers and versions.

use super::{FILE, holds, text, tree};
use paritylint::formats::requirements::load::load;
use paritylint::formats::requirements::marker::{Marker, MarkerEnv};
use paritylint::formats::requirements::{lexer, versions};

/// Reads the bytes as such a text; a fault panics.
pub fn run(data: &[u8]) {
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
}
