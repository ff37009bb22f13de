use std::collections::BTreeMap;

use super::{Scan, What};
use crate::discover::{Overlay, Tree};
use crate::links::Repository;

/// What a script writes: names with their values, `?` for one that is not known, and the files that are copied.
fn written(text: &str) -> Vec<String> {
    let env = BTreeMap::from([("PLACE", "here")]);
    let mut scan = Scan { env: &env, sure: true, depth: 0, found: Vec::new() };
    scan.text(text);
    let shown = |(file, what, _): (String, What, usize)| match what {
        What::Sets(name, value) => format!("{name}={}", value.as_deref().unwrap_or("?")),
        What::Copies(from) => format!("{from} to {file}"),
        What::Blurs => "blurred".to_owned(),
    };
    scan.found.into_iter().map(shown).collect()
}

#[test]
fn what_goes_to_a_file_of_variables_is_written() {
    assert_eq!(written("echo \"KEY=$KEY\" >> .env\necho HOST=a > out.txt\n"), ["KEY=?"]);
    assert_eq!(written("printf 'KEY=%s\\n' \"$KEY\" >> deploy/prod.env"), ["KEY=?"]);
    assert_eq!(written("cat > .env <<EOF\nKEY=$KEY\nHOST=a\nEOF\nPORT=1\n"), ["KEY=?", "HOST=a"]);
    assert_eq!(written("cat <<'EOF' | sudo tee /srv/.env.production\nKEY=1\nEOF\n"), ["KEY=1"]);
    assert_eq!(written("{\n  echo \"KEY=1\";\n  echo \"HOST=a\"\n} > deploy/.env\n"), ["KEY=1", "HOST=a"]);
    assert_eq!(written("ssh host <<'END'\ncat > .env <<EOF\nKEY=1\nEOF\nEND\n"), ["KEY=1"]);
    assert!(written("cat > app.conf <<EOF\nKEY=1\nEOF\n{\n  echo KEY=1\n} > notes\n").is_empty());
}

#[test]
fn a_value_is_known_where_nothing_outside_has_a_part_in_it() {
    assert_eq!(written("echo \"DEBUG=0\" >> .env\necho 'ALPHA=b' >>.env"), ["DEBUG=0", "ALPHA=b"]);
    assert_eq!(
        written("echo KEY=${{ secrets.KEY }} >> .env\necho \"PLACE=${{ env.PLACE }}\" >> .env"),
        ["KEY=?", "PLACE=here"]
    );
    assert_eq!(written("if x; then\n  echo ALPHA=1 >> .env\nfi\necho BETA=2 >> .env"), ["ALPHA=?", "BETA=2"]);
    assert_eq!(written("echo \"ALPHA=$(date)\" >> .env\necho \"BETA=1\\nC=2\" >> .env"), ["ALPHA=?", "BETA=?"]);
}

#[test]
fn samples_are_copied_and_edited() {
    assert_eq!(
        written("cp .env.example .env\nsed -i 's/^ALPHA=.*/ALPHA=2/' .env"),
        [".env.example to .env", "ALPHA=2"]
    );
    let folded = "sed -e 's#^DB_URL=.*#DB_URL=postgres://a@b/c#' -e '/^X=/d' conf/env.template > .env";
    assert_eq!(written(folded), ["conf/env.template to .env", "DB_URL=postgres://a@b/c"]);
    assert_eq!(written("sed -i 's/a/b/' .env\nenvsubst < a.env > .env"), ["blurred", "a.env to .env"]);
    assert!(written("cp .env.example notes").is_empty());
}

#[test]
fn the_last_that_writes_a_variable_counts() {
    let flow = "on: push\njobs:\n  a:\n    runs-on: u\n    steps:\n      - run: cp sample.env .env\n      - {if: github.ref, run: echo BETA=3 >> .env}\n      - run: echo GAMMA=4 >> .env\n";
    let files = [(".github/workflows/a.yml", flow), ("sample.env", "ALPHA=1\nBETA=2\nGAMMA=3\n")];
    let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
    let repository = Repository::read(&tree);
    let (_, workflow) = &repository.workflows()[0];
    let vars = super::vars(&tree, workflow, &workflow.jobs[0], &|name| name == ".env");
    let value = |name: &str| vars[name].value.one().cloned();
    assert_eq!((value("ALPHA").as_deref(), value("BETA"), value("GAMMA").as_deref()), (Some("1"), None, Some("4")));
}
