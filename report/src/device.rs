//! Devices, and whether a model fits them.

use std::fmt;

use recurve_compiler::Compiled;
use serde::{Deserialize, Deserializer, Serialize};

use crate::bytes::parse;

/// The version of the description.
const VERSION: u32 = 1;
const COMMON: &str = include_str!("targets.yaml");

/// Devices that a model may be meant for, as a file in YAML describes them.
///
/// ```
/// use recurve_report::Devices;
///
/// let devices = Devices::read(
///     "targets: 1\nmicrocontrollers: [{name: ours, flash: 64 KiB, ram: 8 KiB}]",
/// )?;
/// assert_eq!(devices.microcontrollers[0].ram, 8 * 1024);
/// # Ok::<(), recurve_report::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Devices {
    targets: u32,
    /// Those whose weights lie in flash.
    #[serde(default)]
    pub microcontrollers: Vec<Microcontroller>,
    /// Those with caches.
    #[serde(default)]
    pub servers: Vec<Server>,
}

/// A device whose weights lie in flash.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Microcontroller {
    /// What it is called.
    pub name: String,
    /// Bytes of flash.
    #[serde(deserialize_with = "size")]
    pub flash: usize,
    /// Bytes of memory.
    #[serde(deserialize_with = "size")]
    pub ram: usize,
}

/// A device with caches.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// What it is called.
    pub name: String,
    /// Bytes of each level of cache that one core reaches, the nearest first.
    #[serde(deserialize_with = "sizes")]
    pub caches: Vec<usize>,
}

/// What is wrong with a description of devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// A device, and how a model fits it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// What it is called.
    pub name: String,
    /// How the model fits it.
    #[serde(flatten)]
    pub fit: Fit,
}

/// How a model fits a device.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fit {
    /// By its memories; the program around the model needs its part of them.
    Microcontroller {
        /// Whether weights, state and stack leave room.
        fits: bool,
        /// The part of the flash that the weights take.
        flash: f64,
        /// The part of the memory that state and stack take.
        ram: f64,
        /// Bytes of flash.
        flash_bytes: usize,
        /// Bytes of memory.
        ram_bytes: usize,
    },
    /// By the cache that its weights stay in.
    Server {
        /// The level, from 1 on; none where every step reads them from memory.
        level: Option<usize>,
        /// Bytes of that cache.
        cache_bytes: Option<usize>,
    },
}

impl Devices {
    /// A few common ones.
    pub fn common() -> Devices {
        Devices::read(COMMON).unwrap_or(Devices {
            targets: VERSION,
            microcontrollers: vec![],
            servers: vec![],
        })
    }

    /// Reads a description in YAML: `targets: 1`, then `microcontrollers`, each with `name`, `flash` and `ram`, and
    /// `servers`, each with `name` and `caches`.
    ///
    /// # Errors
    /// Text that is none, with line and column.
    pub fn read(text: &str) -> Result<Devices, Error> {
        let devices: Devices = serde_yaml::from_str(text).map_err(|error| Error(error.to_string()))?;
        if devices.targets != VERSION {
            let found = devices.targets;
            return Err(Error(format!("the description is of version {found}, and {VERSION} is expected")));
        }
        if devices.microcontrollers.is_empty() && devices.servers.is_empty() {
            return Err(Error("expected `microcontrollers` or `servers` with at least one device".into()));
        }
        Ok(devices)
    }

    /// How a model fits each of them.
    pub fn judge(&self, compiled: &Compiled) -> Vec<Verdict> {
        let weights = compiled.plan.weights.bytes().len();
        let ram = crate::ram(compiled);
        let of_small = self.microcontrollers.iter().map(|device| {
            let fit = Fit::Microcontroller {
                fits: weights < device.flash && ram < device.ram,
                flash: weights as f64 / device.flash as f64,
                ram: ram as f64 / device.ram as f64,
                flash_bytes: device.flash,
                ram_bytes: device.ram,
            };
            Verdict { name: device.name.clone(), fit }
        });
        let of_servers = self.servers.iter().map(|device| {
            let level = device.caches.iter().position(|cache| weights + ram <= *cache);
            let cache_bytes = level.and_then(|at| device.caches.get(at)).copied();
            Verdict {
                name: device.name.clone(),
                fit: Fit::Server { level: level.map(|at| at + 1), cache_bytes },
            }
        });
        of_small.chain(of_servers).collect()
    }
}

/// A number of bytes, as people write it.
struct Size(usize);

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Size, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a size, for example `64 KiB`")
            }

            fn visit_u64<E: serde::de::Error>(self, bytes: u64) -> Result<Size, E> {
                self.visit_str(&bytes.to_string())
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Size, E> {
                parse(text).map(Size).map_err(|expected| E::custom(format!("found `{text}`, {expected}")))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<usize, D::Error> {
    Size::deserialize(deserializer).map(|size| size.0)
}

fn sizes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<usize>, D::Error> {
    let sizes: Vec<usize> = Vec::<Size>::deserialize(deserializer)?.into_iter().map(|size| size.0).collect();
    match sizes.as_slice() {
        [] => Err(serde::de::Error::custom("expected at least one cache")),
        sizes if sizes.is_sorted_by(|a, b| a < b) => Ok(sizes.to_vec()),
        _ => Err(serde::de::Error::custom("expected caches that grow from the nearest on")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_common_devices() {
        let common = Devices::read(COMMON).expect("the committed file");
        assert!(common.microcontrollers.len() >= 5 && common.servers.len() >= 3);
    }

    #[test]
    fn what_is_wrong_with_a_description_is_said_with_its_place() {
        let of = |text: &str| Devices::read(text).expect_err(text).to_string();
        let found = of("targets: 1\nmicrocontrollers:\n  - {name: a, flash: 64 KB, ram: 8 KiB}");
        assert!(found.contains("found `64 KB`") && found.contains("line 3"), "{found}");
        let found = of("targets: 1\nmicrocontrollers:\n  - {name: a, flsh: 64 KiB, ram: 8 KiB}");
        assert!(found.contains("unknown field `flsh`"), "{found}");
        let found = of("targets: 1\nservers:\n  - {name: a, caches: [1 MiB, 32 KiB]}");
        assert!(found.contains("that grow from the nearest on"), "{found}");
        let found = of("targets: 1\nservers:\n  - {name: a, caches: []}");
        assert!(found.contains("at least one cache"), "{found}");
        let found = of("targets: 2\nservers: [{name: a, caches: [1 MiB]}]");
        assert!(found.contains("of version 2"), "{found}");
        assert!(of("targets: 1").contains("at least one device"));
        assert!(of("servers: []").contains("missing field `targets`"));
    }
}
