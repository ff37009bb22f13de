//! Variables: which names are secrets', which values are placeholders, what a platform provides.

use std::ops::Range;

use serde::Deserialize;

use super::table::{table, wildcard};

macro_rules! rows {
    ($($(#[$outer:meta])* $name:ident { $($(#[$attr:meta])* $field:ident: $type:ty),+ $(,)? })+) => {$(
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        $(#[$outer])*
        struct $name { $($(#[$attr])* $field: $type,)+ #[expect(dead_code, reason = "kept for the reader of the table")] source: String }
    )+};
}
rows! {
    Segment { segment: String }
    NotSecret { pattern: String }
    Text { text: String }
    Pattern { kind: String, start: String, #[serde(default)] end: String }
    #[expect(clippy::struct_field_names, reason = "the fields are the table's columns")] Mark { product: String, mark: String, mode: String, #[serde(default)] anywhere: bool }
    Shape { id: String, prefix: String, alphabet: String, min: usize, max: usize }
    Ambient { name: String }
    Addon { platform: String, name: String }
    Credential { #[expect(dead_code, reason = "kept for the reader of the table")] product: String, user: String, password: String }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) as_of: String,
    secret_segments: Vec<Segment>,
    not_secret: Vec<NotSecret>,
    placeholders: Vec<Text>,
    placeholder_patterns: Vec<Pattern>,
    false_looking: Vec<Text>,
    live_test: Vec<Mark>,
    token_shapes: Vec<Shape>,
    ambient: Vec<Ambient>,
    addons: Vec<Addon>,
    default_credentials: Vec<Credential>,
    common_passwords: Vec<Text>,
    ci_flags: Vec<Ambient>,
}
table!(table, Table, "variables.toml");

/// Whether a variable or setting of that name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    if table().not_secret.iter().any(|row| wildcard(&row.pattern, &name)) {
        return false;
    }
    let framed = format!("_{name}_");
    let ends = ["PASSWORD", "PASSWD"].iter().any(|end| name.ends_with(end));
    ends || table().secret_segments.iter().any(|row| framed.contains(&format!("_{}_", row.segment)))
}

/// Whether a value only stands where a real one should be.
pub fn is_placeholder(value: &str) -> bool {
    let value = unquoted(value.trim());
    let lower = value.to_lowercase();
    if is_empty_json(value) || is_reference(value) || is_word_for_nothing(&lower) || is_plain_address(value) {
        return true;
    }
    if value.is_empty() || table().placeholders.iter().any(|row| row.text == lower || row.text == value) {
        return true;
    }
    let open = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    if open.is_some_and(|inner| !inner.contains([':', '}'])) {
        return true;
    }
    table().placeholder_patterns.iter().any(|row| match row.kind.as_str() {
        "wrapped" => {
            value.len() >= row.start.len() + row.end.len() && value.starts_with(&row.start) && value.ends_with(&row.end)
        }
        "prefix" => lower.starts_with(&row.start),
        "contains" => lower.contains(&row.start),
        _ => (row.start == "0" || value.len() >= 3) && lower.replace(&row.start, "").is_empty(),
    })
}

/// Whether a value is an object or list of JSON that holds nothing.
fn is_empty_json(value: &str) -> bool {
    fn empty(value: &serde_json::Value) -> bool {
        match value {
            serde_json::Value::Null => true,
            serde_json::Value::String(text) => text.is_empty(),
            serde_json::Value::Array(all) => all.iter().all(empty),
            serde_json::Value::Object(all) => all.values().all(empty),
            _ => false,
        }
    }
    value.starts_with(['{', '[']) && serde_json::from_str(value).is_ok_and(|value| empty(&value))
}

/// Whether a text looks false although a plain truth test takes it for true (the empty text aside).
pub fn false_looking(value: &str) -> bool {
    table().false_looking.iter().any(|row| row.text == value)
}

/// Every false-looking text.
pub fn false_looking_texts() -> Vec<&'static str> {
    table().false_looking.iter().map(|row| row.text.as_str()).collect()
}

/// The product and `live` or `test`, for a value that says which of a product's two worlds it belongs to.
pub fn live_or_test(value: &str) -> Option<(&'static str, &'static str)> {
    let row = table()
        .live_test
        .iter()
        .find(|row| if row.anywhere { value.contains(&row.mark) } else { value.starts_with(&row.mark) })?;
    Some((&row.product, &row.mode))
}

/// Whether a value is the variable's own name in other letters, as a sample writes what is to be put there.
pub fn is_own_name(name: &str, value: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
    };
    let words = format!("_{}", value.to_ascii_uppercase().replace('-', "_"));
    let whole = value.contains(['_', '-']) && name.to_ascii_uppercase().ends_with(&words);
    let (name, value) = (plain(name), plain(value));
    whole || value.len() >= 8 && name.ends_with(&value)
}

/// A text without the one pair of quotes that compose and dotenv files may leave around it.
fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|quote| value.strip_prefix(*quote).and_then(|rest| rest.strip_suffix(*quote)))
        .unwrap_or(value)
        .trim()
}

/// Whether a value in small letters is a configuration library's word for nothing (`@none`, `@json {}`).
fn is_word_for_nothing(lower: &str) -> bool {
    ["@none", "@json {}", "@json []", "@empty"].iter().any(|word| lower.starts_with(word))
}

/// Whether a value is the address of a site, with nothing in it that could open anything.
fn is_plain_address(value: &str) -> bool {
    let Some(rest) = ["https://", "http://"].iter().find_map(|scheme| value.strip_prefix(scheme)) else { return false };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    !host.contains('@') && path.trim_matches('/').is_empty() && !host.contains(['?', '#'])
}

/// Whether a value is the address of a secret that a store keeps, or the path of a file that holds it, not the secret.
fn is_reference(value: &str) -> bool {
    is_path(value)
        || value.starts_with("arn:aws:")
        || value.starts_with("projects/") && value.contains("/secrets/")
        || value.starts_with("https://") && value.contains(".vault.azure.net/")
        || value.starts_with("op://")
        || value.starts_with("vault:")
}

/// Whether a value is the path of a file: folders from the root, each of them a word.
fn is_path(value: &str) -> bool {
    let word = |part: &str| {
        let plain = |c: char| c.is_ascii_lowercase() || matches!(c, '-' | '_' | '.');
        part.chars().all(|c| plain(c) || c.is_ascii_digit()) && part.chars().filter(|c| plain(*c)).count() > 1
    };
    let folders = value.strip_prefix('/').map(|rest| rest.split('/').collect::<Vec<_>>()).unwrap_or_default();
    folders.len() > 1 && folders.into_iter().all(word)
}

/// The kind of a credential whose shape gives it away, such as `aws-access-key`.
pub fn token_shape(value: &str) -> Option<&'static str> {
    if value.contains("EXAMPLE") || is_placeholder(value) {
        return None;
    }
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let fits = |shape: &&Shape| {
        let Some(rest) = value.trim().strip_prefix(shape.prefix.as_str()) else { return false };
        let count = rest.chars().count();
        if count < shape.min || count > shape.max {
            return false;
        }
        match shape.alphabet.as_str() {
            "upper" => rest.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()),
            "word" => rest.chars().all(word),
            // A path that holds no placeholder: T00000000/B00000000/XXXX is documentation's.
            "path" => {
                let plain = |c: char| word(c) || matches!(c, '/' | '@' | '.');
                rest.chars().all(plain) && !["0000000", "XXXX", "xxxx"].iter().any(|mark| rest.contains(mark))
            }
            "user" => rest.split_once(':').is_some_and(|(number, token)| {
                number.chars().all(|c| c.is_ascii_digit()) && token.len() >= 20 && token.chars().all(word)
            }),
            "dotted" => rest.contains('.') && rest.chars().all(|c| word(c) || c == '.'),
            "bot" => rest.split_once(":AA").is_some_and(|(number, key)| {
                (8..=10).contains(&number.len())
                    && number.chars().all(|c| c.is_ascii_digit())
                    && key.len() == 33
                    && key.chars().all(word)
            }),
            _ => rest.contains("PRIVATE KEY-----"),
        }
    };
    table().token_shapes.iter().find(fits).map(|row| row.id.as_str())
}

/// Whether the platform or the operating system provides a variable by itself.
pub fn is_ambient(name: &str) -> bool {
    table().ambient.iter().any(|row| wildcard(&row.name, name))
}

/// Variables by which a program asks whether a CI runs it.
pub fn ci_flags() -> impl Iterator<Item = &'static str> {
    table().ci_flags.iter().map(|row| row.name.as_str())
}

/// The platforms whose add-ons provide a variable.
pub fn addon_platforms(name: &str) -> Vec<&'static str> {
    table().addons.iter().filter(|row| wildcard(&row.name, name)).map(|row| row.platform.as_str()).collect()
}

/// Whether a user and password are those that some product is shipped or documented with, or the password is the user's own
/// name or one that leads every list of them (<https://cwe.mitre.org/data/definitions/1391.html>).
pub fn is_default_credential(user: &str, password: &str) -> bool {
    user == password && !user.is_empty()
        || table().common_passwords.iter().any(|row| row.text == password)
        || table().default_credentials.iter().any(|row| row.user == user && row.password == password)
}

/// Where the password stands in `scheme://user:PASSWORD@host`, as bytes of `value`.
pub fn password_in_url(value: &str) -> Option<Range<usize>> {
    let scheme = value.find("://")?;
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if scheme == 0 || !value.get(..scheme)?.chars().all(known) {
        return None;
    }
    let start = scheme + 3;
    let rest = value.get(start..)?;
    // A password may hold an unescaped slash, so the last `@` before a blank or quote ends it; one inside a query does not.
    let end = rest.find(['?', '#', ' ', '"', '\'']).unwrap_or(rest.len());
    let at = rest.get(..end)?.rfind('@').or_else(|| rest.split(['/', ' ']).next()?.rfind('@'))?;
    let colon = rest.get(..at)?.find(':')?;
    (colon + 1 < at).then_some(start + colon + 1..start + at)
}

/// The date the table stands for.
pub fn as_of() -> &'static str {
    &table().as_of
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_their_issuer_publishes_for_tests_are_no_secrets() {
        assert!(is_placeholder("6LeIxAcTAAAAAGG-anything-behind-it"));
        assert!(is_placeholder("1x0000000000000000000000000000000AA"));
        assert_eq!(token_shape("sk_test_4eC39HqLyjW"), None);
        let bot = format!("{}:AA{}", "7918264503", "Qk7dLw9vTzR4mXb2".repeat(2) + "_");
        assert_eq!(token_shape(&bot), Some("telegram-bot"));
        assert_eq!(token_shape(&bot[..40]), None);
        assert!(is_placeholder("@{ADMIN_PASSWORD}") && is_placeholder("__DB_PASSWORD__"));
    }

    #[test]
    fn secret_names_go_by_segment() {
        for name in ["SECRET_KEY", "DB_PASSWORD", "stripe_api_key", "GITHUB_TOKEN", "JWT_KEY", "PGPASSWORD"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "PASSWORD_HASHERS",
            "DB_PASSWORD_FILE",
            "BYPASS",
            "TOKENIZER",
            "JWT_TOKEN_LIFETIME",
            "KEYBOARD",
            "API_KEY_RATE_LIMIT",
            "ALLOW_EMPTY_PASSWORD",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn placeholders_are_told_from_values() {
        for value in [
            "",
            "changeme",
            "<your key>",
            "{{ key }}",
            "${KEY}",
            "xxxxxx",
            "django-insecure-abc",
            "0",
            "your-key",
            "default_key_1",
        ] {
            assert!(is_placeholder(value), "{value}");
        }
        for value in ["''", "'@none None'", "\"changeme\"", "https://localhost", "http://issuer.local:8000/"] {
            assert!(is_placeholder(value), "{value}");
        }
        assert!(
            is_placeholder("{\"api-key\": null}") && is_placeholder("[]") && !is_placeholder("{\"a\": \"q7Rw2mZ9\"}")
        );
        assert!(!is_placeholder("https://hooks.chat.io/services/q7Rw2mZ9xT"));
        assert!(!is_placeholder("https://q7Rw2mZ9xT@errors.host.io/12"));
        for value in ["${KEY:-real9f8e7d}", "9f8e7d6c5b4a", "localstorage9", "'9f8e7d6c5b4a'"] {
            assert!(!is_placeholder(value), "{value}");
        }
    }

    #[test]
    fn a_url_tells_where_its_password_is() {
        let url = "postgres://u:p4ss@db:5432/x";
        assert_eq!(password_in_url(url).and_then(|range| url.get(range)), Some("p4ss"));
        let hard = "postgres://u:p/a@ss@db/x?o=a@b";
        assert_eq!(password_in_url(hard).and_then(|range| hard.get(range)), Some("p/a@ss"));
        assert_eq!(password_in_url("redis://:pw@r").map(|range| range.len()), Some(2));
        assert_eq!(password_in_url("http://host:80/a"), None);
        assert_eq!(password_in_url("http://u@host"), None);
    }

    #[test]
    fn shapes_and_marks() {
        assert_eq!(token_shape(&format!("AKIA{}", "A1B2C3D4E5F6G7H8")), Some("aws-access-key"));
        assert_eq!(token_shape("AKIAIOSFODNN7EXAMPLE"), None);
        let hook = format!("https://hooks.slack.com/services/T0A1B2C3D/B0A1B2C3D/{}", "q1w2e3r4t5y6u7i8o9p0a1s2");
        assert_eq!(token_shape(&hook), Some("slack-webhook"));
        assert_eq!(token_shape("https://hooks.slack.com/services"), None);
        let user = format!("gitlab+deploy-token-12:{}", "q1w2e3r4t5y6u7i8o9p0");
        assert_eq!(token_shape(&user), Some("gitlab"));
        assert_eq!(live_or_test("sk_live_x"), Some(("stripe", "live")));
        assert!(is_ambient("GITHUB_SHA") && !is_ambient("DATABASE_URL"));
        assert!(false_looking("False") && false_looking("") && !false_looking("True"));
        let hook = "https://hooks.slack.com/services/";
        assert_eq!(token_shape(&format!("{hook}T02AB3CD4/B05EF6GH7/{}", "q7Rw2mZ9xT4kLp8v")), Some("slack-webhook"));
        assert_eq!(token_shape(&format!("{hook}T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX")), None);
        assert!(is_own_name("SHOP_API_KEY", "api_key") && !is_own_name("SHOP_KEY", "key"));
        assert!(is_own_name("ANTHROPIC_API_KEY_SECRET", ".api_key_secret") && !is_own_name("API_KEY", "q7Rw2mZ9xT"));
        assert!(is_placeholder("/run/secrets/key"), "where a container finds it");
        assert!(is_placeholder("/tmp/secrets/db.json") && !is_placeholder("/q7Rw2mZ9xT/aB4/x"));
        assert!(is_placeholder("projects/shop/secrets/key/versions/2") && !is_secret_name("API_SECRET_RESOURCE"));
        assert_eq!(addon_platforms("MEMCACHIER_SERVERS"), ["heroku"]);
    }
}
