//! `why`: where one fact comes from.

use super::Options;
use crate::discover::Tree;
use crate::model::Audit;

/// The origin chain of a fact; an error names the candidates, where the words fit several.
pub fn why(_audit: &Audit, _tree: &Tree, _options: &Options, _words: &[String]) -> Result<String, String> {
    Err(String::new())
}
