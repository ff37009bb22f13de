//! Backing services by the role they play.

use super::Statements;
use crate::environments::words::role_of_value;
use crate::knowledge::{eol, images, services};
use crate::model::{Attr, Certainty, Dimension, Known, Origin, Reason, Role, Value};
use crate::resolve::services::{Declared, EAGER, OTHER, Proxy, Used};

/// States every service that is used, joined with what declares it, and every service that is only declared.
pub fn state(
    statements: &mut Statements,
    role: Role,
    used: &[Used],
    declared: &[Declared],
    talks: &[(&'static str, Origin)],
    as_of: &str,
) {
    let mut joined: Vec<usize> = Vec::new();
    for one in used {
        let at = counterpart(one, declared, talks);
        joined.extend(at);
        state_used(statements, one, at.and_then(|at| declared.get(at)), as_of);
        usual(statements, role, one);
    }
    let roles: Vec<&str> = used.iter().map(|one| one.role.as_str()).collect();
    let mut taken: Vec<String> = Vec::new();
    for (at, one) in declared.iter().enumerate() {
        let role = one.name.strip_prefix("role:").map_or_else(|| role_of(one), str::to_owned);
        // What is used in one role plays no other by its mere presence.
        if joined.contains(&at) {
            continue;
        }
        // Of several servers for one another's place nothing here says which the application speaks to, but that one of them is
        // called plainly what it is.
        let rivals = |other: &Declared| {
            let another_version =
                || other.version.one() != one.version.one() && other.name != one.name && !is_plain(one);
            other.family == one.family
                && (other.product != one.product || another_version())
                && !of_another_program(&other.name)
        };
        let one_of_several =
            role == "database" && one.family == "relational" && !is_set(one) && declared.iter().any(rivals);
        let role = if one_of_several { one.name.clone() } else { role };
        let free = !roles.contains(&role.as_str()) && !taken.contains(&role);
        let key = if free { role } else { one.name.trim_start_matches("role:").to_owned() };
        if taken.contains(&key) || roles.contains(&key.as_str()) {
            continue;
        }
        taken.push(key.clone());
        state_declared(statements, &key, one, as_of);
    }
}

/// Whether a database is called what it is and no more.
fn is_plain(one: &Declared) -> bool {
    let name = one.name.to_ascii_lowercase();
    ["db", "database", "postgresql", "pg", "sql", one.product.as_str()].contains(&name.as_str())
}

/// Whether the configuration says which role a service plays.
fn is_set(one: &Declared) -> bool {
    one.name.starts_with("role:")
}

/// States what passes requests on: nothing is compared of it but what the reader of the matrix compares.
pub fn proxies(statements: &mut Statements, found: &[Proxy]) {
    for (at, one) in found.iter().enumerate() {
        let key = if at == 0 { "proxy".to_owned() } else { format!("proxy.{}", one.component) };
        let mut fact = statements.about(None, Dimension::Service, &key);
        let product = Value::text(one.product);
        let attr = Attr { value: Known::One(product), certainty: one.certainty.clone(), origin: one.origin.clone() };
        fact.attr("product", attr).text("family", "proxy", &one.origin);
        fact.known("version", one.version.clone(), &one.certainty, &one.origin);
        if let Some(image) = &one.image {
            fact.text("image", image, &one.origin);
        }
    }
}

/// States whether a default is what an environment of that role usually runs: nobody sets it to something else then.
fn usual(statements: &mut Statements, role: Role, used: &Used) {
    let Some(product) = used.product.one().filter(|_| used.certainty.is_default()) else { return };
    let deployed = matches!(role, Role::Production | Role::Staging);
    let usual = in_process(product) != deployed;
    let mut fact = statements.about(None, Dimension::Service, &used.role);
    fact.bool("usual", usual, &used.origin);
    let switch = match &used.certainty {
        Certainty::Default { variable: Some(name) } => name.as_str(),
        _ => "",
    };
    let for_development = |word: &str| role_of_value(word).is_some_and(|(role, _)| role == Role::Development);
    if deployed && switch.split('_').any(for_development) {
        fact.bool("developed", true, &used.origin);
    }
}

/// The role that a declared service plays where no settings say so: a store of keys may be called what it is for.
fn role_of(one: &Declared) -> String {
    match one.family.as_str() {
        "keyvalue" if one.name == "broker" => "broker",
        "relational" | "document" if of_another_program(&one.name) => &one.name,
        "relational" | "document" => "database",
        "keyvalue" | "cache" => "cache",
        "broker" => "broker",
        "search" => "search",
        "mail" => "mail",
        "object_storage" => "storage.media",
        OTHER => &one.product,
        _ => &one.name,
    }
    .to_owned()
}

/// Programs that keep a database of their own beside the application's.
const PROGRAMS: [&str; 14] = [
    "airflow",
    "authentik",
    "dagster",
    "gitea",
    "grafana",
    "keycloak",
    "kong",
    "matomo",
    "metabase",
    "mlflow",
    "n8n",
    "prefect",
    "sonarqube",
    "temporal",
];

/// Whether a database is called after a program that is not the application: `airflow-db`.
fn of_another_program(name: &str) -> bool {
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| PROGRAMS.contains(&word.to_ascii_lowercase().as_str()))
}

/// The declared service that a used one is: by host, else the only one of its product, or family where no product is known.
fn counterpart(used: &Used, declared: &[Declared], talks: &[(&'static str, Origin)]) -> Option<usize> {
    let by_role = declared.iter().position(|one| one.name.strip_prefix("role:") == Some(used.role.as_str()));
    if by_role.is_some() {
        return by_role;
    }
    if used.product.one().is_some_and(|product| in_process(product)) {
        return None;
    }
    if let Some(at) =
        used.host.as_ref().and_then(|host| declared.iter().position(|one| one.name == *host && !one.emulates))
    {
        return Some(at);
    }
    let fits = |one: &Declared| match used.product.values() {
        _ if of_another_program(&one.name) => false,
        // Beside the database of the application another may be anything.
        [] if used.role.starts_with("database.") => false,
        [] => used.family.is_some_and(|family| one.family == family || family == "cache" && one.family == "keyvalue"),
        products => products.iter().any(|product| services::wire_compatible(product, &one.product)),
    };
    let mut fitting = declared.iter().enumerate().filter(|(_, one)| !one.emulates && fits(one));
    let first = fitting.next()?;
    // Jobs side by side each declare the same one.
    let same = |one: &Declared| (&one.product, &one.version) == (&first.1.product, &first.1.version);
    let second = fitting.find(|(_, one)| !same(one));
    let talked = |one: &Declared| talks.iter().any(|(product, _)| services::wire_compatible(product, &one.product));
    (second.is_none() || talked(first.1)).then_some(first.0)
}

fn state_used(statements: &mut Statements, used: &Used, declared: Option<&Declared>, as_of: &str) {
    let mut fact = statements.about(None, Dimension::Service, &used.role);
    let origin = declared.map_or_else(|| used.origin.clone(), |one| used.origin.clone().join(&one.origin));
    let product = match (&used.product, declared) {
        (Known::Unknown(_), Some(one)) => Known::One(one.product.clone()),
        (Known::One(product), Some(one)) if *product != one.product => Known::One(one.product.clone()),
        (product, _) => product.clone(),
    };
    let certainty = match (&used.product, declared) {
        (Known::Unknown(_), Some(one)) => one.certainty.clone(),
        _ => used.certainty.clone(),
    };
    let origin =
        if used.origin.steps.is_empty() { declared.map(|one| one.origin.clone()).unwrap_or_default() } else { origin };
    if let Some(family) = product.one().and_then(|product| services::family(product, used.family)) {
        fact.text("family", family, &origin);
    }
    let in_process = product.one().is_some_and(|product| in_process(product));
    of_product(&mut fact, &product, &certainty, &origin);
    fact.known("product", shown(used, product), &certainty, &origin);
    if let Some(driver) = &used.driver {
        fact.text("driver", driver, &used.origin);
    }
    if let Some(host) = used.host.as_ref().filter(|_| !in_process) {
        fact.text("host", host, &used.origin);
    }
    if let Some(name) = &used.name {
        fact.attr("name", name.clone());
    }
    if let Some(stored) = used.stored {
        fact.bool("stored", stored, &used.origin);
    }
    if let Some(options) = &used.options {
        fact.list("options", options.clone(), &used.origin);
    }
    if used.memory && declared.is_none() {
        fact.bool("memory", true, &used.origin);
    }
    if used.several {
        fact.bool("several", true, &used.origin);
    }
    match declared {
        Some(one) => version(&mut fact, one, as_of),
        None if in_process => {
            fact.attr("version", Attr { value: Known::Absent, certainty: Certainty::Stated, origin });
        }
        None => {
            let reason = Reason::new("no file declares the service").answered_with(format!(
                "services.{} = \"{}\"",
                used.role,
                example(&used.role)
            ));
            fact.attr("version", Attr::unknown(reason, origin));
        }
    }
}

/// The product, or the class itself where no table knows what it stands for: of that only its name is known.
fn shown(used: &Used, product: Known<String>) -> Known<String> {
    let role = used.role.split('.').next().unwrap_or_default();
    let class = used.driver.as_ref().filter(|driver| driver.contains('.') && !driver.contains('/'));
    match (&product, class) {
        (Known::Unknown(why), Some(class)) if why.text.starts_with(class) && OF_CLASSES.contains(&role) => {
            Known::One(class.clone())
        }
        _ => product,
    }
}

/// Roles that a class of the program may play.
const OF_CLASSES: [&str; 3] = ["mail", "storage", "session"];

/// An image as the configuration takes one for a role.
fn example(role: &str) -> &'static str {
    match role.split('.').next() {
        Some("cache" | "session" | "channels") => "redis:7.4",
        Some("broker") => "rabbitmq:4.0",
        Some("search") => "elasticsearch:8.17",
        _ => "postgres:16",
    }
}

/// Whether a product lives inside the application's process or disk.
fn in_process(product: &str) -> bool {
    product == EAGER || services::product(product).is_some_and(|row| row.in_process || row.embedded)
}

/// What a product alone says.
fn of_product(fact: &mut super::Statement<'_>, product: &Known<String>, certainty: &Certainty, origin: &Origin) {
    let protocol = product.clone().map(|product| services::protocol(&product).to_owned());
    fact.known("protocol", protocol, certainty, origin);
    let inside = product.clone().map(|product| Value::Bool(in_process(&product)));
    fact.attr("in_process", Attr { value: inside, certainty: certainty.clone(), origin: origin.clone() });
    let reach = product.clone().map(|product| match product.as_str() {
        "dummy" => "nothing".to_owned(),
        product if in_process(product) => "process".to_owned(),
        _ => "shared".to_owned(),
    });
    fact.known("reach", reach, certainty, origin);
}

/// The highest minor that is thought of for a major which the table of support does not have.
const OLDEST_MINORS: u32 = 20;

/// The parts of versions that decide compatibility; a version that leaves it open may be any line of the table.
fn line(product: &str, version: &str) -> Known<String> {
    if let Some(unit) = services::unit(product, version) {
        return Known::One(unit);
    }
    let begins = format!("{version}.");
    let mut lines: Vec<String> = eol::cycles(product)
        .filter(|cycle| cycle.cycle.starts_with(&begins))
        .filter_map(|cycle| services::unit(product, &cycle.cycle))
        .collect();
    lines.dedup();
    // Of a major that is older than the table, any minor there may have been: another major is another line all the same.
    if lines.is_empty() && version.parse::<u32>().is_ok() {
        lines = (0..=OLDEST_MINORS).map(|minor| format!("{version}.{minor}")).collect();
    }
    let reason = Reason::new(format!("{product} {version} may be any release of it"));
    if lines.is_empty() { Known::Unknown(reason) } else { Known::OneOf(lines, reason) }
}

fn lines(one: &Declared) -> Known<String> {
    let each = |version: &String| line(&one.product, version);
    match &one.version {
        Known::One(version) => each(version),
        Known::Every(versions, why) => {
            let lines: Option<Vec<String>> = versions.iter().map(|version| each(version).one().cloned()).collect();
            lines.map_or_else(|| Known::Unknown(why.clone()), |lines| Known::Every(lines, why.clone()))
        }
        version => version.clone(),
    }
}

fn version(fact: &mut super::Statement<'_>, one: &Declared, as_of: &str) {
    if let Some(day) = one.version.one().and_then(|version| eol::end(&one.product, version, as_of)) {
        let day = day.map_or(Known::Absent, |day| Known::One(day.to_owned()));
        fact.known("ended", day, &one.certainty, &one.origin);
    }
    fact.known("line", lines(one), &one.certainty, &one.origin);
    let make = one.flavour.as_ref().map_or_else(|| one.product.clone(), |flavour| format!("{}/{flavour}", one.product));
    // A database of a platform has the extensions that the application asks for.
    let open = one.image.is_none() && one.product == "postgres" && one.flavour.is_none();
    let reason = || Reason::new("the platform has its extensions");
    let make = if open { Known::Unknown(reason()) } else { Known::One(make) };
    fact.known("make", make, &one.certainty, &one.origin);
    fact.known("libc", one.libc.clone(), &one.certainty, &one.origin);
    if let Some(image) = &one.image {
        fact.text("image", image, &one.origin);
    }
    let open = |image: &String| images::describe(image, as_of).moving;
    let pinned = !one.version.is_unknown();
    if pinned || one.image.as_ref().is_some_and(open) {
        fact.bool("pinned", pinned, &one.origin);
    }
    if let Some(target) = &one.misplaced {
        fact.text("misplaced", target, &one.origin);
    }
    fact.known("version", one.version.clone(), &one.certainty, &one.origin);
    fact.known("variant", one.variant.clone(), &one.certainty, &one.origin);
    if let Some(flavour) = &one.flavour {
        fact.text("flavour", flavour, &one.origin);
    }
    fact.bool("emulated", one.emulates, &one.origin).bool("stored", one.stored, &one.origin);
}

fn state_declared(statements: &mut Statements, key: &str, one: &Declared, as_of: &str) {
    let mut fact = statements.about(None, Dimension::Service, key);
    let product = Attr {
        value: Known::One(Value::text(&one.product)),
        certainty: one.certainty.clone(),
        origin: one.origin.clone(),
    };
    fact.attr("product", product).text("family", &one.family, &one.origin);
    of_product(&mut fact, &Known::One(one.product.clone()), &one.certainty, &one.origin);
    // A store of keys may be a cache, a broker, or neither: no settings say what it is for.
    if one.family == "keyvalue" && key != one.name {
        fact.bool("assumed", true, &one.origin);
    }
    version(&mut fact, one, as_of);
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_major_that_no_table_has_is_another_line_than_any_of_another_major() {
        let old = line("redis", "3");
        assert!(old.values().contains(&"3.2".to_owned()), "{old:?}");
        assert!(old.values().iter().all(|one| one.starts_with("3.")), "{old:?}");
        assert_eq!(line("redis", "5.0.6").one().map(String::as_str), Some("5.0"));
    }
}
