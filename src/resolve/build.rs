//! What a build of an image makes: its base, its stages, and what is installed in the stage that runs.

use std::collections::BTreeMap;

use super::installs::{self, Place};
use super::part::{ImagePart, Installs, RuntimePart};
use super::{copy_sources, exports, from_stage, installers, interpreters, left_behind, runner};
use crate::discover::Tree;
use crate::environments::ImageBuild;
use crate::formats::dockerfile::{Action, Build, Command, CopyFrom, RunBody, Stage, Step};
use crate::formats::requirements::MarkerEnv;
use crate::formats::shell::{self, Dialect, Executed, Word};
use crate::formats::{Var, Vars, World};
use crate::knowledge::images;
use crate::links::Container;
use crate::links::container::absolute;
use crate::model::{Certainty, Known, Origin, Reason, Span, SpanMap, Spanned, StepKind};

/// A build, resolved as far as its target.
pub struct Built<'t> {
    /// The stages.
    pub build: Build,
    /// The stage that runs.
    pub target: usize,
    /// The image.
    pub image: ImagePart,
    /// What is installed there.
    pub installs: Installs,
    /// The interpreters of the base.
    pub runtimes: Vec<RuntimePart>,
    /// The files of the repository in it.
    pub container: Container<'t>,
    /// The commands that its stages ran.
    pub commands: Vec<(Vec<String>, Span)>,
}

impl Built<'_> {
    /// The stage that runs.
    pub fn stage(&self) -> Option<&Stage> {
        self.build.stages.get(self.target)
    }
}

/// Resolves a build.
pub fn resolve<'t>(tree: &'t Tree, build: Build, asked: &ImageBuild, as_of: &str) -> Option<Built<'t>> {
    let target = build.target?;
    let mut resolver = Resolver { tree, build: &build, asked, as_of, done: BTreeMap::new(), commands: Vec::new() };
    let mut installs = resolver.installs(target, 0);
    let others: Vec<usize> =
        build.reachable.iter().copied().filter(|index| !build.chain(target).contains(index)).collect();
    let others: Vec<Installs> = others.into_iter().map(|index| resolver.installs(index, 0)).collect();
    let commands = std::mem::take(&mut resolver.commands);
    let (reference, certainty, origin) = external_base(&build, target);
    let about = reference.one().map(|reference| images::describe(reference, as_of)).or_else(|| partly(&build, target));
    for there in &others {
        left_behind::note(&mut installs, about.as_ref(), there);
    }
    let mut runtimes: Vec<RuntimePart> = about.iter().flat_map(|about| runtimes(about, &origin, &certainty)).collect();
    brought(&installs, &mut runtimes);
    let known = |runtime: &RuntimePart| runtime.tool == "python" && !matches!(runtime.version, Known::Unknown(_));
    if installs.python.is_none()
        && !runtimes.iter().any(known)
        && let Some(python) = interpreters::of_system(&installs, about.as_ref(), &commands)
    {
        runtimes.retain(|runtime| runtime.tool != "python");
        runtimes.push(python);
    }
    runtimes.extend(installers::of(&build, target, &commands));
    let stages = other_stages(&build, target);
    if !runtimes.iter().any(|runtime| runtime.tool == "node") {
        runtimes.extend(of_stages(&stages, as_of));
    }
    let stage = build.stages.get(target)?;
    let image = ImagePart {
        reference,
        certainty,
        about,
        dockerfile: Some(asked.dockerfile),
        pulled_as: None,
        context: Some(asked.context.clone()),
        target: asked.target.as_ref().and(stage.name.clone()),
        platform: platform(&build, target),
        stages,
        missing: copy_sources::missing(tree, &build, target, &asked.context),
        told: copy_sources::told_secrets(&build, target, asked),
        origin,
    };
    let container = Container::of_stage(tree, &build, target, &asked.context);
    Some(Built { build, target, image, installs, runtimes, container, commands })
}

/// Puts the interpreter that conda, Hatch or pyenv brings before that of the base.
pub fn brought(installs: &Installs, runtimes: &mut Vec<RuntimePart>) {
    if let Some(node) = super::interpreters::node(installs) {
        runtimes.retain(|runtime| runtime.tool != "node");
        runtimes.push(node);
    }
    let Some(python) = &installs.python else { return };
    let origin = python.values().first().map(|python| Origin::set(python.span)).unwrap_or_default();
    let version = match python {
        Known::One(python) => Known::One(python.value.clone()),
        Known::Every(all, reason) => {
            Known::Every(all.iter().map(|python| python.value.clone()).collect(), reason.clone())
        }
        Known::Unknown(reason) => Known::Unknown(reason.clone()),
        _ => return,
    };
    runtimes.retain(|runtime| runtime.tool != "python");
    runtimes.insert(
        0,
        RuntimePart { tool: "python", version, declared_in: installs.python_by, origin, certainty: Certainty::Stated },
    );
}

/// The platform that the stage's own base is asked for.
fn platform(build: &Build, stage: usize) -> Option<Spanned<String>> {
    let platform = build.stages.get(stage)?.platform.as_ref()?;
    Some(Spanned::new(platform.value.one()?.clone(), platform.span))
}

/// What can be said of a base whose tag is not known in full: the words around the unknown part speak.
fn partly(build: &Build, stage: usize) -> Option<images::Image> {
    let first = *build.chain(stage).first()?;
    let raw = &build.stages.get(first)?.base.raw.value;
    let cut = raw.find("${").or_else(|| raw.find('$'))?;
    let (repository, tag) = raw[..cut].rsplit_once(':')?;
    let tag = format!("{tag}{}", &raw[cut..]);
    Some(images::describe_parts(repository, &tag))
}

/// The image outside the Dockerfile that a stage rests on in the end.
pub(super) fn external_base(build: &Build, stage: usize) -> (Known<String>, Certainty, Origin) {
    let chain = build.chain(stage);
    let base = chain.first().and_then(|first| build.stages.get(*first)).map(|stage| &stage.base);
    let Some(base) = base else {
        return (Known::Unknown(Reason::new("the Dockerfile has no stage")), Certainty::Stated, Origin::default());
    };
    let mut origin = base.origin.clone();
    if origin.steps.is_empty() {
        origin = Origin::set(base.raw.span);
    }
    for later in chain.iter().skip(1).filter_map(|index| build.stages.get(*index)) {
        origin = origin.then(StepKind::Inherited, later.from_span);
    }
    let reference = match &base.reference {
        Known::One(text) if text.is_empty() || text.ends_with([':', '-', '@']) || text.contains(":-") => {
            Known::Unknown(Reason::at(
                "a build argument without a default names it, and nothing hands one over",
                base.raw.span,
            ))
        }
        reference => reference.clone(),
    };
    (reference, base.certainty.clone(), origin)
}

/// The stages that the target needs without resting on them.
fn other_stages(build: &Build, target: usize) -> Vec<(String, Known<String>, Origin)> {
    let chain = build.chain(target);
    let others = build.reachable.iter().filter(|index| !chain.contains(index));
    others
        .filter_map(|index| {
            let stage = build.stages.get(*index)?;
            let name = stage.name.as_ref().map_or_else(|| format!("stage-{index}"), |name| name.value.clone());
            let (reference, _, origin) = external_base(build, *index);
            Some((name, reference, origin))
        })
        .collect()
}

/// Who declares the Node that only another stage has, for what it makes there.
pub const BUILD_STAGE: &str = "build stage";

/// The Node of the stages that the target only copies from, where they agree.
fn of_stages(stages: &[(String, Known<String>, Origin)], as_of: &str) -> Option<RuntimePart> {
    let node = |(_, reference, origin): &(String, Known<String>, Origin)| {
        let about = images::describe(reference.one()?, as_of);
        about.node.one().map(|version| (version.clone(), origin.clone()))
    };
    let mut found = stages.iter().filter_map(node);
    let (version, origin) = found.next()?;
    let (tool, certainty) = ("node", Certainty::Stated);
    let one = RuntimePart { tool, version: Known::One(version.clone()), declared_in: BUILD_STAGE, origin, certainty };
    found.all(|(other, _)| other == version).then_some(one)
}

/// The interpreters that an image brings.
pub fn runtimes(about: &images::Image, origin: &Origin, certainty: &Certainty) -> Vec<RuntimePart> {
    let part = |tool, version: &Known<String>| RuntimePart {
        tool,
        version: version.clone(),
        declared_in: "image",
        origin: origin.clone(),
        certainty: certainty.clone(),
    };
    let mut found = Vec::new();
    if !matches!(about.python, Known::Absent) {
        let exact = about.python_exact.clone().map(Known::One);
        let mut python = part("python", exact.as_ref().unwrap_or(&about.python));
        if about.python_floats {
            python.certainty = Certainty::Default { variable: None };
        }
        found.push(python);
    }
    if about.node.one().is_some() {
        found.push(part("node", &about.node));
    }
    found
}

struct Resolver<'a, 't> {
    tree: &'t Tree,
    build: &'a Build,
    asked: &'a ImageBuild,
    as_of: &'a str,
    done: BTreeMap<usize, Installs>,
    commands: Vec<(Vec<String>, Span)>,
}

impl Resolver<'_, '_> {
    /// What a stage has installed, its parents included.
    fn installs(&mut self, stage: usize, depth: usize) -> Installs {
        if let Some(done) = self.done.get(&stage) {
            return done.clone();
        }
        let mut installs = Installs::default();
        if depth > 16 {
            return installs;
        }
        let (reference, ..) = external_base(self.build, stage);
        let about = reference.one().map(|reference| images::describe(reference, self.as_of));
        if about.as_ref().is_none_or(|about| about.distro.is_unknown()) {
            installs.system_complete = Err(Reason::new("what the base image holds is not known"));
        }
        let python = about.and_then(|about| about.python_exact.or_else(|| about.python.one().cloned()));
        for index in self.build.chain(stage) {
            self.one_stage(index, &mut installs, python.as_deref(), depth);
        }
        self.done.insert(stage, installs.clone());
        installs
    }

    /// The variables of a step. An argument without a default is not set where whoever builds the image gives none.
    fn vars(&self, stage: &Stage, step: &Step) -> Vars {
        let mut vars = (*step.vars).clone();
        if self.asked.span.is_some() {
            let open = stage.args.iter().filter(|(_, var)| var.is_none()).map(|(name, _)| name);
            for name in open.filter(|name| !vars.contains_key(*name)).cloned().collect::<Vec<_>>() {
                let certainty = Certainty::Default { variable: Some(name.clone()) };
                vars.insert(name, Var { value: Known::Absent, certainty, origin: Origin::default() });
            }
        }
        vars
    }

    fn one_stage(&mut self, index: usize, installs: &mut Installs, python: Option<&str>, depth: usize) {
        let Some(stage) = self.build.stages.get(index) else { return };
        let name = stage.name.as_ref().map_or_else(|| format!("stage-{index}"), |name| name.value.clone());
        let context = stage.context.as_ref().unwrap_or(&self.asked.context);
        for step in &stage.steps {
            match &step.action {
                Action::Run { body, mounts, .. } => {
                    let mut container = Container::of_stage(self.tree, self.build, index, context);
                    for mount in mounts.iter().filter(|mount| mount.kind == "bind" && mount.from.is_none()) {
                        let field = |names: &[&str]| names.iter().find_map(|name| mount.fields.get(*name));
                        if let (Some(source), Some(target)) =
                            (field(&["source", "src"]), field(&["target", "dst", "destination"]))
                        {
                            let outside = crate::discover::paths::join(context, source).unwrap_or_default();
                            container.mount(&outside, &absolute(step.workdir.as_deref().unwrap_or("/"), target));
                        }
                    }
                    for other in from_stage::mounted(mounts).filter(|other| *other != index) {
                        let there = self.installs(other, depth + 1);
                        installs::take_wheels(installs, &there, step.span);
                    }
                    container.workdir = absolute("/", step.workdir.as_deref().unwrap_or("/"));
                    let place = Place {
                        tree: self.tree,
                        workdir: container.workdir.clone(),
                        stage: name.clone(),
                        context: context.clone(),
                        markers: MarkerEnv::linux(python),
                        container: &container,
                    };
                    let vars = self.vars(stage, step);
                    for executed in runner::followed(run_commands(body, vars, &container), &container, self.tree) {
                        installs::run(installs, &executed, &place);
                        self.commands.push((installers::called(&executed), executed.span));
                    }
                }
                Action::Copy { from: Some(CopyFrom::Stage(other)), sources, dest, .. } if *other != index => {
                    let there = self.installs(*other, depth + 1);
                    let env = self.build.stages.get(*other).map(|stage| stage.env.clone()).unwrap_or_default();
                    for source in sources {
                        from_stage::copied(installs, &there, &source.value, &env, step.span, dest.span);
                        let to = absolute(step.workdir.as_deref().unwrap_or("/"), &dest.value);
                        let into = dest.value.ends_with(['/', '.']) || sources.len() > 1;
                        exports::take_over(installs, &there, &absolute("/", &source.value), &to, into);
                    }
                }
                Action::Copy { .. } => {}
            }
        }
    }
}

/// The commands of a RUN instruction.
fn run_commands(body: &RunBody, vars: Vars, container: &Container<'_>) -> Vec<Executed> {
    let world = World::Open(vars);
    match body {
        RunBody::Shell { text, map } => {
            let script = shell::parse(text, map, Dialect::Bash);
            shell::evaluate(&script, &world, &[], container).commands
        }
        RunBody::Heredoc { text, map, .. } => {
            let script = shell::parse(text, map, Dialect::Bash);
            shell::evaluate(&script, &world, &[], container).commands
        }
        RunBody::Exec(words) => exec_commands(&known(words), &world, container),
    }
}

/// The commands of an exec form: the words themselves, or what `sh -c` is given.
pub fn exec_commands(words: &[Word], world: &World, container: &Container<'_>) -> Vec<Executed> {
    let Some(first) = words.first() else { return Vec::new() };
    let span = words.iter().fold(first.span, |span, word| span.to(word.span));
    let texts: Option<Vec<&String>> = words.iter().map(|word| word.text.one()).collect();
    let Some(texts) = texts else {
        let script = shell::parse("\"$@\"", &SpanMap::Whole(span), Dialect::Bash);
        return shell::evaluate(&script, world, words, container).commands;
    };
    let quoted: Vec<String> = texts.iter().map(|text| format!("'{}'", text.replace('\'', "'\\''"))).collect();
    let text = quoted.join(" ");
    let length = |word: &Word| (word.span.end - word.span.start) as usize;
    let mut at = 0;
    let mut starts = Vec::new();
    for (word, quoted) in words.iter().zip(&quoted) {
        let inner = length(word) == word.raw.len();
        starts.push((at, word.span.start.saturating_sub(u32::from(inner))));
        at += u32::try_from(quoted.len() + 1).unwrap_or(1);
    }
    let plain = words.iter().all(|word| [word.raw.len(), word.raw.len() + 2].contains(&length(word)));
    let map = if plain { SpanMap::Pieces { file: first.span.file, starts } } else { SpanMap::Whole(span) };
    let script = shell::parse(&text, &map, Dialect::Bash);
    shell::evaluate(&script, world, &[], container).commands
}

fn known(words: &[Spanned<String>]) -> Vec<Word> {
    words.iter().cloned().map(Word::from).collect()
}

/// The words and place of an image's command.
pub fn command_words(command: &Command) -> (Vec<Word>, Span) {
    match command {
        Command::Exec { words, span } => (known(words), *span),
        Command::Shell { text, span, .. } => {
            let words = ["/bin/sh", "-c", text].iter().map(|word| Word::known(*word, *span)).collect();
            (words, *span)
        }
    }
}
