//! The catalogue of attacks on JWTs, made executable: one file a family, a row a case class, in a table at the end of the
//! file.
//!
//! Takes a forge, gives [`Case`]s. A class bends a valid token in one respect and signs it genuinely; what the standard says
//! is written by hand in its row, and a test holds it against the reference verifier. Never shows a token to anything.
//!
//! ```
//! use token_assay::attacks;
//! use token_assay::forge::{Forge, NOW};
//! use token_assay::model::Expectation;
//!
//! let expired = attacks::suite(&Forge::new(NOW), |class| class == "time/exp-past");
//! assert!(!expired.is_empty());
//! assert!(expired.iter().all(|case| matches!(case.expectation, Expectation::Reject { .. })));
//! ```

pub mod cookies;
pub mod encrypted;
pub mod fixed;
pub mod scene;

mod alg_confusion;
mod alg_mismatch;
mod alg_none;
mod alg_type;
mod base64url;
mod claims;
mod control;
mod cookie_header;
mod crit;
mod dos;
mod ecdsa;
mod eddsa;
mod hmac;
mod json;
pub(crate) mod jwe;
mod jwks;
mod key_injection;
mod kid;
mod metamorphic;
pub(crate) mod protected_cookie;
mod rsa;
mod serialization;
mod session_store;
mod set_cookie;
mod signature;
mod structure;
mod time;
mod token_lifecycle;
mod transport;
mod typ_cty;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

use token_assay_model::expect::Cookies;
use token_assay_model::report::ClassInfo;
use token_assay_model::{
    Capability, Case, CaseId, Claims, Control, Earlier, Expectation, Input, Level, Policy, Profile, Reason, Reference,
    Severity,
};

use crate::audit::Rule;
use crate::forge::{Forge, Jws};
use crate::sessions::faults::Fault;
use crate::sessions::invariants::Invariant;
use crate::strawman::{self, Misdecrypter, Strawman, Wrong};
use fixed::{FixedPolicy, Stage};
use scene::{Scene, Setting};

/// Every family, in the order of the suite.
pub const FAMILIES: &[Family] = &[
    control::FAMILY,
    alg_none::FAMILY,
    alg_confusion::FAMILY,
    alg_mismatch::FAMILY,
    alg_type::FAMILY,
    hmac::FAMILY,
    ecdsa::FAMILY,
    eddsa::FAMILY,
    rsa::FAMILY,
    signature::FAMILY,
    key_injection::FAMILY,
    kid::FAMILY,
    jwks::FAMILY,
    time::FAMILY,
    claims::FAMILY,
    structure::FAMILY,
    base64url::FAMILY,
    json::FAMILY,
    crit::FAMILY,
    typ_cty::FAMILY,
    serialization::FAMILY,
    jwe::FAMILY,
    metamorphic::FAMILY,
    transport::FAMILY,
    dos::FAMILY,
    cookie_header::FAMILY,
    set_cookie::FAMILY,
    protected_cookie::FAMILY,
    session_store::FAMILY,
    token_lifecycle::FAMILY,
];

/// Classes that have a subject in common.
#[derive(Debug)]
pub struct Family {
    /// The first part of case ids.
    pub id: &'static str,
    /// What it is about, as a noun phrase.
    pub title: &'static str,
    /// Its rows.
    pub classes: &'static [Class],
}

/// A row of the catalogue.
#[derive(Debug)]
pub struct Class {
    /// The second part of case ids; the catalogue's id.
    pub id: &'static str,
    /// The finding in one sentence, without the verifier: "A forged token with … was accepted."
    pub title: &'static str,
    /// How the token is made.
    pub construction: &'static str,
    /// What the standard says, unless a variant says otherwise.
    pub says: Says,
    /// How bad a deviation is under a pinned policy.
    pub severity: Severity,
    /// Clauses and advisories.
    pub references: &'static [&'static str],
    /// The weakness.
    pub cwe: Option<u32>,
    /// Where its cases come from.
    pub make: Make,
}

/// What the standard says of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// Refusing is an absolute requirement, or accepting a demonstrated vulnerability.
    MustReject(Reason),
    /// Refusing is recommended.
    ShouldReject(Reason),
    /// Accepting is required, and the claims are returned as signed.
    MustAccept,
    /// Accepting is what the verifier's own configuration promises; the standard recommends or allows it.
    ShouldAccept,
    /// Refuse, or read the last of two members of one name.
    RejectOrLast,
    /// Any verdict, in so many milliseconds.
    Bounded(u64),
    /// The standard leaves the choice, for this reason.
    Either(&'static str),
    /// Of the cookies that are read something holds, which each case says: so firmly.
    Read(Level),
    /// No token: what a server should not send, this firmly.
    Audited(Level),
    /// No token: what a service that logs users in keeps to, this firmly.
    Kept(Level),
}

impl Says {
    /// How firmly.
    pub const fn level(self) -> Level {
        match self {
            Self::MustReject(_) | Self::MustAccept | Self::RejectOrLast | Self::Bounded(_) => Level::Must,
            Self::ShouldReject(_) | Self::ShouldAccept => Level::Should,
            Self::Either(_) => Level::May,
            Self::Read(level) => level,
            Self::Audited(level) | Self::Kept(level) => level,
        }
    }

    fn expectation(self, payload: Option<&[u8]>) -> Expectation {
        let claims = || payload.and_then(Claims::parse).unwrap_or_default();
        match self {
            Self::MustReject(reason) | Self::ShouldReject(reason) => Expectation::Reject { reason },
            Self::MustAccept | Self::ShouldAccept => Expectation::Accept { claims: claims() },
            Self::RejectOrLast => Expectation::RejectOrLast { claims: claims() },
            Self::Bounded(milliseconds) => Expectation::Bounded { milliseconds },
            Self::Either(because) => Expectation::Either { because: because.to_owned() },
            Self::Read(_) => Expectation::Cookies(Cookies::default()),
            Self::Audited(_) => Expectation::Either { because: "an audit judges it, not a verdict".to_owned() },
            Self::Kept(_) => Expectation::Either { because: "a model judges it, not a verdict".to_owned() },
        }
    }
}

/// Where a class's cases come from.
#[derive(Debug)]
pub enum Make {
    /// Built here.
    Cases {
        /// On which settings.
        on: fn(Setting) -> bool,
        /// By which function, once a setting.
        build: fn(&Scene<'_>, &mut Cases<'_>),
        /// The verifier that falls for them.
        strawman: &'static Strawman,
    },
    /// Cookies, built here.
    Cookies {
        /// By which function.
        build: fn(&mut cookies::CookieCases<'_>),
        /// The reader that falls for them.
        strawman: &'static dyn Wrong,
    },
    /// Encrypted tokens, built here.
    Encrypted {
        /// By which function.
        build: fn(&mut encrypted::EncryptedCases<'_>),
        /// The verifier that falls for them.
        strawman: &'static Misdecrypter,
    },
    /// Nothing is shown to a target: a rule judges what a server sends.
    Audit {
        /// Which, with an exchange that breaks it and one that does not.
        rule: &'static Rule,
    },
    /// Nothing is shown to a target: the model of sessions judges what a service answers.
    Model {
        /// What is held to.
        invariant: Invariant,
        /// What breaks it in this way.
        fault: Fault,
    },
    /// Nothing is shown to a target on its account: the harness holds it otherwise.
    Held {
        /// By what: a test, an oracle, classes of another family.
        by: &'static str,
    },
    /// No token alone: a service over HTTP is asked in this way, and its answer judged.
    Live {
        /// By which verb.
        by: &'static str,
    },
    /// Not expressible against a library target yet.
    Waits {
        /// What it waits for.
        area: Area,
        /// Why.
        because: &'static str,
    },
}

/// What a class can wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// A service over HTTP that verifies, logs users in or out, or remembers.
    LiveService,
    /// Keys fetched from an endpoint.
    KeyEndpoint,
    /// A verifier that validates chains of certificates.
    TrustAnchors,
    /// A verifier with state: replay memory, caches.
    StatefulVerifier,
    /// Verifying OpenID Connect ID tokens with the request they answer.
    OpenIdConnect,
    /// Encrypted tokens.
    Jwe,
    /// A library in another language, whose input can be something else than text.
    OtherLanguage,
    /// The jar of a client: what it keeps, and what it sends.
    ClientJar,
    /// What writes Set-Cookie lines, given names, values and attributes.
    CookieSerializer,
    /// Other calls of a library than verifying: signing, reading without verifying.
    OtherCalls,
}

impl Area {
    /// In words.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LiveService => "live services",
            Self::KeyEndpoint => "key endpoints",
            Self::TrustAnchors => "verifiers with trust anchors",
            Self::StatefulVerifier => "stateful verifiers",
            Self::OpenIdConnect => "OpenID Connect relying parties",
            Self::Jwe => "encrypted tokens",
            Self::OtherLanguage => "targets in other languages",
            Self::ClientJar => "cookie jars of clients",
            Self::CookieSerializer => "serialisers of cookies",
            Self::OtherCalls => "other calls than verifying",
        }
    }
}

impl Class {
    /// What reports say of it.
    pub fn info(&self, family: &Family) -> ClassInfo {
        ClassInfo {
            id: format!("{}/{}", family.id, self.id),
            title: self.title.to_owned(),
            construction: self.construction.to_owned(),
            level: self.says.level(),
            severity: self.severity,
            references: self.references.iter().map(|text| Reference((*text).to_owned())).collect(),
            cwe: self.cwe,
            mend: match (self.strawman(), &self.make) {
                (Some(strawman), _) => strawman.mend().to_owned(),
                (None, Make::Audit { rule }) => rule.mend.to_owned(),
                (None, Make::Model { invariant, .. }) => invariant.row().mend.to_owned(),
                (None, _) => String::new(),
            },
        }
    }

    /// The verifier that falls for it; none where it waits.
    pub fn strawman(&self) -> Option<&'static dyn Wrong> {
        match self.make {
            Make::Cases { strawman, .. } => Some(strawman),
            Make::Cookies { strawman, .. } => Some(strawman),
            Make::Encrypted { strawman, .. } => Some(strawman),
            Make::Audit { .. } | Make::Model { .. } | Make::Held { .. } | Make::Live { .. } | Make::Waits { .. } => {
                None
            }
        }
    }

    /// Its cases on these scenes.
    fn cases<'s, 'f: 's>(
        &'static self,
        family: &'static Family,
        scenes: impl Iterator<Item = &'s Scene<'f>>,
        workshop: &Workshop<'_>,
    ) -> Vec<Case> {
        let Make::Cases { build, .. } = self.make else { return Vec::new() };
        let Workshop { interned, is_brief, .. } = workshop;
        let mut cases = Cases { family, class: self, interned, is_brief: *is_brief, drafts: Vec::new() };
        for scene in scenes {
            build(scene, &mut cases);
        }
        cases.finish()
    }

    /// Whether it plays on this setting.
    fn plays(&self, at: Setting) -> bool {
        matches!(self.make, Make::Cases { on, .. } if on(at))
    }
}

/// Classes some of whose cases name the endpoint, `family/class`.
pub const AT_ENDPOINT: &[&str] = &[
    "key-injection/jku-attacker-host",
    "key-injection/jku-any-fetch",
    "key-injection/jku-non-string",
    "key-injection/x5u-attacker-host",
    "kid/kid-url",
];

/// Whether a case that one of these prefixes selects, or any where there is none, may name the endpoint.
pub fn names_endpoint(selection: &[String]) -> bool {
    let selects = |prefix: &String, class: &str| {
        let bare = class.split_once('/').map_or(class, |(_, bare)| bare);
        let in_class = [class, bare].iter().any(|name| prefix.starts_with(&format!("{name}/")));
        in_class || CaseId::new_class(class).starts_with(prefix)
    };
    selection.is_empty() || AT_ENDPOINT.iter().any(|class| selection.iter().any(|prefix| selects(prefix, class)))
}

/// Whether a case of this name may name the endpoint: one of those classes, or a finding that was kept.
pub(crate) fn may_name_endpoint(id: &CaseId) -> bool {
    let in_class = |class: &&str| id.as_str().strip_prefix(*class).is_some_and(|rest| rest.starts_with('/'));
    AT_ENDPOINT.iter().any(in_class) || !FAMILIES.iter().any(|family| family.id == id.family())
}

/// Every class with its family.
///
/// ```
/// use token_assay::attacks;
///
/// let (family, class) = attacks::classes().find(|(_, class)| class.id == "none-empty-sig").expect("there is one");
/// let info = class.info(family);
/// assert_eq!(info.id.to_string(), "alg-none/none-empty-sig");
/// assert!(info.references.iter().any(|reference| reference.to_string() == "RFC 8725 §3.2"));
/// ```
pub fn classes() -> impl Iterator<Item = (&'static Family, &'static Class)> {
    FAMILIES.iter().flat_map(|family| family.classes.iter().map(move |class| (family, class)))
}

/// Every strawman, once: those that classes name, the shared ones, and those made after advisories.
pub fn strawmen() -> impl Iterator<Item = &'static Strawman> {
    let mut seen = HashSet::new();
    let of_classes = classes().filter_map(|(_, class)| match class.make {
        Make::Cases { strawman, .. } => Some(strawman),
        Make::Cookies { .. }
        | Make::Encrypted { .. }
        | Make::Audit { .. }
        | Make::Model { .. }
        | Make::Held { .. }
        | Make::Live { .. }
        | Make::Waits { .. } => None,
    });
    of_classes
        .chain(strawman::SHARED)
        .chain(strawman::cves::FROM_ADVISORIES)
        .filter(move |strawman| seen.insert(strawman.name))
}

/// Every verifier that is wrong on purpose, of tokens and of cookies, once.
pub fn wrong() -> impl Iterator<Item = &'static dyn Wrong> {
    let mut seen = HashSet::new();
    let others = classes().filter_map(|(_, class)| match class.make {
        Make::Cookies { strawman, .. } => Some(strawman),
        Make::Encrypted { strawman, .. } => Some(strawman as &dyn Wrong),
        _ => None,
    });
    strawmen().map(|strawman| strawman as &dyn Wrong).chain(others).filter(move |wrong| seen.insert(wrong.name()))
}

/// Every case of the classes whose id (`family/class`) is wanted.
pub fn suite(forge: &Forge, mut wanted: impl FnMut(&str) -> bool) -> Vec<Case> {
    let workshop = Workshop::new(forge);
    classes()
        .filter(|(family, class)| wanted(&format!("{}/{}", family.id, class.id)))
        .flat_map(|(family, class)| workshop.cases(family, class))
        .collect()
}

/// The cases of a class of cookies or of encrypted tokens, dated from this time; none of another class.
pub fn rows_of(family: &'static Family, class: &'static Class, now: i64) -> Vec<Case> {
    match class.make {
        Make::Encrypted { .. } => encrypted::cases(family, class, &Forge::new(now), &Mutex::default()),
        _ => cookies::cases(family, class, now, &mut Interned::default()),
    }
}

/// Forges cases class by class, with the same scenes, policies and controls for all of them.
pub struct Workshop<'f> {
    scenes: Scenes<'f>,
    is_brief: bool,
    interned: Mutex<Interned>,
}

/// On what a workshop forges.
enum Scenes<'f> {
    /// Every setting of the catalogue, and what forges on them.
    All(&'f Forge, Vec<Scene<'f>>),
    /// The one configuration that there is.
    Fixed(Box<Stage<'f>>),
}

impl<'f> Workshop<'f> {
    /// A workshop with all scenes.
    pub fn new(forge: &'f Forge) -> Self {
        let scenes = scene::settings().map(|setting| Scene::new(forge, setting)).collect();
        Self { scenes: Scenes::All(forge, scenes), is_brief: false, interned: Mutex::default() }
    }

    /// The same for who needs a token of each kind and weighs none: without the longer ones of a series, and without the plain
    /// tokens beside what is bounded.
    #[must_use]
    pub fn brief(self) -> Self {
        Self { is_brief: true, ..self }
    }

    /// A workshop for a fixed policy, dated from its clock at this moment.
    ///
    /// # Errors
    ///
    /// Where no token is valid under the policy.
    pub fn fixed(policy: &'f FixedPolicy) -> Result<Self, String> {
        let stage = Stage::new(policy, policy.control()?);
        Ok(Self { scenes: Scenes::Fixed(Box::new(stage)), is_brief: false, interned: Mutex::default() })
    }

    /// The cases of a class.
    pub fn cases(&self, family: &'static Family, class: &'static Class) -> Vec<Case> {
        match &self.scenes {
            Scenes::All(forge, _) if matches!(class.make, Make::Cookies { .. }) => {
                let mut interned = self.interned.lock().expect("forging cookies does not panic");
                cookies::cases(family, class, forge.now(), &mut interned)
            }
            Scenes::All(forge, _) if matches!(class.make, Make::Encrypted { .. }) => {
                encrypted::cases(family, class, forge, &self.interned)
            }
            Scenes::All(_, scenes) => {
                let scenes = scenes.iter().filter(|scene| class.plays(scene.setting));
                class.cases(family, scenes, self)
            }
            Scenes::Fixed(stage) if matches!(class.make, Make::Cookies { .. }) => {
                let mut interned = self.interned.lock().expect("forging cookies does not panic");
                let now = stage.cookies().filter(|_| family.id == cookie_header::FAMILY.id);
                now.map_or_else(Vec::new, |now| cookies::cases(family, class, now, &mut interned))
            }
            Scenes::Fixed(stage) if matches!(class.make, Make::Encrypted { .. }) => {
                let Some(own) = stage.encrypted() else { return Vec::new() };
                let cases = encrypted::cases_for(family, class, stage.forge(), Some(own), &self.interned);
                // What the catalogue shows on several recipients is shown on the one that there is once.
                let mut seen = HashSet::new();
                let once = cases.into_iter().filter(|case| seen.insert(case.id.clone()));
                once.filter_map(|case| stage.adapt(case)).collect()
            }
            Scenes::Fixed(stage) => {
                let scene = stage.scene(family, class);
                let cases = class.cases(family, scene.iter(), self).into_iter();
                match stage.encrypted() {
                    None => cases.filter_map(|case| stage.adapt(case)).collect(),
                    Some(own) => {
                        let enclosed = cases.filter_map(|case| stage.enclosed(&own, case));
                        enclosed.filter_map(|case| stage.adapt(case)).collect()
                    }
                }
            }
        }
    }
}

/// Policies and controls that many cases share. A policy is found by its address, or else by what it says.
#[derive(Default)]
struct Interned {
    by_address: HashMap<usize, Found>,
    by_text: HashMap<String, Arc<Policy>>,
    controls: HashMap<(usize, Setting), Arc<Control>>,
    of_cookies: HashMap<String, Arc<Control>>,
    of_encrypted: HashMap<String, Arc<Control>>,
    /// The same by the address of the scene's policy, which is kept so that no other gets it.
    of_scenes: HashMap<usize, (Arc<Policy>, Arc<Control>)>,
}

/// A shared policy, and the one that it was found by, which keeps that one's address from being given to another.
struct Found {
    shared: Arc<Policy>,
    _found_by: Arc<Policy>,
}

impl Interned {
    fn policy(&mut self, scene: &Scene<'_>) -> Arc<Policy> {
        let by_text = &mut self.by_text;
        let found = self.by_address.entry(Arc::as_ptr(&scene.policy).addr()).or_insert_with(|| {
            let text = serde_json::to_string(&*scene.policy).expect("a policy has string keys only");
            let shared = Arc::clone(by_text.entry(text).or_insert_with(|| Arc::clone(&scene.policy)));
            Found { shared, _found_by: Arc::clone(&scene.policy) }
        });
        Arc::clone(&found.shared)
    }

    fn control(&mut self, scene: &Scene<'_>) -> Arc<Control> {
        let policy = self.policy(scene);
        let name = (Arc::as_ptr(&policy).addr(), scene.setting);
        let control = self.controls.entry(name).or_insert_with(|| Control { policy, ..scene.control() }.into());
        Arc::clone(control)
    }
}

/// Collects the cases of one class.
pub struct Cases<'a> {
    family: &'static Family,
    class: &'static Class,
    interned: &'a Mutex<Interned>,
    is_brief: bool,
    drafts: Vec<Draft>,
}

impl Cases<'_> {
    /// Adds a case on this scene: `variant` says in which way it differs from the class's others on the scene, in lower-case
    /// words joined by hyphens; empty where there is only one.
    pub fn add(&mut self, scene: &Scene<'_>, variant: &str, token: impl Into<Crafted>) -> &mut Draft {
        let control = self.interned().control(scene);
        let draft = self.add_with_control(scene, variant, token, control);
        draft.weigh(scene);
        draft
    }

    /// Adds one of a series: so many times as long as the first, and weighed beside the others. Its variant gets the number.
    pub fn add_to_series(&mut self, scene: &Scene<'_>, shape: &str, times: u32, token: impl Into<Crafted>) {
        let control = self.interned().control(scene);
        self.add_with_control(scene, &format!("{shape}-{times}x"), token, control).times = Some(times);
    }

    /// Adds a case whose policy admits no valid token: `sound` is the scene beside it that does.
    pub fn add_beside(
        &mut self,
        scene: &Scene<'_>,
        sound: &Scene<'_>,
        variant: &str,
        token: impl Into<Crafted>,
    ) -> &mut Draft {
        let control = self.interned().control(sound);
        let draft = self.add_with_control(scene, variant, token, control);
        draft.weigh(scene);
        draft
    }

    fn add_with_control(
        &mut self,
        scene: &Scene<'_>,
        variant: &str,
        token: impl Into<Crafted>,
        control: Arc<Control>,
    ) -> &mut Draft {
        let Crafted { octets, payload } = token.into();
        let setting = scene.setting;
        let policy = self.interned().policy(scene);
        self.drafts.push(Draft {
            withheld: Vec::new(),
            times: None,
            is_weighed: matches!(self.class.says, Says::Bounded(_)) && !self.is_brief,
            plain: None,
            variant: if variant.is_empty() { setting.to_string() } else { format!("{setting}-{variant}") },
            input: Input::from_octets(octets),
            payload,
            policy,
            profile: setting.profile,
            says: self.class.says,
            severity: self.class.severity,
            // A list of algorithms is a need of the policy's; without one, valid tokens still have an algorithm.
            needs: if scene.policy.algorithms.is_none() { vec![scene.algorithm().into()] } else { Vec::new() },
            control,
            before: Vec::new(),
        });
        self.drafts.last_mut().expect("one was pushed")
    }

    /// Whether a series needs no more than its first.
    pub fn is_brief(&self) -> bool {
        self.is_brief
    }

    fn interned(&self) -> MutexGuard<'_, Interned> {
        self.interned.lock().expect("forging a control does not panic")
    }

    fn finish(self) -> Vec<Case> {
        let case = |draft: Draft| Case {
            id: CaseId::new(self.family.id, self.class.id, &draft.variant),
            expectation: draft.expectation(),
            input: draft.input,
            policy: draft.policy,
            profile: draft.profile,
            level: draft.says.level(),
            severity: draft.profile.weigh(draft.severity),
            needs: draft.needs,
            control: draft.control,
            plain: draft.plain,
            withheld: draft.withheld,
            before: draft.before,
        };
        self.drafts.into_iter().map(case).collect()
    }
}

/// A case in the making.
pub struct Draft {
    variant: String,
    input: Input,
    payload: Option<Vec<u8>>,
    policy: Arc<Policy>,
    profile: Profile,
    says: Says,
    severity: Severity,
    needs: Vec<Capability>,
    control: Arc<Control>,
    is_weighed: bool,
    plain: Option<Input>,
    times: Option<u32>,
    withheld: Vec<String>,
    before: Vec<Earlier>,
}

impl Draft {
    fn expectation(&self) -> Expectation {
        match (self.says, self.times) {
            (Says::Bounded(milliseconds), Some(times)) => Expectation::Linear { milliseconds, times },
            (says, _) => says.expectation(self.payload.as_deref()),
        }
    }

    /// Puts a plain token of the same length beside it, where its cost is asked for.
    fn weigh(&mut self, scene: &Scene<'_>) {
        let length = self.input.octets().len();
        self.plain = self.is_weighed.then(|| Input::Token(scene.plain(length).compact()));
    }

    /// It is shown after this token, which was shown under this scene's policy.
    pub fn after(&mut self, scene: &Scene<'_>, token: impl Into<Crafted>) -> &mut Self {
        let input = Input::from_octets(token.into().octets);
        self.before.push(Earlier { input, policy: Arc::clone(&scene.policy) });
        self
    }

    /// The words of a refusal must hold none of these.
    pub fn withholds(&mut self, withheld: Vec<String>) -> &mut Self {
        self.withheld = withheld;
        self
    }

    /// The standard says this of the variant, not what it says of the class.
    pub fn says(&mut self, says: Says) -> &mut Self {
        self.says = says;
        self
    }

    /// It is refused for another reason than the class's, as firmly.
    pub fn reason(&mut self, reason: Reason) -> &mut Self {
        self.says = match self.says {
            Says::ShouldReject(_) => Says::ShouldReject(reason),
            _ => Says::MustReject(reason),
        };
        self
    }

    /// A deviation is as bad as this.
    pub fn severity(&mut self, severity: Severity) -> &mut Self {
        self.severity = severity;
        self
    }

    /// A target needs this too.
    pub fn needs(&mut self, capability: impl Into<Capability>) -> &mut Self {
        self.needs.push(capability.into());
        self
    }

    /// Failing counts as that of another profile.
    pub fn profile(&mut self, profile: Profile) -> &mut Self {
        self.profile = profile;
        self
    }
}

/// A token as octets, and what an accept would return.
pub struct Crafted {
    octets: Vec<u8>,
    payload: Option<Vec<u8>>,
}

impl From<Jws> for Crafted {
    fn from(jws: Jws) -> Self {
        Self { octets: jws.compact().into_bytes(), payload: Some(jws.payload_octets) }
    }
}

impl From<&Jws> for Crafted {
    fn from(jws: &Jws) -> Self {
        jws.clone().into()
    }
}

impl From<String> for Crafted {
    fn from(text: String) -> Self {
        Self { octets: text.into_bytes(), payload: None }
    }
}

impl From<Vec<u8>> for Crafted {
    fn from(octets: Vec<u8>) -> Self {
        Self { octets, payload: None }
    }
}
