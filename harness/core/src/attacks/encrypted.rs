//! What the classes of encrypted tokens share: the policy that decrypts, its recipient's key, its valid token and control.
//!
//! Takes a class whose cases are encrypted tokens, gives them. A class bends a token that is encrypted for the scene's
//! recipient in one respect; the twin is the scene's own valid token.

use std::sync::{Arc, OnceLock};

use token_assay_model::{
    Algorithm, Claims, ContentEncryption, Control, Encryption, Input, Key, KeyManagement, Policy, Profile,
};

use super::scene::{Scene, Setting};
use super::{Cases, Class, Crafted, Draft, Family, Interned, Make, Says};
use crate::forge::jwe::{self, Wrapped, Wrapping};
use crate::forge::{Forge, Jwe, Jws, Object, TestKey};

/// The cases of a class of encrypted tokens.
pub(super) fn cases(
    family: &'static Family,
    class: &'static Class,
    forge: &Forge,
    interned: &std::sync::Mutex<Interned>,
) -> Vec<token_assay_model::Case> {
    cases_for(family, class, forge, None, interned)
}

/// The same where there is one recipient: on his scene play what is about an algorithm of the kind that he has.
pub(super) fn cases_for<'f>(
    family: &'static Family,
    class: &'static Class,
    forge: &'f Forge,
    own: Option<EncryptedScene<'f>>,
    interned: &std::sync::Mutex<Interned>,
) -> Vec<token_assay_model::Case> {
    let Make::Encrypted { build, .. } = class.make else { return Vec::new() };
    let cases = Cases { family, class, interned, is_brief: false, drafts: Vec::new() };
    let mut cases = EncryptedCases { forge, own, cases };
    build(&mut cases);
    cases.cases.finish()
}

/// Collects the cases of one class.
pub struct EncryptedCases<'a> {
    forge: &'a Forge,
    /// The one recipient, where the configuration is fixed.
    own: Option<EncryptedScene<'a>>,
    cases: Cases<'a>,
}

impl<'a> EncryptedCases<'a> {
    /// A scene whose tokens hold claims; the one recipient's where his algorithms are of this kind.
    pub fn scene(&self, alg: KeyManagement, enc: ContentEncryption) -> EncryptedScene<'a> {
        self.scene_where(alg, enc, |own| kind(own.alg) == kind(alg) && own.enc.is_gcm() == enc.is_gcm())
    }

    /// The same where it is about the content encryption, whatever the key management.
    pub fn scene_of_content(&self, alg: KeyManagement, enc: ContentEncryption) -> EncryptedScene<'a> {
        self.scene_where(alg, enc, |own| own.enc.is_gcm() == enc.is_gcm())
    }

    /// The same where it is about neither.
    pub fn scene_of_any(&self, alg: KeyManagement, enc: ContentEncryption) -> EncryptedScene<'a> {
        self.scene_where(alg, enc, |_| true)
    }

    /// The same where it is about this key management and no other of its kind.
    pub fn scene_of_key(&self, alg: KeyManagement, enc: ContentEncryption) -> EncryptedScene<'a> {
        self.scene_where(alg, enc, |own| own.alg == alg)
    }

    /// The same for a recipient of one's own, where there is no one recipient on his curve.
    pub fn scene_for(&self, recipient: TestKey, alg: KeyManagement, enc: ContentEncryption) -> EncryptedScene<'a> {
        let curve = |key: &TestKey| key.jwk().get("crv").cloned();
        match &self.own {
            Some(own) if !own.signed && kind(own.alg) == kind(alg) && curve(&own.recipient) == curve(&recipient) => {
                own.clone()
            }
            _ => EncryptedScene::new(self.forge, alg, enc, None, recipient),
        }
    }

    /// A scene whose tokens hold a token that is signed like this.
    pub fn nested(&self, alg: KeyManagement, enc: ContentEncryption, signs: Algorithm) -> EncryptedScene<'a> {
        match &self.own {
            Some(own) if own.signed => own.clone(),
            _ => EncryptedScene::new(self.forge, alg, enc, Some(signs), recipient(self.forge, alg, enc)),
        }
    }

    fn scene_where(
        &self,
        alg: KeyManagement,
        enc: ContentEncryption,
        fits: impl Fn(&EncryptedScene<'a>) -> bool,
    ) -> EncryptedScene<'a> {
        match &self.own {
            Some(own) if fits(own) => own.clone(),
            _ => EncryptedScene::new(self.forge, alg, enc, None, recipient(self.forge, alg, enc)),
        }
    }

    /// Adds a case on this scene; `variant` says in which way it differs from the class's others on it.
    pub fn add(&mut self, scene: &EncryptedScene<'_>, variant: &str, token: impl Into<Crafted>) -> &mut Draft {
        let control = self.cases.interned().of_encrypted(scene);
        self.add_with(scene, Arc::clone(&control.policy), control, variant, token.into())
    }

    /// Adds a case under a policy that is another than that of the control beside it.
    pub fn add_under(
        &mut self,
        scene: &EncryptedScene<'_>,
        change: impl FnOnce(&mut Policy),
        variant: &str,
        token: impl Into<Crafted>,
    ) -> &mut Draft {
        let control = self.cases.interned().of_encrypted(scene);
        let mut policy = (*control.policy).clone();
        change(&mut policy);
        self.add_with(scene, policy.into(), control, variant, token.into())
    }

    fn add_with(
        &mut self,
        scene: &EncryptedScene<'_>,
        policy: Arc<Policy>,
        control: Arc<Control>,
        variant: &str,
        token: Crafted,
    ) -> &mut Draft {
        let class = self.cases.class;
        let name = scene.name();
        let is_bounded = matches!(class.says, Says::Bounded(_));
        self.cases.drafts.push(Draft {
            is_weighed: false,
            plain: is_bounded.then(|| Input::Token(scene.plain(token.octets.len()).compact())),
            times: None,
            withheld: Vec::new(),
            before: Vec::new(),
            variant: if variant.is_empty() { name } else { format!("{name}-{variant}") },
            input: Input::from_octets(token.octets),
            payload: token.payload,
            policy,
            profile: scene.profile(),
            says: class.says,
            severity: class.severity,
            needs: Vec::new(),
            control,
        });
        self.cases.drafts.last_mut().expect("one was pushed")
    }
}

impl Interned {
    /// The control of a scene, which is made when it is first wanted.
    fn of_encrypted(&mut self, scene: &EncryptedScene<'_>) -> Arc<Control> {
        let address = Arc::as_ptr(&scene.policy).addr();
        if let Some((_, control)) = self.of_scenes.get(&address) {
            return Arc::clone(control);
        }
        let text = serde_json::to_string(&*scene.policy).expect("a policy has string keys only");
        let control = Arc::clone(self.of_encrypted.entry(text).or_insert_with(|| scene.control().into()));
        self.of_scenes.insert(address, (Arc::clone(&scene.policy), Arc::clone(&control)));
        control
    }
}

impl From<Jwe> for Crafted {
    fn from(jwe: Jwe) -> Self {
        Self { octets: jwe.compact().into_bytes(), payload: Some(jwe.payload_octets) }
    }
}

/// Where a class of encrypted tokens plays.
#[derive(Clone)]
pub struct EncryptedScene<'f> {
    /// What is inside: the scene of valid claims, and of the tokens inside where they are signed.
    pub inside: Scene<'f>,
    /// Whether a signed token is inside.
    pub signed: bool,
    /// The key management of valid tokens.
    pub alg: KeyManagement,
    /// Their content encryption.
    pub enc: ContentEncryption,
    /// For whom they are encrypted.
    pub recipient: TestKey,
    /// What the relying party accepts.
    pub policy: Arc<Policy>,
    /// The valid header, its key wrapped: arithmetic that is done once.
    pub(super) wrapped: OnceLock<Wrapped>,
}

impl<'f> EncryptedScene<'f> {
    fn new(
        forge: &'f Forge,
        alg: KeyManagement,
        enc: ContentEncryption,
        signs: Option<Algorithm>,
        recipient: TestKey,
    ) -> Self {
        let algorithm = signs.unwrap_or(Algorithm::Hs256);
        let inside = Scene::new(forge, Setting { profile: Profile::Pinned, algorithm });
        let signer = signs.map(|_| Key { usage: Some("sig".to_owned()), ..inside.key.every_form() });
        let policy = Policy {
            algorithms: signs.map(|algorithm| vec![algorithm]),
            encryption: Some(Encryption { alg: vec![alg], enc: vec![enc] }),
            keys: std::iter::once(jwe::recipient_key(&recipient, alg)).chain(signer).collect(),
            now: Some(forge.now()),
            ..Policy::default()
        };
        Self { inside, signed: signs.is_some(), alg, enc, recipient, policy: policy.into(), wrapped: OnceLock::new() }
    }

    /// The first part of variants: the profile and the two algorithms.
    fn name(&self) -> String {
        let on = if self.recipient.name == "x25519" { "-x25519" } else { "" };
        let name = format!("{}-{}-{}{on}", self.profile(), self.alg, self.enc);
        name.replace(['+', '_'], "-").to_ascii_lowercase()
    }

    /// The way of configuring that its policy stands for.
    pub fn profile(&self) -> Profile {
        if self.signed { Profile::EncryptedSigned } else { Profile::Encrypted }
    }

    /// The header of a valid token before the key management adds to it. Its members stand in the order of their names.
    pub fn header(&self) -> Object {
        let header = Object::new().set_string("alg", self.alg.as_str());
        let header = if self.signed { header.set_string("cty", "JWT") } else { header };
        header.set_string("enc", self.enc.as_str()).set_string("typ", "JWT")
    }

    /// What valid tokens hold.
    pub fn content(&self) -> Vec<u8> {
        if self.signed { self.inside.token().compact().into_bytes() } else { self.inside.claims().text().into_bytes() }
    }

    /// What an attacker would like them to hold: an administrator's claims.
    pub fn forged(&self) -> Vec<u8> {
        self.inside.forged_claims().text().into_bytes()
    }

    /// How the key reaches the recipient.
    pub fn wrapping(&self) -> Wrapping {
        Wrapping::new(self.alg, self.enc)
    }

    /// The valid header, its key wrapped.
    pub fn wrapped(&self) -> Wrapped {
        self.wrapped.get_or_init(|| self.wrapping().wrap(&self.recipient, self.header())).clone()
    }

    /// The valid token.
    pub fn token(&self) -> Jwe {
        self.seal(&self.wrapped())
    }

    /// A valid token with one long claim, of this length to within some characters, where a token is not longer already.
    fn plain(&self, length: usize) -> Jwe {
        let token = self.token();
        let filled = length.saturating_sub(token.compact().len()) * 3 / 4;
        match filled.checked_sub(r#","fill":"""#.len()) {
            Some(filled) if filled > 0 && !self.signed => {
                self.holding(self.inside.claims().set_string("fill", &"a".repeat(filled)).text())
            }
            _ => token,
        }
    }

    /// The valid content under this header and key.
    pub fn seal(&self, wrapped: &Wrapped) -> Jwe {
        self.returning(wrapped.seal(self.enc, self.content()))
    }

    /// A token with this content.
    pub fn holding(&self, content: impl AsRef<[u8]>) -> Jwe {
        self.wrapped().seal(self.enc, content)
    }

    /// The valid content under a header that is changed like this before it is bound.
    pub fn with_header(&self, change: impl FnOnce(Object) -> Object) -> Jwe {
        let wrapped = self.wrapped();
        self.seal(&Wrapped { header: change(wrapped.header), ..wrapped })
    }

    /// What an accept returns are the claims, whether or not they are signed inside.
    pub fn returning(&self, jwe: Jwe) -> Jwe {
        Jwe { payload_octets: self.inside.claims().text().into_bytes(), ..jwe }
    }

    /// A token inside which this one is.
    pub fn around(&self, inner: &Jws) -> Jwe {
        Jwe { payload_octets: inner.payload_octets.clone(), ..self.holding(inner.compact()) }
    }

    /// The valid token, its tampered copy, and it in another order.
    pub fn control(&self) -> Control {
        let token = self.token();
        let permuted = if self.signed {
            self.around(&self.inside.sign_claims(&self.inside.claims().reversed()))
        } else {
            self.holding(self.inside.claims().reversed().text())
        };
        Control {
            policy: Arc::clone(&self.policy),
            claims: Claims::parse(&token.payload_octets).expect("valid claims are an object"),
            tampered: Input::Token(token.clone().with_bit_turned(jwe::Part::Ciphertext, 20).compact()),
            valid: Input::Token(token.compact()),
            permuted: Input::Token(permuted.compact()),
        }
    }
}

/// A scene for each key management, for `dir` with each content encryption, for both kinds of curves, and with signed tokens
/// inside.
pub fn every_scene(forge: &Forge) -> Vec<EncryptedScene<'_>> {
    use ContentEncryption as Enc;
    use KeyManagement as Alg;
    let of = |alg, enc, signs, recipient| EncryptedScene::new(forge, alg, enc, signs, recipient);
    let plain = |alg, enc| of(alg, enc, None, recipient(forge, alg, enc));
    let nested = |alg, enc, signs| of(alg, enc, Some(signs), recipient(forge, alg, enc));
    let direct = Enc::ALL.iter().map(|enc| plain(Alg::Dir, *enc));
    let others = Alg::ALL.iter().filter(|alg| **alg != Alg::Dir);
    let others = others.zip(Enc::ALL.iter().rev().cycle()).map(|(alg, enc)| plain(*alg, *enc));
    let curves = [
        of(Alg::EcdhEsA256Kw, Enc::A256Gcm, None, jwe::x25519_recipient()),
        of(Alg::EcdhEs, Enc::A256Gcm, None, jwe::p256_recipient()),
    ];
    let signed = [
        nested(Alg::RsaOaep256, Enc::A256Gcm, Algorithm::Es256),
        nested(Alg::A256Kw, Enc::A256Gcm, Algorithm::Hs256),
        nested(Alg::A256GcmKw, Enc::A128CbcHs256, Algorithm::EdDsa),
    ];
    direct.chain(others).chain(curves).chain(signed).collect()
}

/// For whom tokens of an algorithm are encrypted.
fn recipient(forge: &Forge, alg: KeyManagement, enc: ContentEncryption) -> TestKey {
    match alg {
        _ if alg.is_rsa() => forge.keys().key("rsa").clone(),
        _ if alg.is_agreement() => forge.keys().key("p256").clone(),
        _ if alg.is_password() => TestKey::from_secret("password", PASSWORD),
        KeyManagement::Dir => TestKey::from_secret("shared", &SHARED[..enc.key_width()]),
        _ => TestKey::from_secret("shared", &SHARED[..alg.wrapping_width().expect("it wraps by AES")]),
    }
}

/// Key managements that are bent alike.
fn kind(alg: KeyManagement) -> u8 {
    match alg {
        KeyManagement::Dir => 0,
        KeyManagement::EcdhEs => 1,
        _ if alg.is_agreement() => 2,
        _ if alg.is_gcm() => 3,
        _ if alg.is_password() => 4,
        _ if alg.is_rsa() => 5,
        _ => 6,
    }
}

/// The password of recipients who have one.
const PASSWORD: &[u8] = b"entangled-Oblong7-papaya-Skiff";

/// Shared keys begin so.
const SHARED: [u8; 64] = *b"\xc4\x1b\x7e\x90\x35\xd8\xa2\x6f\x0c\x83\xf9\x51\x2e\xb7\x64\xdd\x19\xe0\x4a\x97\x3c\x8f\xb2\x05\x76\xcb\x11\xfe\x58\xa9\x2d\x60\x93\x4e\xf5\x08\xda\x27\x81\xbc\x6a\x1f\xd3\x44\x9e\x70\xe7\x32\x55\xac\x0b\xf8\x89\x16\xc1\x7d\xeb\x3a\x94\x4f\xd0\x23\x6e\xb5";
