//! `Procfile`.

use super::{CommandText, lines, spanned, trimmed};
use crate::model::{FileId, Spanned};

/// One process type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Process {
    /// Its name.
    pub name: Spanned<String>,
    /// What it runs.
    pub command: CommandText,
}

/// The process types, in source order.
pub fn parse(file: FileId, text: &str) -> Vec<Process> {
    let mut out = Vec::new();
    for (start, line) in lines(text) {
        let Some((name, command)) = line.split_once(':') else { continue };
        let shaped =
            !name.trim().is_empty() && name.trim().chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        let (at, command) = trimmed(start + name.len() + 1, command);
        if shaped && !command.is_empty() {
            let command = CommandText::slice(file, command, at);
            out.push(Process { name: spanned(file, start, name), command });
        }
    }
    out
}
