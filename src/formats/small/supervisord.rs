//! `supervisord.conf`.

use super::CommandText;
use super::ini::{self, Section};
use crate::model::{FileId, Span, Spanned};

/// A program that supervisord runs.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its name.
    pub name: Spanned<String>,
    /// Its command.
    pub command: CommandText,
    /// Whether it starts by itself.
    pub autostart: bool,
    /// `directory`.
    pub directory: Option<Spanned<String>>,
    /// `environment` as written.
    pub environment: Option<Spanned<String>>,
    /// `user`.
    pub user: Option<Spanned<String>>,
    /// Its extent.
    pub span: Span,
}

/// The programs, in source order.
pub fn parse(file: FileId, text: &str) -> Vec<Program> {
    ini::parse(file, text, &[';']).iter().filter_map(program).collect()
}

fn program(section: &Section) -> Option<Program> {
    let name = section.name.value.strip_prefix("program:")?;
    let off = |value: &Spanned<String>| ["false", "no", "off", "0"].contains(&value.value.to_lowercase().as_str());
    Some(Program {
        name: Spanned::new(name.trim().to_owned(), section.name.span),
        command: section.command("command")?,
        autostart: !section.first("autostart").is_some_and(off),
        directory: section.first("directory").cloned(),
        environment: section.first("environment").cloned(),
        user: section.first("user").cloned(),
        span: ini::extent(section),
    })
}
