//! Databases and caches that files of Terraform set up for what is deployed.

use super::Declared;
use super::declared::of_platform;
use crate::discover::aside::is_aside;
use crate::discover::{Tree, paths};
use crate::environments::words::naming;
use crate::formats::small::lines;
use crate::knowledge::{hosts, images, services};
use crate::model::{Role, Span, Spanned};

/// The services that the repository sets up, where all its files say the same of one: those of files that are named for another
/// role are not there.
pub(super) fn of(tree: &Tree, role: Role, as_of: &str) -> Vec<Declared> {
    if !matches!(role, Role::Production | Role::Staging) {
        return Vec::new();
    }
    let ours = |path: &str| path.ends_with(".tf") && !is_aside(path) && fits(path, role);
    let files = tree.files().filter(|(_, path)| ours(path));
    let mut found: Vec<Declared> = Vec::new();
    for (file, _) in files {
        let Ok(text) = tree.text(file) else { continue };
        for block in blocks(text) {
            let at =
                |start: usize, text: &str| Spanned::new(text.to_owned(), Span::new(file, start, start + text.len()));
            found.extend(service(&block, &at, as_of));
        }
    }
    let said =
        found.iter().map(|one| (one.family.clone(), one.product.clone(), one.version.clone())).collect::<Vec<_>>();
    found.retain(|one| said.iter().all(|(family, ..)| *family != one.family) || alike(one, &said));
    found.dedup_by(|a, b| a.family == b.family);
    found
}

/// Whether nothing says otherwise of a family of services.
fn alike(one: &Declared, said: &[(String, String, crate::model::Known<String>)]) -> bool {
    said.iter()
        .all(|(family, product, version)| *family != one.family || *product == one.product && *version == one.version)
}

/// Whether a path names no other environment than one of the role.
fn fits(path: &str, role: Role) -> bool {
    naming(path).role.is_none_or(|(named, _)| named == role) && paths::name(path) != "outputs.tf"
}

/// A block of a file: what kind it is, and the plain texts that its own keys have.
struct Block<'t> {
    kind: &'t str,
    start: usize,
    texts: Vec<(&'t str, usize, &'t str)>,
}

impl<'t> Block<'t> {
    fn text(&self, key: &str) -> Option<(usize, &'t str)> {
        self.texts.iter().find(|(name, ..)| *name == key).map(|(_, at, text)| (*at, *text))
    }
}

/// The blocks `resource "kind" "name" {` and `module "name" {` of a text.
fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut found: Vec<Block<'_>> = Vec::new();
    let mut depth = 0usize;
    for (start, line) in lines(text) {
        let bare = line.split(" #").next().unwrap_or_default();
        if bare.trim_start().starts_with(['#', '/']) {
            continue;
        }
        let mut quoted = bare.split('"');
        let head = quoted.next().unwrap_or_default().trim();
        if depth == 0 && bare.trim_end().ends_with('{') && matches!(head, "resource" | "module") {
            let kind = if head == "module" { head } else { quoted.next().unwrap_or_default() };
            found.push(Block { kind, start, texts: Vec::new() });
        } else if let (1, Some((key, value)), Some(block)) = (depth, bare.split_once('='), found.last_mut()) {
            let value = value.trim();
            let plain = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            if let Some(plain) = plain.filter(|plain| !plain.contains(['"', '$'])) {
                block.texts.push((key.trim(), start + line.find(plain).unwrap_or_default(), plain));
            }
        }
        depth = (depth + bare.matches('{').count()).saturating_sub(bare.matches('}').count());
    }
    found
}

/// The service that a block sets up: by its kind, or by the engine that it names with its version.
fn service(block: &Block<'_>, at: &dyn Fn(usize, &str) -> Spanned<String>, as_of: &str) -> Option<Declared> {
    let engine = block.text("engine").and_then(|(_, engine)| hosts::engine("terraform", engine));
    let image = hosts::engine("terraform", block.kind).or(engine)?;
    let version = block.text("engine_version").or_else(|| block.text("version"))?;
    let digits: &str = version.1.split(|c: char| !(c.is_ascii_digit() || c == '.')).next()?.trim_end_matches('.');
    let row = services::by_image(&images::describe(image, as_of).repository)?;
    let family = services::product(row.product)?.family.as_str();
    let version = Some(at(version.0, digits)).filter(|_| !digits.is_empty())?;
    Some(of_platform(&at(block.start, block.kind), (row.product, family), Some(&version)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Overlay;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let tree = Tree::open(Box::new(Overlay::of(files.iter().copied()))).unwrap();
        let all = of(&tree, Role::Production, "2026-08-22");
        all.iter().map(|one| format!("{} {}", one.product, one.version.one().map_or("?", String::as_str))).collect()
    }

    #[test]
    fn what_is_set_up_for_the_application_has_its_engine_and_version() {
        let own = "resource \"aws_db_instance\" \"main\" {\n  engine = \"postgres\"\n  engine_version = \"16.4\"\n  tags = {\n    version = \"2\"\n  }\n}\n";
        assert_eq!(found(&[("infra/db.tf", own)]), ["postgres 16.4"]);
        let azure = "resource \"azurerm_postgresql_flexible_server\" \"main\" {\n  version = \"17\"\n}\n";
        assert_eq!(found(&[("infra/db.tf", azure)]), ["postgres 17"]);
        let module = "module \"rds\" {\n  version = \"6.1.0\"\n  engine = \"aurora-postgresql\" # shared\n  engine_version = \"15\"\n}\n";
        assert_eq!(found(&[("infra/db.tf", module)]), ["postgres 15"]);
    }

    #[test]
    fn what_a_variable_decides_or_files_say_differently_is_not_known() {
        let own = |version: &str| {
            format!(
                "resource \"aws_db_instance\" \"main\" {{\n  engine = \"mysql\"\n  engine_version = {version}\n}}\n"
            )
        };
        assert!(found(&[("db.tf", &own("var.version"))]).is_empty());
        assert!(found(&[("a.tf", &own("\"8.0\"")), ("b.tf", &own("\"8.4\""))]).is_empty());
        assert_eq!(found(&[("prod/a.tf", &own("\"8.0\"")), ("dev/b.tf", &own("\"8.4\""))]), ["mysql 8.0"]);
        let module = "module \"site\" {\n  source = \"acme/site\"\n  version = \"6.1.0\"\n}\n";
        assert!(found(&[("a.tf", module)]).is_empty());
    }
}
