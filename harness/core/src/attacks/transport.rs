//! How a token reaches the verifier. Most of it only a service shows; here is what a service that takes the field apart
//! badly hands to its library.

use token_assay_model::{Reason, Severity};

use super::scene::{Scene, on};
use super::{Area, Cases, Class, Family, Make, Says};
use crate::reference::json::Json;
use crate::reference::{Reading, Rule, rules};
use crate::strawman::Strawman;

/// What is left of a field with two credentials when the first scheme is cut off.
fn joined_credentials(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let valid = scene.token();
    let forged = valid.clone().with_payload(scene.forged_claims().text()).compact();
    let valid = valid.compact();
    for (variant, text) in [
        ("valid-first", format!("{valid}, Bearer {forged}")),
        ("valid-last", format!("{forged}, Bearer {valid}")),
        ("other-scheme-last", format!("{valid}, Basic dXNlcjpwYXNz")),
        ("parameter-after", format!("{valid}, realm=\"x\"")),
    ] {
        cases.add(scene, variant, text);
    }
}

fn of_another_service(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let orders = scene.with(|policy| policy.audience = vec![ORDERS.to_owned()]);
    for (variant, audience) in [
        ("service", "\"https://billing.example\""),
        ("path", "\"https://api.example/billing\""),
        ("parent", "\"https://api.example\""),
        ("child", "\"https://api.example/orders/archive\""),
        ("several", r#"["https://billing.example","https://api.example/billing"]"#),
    ] {
        cases.add(&orders, variant, orders.sign_claims(&orders.claims().set("aud", audience)));
    }
    let both = format!(r#"["https://billing.example",{}]"#, crate::forge::json::quote(ORDERS));
    let both = orders.sign_claims(&orders.claims().set("aud", both));
    // OpenID Connect Core §3.1.3.7 has a client refuse audiences that it does not trust.
    cases.add(&orders, "both", both).says(Says::ShouldAccept);
}

fn octets_beyond_ascii(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let token = scene.token().compact().into_bytes();
    let inside = token.len() - 8;
    for (variant, octets) in [
        ("latin-1-space", &b"\xa0"[..]),
        ("next-line", b"\x85"),
        ("last-octet", b"\xff"),
        ("overlong-slash", b"\xc0\xaf"),
        ("half-a-letter", b"\xc3"),
    ] {
        cases.add(scene, &format!("{variant}-after"), [&token, octets].concat());
        cases.add(scene, &format!("{variant}-inside"), [&token[..inside], octets, &token[inside..]].concat());
    }
    cases.add(scene, "byte-order-mark", [&b"\xef\xbb\xbf"[..], &token].concat());
    cases.add(scene, "high-bit", token.iter().map(|octet| octet | 0x80).collect::<Vec<u8>>());
}

static FIRST_CREDENTIALS: Strawman = Strawman {
    name: "first-credentials",
    flaw: "takes a token up to the first comma",
    mend: "Refuse a field with more in it than one scheme and one token.",
    bends: &[(Rule::Text, |reading| {
        let comma = reading.octets.iter().position(|octet| *octet == b',').unwrap_or(reading.octets.len());
        reading.octets.truncate(comma);
        rules::text(reading)
    })],
};

static AUDIENCE_BY_HOST: Strawman = Strawman {
    name: "audience-by-host",
    flaw: "compares the hosts of audiences",
    mend: "Compare an audience as a whole, and give each service one of its own.",
    bends: &[(Rule::Audience, |reading| if names_its_host(reading) { Ok(()) } else { rules::audience(reading) })],
};

static ASCII_ALONE: Strawman = Strawman {
    name: "ascii-alone",
    flaw: "drops octets that are not ASCII",
    mend: "Refuse a token with an octet outside the base64url alphabet.",
    bends: &[(Rule::Text, |reading| {
        reading.octets.retain(u8::is_ascii);
        rules::text(reading)
    })],
};

fn names_its_host(reading: &Reading<'_>) -> bool {
    let host = |url: &str| url.split('/').nth(2).map(str::to_owned);
    let given = match reading.payload.member("aud") {
        Some(Json::Array(values)) => values.iter().filter_map(Json::as_str).map(str::to_owned).collect(),
        other => Vec::from_iter(other.and_then(Json::as_str).map(str::to_owned)),
    };
    let own: Vec<_> = reading.policy.audience.iter().filter_map(|own| host(own)).collect();
    given.iter().filter_map(|given| host(given)).any(|given| own.contains(&given))
}

/// A service of several at one host.
const ORDERS: &str = "https://api.example/orders";

/// A row that a service is asked over HTTP.
const fn live(
    [id, title, construction]: [&'static str; 3],
    says: Says,
    severity: Severity,
    (references, cwe): (&'static [&'static str], Option<u32>),
) -> Class {
    let make = Make::Live { by: "assay run --service" };
    Class { id, title, construction, says, severity, references, cwe, make }
}

/// A row that a service is asked about beside its tokens.
const fn asked(
    words: [&'static str; 3],
    says: Says,
    severity: Severity,
    references: (&'static [&'static str], Option<u32>),
) -> Class {
    Class { make: Make::Live { by: "assay sessions --service" }, ..live(words, says, severity, references) }
}

/// A row that waits for a service.
const fn waits(
    [id, title, construction]: [&'static str; 3],
    says: Says,
    severity: Severity,
    (references, cwe): (&'static [&'static str], Option<u32>),
    because: &'static str,
) -> Class {
    let make = Make::Waits { area: Area::LiveService, because };
    Class { id, title, construction, says, severity, references, cwe, make }
}

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "transport",
    title: "how tokens arrive",
    classes: &[
        live(
            [
                "tr-scheme-case",
                "A service refused a token whose scheme is written in another case.",
                "Authorization: bEaReR and a valid token",
            ],
            Says::MustAccept,
            Severity::Low,
            (&["RFC 9110 §11.1"], None),
        ),
        live(
            [
                "tr-scheme-missing",
                "A service took a token under another scheme, or under none.",
                "Authorization: a valid token alone, after Token, after JWT",
            ],
            Says::Either("which other schemes a service knows is its own choice (RFC 6750 §2.1)"),
            Severity::Low,
            (&["RFC 6750 §2.1"], Some(287)),
        ),
        live(
            [
                "tr-duplicate-authorization",
                "A service took one of two Authorization fields.",
                "two Authorization fields, a valid and a tampered token, in either order",
            ],
            Says::ShouldReject(Reason::Malformed),
            Severity::Medium,
            (&["RFC 9110 §5.3", "RFC 6750 §2"], Some(436)),
        ),
        Class {
            id: "tr-comma-joined",
            title: "A token with other credentials after it was accepted.",
            construction: "a valid and a tampered token joined as two fields are, in either order; a valid token with \
                           other credentials or a parameter after it",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::High,
            references: &["RFC 9110 §11.6.2", "RFC 7515 §2", "RFC 7519 §3"],
            cwe: Some(436),
            make: Make::Cases { on: on::two, build: joined_credentials, strawman: &FIRST_CREDENTIALS },
        },
        live(
            [
                "tr-token-in-two-places",
                "A service took one of several tokens of one request.",
                "different tokens in Authorization, a cookie and the query",
            ],
            Says::ShouldReject(Reason::Malformed),
            Severity::Medium,
            (&["RFC 6750 §2"], Some(436)),
        ),
        live(
            [
                "tr-query-token",
                "A service took a token from the query.",
                "access_token in the query, nothing in Authorization",
            ],
            Says::ShouldReject(Reason::Other),
            Severity::Medium,
            (&["RFC 6750 §2.3", "RFC 9700 §4.3.2"], Some(598)),
        ),
        Class {
            id: "tr-cookie-duplicate",
            title: "Of two session cookies the forged one was read.",
            construction: "two cookies of the session's name in either order, $Version, quoted values",
            says: Says::Either("RFC 6265 §4.2.2 leaves servers the order; that readers differ is told"),
            severity: Severity::High,
            references: &["RFC 6265 §4.2.2", "RFC 6265 §5.4"],
            cwe: Some(436),
            make: Make::Held {
                by: "the classes hdr-dup-name-order, hdr-dup-three, hdr-dollar-version-prefix and hdr-quoted-swallow of \
                     cookie-header",
            },
        },
        Class {
            id: "tr-cookie-prefix-attributes",
            title: "A cookie with a token lacks HttpOnly, Secure, SameSite or a prefix.",
            construction: "the Set-Cookie lines of a login",
            says: Says::ShouldReject(Reason::Other),
            severity: Severity::Medium,
            references: &["draft-ietf-httpbis-rfc6265bis §4.1.3", "OWASP ASVS 5.0 3.3"],
            cwe: Some(1004),
            make: Make::Held { by: "the rules of set-cookie: assay inspect" },
        },
        waits(
            [
                "tr-cookie-split",
                "A service put a token together from the wrong pieces.",
                "a token over two cookies, one missing, one too many, swapped",
            ],
            Says::MustReject(Reason::Signature),
            Severity::Medium,
            (&["RFC 6265 §4.2.2"], Some(345)),
            "how a token is cut up and put together is a framework's contract",
        ),
        Class {
            id: "tr-after-logout",
            title: "A token was accepted after its user had logged out, or changed the password.",
            construction: "log in, log out, send the old token",
            says: Says::ShouldReject(Reason::Revoked),
            severity: Severity::Medium,
            references: &["OWASP ASVS 5.0 7.4.1"],
            cwe: Some(613),
            make: Make::Held { by: "the invariants logout-ends and password-ends: assay sessions --service" },
        },
        Class {
            id: "tr-cross-endpoint",
            title: "A token for another service of the same issuer was accepted.",
            construction: "valid token for another host, for a sibling, the parent or a child of the service's path, \
                           for several others; the twin is for this one too",
            says: Says::MustReject(Reason::Audience),
            severity: Severity::High,
            references: &["RFC 8725 §3.9", "RFC 7519 §4.1.3"],
            cwe: Some(863),
            make: Make::Cases { on: on::two, build: of_another_service, strawman: &AUDIENCE_BY_HOST },
        },
        Class {
            id: "tr-nonascii-header-bytes",
            title: "A token with octets beyond ASCII was accepted.",
            construction: "valid token with 0xA0, 0x85, 0xFF, an overlong slash or half a letter after or inside it, a \
                           byte order mark before it, the high bit set in every octet",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Low,
            references: &["RFC 7515 §2", "RFC 9110 §5.5"],
            cwe: Some(20),
            make: Make::Cases { on: on::two, build: octets_beyond_ascii, strawman: &ASCII_ALONE },
        },
        asked(
            [
                "tr-header-case-spoof",
                "A service behind a gateway took claims from a field that the client had set.",
                "X-Forwarded-User, X-Jwt-Payload and the like from the client",
            ],
            Says::ShouldReject(Reason::Other),
            Severity::High,
            (&["RFC 7239 §8.1", "OWASP ASVS 5.0 V4.1.3"], Some(290)),
        ),
    ],
};
