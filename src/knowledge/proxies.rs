//! What passes requests on to an application.

use serde::Deserialize;

use super::services::named;
use super::table::{has, table};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proxy {
    product: String,
    images: Vec<String>,
    programs: Vec<String>,
    #[expect(dead_code, reason = "kept for the reader of the table")]
    source: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[cfg_attr(not(test), expect(dead_code, reason = "kept for the reader of the table"))]
    pub(super) as_of: String,
    proxies: Vec<Proxy>,
}
table!(table, Table, "proxies.toml");

/// The product in an image of that name.
pub fn by_image(repository: &str) -> Option<&'static str> {
    let row = table().proxies.iter().find(|row| row.images.iter().any(|image| named(image, repository)))?;
    Some(&row.product)
}

/// The product that a program of that name is.
pub fn by_program(program: &str) -> Option<&'static str> {
    table().proxies.iter().find(|row| has(&row.programs, program)).map(|row| row.product.as_str())
}

#[cfg(test)]
mod tests {
    #[test]
    fn proxies_are_known_by_image_and_by_program() {
        assert_eq!(super::by_image("docker.io/traefik"), Some("traefik"));
        assert_eq!(super::by_program("apache2ctl"), Some("httpd"));
        assert_eq!(super::by_image("acme/nginx-ui"), None);
    }
}
