//! What recipes draw from: names, values and spellings, each a boundary that some verifier got wrong.
//!
//! Takes nothing but literals that were mined from a target; gives pools and the [`Stock`] of settings, terms and classes. The
//! first of each pool is the plainest. A boundary is added here, in its pool, and every engine knows it.

use std::borrow::Cow;
use std::sync::LazyLock;

use token_assay_model::Algorithm;

use super::mine::Literals;
use super::recipe::{Notation, Part, Respelling, Template, Text, Whose};
use crate::attacks::scene::{self, Setting};
use crate::attacks::{self, Make};
use crate::chance::{Chance, Seeded};

/// What there is to draw from.
#[derive(Debug, Clone)]
pub struct Stock {
    /// Numbers of settings (in [`scene::settings`]), the likely ones several times.
    pub settings: Vec<u16>,
    /// Numbers of classes (in [`made_classes`]).
    pub classes: Vec<u16>,
    /// Of a hundred recipes, how many are a case of the catalogue: so many by turns as it stands, and a third as many of the
    /// others by chance and bent.
    pub catalogue_share: u8,
    /// What was mined from a target.
    pub literals: Literals,
}

impl Stock {
    /// Every setting and every class, nothing mined.
    pub fn everything() -> &'static Self {
        static EVERYTHING: LazyLock<Stock> = LazyLock::new(|| Stock::of(|_| true));
        &EVERYTHING
    }

    /// The settings that are wanted, HS256 the likeliest: signing with it costs a thousandth of what RSA costs, and claims and
    /// headers are read alike.
    pub fn of(wanted: impl Fn(Setting) -> bool) -> Self {
        let mut settings = Vec::new();
        for (number, setting) in (0_u16..).zip(scene::settings()) {
            if wanted(setting) {
                let times = if setting.algorithm == Algorithm::Hs256 { 12 } else { 1 };
                settings.extend(std::iter::repeat_n(number, times));
            }
        }
        let classes = 0..u16::try_from(made_classes().len()).expect("there are some hundred classes");
        Self { settings, classes: classes.collect(), catalogue_share: 30, literals: Literals::default() }
    }

    /// The same without the settings that are not wanted, unless that would leave none.
    #[must_use]
    pub fn narrowed(&self, wanted: impl Fn(Setting) -> bool) -> Self {
        let all: Vec<Setting> = scene::settings().collect();
        let kept: Vec<u16> = self.settings.iter().copied().filter(|number| wanted(all[usize::from(*number)])).collect();
        Self { settings: if kept.is_empty() { self.settings.clone() } else { kept }, ..self.clone() }
    }

    /// The case whose turn it is at this number. Each class has one in every round, and from round to round another of its
    /// cases, as far from the earlier ones as can be: by chance alone some would wait several times as long as others.
    pub(super) fn turn(&self, seed: u64, number: u64) -> Option<Template> {
        let turn_at = |number: u64| number.wrapping_mul(self.catalogue_share.into()) / 100;
        let (now, next) = (turn_at(number), turn_at(number.wrapping_add(1)));
        if now == next || self.classes.is_empty() {
            return None;
        }
        let (place, nth) = turn(seed, now, self.classes.len());
        Some(Template::Case { class: self.classes[place], nth })
    }

    /// Of a hundred recipes on this setting, how many the trusted key signs anew: fewer where that is dear.
    pub(super) fn genuine_share(&self, setting: u16) -> usize {
        static ALGORITHMS: LazyLock<Vec<Algorithm>> =
            LazyLock::new(|| scene::settings().map(|setting| setting.algorithm).collect());
        [75, 50, 25, 10][price(ALGORITHMS[usize::from(setting)])]
    }

    /// The same of a bent case of this class, by the cheapest algorithm on which it plays.
    pub(super) fn genuine_share_of_class(&self, class: u16) -> usize {
        static PRICES: LazyLock<Vec<usize>> = LazyLock::new(|| {
            let price_of = |class: &attacks::Class| {
                let Make::Cases { on, .. } = class.make else { return 0 };
                scene::settings().filter(|at| on(*at)).map(|at| price(at.algorithm)).min().unwrap_or_default()
            };
            made_classes().iter().map(|(_, class)| price_of(class)).collect()
        });
        [50, 40, 25, 10][PRICES[usize::from(class) % PRICES.len()]]
    }

    /// The name of a member of this part.
    pub(super) fn name(&self, chance: &mut impl Chance, part: Part) -> Text {
        let names = match part {
            Part::Header => HEADER_NAMES,
            Part::Payload => CLAIM_NAMES,
        };
        self.text(chance, names)
    }

    /// A text of this pool, or one that was mined.
    pub(super) fn text(&self, chance: &mut impl Chance, pool: &'static [Text]) -> Text {
        let mined = &self.literals.texts;
        if !mined.is_empty() && chance.below(4) == 0 { chance.pick(mined).clone() } else { chance.pick(pool).clone() }
    }

    /// A number as it is written.
    pub(super) fn number(&self, chance: &mut impl Chance) -> Text {
        let mined = &self.literals.numbers;
        if !mined.is_empty() && chance.below(4) == 0 {
            chance.pick(mined).clone()
        } else {
            chance.pick(NUMBERS).clone()
        }
    }

    /// Octets to put into JSON text.
    pub(super) fn splice(&self, chance: &mut impl Chance) -> Vec<u8> {
        if chance.below(4) == 0 {
            return self.text(chance, TEXTS).as_bytes().to_vec();
        }
        chance.pick(SPLICES).to_vec()
    }

    /// Another spelling of a name.
    pub(super) fn respelled_name(&self, chance: &mut impl Chance, name: &str) -> Text {
        let mut first_upper = name.to_owned();
        if let Some(first) = first_upper.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        match chance.below(10) {
            0 => name.to_ascii_uppercase().into(),
            1 => first_upper.into(),
            2 => format!("{name} ").into(),
            3 => format!(" {name}").into(),
            4 => format!("{name}\0").into(),
            5 => format!("{name}\0x").into(),
            6 => name.replace('s', "\u{17f}").replace('k', "\u{212a}").into(),
            7 => format!("{name}[]").into(),
            8 => format!("https://issuer.example/{name}").into(),
            _ => self.text(chance, CLAIM_NAMES),
        }
    }
}

/// What a signature costs, from 0: HMAC and Ed25519 little, ECDSA more, RSA most.
pub(super) fn price(algorithm: Algorithm) -> usize {
    match algorithm {
        algorithm if algorithm.is_rsa() => 3,
        algorithm if algorithm.is_ecdsa() => 2,
        algorithm if algorithm.is_eddsa() => 1,
        _ => 0,
    }
}

/// Of so many classes the one whose turn it is, and which of its cases, in 65536ths of them.
pub(super) fn turn(seed: u64, turn: u64, classes: usize) -> (usize, u16) {
    let count = classes as u64;
    let start = Seeded::new(seed, 0).below(1 << 16) as u64;
    let step = (count * 5 / 8..).find(|step| gcd(*step, count) == 1).expect("a prime comes");
    let place = (start + turn % count * step) % count;
    // The golden ratio's fraction, in 65536ths: its multiples spread evenly however many there are.
    let nth = (turn / count).wrapping_add(start).wrapping_add(place).wrapping_mul(40_503) % (1 << 16);
    (usize::try_from(place).expect("it is below the count"), u16::try_from(nth).expect("it is below 2¹⁶"))
}

fn gcd(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { gcd(other, one % other) }
}

/// Every class that has cases.
pub fn made_classes() -> &'static [(&'static attacks::Family, &'static attacks::Class)] {
    static MADE: LazyLock<Vec<(&attacks::Family, &attacks::Class)>> =
        LazyLock::new(|| attacks::classes().filter(|(_, class)| matches!(class.make, Make::Cases { .. })).collect());
    &MADE
}

macro_rules! texts {
    ($($text:expr),* $(,)?) => { &[$(Cow::Borrowed($text)),*] };
}

/// Header members (RFC 7515 §4.1, RFC 7516 §4.1, RFC 7797), and names that are none.
pub(super) const HEADER_NAMES: &[Text] = texts! {
    "alg", "alg", "alg", "alg", "typ", "kid", "kid", "crit", "crit", "cty", "jwk", "jku", "x5u", "x5c", "x5t", "b64",
    "enc", "zip", "exp", "nbf", "aud", "iss", "exp-ext", "__proto__", "constructor", "ALG", "",
};

/// Claims (RFC 7519 §4.1 and the registry), and names that are none.
pub(super) const CLAIM_NAMES: &[Text] = texts! {
    "exp", "exp", "exp", "exp", "nbf", "nbf", "nbf", "iat", "iat", "iss", "iss", "iss", "aud", "aud", "aud", "sub",
    "sub", "jti", "alg", "typ", "kid", "crit", "act", "may_act", "events", "nonce", "scope", "scp", "azp", "cnf",
    "client_id", "admin", "role", "roles", "tenant", "vc", "claims", "b64", "__proto__", "constructor", "toString",
    "auth_time", "",
};

/// Algorithm names: registered, misspelt, of other standards, none.
pub(super) const ALGORITHMS: &[Text] = texts! {
    "none", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
    "ES256K", "EdDSA", "Ed25519", "Ed448", "None", "NONE", "nOnE", "NonE", "none ", " none", "none\0", "none\n",
    "none\t", "n\u{f6}ne", "\u{ff4e}one", "non\u{435}", "", "null", "undefined", "false", "0", "HS1", "HMD5", "RS1",
    "hs256", "Hs256", "HS256 ", " HS256", "HS256\0", "HS256\n", "\u{ff28}S256", "HS\u{b2}56", "HS2", "HS256x", "HS25",
    "SHA256", "HmacSHA256", "HMAC", "sha256", "rs256", "Rs256", "es256", "eddsa", "ed25519", "EDDSA", "dir", "A128KW",
    "A256GCMKW", "RSA-OAEP", "RSA1_5", "PBES2-HS256+A128KW", "ECDH-ES", "ES256K-R", "RSASSA-PSS",
    "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256", "https://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "constructor", "__proto__", "toString", "hasOwnProperty", "../none", "HS256,none", "none,HS256", "[\"none\"]",
    "SHA256withRSA", "HS512/256", "default",
};

/// What a header says of a token that nobody signed.
pub(super) const NONES: &[Text] = texts! {
    "none", "none", "none", "none", "None", "NONE", "nOnE", "none ", "none\0", "", "HS1", "null",
};

/// What a header says of a token that HMAC signed.
pub(super) const HMACS: &[Text] = texts! {
    "HS256", "HS256", "HS256", "HS384", "HS512",
};

/// Media types of tokens.
pub(super) const TYPES: &[Text] = texts! {
    "JWT", "jwt", "application/jwt", "at+jwt", "AT+JWT", "application/at+jwt", "at+JWT ", "dpop+jwt", "secevent+jwt",
    "logout+jwt", "JOSE", "JOSE+JSON", "JWE", "JWS", "id_token", "", " ", "null", "text/html", "jwt;charset=utf-8",
    "application/", "at-jwt", "at+jwt\0",
};

/// Issuers beside the expected one.
pub(super) const ISSUERS: &[Text] = texts! {
    "https://evil.example", "https://issuer.example/", "https://issuer.example.evil.example",
    "https://evil.example/https://issuer.example", "https://issuer.example@evil.example", "HTTPS://ISSUER.EXAMPLE",
    "https://Issuer.example", "https://issuer.exampl", "http://issuer.example", "https://issuer.example:443",
    "https://issuer.example#", "https://issuer.example?", "https://issuer.example/../", "https://issuer.example\0",
    "https://issuer.example\n", "\nhttps://issuer.example", "evil\nhttps://issuer.example", " https://issuer.example",
    "https://issuer.example ", "https://issuer%2eexample", "https://issuer\u{3002}example",
    "https://\u{131}ssuer.example", "https://issuer.example\u{200b}", "https", "h", "", ".", "issuer.example",
    "https://issuer.example,https://evil.example", "https://issuerXexample", "constructor", "__proto__", "toString",
    "null", "undefined", "*", ".*", "//issuer.example", "https://accounts.example", "joe",
};

/// Audiences beside the expected one.
pub(super) const AUDIENCES: &[Text] = texts! {
    "https://other.example", "https://api.example/", "https://api.example.evil.example", "HTTPS://API.EXAMPLE",
    "https://API.example", "https://api.exampl", "http://api.example", "https://api.example:443",
    "https://api.example\0", "https://api.example\n", " https://api.example", "https://api.example ",
    "https://api.example,https://other.example", "https://other.example https://api.example",
    "https://evil.example/https://api.example", "https", "api", "a", "", "*", "https://*", ".*", "%", "?",
    "https://api?example", "null", "undefined", "https://api%2eexample", "https://api\u{3002}example",
    "https://api.example\u{200b}", "constructor", "0",
};

/// Subjects beside the expected one.
pub(super) const SUBJECTS: &[Text] = texts! {
    "admin", "user-2", "USER-1", "User-1", "user-1 ", " user-1", "user-1\0", "user-1\0admin", "user-1\n", "user-",
    "user-11", "user-1/../admin", "\u{ff55}ser-1", "", "0", "null", "undefined", "root", "user-1' OR '1'='1", "user%2d1",
    "<b>", "*", "\u{202e}1-resu",
};

/// Key names.
pub(super) const KIDS: &[Text] = texts! {
    "other", "", "hs256", "hs512", "rsa", "rsa-other", "p256", "p256-other", "ed25519", "hs-attacker", "../../dev/null",
    "/dev/null", "file:///dev/null", "key\0", "' UNION SELECT '", "' OR '1'='1", "|id", "__proto__", "constructor", "0",
    "1", "null", "undefined", "HS256", "https://evil.example/key", "%00", "..%2f..%2f", "\u{ff0f}dev",
};

/// Names for `crit`.
pub(super) const CRITICALS: &[Text] = texts! {
    "exp-ext", "b64", "alg", "typ", "kid", "exp", "x", "", "crit", "http://issuer.example/ext", "B64", "zip", "enc",
    "cty", "jwk", "iss", "nonce", "constructor",
};

/// Keys as a header's `jwk` shows them.
pub(super) const JWKS: &[Text] = texts! {
    r#"{"kty":"oct","k":""}"#, r#"{"kty":"oct","k":"AA"}"#, r#"{"kty":"oct","k":"YXR0YWNrZXI"}"#, r#"{"kty":"RSA"}"#,
    r#"{"kty":"none"}"#, "{}", "[]", r#""hs256""#, "null", r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#,
};

/// Whose keys headers show.
pub(super) const WHOSE: &[Whose] = &[Whose::Attacker, Whose::AttackerNamedAsTrusted, Whose::Known, Whose::Trusted];

/// Content encryptions (RFC 7518 §5.1).
pub(super) const ENCRYPTIONS: &[Text] = texts! { "A256GCM", "A128GCM", "A128CBC-HS256", "A256CBC-HS512", "none", "" };

/// Names of objects that a member can be moved into.
pub(super) const OUTER_NAMES: &[Text] = texts! { "__proto__", "__proto__", "__proto__", "x", "claims", "header", "payload", "data", "constructor", "unprotected", "vc", "jwk", "epk" };

/// Members of the flattened serialisation (RFC 7515 §7.2.2).
pub(super) const SERIALISED: &[Text] = texts! { "protected", "payload", "signature" };

/// Names of members of objects that should be strings.
pub(super) const MAP_NAMES: &[Text] = texts! {
    "x", "$ne", "toString", "value", "alg", "__proto__", "length", "0", "exp", "iss", "sub", "aud", "", "kid",
};

/// Strings for any place.
pub(super) const TEXTS: &[Text] = texts! {
    "x", "", " ", "0", "1", "-1", "true", "false", "null", "undefined", "NaN", "[object Object]", "{}", "[]", "admin",
    "\0", "\n", "\r\n", "\t", "\u{7f}", "\u{80}", "\u{e9}", "\u{212a}", "\u{1f511}", "\u{feff}", "\u{200b}", "\u{202e}",
    "\u{ffff}", "\u{10ffff}", "\"", "\\", "\\u0000", "<script>", "' OR '1'='1", "%00", "%s%n", "../", "*", "1e3", "0x10",
    "1700000000", "9999999999", "2030-01-01T00:00:00Z", "HS256", "none", "JWT", "constructor", "__proto__", "\u{3b1}",
    "stra\u{df}e", "\u{130}", "e\u{301}", "a.b.c", "e30", "&amp;", "&lt;", "a b", "user-1", "https://issuer.example",
    "https://api.example",
};

/// What is put in front of or behind a string.
pub(super) const AFFIXES: &[Text] = texts! {
    " ", "x", "\0", "\n", "\t", "/", ".", ",", "\r\n", "\0x", "*", "%00", "%20", "#", "?", ";", "://", "\u{feff}",
    "\u{200b}", "\u{a0}", "\u{301}", ".evil.example", "@evil.example", "https://evil.example/", ",none", " x", "x ",
    "\"", "'", "0", ":443", "//", "/../", "\u{0}\u{0}",
};

/// Numbers as they are written: where integers of each width end, what floats cannot hold, every odd notation.
pub(super) const NUMBERS: &[Text] = texts! {
    "0", "1", "-1", "-0", "2", "10", "255", "256", "1000", "32767", "32768", "65535", "65536", "2147483646",
    "2147483647", "2147483648", "2147483649", "4294967295", "4294967296", "4294967297", "5994967296", "8589934592",
    "1699999999", "1700000000", "1700000001", "1700003600", "253402300799", "253402300800", "1700000000000",
    "1700003600000", "9007199254740991", "9007199254740992", "9007199254740993", "9223372036854775", "9223372036854776",
    "9223372036854775806", "9223372036854775807", "9223372036854775808", "18446744073709551", "18446744073709552",
    "18446744073709551614", "18446744073709551615", "18446744073709551616", "18446744075409551616",
    "340282366920938463463374607431768211456", "-2147483648", "-2147483649", "-9223372036854775808",
    "-9223372036854775809", "-1700000000", "-62135596800", "0.0", "0.5", "1.5", "1e3", "1E3", "1e+3", "1.7e9", "1.7E9",
    "1.7000036e9", "17000036e2", "17000036000e-1", "1e10", "1e18", "1e19", "1e22", "1e308", "1e309", "1e400", "-1e400",
    "1e999999", "1e-400", "1700000000.0", "1700000000.5", "1699999999.999999999", "1700003600.0000000001",
    "1700003600.99999999999999999999", "0e0", "-0.0", "5e-324", "1.7976931348623157e308", "2.2250738585072011e-308",
    "100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
};

/// What stands where a number should, and is none.
pub(super) const NO_NUMBERS: &[Text] = texts! {
    "NaN", "Infinity", "-Infinity", "+1", "01", "1.", ".5", "0x10", "1_000", "1e", "--1", "1700003600L", "undefined",
    "''", "nan", "inf", "1,5", "\u{661}", "1/1", "/**/1", "tru", "None", "nil",
};

/// Dates as strings.
pub(super) const DATE_TEXTS: &[Text] = texts! {
    "1700003600", "1699999999", "9999999999", "0", "", " ", "never", "abc", "1700003600abc", " 1700003600", "1e10",
    "2030-01-01T00:00:00Z", "1970-01-01", "NaN", "Infinity", "-1", "0x7fffffff", "null", "true", "1700003600.5",
    "99999999999",
};

/// Seconds from the clock at which something changes, or is known to have.
pub(super) const OFFSETS: &[i64] = &[
    0,
    1,
    -1,
    2,
    -2,
    3600,
    -3600,
    59,
    60,
    61,
    -59,
    -60,
    -61,
    299,
    300,
    301,
    -299,
    -300,
    -301,
    30,
    -30,
    5,
    -5,
    10,
    -10,
    90,
    -90,
    120,
    -120,
    119,
    -119,
    121,
    -121,
    600,
    -600,
    599,
    -599,
    601,
    -601,
    900,
    -900,
    1800,
    -1800,
    7200,
    -7200,
    27,
    -27,
    26,
    -28,
    37,
    -37,
    86_400,
    -86_400,
    31_536_000,
    -31_536_000,
    315_360_000,
    -315_360_000,
    1 << 31,
    -(1 << 31),
    1 << 32,
    -(1 << 32),
    1 << 33,
];

/// How dates are written.
pub(super) const NOTATIONS: &[Notation] = &[
    Notation::Fraction,
    Notation::Exponent,
    Notation::Scientific,
    Notation::Quoted,
    Notation::Quoted,
    Notation::Listed,
    Notation::Milliseconds,
    Notation::Boxed,
];

/// Fractions to add to a number.
pub(super) const FRACTIONS: &[Text] = texts! {
    ".5", ".0", ".9", ".1", ".999999999", ".0000000001", ".99999999999999999999", ".000",
};

/// Sizes at which counters of sixteen bits end: long ones, so drawn seldom.
pub(super) const LARGE: &[u32] = &[65_535, 65_536, 65_537, 70_000];

/// What a token is flooded with: what splits it, mostly.
pub(super) const FLOODS: &[Text] = texts! { ".", ".", ".", ".", "=", " ", "\n", "~", "A", "\0", "..", "a." };

/// Sizes: around powers of two and limits that parsers have.
pub(super) const SIZES: &[u32] = &[
    1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 126, 127, 128, 129, 130, 200, 255, 256, 257, 511, 512, 513, 1000,
    1023, 1024, 1025, 2048, 4095, 4096, 4097, 8192, 16_384, 32_767,
];

/// Secrets that were never secret.
pub(super) const SECRETS: &[Text] = texts! {
    "secret", "", "null", "undefined", "None", "nil", "false", "true", "0", "your-256-bit-secret", "your-secret-key",
    "changeme", "password", "key", "jwt", "test", "default", "secretkey", "my-secret", "[object Object]",
    "your_jwt_secret", "supersecret", "AAAA", "admin", "a", " ", "\0", "{}", "[]", "HS256", "hs256",
    "undefinedundefined", "NaN", "your-384-bit-secret", "your-512-bit-secret", "a-string-secret-at-least-256-bits-long",
    "shhhhh", "keyboard cat", "qwertyuiopasdfghjklzxcvbnm123456", "1234567890", "s3cr3t", "token", "Some-Secret",
    "(null)", "<nil>", "mysecret",
};

/// Ways to mistake a secret.
pub(super) const RESPELLINGS: &[Respelling] = &[
    Respelling::Base64Url,
    Respelling::Base64,
    Respelling::Hex,
    Respelling::Decoded,
    Respelling::WithNewline,
    Respelling::Trimmed,
    Respelling::FirstHalf,
    Respelling::Lossy,
    Respelling::UpToNul,
];

/// Octets to put into JSON text: structure, escapes, white space of all kinds, octets that are no UTF-8.
pub(super) const SPLICES: &[&[u8]] = &[
    b" ",
    b"\n",
    b"\t",
    b"\r",
    b"\0",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"/**/",
    b"//",
    b"#",
    b"\\u0000",
    b"\\ud800",
    b"\\udc00",
    b"\\ud83d\\udd11",
    b"\\u0061",
    b"\\x61",
    b"\\'",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xc0\x80",
    b"\xef\xbb\xbf",
    b"\xc2\xa0",
    b"\xe2\x80\xa8",
    b"\x7f",
    b"\x1f",
    b"0",
    b"1",
    b"e",
    b"-",
    b".",
    b"null",
    b"true",
    b"\"exp\":9999999999,",
    b"\"alg\":\"none\",",
    b"\"sub\":\"admin\",",
    b"\"a\":1,",
    b",\"exp\":9999999999",
    b"'",
    b"NaN",
    b"\x0b",
    b"\x0c",
    b"\xe3\x80\x80",
];

/// What is put in front of or behind a JSON text.
pub(super) const TEXT_ENDS: &[Text] = texts! {
    " ", "\n", "\0", "\u{feff}", "x", "{}", "[]", ",", "//", "/**/", "#", ";", "null", "}", "]", "\u{a0}", "\r\n",
    "\u{c}", "{\"exp\":9999999999}", "\t", "\u{b}", "\u{85}", "0",
};

/// What stands where a segment should.
pub(super) const SEGMENTS: &[Text] = texts! {
    "", "e30", "e30=", "bnVsbA", "W10", "IiI", "MA", "null", "undefined", "AA", "AAAA", "A", "=", "==", "0", "false",
    "none", "eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiJ9", "MAYCAQACAQA", "AQ", "_w", "-", "_", "*", "MGUwMDAwMDA",
    "0e12345", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "eyJ9", "e30K", "ew",
};

/// What is put inside a segment.
pub(super) const WIRE_TEXTS: &[Text] = texts! {
    " ", "\n", "\t", "=", "\r\n", "\0", "+", "/", "-", "_", ".", "!", "%", "\u{e9}", "%20", "A", "AA", "==", "\\", "\"",
    "~", ",", ":", "*", "\u{200b}", "%0a", "&", ";",
};

/// What stands between segments.
pub(super) const SEPARATORS: &[Text] = texts! {
    ".", "..", ",", ":", ";", " ", "~", "/", "-", "_", "\u{3002}", "\u{ff0e}", "\u{2024}", "%2e", "|", "\n", "", "\0",
    "...", ". ", " .", "\t", ", ", "=", "&", "+",
};

/// What is put in front of or behind a token.
pub(super) const WIRE_ENDS: &[Text] = texts! {
    " ", "\n", "\t", "\0", ".", "=", "\r\n", "Bearer ", "bearer ", "JWT ", "Token ", "\"", "'", "<", ">", "[", "]", ",",
    ";", "\u{feff}", "\u{a0}", "\u{200b}", "~", "#", "?", "&", "..", ".e30", ".AA", "\0x", "; Path=/",
    "Authorization: Bearer ", "token=", "%0a", "\u{b}", "\u{c}", "\u{85}", "DPoP ", "Basic ", "(", ")",
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Seeded;

    #[test]
    fn mined_literals_are_drawn_beside_the_pools() {
        let mut stock = Stock::everything().clone();
        stock.literals.texts = vec![Cow::Borrowed("xyzzy")];
        let mut chance = Seeded::new(1, 1);
        let drawn: Vec<Text> = (0..100).map(|_| stock.name(&mut chance, Part::Header)).collect();
        assert!(drawn.contains(&Cow::Borrowed("xyzzy")) && drawn.contains(&Cow::Borrowed("alg")));
    }

    #[test]
    fn every_class_has_its_turn_in_each_round_and_its_cases_in_few() {
        let stock = Stock::everything();
        let turns: Vec<Template> = (0..40_000).filter_map(|number| stock.turn(7, number)).collect();
        assert_eq!(turns.len(), 12_000, "30 of a hundred");
        let count = stock.classes.len();
        let mut eighths = vec![0_u8; count];
        for (round, turns) in turns.chunks_exact(count).enumerate() {
            let mut classes = std::collections::BTreeSet::new();
            for turn in turns {
                let Template::Case { class, nth } = turn else { panic!("a turn is a case's") };
                assert!(classes.insert(*class), "{class} twice in a round");
                eighths[usize::from(*class)] |= 1 << (nth >> 13);
            }
            assert!(round < 12 || eighths.iter().all(|seen| *seen == 0xff), "13 rounds pass by no eighth");
        }
        let without = Stock { catalogue_share: 0, ..stock.clone() };
        assert!((0..1000).all(|number| without.turn(7, number).is_none()));
    }

    #[test]
    fn cheap_signatures_are_the_likeliest() {
        let settings: Vec<Setting> = scene::settings().collect();
        let hmac = |number: &&u16| settings[usize::from(**number)].algorithm == Algorithm::Hs256;
        let stock = Stock::everything();
        assert!(stock.settings.iter().filter(hmac).count() * 2 > stock.settings.len());
        let all: std::collections::BTreeSet<_> = stock.settings.iter().collect();
        assert_eq!(all.len(), settings.len(), "no setting is left out");
    }
}
