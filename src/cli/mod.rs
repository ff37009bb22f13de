//! The arguments, and one file a command.

pub mod audit;
mod before;
pub mod check;
pub mod config;
pub mod explain;
pub mod fix;
pub mod inspect;
pub mod summary;

use clap::{Parser, Subcommand, ValueEnum};

/// A linter for the differences between environments.
///
/// Reads a repository and says what each environment really runs, and where they differ in a way that will hurt. It never
/// runs the project, never opens the network, and never prints a secret.
#[derive(Parser, Debug)]
#[command(name = "paritylint", version, about, max_term_width = 80)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// When to use colour.
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto, display_order = 100)]
    pub color: ColorChoice,
}

impl Cli {
    /// Whether nothing but the result is wanted.
    pub fn is_quiet(&self) -> bool {
        matches!(&self.command, Command::Check(arguments) if arguments.quiet)
    }
}

/// When to use colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Report differences between environments that will hurt
    #[command(after_help = check::STATUS)]
    Check(check::Arguments),
    /// Show the matrix of environments
    Compare(audit::CompareArguments),
    /// Show where one value comes from
    Why(audit::WhyArguments),
    /// Show how the repository was understood
    Envs(audit::Common),
    /// Write a commented paritylint.toml from what was inferred
    Init(config::InitArguments),
    /// Show the configuration that is in force
    Config(config::ConfigArguments),
    /// Print the JSON Schema of the configuration
    Schema,
    /// Show the reports of many repositories in one table
    Summary(summary::Arguments),
    /// Explain a rule
    Explain(explain::Arguments),
    /// List the rules
    Rules,
    /// Print what a file means by its format, as JSON
    Inspect(Box<inspect::Arguments>),
}

/// What a command came to: what is printed, and the exit status.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// For standard output.
    pub out: String,
    /// For standard error.
    pub err: String,
    /// 0 below the level that fails, 1 at or above it, 2 for usage, configuration or reading.
    pub status: u8,
    /// Files to write.
    pub files: Vec<(std::path::PathBuf, String)>,
}

impl Outcome {
    /// Something to print, and success.
    pub fn success(out: String) -> Self {
        Self { out, ..Self::default() }
    }

    /// A fault of usage, configuration or reading.
    pub fn fault(message: impl std::fmt::Display) -> Self {
        Self { err: format!("error: {message}\n"), status: 2, ..Self::default() }
    }
}

/// What main knows of the world around the process.
#[derive(Clone, Copy, Debug)]
pub struct Terminal {
    /// Whether standard output is a terminal.
    pub is_terminal: bool,
    /// Whether `NO_COLOR` is set.
    pub no_color: bool,
    /// Whether output may hold characters beyond ASCII.
    pub utf8: bool,
    /// `SOURCE_DATE_EPOCH`, in seconds.
    pub source_date: Option<i64>,
    /// Now, in seconds since 1970.
    pub now: Option<i64>,
}

/// Runs a command.
pub fn run(cli: &Cli, terminal: Terminal) -> Outcome {
    let color = match cli.color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => terminal.is_terminal && !terminal.no_color,
    };
    let look = audit::Look { color, utf8: terminal.utf8, source_date: terminal.source_date, today: terminal.now };
    match &cli.command {
        Command::Check(arguments) => check::run(arguments, look),
        Command::Compare(arguments) => audit::compare(arguments, look),
        Command::Why(arguments) => audit::why(arguments, look),
        Command::Envs(arguments) => audit::envs(arguments, look),
        Command::Init(arguments) => config::init(arguments, look),
        Command::Config(arguments) => config::show(arguments, look),
        Command::Schema => config::schema(),
        Command::Summary(arguments) => summary::run(arguments),
        Command::Explain(arguments) => explain::run(arguments),
        Command::Rules => explain::list(),
        Command::Inspect(arguments) => match inspect::run(arguments) {
            Ok(document) => Outcome::success(format!("{document}\n")),
            Err(message) => Outcome::fault(message),
        },
    }
}
