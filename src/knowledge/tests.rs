use super::{
    concepts, credentials, deployments, environments, eol, hosts, images, packages, processes, proxies, reasons,
    services, settings, variables,
};

fn every_row_has_a_source(name: &str, text: &str) {
    let table: toml::Table = toml::from_str(text).unwrap();
    assert!(table.get("as_of").is_some_and(toml::Value::is_str), "{name}");
    for (key, rows) in table.iter().filter(|(key, _)| *key != "as_of") {
        for row in rows.as_array().unwrap() {
            let source = row.get("source").and_then(toml::Value::as_str).unwrap_or_default();
            assert!(!source.is_empty(), "{name}: {key}: {row}");
        }
    }
}

#[test]
fn every_table_parses_and_every_row_has_a_source() {
    macro_rules! check {
        ($($type:ty: $text:expr),+ $(,)?) => {$(
            let table: $type = toml::from_str($text).unwrap_or_else(|error| panic!("{}: {error}", stringify!($type)));
            assert_eq!(table.as_of, super::AS_OF);
            every_row_has_a_source(stringify!($type), $text);
        )+};
    }
    check!(
        eol::Table: eol::TEXT,
        settings::Table: settings::TEXT,
        environments::Table: environments::TEXT,
        variables::Table: variables::TEXT,
        services::Table: services::TEXT,
        packages::Table: packages::TEXT,
        concepts::Table: concepts::TEXT,
        credentials::Table: credentials::TEXT,
        concepts::Libraries: concepts::LIBRARIES,
        processes::Table: processes::TEXT,
        deployments::Table: deployments::TEXT,
        hosts::Table: hosts::TEXT,
        proxies::Table: proxies::TEXT,
        reasons::Table: reasons::TEXT,
        images::Table: images::TEXT,
        images::TagTable: images::TAGS,
    );
}
