//! What a build amounts to: stages, their image configuration and their steps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Flag, Heredoc, Instruction};
use crate::formats::world::{Var, Vars};
use crate::model::{Certainty, Known, Origin, Problem, Reason, Span, SpanMap, Spanned};

/// What a build is asked: `--build-arg`, `--target`, and what is known of base images.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BuildInputs {
    /// Build arguments; a value may be unknown or one of several.
    pub args: BTreeMap<String, Var>,
    /// The stage to build; the last one without.
    pub target: Option<String>,
    /// The platform, `os/architecture[/variant]`; that of the usual server without.
    pub platform: Option<String>,
    /// Variables that base images set, by image; `*` is any image.
    pub base_env: BTreeMap<String, Vec<(String, String)>>,
    /// Base images that are built from other Dockerfiles at hand.
    pub bases: Vec<BuiltBase>,
}

/// A base image whose own build is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BuiltBase {
    /// The reference by which `FROM` names it.
    pub reference: String,
    /// Its build.
    pub build: Build,
    /// The folder that it is built from.
    pub context: String,
}

/// A Dockerfile under given inputs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Build {
    /// All stages in file order; behind them those of base images that are built from other files.
    pub stages: Vec<Stage>,
    /// How many stages the file itself has.
    pub own: usize,
    /// The stage that is built; none if there is no such stage.
    pub target: Option<usize>,
    /// The stages that the target needs, itself included.
    pub reachable: BTreeSet<usize>,
    /// ARGs before the first FROM; none where one has no value.
    pub global_args: BTreeMap<String, Option<Var>>,
    /// Why BuildKit would refuse the build.
    pub problems: Vec<Problem>,
}

impl Build {
    /// A stage and its parents, base-most first.
    pub fn chain(&self, stage: usize) -> Vec<usize> {
        let (mut chain, mut next) = (Vec::new(), Some(stage));
        while let Some((index, found)) = next.and_then(|index| Some((index, self.stages.get(index)?))) {
            if chain.contains(&index) {
                break;
            }
            chain.push(index);
            next = found.base.stage;
        }
        chain.reverse();
        chain
    }

    /// The image that the stage finally rests on.
    pub fn external_base(&self, stage: usize) -> Option<&Base> {
        let root = *self.chain(stage).first()?;
        self.stages.get(root).map(|found| &found.base)
    }
}

/// A stage. Its configuration includes what it inherits from parent stages; its steps do not.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stage {
    /// Position, from 0.
    pub index: usize,
    /// Name, in lower case.
    pub name: Option<Spanned<String>>,
    /// The FROM instruction.
    pub from_span: Span,
    /// First line of FROM, 1-based.
    pub line: u32,
    /// What it builds on.
    pub base: Base,
    /// The folder that its files are copied from, for a stage of another file.
    pub context: Option<String>,
    /// `--platform`, expanded; a child stage has its parent's.
    pub platform: Option<Spanned<Known<String>>>,
    /// The image's variables at the end: ENV of this stage and its parents, never ARG.
    pub env: Vars,
    /// ARGs at the end; none where one has no value.
    pub args: BTreeMap<String, Option<Var>>,
    /// Labels.
    pub labels: Vars,
    /// WORKDIR, absolute; none is the base image's, or undecided.
    pub workdir: Option<Spanned<String>>,
    /// USER; none is the base image's, or undecided.
    pub user: Option<Spanned<String>>,
    /// CMD.
    pub cmd: Option<Command>,
    /// ENTRYPOINT.
    pub entrypoint: Option<Command>,
    /// SHELL.
    pub shell: Option<Vec<Spanned<String>>>,
    /// Ports as `8000/tcp`, ranges spelled out, sorted.
    pub expose: Vec<Spanned<String>>,
    /// Volumes, sorted.
    pub volumes: Vec<Spanned<String>>,
    /// STOPSIGNAL.
    pub stopsignal: Option<Spanned<String>>,
    /// HEALTHCHECK.
    pub healthcheck: Option<Healthcheck>,
    /// Instructions kept for builds on this image; not inherited.
    pub onbuild: Vec<Instruction>,
    /// Fields of this stage whose text could not be decided ("workdir", "user", "expose", "volumes", "stopsignal").
    pub undecided: BTreeMap<&'static str, Reason>,
    /// RUN, COPY and ADD of this stage alone.
    pub steps: Vec<Step>,
    /// Other stages and images that steps take files from.
    pub dependencies: Vec<Dependency>,
    /// Instructions whose words are expanded, with the result.
    pub expanded: Vec<Expansion>,
    /// Names that were looked up and not set, with the instruction.
    pub unset: Vec<(u32, Spanned<String>)>,
}

/// What a stage builds on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Base {
    /// The image reference as written.
    pub raw: Spanned<String>,
    /// The reference after expansion.
    pub reference: Known<String>,
    /// `Default` if the default of an ARG decided it.
    pub certainty: Certainty,
    /// The reference's place, then the ARGs it uses.
    pub origin: Origin,
    /// The stage that it names: one of this file, or of another that builds the image.
    pub stage: Option<usize>,
}

impl Base {
    /// The place of the tag in the reference as written, without the colon. A tag inside a variable has none of its own:
    /// then it is the variable's use, as in `python:${VERSION}`.
    pub fn tag_span(&self) -> Option<Span> {
        let (text, span) = (&self.raw.value, self.raw.span);
        let (mut depth, mut colon, mut end) = (0_usize, None, text.len());
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'{' => depth += 1,
                b'}' => depth = depth.saturating_sub(1),
                b'/' if depth == 0 => colon = None,
                b':' if depth == 0 => colon = Some(at),
                b'@' if depth == 0 => {
                    end = at;
                    break;
                }
                _ => {}
            }
        }
        let start = colon? + 1;
        let straight = span.end.saturating_sub(span.start) as usize == text.len();
        (straight && start < end).then(|| {
            let base = span.start as usize;
            Span::new(span.file, base + start, base + end)
        })
    }
}

/// A command in exec or shell form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// A list of words, run as they are.
    Exec {
        /// The words.
        words: Vec<Spanned<String>>,
        /// All of them, brackets included.
        span: Span,
    },
    /// A text that a shell reads.
    Shell {
        /// The text, continuations joined.
        text: String,
        /// Where its parts stand.
        map: SpanMap,
        /// The whole.
        span: Span,
        /// The shell and its arguments, such as `/bin/sh -c`.
        shell: Vec<String>,
    },
}

impl Command {
    /// The argument list that the image configuration holds.
    pub fn argv(&self) -> Vec<String> {
        match self {
            Self::Exec { words, .. } => words.iter().map(|word| word.value.clone()).collect(),
            Self::Shell { text, shell, .. } => shell.iter().cloned().chain([text.clone()]).collect(),
        }
    }

    /// The command's place, without the keyword.
    pub fn span(&self) -> Span {
        match self {
            Self::Exec { span, .. } | Self::Shell { span, .. } => *span,
        }
    }
}

/// A HEALTHCHECK.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Healthcheck {
    /// `NONE`, `CMD` or `CMD-SHELL`.
    pub kind: String,
    /// The command; none for `NONE`.
    pub command: Option<Command>,
    /// `--interval` and the like.
    pub flags: Vec<Flag>,
    /// The instruction.
    pub span: Span,
}

/// A step of a stage: something that changes its file system.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The instruction.
    pub span: Span,
    /// First line, 1-based.
    pub line: u32,
    /// The folder it runs in, if known.
    pub workdir: Option<String>,
    /// The user it runs as, if known.
    pub user: Option<String>,
    /// ENV and ARG as this step sees them.
    pub vars: Arc<Vars>,
    /// What it does.
    pub action: Action,
}

/// What a step does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// RUN.
    Run {
        /// What is run.
        body: RunBody,
        /// `--mount`.
        mounts: Vec<Mount>,
        /// The shell and its arguments at this place.
        shell: Vec<String>,
    },
    /// COPY or ADD.
    Copy {
        /// `--from`; none is the build context.
        from: Option<CopyFrom>,
        /// Sources, expanded; as written where not decided. Heredocs are not among them.
        sources: Vec<Spanned<String>>,
        /// Destination, expanded; as written where not decided.
        dest: Spanned<String>,
        /// Whether it is ADD.
        add: bool,
        /// Files written in the Dockerfile itself.
        inline: Vec<Heredoc>,
        /// Whether all sources and the destination could be expanded.
        decided: bool,
    },
}

/// What a RUN runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RunBody {
    /// A text for the shell: continuations joined, comments within them gone; heredocs that feed a command follow.
    Shell {
        /// The text.
        text: String,
        /// Where its parts stand.
        map: SpanMap,
    },
    /// A list of words, run as they are.
    Exec(Vec<Spanned<String>>),
    /// A heredoc that is itself the script.
    Heredoc {
        /// The script.
        text: String,
        /// Where its parts stand.
        map: SpanMap,
        /// What its `#!` line names; the stage's shell without.
        interpreter: Option<String>,
    },
}

/// A `--mount` of RUN.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mount {
    /// `bind`, `cache`, `secret`, `ssh`, `tmpfs`.
    pub kind: String,
    /// `from`.
    pub from: Option<CopyFrom>,
    /// All fields as written, names in lower case.
    pub fields: BTreeMap<String, String>,
    /// The flag.
    pub span: Span,
}

/// Where files are copied from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CopyFrom {
    /// A stage of this file.
    Stage(usize),
    /// An image, or a context that the caller names.
    Image(Spanned<String>),
}

/// A use of another stage or image.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dependency {
    /// First line of the instruction, 1-based.
    pub line: u32,
    /// The reference as written.
    pub span: Span,
    /// What it refers to.
    pub from: CopyFrom,
}

/// An instruction's words after expansion.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expansion {
    /// First line, 1-based.
    pub line: u32,
    /// The keyword.
    pub keyword: String,
    /// The words; none for an ARG without a value.
    pub words: Vec<Option<Known<String>>>,
}
