//! Backing services: what the settings use, joined with what is declared.

mod connected;
mod databases;
mod declared;
mod django;
mod driver;
mod ground;
mod mail;
mod named;
mod product;
pub mod proxies;
mod queues;
mod used;
mod waited;

pub use declared::{OTHER, all_declared};
pub use django::EAGER;
pub use proxies::Proxy;
pub use used::all_used;

use crate::model::{Attr, Certainty, Known, Origin};

/// A service that a file declares.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The name others reach it by.
    pub name: String,
    /// postgres, redis …
    pub product: String,
    /// relational, keyvalue …
    pub family: String,
    /// postgis …
    pub flavour: Option<String>,
    /// The version, as far as the image says it.
    pub version: Known<String>,
    /// alpine, slim …
    pub variant: Known<String>,
    /// glibc or musl.
    pub libc: Known<String>,
    /// The folder of its volume, where its data does not lie.
    pub misplaced: Option<String>,
    /// The image as it is written, where that is one.
    pub image: Option<String>,
    /// Whether it stands in for another.
    pub emulates: bool,
    /// Whether a volume keeps its data.
    pub stored: bool,
    /// Where the image is written.
    pub origin: Origin,
    /// Whether a build argument or variable outside may change the image.
    pub certainty: Certainty,
}

/// A service that the application uses, by role.
#[derive(Clone, Debug)]
pub struct Used {
    /// database, cache, broker, mail … with an alias behind a dot.
    pub role: String,
    /// The product.
    pub product: Known<String>,
    /// The backend class or URL scheme.
    pub driver: Option<String>,
    /// Where that is decided.
    pub origin: Origin,
    /// Whether something outside may change it.
    pub certainty: Certainty,
    /// Of a database: its name on the server, or its file.
    pub name: Option<Attr>,
    /// The host it is reached at, if known.
    pub host: Option<String>,
    /// The family where no product is known.
    pub family: Option<&'static str>,
    /// Whether its file lies on a volume, where that can be seen.
    pub stored: Option<bool>,
    /// Options that change behaviour, where all are known.
    pub options: Option<Vec<String>>,
    /// Whether more than one process of the application uses it.
    pub several: bool,
    /// Of SQLite: whether it is kept in memory, and nothing of it on disk.
    pub memory: bool,
    /// Of SQLite: its file, where the settings give the whole path.
    pub file: Option<String>,
}
