//! A correct signer whose every layer can be bent.
//!
//! Takes keys, text and a clock, gives tokens. The same arguments give the same octets, always: keys are fixed, signatures
//! deterministic, the clock is an argument. Never uses a library that is also a target.
//!
//! ```
//! use token_assay::forge::{Forge, NOW, Object};
//! use token_assay::model::Algorithm;
//!
//! let forge = Forge::new(NOW);
//! let key = forge.keys().trusted(Algorithm::Es256);
//! let header = Object::new().set_string("alg", "ES256");
//! let claims = Object::new().set_string("sub", "alice").set("exp", (forge.now() + 60).to_string());
//! let token = forge.sign(header.text(), claims.text(), key, Algorithm::Es256);
//! assert_eq!(token.compact().split('.').count(), 3);
//!
//! // What is bent is signed anew by whoever should, or keeps a signature that no longer fits.
//! let stale = token.clone().with_payload(claims.set_string("sub", "mallory").text());
//! assert_eq!(stale.signature_octets(), token.signature_octets());
//! ```

pub mod base64url;
pub mod der;
pub mod json;
pub mod jwe;
pub mod jws;
mod keyfile;
pub mod keys;
pub mod protected;
pub mod raw;
pub mod sign;

pub use json::Object;
pub use jwe::Jwe;
pub use jws::Jws;
pub use keys::{Keyring, Secret, TestKey};
pub use sign::{Hash, Scheme};

use token_assay_model::Algorithm;

/// The clock of the frozen suite, in Unix seconds: the corpus holds the signatures of the tokens that are dated from it.
pub const NOW: i64 = 1_700_000_000;

/// Keys, clock and the memory of signatures.
pub struct Forge {
    keyring: Keyring,
    now: i64,
    signer: sign::Signer,
}

impl Forge {
    /// A forge with the corpus's keys whose tokens are made at `now`, in Unix seconds.
    pub fn new(now: i64) -> Self {
        Self::with_keys(Keyring::corpus(), now)
    }

    /// The same with other keys.
    pub fn with_keys(keyring: Keyring, now: i64) -> Self {
        Self { keyring, now, signer: sign::Signer::new() }
    }

    /// The clock.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// The keys.
    pub fn keys(&self) -> &Keyring {
        &self.keyring
    }

    /// A token signed by this key as the algorithm says.
    pub fn sign(
        &self,
        header: impl AsRef<[u8]>,
        payload: impl AsRef<[u8]>,
        key: &TestKey,
        algorithm: Algorithm,
    ) -> Jws {
        self.sign_as(header, payload, key, Scheme::of(algorithm))
    }

    /// A token signed by this key under a scheme of its own.
    pub fn sign_as(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>, key: &TestKey, scheme: Scheme) -> Jws {
        let jws = Jws::unsigned(header, payload);
        let signature = self.signature(key, scheme, jws.signing_input().as_bytes());
        jws.with_signature(signature)
    }

    /// A token whose MAC is keyed with these octets.
    pub fn mac_with(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>, secret: &[u8], hash: Hash) -> Jws {
        let jws = Jws::unsigned(header, payload);
        let mac = sign::mac(hash, secret, jws.signing_input().as_bytes());
        jws.with_signature(mac)
    }

    /// A signature over any octets.
    pub fn signature(&self, key: &TestKey, scheme: Scheme, message: &[u8]) -> Vec<u8> {
        self.signer.sign(key, scheme, message)
    }

    /// The same without remembering it: for tokens that are made once.
    pub fn signature_once(&self, key: &TestKey, scheme: Scheme, message: &[u8]) -> Vec<u8> {
        self.signer.sign_once(key, scheme, message)
    }

    #[cfg(test)]
    pub(crate) fn forgetful(now: i64) -> Self {
        Self { keyring: Keyring::corpus(), now, signer: sign::Signer::forgetful() }
    }

    #[cfg(test)]
    pub(crate) fn made_signatures(&self) -> Vec<(sign::Digest, Vec<u8>)> {
        self.signer.made()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `BLESS=1` writes the file that is wanted.
    #[test]
    fn the_corpus_holds_the_signatures_of_the_suite_and_no_others() {
        let forge = Forge::forgetful(NOW);
        crate::attacks::suite(&forge, |_| true);
        let wanted = sign::freeze(&forge.made_signatures());
        if std::env::var_os("BLESS").is_some() {
            let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/");
            std::fs::write(format!("{corpus}{}", sign::FROZEN), wanted).expect("the corpus lies beside");
            return;
        }
        let held = token_assay_corpus::file(sign::FROZEN).unwrap_or_default();
        assert!(held == wanted, "run this test with BLESS=1: the suite has changed");
    }
}
