//! Tokens of one kind where another is expected (RFC 8725 §3.11, §3.12), and tokens in tokens (RFC 7519 §5.2).
//!
//! A relying party tells kinds apart by `typ`, by its own audience, or by claims that only its kind has; each way is a
//! policy of its own, and each token is valid but for the kind. Who is configured for none of the three cannot tell, and
//! is asked nothing.

use token_assay_model::{Algorithm, Reason, Severity};

use super::alg_none::UNWRAPS_NESTED;
use super::scene::{AUDIENCE, ISSUER, Scene, Setting, on};
use super::{Cases, Class, Family, Make, Says};
use crate::forge::{Jws, Object, base64url};
use crate::reference::json::Json;
use crate::reference::{Reading, Rule, rules};
use crate::strawman::{PANICS, SLOW, Strawman, skip};

/// The scene of a relying party that takes this `typ` only.
fn typed<'f>(scene: &Scene<'f>, typ: &str) -> Scene<'f> {
    scene.with(|policy| policy.typ = Some(typ.to_owned()))
}

/// The scene of one that takes tokens with these claims only.
fn requiring<'f>(scene: &Scene<'f>, claims: &[&str]) -> Scene<'f> {
    scene.with(|policy| policy.required_claims = claims.iter().map(|claim| (*claim).to_owned()).collect())
}

/// The scene of one that goes by this name.
fn addressed<'f>(scene: &Scene<'f>, audience: &str) -> Scene<'f> {
    scene.with(|policy| policy.audience = vec![audience.to_owned()])
}

/// A token of this `typ` with these claims, signed by the trusted key.
fn of_kind(scene: &Scene<'_>, typ: &str, claims: &Object) -> Jws {
    scene.sign(scene.header().set_string("typ", typ).text(), claims.text())
}

/// The claims of an access token (RFC 9068 §2.2).
fn access_claims(scene: &Scene<'_>) -> Object {
    scene.claims().set_string("client_id", CLIENT).set_string("scope", "read write")
}

/// The claims of an ID token (OpenID Connect Core 1.0 §2).
fn id_claims(scene: &Scene<'_>) -> Object {
    scene.claims().set_string("nonce", "n-0S6_WzA2Mj").set_string("at_hash", "MTIzNDU2Nzg5MDEyMzQ1Ng")
}

/// The claims of a logout token (OpenID Connect Back-Channel Logout 1.0 §2.4).
fn logout_claims(scene: &Scene<'_>) -> Object {
    scene.claims().set("events", r#"{"http://schemas.openid.net/event/backchannel-logout":{}}"#)
}

/// The claims of a proof of possession (RFC 9449 §4.2).
fn proof_claims(scene: &Scene<'_>) -> Object {
    scene.claims().set_string("htm", "POST").set_string("htu", "https://api.example/orders")
}

fn typ_missing(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let server = typed(scene, ACCESS);
    let claims = access_claims(&server);
    let absent = server.sign(server.header().without("typ").text(), claims.text());
    cases.add(&server, "absent", absent);
    for (variant, typ) in [("jwt", "JWT"), ("empty", ""), ("access-token", "access_token"), ("hyphen", "at-jwt")] {
        cases.add(&server, variant, of_kind(&server, typ, &claims));
    }
    cases.add(&server, "access-token-itself", of_kind(&server, ACCESS, &claims)).says(Says::ShouldAccept);
}

fn id_token_as_access_token(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let server = typed(scene, ACCESS);
    cases.add(&server, "by-typ", of_kind(&server, "JWT", &id_claims(&server)));
    let server = requiring(scene, &["client_id"]);
    cases
        .add(&server, "by-claim", of_kind(&server, "JWT", &id_claims(&server).without("client_id")))
        .reason(Reason::MissingClaim);
    let server = addressed(scene, AUDIENCE);
    let claims = id_claims(&server).set_string("aud", CLIENT);
    cases.add(&server, "by-audience", of_kind(&server, "JWT", &claims)).reason(Reason::Audience);
}

fn access_token_as_id_token(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let client = typed(scene, "JWT");
    cases.add(&client, "by-typ", of_kind(&client, ACCESS, &access_claims(&client)));
    let client = requiring(scene, &["nonce"]);
    cases
        .add(&client, "by-claim", of_kind(&client, ACCESS, &access_claims(&client).without("nonce")))
        .reason(Reason::MissingClaim);
    cases.add(&client, "id-token-itself", of_kind(&client, "JWT", &id_claims(&client))).says(Says::ShouldAccept);
    let client = addressed(scene, CLIENT);
    let claims = access_claims(&client).set_string("aud", AUDIENCE);
    cases.add(&client, "by-audience", of_kind(&client, ACCESS, &claims)).reason(Reason::Audience);
    cases.add(scene, "by-nothing", of_kind(scene, ACCESS, &access_claims(scene))).says(Says::Either(UNASKED));
}

fn logout_token(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let client = typed(scene, "JWT");
    cases.add(&client, "as-id-token-by-typ", of_kind(&client, LOGOUT, &logout_claims(&client)));
    let client = requiring(scene, &["nonce"]);
    cases
        .add(&client, "as-id-token-by-claim", of_kind(&client, "JWT", &logout_claims(&client).without("nonce")))
        .reason(Reason::MissingClaim);
    let listener = typed(scene, LOGOUT);
    cases.add(&listener, "id-token-by-typ", of_kind(&listener, "JWT", &id_claims(&listener)));
    cases.add(&listener, "itself", of_kind(&listener, LOGOUT, &logout_claims(&listener))).says(Says::ShouldAccept);
    let listener = requiring(scene, &["events"]);
    cases
        .add(&listener, "id-token-by-claim", of_kind(&listener, "JWT", &id_claims(&listener).without("events")))
        .reason(Reason::MissingClaim);
}

fn proof_of_possession(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let header = |key: &str| scene.header().set_string("typ", PROOF).set("jwk", key);
    let attacker = scene.forge.keys().attacker(scene.algorithm());
    let own_key = header(&attacker.jwk_text).text();
    let self_signed = scene.forge.sign(own_key, proof_claims(scene).text(), attacker, scene.algorithm());
    cases.add(scene, "signed-by-itself", self_signed).reason(Reason::Signature).severity(Severity::Critical);
    let trusted = header(&scene.key.jwk_text).text();
    let server = typed(scene, ACCESS);
    cases.add(&server, "as-access-token", server.sign(&trusted, proof_claims(&server).text()));
    let endpoint = typed(scene, PROOF);
    cases.add(&endpoint, "access-token-by-typ", of_kind(&endpoint, ACCESS, &access_claims(&endpoint)));
    let endpoint = requiring(&endpoint, &["htm", "htu", "iat", "jti"]);
    cases.add(&endpoint, "itself", endpoint.sign(&trusted, proof_claims(&endpoint).text())).says(Says::ShouldAccept);
    let bearer = access_claims(&endpoint).without("htm").without("htu");
    cases.add(&endpoint, "access-token-by-claim", endpoint.sign(&trusted, bearer.text())).reason(Reason::MissingClaim);
}

fn of_other_protocols(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let server = typed(scene, ACCESS);
    for (variant, typ) in [
        ("client-authentication", "client-authentication+jwt"),
        ("authorization-request", "oauth-authz-req+jwt"),
        ("security-event", "secevent+jwt"),
        ("entity-statement", "entity-statement+jwt"),
        ("introspection", "token-introspection+jwt"),
    ] {
        cases.add(&server, variant, of_kind(&server, typ, &server.claims()));
    }
    // RFC 7523 §3: a client speaks of itself, to the authorisation server.
    let server = scene.with(|policy| policy.issuer = vec![ISSUER.to_owned()]);
    let assertion = server.claims().set_string("iss", CLIENT).set_string("sub", CLIENT);
    cases.add(&server, "assertion-by-issuer", server.sign_claims(&assertion)).reason(Reason::Issuer);
    let server = addressed(scene, AUDIENCE);
    let assertion = server.claims().set_string("sub", CLIENT).set_string("aud", ISSUER);
    cases.add(&server, "assertion-by-audience", server.sign_claims(&assertion)).reason(Reason::Audience);
}

fn of_the_same_application(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let session = typed(scene, "session+jwt");
    for (variant, typ) in [("refresh", "refresh+jwt"), ("reset", "reset+jwt"), ("untyped", "JWT")] {
        cases.add(&session, variant, of_kind(&session, typ, &session.claims()));
    }
    let session = addressed(scene, "https://api.example/session");
    for (variant, audience) in [
        ("refresh-by-audience", "https://api.example/refresh"),
        ("verification-by-audience", "https://api.example/verify-email"),
        ("all-by-audience", "https://api.example"),
    ] {
        let claims = session.claims().set_string("aud", audience);
        cases.add(&session, variant, session.sign_claims(&claims)).reason(Reason::Audience);
    }
    let session = requiring(scene, &["sid"]);
    let claims = session.claims().without("sid").set_string("email", "user@example.org");
    cases.add(&session, "verification-by-claim", session.sign_claims(&claims)).reason(Reason::MissingClaim);
    let itself = session.claims().set_string("sid", "session-1");
    cases.add(&session, "session-itself", session.sign_claims(&itself)).says(Says::ShouldAccept);
}

fn other_spellings(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let server = typed(scene, ACCESS);
    cases.add(&server, "prefix", of_kind(&server, "application/at+jwt", &server.claims()));
    for (variant, typ) in [
        ("upper", "AT+JWT"),
        ("capitals", "At+Jwt"),
        ("prefix-upper", "APPLICATION/AT+JWT"),
        ("subtype-upper", "application/AT+JWT"),
    ] {
        cases.add(&server, variant, of_kind(&server, typ, &server.claims())).says(Says::ShouldAccept);
    }
    let server = typed(scene, "application/at+jwt");
    cases.add(&server, "prefix-expected", of_kind(&server, ACCESS, &server.claims()));
}

fn near_types(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let server = typed(scene, ACCESS);
    for (variant, typ) in [
        ("before", "x-at+jwt"),
        ("after", "at+jwt2"),
        ("other-tree", "text/at+jwt"),
        ("path", "../at+jwt"),
        ("more-suffix", "at+jwt+json"),
        ("prefix-twice", "application/application/at+jwt"),
        ("list", "at+jwt,JWT"),
        ("list-last", "JWT, at+jwt"),
        ("shorter", "at+jw"),
    ] {
        cases.add(&server, variant, of_kind(&server, typ, &server.claims()));
    }
    let because = "a media type with a parameter is of that type, and not the same value (RFC 7515 §4.1.9)";
    cases.add(&server, "parameter", of_kind(&server, "at+jwt;v=1", &server.claims())).says(Says::Either(because));
}

fn no_text(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let server = typed(scene, ACCESS);
    for (variant, typ) in [
        ("null", "null"),
        ("number", "1"),
        ("list", r#"["at+jwt"]"#),
        ("object", "{}"),
        ("object-of-it", r#"{"at+jwt":"at+jwt"}"#),
        ("true", "true"),
    ] {
        cases.add(&server, variant, server.sign_header(&server.header().set("typ", typ)));
    }
}

fn look_alikes(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let server = typed(scene, ACCESS);
    for (variant, typ) in [
        ("nul-after", "at+jwt\0"),
        ("text-after-nul", "at+jwt\0x"),
        ("space-before", " at+jwt"),
        ("space-after", "at+jwt "),
        ("newline-after", "at+jwt\n"),
        ("fullwidth-plus", "at\u{ff0b}jwt"),
        ("fullwidth-letter", "\u{ff41}t+jwt"),
        ("cyrillic", "\u{430}t+jwt"),
        ("zero-width", "at+\u{200b}jwt"),
    ] {
        cases.add(&server, variant, of_kind(&server, typ, &server.claims()));
    }
    let listener = typed(scene, "secevent+jwt");
    cases.add(&listener, "long-s", of_kind(&listener, "\u{17f}ecevent+jwt", &listener.claims()));
}

fn typ_among_claims(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let server = typed(scene, ACCESS);
    let claims = server.claims().set_string("typ", ACCESS).text();
    cases.add(&server, "alone", server.sign(server.header().without("typ").text(), &claims));
    cases.add(&server, "beside-another", server.sign(server.header().set_string("typ", "JWT").text(), &claims));
}

fn cty_without_token(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, cty) in [("upper", "JWT"), ("lower", "jwt"), ("prefix", "application/jwt")] {
        cases.add(scene, variant, scene.sign_header(&scene.header().set_string("cty", cty)));
    }
}

/// The header of a token around another.
fn outer_header(scene: &Scene<'_>) -> Object {
    scene.header().set_string("cty", "JWT")
}

/// A token around this one, signed by the trusted key.
fn around(scene: &Scene<'_>, inner: &Jws) -> Jws {
    read_as(scene.sign(outer_header(scene).text(), inner.compact()), inner)
}

/// What an accept would return are the claims of the inner token.
fn read_as(outer: Jws, inner: &Jws) -> Jws {
    Jws { payload_octets: inner.payload_octets.clone(), ..outer }
}

/// What an attacker signs with a key of the same type.
fn forged(scene: &Scene<'_>, header: &Object, payload: &str) -> Jws {
    scene.forge.sign(header.text(), payload, scene.forge.keys().attacker(scene.algorithm()), scene.algorithm())
}

fn inner_forged(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let attackers = forged(scene, &scene.header(), &scene.forged_claims().text());
    cases.add(scene, "other-key", around(scene, &attackers));
    let tampered = scene.token().with_payload(scene.forged_claims().text());
    cases.add(scene, "tampered", around(scene, &tampered));
    let bare = scene.token().with_payload(scene.forged_claims().text()).with_signature("");
    cases.add(scene, "no-signature", around(scene, &bare));
    cases.add(scene, "without-cty", scene.sign(scene.header().text(), attackers.compact()));
    cases.add(scene, "genuine", around(scene, &scene.token())).says(Says::Either(NESTING));
}

fn outer_forged(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let inner = scene.token();
    let text = inner.compact();
    let attackers = forged(scene, &outer_header(scene), &text);
    cases.add(scene, "other-key", read_as(attackers, &inner));
    let header = outer_header(scene).text();
    cases.add(scene, "no-signature", read_as(Jws::unsigned(header, &text), &inner));
    let moved = Jws::unsigned(outer_header(scene).text(), &text).with_signature(inner.signature_octets());
    cases.add(scene, "signature-of-inner", read_as(moved, &inner));
}

fn typ_of_outer(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let server = typed(scene, ACCESS);
    let untyped = of_kind(&server, "JWT", &access_claims(&server));
    cases.add(&server, "inner-jwt", around(&server, &untyped));
    let absent = server.sign(server.header().without("typ").text(), access_claims(&server).text());
    cases.add(&server, "inner-absent", around(&server, &absent));
    let inner = of_kind(&server, ACCESS, &access_claims(&server));
    cases.add(&server, "both", around(&server, &inner)).says(Says::Either(NESTING));
    let outer = server.sign(outer_header(&server).without("typ").text(), inner.compact());
    cases.add(&server, "inner-alone", read_as(outer, &inner)).says(Says::Either(NESTING));
}

/// Each level is a third longer than the one inside: a thousand would not fit on any disk.
fn deeply_nested(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let nested = |depth: usize| (1..depth).fold(scene.token(), |inner, _| around(scene, &inner));
    cases.add(scene, "5", nested(5)).says(Says::Either(NESTING));
    cases.add(scene, "10", nested(10)).says(Says::Either(NESTING));
    cases.add(scene, "18", nested(18));
}

fn cty_of_other_formats(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, cty) in [
        ("java", "application/x-java-serialized-object"),
        ("xml", "text/xml"),
        ("cbor", "application/cbor"),
        ("yaml", "application/yaml"),
        ("pickle", "application/python-pickle"),
    ] {
        cases.add(scene, variant, scene.sign_header(&scene.header().set_string("cty", cty)));
    }
}

fn replicas(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (claim, other) in [("iss", "https://other.example"), ("sub", "admin"), ("aud", "https://other.example")] {
        let with_replica = scene.sign_header(&scene.header().set_string(claim, other));
        cases.add(scene, &format!("{claim}-differs"), with_replica);
    }
    // A replica that is right does not stand for the claim.
    let knowing = scene.with(|policy| {
        policy.issuer = vec![ISSUER.to_owned()];
        policy.audience = vec![AUDIENCE.to_owned()];
    });
    for (claim, own, reason) in [("iss", ISSUER, Reason::Issuer), ("aud", AUDIENCE, Reason::Audience)] {
        let header = knowing.header().set_string(claim, own).text();
        let wrong = knowing.claims().set_string(claim, "https://other.example").text();
        let wrong = knowing.sign(&header, wrong);
        cases.add(&knowing, &format!("{claim}-right-in-header"), wrong).says(Says::MustReject(reason));
        let absent = knowing.sign(&header, knowing.claims().without(claim).text());
        cases.add(&knowing, &format!("{claim}-in-header-alone"), absent).says(Says::MustReject(reason));
    }
}

/// On public keys, which proofs of possession are signed with.
fn public(at: Setting) -> bool {
    on::pinned_common(at) && matches!(at.algorithm, Algorithm::Es256 | Algorithm::EdDsa)
}

/// The `typ`, where it is text.
fn typ_of<'r>(reading: &'r Reading<'_>) -> Option<&'r str> {
    reading.header.member("typ").and_then(Json::as_str)
}

/// [`rules::kind`], but where the verifier finds this `typ` right by a rule of its own.
fn kind_by(reading: &mut Reading<'_>, right: impl Fn(&str, Option<&str>) -> bool) -> Result<(), Reason> {
    let wanted = reading.policy.typ.clone();
    if wanted.is_some_and(|wanted| right(&wanted, typ_of(reading))) { Ok(()) } else { rules::kind(reading) }
}

/// A compact token by its looks.
fn looks_like_token(octets: &[u8]) -> bool {
    octets.starts_with(b"ey") && octets.iter().filter(|octet| **octet == b'.').count() == 2
}

/// What is left of a text that is read as C, and then as ASCII.
fn as_ascii(text: &str) -> String {
    let letter = |letter: char| match letter {
        '\u{200b}' => None,
        '\u{430}' => Some('a'),
        '\u{17f}' => Some('s'),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xff01 + 0x21),
        other => Some(other),
    };
    text.split('\0').next().unwrap_or_default().trim().chars().filter_map(letter).collect()
}

static TYP_IF_PRESENT: Strawman = Strawman {
    name: "typ-if-present",
    flaw: "compares typ only where it says something else than that the token is a JWT",
    mend: "Refuse a token without the typ that is expected.",
    bends: &[(Rule::Kind, |reading| {
        kind_by(reading, |_, given| given.is_none_or(|given| given.is_empty() || given.eq_ignore_ascii_case("jwt")))
    })],
};

static TYP_IGNORED: Strawman = Strawman {
    name: "typ-ignored",
    flaw: "does not look at typ, though one is expected",
    mend: "Compare typ with the expected one, as media types.",
    bends: &[(Rule::Kind, skip)],
};

static KINDS_MIXED: Strawman = Strawman {
    name: "kinds-mixed",
    flaw: "takes any token of its issuer, whatever kind it is, for whomever it is",
    mend: "Tell kinds apart by typ, by audience, or by claims that only one kind has, and check that one.",
    bends: &[(Rule::Kind, skip), (Rule::Required, skip), (Rule::Issuer, skip), (Rule::Audience, skip)],
};

static PROOF_KEY_BELIEVED: Strawman = Strawman {
    name: "proof-key-believed",
    flaw: "verifies a proof of possession with the key in it, and takes it for a token of its issuer",
    mend: "Verify access tokens with the issuer's keys only; a key in a header proves possession of itself.",
    bends: &[(Rule::Signature, |reading| {
        let is_proof = typ_of(reading) == Some(PROOF) && reading.header.member("jwk").is_some();
        if is_proof { Ok(()) } else { rules::signature(reading) }
    })],
};

static TYP_BY_OCTETS: Strawman = Strawman {
    name: "typ-by-octets",
    flaw: "compares typ octet by octet",
    mend: "Compare media types without regard to case, with or without application/.",
    bends: &[(Rule::Kind, |reading| {
        let same = reading.policy.typ.as_deref() == typ_of(reading);
        if reading.policy.typ.is_some() { rules::check(same, Reason::Type) } else { rules::kind(reading) }
    })],
};

static TYP_BY_PART: Strawman = Strawman {
    name: "typ-by-part",
    flaw: "looks for the expected typ anywhere in the given one, or the other way round",
    mend: "Compare the whole of typ.",
    bends: &[(Rule::Kind, |reading| {
        kind_by(reading, |wanted, given| given.is_some_and(|given| given.contains(wanted) || wanted.contains(given)))
    })],
};

static TYP_IF_TEXT: Strawman = Strawman {
    name: "typ-if-text",
    flaw: "compares typ only where it is text",
    mend: "Refuse a token whose typ is no text.",
    bends: &[(Rule::Kind, |reading| {
        let no_text = reading.header.member("typ").is_some_and(|typ| typ.as_str().is_none());
        if no_text { Ok(()) } else { rules::kind(reading) }
    })],
};

static TYP_AS_ASCII: Strawman = Strawman {
    name: "typ-as-ascii",
    flaw: "trims typ, cuts it at NUL and turns letters that look alike into ASCII",
    mend: "Compare typ as it is, but for the case of ASCII letters.",
    bends: &[(Rule::Kind, |reading| {
        kind_by(reading, |wanted, given| given.is_some_and(|given| as_ascii(given).eq_ignore_ascii_case(wanted)))
    })],
};

static TYP_FROM_CLAIMS: Strawman = Strawman {
    name: "typ-from-claims",
    flaw: "reads typ among the claims too",
    mend: "Read typ in the header only.",
    bends: &[(Rule::Kind, |reading| {
        let among_claims = reading.payload.member("typ").and_then(Json::as_str).map(str::to_owned);
        kind_by(reading, |wanted, _| among_claims.as_deref() == Some(wanted))
    })],
};

static UNWRAPS_FIRST: Strawman = Strawman {
    name: "unwraps-first",
    flaw: "verifies the inner of two nested tokens and not the one around it",
    mend: "Verify each layer with the algorithms and keys of the application before opening it.",
    bends: &[(Rule::Text, |reading| {
        let payload = |octets: &[u8]| octets.split(|octet| *octet == b'.').nth(1).and_then(base64url::decode);
        while let Some(inner) = payload(&reading.octets).filter(|inner| looks_like_token(inner)) {
            reading.octets = inner;
        }
        rules::text(reading)
    })],
};

static TYP_OF_OUTER: Strawman = Strawman {
    name: "typ-of-outer",
    flaw: "reads nested tokens, and the typ of the outer one",
    mend: "Ask the token in which the claims are for its typ.",
    bends: &[(Rule::Kind, |reading| {
        let inner = std::mem::replace(&mut reading.header, rules::object(&reading.decoded[0])?);
        let outcome = rules::kind(reading);
        reading.header = inner;
        outcome
    })],
};

static REPLICAS_BELIEVED: Strawman = Strawman {
    name: "replicas-believed",
    flaw: "takes issuer and audience from the header where they stand there",
    mend: "Read claims in the payload only.",
    bends: &[
        (Rule::Issuer, |reading| {
            let replica = reading.header.member("iss").and_then(Json::as_str);
            let right = replica.is_some_and(|iss| reading.policy.issuer.iter().any(|own| own == iss));
            if right { Ok(()) } else { rules::issuer(reading) }
        }),
        (Rule::Audience, |reading| {
            let replica = reading.header.member("aud").and_then(Json::as_str);
            let right = replica.is_some_and(|aud| reading.policy.audience.iter().any(|own| own == aud));
            if right { Ok(()) } else { rules::audience(reading) }
        }),
    ],
};

/// The type of access tokens (RFC 9068 §2.1).
const ACCESS: &str = "at+jwt";

/// That of proofs of possession (RFC 9449 §4.2).
const PROOF: &str = "dpop+jwt";

/// That of logout tokens (OpenID Connect Back-Channel Logout 1.0 §2.4).
const LOGOUT: &str = "logout+jwt";

/// A client of the issuer's.
const CLIENT: &str = "client-1";

const UNASKED: &str = "a verifier of JWTs may refuse a token that says it is of another type (RFC 8725 §3.11)";

const NESTING: &str = "nested tokens need not be supported (RFC 7519 §8)";

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "typ-cty",
    title: "kinds of tokens, and tokens in tokens",
    classes: &[
        Class {
            id: "at-jwt-required-absent",
            title: "A token without the typ that is expected was accepted.",
            construction: "typ at+jwt expected; typ missing, JWT, empty, or nearly that; the twin has it",
            says: Says::MustReject(Reason::Type),
            severity: Severity::High,
            references: &["RFC 9068 §4", "RFC 8725 §3.11"],
            cwe: Some(843),
            make: Make::Cases { on: on::two, build: typ_missing, strawman: &TYP_IF_PRESENT },
        },
        Class {
            id: "at-jwt-required-idtoken",
            title: "An ID token was accepted as an access token.",
            construction: "valid ID token with nonce and at_hash, of typ JWT, without client_id, or for the client",
            says: Says::MustReject(Reason::Type),
            severity: Severity::High,
            references: &["RFC 9068 §4", "RFC 8725 §3.11", "RFC 8725 §3.12"],
            cwe: Some(863),
            make: Make::Cases { on: on::two, build: id_token_as_access_token, strawman: &KINDS_MIXED },
        },
        Class {
            id: "idtoken-given-access-token",
            title: "An access token was accepted as an ID token.",
            construction: "valid access token of typ at+jwt, without nonce, or for the API; without anything to tell \
                           it by either is right",
            says: Says::MustReject(Reason::Type),
            severity: Severity::High,
            references: &["RFC 8725 §3.12", "RFC 8725 §3.11", "RFC 7519 §4.1.3"],
            cwe: Some(863),
            make: Make::Cases { on: on::two, build: access_token_as_id_token, strawman: &KINDS_MIXED },
        },
        Class {
            id: "logout-token-as-idtoken",
            title: "A logout token was accepted as an ID token, or an ID token as a logout token.",
            construction: "valid logout token of typ logout+jwt, or without nonce; valid ID token of typ JWT, or \
                           without events",
            says: Says::MustReject(Reason::Type),
            severity: Severity::High,
            references: &["RFC 8725 §3.12", "RFC 8725 §3.11"],
            cwe: Some(863),
            make: Make::Cases { on: on::two, build: logout_token, strawman: &TYP_IGNORED },
        },
        Class {
            id: "dpop-proof-as-bearer",
            title: "A proof of possession was accepted as a token, or a token as a proof.",
            construction: "proof signed by the key in its own header; proof signed by the trusted key where at+jwt is \
                           expected; access token of typ at+jwt, or without htm and htu, where a proof is",
            says: Says::MustReject(Reason::Type),
            severity: Severity::High,
            references: &["RFC 9449 §4.3", "RFC 8725 §3.12", "RFC 7515 §10.3"],
            cwe: Some(863),
            make: Make::Cases { on: public, build: proof_of_possession, strawman: &PROOF_KEY_BELIEVED },
        },
        Class {
            id: "client-assertion-as-bearer",
            title: "A token of another protocol was accepted as an access token.",
            construction: "valid token of the type of client authentication, authorisation requests, security events, \
                           entity statements, introspection; a client's assertion, which is its own issuer and for \
                           the authorisation server",
            says: Says::MustReject(Reason::Type),
            severity: Severity::High,
            references: &["RFC 9068 §4", "RFC 8725 §3.12", "RFC 7523 §3"],
            cwe: Some(863),
            make: Make::Cases { on: on::two, build: of_other_protocols, strawman: &KINDS_MIXED },
        },
        Class {
            id: "refresh-or-state-token-cross-use",
            title: "An application's token for another purpose was accepted as its session.",
            construction: "valid token of another type, for another audience of the same application, or without the \
                           claim that sessions have",
            says: Says::MustReject(Reason::Type),
            severity: Severity::High,
            references: &["RFC 8725 §3.12", "RFC 7519 §4.1.3"],
            cwe: Some(863),
            make: Make::Cases { on: on::two, build: of_the_same_application, strawman: &KINDS_MIXED },
        },
        Class {
            id: "typ-prefix-form",
            title: "A token whose typ is the expected media type in another spelling was refused.",
            construction: "typ at+jwt expected; application/at+jwt, and both in capitals; the other way round",
            says: Says::MustAccept,
            severity: Severity::Low,
            references: &["RFC 7515 §4.1.9", "RFC 9068 §4", "RFC 2045 §5.1"],
            cwe: None,
            make: Make::Cases { on: on::two, build: other_spellings, strawman: &TYP_BY_OCTETS },
        },
        Class {
            id: "typ-suffix-confusion",
            title: "A token whose typ only holds the expected one, or a part of it, was accepted.",
            construction: "typ at+jwt expected; with something before it, after it, in another tree, in a list; with \
                           a parameter either is right",
            says: Says::MustReject(Reason::Type),
            severity: Severity::Medium,
            references: &["RFC 9068 §4", "RFC 7515 §4.1.9"],
            cwe: Some(178),
            make: Make::Cases { on: on::two, build: near_types, strawman: &TYP_BY_PART },
        },
        Class {
            id: "typ-non-string",
            title: "A token whose typ is no text was accepted where one is expected.",
            construction: "typ at+jwt expected; null, a number, true, a list or an object with it",
            says: Says::MustReject(Reason::Type),
            severity: Severity::Medium,
            references: &["RFC 7515 §4.1.9", "RFC 9068 §4"],
            cwe: Some(843),
            make: Make::Cases { on: on::two, build: no_text, strawman: &TYP_IF_TEXT },
        },
        Class {
            id: "typ-nul-or-homoglyph",
            title: "A token whose typ only looks like the expected one was accepted.",
            construction: "typ at+jwt expected; with NUL, white space, a zero-width space, full-width or Cyrillic \
                           letters; a long s in secevent+jwt",
            says: Says::MustReject(Reason::Type),
            severity: Severity::Low,
            references: &["RFC 7515 §5.3", "RFC 9068 §4"],
            cwe: Some(158),
            make: Make::Cases { on: on::two, build: look_alikes, strawman: &TYP_AS_ASCII },
        },
        Class {
            id: "typ-in-payload",
            title: "A typ among the claims was read as that of the token.",
            construction: "typ at+jwt expected and only among the claims; the header has none, or JWT",
            says: Says::MustReject(Reason::Type),
            severity: Severity::Low,
            references: &["RFC 7515 §4.1.9", "RFC 9068 §4"],
            cwe: Some(345),
            make: Make::Cases { on: on::two, build: typ_among_claims, strawman: &TYP_FROM_CLAIMS },
        },
        Class {
            id: "cty-jwt-nonnested",
            title: "A verifier fell over on a cty that announces a token where claims are.",
            construction: "cty JWT, jwt, application/jwt; the payload holds claims",
            says: Says::Either("what cty means is the application's (RFC 7515 §4.1.10, RFC 7519 §5.2)"),
            severity: Severity::Low,
            references: &["RFC 7519 §5.2", "RFC 7519 §7.2", "RFC 7515 §4.1.10"],
            cwe: Some(20),
            make: Make::Cases { on: on::two, build: cty_without_token, strawman: &PANICS },
        },
        Class {
            id: "nested-outer-valid-inner-forged",
            title: "A signed token around a forged one was accepted for the claims of the inner one.",
            construction: "outer token signed by the trusted key with cty=JWT or without, its payload a token signed \
                           by another key, tampered, or without a signature; around a valid one either is right",
            says: Says::MustReject(Reason::Malformed),
            severity: Severity::Critical,
            references: &["RFC 7519 §7.2", "RFC 8725 §3.3"],
            cwe: Some(347),
            make: Make::Cases { on: on::two, build: inner_forged, strawman: &UNWRAPS_NESTED },
        },
        Class {
            id: "nested-inner-valid-outer-forged",
            title: "A forged token around a valid one was accepted for the claims of the inner one.",
            construction: "outer token with cty=JWT signed by another key, by nobody, or with the inner \
                           one's signature",
            says: Says::MustReject(Reason::Signature),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.3", "RFC 7519 §7.2"],
            cwe: Some(347),
            make: Make::Cases { on: on::two, build: outer_forged, strawman: &UNWRAPS_FIRST },
        },
        Class {
            id: "nested-typ-only-outer",
            title: "The typ of the outer of two nested tokens was read as that of the inner one.",
            construction: "typ at+jwt expected; two nested tokens, both valid, the inner one of typ JWT or without",
            says: Says::MustReject(Reason::Type),
            severity: Severity::Medium,
            references: &["RFC 8725 §3.11"],
            cwe: Some(863),
            make: Make::Cases { on: on::two, build: typ_of_outer, strawman: &TYP_OF_OUTER },
        },
        Class {
            id: "nested-depth",
            title: "Tokens nested deep took the verifier longer than their size accounts for.",
            construction: "a valid token nested in 4, 9 and 17 others, each signed by the trusted key",
            says: Says::Bounded(1000),
            severity: Severity::Medium,
            references: &["RFC 8725 §3.3", "RFC 7519 §8"],
            cwe: Some(674),
            make: Make::Cases { on: on::one, build: deeply_nested, strawman: &SLOW },
        },
        Class {
            id: "cty-deserialisation",
            title: "A verifier fell over on a cty of another format.",
            construction: "cty is that of serialised Java objects, XML, CBOR, YAML, pickles; the payload holds claims",
            says: Says::Either("what cty means is the application's (RFC 7515 §4.1.10)"),
            severity: Severity::Medium,
            references: &["RFC 7515 §4.1.10"],
            cwe: Some(502),
            make: Make::Cases { on: on::two, build: cty_of_other_formats, strawman: &PANICS },
        },
        Class {
            id: "replicated-claims-mismatch",
            title: "A claim in the header was believed in the place of the one in the payload.",
            construction: "iss, sub or aud in the header, another than in the payload (either is right); the expected \
                           iss or aud in the header, and another or none in the payload",
            says: Says::Either("an application should compare claims that the header of a JWE repeats (RFC 7519 §5.3)"),
            severity: Severity::Medium,
            references: &["RFC 7519 §5.3", "RFC 7519 §4.1.1", "RFC 7519 §4.1.3"],
            cwe: Some(345),
            make: Make::Cases { on: on::two, build: replicas, strawman: &REPLICAS_BELIEVED },
        },
    ],
};
