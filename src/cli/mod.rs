//! The arguments, and one file a command.

pub mod inspect;

use clap::{Parser, Subcommand};

/// A linter for the differences between environments.
#[derive(Parser, Debug)]
#[command(name = "paritylint", version, about)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Print what a file means by its format, as JSON
    Inspect(inspect::Arguments),
}
