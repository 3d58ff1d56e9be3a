//! What verifying one JWT costs: every linked crate, algorithm by algorithm, beside the bare primitive.
//!
//! Signature, issuer, audience and expiry are checked in every row: what a crate leaves to the application is compared with
//! the claims that it hands back. A row may be timed once it has accepted a valid token and refused those that are wrong in one
//! respect each.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;
use token_assay::model::{Algorithm, Input, Policy, Request, Verdict};
use token_assay::targets::{Linked, Ready, Service, Verifier, linked};
use token_assay_model::bench::{Role, Skipped};

use super::floors::{self, BACK_ENDS};
use super::tokens::{Claims, Keys, Tokens};
use super::{Plan, Prepared, Scale};
use crate::store;
use crate::{Group, Work};

/// The plan.
pub const PLAN: Plan = Plan { name: "verify", title: "What verifying one JWT costs.", prepare };

fn prepare(scale: Scale) -> Prepared {
    let mut prepared = Prepared::default();
    let targets = linked();
    for &algorithm in algorithms(scale) {
        for &claims in claims(scale) {
            kept_key(&mut prepared, targets, algorithm, claims);
        }
        key_parsed_each_time(&mut prepared, targets, algorithm);
    }
    for &(algorithm, sizes) in sets(scale) {
        for &size in sizes {
            key_set(&mut prepared, targets, algorithm, size);
        }
    }
    let divided = if scale == Scale::Full { algorithms(scale) } else { &[Algorithm::Hs256] };
    prepared.groups.extend(divided.iter().map(|algorithm| parts(*algorithm)));
    prepared
}

const fn algorithms(scale: Scale) -> &'static [Algorithm] {
    match scale {
        Scale::Full => &[
            Algorithm::Hs256,
            Algorithm::Rs256,
            Algorithm::Ps256,
            Algorithm::Es256,
            Algorithm::Es384,
            Algorithm::EdDsa,
        ],
        Scale::Quick => &[Algorithm::Hs256, Algorithm::Es256, Algorithm::EdDsa],
    }
}

const fn claims(scale: Scale) -> &'static [usize] {
    match scale {
        Scale::Full => &[8, 13],
        Scale::Quick => &[8],
    }
}

/// A shared secret is in no public set.
const fn sets(scale: Scale) -> &'static [(Algorithm, &'static [usize])] {
    match scale {
        Scale::Full => &[(Algorithm::Es256, &[1, 10, 100]), (Algorithm::EdDsa, &[1, 10, 100])],
        Scale::Quick => &[(Algorithm::Es256, &[10])],
    }
}

fn kept_key(prepared: &mut Prepared, targets: &[Linked], algorithm: Algorithm, claims: usize) {
    let title = format!("{claims} claims, the key and the configuration kept.");
    let group = Group::of_calls(format!("verify/{algorithm}/{claims}-claims"), title);
    kept(prepared, group, targets, algorithm, &Tokens::mint(algorithm, claims, Keys::One));
}

fn key_set(prepared: &mut Prepared, targets: &[Linked], algorithm: Algorithm, size: usize) {
    let title =
        format!("8 claims, the key chosen by its `kid` from a kept set of {size}, where it stands in the middle.");
    let group = Group::of_calls(format!("verify/{algorithm}/jwks-{size}"), title);
    kept(prepared, group, targets, algorithm, &Tokens::mint(algorithm, 8, Keys::Set(size)));
}

fn kept(prepared: &mut Prepared, mut group: Group, targets: &[Linked], algorithm: Algorithm, tokens: &Tokens) {
    add_floors(&mut group, algorithm, tokens);
    add_ready(prepared, &mut group, targets, algorithm, tokens);
    prepared.groups.push(group);
}

/// One crate's row beside the one by hand, over tokens that are the same on every day: for what counts instructions.
pub fn alone(algorithm: Algorithm, target: &str) -> Group {
    let tokens = Tokens::fixed(algorithm, 8);
    let mut group =
        Group::of_calls(format!("verify/{algorithm}/alone"), "8 claims, the key and the configuration kept.");
    let targets: Vec<Linked> = linked().iter().copied().filter(|linked| linked.name == target).collect();
    add_ready(&mut Prepared::default(), &mut group, &targets, algorithm, &tokens);
    add_by_hand(&mut group, algorithm, &tokens);
    group
}

fn key_parsed_each_time(prepared: &mut Prepared, targets: &[Linked], algorithm: Algorithm) {
    let tokens = Tokens::mint(algorithm, 8, Keys::One);
    let title =
        "8 claims, the key read from its text and the configuration built for every token, all claims handed back.";
    let mut group = Group::of_calls(format!("verify/{algorithm}/key-parsed-each-time"), title);
    add_floors(&mut group, algorithm, &tokens);
    for target in serving(targets, algorithm) {
        match Service::of(&target.verifier.info().supports, &tokens.policy) {
            Some(service) => add_whole(&mut group, *target, service, &tokens),
            None => prepared.skipped.push(Skipped {
                name: format!("{}/{}", group.name, target.name),
                why: "it cannot serve the policy".into(),
            }),
        }
    }
    prepared.groups.push(group);
}

fn serving(targets: &[Linked], algorithm: Algorithm) -> impl Iterator<Item = &Linked> {
    targets.iter().filter(move |target| target.verifier.info().supports.contains(&algorithm.into()))
}

/// The same octets, by each back end.
fn add_floors(group: &mut Group, algorithm: Algorithm, tokens: &Tokens) {
    let (message, signature) = (tokens.valid.signing_input().into_bytes(), tokens.valid.signature_octets());
    for back_end in BACK_ENDS {
        let Some(bare) = (back_end.bare)(algorithm, &tokens.key) else { continue };
        let check = bare_answers(&bare, &message, &signature);
        let (message, signature) = (message.clone(), signature.clone());
        let added = group.add(Role::Floor, back_end.name, check, || Work::calls(move || bare(&message, &signature)));
        added.note_where(back_end.note.filter(|_| !algorithm.is_hmac()));
    }
}

fn bare_answers(bare: &floors::Bare, message: &[u8], signature: &[u8]) -> Result<(), String> {
    let mut flipped = signature.to_vec();
    flipped[7] ^= 1;
    match (bare(message, signature), bare(message, &flipped)) {
        (true, false) => Ok(()),
        (false, _) => Err("it refuses a valid signature".into()),
        (_, true) => Err("it accepts a signature with an octet flipped".into()),
    }
}

fn add_ready(prepared: &mut Prepared, group: &mut Group, targets: &[Linked], algorithm: Algorithm, tokens: &Tokens) {
    for target in serving(targets, algorithm) {
        let Some(ready) = target.verifier.ready(&tokens.policy) else {
            prepared.skipped.push(Skipped {
                name: format!("{}/{}", group.name, target.name),
                why: unready(target.verifier, &tokens.policy).into(),
            });
            continue;
        };
        add_ready_row(group, *target, ready, tokens);
    }
}

fn unready(verifier: &dyn Verifier, policy: &Policy) -> &'static str {
    match Service::of(&verifier.info().supports, policy) {
        Some(_) => "it keeps no key that has been read",
        None if policy.jwks => "it chooses from no key set",
        None => "it cannot serve the policy",
    }
}

fn add_ready_row(group: &mut Group, target: Linked, ready: Ready, tokens: &Tokens) {
    let check = answers(&|token| ready(token.as_bytes()), tokens);
    let token = tokens.valid.compact().into_bytes();
    let added = group.add(Role::Subject, target.name, check, || Work::calls(move || ready(&token)));
    added.note_where(left_to_the_application(target, &tokens.policy));
}

fn add_whole(group: &mut Group, target: Linked, service: Service, tokens: &Tokens) {
    let service = Arc::new(service);
    let accepts = move |input: &Input| match target.verifier.verify(Request { input, policy: &service.policy }) {
        Verdict::Accept { claims, .. } => service.agrees(&claims.0),
        Verdict::Reject { .. } | Verdict::Unsupported { .. } => false,
    };
    let check = answers(&|token| accepts(&Input::Token(token.to_owned())), tokens);
    let input = Input::Token(tokens.valid.compact());
    let added = group.add(Role::Subject, target.name, check, || Work::calls(move || accepts(&input)));
    added.note_where(left_to_the_application(target, &tokens.policy));
}

fn left_to_the_application(target: Linked, policy: &Policy) -> Option<String> {
    let left = Service::of(&target.verifier.info().supports, policy)?.left();
    let said = || format!("{} checked by the application: the crate leaves it to it", left.join(", "));
    (!left.is_empty()).then(said)
}

/// The right answer for the valid token and for each that is wrong.
fn answers(accepts: &dyn Fn(&str) -> bool, tokens: &Tokens) -> Result<(), String> {
    let says = |token: &str| catch_unwind(AssertUnwindSafe(|| accepts(token)));
    match says(&tokens.valid.compact()) {
        Ok(true) => {}
        Ok(false) => return Err("it refuses a valid token".into()),
        Err(_) => return Err("it panics at a valid token".into()),
    }
    for (what, token) in &tokens.wrong {
        match says(token) {
            Ok(false) => {}
            Ok(true) => return Err(format!("it accepts {what}")),
            Err(_) => return Err(format!("it panics at {what}")),
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
}

fn hold(claims: &Claims, policy: &Policy) -> bool {
    let now = store::now();
    let meant = policy.issuer.contains(&claims.iss) && policy.audience.contains(&claims.aud);
    meant && claims.nbf <= now && now < claims.exp
}

/// What a verification consists of, each on the same token, and all of it by hand.
fn parts(algorithm: Algorithm) -> Group {
    let tokens = Tokens::mint(algorithm, 8, Keys::One);
    let title = "What a verification consists of, 8 claims: base64, JSON into types, the signature (AWS-LC), the claims' checks.";
    let mut group = Group::of_calls(format!("verify/parts/{algorithm}"), title);
    let bare = floors::aws_lc(algorithm, &tokens.key).expect("AWS-LC has all six");
    let (jws, policy) = (&tokens.valid, Arc::clone(&tokens.policy));
    let segments = [jws.header.clone(), jws.payload.clone(), jws.signature.clone()];
    let header_octets = decoded(&jws.header).expect("the forge writes base64url");
    let payload = jws.payload_octets.clone();
    let (message, signature) = (jws.signing_input().into_bytes(), jws.signature_octets());

    let decodes = decoded(&jws.payload).as_ref() == Some(&payload) && decoded("e30!").is_none();
    group.add(Role::Part, "base64", right(decodes), || {
        Work::calls(move || segments.each_ref().map(|segment| decoded(segment)))
    });
    let reads =
        read(&header_octets, &payload).is_some_and(|(header, claims)| is_the_token(&header, &claims, algorithm));
    group.add(Role::Part, "json", right(reads && read(b"{}", b"{}").is_none()), || {
        let payload = payload.clone();
        Work::calls(move || read(&header_octets, &payload))
    });
    let check = bare_answers(&bare, &message, &signature);
    group.add(Role::Part, "signature", check, || Work::calls(move || bare(&message, &signature)));
    let claims: Claims = serde_json::from_slice(&payload).expect("the claims are of the type");
    let holds = hold(&claims, &policy) && !hold(&claims, &Policy::default());
    group.add(Role::Part, "claims", right(holds), || Work::calls(move || hold(&claims, &policy)));
    add_by_hand(&mut group, algorithm, &tokens);
    group
}

fn add_by_hand(group: &mut Group, algorithm: Algorithm, tokens: &Tokens) {
    let bare = floors::aws_lc(algorithm, &tokens.key).expect("AWS-LC has all six");
    let policy = Arc::clone(&tokens.policy);
    let accepts = move |token: &str| by_hand(token, algorithm, &bare, &policy);
    let check = answers(&accepts, tokens);
    let token = tokens.valid.compact();
    group.add(Role::Floor, "all-by-hand", check, || Work::calls(move || accepts(&token)));
}

fn right(answer: bool) -> Result<(), String> {
    answer.then_some(()).ok_or_else(|| "it gives something else".into())
}

fn decoded(segment: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(segment).ok()
}

fn read(header: &[u8], payload: &[u8]) -> Option<(Header, Claims)> {
    Some((serde_json::from_slice(header).ok()?, serde_json::from_slice(payload).ok()?))
}

fn is_the_token(header: &Header, claims: &Claims, algorithm: Algorithm) -> bool {
    let texts = [&claims.sub, &claims.jti, &claims.scope];
    header.alg == algorithm.as_str()
        && header.typ.as_deref() == Some("JWT")
        && claims.iat < claims.exp
        && texts.iter().all(|text| !text.is_empty())
}

/// The least that a verifier of this very token could do with AWS-LC and serde.
fn by_hand(token: &str, algorithm: Algorithm, bare: &floors::Bare, policy: &Policy) -> bool {
    let checked = || {
        let (input, signature) = token.rsplit_once('.')?;
        let (header, payload) = input.split_once('.')?;
        let header: Header = serde_json::from_slice(&decoded(header)?).ok()?;
        let holds = header.alg == algorithm.as_str() && bare(input.as_bytes(), &decoded(signature)?);
        let claims: Claims = serde_json::from_slice(&decoded(payload)?).ok().filter(|_| holds)?;
        Some(hold(&claims, policy))
    };
    checked() == Some(true)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use token_assay::model::report::TargetInfo;
    use token_assay::strawman::Sound;

    use super::*;

    #[test]
    fn every_group_has_subjects_a_floor_and_names_of_its_own() {
        for scale in [Scale::Quick, Scale::Full] {
            is_whole(&prepare(scale));
        }
    }

    fn is_whole(prepared: &Prepared) {
        let names: BTreeSet<&str> = prepared.groups.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names.len(), prepared.groups.len());
        for group in &prepared.groups {
            assert!(group.rows.iter().any(|row| row.role == Role::Floor), "{} has no floor", group.name);
            let measured = if group.name.starts_with("verify/parts/") { Role::Part } else { Role::Subject };
            let count = group.rows.iter().filter(|row| row.role == measured).count();
            assert!(count >= 3, "{} has {count} rows", group.name);
            let rows: BTreeSet<&str> = group.rows.iter().map(|row| row.name.as_str()).collect();
            assert_eq!(rows.len(), group.rows.len(), "{}", group.name);
            assert!(group.wrong.iter().all(|wrong| !wrong.why.is_empty()));
            for wrong in &group.wrong {
                println!("{}/{}: {}", group.name, wrong.name, wrong.why);
            }
        }
        assert!(prepared.skipped.iter().all(|skipped| !skipped.why.is_empty()));
        for skipped in &prepared.skipped {
            println!("{}: {}", skipped.name, skipped.why);
        }
    }

    /// What is kept answers as what is not: they are the same crate with the same policy.
    #[test]
    fn a_crate_answers_alike_with_its_key_kept_and_with_its_key_read_anew() {
        let tokens = Tokens::mint(Algorithm::Es256, 8, Keys::Set(3));
        for target in serving(linked(), Algorithm::Es256) {
            let Some(service) = Service::of(&target.verifier.info().supports, &tokens.policy) else { continue };
            let Some(ready) = target.verifier.ready(&tokens.policy) else { continue };
            let valid = ("the valid token", tokens.valid.compact());
            for (what, token) in tokens.wrong.iter().chain([&valid]) {
                let input = Input::Token(token.clone());
                let verdict = target.verifier.verify(Request { input: &input, policy: &service.policy });
                let anew = matches!(&verdict, Verdict::Accept { claims, .. } if service.agrees(&claims.0));
                assert_eq!(ready(token.as_bytes()), anew, "{}: {what}: {verdict:?}", target.name);
            }
        }
    }

    #[test]
    fn rsa_keys_have_2048_bits() {
        let tokens = Tokens::mint(Algorithm::Rs256, 13, Keys::One);
        assert_eq!(tokens.key.jwk_octets("n").unwrap().len(), 256);
    }

    #[test]
    fn a_verifier_that_answers_wrongly_is_listed_and_not_timed() {
        let right = linked().iter().find(|target| target.name == "jsonwebtoken").copied().expect("it is linked");
        let targets = [Linked { name: "credulous", verifier: &Credulous }, right];
        let tokens = Tokens::mint(Algorithm::Hs256, 8, Keys::One);
        let (mut prepared, mut kept) = (Prepared::default(), Group::of_calls("g", "Two."));
        add_ready(&mut prepared, &mut kept, &targets, Algorithm::Hs256, &tokens);
        key_parsed_each_time(&mut prepared, &targets, Algorithm::Hs256);
        for group in [&kept, &prepared.groups[0]] {
            let subjects = group.rows.iter().filter(|row| row.role == Role::Subject);
            assert_eq!(subjects.map(|row| row.name.as_str()).collect::<Vec<_>>(), ["jsonwebtoken"]);
            assert_eq!(group.wrong[0].name, "credulous");
            assert_eq!(group.wrong[0].why, "it accepts a token with an octet of its signature flipped");
        }
    }

    /// Accepts everything.
    struct Credulous;

    impl Verifier for Credulous {
        fn info(&self) -> TargetInfo {
            TargetInfo { name: "credulous".into(), ..Sound.info() }
        }

        fn verify(&self, request: Request<'_>) -> Verdict {
            let claims = request.input.text().and_then(|token| decoded(token.split('.').nth(1)?));
            Verdict::accept(serde_json::from_slice(&claims.unwrap_or_default()).unwrap_or_default())
        }

        fn ready(&self, _: &Policy) -> Option<Ready> {
            Some(Box::new(|_| true))
        }
    }
}
