//! What says that a host or a tool deploys the application: its files, the commands that deploy, those that set variables there.

use serde::Deserialize;

use super::table::{table, wildcard};

/// A file of a host, or of a tool for deploying.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct HostFile {
    file: String,
    #[serde(default)]
    holds: String,
    /// What it is, in words.
    pub is: String,
    /// Whether it says nothing where something else says what runs.
    #[serde(default)]
    pub weak: bool,
    /// The mapping in it whose keys name environments.
    pub keys: Option<String>,
    /// Whether it is one only where its name holds an environment's word.
    #[serde(default)]
    pub named: bool,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandRow {
    command: String,
    #[serde(default)]
    target: bool,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

/// A command that hands variables over to what a platform runs.
#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Handing {
    /// The program's names.
    pub programs: Vec<String>,
    /// The words that follow, in this order.
    pub words: Vec<String>,
    /// Which word after those is the variable's name, from 0; none where names stand in pairs `NAME=value`.
    pub name_at: Option<usize>,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EngineRow {
    host: String,
    name: String,
    image: String,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) as_of: String,
    files: Vec<HostFile>,
    commands: Vec<CommandRow>,
    remote: Vec<CommandRow>,
    telling: Vec<CommandRow>,
    handing: Vec<Handing>,
    engines: Vec<EngineRow>,
}
table!(table, Table, "hosts.toml");

impl HostFile {
    /// What stands in a path for the pattern's first `*`, to the name's end or what the pattern ends with; nothing where it has none.
    pub fn free<'p>(&self, path: &'p str) -> &'p str {
        let (name, pattern) = (last(path), last(&self.file));
        let Some((before, after)) = pattern.split_once('*') else { return "" };
        let rest = name.strip_prefix(before).unwrap_or(name);
        rest.strip_suffix(after).unwrap_or(rest)
    }

    fn is_at(&self, path: &str) -> bool {
        let within = self.file.rsplit_once('/').is_none_or(|(folder, _)| {
            let held = path.rsplit_once('/').map_or("", |(held, _)| held);
            held.strip_suffix(folder).is_some_and(|before| before.is_empty() || before.ends_with('/'))
        });
        within && wildcard(last(&self.file), last(path))
    }
}

/// The file of a host at a path; `text` gives what it holds.
pub fn file<'t>(path: &str, text: impl Fn() -> &'t str) -> Option<&'static HostFile> {
    table().files.iter().find(|row| row.is_at(path) && (row.holds.is_empty() || text().contains(&row.holds)))
}

/// The commands that deploy.
pub fn commands() -> impl Iterator<Item = &'static str> {
    table().commands.iter().map(|row| row.command.as_str())
}

/// What scripts that are named for deploying do on servers; of a target of make, less says it.
pub fn remote(target: bool) -> impl Iterator<Item = &'static str> {
    table().remote.iter().filter(move |row| row.target || !target).map(|row| row.command.as_str())
}

/// How commands begin that set variables of a platform.
pub fn telling() -> impl Iterator<Item = &'static str> {
    table().telling.iter().map(|row| row.command.as_str())
}

/// The commands that hand variables over.
pub fn handing() -> &'static [Handing] {
    &table().handing
}

/// The image that is like a service of a host: `postgres` for App Platform's `PG`.
pub fn engine(host: &str, name: &str) -> Option<&'static str> {
    let row = table().engines.iter().find(|row| row.host == host && row.name == name)?;
    Some(&row.image)
}

/// The date the table stands for.
pub fn as_of() -> &'static str {
    &table().as_of
}

fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::file;

    #[test]
    fn files_are_known_by_name_by_folder_and_by_what_they_hold() {
        let is = |path: &str, text: &'static str| {
            file(path, || text).map(|row| (row.is.as_str(), row.free(path).to_owned()))
        };
        let of = |is: &'static str, word: &str| Some((is, word.to_owned()));
        assert_eq!(is("ops/shop-qa.nomad.hcl", ""), of("a job of Nomad", "shop-qa"));
        assert_eq!(is("config/deploy.staging.yml", "servers: [a]"), of("a deployment of Kamal", "staging"));
        assert_eq!(is("config/deploy.yml", "servers: [a]"), of("a deployment of Kamal", ""));
        assert_eq!(is("api/config/deploy.yml", "image: a"), None);
        assert_eq!(is("config/deploy/production.rb", ""), of("a stage of Capistrano", "production"));
        assert_eq!(is("Pulumi.yaml", "runtime: python"), of("a program of Pulumi", ""));
        assert_eq!(is("vercel.json", "{}"), None);
    }
}
