//! What lies between tokens and sessions: a JWT whose `jti` is looked up in a denylist, a verification that is remembered, a
//! session that is remembered, and a short token that is refreshed.
//!
//! Filters err for one token in some thousand, so whatever a filter names is looked up once more in the set behind it: the
//! answer is right for every token. A token that is refreshed is not amortised here: `refresh` is what one refresh costs, and
//! how often it happens is the reader's arithmetic.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use fastbloom::BloomFilter;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use moka::sync::Cache;
use token_assay::attacks::scene::{AUDIENCE, ISSUER, SUBJECT};
use token_assay_model::bench::{Role, Skipped};
use xorf::{BinaryFuse16, Filter};

use super::tokens::Claims;
use super::{Plan, Prepared, Scale, introspection};
use crate::server::{self, Purpose, Server};
use crate::store::{self, Session, Sessions};
use crate::{Group, Work};

/// The plan.
pub const PLAN: Plan = Plan { name: "hybrid", title: "What lies between tokens and sessions.", prepare };

/// How many tokens are verified in turn.
const TOKENS: usize = 1024;

/// How long an access token is good, in seconds: longer than any measurement.
const LIFETIME: i64 = 24 * 3600;

/// How often a Bloom filter may err.
const FALSE_POSITIVES: f64 = 0.001;

fn prepare(scale: Scale) -> Prepared {
    let mut prepared = Prepared::default();
    let redis = server::redis(Purpose::Measured).map_err(|skipped| prepared.skipped.push(skipped)).ok();
    let denied = match scale {
        Scale::Full => 10_000,
        Scale::Quick => 1_000,
    };
    let jtis = Jtis { denied };
    let lists = match lists(jtis, redis.as_ref()) {
        Ok(lists) => lists,
        Err(why) => {
            prepared.skipped.push(Skipped { name: "hybrid/denylist/redis-exists-unix".into(), why });
            lists_in_process(jtis)
        }
    };
    prepared.groups.push(denylists(&lists, jtis));
    for algorithm in [Algorithm::HS256, Algorithm::ES256] {
        let issuer = Rc::new(Issuer::new(algorithm));
        prepared.groups.push(revocation(&issuer, &lists, jtis));
        prepared.groups.push(verification_cache(&issuer, jtis));
    }
    match introspection::group(introspected(jtis)) {
        Ok(group) => prepared.groups.push(group),
        Err(why) => prepared.skipped.push(Skipped { name: "hybrid/introspection/ES256".into(), why }),
    }
    prepared.groups.push(refresh(denied));
    if let Some(server) = &redis {
        match session_cache(server, denied) {
            Ok(group) => prepared.groups.push(group),
            Err(why) => prepared.skipped.push(Skipped { name: "hybrid/session-cache".into(), why }),
        }
    }
    prepared.backends.push(store::linked("moka", "none", "everything in this process"));
    if let Some(server) = redis {
        prepared.backends.push(server.backend());
        prepared.alive.push(Box::new(server));
    }
    prepared
}

/// The ids of tokens: first those that are denied, then those that are not.
#[derive(Debug, Clone, Copy)]
struct Jtis {
    denied: usize,
}

impl Jtis {
    fn id(number: usize) -> String {
        Sessions::new(0).id(number)
    }

    fn denied(self) -> impl Iterator<Item = String> {
        (0..self.denied).map(Self::id)
    }

    fn good(self) -> impl Iterator<Item = String> {
        (self.denied..self.denied + TOKENS).map(Self::id)
    }

    /// Some of those that are denied.
    fn some_denied(self) -> [String; 3] {
        [0, self.denied / 2, self.denied - 1].map(Self::id)
    }
}

/// Whether a `jti` is denied.
type IsDenied = Box<dyn FnMut(&str) -> bool>;

/// A way to keep a denylist.
struct List {
    name: &'static str,
    role: Role,
    note: Option<String>,
    open: Box<dyn Fn() -> IsDenied>,
}

impl List {
    fn new<F: FnMut(&str) -> bool + 'static>(name: &'static str, open: impl Fn() -> F + 'static) -> Self {
        let open = Box::new(move || -> IsDenied { Box::new(open()) });
        Self { name, role: Role::Subject, note: None, open }
    }

    fn noted(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }
}

fn lists(jtis: Jtis, redis: Option<&Server>) -> Result<Vec<List>, String> {
    let mut lists = lists_in_process(jtis);
    if let Some(server) = redis {
        lists.push(list_in_redis(jtis, server).map_err(|error| error.to_string())?);
    }
    Ok(lists)
}

fn lists_in_process(jtis: Jtis) -> Vec<List> {
    let set: Arc<HashSet<String>> = Arc::new(jtis.denied().collect());
    let cache: Cache<String, ()> = Cache::new(2 * jtis.denied as u64 + 16);
    jtis.denied().for_each(|jti| cache.insert(jti, ()));
    cache.run_pending_tasks();
    let bloom = Arc::new(BloomFilter::with_false_pos(FALSE_POSITIVES).items(set.iter()));
    let hasher = RandomState::new();
    let hashes: Vec<u64> = set.iter().map(|jti| hasher.hash_one(jti.as_str())).collect();
    let fuse = Arc::new(BinaryFuse16::try_from(hashes).expect("64 bits tell ten thousand apart"));
    let (behind_bloom, behind_fuse) = (Arc::clone(&set), Arc::clone(&set));
    let none = List { role: Role::Floor, ..List::new("none", || |_: &str| false) };
    vec![
        none.noted("no list is asked, and a denied token is accepted"),
        List::new("hash-set", move || {
            let set = Arc::clone(&set);
            move |jti: &str| set.contains(jti)
        }),
        List::new("moka", move || {
            let cache = cache.clone();
            move |jti: &str| cache.contains_key(jti)
        }),
        List::new("bloom", move || {
            let (bloom, set) = (Arc::clone(&bloom), Arc::clone(&behind_bloom));
            move |jti: &str| bloom.contains(jti) && set.contains(jti)
        })
        .noted(format!("errs for one in {:.0}; what it names is looked up in the set", 1.0 / FALSE_POSITIVES)),
        List::new("binary-fuse", move || {
            let (fuse, set, hasher) = (Arc::clone(&fuse), Arc::clone(&behind_fuse), hasher.clone());
            move |jti: &str| fuse.contains(&hasher.hash_one(jti)) && set.contains(jti)
        })
        .noted(
            "16 bits: errs for one in 65,536; what it names is looked up in the set; built anew when the list changes",
        ),
    ]
}

fn list_in_redis(jtis: Jtis, server: &Server) -> redis::RedisResult<List> {
    let client = store::redis::on_unix(server.socket(), 0)?;
    store::redis::fill(&client, jtis.denied().map(|jti| (jti, Vec::new(), None)))?;
    client.get_connection()?;
    let open = move || {
        let mut connection = client.get_connection().expect("it could be opened before");
        move |jti: &str| {
            redis::cmd("EXISTS").arg(jti).query::<bool>(&mut connection).expect("Redis answers while it is timed")
        }
    };
    Ok(List::new("redis-exists-unix", open).noted("a blocking client on the unix socket; placement is the kernel's"))
}

/// What an issuer is asked of.
fn introspected(jtis: Jtis) -> introspection::Shown {
    let issuer = Issuer::new(Algorithm::ES256);
    let good: Vec<String> = jtis.good().map(|jti| issuer.mint(&jti)).collect();
    let [first, ..] = jtis.some_denied();
    let stale = issuer.sign(&Claims { exp: store::now() - 60, ..claims("stale") });
    let wrong = vec![tampered(&good[0]), stale, issuer.mint(&first)];
    let withdrawn = jtis.denied().collect();
    let verify: introspection::Verify = Arc::new(move |token| issuer.verify(token));
    introspection::Shown { algorithm: "ES256".into(), verify, good, withdrawn, wrong }
}

/// The lists alone.
fn denylists(lists: &[List], jtis: Jtis) -> Group {
    let title = format!("Whether a jti is denied, which it is not, in a list of {}.", jtis.denied);
    let mut group = Group::of_calls(format!("hybrid/denylist/{}", jtis.denied), title);
    for list in lists {
        let mut is_denied = (list.open)();
        let check = right(list.role, jtis, |jti| is_denied(jti));
        let ring: Vec<String> = jtis.good().collect();
        add(&mut group, list, check, move || {
            let mut at = 0;
            Work::calls(move || is_denied(next(&ring, &mut at)))
        });
    }
    group
}

/// A verification and then a list.
fn revocation(issuer: &Rc<Issuer>, lists: &[List], jtis: Jtis) -> Group {
    let name = format!("hybrid/revocation/{:?}/{}", issuer.header.alg, jtis.denied);
    let title = format!("A JWT is verified and its jti is not in a list of {}.", jtis.denied);
    let mut group = Group::of_calls(name, title);
    let tokens: Rc<Vec<String>> = Rc::new(jtis.good().map(|jti| issuer.mint(&jti)).collect());
    for list in lists {
        let mut is_denied = (list.open)();
        let mut refuses = |token: &str| issuer.verify(token).is_none_or(|claims| is_denied(&claims.jti));
        let check = right(list.role, jtis, |jti| refuses(&issuer.mint(jti)));
        let check = check.and_then(|()| {
            let tampered = refuses(&tampered(&tokens[0]));
            if tampered { Ok(()) } else { Err("it accepts a tampered token".into()) }
        });
        let (issuer, tokens) = (Rc::clone(issuer), Rc::clone(&tokens));
        add(&mut group, list, check, move || {
            let mut at = 0;
            Work::calls(move || issuer.verify(next(&tokens, &mut at)).is_none_or(|claims| is_denied(&claims.jti)))
        });
    }
    group
}

fn add(group: &mut Group, list: &List, check: Result<(), String>, work: impl FnOnce() -> Work) {
    group.add(list.role, list.name, check, work).note_where(list.note.clone());
}

/// Whether what is denied is refused, and nothing else. A floor asks no list and refuses nothing.
fn right(role: Role, jtis: Jtis, mut refuses: impl FnMut(&str) -> bool) -> Result<(), String> {
    if let Some(jti) = jtis.good().find(|jti| refuses(jti)) {
        return Err(format!("it refuses {jti}, which is not denied"));
    }
    let accepted = jtis.some_denied().into_iter().find(|jti| !refuses(jti));
    match accepted {
        Some(jti) if role != Role::Floor => Err(format!("it accepts {jti}, which is denied")),
        _ => Ok(()),
    }
}

/// A verification that is remembered.
fn verification_cache(issuer: &Rc<Issuer>, jtis: Jtis) -> Group {
    let name = format!("hybrid/verification-cache/{:?}", issuer.header.alg);
    let title = "A JWT is verified, or its claims are found under its SHA-256 in moka; expiry is checked each time.";
    let mut group = Group::of_calls(name, title);
    let tokens: Rc<Vec<String>> = Rc::new(jtis.good().map(|jti| issuer.mint(&jti)).collect());
    let stale = issuer.sign(&Claims { exp: store::now() - 60, ..claims(&Jtis::id(0)) });

    let verify = {
        let (issuer, tokens, mut at) = (Rc::clone(issuer), Rc::clone(&tokens), 0);
        move || Work::calls(move || issuer.verify(next(&tokens, &mut at)))
    };
    group.add(Role::Part, "verify", remembers(&tokens, &stale, |token| issuer.verify(token).map(Arc::new)), verify);

    let mut remembered = Remembered::new(issuer);
    let check = remembers(&tokens, &stale, |token| remembered.verify(token, 0));
    // Whatever is timed is there already.
    tokens.iter().for_each(|token| drop(remembered.verify(token, 0)));
    remembered.claims.run_pending_tasks();
    let (ring, mut at) = (Rc::clone(&tokens), 0);
    group.add(Role::Subject, "cache-hit", check, move || {
        Work::calls(move || remembered.verify(next(&ring, &mut at), 0))
    });

    let mut remembered = Remembered::new(issuer);
    let mut never = 0;
    let check = remembers(&tokens, &stale, |token| {
        never += 1;
        remembered.verify(token, never)
    });
    let (ring, mut at) = (Rc::clone(&tokens), 0);
    let miss = group.add(Role::Subject, "cache-miss", check, move || {
        Work::calls(move || {
            never += 1;
            remembered.verify(next(&ring, &mut at), never)
        })
    });
    miss.note("the cache is full: each miss verifies, remembers and in time evicts");
    group
}

/// Whether a verification accepts the same token twice, and neither a tampered nor a stale one, nor one that it knows under
/// another signature.
fn remembers(
    tokens: &[String],
    stale: &str,
    mut verify: impl FnMut(&str) -> Option<Arc<Claims>>,
) -> Result<(), String> {
    for token in [&tokens[0], &tokens[0], &tokens[1]] {
        verify(token).ok_or("it refuses a valid token")?;
    }
    for (token, what) in [(tampered(&tokens[0]), "a tampered token"), (stale.to_owned(), "a token that has run out")] {
        if verify(&token).is_some() {
            return Err(format!("it accepts {what}"));
        }
    }
    Ok(())
}

/// Claims that were verified, under the token's hash.
struct Remembered {
    issuer: Rc<Issuer>,
    claims: Cache<(u64, [u8; 32]), Arc<Claims>>,
}

impl Remembered {
    fn new(issuer: &Rc<Issuer>) -> Self {
        Self { issuer: Rc::clone(issuer), claims: Cache::new(4 * TOKENS as u64) }
    }

    /// Verifies a token, if it is not known. What is remembered in one age is unknown in another.
    fn verify(&mut self, token: &str, age: u64) -> Option<Arc<Claims>> {
        let key = (age, sha256(token));
        if let Some(claims) = self.claims.get(&key) {
            return (claims.exp > store::now()).then_some(claims);
        }
        let claims = Arc::new(self.issuer.verify(token)?);
        self.claims.insert(key, Arc::clone(&claims));
        Some(claims)
    }
}

/// A session that is remembered in front of Redis.
fn session_cache(server: &Server, count: usize) -> Result<Group, String> {
    let sessions = Sessions::new(count);
    // Behind the denylist's.
    let client = store::redis::on_unix(server.socket(), 1).map_err(|error| error.to_string())?;
    let entries = sessions.all().map(|(id, session)| (id, session.to_json(), None));
    store::redis::fill(&client, entries).map_err(|error| error.to_string())?;
    let title = format!("One of {count} sessions in Redis on its unix socket, or deserialised in moka in front of it.");
    let mut group = Group::of_calls("hybrid/session-cache", title);
    let ids: Rc<Vec<String>> = Rc::new((0..TOKENS.min(count)).map(|number| sessions.id(number)).collect());
    for (name, reuse) in [("redis-unix", None), ("cache-hit", Some(true)), ("cache-miss", Some(false))] {
        let connection = client.get_connection().map_err(|error| error.to_string())?;
        let cache = Cache::new(4 * TOKENS as u64);
        let mut near = Near { connection, cache, age: 0, reuse };
        let check = sessions.check(|id| Ok(near.session(id).map(|session| (*session).clone())));
        ids.iter().for_each(|id| drop(near.session(id)));
        near.cache.run_pending_tasks();
        let (ids, mut at) = (Rc::clone(&ids), 0);
        group.add(Role::Subject, name, check, move || Work::calls(move || near.session(next(&ids, &mut at))));
    }
    Ok(group)
}

/// Sessions in Redis, and in front of it those that were asked for.
struct Near {
    connection: redis::Connection,
    cache: Cache<(u64, String), Arc<Session>>,
    age: u64,
    /// Whether it remembers, and whether what it remembers is found again.
    reuse: Option<bool>,
}

impl Near {
    fn session(&mut self, id: &str) -> Option<Arc<Session>> {
        let Some(reuse) = self.reuse else { return self.far(id) };
        if !reuse {
            self.age += 1;
        }
        let key = (self.age, id.to_owned());
        if let Some(session) = self.cache.get(&key) {
            return (session.expires > store::now()).then_some(session);
        }
        let session = self.far(id)?;
        self.cache.insert(key, Arc::clone(&session));
        Some(session)
    }

    fn far(&mut self, id: &str) -> Option<Arc<Session>> {
        let json: Option<Vec<u8>> =
            redis::cmd("GET").arg(id).query(&mut self.connection).expect("Redis answers while it is timed");
        Session::live(&json?).expect("Redis keeps what it was given").map(Arc::new)
    }
}

/// A new access token for a refresh token.
fn refresh(count: usize) -> Group {
    let title = format!("A refresh token of {count} in this process is rotated, and an access token is minted.");
    let mut group = Group::of_calls("hybrid/refresh", title);
    let any = Grants::new(1).1.remove(0);
    let floor =
        group.add(Role::Floor, "floor-sha256-and-random", Ok(()), || Work::calls(move || (sha256(&any), random())));
    floor.note("the hash of one refresh token and the octets of the next");

    let (mut grants, mut tokens) = Grants::new(count);
    let check = rotates(&mut grants, &mut tokens);
    group.add(Role::Part, "rotate", check, move || {
        let mut at = 0;
        Work::calls(move || rotate(&mut grants, &mut tokens, &mut at))
    });
    for issuer in [Algorithm::HS256, Algorithm::ES256].map(Issuer::new) {
        let issuer = Rc::new(issuer);
        let minted = mints(&issuer);
        let minting = Rc::clone(&issuer);
        group.add(Role::Part, format!("mint-{:?}", issuer.header.alg), minted.clone(), || {
            Work::calls(move || minting.mint(&random()))
        });
        let (mut grants, mut tokens) = Grants::new(count);
        let check = minted.and_then(|()| rotates(&mut grants, &mut tokens));
        group.add(Role::Subject, format!("refresh-{:?}", issuer.header.alg), check, move || {
            let mut at = 0;
            Work::calls(move || {
                rotate(&mut grants, &mut tokens, &mut at);
                issuer.mint(&random())
            })
        });
    }
    group
}

fn rotate(grants: &mut Grants, tokens: &mut [String], at: &mut usize) {
    let place = *at;
    *at = (place + 1) % tokens.len();
    tokens[place] = grants.rotate(&tokens[place]).expect("a live refresh token is exchanged");
}

/// Whether a refresh token is good once, and its successor after it.
fn rotates(grants: &mut Grants, tokens: &mut [String]) -> Result<(), String> {
    let first = tokens[0].clone();
    let second = grants.rotate(&first).ok_or("it refuses a live refresh token")?;
    if grants.rotate(&first).is_some() {
        return Err("it accepts a refresh token twice".into());
    }
    tokens[0] = grants.rotate(&second).ok_or("it refuses a rotated refresh token")?;
    if grants.rotate(&random()).is_some() {
        return Err("it accepts an unknown refresh token".into());
    }
    Ok(())
}

/// Whether what is minted is accepted, and refused when it was tampered with.
fn mints(issuer: &Issuer) -> Result<(), String> {
    let token = issuer.mint("a");
    let claims = issuer.verify(&token).ok_or("what it mints is refused")?;
    if claims.jti != "a" || issuer.verify(&tampered(&token)).is_some() {
        return Err("what it mints says something else".into());
    }
    Ok(())
}

/// Whom refresh tokens belong to, under their hashes.
struct Grants(Mutex<HashMap<[u8; 32], Grant>>);

#[derive(Debug, Clone, Copy)]
struct Grant {
    user: usize,
    expires: i64,
}

impl Grants {
    /// So many, and their tokens.
    fn new(count: usize) -> (Self, Vec<String>) {
        let tokens: Vec<String> = (0..count).map(|_| random()).collect();
        let grant = |user| Grant { user, expires: store::now() + LIFETIME };
        let grants = tokens.iter().enumerate().map(|(user, token)| (sha256(token), grant(user))).collect();
        (Self(Mutex::new(grants)), tokens)
    }

    /// The next refresh token for one that is good; that one is good no longer.
    fn rotate(&self, token: &str) -> Option<String> {
        let next = random();
        let mut grants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Grant { user, expires } = grants.remove(&sha256(token))?;
        if expires <= store::now() {
            return None;
        }
        grants.insert(sha256(&next), Grant { user, expires: store::now() + LIFETIME });
        Some(next)
    }
}

/// What a token for this id says.
fn claims(jti: &str) -> Claims {
    let now = store::now();
    Claims {
        iss: ISSUER.into(),
        sub: SUBJECT.into(),
        aud: AUDIENCE.into(),
        exp: now + LIFETIME,
        nbf: now,
        iat: now,
        jti: jti.into(),
        scope: "read write".into(),
    }
}

/// Who mints tokens and verifies them, with keys that are read once.
struct Issuer {
    header: Header,
    signs: EncodingKey,
    verifies: DecodingKey,
    validation: Validation,
}

impl Issuer {
    fn new(algorithm: Algorithm) -> Self {
        let (signs, verifies) = match algorithm {
            Algorithm::HS256 => {
                let secret = octets();
                (EncodingKey::from_secret(&secret), DecodingKey::from_secret(&secret))
            }
            Algorithm::ES256 => p256(),
            other => unreachable!("{other:?} is not measured here"),
        };
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.validate_nbf = true;
        validation.leeway = 0;
        Self { header: Header::new(algorithm), signs, verifies, validation }
    }

    fn mint(&self, jti: &str) -> String {
        self.sign(&claims(jti))
    }

    fn sign(&self, claims: &Claims) -> String {
        encode(&self.header, claims, &self.signs).expect("the key fits the algorithm")
    }

    fn verify(&self, token: &str) -> Option<Claims> {
        decode(token, &self.verifies, &self.validation).ok().map(|token| token.claims)
    }
}

fn p256() -> (EncodingKey, DecodingKey) {
    let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(kind, &SystemRandom::new()).expect("a key is drawn");
    let pair = EcdsaKeyPair::from_pkcs8(kind, pkcs8.as_ref()).expect("what was drawn is a key");
    (EncodingKey::from_ec_der(pkcs8.as_ref()), DecodingKey::from_ec_der(pair.public_key().as_ref()))
}

/// The same token with another character in the middle of its signature.
fn tampered(token: &str) -> String {
    let at = token.rfind('.').expect("a token has dots") + 8;
    let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
    [&token[..at], other, &token[at + 1..]].concat()
}

/// The next of a ring.
pub(super) fn next<'a>(ring: &'a [String], at: &mut usize) -> &'a str {
    let place = *at;
    *at = if place + 1 == ring.len() { 0 } else { place + 1 };
    &ring[place]
}

fn octets() -> [u8; 32] {
    let mut octets = [0; 32];
    rand::fill(&mut octets).expect("the system draws");
    octets
}

fn random() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(octets())
}

fn sha256(text: &str) -> [u8; 32] {
    digest(&SHA256, text.as_bytes()).as_ref().try_into().expect("SHA-256 has 32 octets")
}

#[cfg(test)]
mod tests {
    use super::*;

    const JTIS: Jtis = Jtis { denied: 50 };

    fn names(group: &Group) -> Vec<&str> {
        group.rows.iter().map(|row| row.name.as_str()).collect()
    }

    #[test]
    fn every_list_in_process_refuses_what_is_denied_and_has_a_row_beside_the_floor() {
        let lists = lists_in_process(JTIS);
        let issuer = Rc::new(Issuer::new(Algorithm::HS256));
        for group in [denylists(&lists, JTIS), revocation(&issuer, &lists, JTIS)] {
            assert_eq!(group.wrong, [], "{}", group.name);
            assert_eq!(names(&group), ["none", "hash-set", "moka", "bloom", "binary-fuse"]);
            let floors = group.rows.iter().filter(|row| row.role == Role::Floor);
            assert_eq!(floors.map(|row| &*row.name).collect::<Vec<_>>(), ["none"]);
        }
    }

    #[test]
    fn a_list_that_forgets_or_suspects_everybody_is_not_timed() {
        let lists = [List::new("forgets", || |_: &str| false), List::new("suspects-everybody", || |_: &str| true)];
        let issuer = Rc::new(Issuer::new(Algorithm::ES256));
        for group in [denylists(&lists, JTIS), revocation(&issuer, &lists, JTIS)] {
            assert!(group.rows.is_empty());
            let why: Vec<_> = group.wrong.iter().map(|wrong| (&*wrong.name, wrong.why.split(' ').nth(1))).collect();
            assert_eq!(why, [("forgets", Some("accepts")), ("suspects-everybody", Some("refuses"))]);
        }
    }

    #[test]
    fn a_cache_that_is_hit_or_missed_gives_the_same_verdicts() {
        for issuer in [Algorithm::HS256, Algorithm::ES256].map(Issuer::new) {
            let group = verification_cache(&Rc::new(issuer), JTIS);
            assert_eq!(group.wrong, []);
            assert_eq!(names(&group), ["verify", "cache-hit", "cache-miss"]);
        }
    }

    #[test]
    fn what_is_remembered_runs_out() {
        let issuer = Rc::new(Issuer::new(Algorithm::HS256));
        let mut remembered = Remembered::new(&issuer);
        let token = issuer.mint("a");
        assert!(remembered.verify(&token, 0).is_some());
        let stale = Arc::new(Claims { exp: store::now() - 1, ..claims("a") });
        remembered.claims.insert((0, sha256(&token)), stale);
        assert!(remembered.verify(&token, 0).is_none());
    }

    #[test]
    fn a_refresh_token_is_good_once() {
        let group = refresh(20);
        assert_eq!(group.wrong, []);
        let wanted =
            ["floor-sha256-and-random", "rotate", "mint-HS256", "refresh-HS256", "mint-ES256", "refresh-ES256"];
        assert_eq!(names(&group), wanted);
        let (mut grants, mut tokens) = Grants::new(3);
        assert_eq!(rotates(&mut grants, &mut tokens), Ok(()));
        grants.0.get_mut().unwrap().values_mut().for_each(|grant| grant.expires = 0);
        assert_eq!(grants.rotate(&tokens[1]), None);
    }

    #[test]
    fn redis_denies_and_keeps_sessions_too() {
        let server = match server::redis(Purpose::Measured) {
            Ok(server) => server,
            Err(skipped) => return println!("SKIPPED: {}: {}", skipped.name, skipped.why),
        };
        let lists = [list_in_redis(JTIS, &server).unwrap()];
        for group in [denylists(&lists, JTIS), session_cache(&server, 20).unwrap()] {
            assert_eq!(group.wrong, []);
            assert!(names(&group)[0].starts_with("redis-"), "{:?}", names(&group));
        }
    }
}
