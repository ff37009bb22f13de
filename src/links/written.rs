//! Variables that a job writes into a file of variables before it starts what it deploys: lines that are echoed or printed into
//! it, here-documents, and groups of commands whose output it is.
//!
//! The names alone are read: what the job writes for which of its environments is not followed.

use super::charts::is_variable;
use crate::discover::paths;
use crate::formats::small::lines;
use crate::formats::workflow::Job;
use crate::model::Span;

/// The names, each with the place where it is written.
pub(crate) fn by(job: &Job) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    for step in &job.steps {
        if let Some(run) = &step.run {
            of_text(&run.text, &mut |name, at| found.push((name.to_owned(), run.map.span(at, at))));
        }
        for (_, text) in step.with.iter().filter(|(name, _)| ["script", "command", "run"].contains(&name.as_str())) {
            of_text(&text.value, &mut |name, _| found.push((name.to_owned(), text.span)));
        }
    }
    found
}

/// What a line of a script is part of.
enum Within {
    /// Nothing that is written to a file of variables as a whole.
    Nothing,
    /// A here-document that goes to a file of variables and ends with this word.
    Document(String),
    /// A group of commands, with the names that were echoed in it so far.
    Group(Vec<(String, usize)>),
}

fn of_text(text: &str, add: &mut dyn FnMut(&str, usize)) {
    let mut within = Within::Nothing;
    for (start, line) in lines(text) {
        let bare = line.trim();
        match &mut within {
            Within::Document(end) => {
                if bare == end {
                    within = Within::Nothing;
                } else if let Some(name) = named(bare) {
                    add(name, start);
                }
                continue;
            }
            Within::Group(names) if bare.starts_with('}') || bare.starts_with(')') => {
                if is_written(bare) {
                    for (name, at) in names.iter() {
                        add(name, *at);
                    }
                }
                within = Within::Nothing;
                continue;
            }
            Within::Group(names) => names.extend(echoed(bare).map(|name| (name.to_owned(), start))),
            Within::Nothing => {}
        }
        // What goes to another shell is a script like this one.
        if let Some(end) = document(bare).filter(|_| is_written(bare)) {
            within = Within::Document(end.to_owned());
        } else if bare == "{" || bare == "(" {
            within = Within::Group(Vec::new());
        } else if let Some(name) = echoed(bare).filter(|_| is_written(bare)) {
            add(name, start);
        }
    }
}

/// The name of `NAME=value`.
fn named(line: &str) -> Option<&str> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    line.split_once('=').map(|(name, _)| name).filter(|name| is_variable(name))
}

/// The name that a line echoes or prints: `echo "NAME=$VALUE"`, `printf 'NAME=%s\n' "$VALUE"`.
fn echoed(line: &str) -> Option<&str> {
    let (program, rest) = line.split_once(' ')?;
    let rest = rest.trim_start().trim_start_matches("-e ").trim_start_matches(['"', '\'']);
    named(rest).filter(|_| ["echo", "printf"].contains(&program))
}

/// Whether a line redirects into a file of variables.
fn is_written(line: &str) -> bool {
    let file = |word: &str| {
        let name = paths::name(word.trim_matches(['"', '\'', ';'])).to_ascii_lowercase();
        name == ".env" || name.starts_with(".env.") || name.ends_with(".env")
    };
    let redirected = line.rsplit_once('>').and_then(|(_, rest)| rest.split_whitespace().next()).is_some_and(file);
    redirected || line.split_once("tee ").is_some_and(|(_, rest)| rest.split_whitespace().any(file))
}

/// The word that ends a here-document which a line begins.
fn document(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("<<")?;
    let word = rest.trim_start_matches('-').split_whitespace().next()?;
    Some(word.trim_matches(['"', '\'', '\\'])).filter(|word| !word.is_empty() && !word.starts_with('<'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        of_text(text, &mut |name, _| found.push(name.to_owned()));
        found
    }

    #[test]
    fn what_goes_to_a_file_of_variables_is_written() {
        assert_eq!(names("echo \"KEY=$KEY\" >> .env\necho HOST=a > out.txt\n"), ["KEY"]);
        assert_eq!(names("printf 'KEY=%s\\n' \"$KEY\" >> deploy/prod.env"), ["KEY"]);
        assert_eq!(names("cat > .env <<EOF\nKEY=$KEY\nHOST=a\nEOF\nPORT=1\n"), ["KEY", "HOST"]);
        assert_eq!(names("cat <<'EOF' | sudo tee /srv/.env.production\nKEY=1\nEOF\n"), ["KEY"]);
        assert_eq!(names("{\n  echo \"KEY=1\";\n  echo \"HOST=a\"\n} > deploy/.env\n"), ["KEY", "HOST"]);
        assert_eq!(names("ssh host <<'END'\ncat > .env <<EOF\nKEY=1\nEOF\nEND\n"), ["KEY"]);
        assert!(names("cat > app.conf <<EOF\nKEY=1\nEOF\n{\n  echo KEY=1\n} > notes\n").is_empty());
    }
}
