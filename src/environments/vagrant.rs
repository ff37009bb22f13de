//! What the description of a virtual machine runs to set it up.

use crate::discover::paths;
use crate::links::Repository;
use crate::model::SpanMap;

/// The scripts of a Vagrantfile at the top, in its order: those it holds itself, then those it names.
pub fn scripts<'t>(repository: &Repository<'t>) -> Vec<(&'t str, SpanMap)> {
    let tree = repository.tree;
    let Some(file) = tree.find("Vagrantfile") else { return Vec::new() };
    let Ok(text) = tree.text(file) else { return Vec::new() };
    let mut found = Vec::new();
    let (mut at, mut open): (usize, Option<(usize, &str)>) = (0, None);
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        match open {
            Some((body, end)) if line.trim() == end => {
                let map = SpanMap::Linear { file, base: u32::try_from(body).unwrap_or(0) };
                found.extend(text.get(body..start).map(|text| (text, map)));
                open = None;
            }
            Some(_) => {}
            None if line.trim_start().starts_with('#') => {}
            None => {
                open = heredoc(line).map(|end| (at, end));
                let named = named(line).and_then(|path| tree.find(&paths::join("", path)?));
                if let Some((text, file)) = named.and_then(|file| Some((tree.text(file).ok()?, file))) {
                    found.push((text, SpanMap::Linear { file, base: 0 }));
                }
            }
        }
    }
    found
}

/// The word that ends the text which a line of Ruby opens: `<<SCRIPT`, `<<-SHELL`, `<<~'EOF'`.
fn heredoc(line: &str) -> Option<&str> {
    let rest = line.split_once("<<")?.1.trim_start_matches(['-', '~', '"', '\'']);
    let end = rest.find(|c: char| !c.is_ascii_uppercase() && c != '_').unwrap_or(rest.len());
    (end > 1).then(|| rest.get(..end)).flatten()
}

/// The file that a line names as a script of the shell: `path: "setup.sh"`, `:path => 'setup.sh'`.
fn named(line: &str) -> Option<&str> {
    let rest = line.split_once("path:").or_else(|| line.split_once(":path"))?.1;
    let quote = rest.find(['"', '\''])?;
    let text = rest.get(quote + 1..)?;
    text.split(['"', '\'']).next().filter(|path| path.ends_with(".sh"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::{Overlay, Tree};

    #[test]
    fn scripts_stand_in_the_file_or_are_named_by_it() {
        let text = "$set_up = <<-SCRIPT\npip install django\nSCRIPT\nVagrant.configure(2) do |config|\n  \
                    config.vm.provision :shell, :path => 'ops/setup.sh'\n  # path: 'other.sh'\nend\n";
        let files = [("Vagrantfile", text), ("ops/setup.sh", "apt-get install -y redis\n"), ("other.sh", "")];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        let texts: Vec<&str> = scripts(&repository).into_iter().map(|(text, _)| text).collect();
        assert_eq!(texts, ["pip install django\n", "apt-get install -y redis\n"]);
    }
}
