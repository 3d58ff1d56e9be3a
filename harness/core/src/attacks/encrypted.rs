//! What the classes of encrypted tokens share: the policy that decrypts, its recipient's key, its valid token and control.
//!
//! Takes a class whose cases are encrypted tokens, gives them. A class bends a token that is encrypted for the scene's
//! recipient in one respect; the twin is the scene's own valid token.

use std::sync::Arc;

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
    let Make::Encrypted { build, .. } = class.make else { return Vec::new() };
    let mut cases =
        EncryptedCases { forge, cases: Cases { family, class, interned, is_brief: false, drafts: Vec::new() } };
    build(&mut cases);
    cases.cases.finish()
}

/// Collects the cases of one class.
pub struct EncryptedCases<'a> {
    forge: &'a Forge,
    cases: Cases<'a>,
}

impl<'a> EncryptedCases<'a> {
    /// A scene whose tokens hold claims.
    pub fn scene(&self, alg: KeyManagement, enc: ContentEncryption) -> EncryptedScene<'a> {
        EncryptedScene::new(self.forge, alg, enc, None, recipient(self.forge, alg, enc))
    }

    /// The same for a recipient of one's own.
    pub fn scene_for(&self, recipient: TestKey, alg: KeyManagement, enc: ContentEncryption) -> EncryptedScene<'a> {
        EncryptedScene::new(self.forge, alg, enc, None, recipient)
    }

    /// A scene whose tokens hold a token that is signed like this.
    pub fn nested(&self, alg: KeyManagement, enc: ContentEncryption, signs: Algorithm) -> EncryptedScene<'a> {
        EncryptedScene::new(self.forge, alg, enc, Some(signs), recipient(self.forge, alg, enc))
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
        let text = serde_json::to_string(&*scene.policy).expect("a policy has string keys only");
        Arc::clone(self.of_encrypted.entry(text).or_insert_with(|| scene.control().into()))
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
        Self { inside, signed: signs.is_some(), alg, enc, recipient, policy: policy.into() }
    }

    /// The first part of variants: the profile and the two algorithms.
    fn name(&self) -> String {
        let on = if self.recipient.name == "x25519" { "-x25519" } else { "" };
        let name = format!("{}-{}-{}{on}", self.profile(), self.alg, self.enc);
        name.replace(['+', '_'], "-").to_ascii_lowercase()
    }

    fn profile(&self) -> Profile {
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
        self.wrapping().wrap(&self.recipient, self.header())
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

    fn control(&self) -> Control {
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

/// The password of recipients who have one.
const PASSWORD: &[u8] = b"entangled-Oblong7-papaya-Skiff";

/// Shared keys begin so.
const SHARED: [u8; 64] = *b"\xc4\x1b\x7e\x90\x35\xd8\xa2\x6f\x0c\x83\xf9\x51\x2e\xb7\x64\xdd\x19\xe0\x4a\x97\x3c\x8f\xb2\x05\x76\xcb\x11\xfe\x58\xa9\x2d\x60\x93\x4e\xf5\x08\xda\x27\x81\xbc\x6a\x1f\xd3\x44\x9e\x70\xe7\x32\x55\xac\x0b\xf8\x89\x16\xc1\x7d\xeb\x3a\x94\x4f\xd0\x23\x6e\xb5";
