//! The test keys, in every form in which people hand a key to a verifier.
//!
//! Takes the files of `corpus/keys`, gives [`TestKey`]s. The private halves are public: nothing that they sign is secret.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use serde_json::Value;
use token_assay_model::{Algorithm, Key};

use super::json::quote;
use super::{Object, base64url, keyfile};

/// The private half, as the arithmetic wants it.
#[derive(Clone)]
pub enum Secret {
    /// A shared secret.
    Oct(Vec<u8>),
    /// An RSA private key.
    Rsa(Box<rsa::RsaPrivateKey>),
    /// A scalar on P-256.
    P256(p256::ecdsa::SigningKey),
    /// A scalar on P-384.
    P384(p384::ecdsa::SigningKey),
    /// A scalar on P-521.
    P521(Box<p521::ecdsa::SigningKey>),
    /// A scalar on secp256k1.
    K256(k256::ecdsa::SigningKey),
    /// An Ed25519 seed.
    Ed25519(Box<ed25519_dalek::SigningKey>),
    /// A key that signs nothing here; only its public half is shown.
    PublicOnly,
}

/// One key and all its forms.
#[derive(Clone)]
pub struct TestKey {
    /// Its name, which is its `kid` too.
    pub name: String,
    octets: Option<Vec<u8>>,
    private_jwk: Value,
    secret: OnceLock<Option<Secret>>,
    /// The public JWK's exact text; for a shared secret the JWK that holds it.
    pub jwk_text: String,
    /// SPKI PEM with a final newline; absent for a shared secret.
    pub pem: Option<String>,
    /// PKCS#1 PEM; RSA only.
    pub pkcs1_pem: Option<String>,
    /// A self-signed certificate that carries the key.
    pub cert_pem: Option<String>,
    /// A certificate that carries the key, and after it that of its issuer, who calls himself what the trusted key's
    /// certificate does; the attacker's only.
    pub impostor_pem: Option<String>,
    /// One line as in `authorized_keys`, with comment and newline.
    pub openssh: Option<String>,
    /// PKCS#8 PEM of the private half.
    pub private_pem: Option<String>,
}

impl TestKey {
    /// SPKI DER.
    pub fn spki_der(&self) -> Option<Vec<u8>> {
        self.pem.as_deref().and_then(pem_body)
    }

    /// The octets of a shared secret.
    pub fn octets(&self) -> Option<&[u8]> {
        self.octets.as_deref()
    }

    /// The private half. It is computed when first wanted: where the corpus holds the signature it never is.
    ///
    /// # Panics
    ///
    /// Where the numbers of the key make none; every way of making a `TestKey` but the corpus's looks first.
    pub fn secret(&self) -> &Secret {
        let secret = self.secret.get_or_init(|| match &self.octets {
            Some(octets) => Some(Secret::Oct(octets.clone())),
            None => secret_from_jwk(&self.private_jwk),
        });
        secret.as_ref().unwrap_or_else(|| panic!("{} is no key that can sign", self.name))
    }

    /// The JWK as an object.
    pub fn jwk(&self) -> Value {
        serde_json::from_str(&self.jwk_text).expect("the corpus and `from_secret` write JSON")
    }

    /// The private half as a JWK: of a shared secret the JWK that holds it.
    pub fn private_jwk(&self) -> Value {
        if self.octets.is_some() { self.jwk() } else { self.private_jwk.clone() }
    }

    /// A member of the JWK that is base64url text, decoded: `n`, `x`, `y`, `k`.
    pub fn jwk_octets(&self, member: &str) -> Option<Vec<u8>> {
        base64url::decode(self.jwk().get(member)?.as_str()?)
    }

    /// The JWK's text with the private members at its end; none for a shared secret.
    pub fn private_jwk_text(&self) -> Option<String> {
        let public = self.jwk_text.trim_end().strip_suffix('}')?;
        let member = |name: &&str| Some(format!(", \"{name}\": {}", self.private_jwk.get(*name)?));
        let members: String = PRIVATE_MEMBERS.iter().filter_map(member).collect();
        (!members.is_empty()).then(|| format!("{public}{members}}}"))
    }

    /// The same key under another name.
    #[must_use]
    pub fn renamed(&self, name: &str) -> Self {
        let jwk_text = self.jwk_text.replacen(&quote(&self.name), &quote(name), 1);
        Self { name: name.to_owned(), jwk_text, ..self.clone() }
    }

    /// A member of the private JWK, decoded: `d`, `p`, `q`.
    pub fn private_octets(&self, member: &str) -> Option<Vec<u8>> {
        base64url::decode(self.private_jwk.get(member)?.as_str()?)
    }

    /// The key as a policy gives it, in every form.
    pub fn every_form(&self) -> Key {
        Key {
            kid: Some(self.name.clone()),
            jwk: Some(self.jwk()),
            jwk_text: Some(self.jwk_text.clone()),
            pem: self.pem.clone(),
            cert_pem: self.cert_pem.clone(),
            der: self.spki_der(),
            secret: self.octets().map(<[u8]>::to_vec),
            ..Key::default()
        }
    }

    /// A shared secret under this name.
    pub fn from_secret(name: &str, octets: &[u8]) -> Self {
        // Written by hand: the order in which serde_json writes members depends on what else is linked.
        let jwk = Object::new().set_string("kty", "oct").set_string("kid", name);
        let jwk = jwk.set_string("k", &base64url::encode(octets));
        Self {
            name: name.to_owned(),
            octets: Some(octets.to_vec()),
            private_jwk: Value::Null,
            secret: OnceLock::new(),
            jwk_text: jwk.text(),
            pem: None,
            pkcs1_pem: None,
            cert_pem: None,
            impostor_pem: None,
            openssh: None,
            private_pem: None,
        }
    }

    /// A key of the user's own: a folder with the files that `corpus/keys/README.md` names. What is absent there is absent
    /// in policies; `private.jwk.json` and `public.jwk.json`, or `secret.bin`, must be there.
    ///
    /// # Errors
    ///
    /// Where a file that must be there is not, or holds no key.
    pub fn from_folder(name: &str, folder: &Path) -> Result<Self, String> {
        let read = |file: &str| std::fs::read(folder.join(file)).ok();
        let key = Self::from_files(name, read)?.ok_or_else(|| {
            format!("{} holds neither secret.bin nor private.jwk.json and public.jwk.json", folder.display())
        })?;
        if key.octets.is_none() && secret_from_jwk(&key.private_jwk).is_none() {
            return Err("private.jwk.json holds no key that can be used".to_owned());
        }
        Ok(key)
    }

    /// A key from its private JWK; its public JWK is what is left without the private members, and it has no other form.
    pub fn from_jwk(name: &str, private: &Value) -> Option<Self> {
        if private["kty"] == "oct" {
            return Some(Self::from_secret(name, &base64url::decode(private["k"].as_str()?)?));
        }
        let mut public = private.clone();
        let members = public.as_object_mut()?;
        members.retain(|member, _| !PRIVATE_MEMBERS.contains(&member.as_str()));
        Some(Self {
            name: name.to_owned(),
            octets: None,
            private_jwk: private.clone(),
            secret: OnceLock::from(Some(secret_from_jwk(private)?)),
            jwk_text: public.to_string(),
            pem: None,
            pkcs1_pem: None,
            cert_pem: None,
            impostor_pem: None,
            openssh: None,
            private_pem: None,
        })
    }

    /// A key of a file: a JWK, or PEM with the private half (PKCS #8) or the public one alone. It has its JWK and its PEM.
    ///
    /// # Errors
    ///
    /// Where the text is no such key.
    pub fn from_text(name: &str, text: &str) -> Result<Self, String> {
        let mut members = keyfile::members(text)?;
        members.insert("kid".to_owned(), name.into());
        let private = Value::Object(members.clone());
        if private["kty"] == "oct" {
            return Self::from_jwk(name, &private).ok_or_else(|| "its `k` is no secret".to_owned());
        }
        let secret = match private.get("d") {
            None => Secret::PublicOnly,
            Some(_) => secret_from_jwk(&private).ok_or("its numbers make no key")?,
        };
        members.retain(|member, _| !PRIVATE_MEMBERS.contains(&member.as_str()));
        Ok(Self {
            name: name.to_owned(),
            octets: None,
            pem: keyfile::public_pem(&members),
            private_jwk: private,
            secret: OnceLock::from(Some(secret)),
            jwk_text: Value::Object(members).to_string(),
            pkcs1_pem: None,
            cert_pem: None,
            impostor_pem: None,
            openssh: None,
            private_pem: None,
        })
    }

    /// Whether it has a private half.
    pub fn can_sign(&self) -> bool {
        !matches!(self.secret(), Secret::PublicOnly)
    }

    /// This key to everybody who verifies, and another's private half to who signs: what it signs nobody accepts.
    #[must_use]
    pub fn signing_as(&self, other: &Self) -> Self {
        Self { private_jwk: other.private_jwk.clone(), secret: other.secret.clone(), ..self.clone() }
    }

    fn from_corpus(name: &str) -> Option<Self> {
        let read = |file: &str| token_assay_corpus::file(&format!("keys/{name}/{file}")).map(<[u8]>::to_vec);
        Self::from_files(name, read).expect("the corpus holds valid keys")
    }

    fn from_files(name: &str, read: impl Fn(&str) -> Option<Vec<u8>>) -> Result<Option<Self>, String> {
        let text = |file: &str| read(file).and_then(|octets| String::from_utf8(octets).ok());
        if let Some(octets) = read("secret.bin") {
            return Ok(Some(Self::from_secret(name, &octets)));
        }
        let (Some(private), Some(jwk_text)) = (text("private.jwk.json"), text("public.jwk.json")) else {
            return Ok(None);
        };
        let private: Value = serde_json::from_str(&private).map_err(|error| format!("private.jwk.json: {error}"))?;
        serde_json::from_str::<Value>(&jwk_text).map_err(|error| format!("public.jwk.json: {error}"))?;
        Ok(Some(Self {
            name: name.to_owned(),
            octets: None,
            private_jwk: private,
            secret: OnceLock::new(),
            jwk_text,
            pem: text("public.pem"),
            pkcs1_pem: text("public.pkcs1.pem"),
            cert_pem: text("certificate.pem"),
            impostor_pem: text("impostor.pem"),
            openssh: text("openssh.pub"),
            private_pem: text("private.pem"),
        }))
    }
}

/// The octets between the lines of a PEM text.
pub fn pem_body(pem: &str) -> Option<Vec<u8>> {
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
    base64url::decode_standard(body)
}

/// Every test key by name.
#[derive(Clone)]
pub struct Keyring {
    keys: BTreeMap<String, TestKey>,
}

impl Keyring {
    /// The keys of the corpus.
    pub fn corpus() -> Self {
        let names = token_assay_corpus::files("keys/").filter_map(|(path, _)| path.split('/').nth(1));
        let keys = names
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), TestKey::from_corpus(name)?)))
            .collect();
        Self { keys }
    }

    /// Puts a key in the place of the one that has its name.
    #[must_use]
    pub fn with(mut self, key: TestKey) -> Self {
        self.keys.insert(key.name.clone(), key);
        self
    }

    /// Trusts this key for the algorithm, whatever its name.
    #[must_use]
    pub fn with_trusted(mut self, algorithm: Algorithm, key: TestKey) -> Self {
        self.keys.insert(key_name(algorithm).to_owned(), key);
        self
    }

    /// The key of this name.
    ///
    /// # Panics
    ///
    /// If there is none: the names are the folders of `corpus/keys`, and a wrong one is a slip in an attack.
    pub fn key(&self, name: &str) -> &TestKey {
        self.keys.get(name).unwrap_or_else(|| panic!("no test key is called {name}"))
    }

    /// The trusted key for an algorithm.
    pub fn trusted(&self, algorithm: Algorithm) -> &TestKey {
        self.key(key_name(algorithm))
    }

    /// The attacker's key of the same type.
    pub fn attacker(&self, algorithm: Algorithm) -> &TestKey {
        let trusted = key_name(algorithm);
        if algorithm.is_hmac() { self.key("hs-attacker") } else { self.key(&format!("{trusted}-attacker")) }
    }

    /// Every key.
    pub fn all(&self) -> impl Iterator<Item = &TestKey> {
        self.keys.values()
    }
}

fn key_name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Hs256 | Algorithm::None => "hs256",
        Algorithm::Hs384 => "hs384",
        Algorithm::Hs512 => "hs512",
        Algorithm::Rs256
        | Algorithm::Rs384
        | Algorithm::Rs512
        | Algorithm::Ps256
        | Algorithm::Ps384
        | Algorithm::Ps512 => "rsa",
        Algorithm::Es256 => "p256",
        Algorithm::Es384 => "p384",
        Algorithm::Es512 => "p521",
        Algorithm::Es256k => "k256",
        Algorithm::EdDsa | Algorithm::Ed25519 => "ed25519",
    }
}

/// RFC 7518 §6.2.2, §6.3.2.
const PRIVATE_MEMBERS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

/// Nothing where the numbers make no key; a curve that signs nothing here has a public half only.
fn secret_from_jwk(jwk: &Value) -> Option<Secret> {
    let octets = |member: &str| jwk.get(member).and_then(Value::as_str).and_then(base64url::decode).unwrap_or_default();
    let scalar = octets("d");
    Some(match (jwk["kty"].as_str(), jwk["crv"].as_str()) {
        (Some("RSA"), _) => {
            let number = |member: &str| rsa::BigUint::from_bytes_be(&octets(member));
            let primes = vec![number("p"), number("q")];
            let key = rsa::RsaPrivateKey::from_components(number("n"), number("e"), number("d"), primes).ok()?;
            Secret::Rsa(Box::new(key))
        }
        (_, Some("P-256")) => Secret::P256(p256::ecdsa::SigningKey::from_slice(&scalar).ok()?),
        (_, Some("P-384")) => Secret::P384(p384::ecdsa::SigningKey::from_slice(&scalar).ok()?),
        (_, Some("P-521")) => Secret::P521(Box::new(p521::ecdsa::SigningKey::from_slice(&scalar).ok()?)),
        (_, Some("secp256k1")) => Secret::K256(k256::ecdsa::SigningKey::from_slice(&scalar).ok()?),
        (_, Some("Ed25519")) => {
            let seed: [u8; 32] = scalar.try_into().ok()?;
            Secret::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&seed)))
        }
        _ => Secret::PublicOnly,
    })
}
