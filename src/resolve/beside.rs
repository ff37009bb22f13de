//! What a server starts beside itself: uWSGI attaches programs to it, and runs hooks before it serves.

use super::part::Part;
use super::process::{self, CommandWords};
use super::server_options::{self, ServerOptions};
use crate::discover::Tree;
use crate::formats::World;
use crate::formats::shell::{Executed, When, Word};
use crate::links::container::absolute;
use crate::links::meaning;
use crate::links::repository::words;
use crate::model::{Span, Spanned};

/// Starts what a server's options attach to it, and notes what they run before it.
pub(super) fn start(part: &mut Part<'_>, server: &Executed, options: &ServerOptions, command: Span, tree: &Tree) {
    if server.when != When::Always {
        return;
    }
    for hook in &options.hooks {
        for executed in commands(part, server, hook).iter().filter(|executed| process::releases(executed)) {
            part.releases.push((words(executed), executed.span));
        }
    }
    for text in &options.attached {
        let found = commands(part, server, text);
        let all: Vec<&Executed> = found.iter().collect();
        part.commands.extend(all.iter().map(|executed| (words(executed), executed.span)));
        let Some(container) = part.container.clone() else { return };
        for executed in process::chosen(&all, &container, tree) {
            let options = server_options::of(&words(executed), executed, &container, tree);
            let served = process::served(executed, &options, &container, tree);
            let name = served.as_ref().map_or_else(|| named(&words(executed)), |served| served.id.to_owned());
            let key = format!("{}.{name}", part.name);
            process::add(part, key, (executed, served, options), command, None);
        }
    }
}

/// The commands of a text, run as the server runs.
fn commands(part: &Part<'_>, server: &Executed, text: &Spanned<String>) -> Vec<Executed> {
    let Some(mut container) = part.container.clone() else { return Vec::new() };
    container.workdir = absolute(&container.workdir, server.cwd.as_deref().unwrap_or_default());
    let vars = (*server.vars).clone();
    let world = if server.open { World::Open(vars) } else { World::Closed(vars) };
    let shell = ["/bin/sh", "-c", &text.value].iter().map(|word| Word::known(*word, text.span)).collect();
    let line = CommandWords { words: shell, span: text.span, map: None };
    process::evaluate(&line, &world, &container).0.commands
}

/// What a program is called: the command of `manage.py`, else its own name.
fn named(argv: &[String]) -> String {
    let words = meaning::unwrapped(argv);
    let mut plain =
        words.iter().filter(|word| !word.starts_with('-')).map(|word| word.rsplit('/').next().unwrap_or(word));
    let name = plain.find(|word| !meaning::is_python(word) && *word != "manage.py" && *word != "django-admin");
    name.unwrap_or("attached").to_owned()
}
