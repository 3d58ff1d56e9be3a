//! Public keys taken for shared secrets: every form in which a key is written down, as the key of a MAC (RFC 8725 §2.1,
//! §3.1).

use std::collections::HashSet;

use token_assay_model::{Algorithm, Key, Profile, Reason, Severity};

use super::scene::{self, Scene, Setting, on};
use super::{Area, Cases, Class, Draft, Family, Make, Says};
use crate::forge::keys::pem_body;
use crate::forge::{Jws, Object, TestKey, base64url};
use crate::reference::{Reading, Rule, Step, rules};
use crate::strawman::{Strawman, verify_also_with};

/// What an attacker who reads a public key may try as a secret, by variant.
type Forms = Vec<(&'static str, Vec<u8>)>;

/// A way of writing a public key down.
type Encoding = fn(&TestKey) -> Forms;

/// A token of an administrator whose MAC is keyed with these octets.
fn forged(scene: &Scene<'_>, header: &Object, hmac: Algorithm, secret: &[u8]) -> Jws {
    let header = header.clone().set_string("alg", hmac.as_str());
    scene.forge.sign(header.text(), scene.forged_claims().text(), &TestKey::from_secret("", secret), hmac)
}

/// Where HMAC is not listed that is the reason; where it is, or where nothing is listed, the key is one for something else.
fn refused<'c>(scene: &Scene<'_>, hmac: Algorithm, draft: &'c mut Draft) -> &'c mut Draft {
    let listed = scene.policy.algorithms.as_ref().is_none_or(|list| list.contains(&hmac));
    draft.reason(if listed { Reason::Key } else { Reason::Algorithm })
}

/// Each form as the key of each MAC that the scene is tried with.
fn confuse(scene: &Scene<'_>, cases: &mut Cases<'_>, forms: Encoding) {
    for (variant, secret) in forms(scene.key) {
        confuse_with(scene, cases, variant, &secret);
    }
}

fn confuse_with(scene: &Scene<'_>, cases: &mut Cases<'_>, variant: &str, secret: &[u8]) {
    for hmac in macs(scene) {
        let variant = joined(variant, &hmac.as_str().to_ascii_lowercase());
        let token = forged(scene, &scene.header(), *hmac, secret);
        refused(scene, *hmac, cases.add(scene, &variant, token));
    }
}

/// Each of the key's encodings as the key of a MAC.
fn confuse_all(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, secret) in encodings(scene.key) {
        confuse_with(scene, cases, &variant, &secret);
    }
}

/// Every encoding of a key, each octet string once: a short key has the same PEM text at every width.
fn encodings(key: &TestKey) -> Vec<(String, Vec<u8>)> {
    let mut seen = HashSet::new();
    let all = ENCODINGS.iter().flat_map(|(encoding, forms)| {
        forms(key).into_iter().map(move |(variant, secret)| (joined(encoding, variant), secret))
    });
    all.filter(|(_, secret)| seen.insert(secret.clone())).collect()
}

/// The verifier is given this text for a key, and the MAC is keyed with that text.
fn confuse_configured(scene: &Scene<'_>, cases: &mut Cases<'_>, profile: Profile, texts: &[(&str, String)]) {
    let sound = with_text(scene, scene.key.pem.clone().unwrap_or_default());
    for (variant, text) in texts {
        let altered = with_text(scene, text.clone());
        let token = forged(scene, &scene.header(), Algorithm::Hs256, text.as_bytes());
        let draft = cases.add_beside(&altered, &sound, variant, token);
        refused(scene, Algorithm::Hs256, draft).profile(profile);
    }
}

/// The scene with a key that is given as this text and in no other form.
fn with_text<'f>(scene: &Scene<'f>, text: String) -> Scene<'f> {
    let key = Key { kid: Some(scene.key.name.clone()), pem: Some(text), ..Key::default() };
    scene.with(|policy| policy.keys = vec![key])
}

fn joined(variant: &str, more: &str) -> String {
    [variant, more].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("-")
}

/// Where RSA keys are attacked in earnest all three; elsewhere one shows it.
fn macs(scene: &Scene<'_>) -> &'static [Algorithm] {
    let Setting { profile, algorithm } = scene.setting;
    if algorithm == Algorithm::Rs256 && in_earnest(profile) { &MACS } else { &MACS[..1] }
}

fn in_earnest(profile: Profile) -> bool {
    use Profile::{KeySet, LibraryDefault, MixedList, Pinned, PinnedPem};
    matches!(profile, Pinned | PinnedPem | MixedList | LibraryDefault | KeySet)
}

fn spki_pem(key: &TestKey) -> Forms {
    texts([("", key.pem.clone())])
}

fn spki_no_final_newline(key: &TestKey) -> Forms {
    texts([("", key.pem.as_deref().map(|pem| pem.trim_end().to_owned()))])
}

fn spki_crlf(key: &TestKey) -> Forms {
    let crlf = key.pem.as_deref().map(with_crlf);
    let open = crlf.as_deref().map(|text| text.trim_end().to_owned());
    texts([("final", crlf), ("no-final", open)])
}

fn spki_extra_newline(key: &TestKey) -> Forms {
    texts([("", key.pem.as_deref().map(|pem| format!("{pem}\n")))])
}

fn spki_no_line_breaks(key: &TestKey) -> Forms {
    texts([("", key.pem.as_deref().map(|pem| pem.replace('\n', "")))])
}

fn spki_single_line_body(key: &TestKey) -> Forms {
    texts([("", key.spki_der().map(|der| pem(PUBLIC, &der, usize::MAX, "\n")))])
}

fn spki_76_columns(key: &TestKey) -> Forms {
    let wrapped = |line_end: &str| key.spki_der().map(|der| pem(PUBLIC, &der, 76, line_end));
    texts([("lf", wrapped("\n")), ("crlf", wrapped("\r\n"))])
}

fn spki_base64(key: &TestKey) -> Forms {
    let body = key.spki_der().map(base64url::encode_standard);
    let ended = body.as_deref().map(|body| format!("{body}\n"));
    texts([("bare", body), ("newline", ended)])
}

fn spki_der(key: &TestKey) -> Forms {
    octets([("", key.spki_der())])
}

fn pkcs1_pem(key: &TestKey) -> Forms {
    pem_forms(key.pkcs1_pem.as_deref())
}

fn pkcs1_der(key: &TestKey) -> Forms {
    octets([("", key.pkcs1_pem.as_deref().and_then(pem_body))])
}

fn pkcs1_base64(key: &TestKey) -> Forms {
    texts([("", key.pkcs1_pem.as_deref().and_then(pem_body).map(base64url::encode_standard))])
}

fn x509_pem(key: &TestKey) -> Forms {
    pem_forms(key.cert_pem.as_deref())
}

fn x509_der(key: &TestKey) -> Forms {
    octets([("", key.cert_pem.as_deref().and_then(pem_body))])
}

fn x5c_string(key: &TestKey) -> Forms {
    texts([("", key.cert_pem.as_deref().and_then(pem_body).map(base64url::encode_standard))])
}

/// The corpus's line has a comment and a newline.
fn openssh_line(key: &TestKey) -> Forms {
    let line = key.openssh.as_deref().map(str::trim_end);
    let bare = line.and_then(|line| line.rsplit_once(' ')).map(|(bare, _)| bare);
    let ended = |line: Option<&str>| line.map(|line| format!("{line}\n"));
    texts([
        ("comment-newline", ended(line)),
        ("comment", line.map(str::to_owned)),
        ("newline", ended(bare)),
        ("bare", bare.map(str::to_owned)),
    ])
}

fn jwk_as_served(key: &TestKey) -> Forms {
    texts([("", Some(key.jwk_text.clone()))])
}

/// The members that RFC 7638 hashes, and the whole object as a serialiser without white space writes it.
fn jwk_canonical(key: &TestKey) -> Forms {
    let jwk = key.jwk();
    let member = |thumbprint: Object, name: &str| match jwk.get(name) {
        Some(value) => thumbprint.set(name, value.to_string()),
        None => thumbprint,
    };
    let thumbprint = ["crv", "e", "k", "kty", "n", "x", "y"].into_iter().fold(Object::new(), member);
    let compact = key.jwk_text.replace(": ", ":").replace(", ", ",");
    texts([("thumbprint-input", Some(thumbprint.text())), ("compact", Some(compact))])
}

fn rsa_numbers(key: &TestKey) -> Forms {
    let n = key.jwk_octets("n");
    octets([
        ("raw", n.clone()),
        ("raw-after-zero", n.as_deref().map(|n| [&[0], n].concat())),
        ("base64url", n.map(|n| base64url::encode(n).into_bytes())),
    ])
}

fn ec_points(key: &TestKey) -> Forms {
    let (Some(x), Some(y)) = (key.jwk_octets("x"), key.jwk_octets("y")) else { return Vec::new() };
    let odd = y.last().is_some_and(|last| last & 1 == 1);
    octets([
        ("uncompressed", Some([&[4], x.as_slice(), &y].concat())),
        ("compressed", Some([&[2 + u8::from(odd)], x.as_slice()].concat())),
        ("bare", Some([x, y].concat())),
    ])
}

fn okp_x(key: &TestKey) -> Forms {
    let x = key.jwk_octets("x");
    octets([("raw", x.clone()), ("base64url", x.map(|x| base64url::encode(x).into_bytes()))])
}

/// What a key that is an object becomes when it is turned into text.
fn stringified(key: &TestKey) -> Forms {
    let words = STRINGIFIED.iter().map(|(variant, text)| (*variant, Some((*text).to_owned())));
    let java = key.jwk_octets("n").zip(key.jwk_octets("e")).map(|(n, e)| {
        let decimal = |number: &[u8]| rsa::BigUint::from_bytes_be(number).to_str_radix(10);
        format!(
            "Sun RSA public key, {} bits\n  params: null\n  modulus: {}\n  public exponent: {}",
            n.len() * 8,
            decimal(&n),
            decimal(&e)
        )
    });
    texts(words.chain([("java", java)]))
}

/// As it stands, without its final newline, with CRLF.
fn pem_forms(pem: Option<&str>) -> Forms {
    texts([
        ("lf", pem.map(str::to_owned)),
        ("no-final", pem.map(|pem| pem.trim_end().to_owned())),
        ("crlf", pem.map(with_crlf)),
    ])
}

fn with_crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}

/// PEM with lines of so many columns, the last one ended too.
fn pem(label: &str, der: &[u8], columns: usize, line_end: &str) -> String {
    let base64 = base64url::encode_standard(der);
    let mut text = format!("-----BEGIN {label}-----{line_end}");
    for line in base64.as_bytes().chunks(columns) {
        text.push_str(std::str::from_utf8(line).expect("base64 is ASCII"));
        text.push_str(line_end);
    }
    text + &format!("-----END {label}-----{line_end}")
}

fn texts(texts: impl IntoIterator<Item = (&'static str, Option<String>)>) -> Forms {
    octets(texts.into_iter().map(|(variant, text)| (variant, text.map(String::into_bytes))))
}

fn octets(forms: impl IntoIterator<Item = (&'static str, Option<Vec<u8>>)>) -> Forms {
    forms.into_iter().filter_map(|(variant, form)| Some((variant, form?))).collect()
}

/// The encodings that the rows for other key types apply to theirs.
const ENCODINGS: [(&str, Encoding); 17] = [
    ("spki-pem", spki_pem),
    ("spki-pem-no-final-newline", spki_no_final_newline),
    ("spki-pem-crlf", spki_crlf),
    ("spki-pem-extra-newline", spki_extra_newline),
    ("spki-pem-no-line-breaks", spki_no_line_breaks),
    ("spki-pem-single-line-body", spki_single_line_body),
    ("spki-pem-76col", spki_76_columns),
    ("spki-base64", spki_base64),
    ("spki-der", spki_der),
    ("pkcs1-pem", pkcs1_pem),
    ("pkcs1-der", pkcs1_der),
    ("pkcs1-base64", pkcs1_base64),
    ("x509-pem", x509_pem),
    ("x509-der", x509_der),
    ("openssh", openssh_line),
    ("jwk", jwk_as_served),
    ("jwk-canonical", jwk_canonical),
];

fn pkcs1_text(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    confuse(scene, cases, pkcs1_pem);
    configured_too(scene, cases, scene.key.pkcs1_pem.as_deref());
}

fn x509_text(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    confuse(scene, cases, x509_pem);
    configured_too(scene, cases, scene.key.cert_pem.as_deref());
}

fn openssh_text(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    confuse(scene, cases, openssh_line);
    configured_too(scene, cases, scene.key.openssh.as_deref());
}

/// The same text as the only form in which the verifier has its key: list after list of labels has missed one.
fn configured_too(scene: &Scene<'_>, cases: &mut Cases<'_>, text: Option<&str>) {
    if let (Some(text), true) = (text, given_as_text(scene.setting)) {
        let profile = scene.setting.profile;
        confuse_configured(scene, cases, profile, &[("configured", text.to_owned())]);
    }
}

fn key_set_text(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    confuse_with(scene, cases, "", scene.served_set().as_bytes());
}

fn ed25519_and_ed448(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    confuse_all(scene, cases);
    if !on::library_default(scene.setting) {
        return;
    }
    let key = scene.forge.keys().key("ed448");
    let holds_ed448 = scene.with(|policy| policy.keys = vec![key.every_form()]);
    for (variant, secret) in encodings(key) {
        let token = forged(scene, &scene.header(), Algorithm::Hs256, &secret);
        let draft = cases.add_beside(&holds_ed448, scene, &joined("ed448", &variant), token);
        refused(scene, Algorithm::Hs256, draft);
    }
}

fn key_object(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    for (variant, secret) in stringified(scene.key) {
        let token = forged(scene, &scene.header(), Algorithm::Hs256, &secret);
        refused(scene, Algorithm::Hs256, cases.add(scene, variant, token));
    }
}

fn leading_space(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    leading(scene, cases, &[("space", " "), ("newline", "\n"), ("byte-order-mark", "\u{feff}")]);
}

fn leading_text(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let attributes = "Bag Attributes\n    friendlyName: signing\nKey Attributes: <No Attributes>\n";
    leading(scene, cases, &[("bag-attributes", attributes), ("comment", "# signing key\n")]);
}

fn leading(scene: &Scene<'_>, cases: &mut Cases<'_>, before: &[(&str, &str)]) {
    let Some(pem) = &scene.key.pem else { return };
    let texts: Vec<_> = before.iter().map(|(variant, text)| (*variant, format!("{text}{pem}"))).collect();
    confuse_configured(scene, cases, scene.setting.profile, &texts);
}

fn other_labels(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let (Some(public), Some(certificate)) = (scene.key.spki_der(), scene.key.cert_pem.as_deref().and_then(pem_body))
    else {
        return;
    };
    let texts = [
        ("trusted-certificate", pem("TRUSTED CERTIFICATE", &certificate, 64, "\n")),
        ("ec-public-key", pem("EC PUBLIC KEY", &public, 64, "\n")),
        ("encrypted", pem("ENCRYPTED PUBLIC KEY", &public, 64, "\n")),
        ("lower", pem("public key", &public, 64, "\n")),
    ];
    confuse_configured(scene, cases, Profile::Misconfigured, &texts);
}

/// HMAC fills its key up with zeros: an empty one and 32 or 64 zero octets make the same MACs.
fn zero_length_key(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    confuse_with(scene, cases, "", b"");
}

/// A set of an RSA key and a secret, each named by a token that is for the other.
fn cross_family(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let keys = scene.forge.keys();
    let (rsa, oct) = (scene.key, keys.key("hs256"));
    let listed = scene.with(|policy| {
        policy.keys = vec![rsa.every_form(), oct.every_form()];
        policy.algorithms = Some(vec![Algorithm::Rs256, Algorithm::Hs256]);
    });
    let open = listed.with(|policy| policy.algorithms = None);
    let encodings: [(&str, Encoding); 4] =
        [("spki-pem", spki_pem), ("spki-der", spki_der), ("pkcs1-der", pkcs1_der), ("jwk", jwk_as_served)];
    for (list, scene) in [("listed", &listed), ("open", &open)] {
        for (encoding, forms) in encodings {
            for (_, secret) in forms(rsa) {
                let token = forged(scene, &scene.header(), Algorithm::Hs256, &secret);
                cases.add(scene, &format!("{list}-rsa-kid-{encoding}"), token);
            }
        }
        let by_secret = scene.header().set_string("alg", "HS256");
        let token = scene.forge.sign(by_secret.text(), scene.claims().text(), oct, Algorithm::Hs256);
        cases.add(scene, &format!("{list}-rsa-kid-other-secret"), token);
        let by_rsa = scene.header().set_string("kid", &oct.name);
        cases.add(scene, &format!("{list}-oct-kid-rsa-signature"), scene.sign_header(&by_rsa));
    }
}

/// In a set of several public keys, a token that is signed by one of them and names each of the others, whose type is
/// another: what the verifier looks up must be held against `alg` before it is used.
fn cross_type(scene: &Scene<'_>, cases: &mut Cases<'_>, list: &str) {
    for other in &scene.policy.keys {
        let Some(kid) = other.kid.as_deref().filter(|kid| *kid != scene.key.name) else { continue };
        let of_other_type = other.jwk.as_ref().map(|jwk| &jwk["kty"]) != Some(&scene.key.jwk()["kty"]);
        if of_other_type {
            let header = scene.header().set_string("kid", kid);
            cases.add(scene, &format!("{list}-names-{kid}"), scene.sign_header(&header));
        }
    }
}

fn cross(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    if scene.algorithm().is_rsa() {
        cross_family(scene, cases);
    }
    let open = scene.with(|policy| policy.algorithms = None);
    cross_type(scene, cases, "listed");
    cross_type(&open, cases, "open");
}

/// The MAC is right: what is wrong is that the secret is the text of an asymmetric key.
fn secret_is_pem(scene: &Scene<'_>, cases: &mut Cases<'_>) {
    let keys = scene.forge.keys();
    for (variant, name) in [("rsa", "rsa"), ("ec", "p256"), ("ed25519", "ed25519")] {
        let Some(text) = &keys.key(name).private_pem else { continue };
        let key = TestKey::from_secret(&scene.key.name, text.as_bytes());
        let pem = Scene { key: &key, ..scene.clone() }.with(|policy| policy.keys = vec![key.every_form()]);
        cases.add_beside(&pem, scene, variant, pem.token()).profile(Profile::Misconfigured);
    }
}

/// RS256 in the ways of configuring that are attacked in earnest.
fn rsa(at: Setting) -> bool {
    at.algorithm == Algorithm::Rs256 && in_earnest(at.profile)
}

/// The same, and every other type of key where no list is given: each has a label of its own, and lists of labels forget some.
fn has_openssh_line(at: Setting) -> bool {
    rsa(at) || (on::library_default(at) && on::asymmetric(at))
}

/// The same with issuer and audience, or a list of RSA algorithms only.
fn rsa_and_listed(at: Setting) -> bool {
    rsa(at) || (at.algorithm == Algorithm::Rs256 && on::usual(at))
}

/// The same where the key is a JWK and nothing else.
fn rsa_or_jwk(at: Setting) -> bool {
    let jwk = matches!(at.profile, Profile::PinnedJwk | Profile::PinnedJwkText);
    rsa(at) || (at.algorithm == Algorithm::Rs256 && jwk)
}

/// Where text alone is a usual way to give the key, under a list that is right, mixed, or missing.
fn given_as_text(at: Setting) -> bool {
    matches!(at.profile, Profile::PinnedPem | Profile::MixedList | Profile::LibraryDefault)
}

fn rsa_text(at: Setting) -> bool {
    given_as_text(at) && at.algorithm == Algorithm::Rs256
}

fn rsa_or_ec_text(at: Setting) -> bool {
    given_as_text(at) && (on::rsa(at) || on::ecdsa(at))
}

fn ecdsa(at: Setting) -> bool {
    let pinned = on::pinned(at) && matches!(at.algorithm, Algorithm::Es384 | Algorithm::Es512);
    on::ecdsa(at) && (pinned || given_as_text(at))
}

fn ecdsa_points(at: Setting) -> bool {
    ecdsa(at) || (on::ecdsa(at) && (on::key_set(at) || at.profile == Profile::PinnedJwk))
}

fn eddsa(at: Setting) -> bool {
    on::eddsa(at) && given_as_text(at)
}

fn eddsa_x(at: Setting) -> bool {
    eddsa(at) || (on::eddsa(at) && (on::key_set(at) || at.profile == Profile::PinnedJwk))
}

fn pss(at: Setting) -> bool {
    on::pinned(at) && at.algorithm == Algorithm::Ps256
}

/// Where a JWK without `alg` is all there is.
fn jwk(at: Setting) -> bool {
    let jwk = matches!(at.profile, Profile::PinnedJwk | Profile::PinnedJwkText);
    on::asymmetric(at) && (jwk || on::key_set(at) || on::library_default(at))
}

fn rsa_object(at: Setting) -> bool {
    let listed = on::pinned(at) || at.profile == Profile::MixedList;
    at.algorithm == Algorithm::Rs256 && (listed || on::library_default(at) || on::key_set(at))
}

fn asymmetric_key_set(at: Setting) -> bool {
    on::asymmetric(at) && on::key_set(at)
}

/// The rules that such a verifier bends: HMAC needs no listing, any key will do for it, and the MAC is keyed like this.
const fn mac_keyed_by(signature: Step) -> [(Rule, Step); 4] {
    [
        (Rule::Allowed, |reading| if reading.algorithm.is_hmac() { Ok(()) } else { rules::allowed(reading) }),
        (Rule::KeyChoice, |reading| {
            rules::key_choice(reading).or_else(|reason| rules::check(reading.algorithm.is_hmac(), reason))
        }),
        (Rule::KeyFitness, any_key_for_hmac),
        (Rule::Signature, signature),
    ]
}

fn any_key_for_hmac(reading: &mut Reading<'_>) -> Result<(), Reason> {
    if reading.algorithm.is_hmac() { Ok(()) } else { rules::key_fitness(reading) }
}

/// Takes what is read of each configured key for a secret.
fn mac_keyed_with(reading: &mut Reading<'_>, read: impl Fn(&Key) -> Vec<Vec<u8>>) -> Result<(), Reason> {
    let secrets: Vec<_> = reading.policy.keys.iter().flat_map(read).collect();
    verify_also_with(reading, secrets)
}

/// The text of a configured key, or nothing.
fn given_text(key: &Key) -> Vec<Vec<u8>> {
    key.pem.iter().map(|text| text.clone().into_bytes()).collect()
}

/// The forms that a verifier could derive itself from a configured key.
fn derived(key: &Key, forms: &[Encoding]) -> Vec<Vec<u8>> {
    let served = key.jwk_text.clone().or_else(|| key.jwk.as_ref().map(ToString::to_string));
    let spki = key.der.clone().or_else(|| pem_body(key.pem.as_deref()?));
    let mut known = TestKey::from_secret("", b"");
    known.jwk_text = served.unwrap_or_else(|| "{}".to_owned());
    known.pem.clone_from(&key.pem);
    known.pkcs1_pem = spki.as_deref().and_then(public_key).map(|der| pem("RSA PUBLIC KEY", &der, 64, "\n"));
    known.cert_pem.clone_from(&key.cert_pem);
    forms.iter().flat_map(|forms| forms(&known)).map(|(_, octets)| octets).collect()
}

static TAKES_PEM_FOR_SECRET: Strawman = Strawman {
    name: "takes-pem-for-secret",
    flaw: "lets the header choose HMAC and keys it with the text of its public key",
    mend: "Give each key a type and each algorithm the type that it needs, and take the algorithm from the \
           application: HMAC never sees a public key.",
    bends: &mac_keyed_by(|reading| mac_keyed_with(reading, given_text)),
};

static TAKES_REWRITTEN_PEM_FOR_SECRET: Strawman = Strawman {
    name: "takes-rewritten-pem-for-secret",
    flaw: "tidies the text of its public key, and lets the header choose HMAC keyed with the result",
    mend: "Parse a PEM text into a key object when it is configured, and take the algorithm from the application: HMAC \
           never sees a public key, however it is written.",
    bends: &mac_keyed_by(|reading| {
        mac_keyed_with(reading, |key| {
            derived(
                key,
                &[
                    spki_no_final_newline,
                    spki_crlf,
                    spki_extra_newline,
                    spki_no_line_breaks,
                    spki_single_line_body,
                    spki_76_columns,
                    spki_base64,
                ],
            )
        })
    }),
};

static TAKES_DER_FOR_SECRET: Strawman = Strawman {
    name: "takes-der-for-secret",
    flaw: "keys HMAC with the encoded octets of whatever key it was given",
    mend: "Compare the type of the key with the one that alg needs before its octets are used for anything.",
    bends: &mac_keyed_by(|reading| mac_keyed_with(reading, |key| derived(key, &[spki_der]))),
};

static TAKES_PKCS1_FOR_SECRET: Strawman = Strawman {
    name: "takes-pkcs1-for-secret",
    flaw: "tells public keys from secrets by the label PUBLIC KEY, and lets RSA PUBLIC KEY pass for a secret",
    mend: "Do not tell keys by a list of labels: let the caller say whether it is a secret or a public key.",
    bends: &mac_keyed_by(|reading| {
        mac_keyed_with(reading, |key| [derived(key, &[pkcs1_pem, pkcs1_der, pkcs1_base64]), given_text(key)].concat())
    }),
};

static TAKES_CERTIFICATE_FOR_SECRET: Strawman = Strawman {
    name: "takes-certificate-for-secret",
    flaw: "keys HMAC with the certificate that carries its public key",
    mend: "Take the public key out of a certificate when it is configured, and compare its type with the one that alg \
           needs.",
    bends: &mac_keyed_by(|reading| mac_keyed_with(reading, |key| derived(key, &[x509_pem, x509_der, x5c_string]))),
};

static TAKES_JWK_FOR_SECRET: Strawman = Strawman {
    name: "takes-jwk-for-secret",
    flaw: "keys HMAC with the text of a JWK or of the set in which it was found",
    mend: "Read kty of the JWK, and refuse alg values for another type of key.",
    bends: &mac_keyed_by(|reading| {
        let set = scene::jwks_text(&reading.policy.keys).into_bytes();
        let mut secrets: Vec<_> =
            reading.policy.keys.iter().flat_map(|key| derived(key, &[jwk_as_served, jwk_canonical])).collect();
        secrets.push(set);
        verify_also_with(reading, secrets)
    }),
};

static TAKES_NUMBERS_FOR_SECRET: Strawman = Strawman {
    name: "takes-numbers-for-secret",
    flaw: "keys HMAC with the number or the point of its public key",
    mend: "Make secrets and public keys different types; raw octets of the one must not serve as the other.",
    bends: &mac_keyed_by(|reading| mac_keyed_with(reading, |key| derived(key, &[rsa_numbers, ec_points, okp_x]))),
};

static TAKES_NOTHING_FOR_SECRET: Strawman = Strawman {
    name: "takes-nothing-for-secret",
    flaw: "looks for k in a JWK of another type, finds nothing, and keys HMAC with that",
    mend: "Refuse HMAC where the key's kty is not oct, and an oct key without k.",
    bends: &mac_keyed_by(|reading| mac_keyed_with(reading, |_| vec![Vec::new()])),
};

static TAKES_OBJECT_FOR_SECRET: Strawman = Strawman {
    name: "takes-object-for-secret",
    flaw: "turns a key object into text and keys HMAC with it",
    mend: "Refuse a key of another type than octets for HMAC; never convert one to text.",
    bends: &mac_keyed_by(|reading| mac_keyed_with(reading, |key| derived(key, &[stringified]))),
};

static KID_BEFORE_TYPE: Strawman = Strawman {
    name: "kid-before-type",
    flaw: "finds the key by kid, the algorithm by alg, and does not ask whether they fit",
    mend: "After a key is found by kid compare its type, and its alg where it has one, with the token's.",
    bends: &[(Rule::KeyFitness, any_key_for_hmac), (Rule::Signature, |reading| mac_keyed_with(reading, given_text))],
};

static TAKES_PRIVATE_KEY_FOR_SECRET: Strawman = Strawman {
    name: "takes-private-key-for-secret",
    flaw: "takes every text for a shared secret, even that of an asymmetric private key",
    mend: "Refuse a secret that is a PEM text; whoever configures one has mixed up two kinds of key.",
    bends: &[(Rule::KeyFitness, crate::strawman::skip)],
};

/// The inner key of a SubjectPublicKeyInfo: of an RSA key its PKCS#1 octets.
fn public_key(spki: &[u8]) -> Option<Vec<u8>> {
    let info = spki::SubjectPublicKeyInfoRef::try_from(spki).ok()?;
    info.subject_public_key.as_bytes().map(<[u8]>::to_vec)
}

const PUBLIC: &str = "PUBLIC KEY";

const MACS: [Algorithm; 3] = [Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512];

/// What key objects and missing keys are called when they are printed.
const STRINGIFIED: [(&str, &str); 8] = [
    ("object", "[object Object]"),
    ("crypto-key", "[object CryptoKey]"),
    ("key-object", "[object KeyObject]"),
    ("null", "null"),
    ("undefined", "undefined"),
    ("none", "None"),
    ("nil", "<nil>"),
    ("python", "<cryptography.hazmat.bindings._rust.openssl.rsa.RSAPublicKey object"),
];

/// What every confusion of a public key with a secret goes back to.
const CONFUSION: &[&str] = &[
    "RFC 8725 §2.1",
    "RFC 8725 §3.1",
    "RFC 7515 §10.6",
    "CVE-2015-9235",
    "CVE-2016-5431",
    "CVE-2016-10555",
    "CVE-2024-54150",
];

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "alg-confusion",
    title: "public keys taken for secrets",
    classes: &[
        Class {
            id: "confusion-spki-pem-lf",
            title: "A forged token whose MAC is keyed with the public key's PEM text was accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the SPKI PEM text: 64 \
                           columns, LF, a final newline",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: CONFUSION,
            cwe: Some(347),
            make: Make::Cases {
                on: rsa_and_listed,
                build: |scene, cases| confuse(scene, cases, spki_pem),
                strawman: &TAKES_PEM_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-spki-pem-no-final-newline",
            title: "A forged token whose MAC is keyed with the public key's PEM text without its final newline was \
                    accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the SPKI PEM text \
                           without its final newline",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: CONFUSION,
            cwe: Some(347),
            make: Make::Cases {
                on: rsa,
                build: |scene, cases| confuse(scene, cases, spki_no_final_newline),
                strawman: &TAKES_REWRITTEN_PEM_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-spki-pem-crlf",
            title: "A forged token whose MAC is keyed with the public key's PEM text with CRLF line ends was accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the SPKI PEM text \
                           with CRLF line ends, the last one there or not",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: CONFUSION,
            cwe: Some(347),
            make: Make::Cases {
                on: rsa,
                build: |scene, cases| confuse(scene, cases, spki_crlf),
                strawman: &TAKES_REWRITTEN_PEM_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-spki-pem-extra-newline",
            title: "A forged token whose MAC is keyed with the public key's PEM text and one more newline was \
                    accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the SPKI PEM text and \
                           one more newline",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: CONFUSION,
            cwe: Some(347),
            make: Make::Cases {
                on: rsa,
                build: |scene, cases| confuse(scene, cases, spki_extra_newline),
                strawman: &TAKES_REWRITTEN_PEM_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-spki-pem-no-line-breaks",
            title: "A forged token whose MAC is keyed with the public key's PEM text without line breaks was accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the SPKI PEM text: \
                           label, base64 and label without any newline",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: CONFUSION,
            cwe: Some(347),
            make: Make::Cases {
                on: rsa,
                build: |scene, cases| confuse(scene, cases, spki_no_line_breaks),
                strawman: &TAKES_REWRITTEN_PEM_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-spki-pem-single-line-body",
            title: "A forged token whose MAC is keyed with the public key's PEM text with its base64 in one line was \
                    accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the SPKI PEM text \
                           with all its base64 in one line",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: CONFUSION,
            cwe: Some(347),
            make: Make::Cases {
                on: rsa,
                build: |scene, cases| confuse(scene, cases, spki_single_line_body),
                strawman: &TAKES_REWRITTEN_PEM_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-spki-pem-76col",
            title: "A forged token whose MAC is keyed with the public key's PEM text in lines of 76 columns was \
                    accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the SPKI PEM text \
                           wrapped at 76 columns, with LF and, as MIME encoders do, with CRLF",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: CONFUSION,
            cwe: Some(347),
            make: Make::Cases {
                on: rsa,
                build: |scene, cases| confuse(scene, cases, spki_76_columns),
                strawman: &TAKES_REWRITTEN_PEM_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-spki-base64-body-only",
            title: "A forged token whose MAC is keyed with the base64 of the public key was accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the base64 between \
                           the labels of the SPKI PEM text in one line, with a newline and without",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: CONFUSION,
            cwe: Some(347),
            make: Make::Cases {
                on: rsa,
                build: |scene, cases| confuse(scene, cases, spki_base64),
                strawman: &TAKES_REWRITTEN_PEM_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-spki-der",
            title: "A forged token whose MAC is keyed with the public key's DER octets was accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the SPKI DER octets",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: CONFUSION,
            cwe: Some(347),
            make: Make::Cases {
                on: rsa,
                build: |scene, cases| confuse(scene, cases, spki_der),
                strawman: &TAKES_DER_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-pkcs1-pem",
            title: "A forged token whose MAC is keyed with the public key's PKCS#1 PEM text was accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the PKCS#1 PEM text \
                           (BEGIN RSA PUBLIC KEY): with and without its final newline, with CRLF; and where that text \
                           is the key that the verifier was given",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.1", "CVE-2023-48223"],
            cwe: Some(347),
            make: Make::Cases { on: rsa, build: pkcs1_text, strawman: &TAKES_PKCS1_FOR_SECRET },
        },
        Class {
            id: "confusion-pkcs1-der",
            title: "A forged token whose MAC is keyed with the public key's PKCS#1 DER octets was accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the PKCS#1 DER octets",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: CONFUSION,
            cwe: Some(347),
            make: Make::Cases {
                on: rsa,
                build: |scene, cases| confuse(scene, cases, pkcs1_der),
                strawman: &TAKES_PKCS1_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-pkcs1-base64-body",
            title: "A forged token whose MAC is keyed with the base64 of the public key in PKCS#1 was accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the base64 of the \
                           PKCS#1 DER octets",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: CONFUSION,
            cwe: Some(347),
            make: Make::Cases {
                on: rsa,
                build: |scene, cases| confuse(scene, cases, pkcs1_base64),
                strawman: &TAKES_PKCS1_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-x509-pem",
            title: "A forged token whose MAC is keyed with the PEM text of the public key's certificate was accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the PEM text of a \
                           certificate that carries the key: with and without its final newline, with CRLF; and where \
                           that text is the key that the verifier was given",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: CONFUSION,
            cwe: Some(347),
            make: Make::Cases { on: rsa, build: x509_text, strawman: &TAKES_CERTIFICATE_FOR_SECRET },
        },
        Class {
            id: "confusion-x509-der",
            title: "A forged token whose MAC is keyed with the DER octets of the public key's certificate was \
                    accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the DER octets of a \
                           certificate that carries the key",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: CONFUSION,
            cwe: Some(347),
            make: Make::Cases {
                on: rsa,
                build: |scene, cases| confuse(scene, cases, x509_der),
                strawman: &TAKES_CERTIFICATE_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-x5c-base64-string",
            title: "A forged token whose MAC is keyed with the x5c string of the public key's certificate was \
                    accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the first x5c string, \
                           as a key endpoint would serve it",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: CONFUSION,
            cwe: Some(347),
            make: Make::Cases {
                on: rsa_or_jwk,
                build: |scene, cases| confuse(scene, cases, x5c_string),
                strawman: &TAKES_CERTIFICATE_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-openssh-line",
            title: "A forged token whose MAC is keyed with the public key's OpenSSH line was accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the OpenSSH line, \
                           with and without its comment and its newline; and where that line is the key that the \
                           verifier was given",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.1", "CVE-2022-29217", "CVE-2024-33663"],
            cwe: Some(347),
            make: Make::Cases { on: has_openssh_line, build: openssh_text, strawman: &TAKES_PEM_FOR_SECRET },
        },
        Class {
            id: "confusion-jwk-json-as-served",
            title: "A forged token whose MAC is keyed with the text of the public key's JWK was accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the octets of the JWK \
                           as a key endpoint serves them",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.1", "CVE-2026-22817"],
            cwe: Some(347),
            make: Make::Cases {
                on: rsa_or_jwk,
                build: |scene, cases| confuse(scene, cases, jwk_as_served),
                strawman: &TAKES_JWK_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-jwk-json-canonical",
            title: "A forged token whose MAC is keyed with the public key's JWK written anew was accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with what RFC 7638 hashes \
                           of the JWK, and the JWK without white space",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.1", "RFC 7638 §3", "CVE-2026-22817"],
            cwe: Some(347),
            make: Make::Cases {
                on: rsa_or_jwk,
                build: |scene, cases| confuse(scene, cases, jwk_canonical),
                strawman: &TAKES_JWK_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-jwks-json-as-served",
            title: "A forged token whose MAC is keyed with the text of the JWK Set was accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the octets of the \
                           whole JWK Set",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.1", "CVE-2026-22817"],
            cwe: Some(347),
            make: Make::Cases { on: rsa_or_jwk, build: key_set_text, strawman: &TAKES_JWK_FOR_SECRET },
        },
        Class {
            id: "confusion-modulus-raw",
            title: "A forged token whose MAC is keyed with the modulus of the public key was accepted.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with the modulus, \
                           big-endian, with and without a zero octet before it, and in base64url",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: CONFUSION,
            cwe: Some(347),
            make: Make::Cases {
                on: rsa_or_jwk,
                build: |scene, cases| confuse(scene, cases, rsa_numbers),
                strawman: &TAKES_NUMBERS_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-ec-point-bytes",
            title: "A forged token whose MAC is keyed with the point of the public key was accepted.",
            construction: "alg=HS256, claims of an administrator, MAC keyed with the point: uncompressed, compressed, \
                           and its two coordinates alone",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: CONFUSION,
            cwe: Some(347),
            make: Make::Cases {
                on: ecdsa_points,
                build: |scene, cases| confuse(scene, cases, ec_points),
                strawman: &TAKES_NUMBERS_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-okp-x-raw",
            title: "A forged token whose MAC is keyed with the octets of the Ed25519 public key was accepted.",
            construction: "alg=HS256, claims of an administrator, MAC keyed with the 32 octets of the Ed25519 key, and \
                           their base64url",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: CONFUSION,
            cwe: Some(347),
            make: Make::Cases {
                on: eddsa_x,
                build: |scene, cases| confuse(scene, cases, okp_x),
                strawman: &TAKES_NUMBERS_FOR_SECRET,
            },
        },
        Class {
            id: "confusion-es-to-hs",
            title: "A forged token whose MAC is keyed with an ECDSA public key in one of its encodings was accepted.",
            construction: "alg=HS256, claims of an administrator, MAC keyed with each encoding of a P-256, P-384 or \
                           P-521 key: SPKI, certificate, OpenSSH line, JWK",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.1"],
            cwe: Some(347),
            make: Make::Cases { on: ecdsa, build: confuse_all, strawman: &TAKES_PEM_FOR_SECRET },
        },
        Class {
            id: "confusion-eddsa-to-hs",
            title: "A forged token whose MAC is keyed with an EdDSA public key in one of its encodings was accepted.",
            construction: "alg=HS256, claims of an administrator, MAC keyed with each encoding of an Ed25519 or Ed448 \
                           key: SPKI, certificate, OpenSSH line, JWK",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.1", "CVE-2022-29217"],
            cwe: Some(347),
            make: Make::Cases { on: eddsa, build: ed25519_and_ed448, strawman: &TAKES_PEM_FOR_SECRET },
        },
        Class {
            id: "confusion-ps-to-hs",
            title: "A forged token whose MAC is keyed with the public key of a verifier that is pinned to PS256 was \
                    accepted.",
            construction: "alg=HS256, claims of an administrator, MAC keyed with each encoding of the RSA key: SPKI, \
                           PKCS#1, certificate, OpenSSH line, JWK",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.1"],
            cwe: Some(347),
            make: Make::Cases { on: pss, build: confuse_all, strawman: &TAKES_PEM_FOR_SECRET },
        },
        Class {
            id: "confusion-pem-leading-whitespace",
            title: "A forged token whose MAC is keyed with a PEM text that has white space before it was accepted.",
            construction: "the verifier's key is a PEM text after a space, a newline or a byte order mark; alg=HS256, \
                           claims of an administrator, MAC keyed with exactly that text",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.1", "CVE-2026-34950"],
            cwe: Some(347),
            make: Make::Cases { on: rsa_text, build: leading_space, strawman: &TAKES_PEM_FOR_SECRET },
        },
        Class {
            id: "confusion-pem-leading-text",
            title: "A forged token whose MAC is keyed with a PEM text that has other text before it was accepted.",
            construction: "the verifier's key is a PEM text after the lines of an exporter or a comment; alg=HS256, \
                           claims of an administrator, MAC keyed with exactly that text",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.1", "CVE-2023-48223"],
            cwe: Some(347),
            make: Make::Cases { on: rsa_text, build: leading_text, strawman: &TAKES_PEM_FOR_SECRET },
        },
        Class {
            id: "confusion-pem-label-variants",
            title: "A forged token whose MAC is keyed with a PEM text under an unusual label was accepted.",
            construction: "the verifier's key is a PEM text labelled TRUSTED CERTIFICATE, EC PUBLIC KEY, ENCRYPTED \
                           PUBLIC KEY, or in small letters; alg=HS256, claims of an administrator, MAC keyed with \
                           exactly that text",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.1", "CVE-2023-48223"],
            cwe: Some(184),
            make: Make::Cases { on: rsa_or_ec_text, build: other_labels, strawman: &TAKES_PEM_FOR_SECRET },
        },
        Class {
            id: "confusion-zero-length-key",
            title: "A forged token whose MAC is keyed with nothing was accepted by a verifier with a public key.",
            construction: "alg=HS256, HS384 or HS512, claims of an administrator, MAC keyed with nothing, which is the \
                           same as with 32 or 64 zero octets; the verifier has an RSA, EC or Ed25519 key whose JWK \
                           says no alg",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.1", "RFC 2104 §2", "CVE-2026-44699"],
            cwe: Some(347),
            make: Make::Cases { on: jwk, build: zero_length_key, strawman: &TAKES_NOTHING_FOR_SECRET },
        },
        Class {
            id: "confusion-stringified-key-object",
            title: "A forged token whose MAC is keyed with the printed form of a key object was accepted.",
            construction: "alg=HS256, claims of an administrator, MAC keyed with [object Object], [object CryptoKey], \
                           [object KeyObject], null, undefined, None, <nil>, or what Java and Python print of an RSA \
                           key",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.1"],
            cwe: Some(704),
            make: Make::Cases { on: rsa_object, build: key_object, strawman: &TAKES_OBJECT_FOR_SECRET },
        },
        Class {
            id: "confusion-kid-cross-family",
            title: "A token whose kid names a key of another type than its alg needs was accepted.",
            construction: "key set of an RSA key and a secret, both algorithms listed or none; alg=HS256 and the RSA \
                           key's kid with a MAC keyed with that key's public octets, or with the secret; alg=RS256 and \
                           the secret's kid with the RSA key's signature; key set of public keys of several types, \
                           signed by one, the kid of another",
            says: Says::MustReject(Reason::Key),
            severity: Severity::Critical,
            references: &["draft-ietf-oauth-rfc8725bis §3.1", "RFC 8725 §3.1", "CVE-2016-10555"],
            cwe: Some(347),
            make: Make::Cases { on: asymmetric_key_set, build: cross, strawman: &KID_BEFORE_TYPE },
        },
        Class {
            id: "confusion-key-recovered-sign2n",
            title: "A forged token whose MAC is keyed with a public key that two signatures gave away was accepted.",
            construction: "RSA public key computed from two signatures of the service, then each of the encodings \
                           above",
            says: Says::MustReject(Reason::Algorithm),
            severity: Severity::Critical,
            references: &["RFC 8725 §3.1"],
            cwe: Some(347),
            make: Make::Waits {
                area: Area::LiveService,
                because: "a library target is given its key; only a service that signs can have kept it back",
            },
        },
        Class {
            id: "confusion-hs-secret-is-pem-private",
            title: "A verifier whose HMAC secret is the PEM text of a private key accepted a token.",
            construction: "the verifier lists HS256 and its secret is the text of an RSA, EC or Ed25519 private key; \
                           correct MAC",
            says: Says::ShouldReject(Reason::Key),
            severity: Severity::Medium,
            references: &["RFC 8725 §3.1", "RFC 8725 §3.5", "CVE-2022-23541"],
            cwe: Some(1240),
            make: Make::Cases { on: on::one, build: secret_is_pem, strawman: &TAKES_PRIVATE_KEY_FOR_SECRET },
        },
    ],
};
