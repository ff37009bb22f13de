//! Production's data on its way to another environment.

use super::state::Statements;
use crate::discover::{Kind, paths};
use crate::formats::Vars;
use crate::formats::shell::Dialect;
use crate::links::Repository;
use crate::links::repository::words;
use crate::model::{Dimension, Origin, Role, Span, SpanMap, StepKind};

/// Words that speak of what is done with data before others see it, or of a copy without data.
const MASKING: [&str; 16] = [
    "anonym",
    "mask",
    "scrub",
    "faker",
    "greenmask",
    "sanitiz",
    "sanitis",
    "obfuscat",
    "pseudonym",
    "redact",
    "update ",
    "delete ",
    "truncate ",
    "schema-only",
    "no-data",
    " -s ",
];

/// A copy: the command that reads, and the one that writes.
struct Copied {
    read: Span,
    written: Span,
    role: Role,
}

/// States the scripts and jobs that copy production's data into an environment of this role, and say nothing of masking it.
pub(super) fn state(statements: &mut Statements, repository: &Repository<'_>, role: Role) {
    if role == Role::Production {
        return;
    }
    for file in repository.of(Kind::Shell) {
        let Ok(text) = repository.tree.text(*file) else { continue };
        let map = SpanMap::Linear { file: *file, base: 0 };
        one(statements, repository, role, repository.tree.path(*file), (text, &map));
    }
    for (_, workflow) in repository.workflows() {
        for (job, run) in workflow
            .jobs
            .iter()
            .flat_map(|job| job.steps.iter().filter_map(move |step| Some((job, step.run.as_ref()?))))
        {
            one(statements, repository, role, &job.id.value, (&run.text, &run.map));
        }
    }
}

fn one(statements: &mut Statements, repository: &Repository<'_>, role: Role, key: &str, (text, map): (&str, &SpanMap)) {
    if !["dump", "heroku"].iter().any(|word| text.contains(word)) {
        return;
    }
    let plain = text.to_lowercase();
    let commands = repository.commands(text, map, "", Vars::new(), Dialect::Bash);
    let argvs: Vec<(Vec<String>, Span)> = commands.iter().map(|executed| (words(executed), executed.span)).collect();
    if let Some(found) =
        copied(&argvs).filter(|found| found.role == role && !MASKING.iter().any(|word| plain.contains(word)))
    {
        let origin = Origin::set(found.read).then(StepKind::Used, found.written);
        statements.about(None, Dimension::Pipeline, key).text("copies", "production's data", &origin);
    }
}

/// The first copy of production's data among commands.
fn copied(argvs: &[(Vec<String>, Span)]) -> Option<Copied> {
    let program = |argv: &[String]| argv.first().map(|word| paths::name(word).to_owned()).unwrap_or_default();
    let mut read = None;
    for (argv, span) in argvs {
        let roles: Vec<Role> = argv.iter().skip(1).filter_map(|word| role_of(word)).collect();
        match program(argv).as_str() {
            "heroku" if argv.get(1).is_some_and(|word| word == "pg:copy") => {
                if let [Role::Production, role] = roles.as_slice() {
                    return Some(Copied { read: *span, written: *span, role: *role })
                        .filter(|found| found.role != Role::Production);
                }
            }
            "pg_dump" | "mysqldump" | "mariadb-dump" | "mongodump" => {
                read = (roles == [Role::Production]).then_some(*span);
            }
            "psql" | "pg_restore" | "mysql" | "mariadb" | "mongorestore" => {
                if let (Some(read), [role]) = (read, roles.as_slice())
                    && *role != Role::Production
                {
                    return Some(Copied { read, written: *span, role: *role });
                }
            }
            _ => {}
        }
    }
    None
}

/// The role that a word of a command names: a host, an application, a variable.
fn role_of(word: &str) -> Option<Role> {
    let word = word.to_ascii_lowercase();
    word.split(|c: char| !c.is_ascii_alphanumeric()).find_map(|part| {
        Some(match part {
            "prod" | "production" => Role::Production,
            "staging" | "stage" => Role::Staging,
            "test" | "testing" => Role::Test,
            "dev" | "development" | "local" | "localhost" => Role::Development,
            _ => return None,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FileId;

    fn role(lines: &[&str]) -> Option<Role> {
        let words = |line: &&str| (line.split(' ').map(str::to_owned).collect(), Span::new(FileId(0), 0, 0));
        copied(&lines.iter().map(words).collect::<Vec<_>>()).map(|found| found.role)
    }

    #[test]
    fn a_dump_of_production_that_is_loaded_elsewhere_is_a_copy() {
        assert_eq!(role(&["pg_dump $PROD_DATABASE_URL -f a", "psql $STAGING_DATABASE_URL -f a"]), Some(Role::Staging));
        assert_eq!(role(&["heroku pg:copy shop-prod::DATABASE DATABASE --app shop-staging"]), Some(Role::Staging));
        assert_eq!(role(&["pg_dump $PROD_URL -f a", "psql $PRODUCTION_REPLICA -f a"]), None);
        assert_eq!(role(&["pg_dump $STAGING_URL -f a", "psql $DEV_URL -f a"]), None);
        assert_eq!(role(&["pg_dump shop -f a", "psql shop -f a"]), None);
    }
}
