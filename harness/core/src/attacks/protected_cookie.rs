//! `protected-cookie`: cookies that are signed or encrypted, by each of the fourteen schemes.
//!
//! Takes a clock, gives Cookie headers. Each case is a cookie that the forge sealed under the policy's own secret, or
//! should have been, with one fault in it; its twin is the scheme's valid cookie. A cookie whose text is another and whose
//! payload is the same (a malleable one) stands in a class of its own. Dates keep an hour from the clock, where no case
//! needs a target that takes the clock from the policy.

use token_assay_model::{
    Case, Control, CookieHeader, CookiePolicy, Expectation, Feature, Input, Octets, Pair, Policy, Reason, Scheme,
    cookie,
};

use super::cookies::{CRITICAL, CookieCases, HIGH, LOW, MEDIUM, NOTE, SID, asked, row, waits};
use super::scene::MARGIN;
use super::{Area, Class, Family, Says};
use crate::forge::Hash;
use crate::forge::protected::{Encoding, Mint, Role, Sealed, percent_encoded, public_key};
use crate::reference::protected::{Flaw, Opener, is_json};
use crate::strawman::Misopener;

/// The family.
pub(super) const FAMILY: Family = Family {
    id: "protected-cookie",
    title: "signed and encrypted cookies: MAC, encoding, name, purpose, rotation, age, payload",
    classes: &CLASSES,
};

// The scene.

/// 64 octets that are text; where a scheme takes 32, the first 32 are those.
type Secret = &'static [u8; 64];

const NEW: Secret = b"newest-secret-of-cookies-0123456new-half-two-of-cookies-01234567";
const OLD: Secret = b"older--secret-of-cookies-abcdef0old-half-two-of-cookies-abcdefgh";
const OLDER: Secret = b"oldest-secret-of-cookies-ABCDEF0ancient-half-of-cookies-ABCDEFGH";
const ATTACKER: Secret = b"somebody-elses-secret-9876543210their-half-of-cookies-9876543210";

const PURPOSE: &str = "session";
const OTHER_PURPOSES: [&str; 4] = ["password-reset", "csrf", "oauth-state", "email-confirmation"];

/// As the policy has it: of a key pair the public half.
fn trusted(scheme: Scheme, secret: &[u8]) -> Octets {
    if scheme == Scheme::PasetoV4Public { Octets(public_key(secret).to_vec()) } else { secret.into() }
}

fn cut(scheme: Scheme, secret: Secret) -> &'static [u8] {
    match scheme {
        Scheme::Fernet | Scheme::Branca | Scheme::PasetoV4Local | Scheme::PasetoV4Public => &secret[..32],
        _ => secret,
    }
}

/// A scheme, the policy, and what valid cookies are made of.
#[derive(Clone)]
struct Stage {
    scheme: Scheme,
    now: i64,
    policy: CookiePolicy,
}

impl Stage {
    fn new(scheme: Scheme, now: i64) -> Self {
        let policy = CookiePolicy {
            name: SID.to_owned(),
            scheme: Some(scheme),
            secrets: vec![trusted(scheme, cut(scheme, NEW))],
            purpose: has_purpose(scheme).then(|| PURPOSE.to_owned()),
            max_age: None,
        };
        Self { scheme, now, policy }
    }

    fn trusting(mut self, secrets: &[Secret]) -> Self {
        self.policy.secrets = secrets.iter().map(|secret| trusted(self.scheme, cut(self.scheme, secret))).collect();
        self
    }

    /// Cookies grow no older than this.
    fn aging(mut self) -> Self {
        self.policy.max_age = Some(u64::try_from(MAX_AGE).expect("it is positive"));
        self
    }

    fn payload(&self) -> Vec<u8> {
        self.payload_of("31d4-of-the-cookie-tests-0001")
    }

    /// What is protected: a user, in the form that the scheme's payloads have.
    fn payload_of(&self, user: &str) -> Vec<u8> {
        let json = is_json(self.scheme) || is_paseto(self.scheme);
        if json { format!(r#"{{"user":"{user}"}}"#) } else { format!("user-{user}") }.into_bytes()
    }

    fn mint(&self) -> Mint<'_> {
        let purpose = self.policy.purpose.as_deref();
        let id = u8::try_from(self.policy.secrets.len()).expect("there are three at most");
        let sound = Mint::new(self.scheme, cut(self.scheme, NEW), self.payload(), self.now - MARGIN);
        Mint { purpose, id, ends: Some(self.now + 24 * MARGIN), ..sound }
    }

    fn mint_of(&self, user: &str) -> Mint<'_> {
        Mint { payload: self.payload_of(user), ..self.mint() }
    }

    fn sealed(&self) -> Sealed {
        self.mint().seal()
    }

    /// Its valid cookie, and a copy of it that has another user, or another ciphertext, under the old MAC.
    fn control(&self, policy: &Policy) -> Control {
        let sealed = self.sealed();
        let role = if self.scheme.is_encrypted() { Role::Ciphertext } else { Role::Payload };
        let tampered = sealed.bent(role, |octets| match octets.iter_mut().find(|octet| **octet == b'3') {
            Some(octet) if role == Role::Payload => *octet = b'4',
            _ => octets[0] ^= 1,
        });
        let valid = header(&sealed.wire());
        Control {
            policy: policy.clone().into(),
            tampered: header(&tampered.wire()),
            permuted: valid.clone(),
            valid,
            claims: cookie::claims(&[Pair::new(SID, self.payload())]),
        }
    }

    /// A case of this value; where it is accepted, with this payload.
    fn show<'c>(&self, cases: &'c mut CookieCases<'_>, variant: &str, value: &[u8], payload: &[u8]) -> &'c mut Case {
        let says = cases.says();
        self.show_line(cases, variant, [b"sid=", value].concat(), says, payload)
    }

    /// The same where the standard says something else than of the class.
    fn says<'c>(&self, cases: &'c mut CookieCases<'_>, variant: &str, value: &[u8], says: Says) -> &'c mut Case {
        self.show_line(cases, variant, [b"sid=", value].concat(), says, &self.payload())
    }

    fn show_line<'c>(
        &self,
        cases: &'c mut CookieCases<'_>,
        variant: &str,
        line: Vec<u8>,
        says: Says,
        payload: &[u8],
    ) -> &'c mut Case {
        let policy = Policy { now: Some(self.now), cookie: Some(self.policy.clone()), ..Policy::default() };
        let control = cases.control(&policy, || self.control(&policy));
        let expectation = match says {
            Says::MustAccept | Says::ShouldAccept => {
                Expectation::Accept { claims: cookie::claims(&[Pair::new(SID, payload)]) }
            }
            other => other.expectation(None),
        };
        let variant = format!("{}-{variant}", self.scheme);
        let case = cases.case(&variant, CookieHeader::line(line), self.scheme.profile(), control, expectation);
        case.level = says.level();
        case
    }

    /// A case that must be refused, as the class says.
    fn refuse(&self, cases: &mut CookieCases<'_>, variant: &str, sealed: &Sealed) {
        self.show(cases, variant, &sealed.wire(), &[]);
    }
}

/// The policy under which a scheme's cookies are opened, for whoever bends them by chance.
pub(crate) fn policy(scheme: Scheme, now: i64) -> Policy {
    Policy { now: Some(now), cookie: Some(Stage::new(scheme, now).policy), ..Policy::default() }
}

/// What a valid cookie of this user is made of, or what somebody else makes of it who lacks the secret.
pub(crate) fn mint(scheme: Scheme, now: i64, user: &str, trusted: bool) -> Mint<'static> {
    let secret = cut(scheme, if trusted { NEW } else { ATTACKER });
    let sound = Mint::new(scheme, secret, Stage::new(scheme, now).payload_of(user), now - MARGIN);
    Mint { purpose: has_purpose(scheme).then_some(PURPOSE), ends: Some(now + 24 * MARGIN), ..sound }
}

const MAX_AGE: i64 = 4 * MARGIN;

fn header(value: &[u8]) -> Input {
    Input::Cookie(CookieHeader::line([b"sid=", value].concat()))
}

fn has_purpose(scheme: Scheme) -> bool {
    matches!(scheme, Scheme::ItsDangerous | Scheme::ItsDangerousTimed | Scheme::DjangoSigned) || is_paseto(scheme)
}

fn is_paseto(scheme: Scheme) -> bool {
    matches!(scheme, Scheme::PasetoV4Local | Scheme::PasetoV4Public)
}

fn binds_name(scheme: Scheme) -> bool {
    matches!(scheme, Scheme::PrivateJar | Scheme::BiscottiSigned | Scheme::BiscottiEncrypted)
}

/// Whether a time of making stands in it, so that `max_age` can be obeyed.
fn has_age(scheme: Scheme) -> bool {
    scheme.is_timed() && scheme != Scheme::IronSession
}

fn stages(cases: &CookieCases<'_>) -> Vec<Stage> {
    Scheme::ALL.iter().map(|scheme| Stage::new(*scheme, cases.now())).collect()
}

fn stages_where(cases: &CookieCases<'_>, on: impl Fn(Scheme) -> bool) -> Vec<Stage> {
    stages(cases).into_iter().filter(|stage| on(stage.scheme)).collect()
}

fn name(role: Role) -> &'static str {
    match role {
        Role::Version => "version",
        Role::Payload => "payload",
        Role::Timestamp => "timestamp",
        Role::Nonce => "nonce",
        Role::Ciphertext => "ciphertext",
        Role::Mac => "mac",
        Role::KeyId => "key-id",
        Role::Separator => "separator",
        Role::Trailer => "trailer",
        Role::Footer => "footer",
    }
}

/// Octets, each with the name of its variant.
type Variants = &'static [(&'static str, &'static [u8])];

/// Whether it may stand in a cookie's value (RFC 6265 §4.1.1).
fn is_cookie_octet(octet: u8) -> bool {
    octet.is_ascii_graphic() && !b"\",;\\".contains(&octet)
}

// The MAC.

/// The lowest and the highest bit of each part's first and last octet; of plain text what a cookie may hold.
fn bitflip(cases: &mut CookieCases<'_>) {
    for stage in stages(cases) {
        let sealed = stage.sealed();
        for (at, segment) in sealed.segments.iter().enumerate() {
            for (which, part) in segment.parts.iter().enumerate() {
                if matches!(part.role, Role::Separator | Role::Trailer) {
                    continue;
                }
                let last = part.octets.len().saturating_sub(1);
                let ends = if last == 0 { vec![("only", 0)] } else { vec![("first", 0), ("last", last)] };
                // Which flips there are depends on no clock: a digit of base 62 stays an octet of a cookie in bit 0 alone.
                let bits: &[u32] = match (part.role, segment.encoding) {
                    (Role::Timestamp, Encoding::Plain) => &[0],
                    _ => &[0, 1, 7],
                };
                for ((end, octet), bit) in ends.iter().flat_map(|end| bits.iter().map(|bit| (*end, *bit))) {
                    let flipped = part.octets[octet] ^ 1 << bit;
                    if segment.encoding == Encoding::Plain && !sealed.percent && !is_cookie_octet(flipped) {
                        continue;
                    }
                    let mut bent = sealed.clone();
                    bent.segments[at].parts[which].octets[octet] = flipped;
                    stage.refuse(cases, &format!("{}-{at}-{end}-bit{bit}", name(part.role)), &bent);
                }
            }
        }
    }
}

fn truncate(cases: &mut CookieCases<'_>) {
    for stage in stages(cases) {
        let wire = stage.sealed().wire();
        let half = wire.len() / 2;
        for (variant, rest) in [
            ("tail-4", &wire[..wire.len() - 4]),
            ("tail-8", &wire[..wire.len() - 8]),
            ("tail-half", &wire[..half]),
            ("head-1", &wire[1..]),
            ("head-4", &wire[4..]),
            ("head-half", &wire[half..]),
        ] {
            stage.show(cases, variant, rest, &[]);
        }
    }
}

fn empty_mac(cases: &mut CookieCases<'_>) {
    for stage in stages(cases) {
        let sealed = stage.sealed();
        let mac = |bend: fn(&mut Vec<u8>)| sealed.bent(Role::Mac, bend);
        stage.refuse(cases, "empty", &mac(Vec::clear));
        stage.refuse(cases, "one-octet", &mac(|mac| mac.truncate(1)));
        stage.refuse(cases, "half", &mac(|mac| mac.truncate(mac.len() / 2)));
        stage.refuse(cases, "all-but-one", &mac(|mac| mac.truncate(mac.len() - 1)));
        stage.refuse(cases, "one-more", &mac(|mac| mac.push(0)));
        stage.refuse(cases, "zeros", &mac(|mac| mac.fill(0)));
    }
}

/// The sealed cookie without its MAC and the separator before it.
fn without_mac(sealed: &Sealed) -> Sealed {
    let mut bent = sealed.clone();
    for segment in &mut bent.segments {
        segment.parts.retain(|part| part.role != Role::Mac);
    }
    let separator = bent.segments.iter().rposition(|segment| segment.parts.is_empty()).and_then(|at| at.checked_sub(1));
    if let Some(at) = separator.filter(|at| bent.segments[*at].holds(Role::Separator)) {
        bent.segments.remove(at);
    }
    bent
}

fn mac_dropped(cases: &mut CookieCases<'_>) {
    for stage in stages(cases) {
        let bare = stage.payload();
        let sealed = without_mac(&stage.sealed()).wire();
        stage.show(cases, "bare", &bare, &[]);
        stage.show(cases, "base64url", &Encoding::URL.encode(&bare), &[]);
        if sealed != bare {
            stage.show(cases, "all-but-mac", &sealed, &[]);
        }
        if stage.scheme == Scheme::CookieSignature {
            stage.show(cases, "percent-encoded", &percent_encoded(&bare), &[]);
        }
    }
}

fn wrong_key(cases: &mut CookieCases<'_>) {
    for stage in stages(cases) {
        let own = stage.mint().secret;
        let next: Vec<u8> = own.iter().map(|octet| octet ^ 1).collect();
        let zeros = vec![0; own.len()];
        let under = |secret: &[u8]| Mint { secret, ..stage.mint() }.seal();
        stage.refuse(cases, "attacker", &under(cut(stage.scheme, ATTACKER)));
        stage.refuse(cases, "one-bit", &under(&next));
        stage.refuse(cases, "zeros", &under(&zeros));
        if is_of_text(stage.scheme) {
            stage.refuse(cases, "empty", &under(b""));
        }
    }
}

/// Whether a secret is text of any length.
fn is_of_text(scheme: Scheme) -> bool {
    use Scheme::{CookieSignature, DjangoSigned, FlaskSession, ItsDangerous, ItsDangerousTimed};
    matches!(scheme, CookieSignature | ItsDangerous | ItsDangerousTimed | DjangoSigned | FlaskSession)
}

static SKIPS_MAC: Misopener = Misopener {
    name: "skips-mac",
    flaw: "checks no MAC",
    mend: "Verify the MAC over everything before it, in constant time, before anything else of the cookie is believed.",
    opener: Opener { flaws: &[Flaw::SkipsMac] },
};

static SHORT_MAC: Misopener = Misopener {
    name: "short-mac",
    flaw: "compares as much of a MAC as there is",
    mend: "Refuse a MAC or tag that has not its full length before it is compared.",
    opener: Opener { flaws: &[Flaw::ShortMac] },
};

static UNSIGNED: Misopener = Misopener {
    name: "unsigned",
    flaw: "takes a value without a MAC as it stands",
    mend: "Refuse a value in which there is no MAC; never fall back to the plain cookie of that name.",
    opener: Opener { flaws: &[Flaw::Unsigned] },
};

// Boundaries.

fn separators(sealed: &Sealed) -> Vec<usize> {
    (0..sealed.segments.len()).filter(|at| sealed.segments[*at].holds(Role::Separator)).collect()
}

fn separator_twice(cases: &mut CookieCases<'_>) {
    for stage in stages(cases) {
        let sealed = stage.sealed();
        for at in separators(&sealed) {
            stage.refuse(cases, &format!("doubled-{at}"), &sealed.retyped(at, |text| text.extend_from_within(..)));
        }
        let Some(mac) = sealed.segments.iter().position(|segment| segment.holds(Role::Mac)) else { continue };
        let mut twice = sealed.clone();
        if separators(&sealed).is_empty() && sealed.segments[mac].parts.len() > 1 {
            continue;
        }
        let field = sealed.segments[mac].clone();
        let separator = mac.checked_sub(1).map(|at| sealed.segments[at].clone());
        let more: Vec<_> =
            separator.into_iter().filter(|before| before.holds(Role::Separator)).chain([field]).collect();
        twice.segments.splice(mac + 1..mac + 1, more);
        stage.refuse(cases, "mac-twice", &twice);
    }
}

static LOOSE_SEPARATORS: Misopener = Misopener {
    name: "loose-separators",
    flaw: "takes several separators for one",
    mend: "Split at separators and refuse a cookie with another number of fields than the format's.",
    opener: Opener { flaws: &[Flaw::LooseSeparators] },
};

/// A payload that holds the separator is read whole; a boundary that is moved by one octet is another cookie.
fn separator_in_payload(cases: &mut CookieCases<'_>) {
    for stage in stages_where(cases, |scheme| matches!(scheme, Scheme::CookieSignature | Scheme::DjangoSigned)) {
        let separator = if stage.scheme == Scheme::DjangoSigned { ":" } else { "." };
        for user in [
            format!("31d4{separator}1abc"),
            format!("31d4{separator}{separator}"),
            format!("31d4{separator}1tVx{separator}x"),
        ] {
            let mint = stage.mint_of(&user);
            let variant = format!("held-{}", user.len());
            let line = [b"sid=".to_vec(), mint.seal().wire()].concat();
            stage.show_line(cases, &variant, line, Says::MustAccept, &mint.payload);
        }
    }
    for stage in stages(cases) {
        let sealed = stage.sealed();
        for at in separators(&sealed) {
            for left in [true, false] {
                let (from, to) = if left { (at - 1, at + 1) } else { (at + 1, at - 1) };
                let mut text = sealed.segments[from].text();
                if text.is_empty() || sealed.percent && sealed.segments[from].holds(Role::Mac) && left {
                    continue;
                }
                let moved = if left { text.pop().expect("it is not empty") } else { text.remove(0) };
                let bent = sealed.retyped(from, |old| *old = text);
                let bent = bent.retyped(to, |old| if left { old.insert(0, moved) } else { old.push(moved) });
                stage.refuse(cases, &format!("moved-{}-{at}", if left { "left" } else { "right" }), &bent);
            }
        }
    }
}

static FIRST_SEPARATOR: Misopener = Misopener {
    name: "first-separator",
    flaw: "takes a cookie apart at the first separator",
    mend: "Split at the last separator: the MAC holds none, a payload may.",
    opener: Opener { flaws: &[Flaw::FirstSeparator] },
};

/// Name and purpose are joined to something else in each of these; a boundary moves by some octets.
fn salt_concat(cases: &mut CookieCases<'_>) {
    for mut stage in stages_where(cases, has_purpose) {
        stage.policy.purpose = Some("session_x".to_owned());
        let own = stage.payload();
        let moved = |purpose: &'static str, before: &str| {
            Mint { purpose: Some(purpose), payload: [before.as_bytes(), &own].concat(), ..stage.mint() }.seal()
        };
        stage.refuse(cases, "purpose-cut", &moved("session", ""));
        stage.refuse(cases, "purpose-longer", &moved("session_x_", ""));
        let longer = Mint { purpose: Some("session_xsigner"), ..stage.mint() }.seal();
        stage.refuse(cases, "purpose-and-word", &longer);
        if !is_json(stage.scheme) && !is_paseto(stage.scheme) {
            stage.refuse(cases, "purpose-to-payload", &moved("session", "_x"));
        }
        if is_paseto(stage.scheme) {
            let footer = Mint { purpose: None, footer: b"session_x".to_vec(), ..stage.mint() };
            stage.refuse(cases, "purpose-to-footer", &footer.seal());
        }
    }
    for stage in stages_where(cases, binds_name) {
        let cut = |name: &'static str, before: &[u8]| {
            Mint { name, payload: [before, &stage.payload()].concat(), ..stage.mint() }.seal()
        };
        stage.refuse(cases, "name-cut", &cut("si", b"d"));
        stage.refuse(cases, "name-cut-nul", &cut("si", b"d\0"));
        stage.refuse(cases, "name-longer", &cut("sidu", b""));
    }
}

static PURPOSE_PREFIX: Misopener = Misopener {
    name: "purpose-prefix",
    flaw: "takes cookies that were made for what its own purpose begins with",
    mend: "Bind purpose and name with their lengths or a separator that neither can hold.",
    opener: Opener { flaws: &[Flaw::PurposePrefix] },
};

const UNBOUND: &str = "the format binds no name: that two cookies with one secret differ is the application's business";

/// Under the name of the one the value of the other, alone and beside it.
fn swapped(cases: &mut CookieCases<'_>, on: impl Fn(Scheme) -> bool) {
    for stage in stages_where(cases, on) {
        let mint = Mint { name: "theme", ..stage.mint_of("7e3e-of-another-cookie-0001") };
        let value = mint.seal().wire();
        let says = if binds_name(stage.scheme) { cases.says() } else { Says::Either(UNBOUND) };
        stage.says(cases, "alone", &value, says);
        let beside = [b"theme=", &value[..], b"; sid=", &value].concat();
        stage.show_line(cases, "beside", beside, says, &[]);
    }
}

fn name_swap(cases: &mut CookieCases<'_>) {
    swapped(cases, |scheme| !scheme.is_encrypted());
}

fn aad_name(cases: &mut CookieCases<'_>) {
    swapped(cases, Scheme::is_encrypted);
}

static ANY_NAME: Misopener = Misopener {
    name: "any-name",
    flaw: "binds the value to the name of any cookie in the header",
    mend: "Bind the value to the name that it was looked up by: as associated data, or in what the MAC covers.",
    opener: Opener { flaws: &[Flaw::AnyName] },
};

fn cross_purpose(cases: &mut CookieCases<'_>) {
    use Scheme::{
        BiscottiEncrypted, BiscottiSigned, FlaskSession, ItsDangerous, ItsDangerousTimed, PrivateJar, SignedJar,
    };
    for stage in stages_where(cases, |scheme| has_purpose(scheme) || scheme == FlaskSession) {
        for purpose in OTHER_PURPOSES {
            stage.refuse(cases, purpose, &Mint { purpose: Some(purpose), ..stage.mint() }.seal());
        }
        stage.refuse(cases, "empty", &Mint { purpose: Some(""), ..stage.mint() }.seal());
    }
    let pairs = [(SignedJar, PrivateJar), (BiscottiSigned, BiscottiEncrypted), (ItsDangerousTimed, FlaskSession)];
    let both = pairs.iter().flat_map(|(one, other)| [(*one, *other), (*other, *one)]);
    for (from, to) in both.chain([(ItsDangerous, ItsDangerousTimed), (ItsDangerousTimed, ItsDangerous)]) {
        let stage = Stage::new(to, cases.now());
        let other = Mint { scheme: from, payload: Stage::new(from, cases.now()).payload(), ..stage.mint() };
        stage.refuse(cases, &format!("as-{from}"), &other.seal());
    }
}

static ANY_PURPOSE: Misopener = Misopener {
    name: "any-purpose",
    flaw: "takes cookies that were made for another purpose under its secret",
    mend: "Give each purpose a salt, an implicit assertion or a key of its own, and verify under that alone.",
    opener: Opener { flaws: &[Flaw::AlsoFor(&OTHER_PURPOSES)] },
};

fn downgrade(cases: &mut CookieCases<'_>) {
    for stage in stages(cases) {
        let hashes: &[(&str, Hash)] = match stage.scheme {
            Scheme::ItsDangerous | Scheme::ItsDangerousTimed | Scheme::FlaskSession => {
                &[("sha-256", Hash::Sha256), ("sha-512", Hash::Sha512)]
            }
            Scheme::SignedJar
            | Scheme::BiscottiSigned
            | Scheme::CookieSignature
            | Scheme::DjangoSigned
            | Scheme::IronSession
            | Scheme::Fernet => &[("sha-1", Hash::Sha1), ("sha-512", Hash::Sha512)],
            _ => &[],
        };
        for (variant, hash) in hashes {
            stage.refuse(cases, variant, &Mint { hash: Some(*hash), ..stage.mint() }.seal());
        }
    }
}

static OTHER_HASH: Misopener = Misopener {
    name: "other-hash",
    flaw: "takes MACs of another hash than the format's",
    mend: "Fix the hash of the MAC in the verifier; take the old one no longer than a migration lasts.",
    opener: Opener { flaws: &[Flaw::OtherHash] },
};

// Rotation.

/// `id` counts from the oldest secret.
fn under<'s>(stage: &'s Stage, secret: Secret, id: u8, user: &str) -> Mint<'s> {
    Mint { secret: cut(stage.scheme, secret), id, ..stage.mint_of(user) }
}

fn accept(cases: &mut CookieCases<'_>, stage: &Stage, variant: &str, mint: &Mint<'_>) {
    stage.show(cases, variant, &mint.seal().wire(), &mint.payload);
}

fn rotated_in(cases: &mut CookieCases<'_>) {
    for stage in stages(cases) {
        let (two, three) = (stage.clone().trusting(&[NEW, OLD]), stage.trusting(&[NEW, OLD, OLDER]));
        accept(cases, &two, "second-of-two", &under(&two, OLD, 1, "01d0-by-the-second"));
        accept(cases, &three, "second-of-three", &under(&three, OLD, 2, "01d0-by-the-second"));
        accept(cases, &three, "third-of-three", &under(&three, OLDER, 1, "01d0-by-the-third"));
    }
}

fn rotated_out(cases: &mut CookieCases<'_>) {
    for stage in stages(cases) {
        stage.refuse(cases, "of-one", &under(&stage, OLD, 1, "01d0-by-the-old").seal());
        let two = stage.trusting(&[NEW, OLDER]);
        removed_of_two(cases, &two);
    }
}

/// Under either id, where there are ids.
fn removed_of_two(cases: &mut CookieCases<'_>, two: &Stage) {
    two.refuse(cases, "of-two", &under(two, OLD, 1, "01d0-by-the-old").seal());
    if two.scheme == Scheme::IronSession {
        two.refuse(cases, "of-two-newest-id", &under(two, OLD, 2, "01d0-by-the-old").seal());
        two.refuse(cases, "of-two-no-such-id", &under(two, OLD, 3, "01d0-by-the-old").seal());
    }
}

fn rotation_signs_new(cases: &mut CookieCases<'_>) {
    for stage in stages(cases) {
        let (two, three) = (stage.clone().trusting(&[NEW, OLD]), stage.trusting(&[NEW, OLD, OLDER]));
        accept(cases, &two, "first-of-two", &under(&two, NEW, 2, "9e30-by-the-first"));
        accept(cases, &three, "first-of-three", &under(&three, NEW, 3, "9e30-by-the-first"));
    }
}

static FIRST_SECRET: Misopener = Misopener {
    name: "first-secret",
    flaw: "tries the first secret alone",
    mend: "Try every secret that is configured, the newest first.",
    opener: Opener { flaws: &[Flaw::FirstSecret] },
};

static LAST_SECRET: Misopener = Misopener {
    name: "last-secret",
    flaw: "takes the last of several secrets for the newest",
    mend: "Sign with the newest secret, and verify with it too.",
    opener: Opener { flaws: &[Flaw::LastSecret] },
};

static REMEMBERS_SECRETS: Misopener = Misopener {
    name: "remembers-secrets",
    flaw: "goes on trusting a secret that was removed",
    mend: "Forget a secret, and whatever was derived from it, when it is removed.",
    opener: Opener { flaws: &[Flaw::Remembers(|scheme| trusted(scheme, cut(scheme, OLD)).0)] },
};

// Encodings.

/// Segments of base64, with what they are called.
fn encoded(sealed: &Sealed) -> Vec<(usize, bool, bool, String)> {
    let each = sealed.segments.iter().enumerate().filter_map(|(at, segment)| match segment.encoding {
        Encoding::Base64 { url, padded } => {
            Some((at, url, padded, format!("{}-{at}", name(segment.parts.last()?.role))))
        }
        _ => None,
    });
    each.collect()
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The text with an unused bit of its last letter set; nothing where no bit is unused.
fn with_trailing_bit(text: &[u8]) -> Option<Vec<u8>> {
    let length = text.iter().rposition(|letter| *letter != b'=')? + 1;
    let value = LETTERS.iter().position(|letter| *letter == text[length - 1])?;
    let mut bent = text.to_vec();
    bent[length - 1] = LETTERS[value | 1];
    (length % 4 > 1 && value & 1 == 0).then_some(bent)
}

/// The stage's cookie with so much more payload that this segment has unused bits.
fn with_unused_bits(stage: &Stage, user: &str, at: usize) -> Option<(Sealed, Vec<u8>)> {
    ["", "x", "xy"].iter().find_map(|more| {
        let sealed = stage.mint_of(&format!("{user}{more}")).seal();
        let text = with_trailing_bit(&sealed.segments[at].text())?;
        Some((sealed, text))
    })
}

const BITS: &str = "RFC 4648 §3.5: a decoder may look at the unused bits or not";
const PADDING: &str =
    "RFC 4648 §3.2: whether padding is due is the specification's that refers to it, which says nothing of this";

/// What is due where the format's own text does not let base64 be written otherwise.
fn strict(stage: &Stage, open: &'static str) -> Says {
    if is_paseto(stage.scheme) { Says::MustReject(Reason::Malformed) } else { Says::Either(open) }
}

fn trailing_bits(cases: &mut CookieCases<'_>) {
    for stage in stages(cases) {
        for (at, _, _, name) in encoded(&stage.sealed()) {
            let Some((sealed, text)) = with_unused_bits(&stage, "b175-of-the-cookie-tests", at) else { continue };
            let value = sealed.retyped(at, |old| *old = text).wire();
            stage.says(cases, &name, &value, strict(&stage, BITS));
        }
    }
}

fn padding(cases: &mut CookieCases<'_>) {
    for stage in stages(cases) {
        let sealed = stage.mint_of("9ad5-of-the-cookie-tests").seal();
        for (at, _, padded, name) in encoded(&sealed) {
            let bend = |bend: &dyn Fn(&mut Vec<u8>)| sealed.retyped(at, bend).wire();
            if padded && sealed.segments[at].text().ends_with(b"=") {
                let bare = bend(&|text| text.retain(|letter| *letter != b'='));
                stage.says(cases, &format!("{name}-removed"), &bare, strict(&stage, PADDING));
            }
            for count in [1, 2, 4] {
                let more = bend(&|text| text.resize(text.len() + count, b'='));
                stage.says(cases, &format!("{name}-{count}-more"), &more, strict(&stage, PADDING));
            }
        }
    }
}

/// In the middle of the segment that holds the MAC.
fn junk(cases: &mut CookieCases<'_>) {
    let junk: [(&str, &str); 7] = [
        ("exclamation", "!"),
        ("space", " "),
        ("nul", "\0"),
        ("cr-lf", "\r\n"),
        ("e-acute", "é"),
        ("line-separator", "\u{2028}"),
        ("padding", "="),
    ];
    for stage in stages(cases) {
        let sealed = stage.sealed();
        let Some(at) = sealed.segments.iter().position(|segment| segment.holds(Role::Mac)) else { continue };
        for (variant, text) in junk {
            let bent = sealed.retyped(at, |old| {
                let middle = old.len() / 2;
                old.splice(middle..middle, text.bytes());
            });
            stage.refuse(cases, variant, &bent);
        }
    }
}

/// The stage's cookie with both letters that the alphabets differ in, in its MAC's segment, and that with the others.
fn in_other_alphabet(stage: &Stage, user: &str) -> Option<Sealed> {
    (0..200_u8).find_map(|nonce| {
        let sealed = Mint { nonce, ..stage.mint_of(&format!("{user}-{nonce}")) }.seal();
        let (at, url, ..) = encoded(&sealed).into_iter().find(|(at, ..)| sealed.segments[*at].holds(Role::Mac))?;
        let (from, to) = if url { (b"-_", b"+/") } else { (b"+/", b"-_") };
        let text = sealed.segments[at].text();
        let all = from.iter().all(|letter| text.contains(letter));
        let swap = |letter: &u8| from.iter().position(|own| own == letter).map_or(*letter, |at| to[at]);
        all.then(|| sealed.retyped(at, |old| *old = text.iter().map(swap).collect()))
    })
}

fn alphabet(cases: &mut CookieCases<'_>) {
    for stage in stages(cases) {
        let Some(sealed) = in_other_alphabet(&stage, "a1fa-of-the-cookie-tests") else { continue };
        stage.refuse(cases, "mac", &sealed);
    }
}

const UNDONE: &str = "where a reader of the header undoes it, what it hands on, and a denylist holds, is the one text";

/// Every other text of a cookie that is revoked by its text.
fn malleable(cases: &mut CookieCases<'_>) {
    const USER: &str = "4e70-who-was-revoked";
    for stage in stages(cases) {
        let sealed = stage.mint_of(USER).seal();
        let wire = sealed.wire();
        let mut show = |variant: &str, value: &[u8]| match variant {
            "quoted" | "percent-encoded" | "percent-decoded" | "percent-lower-case" => {
                stage.says(cases, variant, value, Says::Either(UNDONE));
            }
            _ => {
                stage.show(cases, variant, value, &[]);
            }
        };
        let mac = encoded(&sealed).into_iter().find(|(at, ..)| sealed.segments[*at].holds(Role::Mac));
        if let Some((at, _, padded, _)) = mac {
            if let Some((sealed, text)) = with_unused_bits(&stage, USER, at) {
                show("trailing-bits", &sealed.retyped(at, |old| *old = text).wire());
            }
            if padded && sealed.segments[at].text().ends_with(b"=") {
                show("padding-removed", &sealed.retyped(at, |text| text.retain(|letter| *letter != b'=')).wire());
            }
            show("padding-added", &sealed.retyped(at, |text| text.push(b'=')).wire());
            show("junk", &sealed.retyped(at, |text| text.insert(text.len() / 2, b'!')).wire());
        }
        if let Some(other) = in_other_alphabet(&stage, USER) {
            show("alphabet", &other.wire());
        }
        let letter = wire.iter().position(u8::is_ascii_alphanumeric).expect("every value has a letter");
        let escape = format!("%{:02X}", wire[letter]).into_bytes();
        show("percent-encoded", &[&wire[..letter], &escape, &wire[letter + 1..]].concat());
        show("quoted", &[b"\"", &wire[..], b"\""].concat());
        show("percent-nul", &[&wire[..], b"%00"].concat());
        show("exclamation", &[&wire[..], b"!"].concat());
        match stage.scheme {
            Scheme::CookieSignature => {
                show("percent-decoded", &Sealed { percent: false, ..sealed.clone() }.wire());
                let lower = String::from_utf8_lossy(&wire).replace("%3A", "%3a");
                show("percent-lower-case", lower.as_bytes());
            }
            Scheme::Branca => show("leading-zero", &[b"0", &wire[..]].concat()),
            Scheme::PasetoV4Local | Scheme::PasetoV4Public => show("empty-footer", &[&wire[..], b"."].concat()),
            Scheme::IronSession => {
                let salt =
                    sealed.segments.iter().rposition(|segment| segment.holds(Role::Nonce)).expect("it has three");
                show("upper-case-salt", &sealed.retyped(salt, |text| text.make_ascii_uppercase()).wire());
            }
            _ => {}
        }
    }
}

fn trailer(cases: &mut CookieCases<'_>) {
    for stage in stages(cases) {
        let sealed = stage.sealed();
        if stage.scheme == Scheme::IronSession {
            for (variant, text) in [
                ("absent", ""),
                ("empty", "~"),
                ("version-1", "~1"),
                ("version-3", "~3"),
                ("zero-before", "~02"),
                ("letters-behind", "~2x"),
                ("another-behind", "~2~9"),
            ] {
                let value = sealed.bent(Role::Trailer, |old| *old = text.into()).wire();
                stage.says(cases, variant, &value, Says::ShouldReject(Reason::Malformed));
            }
            continue;
        }
        for (variant, text) in [("field", ".Zm9v"), ("version", "~2"), ("quantum", "AAAA")] {
            stage.show(cases, variant, &[&sealed.wire()[..], text.as_bytes()].concat(), &[]);
        }
    }
}

static LENIENT_BITS: Misopener = Misopener {
    name: "lenient-bits",
    flaw: "does not look at the unused bits of base64",
    mend: "Decode strictly, or encode what was decoded again and compare: one cookie has one text.",
    opener: Opener { flaws: &[Flaw::TrailingBits] },
};

static LENIENT_PADDING: Misopener = Misopener {
    name: "lenient-padding",
    flaw: "takes base64 with and without padding",
    mend: "Take padding where the format has it, and refuse it where it has none.",
    opener: Opener { flaws: &[Flaw::Padding] },
};

static SKIPS_JUNK: Misopener = Misopener {
    name: "skips-junk",
    flaw: "skips what is no letter of base64",
    mend: "Refuse text with any other letter than the alphabet's (RFC 4648 §3.3).",
    opener: Opener { flaws: &[Flaw::Junk] },
};

static EITHER_ALPHABET: Misopener = Misopener {
    name: "either-alphabet",
    flaw: "takes either alphabet of base64",
    mend: "Take the alphabet of the format alone (RFC 4648 §3.3).",
    opener: Opener { flaws: &[Flaw::EitherAlphabet] },
};

static MALLEABLE: Misopener = Misopener {
    name: "malleable",
    flaw: "takes several texts for one cookie",
    mend: "Take one text of each cookie, or revoke by what it means (an id in the payload), never by its text or a hash of that.",
    opener: Opener { flaws: &[Flaw::TrailingBits, Flaw::Padding, Flaw::Percent] },
};

static IGNORES_TRAILER: Misopener = Misopener {
    name: "ignores-trailer",
    flaw: "does not look behind the last field",
    mend: "Read to the end of the value, and refuse what the format has no place for.",
    opener: Opener { flaws: &[Flaw::Trailer] },
};

// Time.

fn old(cases: &mut CookieCases<'_>) {
    for stage in stages_where(cases, has_age) {
        let stage = stage.aging();
        let aged = |age: i64| Mint { at: stage.now - age, ..stage.mint() }.seal();
        stage.refuse(cases, "hour", &aged(MAX_AGE + MARGIN));
        stage.refuse(cases, "year", &aged(MAX_AGE + 365 * 24 * MARGIN));
        let exact = |case: &mut Case| case.needs.push(Feature::Clock.into());
        exact(stage.show(cases, "one-second", &aged(MAX_AGE + 1).wire(), &[]));
        let edge =
            Says::Either("no document says whether a cookie lives through the second in which it has its greatest age");
        exact(stage.says(cases, "edge", &aged(MAX_AGE).wire(), edge));
    }
    for stage in stages_where(cases, |scheme| scheme == Scheme::IronSession) {
        for (variant, age) in [("hour", MARGIN), ("year", 365 * 24 * MARGIN)] {
            stage.refuse(cases, variant, &Mint { ends: Some(stage.now - age), ..stage.mint() }.seal());
        }
    }
}

fn future(cases: &mut CookieCases<'_>) {
    for stage in stages_where(cases, has_age) {
        let stage = stage.aging();
        for (variant, ahead) in [("two-hours", 2 * MARGIN), ("year", 365 * 24 * MARGIN)] {
            let value = Mint { at: stage.now + ahead, ..stage.mint() }.seal().wire();
            let says = match stage.scheme {
                Scheme::Fernet => Says::MustReject(Reason::NotYetValid),
                _ => cases.says(),
            };
            stage.says(cases, variant, &value, says);
        }
    }
}

const SPELLING: &str = "the format's document does not say whether a number may begin with zeros";
const ENDLESS: &str = "a seal without an end, or with a distant one, is one that its maker wanted";

/// Under a genuine MAC.
fn timestamp_malformed(cases: &mut CookieCases<'_>) {
    for stage in stages_where(cases, Scheme::is_timed) {
        let stage = if has_age(stage.scheme) { stage.aging() } else { stage };
        let sealed = |timestamp: &[u8]| Mint { timestamp: Some(timestamp.to_vec()), ..stage.mint() }.seal().wire();
        for (variant, octets) in odd_times(stage.scheme) {
            let reason = match (stage.scheme, *variant) {
                (Scheme::Fernet | Scheme::Branca, "zero") => Reason::Expired,
                (Scheme::Fernet | Scheme::Branca, _) => Reason::NotYetValid,
                _ => Reason::Malformed,
            };
            stage.says(cases, variant, &sealed(octets), Says::ShouldReject(reason));
        }
        let own = stage.sealed().part(Role::Timestamp).map(|part| part.octets.clone()).unwrap_or_default();
        match stage.scheme {
            Scheme::IronSession => {
                stage.says(cases, "empty", &sealed(b""), Says::Either(ENDLESS));
                stage.says(cases, "400-digits", &sealed(&[b'9'; 400]), Says::Either(ENDLESS));
                stage.says(cases, "zero-before", &sealed(&[b"0", &own[..]].concat()), Says::Either(SPELLING));
            }
            Scheme::DjangoSigned => {
                stage.says(cases, "zero-before", &sealed(&[b"0", &own[..]].concat()), Says::Either(SPELLING));
            }
            Scheme::ItsDangerousTimed | Scheme::FlaskSession => {
                stage.says(cases, "zero-before", &sealed(&[b"\0", &own[..]].concat()), Says::Either(SPELLING));
            }
            _ => {}
        }
    }
}

/// Times as they stand on the wire before they are encoded, none of which can be one of the last years.
fn odd_times(scheme: Scheme) -> Variants {
    match scheme {
        Scheme::ItsDangerousTimed | Scheme::FlaskSession => &[
            ("empty", b""),
            ("non-digit", b"yesterday"),
            ("2-63", &[0x80, 0, 0, 0, 0, 0, 0, 0]),
            ("2-64-less-one", &[0xff; 8]),
            ("nine-octets", &[1, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("forty-octets", &[0xff; 40]),
        ],
        Scheme::DjangoSigned => &[
            ("empty", b""),
            ("non-digit", b"!"),
            ("underscore", b"1r_9Q"),
            ("negative", b"-1r3t9Q"),
            ("minus", b"-"),
            ("2-64-and-more", b"zzzzzzzzzzzz"),
            ("400-digits", &[b'z'; 400]),
        ],
        Scheme::IronSession => &[
            ("non-digit", b"never"),
            ("negative", b"-1"),
            ("fraction", b"9999999999999.5"),
            ("exponent", b"1e15"),
            ("hexadecimal", b"0x7fffffffffff"),
            ("plus", b"+9999999999999"),
        ],
        Scheme::Fernet => &[("2-63", &[0x80, 0, 0, 0, 0, 0, 0, 0]), ("2-64-less-one", &[0xff; 8]), ("zero", &[0; 8])],
        Scheme::Branca => &[("zero", &[0; 4]), ("2-32-less-one", &[0xff; 4])],
        _ => &[],
    }
}

static ANY_AGE: Misopener = Misopener {
    name: "any-age",
    flaw: "does not look at the age of a cookie",
    mend: "Compare the cookie's own time with the longest age on the server; Max-Age binds browsers alone.",
    opener: Opener { flaws: &[Flaw::AnyAge] },
};

static FROM_THE_FUTURE: Misopener = Misopener {
    name: "from-the-future",
    flaw: "takes what was made in the future, and so ages later",
    mend: "Refuse a time that lies further ahead than clocks differ.",
    opener: Opener { flaws: &[Flaw::Future] },
};

static ANY_TIME: Misopener = Misopener {
    name: "any-time",
    flaw: "takes a time that it cannot read for none",
    mend: "Refuse a cookie whose time cannot be read, or is of no year to come.",
    opener: Opener { flaws: &[Flaw::AnyTime] },
};

// Encryption.

fn iv_swap(cases: &mut CookieCases<'_>) {
    for stage in stages_where(cases, Scheme::is_encrypted) {
        let (one, other) = (stage.sealed(), Mint { nonce: 1, ..stage.mint_of("31d5-of-the-cookie-tests-0002") }.seal());
        for (variant, role) in [("nonce", Role::Nonce), ("ciphertext", Role::Ciphertext), ("mac", Role::Mac)] {
            let mut theirs = other.segments.iter().flat_map(|segment| &segment.parts).filter(|part| part.role == role);
            let bent = one.bent(role, |octets| {
                octets.clone_from(&theirs.next().expect("both have the same parts").octets);
            });
            stage.refuse(cases, variant, &bent);
        }
        if let Some(mixed) = first_block_flipped(&one) {
            stage.refuse(cases, "first-block", &mixed);
        }
    }
}

/// The vector of CBC with a bit of it flipped, which flips that bit of the first block.
fn first_block_flipped(sealed: &Sealed) -> Option<Sealed> {
    let part = sealed.part(Role::Nonce)?.octets.len();
    (part >= 12).then(|| {
        sealed.bent(Role::Nonce, |octets| {
            if octets.len() < 64 {
                octets[10] ^= 1;
            }
        })
    })
}

fn tag_truncation(cases: &mut CookieCases<'_>) {
    for stage in stages_where(cases, Scheme::is_encrypted) {
        for length in [4, 8, 12, 15] {
            let bent = stage.sealed().bent(Role::Mac, |tag| tag.truncate(length));
            stage.refuse(cases, &format!("{length}-octets"), &bent);
        }
    }
}

/// Under a genuine MAC, so that what is wrong is the padding alone.
fn padding_oracle(cases: &mut CookieCases<'_>) {
    for stage in stages_where(cases, |scheme| matches!(scheme, Scheme::Fernet | Scheme::IronSession)) {
        let count = 16 - stage.payload().len() % 16;
        let own = u8::try_from(count).expect("a block has 16 octets");
        let first_wrong = [&[own ^ 1][..], &vec![own; count - 1]].concat();
        for (variant, filling) in [
            ("zeros", vec![0; count]),
            ("first-wrong", first_wrong),
            ("beyond-block", vec![17; count]),
            ("beyond-all", vec![0xff; count]),
        ] {
            stage.refuse(cases, variant, &Mint { filling: Some(filling), ..stage.mint() }.seal());
        }
    }
}

fn version_purpose(cases: &mut CookieCases<'_>) {
    for stage in stages_where(cases, is_paseto) {
        let local = stage.scheme == Scheme::PasetoV4Local;
        let (own, other) = if local { ("local", "public") } else { ("public", "local") };
        let headers = [("v1", own), ("v2", own), ("v3", own), ("v5", own), ("v4", other), ("V4", own)];
        for (version, purpose) in headers {
            let text = format!("{version}.{purpose}.").into_bytes();
            let variant = format!("{}-{purpose}", if version == "V4" { "upper-case-v4" } else { version });
            stage.refuse(
                cases,
                &format!("{variant}-relabelled"),
                &stage.sealed().retyped(0, |old| old.clone_from(&text)),
            );
            stage.refuse(cases, &format!("{variant}-genuine"), &Mint { version: Some(text), ..stage.mint() }.seal());
        }
        let wire = stage.sealed().wire();
        stage.show(cases, "footer-added", &[&wire[..], b".eyJraWQiOiIxIn0"].concat(), &[]);
        let footed = Mint { footer: br#"{"kid":"1"}"#.to_vec(), ..stage.mint() };
        let changed = footed.seal().bent(Role::Footer, |footer| footer[8] = b'2');
        stage.refuse(cases, "footer-changed", &changed);
        let dropped = footed.seal().wire().split(|octet| *octet == b'.').take(3).collect::<Vec<_>>().join(&b'.');
        stage.show(cases, "footer-dropped", &dropped, &[]);
        stage.refuse(cases, "assertion-changed", &Mint { purpose: Some("sessioN"), ..stage.mint() }.seal());
        stage.refuse(cases, "assertion-dropped", &Mint { purpose: None, ..stage.mint() }.seal());
        if !local {
            let public = stage.policy.secrets[0].0.clone();
            let mint = Mint { scheme: Scheme::PasetoV4Local, secret: &public, ..stage.mint() };
            stage.refuse(cases, "sealed-by-public-key", &mint.seal());
        }
    }
    let others: [(Scheme, Variants); 3] = [
        (Scheme::Fernet, &[("0x81", &[0x81]), ("0x00", &[0])]),
        (Scheme::Branca, &[("0xbb", &[0xbb]), ("0x01", &[1])]),
        (
            Scheme::IronSession,
            &[("fe26-1", b"Fe26.1"), ("fe26-3", b"Fe26.3"), ("lower-case", b"fe26.2"), ("empty", b"")],
        ),
    ];
    for (scheme, versions) in others {
        let stage = Stage::new(scheme, cases.now());
        for (variant, version) in versions {
            let relabelled = stage.sealed().bent(Role::Version, |old| *old = version.to_vec());
            stage.refuse(cases, &format!("{variant}-relabelled"), &relabelled);
            let genuine = Mint { version: Some(version.to_vec()), ..stage.mint() };
            stage.refuse(cases, &format!("{variant}-genuine"), &genuine.seal());
        }
    }
}

static ANY_PADDING: Misopener = Misopener {
    name: "any-padding",
    flaw: "cuts off as many octets as the last one says, whatever they are",
    mend: "Check all octets of the padding, after the MAC, and refuse as a wrong MAC is refused.",
    opener: Opener { flaws: &[Flaw::AnyPadding] },
};

static ANY_VERSION: Misopener = Misopener {
    name: "any-version",
    flaw: "takes every version that a cookie claims",
    mend: "Compare version and purpose with the one that the key is for, before anything else.",
    opener: Opener { flaws: &[Flaw::AnyVersion] },
};

// Payloads.

fn type_confusion(cases: &mut CookieCases<'_>) {
    let nested = "[".repeat(10_000) + &"]".repeat(10_000);
    let payloads = [
        ("null", "null"),
        ("array", "[]"),
        ("number", "1"),
        ("string", "\"x\""),
        ("nested-10000", &nested),
        ("name-twice", r#"{"user":"31d4","user":"a77a"}"#),
        ("user-array", r#"{"user":["31d4"]}"#),
        ("prototype", r#"{"__proto__":{"admin":true},"user":"31d4"}"#),
    ];
    for stage in stages_where(cases, is_json) {
        for (variant, payload) in payloads {
            stage.refuse(cases, variant, &Mint { payload: payload.into(), ..stage.mint() }.seal());
        }
    }
}

fn unsafe_formats(cases: &mut CookieCases<'_>) {
    let payloads: [(&str, &[u8]); 5] = [
        ("pickle", b"cos\nsystem\n(S'exit 0'\ntR."),
        ("pickle-4", b"\x80\x04\x95\x0a\x00\x00\x00\x00\x00\x00\x00\x8c\x06assay1\x94."),
        ("marshal", b"\x04\x08o:\x0bObject\x00"),
        ("php", b"O:8:\"stdClass\":0:{}"),
        ("yaml", b"!!python/object/apply:os.getpid []"),
    ];
    for stage in stages_where(cases, is_json) {
        for (variant, payload) in payloads {
            stage.refuse(cases, variant, &Mint { payload: payload.to_vec(), ..stage.mint() }.seal());
        }
        let marker = br#"{"user":"_$$ND_FUNC$$_function(){return 1}()"}"#.to_vec();
        let value = Mint { payload: marker, ..stage.mint() }.seal().wire();
        let json = "it is JSON, and a string in it; that it is not run no answer shows";
        stage.says(cases, "node-serialize", &value, Says::Either(json));
    }
}

/// A MiB in a KiB.
fn zip_bomb(cases: &mut CookieCases<'_>) {
    use Scheme::{FlaskSession, ItsDangerous, ItsDangerousTimed};
    for stage in stages_where(cases, |scheme| matches!(scheme, ItsDangerous | ItsDangerousTimed | FlaskSession)) {
        let payload = format!(r#"{{"user":"{}"}}"#, "a".repeat(1 << 20)).into_bytes();
        stage.refuse(cases, "1-mib", &Mint { payload, deflate: true, ..stage.mint() }.seal());
    }
}

const TEXT_ONLY: &str = "the scheme protects text, and no document says what becomes of other octets";
const PASETO_JSON: &str =
    "PASETO's payloads are JSON objects (\"Payload Processing\"), and a library may leave that to its caller";

fn empty_and_binary(cases: &mut CookieCases<'_>) {
    for stage in stages_where(cases, |scheme| !is_json(scheme)) {
        let octets: [(&str, &[u8]); 3] =
            [("empty", b""), ("non-utf-8", b"\x80"), ("binary", b"user\xc3\x28\xff\xfe31d4")];
        let binary = matches!(stage.scheme, Scheme::Fernet | Scheme::Branca);
        for (variant, payload) in octets {
            let says = match (binary, is_paseto(stage.scheme), variant) {
                (true, ..) => Says::MustAccept,
                (_, true, _) => Says::Either(PASETO_JSON),
                (_, _, "empty") => Says::ShouldAccept,
                _ => Says::Either(TEXT_ONLY),
            };
            let value = Mint { payload: payload.to_vec(), ..stage.mint() }.seal().wire();
            stage.show_line(cases, variant, [b"sid=", &value[..]].concat(), says, payload);
        }
    }
}

static WANTS_OBJECT: Misopener = Misopener {
    name: "wants-object",
    flaw: "falls over on JSON that is no object",
    mend: "Check what was decoded before it is used, and answer anything else as a cookie that does not verify.",
    opener: Opener { flaws: &[Flaw::WantsObject] },
};

static ANY_PAYLOAD: Misopener = Misopener {
    name: "any-payload",
    flaw: "hands on what is no JSON, as a serialiser of another kind would read it",
    mend: "Decode JSON and nothing else; a MAC says who wrote a payload, not that it is harmless.",
    opener: Opener { flaws: &[Flaw::AnyPayload] },
};

static INFLATES: Misopener = Misopener {
    name: "inflates",
    flaw: "inflates without a bound",
    mend: "Bound what is inflated to a small multiple of a cookie's length.",
    opener: Opener { flaws: &[Flaw::Inflates] },
};

static WANTS_TEXT: Misopener = Misopener {
    name: "wants-text",
    flaw: "refuses a payload that is empty or no text",
    mend: "Hand on the octets that were protected, whatever they are.",
    opener: Opener { flaws: &[Flaw::WantsText] },
};

// The table.

const FORGED: Says = Says::MustReject(Reason::Signature);
const MALFORMED: Says = Says::MustReject(Reason::Malformed);
/// Of what a service shows and a library cannot.
const SERVICE: Says = Says::ShouldReject(Reason::Other);

#[rustfmt::skip]
static CLASSES: [Class; 39] = [
    row("sig-bitflip", "A cookie with a flipped bit was honoured.",
        "the lowest, the next and the highest bit of the first and the last octet of each part, flipped after the MAC was made",
        (FORGED, HIGH), (&["OWASP ASVS 5.0 9.1.1", "CWE-347"], Some(347)), bitflip, &SKIPS_MAC),
    row("sig-truncate", "A cookie that lacks its head or tail was honoured.",
        "letters dropped from the head and from the tail",
        (FORGED, HIGH), (&["OWASP ASVS 5.0 9.1.1", "CWE-347"], Some(347)), truncate, &SKIPS_MAC),
    row("sig-empty-mac", "A cookie with an empty MAC, or one of the wrong length, was honoured.",
        "the MAC empty, shortened, lengthened, all zeros",
        (FORGED, CRITICAL), (&["OWASP ASVS 5.0 9.1.1", "CWE-347"], Some(347)), empty_mac, &SHORT_MAC),
    row("sig-mac-dropped", "A cookie without a MAC was honoured.",
        "the payload alone, as it stands and encoded, and all fields but the MAC",
        (FORGED, CRITICAL), (&["OWASP ASVS 5.0 9.1.1", "CWE-347"], Some(347)), mac_dropped, &UNSIGNED),
    row("sig-wrong-key", "A cookie by another secret was honoured.",
        "made with an attacker's secret, one that differs in a bit of each octet, zeros, nothing",
        (FORGED, CRITICAL), (&["OWASP ASVS 5.0 9.1.1", "Fernet Spec, Verifying", "CWE-347"], Some(347)), wrong_key, &SKIPS_MAC),
    row("sig-separator-dup", "A cookie with a separator or a MAC too many was honoured.",
        "each separator doubled, and the MAC with its separator repeated",
        (FORGED, MEDIUM), (&["CWE-347"], Some(347)), separator_twice, &LOOSE_SEPARATORS),
    row("sig-separator-in-payload", "A boundary between fields could be moved, or a payload with the separator was not read whole.",
        "payloads that hold the separator; the octet beside each separator moved to its other side",
        (FORGED, HIGH), (&["CWE-347", "CWE-345"], Some(345)), separator_in_payload, &FIRST_SEPARATOR),
    row("sig-salt-concat", "A cookie for another name or purpose was honoured, where the two differ by where one ends.",
        "purpose or name cut or lengthened, what was cut moved to the payload or the footer",
        (FORGED, MEDIUM), (&["CWE-345"], Some(345)), salt_concat, &PURPOSE_PREFIX),
    row("sig-name-swap", "The value of one signed cookie was honoured under the name of another.",
        "the value of `theme` under the name `sid`, alone and beside it",
        (FORGED, HIGH), (&["draft-ietf-httpbis-rfc6265bis §8.6", "CWE-345"], Some(345)), name_swap, &ANY_NAME),
    waits("sig-cross-app", "The cookie of one application was honoured by another.",
        "a cookie of one application shown to another with the same secret and salt", (SERVICE, HIGH),
        (&["OWASP ASVS 5.0 9.2.3"], Some(345)),
        (Area::LiveService, "with one secret and one salt both make the same octets, and a service that honours them looks like one that shares its store: ss-cross-app-store asks")),
    row("sig-cross-purpose", "A value that was signed for another purpose was honoured as the session cookie.",
        "the salts or implicit assertions of other uses, and the other schemes of a library, under the same secret",
        (FORGED, HIGH), (&["OWASP ASVS 5.0 9.2.2", "CVE-2023-48309"], Some(345)), cross_purpose, &ANY_PURPOSE),
    row("sig-alg-downgrade", "A cookie with the MAC of another hash was honoured.",
        "MACs of SHA-1 and SHA-512 in the place of the format's own",
        (FORGED, MEDIUM), (&["OWASP ASVS 5.0 9.1.2", "OWASP ASVS 5.0 11.4.1"], Some(757)), downgrade, &OTHER_HASH),
    row("sig-key-rotated-in-window", "A cookie by a secret that is still configured was refused.",
        "two and three secrets, and a cookie by each of the older ones",
        (Says::ShouldAccept, NOTE), (&["OWASP ASVS 5.0 13.1.4"], None), rotated_in, &FIRST_SECRET),
    row("sig-key-rotated-out", "A cookie by a secret that was removed was honoured.",
        "a cookie by a secret that is not, or no longer, configured",
        (FORGED, HIGH), (&["OWASP ASVS 5.0 11.1.1"], Some(324)), rotated_out, &REMEMBERS_SECRETS),
    row("sig-rotation-signs-new", "With older secrets configured a cookie by the newest was refused.",
        "two and three secrets, and a cookie by the newest",
        (Says::ShouldAccept, MEDIUM), (&["CVE-2025-47278"], Some(683)), rotation_signs_new, &LAST_SECRET),
    row("sig-b64-trailing-bits", "A cookie was honoured with unused bits of base64 set.",
        "the lowest bit of the last letter, where it belongs to no octet",
        (MALFORMED, MEDIUM), (&["RFC 4648 §3.5", "PASETO test vectors 4-F-4"], Some(347)), trailing_bits, &LENIENT_BITS),
    row("sig-b64-padding", "A cookie was honoured with padding that the format has not.",
        "`=` added to each field, and removed",
        (MALFORMED, MEDIUM), (&["RFC 4648 §3.2", "PASETO test vectors 4-F-5"], Some(347)), padding, &LENIENT_PADDING),
    row("sig-b64-junk", "A cookie was honoured with letters in it that are none of its encoding.",
        "`!`, a space, NUL, CR LF, `é`, U+2028 and `=` inside the MAC",
        (MALFORMED, MEDIUM), (&["RFC 4648 §3.3", "Branca test vectors 17"], Some(20)), junk, &SKIPS_JUNK),
    row("sig-b64-alphabet", "A cookie was honoured in the other alphabet of base64.",
        "`-` and `_` for `+` and `/`, or the reverse",
        (MALFORMED, LOW), (&["RFC 4648 §3.3", "RFC 4648 §5"], Some(347)), alphabet, &EITHER_ALPHABET),
    row("sig-malleable-vs-denylist", "A cookie that is revoked by its text was honoured in another text.",
        "unused bits, padding, the other alphabet, percent escapes, quotes, octets behind the end, zeros before the number",
        (Says::ShouldReject(Reason::Malformed), MEDIUM), (&["OWASP ASVS 5.0 7.4.1", "RFC 4648 §12"], Some(294)), malleable, &MALLEABLE),
    row("sig-trailer-ignored", "What stands behind the last field made no difference.",
        "the version behind an iron-session changed, dropped and repeated; fields and letters behind the others",
        (FORGED, LOW), (&["CWE-345"], Some(345)), trailer, &IGNORES_TRAILER),
    row("sig-timestamp-old", "A cookie older than its greatest age was honoured.",
        "made an hour and a year before it would still do, and a second before",
        (Says::MustReject(Reason::Expired), HIGH), (&["OWASP ASVS 5.0 9.2.1", "Fernet Spec, Verifying"], Some(613)), old, &ANY_AGE),
    row("sig-timestamp-future", "A cookie from the future was honoured.",
        "made in two hours, and in a year",
        (Says::ShouldReject(Reason::NotYetValid), MEDIUM), (&["Fernet Spec, invalid.json", "CWE-345"], Some(345)), future, &FROM_THE_FUTURE),
    row("sig-timestamp-malformed", "A cookie whose time is none was honoured.",
        "times that are empty, no digits, negative, beyond every integer, under a genuine MAC",
        (Says::ShouldReject(Reason::Malformed), MEDIUM), (&["CWE-20", "CWE-190"], Some(190)), timestamp_malformed, &ANY_TIME),
    asked("sig-no-server-expiry", "A cookie was honoured after the Max-Age that it was set with.",
        "a cookie sent again after its Max-Age", (SERVICE, HIGH),
        (&["CVE-2018-1000814", "CVE-2024-31999", "CVE-2024-35220"], Some(613))),
    asked("sig-replay-after-logout", "A cookie was honoured after its user had logged out.",
        "a client-side session, a logout, and the old cookie again", (SERVICE, HIGH),
        (&["OWASP ASVS 5.0 7.4.1", "CVE-2024-31999"], Some(613))),
    row("enc-iv-swap", "A cookie with the nonce, ciphertext or tag of another was honoured.",
        "each part of one cookie in the place of another's, and a bit of the vector flipped",
        (FORGED, HIGH), (&["OWASP ASVS 5.0 11.3.3", "CWE-353"], Some(353)), iv_swap, &SKIPS_MAC),
    row("enc-aad-name", "The value of one encrypted cookie was honoured under the name of another.",
        "the value of `theme` under the name `sid`, alone and beside it",
        (FORGED, HIGH), (&["draft-ietf-httpbis-rfc6265bis §8.6", "CWE-345"], Some(345)), aad_name, &ANY_NAME),
    asked("enc-nonce-reuse", "Two cookies were encrypted with one nonce.",
        "one payload encrypted ten thousand times", (SERVICE, HIGH),
        (&["OWASP ASVS 5.0 11.3.4"], Some(323))),
    row("enc-padding-oracle", "A plaintext with broken padding was honoured, or not refused like other cookies.",
        "padding of zeros, with a wrong octet, of more than a block, under a genuine MAC",
        (MALFORMED, HIGH), (&["OWASP ASVS 5.0 11.2.5", "Fernet Spec, invalid.json"], Some(203)), padding_oracle, &ANY_PADDING),
    row("enc-tag-truncation", "A cookie with a shortened tag was honoured.",
        "the first 4, 8, 12 and 15 octets of the tag",
        (FORGED, CRITICAL), (&["OWASP ASVS 5.0 11.3.3", "CVE-2025-47275"], Some(347)), tag_truncation, &SHORT_MAC),
    row("enc-version-purpose", "A cookie of another version or purpose was honoured.",
        "versions and purposes replaced, with and without a MAC for them; footer and implicit assertion changed",
        (FORGED, HIGH), (&["PASETO test vectors 4-F-1", "Branca test vectors 16", "Fernet Spec, Verifying"], Some(843)), version_purpose, &ANY_VERSION),
    row("deser-type-confusion", "JSON that is no session made the verifier fall over.",
        "null, an array, a number, a string, 10,000 levels, a name twice, under a genuine MAC",
        (Says::Bounded(1000), MEDIUM), (&["OWASP ASVS 5.0 1.5.3"], Some(843)), type_confusion, &WANTS_OBJECT),
    row("deser-unsafe", "A payload of a serialiser that can run code was honoured.",
        "pickle, Marshal, PHP and YAML under a genuine MAC, where the payload is JSON",
        (Says::ShouldReject(Reason::Malformed), CRITICAL), (&["OWASP ASVS 5.0 1.5.2", "CWE-502"], Some(502)), unsafe_formats, &ANY_PAYLOAD),
    row("deser-zip-bomb", "A small cookie became a large payload, and took its time.",
        "a MiB of one letter, compressed to a KiB",
        (Says::Bounded(1000), MEDIUM), (&["CWE-409"], Some(409)), zip_bomb, &INFLATES),
    asked("sig-weak-secret", "A cookie by a well-known secret was honoured.",
        "cookies by each of the best-known secrets", (SERVICE, CRITICAL),
        (&["OWASP ASVS 5.0 11.2.3", "CVE-2023-27524"], Some(1391))),
    waits("sig-timing", "The time of a refusal tells how much of a MAC is right.",
        "MACs with a growing right prefix, timed", (SERVICE, LOW),
        (&["OWASP ASVS 5.0 11.2.4", "CVE-2016-1000236"], Some(208)), (Area::LiveService, "it is a slope of nanoseconds over many answers, and no answer")),
    row("sig-empty-and-binary", "A payload that is empty or no text did not come back as it was protected.",
        "an empty payload, and octets that are no UTF-8",
        (Says::MustAccept, NOTE), (&["Branca test vectors 6, 7", "Fernet Spec, Generating"], None), empty_and_binary, &WANTS_TEXT),
    asked("sig-error-shape", "Refusals can be told apart by what is answered.",
        "every cookie that is refused, and the answers compared", (SERVICE, LOW),
        (&["OWASP ASVS 5.0 16.3.3", "OWASP ASVS 5.0 16.5.1"], Some(209))),
];
