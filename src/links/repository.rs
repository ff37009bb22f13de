//! The files of a repository by kind, and the commands that its Makefiles, scripts, workflows and guides call.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::cluster_templates::Given;
use super::compose_files;
use super::console_scripts;
use super::container::Container;
use super::container_exec;
use super::meaning::Meaning;
use super::runners::Trail;
use super::{charts, ci_files, ci_places, handed, offered};
use crate::discover::aside::{documented, is_aside, vendored};
use crate::discover::classify::classify;
use crate::discover::{Kind, Tree, paths};
use crate::formats::dockerfile::Dockerfile;
use crate::formats::shell::{self, Dialect, Executed};
use crate::formats::workflow::{self, Workflow};
use crate::formats::{Vars, World, dockerfile};
use crate::model::{FileId, Known, Span, SpanMap, Spanned};

/// Who calls a command.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Caller {
    /// A target of a Makefile.
    Make {
        /// The Makefile.
        file: FileId,
        /// The target.
        target: String,
    },
    /// A script.
    Script(FileId),
    /// A job of a workflow.
    Job {
        /// The workflow.
        file: FileId,
        /// The job.
        job: String,
    },
    /// A code block of a guide.
    Guide(FileId),
}

/// A command that the repository calls somewhere outside its images.
#[derive(Clone, PartialEq, Debug)]
pub struct Call {
    /// The words.
    pub argv: Vec<String>,
    /// What it does.
    pub meaning: Meaning,
    /// Where.
    pub span: Span,
    /// The folder it runs in.
    pub folder: String,
    /// Who calls it.
    pub caller: Caller,
    /// Whether its failure stops nothing (`|| true`, `continue-on-error`).
    pub may_fail: bool,
}

/// A text of commands and where it runs.
pub(super) struct Script<'s> {
    /// The text.
    pub(super) text: &'s str,
    /// How it lies over its file.
    pub(super) map: &'s SpanMap,
    /// The folder it starts in.
    pub(super) folder: &'s str,
    /// Which shell reads it.
    pub(super) dialect: Dialect,
}

/// A repository, indexed.
pub struct Repository<'t> {
    /// The files.
    pub tree: &'t Tree,
    files: BTreeMap<Kind, Vec<FileId>>,
    workflows: BTreeMap<FileId, Arc<Workflow>>,
    /// Every call found outside images.
    pub calls: Vec<Call>,
    /// Variables that charts of Helm and templates of OpenShift give.
    pub charted: Arc<BTreeMap<String, Given>>,
    /// What charts say in so many words for variables that choose settings.
    pub chosen: Arc<BTreeMap<String, Spanned<String>>>,
    /// Variables that are handed to a platform when something is deployed there, and where.
    pub handed: Arc<BTreeMap<String, Span>>,
}

/// The words of an executed command; a word that is not known stands as it is written.
pub fn words(executed: &Executed) -> Vec<String> {
    // A word that is a flag or nothing is the flag: it must not be taken for an operand.
    let flag = |texts: &[String]| {
        let either = texts.iter().all(|text| text.is_empty() || text.starts_with('-'));
        texts.iter().find(|text| either && !text.is_empty()).cloned()
    };
    let text = |word: &shell::Word| match &word.text {
        Known::One(text) => text.clone(),
        Known::OneOf(texts, _) => flag(texts).unwrap_or_else(|| word.raw.replace(shell::HOLE, "…")),
        _ => word.raw.replace(shell::HOLE, "…"),
    };
    executed.argv.iter().map(text).collect()
}

impl<'t> Repository<'t> {
    /// Indexes a tree.
    pub fn read(tree: &'t Tree) -> Self {
        let mut files: BTreeMap<Kind, Vec<FileId>> = BTreeMap::new();
        let mut aside: BTreeMap<Kind, Vec<FileId>> = BTreeMap::new();
        // A CI reads its files at the top only; further down they belong to what was copied or generated there.
        let topmost =
            tree.files().any(|(_, path)| classify(path) == Some(Kind::Workflow) && ci_places::is_at_top(path));
        let vendored = vendored(tree);
        let copied_in = |path: &str| {
            vendored.iter().any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
        };
        for (file, path) in tree.files() {
            let kind = classify(path).filter(|kind| match kind {
                Kind::Compose => compose_files::is_compose(tree, file),
                Kind::Workflow => ci_places::is_pipeline(tree, file),
                // What a workflow sets up for itself.
                Kind::Kubernetes => !path.starts_with(".github/"),
                _ => true,
            });
            if let Some(kind) = kind {
                let copied =
                    kind == Kind::Workflow && topmost && !ci_places::is_at_top(path) && !ci_places::is_placed(path);
                let aside_of = is_aside(path) && documented(path).is_none();
                let into = if aside_of || copied || copied_in(path) { &mut aside } else { &mut files };
                into.entry(kind).or_default().push(file);
            }
        }
        let runners =
            [Kind::Dockerfile, Kind::Compose, Kind::Procfile, Kind::Workflow, Kind::Requirements, Kind::Project];
        if !runners.iter().any(|kind| files.contains_key(kind)) {
            for (kind, found) in aside {
                files.entry(kind).or_default().extend(found);
            }
        }
        for (kind, file) in offered::files(tree, |kind| files.contains_key(&kind)) {
            files.entry(kind).or_default().push(file);
        }
        let workflows = ci_files::read(tree, files.get(&Kind::Workflow).map_or(&[], Vec::as_slice));
        let (charted, chosen) = (Arc::default(), Arc::default());
        let mut repository =
            Self { tree, files, workflows, calls: Vec::new(), charted, chosen, handed: Arc::default() };
        repository.calls = repository.collect_calls();
        repository.charted = Arc::new(charts::variables(tree, &repository.calls));
        repository.chosen = Arc::new(charts::chosen(tree));
        let workflows = repository.workflows.values().map(AsRef::as_ref);
        repository.handed = Arc::new(handed::variables(tree, workflows, repository.of(Kind::Shell)));
        repository.add_named();
        repository
    }

    /// Files that a call names as compose files are some, whatever they are called.
    fn add_named(&mut self) {
        let mut named = Vec::new();
        for call in &self.calls {
            let Meaning::Composes(compose) = &call.meaning else { continue };
            let found = compose.files.iter().filter_map(|path| self.tree.find(&paths::join(&call.folder, path)?));
            named.extend(found.filter(|file| classify(self.tree.path(*file)).is_none_or(|kind| kind == Kind::Compose)));
        }
        self.add_all(Kind::Compose, named);
        // Images that jobs build of the whole project are its own, wherever their files lie, where it has no others.
        if self.of(Kind::Dockerfile).is_empty() {
            self.add_all(Kind::Dockerfile, offered::built_of_the_whole(self));
        }
    }

    fn add_all(&mut self, kind: Kind, found: Vec<FileId>) {
        if !found.is_empty() {
            let files = self.files.entry(kind).or_default();
            files.extend(found);
            files.sort_unstable();
            files.dedup();
        }
    }

    /// The same tree with some of the files and calls.
    pub(super) fn only(&self, keep: &dyn Fn(Kind, FileId) -> bool, calls: Vec<Call>) -> Self {
        let mut files = self.files.clone();
        for (kind, files) in &mut files {
            files.retain(|file| keep(*kind, *file));
        }
        files.retain(|_, files| !files.is_empty());
        let (charted, chosen, handed) = (Arc::clone(&self.charted), Arc::clone(&self.chosen), Arc::clone(&self.handed));
        Self { tree: self.tree, files, workflows: self.workflows.clone(), calls, charted, chosen, handed }
    }

    /// The files of a kind, by path; those in folders of examples only where there is nothing else.
    pub fn of(&self, kind: Kind) -> &[FileId] {
        self.files.get(&kind).map_or(&[], Vec::as_slice)
    }

    /// Whether there is anything to audit at all.
    pub fn is_empty(&self) -> bool {
        let speaking = [
            Kind::Dockerfile,
            Kind::Compose,
            Kind::Requirements,
            Kind::Project,
            Kind::Lock,
            Kind::Workflow,
            Kind::Procfile,
            Kind::Platform,
            Kind::Kubernetes,
            Kind::TaskDefinition,
            Kind::Devcontainer,
            Kind::AppJson,
        ];
        !speaking.iter().any(|kind| self.files.contains_key(kind))
            && !self.of(Kind::Python).iter().any(|file| paths::name(self.tree.path(*file)) == "manage.py")
    }

    /// A Dockerfile, parsed once.
    pub fn dockerfile(&self, file: FileId) -> Option<Arc<Dockerfile>> {
        self.tree.parsed(file, dockerfile::parse).ok()
    }

    /// A workflow with what it uses of the repository, read once.
    pub fn workflow(&self, file: FileId) -> Option<Arc<Workflow>> {
        self.workflows.get(&file).cloned()
    }

    /// All workflows.
    pub fn workflows(&self) -> Vec<(FileId, Arc<Workflow>)> {
        self.of(Kind::Workflow).iter().filter_map(|file| Some((*file, self.workflow(*file)?))).collect()
    }

    /// The commands of a script text, run in a checkout of the repository.
    pub fn commands(&self, text: &str, map: &SpanMap, folder: &str, vars: Vars, dialect: Dialect) -> Vec<Executed> {
        let script = shell::parse(text, map, dialect);
        let files = Container::checkout(self.tree, folder);
        shell::evaluate(&script, &World::Open(vars), &[], &files).commands
    }

    /// The calls of a text of commands, with what runners and scripts among them come to.
    pub fn calls_of(&self, (text, map): (&str, &SpanMap), folder: &str, vars: Vars, caller: &Caller) -> Vec<Call> {
        let mut calls = Vec::new();
        self.add(&Script { text, map, folder, dialect: Dialect::Bash }, vars, caller, &mut calls);
        calls
    }

    fn collect_calls(&self) -> Vec<Call> {
        let mut calls = Vec::new();
        self.task_calls(&mut calls);
        for (file, workflow) in self.workflows() {
            for job in &workflow.jobs {
                let caller = Caller::Job { file, job: job.id.value.clone() };
                let instances = std::cell::LazyCell::new(|| workflow::expand(&workflow, job, &BTreeMap::new()));
                for step in &job.steps {
                    let Some(run) = &step.run else { continue };
                    let varies = run.text.contains("matrix.");
                    let runs = if varies { ci_files::runs(run, &instances) } else { vec![run.clone()] };
                    let first = calls.len();
                    for run in &runs {
                        let folder = run.working_directory.as_ref().map_or("", |dir| dir.value.as_str());
                        let text = Script { text: &run.text, map: &run.map, folder, dialect: Dialect::Github };
                        let since = calls.len();
                        self.add(&text, ci_files::of_compose(&workflow, job, step), &caller, &mut calls);
                        let same = |at: usize, calls: &[Call]| calls[first..since].contains(&calls[at]);
                        for at in (since..calls.len()).rev() {
                            if same(at, &calls) {
                                calls.remove(at);
                            }
                        }
                    }
                    calls[first..].iter_mut().for_each(|call| call.may_fail |= step.continue_on_error);
                }
            }
        }
        for file in self.of(Kind::Guide) {
            self.guide_calls(*file, &mut calls);
        }
        for file in self.of(Kind::Shell) {
            self.script_calls(*file, &mut calls);
        }
        calls
    }

    /// What a script builds, starts with compose or deploys, whoever runs it: in the root, or where its folder is the only
    /// one that has what it speaks of.
    fn script_calls(&self, file: FileId, calls: &mut Vec<Call>) {
        let Ok(text) = self.tree.text(file) else { return };
        if !["docker", "podman", "kubectl"].iter().any(|tool| text.contains(tool)) {
            return;
        }
        let map = SpanMap::Linear { file, base: 0 };
        let script = Script { text, map: &map, folder: "", dialect: Dialect::Bash };
        let first = calls.len();
        self.add(&script, Vars::new(), &Caller::Script(file), calls);
        let told = |call: &Call| matches!(call.meaning, Meaning::Composes(_) | Meaning::Builds(_) | Meaning::Pushes(_));
        let kept: Vec<Call> = calls.split_off(first).into_iter().filter(told).collect();
        calls.extend(kept);
    }

    /// Adds the calls of a script.
    pub(super) fn add(&self, script: &Script<'_>, vars: Vars, caller: &Caller, calls: &mut Vec<Call>) {
        self.add_at(script, vars, caller, None, calls);
    }

    pub(super) fn add_at(
        &self,
        script: &Script<'_>,
        vars: Vars,
        caller: &Caller,
        trail: Option<&Trail<'_>>,
        calls: &mut Vec<Call>,
    ) {
        for executed in self.commands(script.text, script.map, script.folder, vars, script.dialect) {
            let argv = words(&executed);
            let mut meaning = match console_scripts::meaning_in(self.tree, &argv) {
                Meaning::Composes(call) => Meaning::Composes(call.filled(&executed.vars)),
                meaning => meaning,
            };
            let mut folder = executed
                .cwd
                .as_deref()
                .and_then(|cwd| paths::join(script.folder, cwd))
                .unwrap_or_else(|| script.folder.to_owned());
            if let Some((exec, stack)) = container_exec::read(self.tree, &argv, caller, calls) {
                (meaning, folder) = (exec, stack);
            }
            let first = calls.len();
            let followed = self.follow(&mut meaning, &argv, (&folder, executed.span), caller, trail, calls);
            calls[first..].iter_mut().for_each(|call| call.may_fail |= executed.ignored_failure);
            if (meaning != Meaning::Other || container_exec::tests(&argv)) && !followed {
                let may_fail = executed.ignored_failure;
                calls.push(Call { argv, meaning, span: executed.span, folder, caller: caller.clone(), may_fail });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Overlay;

    #[test]
    fn tasks_of_a_script_of_functions_are_called_by_name() {
        let script = "#!/usr/bin/env bash\nTTY=\"${TTY:-}\"\nif ! [ -t 0 ]; then TTY=\"-T\"; fi\n\
            _dc() { docker compose \"${DC:-exec}\" ${TTY} \"${@}\"; }\n\
            lint() { local cmd=(shellcheck); \"${cmd[@]}\" \"${@}\"; }\n\
            manage() { if [ \"${1-''}\" == \"test\" ]; then _dc web x; fi; _dc web python3 manage.py \"${@}\"; }\n\
            ci:test() { lint \"${@}\"; docker compose up -d; . .env\n manage test; }\nhelp() { :; }\ntime \"${@:-help}\"\n";
        let workflow = "on: push\njobs:\n  t:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: ./run ci:test\n";
        let tree =
            Tree::open(Box::new(Overlay::of([("run", script), (".github/workflows/ci.yml", workflow)]))).unwrap();
        let repository = Repository::read(&tree);
        let argvs: Vec<String> = repository.calls.iter().map(|call| call.argv.join(" ")).collect();
        assert_eq!(
            argvs.last().map(String::as_str),
            Some("docker compose exec ${TTY} web python3 manage.py test"),
            "{argvs:?}"
        );
    }
}
