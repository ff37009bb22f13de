//! Images and runners: what a reference says of distribution, C library, interpreter and pin.

mod describe;
mod reference;
mod system;
mod tables;
#[cfg(test)]
mod tests;

pub use describe::{Image, describe, describe_parts};
pub use reference::{Reference, parse};
pub use tables::{
    Runner, as_of, brings, codename, full_image_brings, glibc_version, is_for_ci, libc_of, release_of_tag, runner,
    runner_at, system_python,
};
#[cfg(test)]
pub(super) use tables::{TAGS, TEXT, Table, TagTable};
