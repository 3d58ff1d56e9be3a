//! A service as a target of `assay run`: each token, or each Cookie header, is one request, and who is let in is the verdict.
//! Takes the table, gives the policy that tokens are forged for ([`stage`]) and the [`Driver`] that shows them. With the key that
//! signs (*grey box*) everything is shown; without (*black box*) only what comes out the same whatever key signs, and the rest is
//! skipped for want of a `signing-key`. What an answer does not show is taken to be right, and never counted as wrong.

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use token_assay::attacks::cookies::{ATTACKER, GUARDED, SID, VICTIM};
use token_assay::attacks::fixed::FixedPolicy;
use token_assay::attacks::{self, Make, Workshop};
use token_assay::forge::{Keyring, TestKey, base64url};
use token_assay::reference::cookie::SOUND;
use token_assay::targets::{Asked, Driver, Sent, Unusable};
use token_assay_model::report::TargetInfo;
use token_assay_model::{
    Answer, Capability, Claims, Control, CookieHeader, Expectation, Fault, Feature, Input, Observation, Pair, Policy,
    Reason, Request, Verdict, cookie, deep,
};

use crate::client::{self, Failure};
use crate::dialogue::{Credentials, Dialogue, Said, of_failure};
use crate::issuer::script::{Script, Trial};
use crate::issuer::{Endpoint, Issuers, rows, serve_set};
use crate::service::{Ask, Carrier, Filling, Service, Standing, Token, Wrong};

/// What tokens are forged for, and what may be shown.
pub struct Stage {
    /// The policy.
    pub policy: FixedPolicy,
    /// The key whose private half is the service's; none in a black box.
    pub key: Option<TestKey>,
    depth: Depth,
    deals_in_tokens: bool,
    issuers: Option<Arc<Issuers>>,
    served: Option<Endpoint>,
}

/// What is known of the key that signs.
enum Depth {
    /// All of it.
    Grey,
    /// Its public half, or nothing.
    Black(Box<Unsigned>),
}

/// What can be shown without a key.
struct Unsigned {
    /// Forgeries that no trusted key has signed.
    forged: HashSet<Vec<u8>>,
    /// What is shown in the place of what a key would have to sign: a token of the service's own, and its altered copy.
    instead: HashMap<Vec<u8>, Vec<u8>>,
}

impl Stage {
    /// The issuers that are played for the service.
    pub fn issuers(&self) -> Option<&Arc<Issuers>> {
        self.issuers.as_ref()
    }

    /// How deep one looks, in words.
    pub fn depth(&self) -> &'static str {
        match (&self.depth, self.deals_in_tokens) {
            (_, false) => "cookies",
            (Depth::Grey, true) => "grey box",
            (Depth::Black(_), true) => "black box",
        }
    }
}

/// The stage of a service, with its clock at this time; a black box is asked for a valid token.
///
/// # Errors
///
/// Where the table does not say enough, a key cannot be read, or no valid token can be had.
pub fn stage(dialogue: &Dialogue, now: i64) -> Result<Stage, Wrong> {
    let service = &dialogue.service;
    if service.template(asked_with(service)).is_none() {
        let what = format!("[service] has no request `{}`", asked_with(service));
        return Err(Wrong::of(what, format!("write [service.request.{}]", asked_with(service))));
    }
    let reads_cookies = reads_cookies(service);
    let Some(token) = &service.token else {
        if !reads_cookies {
            let what = "[service] has neither a [service.token] nor a session cookie to try";
            return Err(Wrong::of(
                what,
                "write [service.token], or `cookie` and `name` in [service.answer] and two [[service.user]]",
            ));
        }
        let policy =
            FixedPolicy::with_test_key(token_assay_model::Algorithm::Hs256, "hs256").now(now).reading_cookies();
        return Ok(Stage {
            policy,
            key: None,
            depth: Depth::Grey,
            deals_in_tokens: false,
            issuers: None,
            served: None,
        });
    };
    let policy = |policy: FixedPolicy| {
        let policy = configured(policy, token).now(now);
        let follows_jku = service.issuer.as_ref().is_some_and(|issuer| issuer.jku.is_some());
        let policy = if follows_jku { policy.following_jku() } else { policy };
        if reads_cookies { policy.reading_cookies() } else { policy }
    };
    if let Some(table) = &service.issuer {
        let issuers = Arc::new(Issuers::open(table, token)?);
        let key = issuers.present.clone();
        let named = policy(FixedPolicy::with_key(token.algorithm, key.clone()).kid(key.name));
        let named = if token.issuer.is_empty() { named.issuer(issuers.name.clone()) } else { named };
        named.control().map_err(|why| Wrong::of(why, "mend [service.token]"))?;
        // A test key of Assay's is no secret.
        return Ok(Stage {
            policy: named,
            key: None,
            depth: Depth::Grey,
            deals_in_tokens: true,
            issuers: Some(issuers),
            served: None,
        });
    }
    if let Some(key) = signing_key(token)? {
        let policy = policy(FixedPolicy::with_key(token.algorithm, key.clone()));
        policy.control().map_err(|why| Wrong::of(why, "mend [service.token]"))?;
        let served = token.serve_jwks.as_ref().map(|address| serve_set(address, &key)).transpose()?;
        // A test key of Assay's is no secret.
        let key = served.is_none().then_some(key);
        return Ok(Stage { policy, key, depth: Depth::Grey, deals_in_tokens: true, issuers: None, served });
    }
    let known = token.public_key.as_ref().map(|path| read_key(token, path)).transpose()?;
    let corpus = Keyring::corpus();
    let stand_in = |signer: &TestKey| {
        let signer = signer.renamed(token.kid.as_deref().unwrap_or(CONFIGURED));
        let key = known.as_ref().map_or_else(|| signer.clone(), |known| known.signing_as(&signer));
        policy(FixedPolicy::with_stand_in(token.algorithm, key))
    };
    let (first, second) = (stand_in(corpus.trusted(token.algorithm)), stand_in(corpus.attacker(token.algorithm)));
    let sample = sample(dialogue, token)?;
    let unsigned = Unsigned::of(&first, &second, &sample)?;
    let depth = Depth::Black(Box::new(unsigned));
    Ok(Stage { policy: first, key: None, depth, deals_in_tokens: true, issuers: None, served: None })
}

/// The request that a token is shown with.
fn asked_with(service: &Service) -> Ask {
    let usual = if service.template(Ask::Resource).is_some() { Ask::Resource } else { Ask::WhoAmI };
    service.token.as_ref().map_or(Ask::WhoAmI, |token| token.ask.unwrap_or(usual))
}

fn reads_cookies(service: &Service) -> bool {
    let knows = service.answer.cookie.is_some() && service.answer.name.is_some();
    let knows = knows && service.template(Ask::WhoAmI).is_some();
    knows && service.users.len() > 1 && service.template(Ask::Login).is_some()
}

fn configured(policy: FixedPolicy, token: &Token) -> FixedPolicy {
    let policy = token.issuer.iter().fold(policy, FixedPolicy::issuer);
    let policy = token.audience.iter().fold(policy, FixedPolicy::audience);
    let policy = token.required_claims.iter().fold(policy, FixedPolicy::required_claim);
    let policy = token.subject.iter().fold(policy, FixedPolicy::subject);
    let policy = token.typ.iter().fold(policy, FixedPolicy::typ);
    let policy = token.leeway.iter().fold(policy, |policy, seconds| policy.leeway(*seconds));
    let policy = token.max_age.iter().fold(policy, |policy, seconds| policy.max_age(*seconds));
    token.kid.iter().fold(policy, FixedPolicy::kid)
}

/// The key that signs, where it is known: the service's own, or the test key whose set is to be served for it.
pub(crate) fn signing_key(token: &Token) -> Result<Option<TestKey>, Wrong> {
    let name = token.kid.as_deref().unwrap_or(CONFIGURED);
    if token.serve_jwks.is_some() {
        let key = Keyring::corpus().trusted(token.algorithm).renamed(name);
        if token.algorithm.is_hmac() || token.kid.is_none() {
            let what = "serve-jwks wants a public key, and `kid` to find it by";
            return Err(Wrong::of(what, "give an asymmetric `algorithm`, and `kid`"));
        }
        return Ok(Some(key));
    }
    if let Some(secret) = token.secret()? {
        return Ok(Some(TestKey::from_secret(name, secret.as_bytes())));
    }
    let Some(path) = &token.key else { return Ok(None) };
    let key = read_key(token, path)?;
    if key.octets().is_none() && !key.can_sign() {
        let what = format!("key = \"{}\" has no private half", path.display());
        return Err(Wrong::of(what, "call it `public-key` for a black box"));
    }
    Ok(Some(key))
}

fn read_key(token: &Token, path: &std::path::Path) -> Result<TestKey, Wrong> {
    let name = token.kid.as_deref().unwrap_or(CONFIGURED);
    let wrong = |why: String| Wrong::of(format!("{}: {why}", path.display()), "give a JWK, or PEM");
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    TestKey::from_text(name, &text).map_err(wrong)
}

/// A valid token of the service's own.
fn sample(dialogue: &Dialogue, token: &Token) -> Result<Vec<u8>, Wrong> {
    if let Some(name) = &token.sample_env {
        let sample =
            std::env::var(name).map_err(|_| Wrong::of(format!("${name} is not set"), "it holds a valid token"))?;
        return Ok(sample.trim().as_bytes().to_vec());
    }
    if dialogue.service.template(Ask::Login).is_none() || dialogue.service.users.is_empty() {
        let what = "without a key that signs, a valid token is wanted";
        return Err(Wrong::of(what, "give `sample-env` in [service.token], or a login and a user that get one"));
    }
    let said = dialogue.login(0)?;
    said.reading()
        .octets(dialogue.service.answer.access.as_ref())
        .ok_or_else(|| Wrong::of("the login gave no access token", "say in [service.answer] where `access` stands"))
}

impl Unsigned {
    fn of(first: &FixedPolicy, second: &FixedPolicy, sample: &[u8]) -> Result<Self, Wrong> {
        let wrong = |why: String| Wrong::of(why, "mend [service.token]");
        let [one, other] = [first, second].map(Workshop::fixed);
        let (one, other) = (one.map_err(wrong)?, other.map_err(wrong)?);
        let mut forged = HashSet::new();
        let with_tokens = attacks::classes().filter(|(_, class)| matches!(class.make, Make::Cases { .. }));
        for (family, class) in with_tokens {
            let again: HashMap<_, _> =
                other.cases(family, class).into_iter().map(|case| (case.id.as_str().to_owned(), case.input)).collect();
            let same =
                one.cases(family, class).into_iter().filter(|case| again.get(case.id.as_str()) == Some(&case.input));
            forged.extend(same.filter(|case| case.before.is_empty()).map(|case| case.input.octets().to_vec()));
        }
        let Control { valid, tampered, permuted, .. } = first.control().map_err(wrong)?;
        let altered = altered(sample).ok_or_else(|| {
            Wrong::of("the valid token is no signed JWT", "an opaque token has nothing in it to forge")
        })?;
        let instead = [(valid, sample.to_vec()), (permuted, sample.to_vec()), (tampered, altered)];
        let instead = instead.into_iter().map(|(ours, theirs)| (ours.octets().to_vec(), theirs)).collect();
        Ok(Self { forged, instead })
    }
}

/// Whether a sound reader finds several cookies of this name that let somebody in.
fn names_several(header: &CookieHeader, name: &str) -> bool {
    let pairs = SOUND.read(header).unwrap_or_default();
    pairs.iter().filter(|pair| pair.name() == name.as_bytes() && lets_in(pair)).count() > 1
}

/// Whether a pair's value stands for a login.
fn lets_in(pair: &Pair) -> bool {
    [VICTIM, ATTACKER].iter().any(|value| pair.value() == value.as_bytes())
}

/// The octets that a token signs beside its header.
fn payload(token: &[u8]) -> Option<Vec<u8>> {
    token.split(|octet| *octet == b'.').nth(1).and_then(base64url::decode)
}

/// A token with other claims under its old signature.
fn altered(token: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(token).ok()?;
    let [header, payload, signature]: [&str; 3] = text.split('.').collect::<Vec<_>>().try_into().ok()?;
    let mut claims: Map<String, Value> = serde_json::from_slice(&base64url::decode(payload)?).ok()?;
    claims.insert("admin".to_owned(), true.into());
    let claims = base64url::encode(Value::Object(claims).to_string());
    Some(format!("{header}.{claims}.{signature}").into_bytes())
}

/// Shows requests to a service.
pub struct Live {
    dialogue: Arc<Dialogue>,
    depth: Depth,
    control: Option<Control>,
    supports: Vec<Capability>,
    sessions: Option<Sessions>,
    issuers: Option<Arc<Issuers>>,
    /// The set of a test key, served for as long as the service is tried.
    _served: Option<Endpoint>,
    trials: Arc<Mutex<Vec<Trial>>>,
}

/// The sessions of two users, for the rows about Cookie headers.
struct Sessions {
    name: Vec<u8>,
    victim: Vec<u8>,
    attacker: Vec<u8>,
    host: Option<Vec<u8>>,
}

impl Live {
    /// A driver, and the policy that its cases are forged for.
    pub fn new(dialogue: Arc<Dialogue>, stage: Stage) -> (Self, FixedPolicy) {
        let Stage { policy, depth, deals_in_tokens, issuers, served: _served, .. } = stage;
        let mut supports = Vec::new();
        if deals_in_tokens {
            supports.extend(policy.policy().needs());
            supports.extend([Feature::Exp, Feature::Nbf].map(Capability::from));
            supports.extend(dialogue.client.is_raw().then_some(Capability::from(Feature::Bytes)));
        }
        if reads_cookies(&dialogue.service) {
            supports.extend([Feature::Cookie, Feature::CookieLines].map(Capability::from));
        }
        let control = if deals_in_tokens { policy.control().ok() } else { None };
        (Self { dialogue, depth, control, supports, sessions: None, issuers, _served, trials: Arc::default() }, policy)
    }

    /// What the rows about keys that are fetched have seen, and will have.
    pub fn trials(&self) -> Arc<Mutex<Vec<Trial>>> {
        Arc::clone(&self.trials)
    }

    /// Plays a row with the issuers; nothing where the class is none of theirs.
    fn play(&self, class: &str, control: &Control) -> Result<Vec<Asked>, Unusable> {
        let row = rows::ROWS.iter().find(|row| row.class == class);
        let (Some(row), Some(issuers)) = (row, &self.issuers) else { return Ok(Vec::new()) };
        let show = |token: &str| {
            let started = Instant::now();
            let answer = self.show_token(&Input::Token(token.to_owned()));
            let answer = answer.map_err(|failure| unusable(&of_failure(&failure)))?;
            Ok(Observation { answer, elapsed: started.elapsed() })
        };
        let _patience = row.patience.map(|answer| self.dialogue.client.wait_for(answer));
        let mut script = Script::new(row.class, issuers, control, &show);
        let played = (row.play)(&mut script);
        let (asked, trials) = script.finish();
        self.trials.lock().unwrap_or_else(PoisonError::into_inner).extend(trials);
        played.map(|()| asked)
    }

    /// What is shown in the place of a token; why nothing is.
    fn octets<'o>(&'o self, token: &'o Input) -> Result<&'o [u8], &'static str> {
        let octets = token.octets();
        match &self.depth {
            Depth::Black(unsigned) => match unsigned.instead.get(octets) {
                Some(instead) => Ok(instead),
                None if unsigned.forged.contains(octets) => Ok(octets),
                None => Err("signing-key"),
            },
            Depth::Grey => Ok(octets),
        }
    }

    fn ask(&self) -> Ask {
        asked_with(&self.dialogue.service)
    }

    /// One request, timed.
    fn show(&self, request: Request<'_>) -> Result<Observation, Failure> {
        let started = Instant::now();
        let answer = match request.input {
            Input::Cookie(header) => self.show_cookie(header, request.policy),
            token => self.show_token(token),
        };
        let elapsed = started.elapsed();
        Ok(Observation { answer: answer?, elapsed })
    }

    fn show_token(&self, token: &Input) -> Result<Answer, Failure> {
        let octets = match self.octets(token).and_then(|octets| self.can_carry(octets).map(|()| octets)) {
            Ok(octets) => octets,
            Err(feature) => return Ok(Verdict::unsupported(feature).into()),
        };
        let with = Credentials { access: Some(octets), ..self.home() };
        self.shown(octets, |dialogue| dialogue.request(self.ask(), &Filling::default(), with))
    }

    fn shown(
        &self,
        token: &[u8],
        make: impl FnOnce(&Dialogue) -> Result<client::Request, Wrong>,
    ) -> Result<Answer, Failure> {
        let request = make(&self.dialogue).map_err(|_| Failure::Unsendable("a request that is not in the table"))?;
        let sent = self.dialogue.send(self.ask(), &request);
        answer(sent, &request, |said| match said.standing {
            Standing::Granted => Verdict::accept(self.claims(token, said)),
            _ => Verdict::reject(None, format!("status {}", said.response.status)),
        })
    }

    /// The token's own claims, with what the answer shows of them in their place.
    fn claims(&self, token: &[u8], said: &Said) -> Map<String, Value> {
        let read = payload(token).and_then(|payload| deep::read::<Value>(&payload).ok());
        let mut claims = match read {
            Some(Value::Object(claims)) => claims,
            _ => Map::new(),
        };
        let Some(token) = &self.dialogue.service.token else { return claims };
        for (claim, pointer) in &token.claims {
            if let Some(shown) = said.json.pointer(pointer) {
                claims.insert(claim.clone(), shown.clone());
            }
        }
        if let Some(Value::Object(shown)) = token.all_claims.as_ref().and_then(|pointer| said.json.pointer(pointer)) {
            claims.clone_from(shown);
        }
        claims
    }

    /// Whether a token gets to the service as it is.
    fn can_carry(&self, token: &[u8]) -> Result<(), &'static str> {
        let is_blank = |octet: Option<&u8>| octet.is_some_and(|octet| matches!(octet, b' ' | b'\t'));
        let is_control = |octet: &u8| octet.is_ascii_control() && *octet != b'\t';
        let is_in_cookies = |octet: &u8| octet.is_ascii_graphic() && !b"\",;\\%".contains(octet);
        if token.iter().any(|octet| matches!(octet, b'\r' | b'\n' | b'\0')) {
            return Err("line-ends-in-a-field");
        }
        if is_blank(token.first()) || is_blank(token.last()) {
            return Err("blanks-around-a-field");
        }
        if !self.dialogue.client.is_raw() && token.iter().any(is_control) {
            return Err("control-octets-in-a-field");
        }
        match self.dialogue.carrier() {
            Carrier::Cookie(_) if !token.iter().all(is_in_cookies) => Err("octets-of-a-cookie"),
            _ => Ok(()),
        }
    }

    fn show_cookie(&self, header: &CookieHeader, policy: &Policy) -> Result<Answer, Failure> {
        let name = policy.cookie.as_ref().map_or(SID, |cookie| cookie.name.as_str());
        let Some(sessions) = &self.sessions else { return Ok(Verdict::unsupported("sessions").into()) };
        if ![SID, GUARDED].contains(&name) {
            return Ok(Verdict::unsupported("another-cookie").into());
        }
        let is_guarded = name == GUARDED;
        if is_guarded && !sessions.name.starts_with(b"__Host-") {
            return Ok(Verdict::unsupported("guarded-cookie").into());
        }
        let lines: Vec<Vec<u8>> = header.each().map(|line| sessions.put_into(line, is_guarded)).collect();
        if lines.iter().any(|line| line.contains(&b'\n')) {
            return Ok(Verdict::unsupported("line-ends-in-a-field").into());
        }
        if !self.dialogue.client.is_raw()
            && lines.iter().flatten().any(|octet| octet.is_ascii_control() && *octet != b'\t')
        {
            return Ok(Verdict::unsupported("control-octets-in-a-field").into());
        }
        let with = Credentials { host: sessions.host.as_deref(), ..Credentials::default() };
        let request = self.dialogue.request(Ask::WhoAmI, &Filling::default(), with);
        let mut request = request.map_err(|_| Failure::Unsendable("a request that is not in the table"))?;
        request.fields.extend(lines.into_iter().map(|line| (b"Cookie".to_vec(), line)));
        let sent = self.dialogue.send(Ask::WhoAmI, &request);
        answer(sent, &request, |said| {
            let status = said.response.status;
            // Who finds nobody behind two sessions that are live has refused the header, as one may (RFC 6265 §4.2.2).
            if said.standing == Standing::Denied && (matches!(status, 400 | 431) || names_several(header, name)) {
                return Verdict::reject(Reason::Malformed, format!("status {status}"));
            }
            Verdict::Accept { claims: cookie::claims(&self.read(header, name, said)), header: None }
        })
    }

    /// What the service read, as far as its answer shows it: as whom it answered. Of the rest a sound reading is assumed.
    fn read(&self, header: &CookieHeader, name: &str, said: &Said) -> Vec<Pair> {
        let mut pairs = SOUND.read(header).unwrap_or_default();
        let whom = said.reading().octets(self.dialogue.service.answer.name.as_ref());
        let is = |user: usize| {
            let user = self.dialogue.service.users.get(user);
            said.standing == Standing::Granted && whom.as_deref() == user.map(|user| user.shown().as_bytes())
        };
        let of_session = |pair: &Pair| pair.name() == name.as_bytes();
        if is(0) || is(1) {
            pairs.retain(|pair| !of_session(pair));
            pairs.push(Pair::new(name, if is(0) { VICTIM } else { ATTACKER }));
        } else {
            pairs.retain(|pair| !(of_session(pair) && lets_in(pair)));
        }
        pairs
    }

    /// The credentials of a request without any: the first user's host.
    fn home(&self) -> Credentials<'_> {
        let host = self.dialogue.service.users.first().and_then(|user| user.host.as_ref());
        Credentials { host: host.map(String::as_bytes), ..Credentials::default() }
    }

    fn log_in(&self) -> Result<Sessions, Wrong> {
        let session = |user| {
            let said = self.dialogue.login(user)?;
            let session = self.dialogue.session(&said);
            session.ok_or_else(|| {
                Wrong::of("the login set no session cookie", "is `cookie` in [service.answer] its name?").by_service()
            })
        };
        let ((name, victim), (_, attacker)) = (session(0)?, session(1)?);
        Ok(Sessions { name, victim, attacker, host: self.home().host.map(<[u8]>::to_vec) })
    }
}

impl Sessions {
    /// A row's octets with the names and values of this service.
    fn put_into(&self, line: &[u8], is_guarded: bool) -> Vec<u8> {
        let named = if is_guarded {
            replaced(line, GUARDED.as_bytes(), &self.name)
        } else {
            // What the row calls `__Host-sid` stays what it is.
            let parts = split(line, GUARDED.as_bytes());
            let parts: Vec<Vec<u8>> =
                parts.into_iter().map(|part| replaced(part, SID.as_bytes(), &self.name)).collect();
            parts.join(GUARDED.as_bytes())
        };
        let with_victim = replaced(&named, VICTIM.as_bytes(), &self.victim);
        replaced(&with_victim, ATTACKER.as_bytes(), &self.attacker)
    }
}

fn split<'o>(octets: &'o [u8], at: &[u8]) -> Vec<&'o [u8]> {
    let mut parts = Vec::new();
    let mut rest = octets;
    while let Some(found) = rest.windows(at.len()).position(|window| window == at) {
        parts.push(&rest[..found]);
        rest = &rest[found + at.len()..];
    }
    parts.push(rest);
    parts
}

fn replaced(octets: &[u8], what: &[u8], by: &[u8]) -> Vec<u8> {
    split(octets, what).join(by)
}

/// What an answer is, or that it is none: what says something about this request is a fault of the service, what says
/// something about all is a failure.
fn answer(
    sent: Result<Said, Failure>,
    request: &client::Request,
    judge: impl FnOnce(&Said) -> Verdict,
) -> Result<Answer, Failure> {
    let said = match sent {
        Ok(said) => said,
        Err(failure) if failure.is_general() => return Err(failure),
        // Many servers close the connection where a head is longer than they read, or holds what no field may.
        Err(Failure::Closed { .. }) if request.head_length() > LONG_HEAD => {
            return Ok(Verdict::unsupported("heads-of-this-length").into());
        }
        Err(failure @ Failure::Closed { .. }) if request.has_controls() => {
            return Ok(Verdict::reject(Reason::Malformed, failure.to_string()).into());
        }
        Err(Failure::Unsendable(_)) => return Ok(Verdict::unsupported("octets-in-http-2").into()),
        Err(failure) => return Ok(fault(&failure).into()),
    };
    let status = said.response.status;
    Ok(match said.standing {
        Standing::Granted | Standing::Denied => judge(&said).into(),
        Standing::TooLong => Verdict::unsupported("heads-of-this-length").into(),
        Standing::Unavailable | Standing::Broken => Fault::Panic(format!("status {status}")).into(),
        Standing::Moved | Standing::Unknown => {
            Fault::Garbage(format!("status {status}, which [service] lists neither under granted nor under denied"))
                .into()
        }
    })
}

fn fault(failure: &Failure) -> Fault {
    match failure {
        Failure::Slow(_) => Fault::Hang(failure.to_string()),
        Failure::Closed { .. } => Fault::Crash(failure.to_string()),
        _ => Fault::Garbage(failure.to_string()),
    }
}

/// Why a target is given up, as one message: what, and what to do.
fn unusable(wrong: &Wrong) -> Unusable {
    Unusable(format!("{}; {}", wrong.what, wrong.hint))
}

impl Driver for Live {
    fn start(&mut self) -> Result<TargetInfo, Unusable> {
        if let Some(control) = &self.control {
            let answer = self.show_token(&control.valid).map_err(|failure| unusable(&of_failure(&failure)))?;
            if let Answer::Fault(fault) = &answer {
                let what = format!("the valid token was not answered: {}", fault.detail());
                return Err(Unusable(format!("{what}; is [service] right, and the service well?")));
            }
        }
        if self.supports.contains(&Feature::Cookie.into()) {
            self.sessions = Some(self.log_in().map_err(|wrong| unusable(&wrong))?);
        }
        Ok(TargetInfo {
            name: self.dialogue.service.name.clone(),
            version: String::new(),
            language: "http".to_owned(),
            homepage: None,
            issues: None,
            supports: self.supports.clone(),
        })
    }

    fn observe(
        &mut self,
        requests: &[Request<'_>],
        seen: &mut dyn FnMut(usize, Observation) -> ControlFlow<()>,
    ) -> Result<(), Unusable> {
        let blocks: Vec<(usize, &[Request<'_>])> =
            requests.chunks(BLOCK).enumerate().map(|(nth, block)| (nth * BLOCK, block)).collect();
        let threads = self.dialogue.client.limits().concurrency.min(blocks.len());
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let this = &*self;
        std::thread::scope(|scope| {
            // As much as is under way may wait to be heard, and no more.
            let (say, heard) = mpsc::sync_channel(threads.max(1) * BLOCK);
            for _ in 0..threads {
                let (say, next, stop, blocks) = (say.clone(), &next, &stop, &blocks);
                scope.spawn(move || {
                    while let Some((first, block)) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) {
                        for (at, request) in block.iter().enumerate() {
                            if stop.load(Ordering::Relaxed) || say.send((first + at, this.show(*request))).is_err() {
                                return;
                            }
                        }
                    }
                });
            }
            drop(say);
            let outcome = in_order(&heard, seen);
            stop.store(true, Ordering::Relaxed);
            drop(heard);
            outcome
        })
    }

    fn observe_at_once(&self, requests: [Request<'_>; 2]) -> Option<[Vec<Observation>; 2]> {
        let limits = self.dialogue.client.limits();
        if limits.concurrency < 2 || limits.rate > 0 {
            return None;
        }
        let started = Instant::now();
        let in_turn = || {
            let in_time = (0..TURNS).take_while(|_| started.elapsed() < LONG_ENOUGH);
            let turns = in_time.map_while(|_| Some([self.show(requests[0]).ok()?, self.show(requests[1]).ok()?]));
            turns.collect::<Vec<[Observation; 2]>>()
        };
        let seen: Vec<[Observation; 2]> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..limits.concurrency.min(4)).map(|_| scope.spawn(in_turn)).collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
        });
        Some(seen.into_iter().map(|[first, second]| (first, second)).unzip()).map(|(first, second)| [first, second])
    }

    fn ask_otherwise(&mut self, class: &str, control: &Control) -> Result<Vec<Asked>, Unusable> {
        let mut asked = self.play(class, control)?;
        let ways = self.ways(class, control);
        for Way { variant, token, expectation, request } in ways {
            let started = Instant::now();
            let answer = self.shown(&token, |_| Ok(request)).map_err(|failure| unusable(&of_failure(&failure)))?;
            let observation = Observation { answer, elapsed: started.elapsed() };
            asked.push(Asked::Sent(Box::new(Sent {
                variant: variant.to_owned(),
                input: Input::from_octets(token),
                expectation,
                observation,
                before: Vec::new(),
                judged: None,
            })));
        }
        Ok(asked)
    }
}

/// A way in which only a service can be asked.
struct Way {
    variant: &'static str,
    token: Vec<u8>,
    expectation: Option<Expectation>,
    request: client::Request,
}

impl Live {
    /// The ways of a class of `transport`.
    fn ways(&self, class: &str, control: &Control) -> Vec<Way> {
        let tokens = (self.octets(&control.valid), self.octets(&control.tampered));
        let (Ok(valid), Ok(tampered)) = tokens else { return Vec::new() };
        if *self.dialogue.carrier() != Carrier::Bearer || control.policy.cookie.is_some() {
            return Vec::new();
        }
        let Ok(plain) = self.dialogue.request(self.ask(), &Filling::default(), self.home()) else { return Vec::new() };
        let under =
            |scheme: &str, token: &[u8]| plain.clone().with("Authorization", [scheme.as_bytes(), token].concat());
        let way = |variant, request| Way { variant, token: valid.to_vec(), expectation: None, request };
        // In a black box the valid token is the service's own, with claims of its own.
        let claims = payload(valid).and_then(|payload| Claims::parse(&payload)).unwrap_or_default();
        let accepts = || Some(Expectation::Accept { claims: claims.clone() });
        let in_query = |token: &[u8]| {
            let separator = if plain.path.contains('?') { '&' } else { '?' };
            let token = String::from_utf8_lossy(token);
            client::Request { path: format!("{}{separator}access_token={token}", plain.path), ..plain.clone() }
        };
        match class {
            "tr-scheme-case" => [("lower", "bearer "), ("upper", "BEARER "), ("mixed", "bEaReR ")]
                .map(|(variant, scheme)| Way { expectation: accepts(), ..way(variant, under(scheme, valid)) })
                .into(),
            "tr-scheme-missing" => [("none", ""), ("token", "Token "), ("jwt", "JWT ")]
                .map(|(variant, scheme)| way(variant, under(scheme, valid)))
                .into(),
            "tr-duplicate-authorization" => vec![
                way("valid-first", under("Bearer ", valid).with("Authorization", [b"Bearer ", tampered].concat())),
                way("valid-last", under("Bearer ", tampered).with("Authorization", [b"Bearer ", valid].concat())),
            ],
            "tr-query-token" => vec![way("alone", in_query(valid))],
            "tr-token-in-two-places" if self.takes_query(&in_query(valid), valid) => {
                let beside =
                    |head: &[u8], query: &[u8]| in_query(query).with("Authorization", [b"Bearer ", head].concat());
                vec![way("valid-in-head", beside(valid, tampered)), way("valid-in-query", beside(tampered, valid))]
            }
            _ => Vec::new(),
        }
    }

    /// Whether a token in the query counts: else there is no second place.
    fn takes_query(&self, request: &client::Request, token: &[u8]) -> bool {
        let answer = self.shown(token, |_| Ok(request.clone()));
        matches!(answer, Ok(Answer::Verdict(Verdict::Accept { .. })))
    }
}

/// Hands observations on in the order of their requests. A service that fails several times in a row is given up.
fn in_order(
    heard: &mpsc::Receiver<(usize, Result<Observation, Failure>)>,
    seen: &mut dyn FnMut(usize, Observation) -> ControlFlow<()>,
) -> Result<(), Unusable> {
    let mut early: HashMap<usize, Result<Observation, Failure>> = HashMap::new();
    let (mut next, mut in_a_row) = (0, 0);
    for (index, shown) in heard {
        early.insert(index, shown);
        while let Some(shown) = early.remove(&next) {
            let observation = shown.map_err(|failure| unusable(&of_failure(&failure)))?;
            match &observation.answer {
                Answer::Fault(Fault::Panic(_)) | Answer::Verdict(_) => in_a_row = 0,
                Answer::Fault(_) => in_a_row += 1,
            }
            let last = observation.answer.to_string();
            if seen(next, observation).is_break() {
                return Ok(());
            }
            if in_a_row >= GIVE_UP {
                let what = format!("{GIVE_UP} requests in a row had no answer, the last with: {last}");
                return Err(Unusable(format!("{what}; is the service well?")));
            }
            next += 1;
        }
    }
    Ok(())
}

/// So many requests are one thread's, one after the other: what a case is shown after mostly comes before it.
const BLOCK: usize = 16;

/// So many requests in a row without an answer are the service's end.
const GIVE_UP: usize = 8;

/// Servers read heads of 8 KiB, all of them.
const LONG_HEAD: usize = 8 << 10;

/// What a key of the service's is called that has no name.
const CONFIGURED: &str = "configured";

/// How often each thread shows both, and for how long.
const TURNS: usize = 25;
const LONG_ENOUGH: Duration = Duration::from_millis(500);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rows_names_and_values_become_the_services() {
        let sessions =
            Sessions { name: b"connect.id".to_vec(), victim: b"V".to_vec(), attacker: b"A".to_vec(), host: None };
        let line = format!("sid={VICTIM}; x=1,__Host-sid={ATTACKER}; sid=\"{ATTACKER}\"");
        let put = String::from_utf8(sessions.put_into(line.as_bytes(), false)).unwrap();
        assert_eq!(put, "connect.id=V; x=1,__Host-sid=A; connect.id=\"A\"");
        let sessions = Sessions { name: b"__Host-id".to_vec(), ..sessions };
        let put = sessions.put_into(format!("{GUARDED}={VICTIM}").as_bytes(), true);
        assert_eq!(put, b"__Host-id=V");
    }

    #[test]
    fn an_altered_token_has_its_old_signature() {
        let token = format!("h.{}.s", base64url::encode(r#"{"sub":"a"}"#));
        let altered = String::from_utf8(altered(token.as_bytes()).unwrap()).unwrap();
        assert!(altered.starts_with("h.") && altered.ends_with(".s") && altered != token);
        assert!(super::altered(b"opaque").is_none());
    }

    #[test]
    fn without_a_key_only_what_nobody_signs_is_shown() {
        let corpus = Keyring::corpus();
        let algorithm = token_assay_model::Algorithm::Hs256;
        let stand_in = |key| FixedPolicy::with_stand_in(algorithm, key).now(token_assay::forge::NOW);
        let (one, other) = (corpus.trusted(algorithm).renamed("k"), corpus.attacker(algorithm).renamed("k"));
        let sample = format!("h.{}.s", base64url::encode("{}"));
        let unsigned = Unsigned::of(&stand_in(one.clone()), &stand_in(other), sample.as_bytes()).unwrap();
        assert!(unsigned.forged.len() > 20, "{}", unsigned.forged.len());
        let control = stand_in(one).control().unwrap();
        assert!(!unsigned.forged.contains(control.valid.octets()));
        assert_eq!(unsigned.instead[control.valid.octets()], sample.as_bytes());
    }
}
