//! Tests in an image that the job itself has built: `docker run app pytest`.

use super::images;
use super::plan::{CommandLine, ImageBuild, Planned, Runs, Unit};
use super::published::{self, step_args};
use crate::discover::paths;
use crate::formats::small::quoted;
use crate::formats::workflow::Step;
use crate::formats::{Var, Vars};
use crate::links::container_exec;
use crate::links::docker_run::RunCall;
use crate::links::{Call, Caller, Meaning, Repository, view};
use crate::model::{FileId, Known, Origin, Reason, SpanMap, Spanned};

/// Adds the image that a call runs the tests in; whether it is one.
pub(super) fn add(repository: &Repository<'_>, call: &Call, planned: &mut Planned) -> bool {
    let (Meaning::RunsImage(run), Caller::Job { file, job }) = (&call.meaning, &call.caller) else {
        return in_container(call, planned);
    };
    let Some(image) = built(repository, (*file, job), &run.image) else {
        return in_checkout(repository, call, run, planned);
    };
    let words: Vec<String> = run.command.iter().map(|word| quoted(word)).collect();
    let (text, map) = (words.join(" "), SpanMap::Whole(call.span));
    let given = variables(repository, call, &run.env);
    let tests = || {
        let first = run.command.first().and_then(|word| in_context(repository, &image.context, word));
        let inside = first.map(|path| std::iter::once(path).chain(words.iter().skip(1).cloned()).collect::<Vec<_>>());
        let inside = inside.map_or_else(|| text.clone(), |words| words.join(" "));
        let found = repository.calls_of((&inside, &map), &image.context, given.clone(), &call.caller);
        found.iter().any(|call| call.meaning == Meaning::Tests)
    };
    if run.command.is_empty() || !tests() {
        return false;
    }
    planned.add_evidence(call.span, format!("job {job} runs the tests in an image"));
    planned.add_file(image.dockerfile);
    let taken = |name: &str| planned.units.iter().any(|unit| unit.name == name);
    let name = if taken(job) { format!("{job}-image") } else { job.clone() };
    if taken(&name) {
        return true;
    }
    let command = CommandLine { text, map, span: call.span };
    planned.variables.insert(name.clone(), given);
    planned.units.push(Unit { name, runs: Runs::Process { command, image: Some(image), native: None } });
    true
}

/// Adds that a call runs the tests in a container which something else has started, where no file says what that is; whether it does.
fn in_container(call: &Call, planned: &mut Planned) -> bool {
    let Caller::Job { file, job } = &call.caller else { return false };
    if call.meaning != Meaning::Other || !container_exec::tests(&call.argv) {
        return false;
    }
    planned.add_evidence(call.span, format!("job {job} runs the tests in a container that is started elsewhere"));
    planned.add_file(*file);
    planned.only_named = planned.units.is_empty();
    true
}

/// Adds the image of others in which a call runs the tests of the checkout that is mounted; whether it is one.
fn in_checkout(repository: &Repository<'_>, call: &Call, run: &RunCall, planned: &mut Planned) -> bool {
    let Caller::Job { file, job } = &call.caller else { return false };
    let checkout = |mount: &String| {
        let source = mount.split(':').next().unwrap_or_default().trim_matches('"');
        let named = ["pwd", "workspace", "sourcesdirectory", "project_dir"];
        source == "." || source.contains(['$', '…']) && named.iter().any(|name| source.to_lowercase().contains(name))
    };
    let words: Vec<String> = run.command.iter().map(|word| quoted(word)).collect();
    let (text, map) = (words.join(" "), SpanMap::Whole(call.span));
    let tests = || {
        let found = repository.calls_of((&text, &map), "", Vars::new(), &call.caller);
        found.iter().any(|call| call.meaning == Meaning::Tests)
    };
    if words.is_empty() || !run.mounts.iter().any(checkout) || !tests() {
        return false;
    }
    planned.add_evidence(call.span, format!("job {job} runs the tests of the checkout in an image"));
    planned.add_file(*file);
    if run.image.contains(['$', '…']) {
        // Of an image without a name nothing more is known than that.
        planned.only_named = planned.units.is_empty();
        return true;
    }
    let command = CommandLine { text, map, span: call.span };
    let image = Spanned::new(run.image.clone(), call.span);
    planned.variables.insert(job.clone(), variables(repository, call, &run.env));
    planned.units.push(Unit { name: job.clone(), runs: Runs::Pulled { image, command: Some(command) } });
    true
}

/// The file of a build context that a path of the image is: that which has the end of its path.
pub(super) fn in_context(repository: &Repository<'_>, context: &str, path: &str) -> Option<String> {
    let mut rest = path.strip_prefix('/')?;
    loop {
        if paths::join(context, rest).is_some_and(|found| repository.tree.find(&found).is_some()) {
            return Some(format!("./{rest}"));
        }
        rest = rest.split_once('/')?.1;
    }
}

/// The variables that a call hands to the container: its own, and those of the job.
pub(super) fn variables(repository: &Repository<'_>, call: &Call, given: &[String]) -> Vars {
    let of_job = |name: &str| {
        let Caller::Job { file, job } = &call.caller else { return None };
        let workflow = repository.workflow(*file)?;
        let own = workflow.jobs.iter().find(|other| other.id.value == *job)?;
        let found = own.env.get(name).or_else(|| workflow.env.get(name))?;
        (!found.value.contains("${{")).then(|| Var::set(found.value.clone(), Origin::set(found.span)))
    };
    let one = |text: &String| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let bare = value.trim_matches('"').trim_start_matches('$').trim_matches(['{', '}']);
        let handed = match text.split_once('=') {
            Some((_, value)) if !value.contains(['$', '…']) => Some(Var::set(value, Origin::set(call.span))),
            Some(_) => of_job(bare),
            None => of_job(name),
        };
        let unknown = || {
            let value = Known::Unknown(Reason::at("the job hands it on", call.span));
            Var { value, ..Var::set("", Origin::set(call.span)) }
        };
        (name.to_owned(), handed.unwrap_or_else(unknown))
    };
    given.iter().map(one).collect()
}

/// What a job has built under a name: by a command, or by a step.
fn built(repository: &Repository<'_>, (file, job): (FileId, &String), name: &str) -> Option<ImageBuild> {
    let caller = Caller::Job { file, job: job.clone() };
    let by_command = repository.calls.iter().filter(|call| call.caller == caller).find_map(|call| {
        let Meaning::Builds(build) = &call.meaning else { return None };
        build.tags.iter().find(|tag| is_same(tag, name))?;
        let context = paths::join(&call.folder, &build.context)?;
        let path = match &build.dockerfile {
            Some(path) => paths::join(&call.folder, path),
            None => paths::join(&context, "Dockerfile"),
        };
        let dockerfile = repository.tree.find(&path?)?;
        let (target, args) = (build.target.clone(), build.args.clone());
        Some(ImageBuild { dockerfile, context, target, args, span: Some(call.span) })
    });
    let workflow = repository.workflow(file)?;
    let steps = || workflow.jobs.iter().filter(|other| other.id.value == *job).flat_map(|job| &job.steps);
    by_command.or_else(|| steps().find_map(|step| by_step(repository, step, name)))
}

fn by_step(repository: &Repository<'_>, step: &Step, name: &str) -> Option<ImageBuild> {
    let folder = view::built_by_step(step)?;
    let with = |name: &str| step.with.get(name);
    let tags = with("tags")?;
    tags.value.split(['\n', ',']).find(|tag| is_same(tag.trim(), name))?;
    let file = with("file").and_then(|file| repository.tree.find(&paths::join("", &file.value)?));
    let dockerfile = file.or_else(|| repository.tree.find(&paths::join(&folder, "Dockerfile")?))?;
    let target = with("target").map(|target| target.value.clone()).filter(|target| !target.contains("${{"));
    let context = with("context").and_then(|context| paths::join("", &context.value));
    let context = context.filter(|context| !context.contains("${{"));
    let context = context.unwrap_or_else(|| images::context_of(repository, dockerfile));
    let image = ImageBuild {
        target,
        args: step_args(step),
        context,
        ..published::plain(repository, dockerfile, Some(tags.span))
    };
    Some(image)
}

/// Whether a tag and what is run are one image; what an expression comes to is the same in both.
fn is_same(tag: &str, name: &str) -> bool {
    let bare = |text: &str| {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${{") {
            out.push_str(before);
            out.push('…');
            rest = after.split_once("}}").map_or("", |(_, after)| after);
        }
        out.push_str(rest);
        out.strip_suffix(":latest").map_or(out.clone(), str::to_owned)
    };
    bare(tag) == bare(name)
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const IMAGE: (&str, &str) = ("Dockerfile", "FROM python:3.13\nCOPY . /app\nCMD gunicorn a.wsgi\n");

    fn tested(steps: &str) -> bool {
        let flow = format!("on: push\njobs: {{t: {{runs-on: u, steps: [{steps}]}}}}\n");
        let files = [
            IMAGE,
            ("requirements.txt", "django\n"),
            (".github/workflows/t.yml", flow.as_str()),
            ("ci/all.sh", "#!/bin/sh\npython manage.py test\n"),
        ];
        environments(&files).iter().any(|line| line.starts_with("test test:") && line.contains("Dockerfile"))
    }

    #[test]
    fn tests_run_in_the_image_that_their_job_has_built() {
        let built = "{run: docker build -t app .}";
        for command in ["python manage.py test", "bash -c '. ./ci/all.sh'", "sh ci/all.sh", "pytest"] {
            assert!(tested(&format!("{built}, {{run: \"docker run --rm -e A=1 app {command}\"}}")), "{command}");
        }
        assert!(!tested(&format!("{built}, {{run: docker run app flake8}}")));
        assert!(!tested(&format!("{built}, {{run: docker run other pytest}}")));
        assert!(tested(&format!("{built}, {{run: docker run --entrypoint=/app/ci/all.sh app}}")));
        let mounted = |mount: &str, image: &str| {
            let step = format!("{{run: 'docker run -v {mount}:/src -w /src {image} sh -c \"pip list && pytest\"'}}");
            let flow = format!("on: push\njobs: {{t: {{runs-on: u, steps: [{step}]}}}}\n");
            let found = environments(&[IMAGE, (".github/workflows/t.yml", &flow)]);
            found.iter().any(|line| line.starts_with("test test:"))
        };
        assert!(mounted("$(pwd)", "python:3.13"), "the checkout in an image of others");
        assert!(mounted("${{ github.workspace }}", "acme/base:${{ github.sha }}"));
        assert!(!mounted("/srv", "python:3.13"));
        let step = "{uses: docker/build-push-action@v6, with: {load: true, tags: 'app:${{ github.sha }}'}}";
        assert!(tested(&format!("{step}, {{run: 'docker run app:${{{{ github.sha }}}} pytest'}}")));
    }
}
