//! One macro for the closed word lists: an enum whose variants are words on the wire.
//!
//! Takes variants with their words, gives the enum with `ALL`, `as_str`, `FromStr`, `Display`, serde as that word and a
//! JSON Schema that lists them. Never a string where a word list will do.

/// A word that is in none of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    /// What was found.
    pub found: String,
    /// What kind of word was wanted, for the message.
    pub kind: &'static str,
}

impl std::fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}` is no {}", self.found, self.kind)
    }
}

impl std::error::Error for UnknownWord {}

macro_rules! words {
    (
        $(#[$meta:meta])*
        $name:ident, $kind:literal;
        $($(#[$vmeta:meta])* $variant:ident = $word:literal,)+
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
        }

        impl $name {
            /// Every word, in the order of the list.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The word as written on the wire and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::UnknownWord;

            fn from_str(word: &str) -> Result<Self, Self::Err> {
                match word {
                    $($word => Ok($name::$variant),)+
                    _ => Err($crate::words::UnknownWord { found: word.to_owned(), kind: $kind }),
                }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                word.parse().map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "enum": [$($word,)+] })
            }
        }
    };
}

pub(crate) use words;
