//! The stateful half: whether a user is out after a logout, whether a refresh token that was used before ends its family,
//! whether an old id survives a login.
//!
//! Takes a [`service::SessionService`], bytes in and bytes out, and a seed; gives findings, each a shortest list of
//! [`command`]s with what the service answered and what the abstract [`model`] held beside each. The [`invariants`] are what
//! must hold; [`reference`](mod@reference) is a service for which they do, and breaks one where a fault is planted. [`engine`]
//! is the loop that knows them all; overlapping requests are judged by [`linear`]. Nothing here reads the machine's clock or
//! its randomness.
//!
//! A service whose login keeps the id that the browser came with is found out, by a script of a few commands:
//!
//! ```
//! use token_assay::sessions::evaluate::detection;
//! use token_assay::sessions::faults::Fault;
//! use token_assay::sessions::policy::Kind;
//!
//! let detection = detection(Fault::KeepsIdAtLogin, Kind::Session, 1, 2_000);
//! assert_eq!(detection.found, 1, "{detection:?}");
//! ```

/// A closed list of words: the enum, `ALL`, `as_str`, how it is printed, read and kept.
macro_rules! words {
    (
        $(#[$meta:meta])*
        $name:ident;
        $($(#[$vmeta:meta])* $variant:ident = $word:literal,)+
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$vmeta])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every word, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

pub mod command;
pub mod engine;
pub mod evaluate;
pub mod faults;
pub mod finding;
pub mod generator;
pub mod invariants;
pub mod linear;
pub mod model;
pub mod policy;
pub mod reference;
pub mod service;
pub mod store;
pub mod surface;
pub mod tamper;
pub mod wallet;
