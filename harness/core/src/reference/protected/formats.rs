//! One function a scheme: the text of a cookie's value and a key in, what stood in it out.

use std::io::Read as _;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use token_assay_model::{Reason, Scheme};

use super::ciphers::{self, Hash, hashed, hmac};
use super::text::{Base64, base62, number10, number62, percent_decoded};
use super::{Flaw, Key, Opened, Opener, has};

/// How much a payload may become when it is inflated: more than any cookie holds.
const INFLATED: u64 = 1 << 16;

type Read = Result<Opened, Reason>;

impl Opened {
    fn plain(payload: impl Into<Vec<u8>>) -> Self {
        Self { payload: payload.into(), made: None, ends: None }
    }

    fn at(payload: impl Into<Vec<u8>>, made: Option<i64>) -> Self {
        Self { payload: payload.into(), made, ends: None }
    }
}

impl Opener {
    pub(super) fn read(&self, scheme: Scheme, value: &[u8], key: &Key<'_>) -> Read {
        if has!(self, Flaw::Unsigned) && is_bare(scheme, value) {
            return Ok(Opened::plain(value));
        }
        let decoded = has!(self, Flaw::Percent).then(|| percent_decoded(value, true)).flatten();
        let value = decoded.as_deref().unwrap_or(value);
        match scheme {
            Scheme::SignedJar => self.signed_jar(value, key),
            Scheme::PrivateJar => self.private_jar(value, key),
            Scheme::BiscottiSigned => self.biscotti_signed(value, key),
            Scheme::BiscottiEncrypted => self.biscotti_encrypted(value, key),
            Scheme::CookieSignature => self.cookie_signature(value, key),
            Scheme::ItsDangerous => self.itsdangerous(value, key),
            Scheme::ItsDangerousTimed => self.timed(value, |hash| concatenated(hash, key, "itsdangerous")),
            Scheme::DjangoSigned => self.django(value, key),
            Scheme::FlaskSession => self.timed(value, |hash| {
                let others = self.flaws.iter().any(|flaw| matches!(flaw, Flaw::AlsoFor(_)));
                let salt = key.purpose.filter(|_| others).unwrap_or("cookie-session");
                hmac(hash, &key.secret, &[salt.as_bytes()])
            }),
            Scheme::IronSession => self.iron(value, key),
            Scheme::Fernet => self.fernet(value, key),
            Scheme::Branca => self.branca(value, key),
            Scheme::PasetoV4Local => self.paseto_local(value, key),
            Scheme::PasetoV4Public => self.paseto_public(value, key),
        }
    }

    /// Whether this MAC is the one that is due; `own` makes it, by the scheme's hash or another.
    fn verify(&self, given: &[u8], hash: Hash, own: impl Fn(Hash) -> Vec<u8>) -> Result<(), Reason> {
        let is = |hash| {
            let due = own(hash);
            given == due || has!(self, Flaw::ShortMac) && due.starts_with(given)
        };
        let other = if hash == Hash::Sha1 { Hash::Sha512 } else { Hash::Sha1 };
        let fine = has!(self, Flaw::SkipsMac) || is(hash) || has!(self, Flaw::OtherHash) && is(other);
        if fine { Ok(()) } else { Err(Reason::Signature) }
    }

    fn decode(&self, text: &[u8], how: Base64) -> Result<Vec<u8>, Reason> {
        self.base64(text, how).ok_or(Reason::Malformed)
    }

    /// The crate cookie, `SignedJar`.
    fn signed_jar(&self, value: &[u8], key: &Key<'_>) -> Read {
        let (mac, payload) = value.split_at_checked(44).ok_or(Reason::Malformed)?;
        let mac = self.decode(mac, Base64 { url: false, padded: true })?;
        let secret = key.secret.get(..32).ok_or(Reason::Key)?;
        self.verify(&mac, Hash::Sha256, |hash| hmac(hash, secret, &[payload]))?;
        Ok(Opened::plain(payload))
    }

    /// The same, `PrivateJar`.
    fn private_jar(&self, value: &[u8], key: &Key<'_>) -> Read {
        let octets = self.decode(value, Base64 { url: false, padded: true })?;
        let (nonce, sealed) = octets.split_at_checked(12).ok_or(Reason::Malformed)?;
        let secret = key.secret.get(32..64).ok_or(Reason::Key)?;
        ciphers::gcm(secret, nonce, key.name, sealed).map(Opened::plain).ok_or(Reason::Signature)
    }

    /// The crate biscotti.
    fn biscotti_signed(&self, value: &[u8], key: &Key<'_>) -> Read {
        let octets = self.decode(value, Base64::URL)?;
        let (mac, payload) = octets.split_at_checked(32).ok_or(Reason::Malformed)?;
        let secret = hmac(Hash::Sha256, &key.secret, &[b"COOKIE;HMAC-SHA256\x01"]);
        self.verify(mac, Hash::Sha256, |hash| hmac(hash, &secret, &[key.name, b"\0", payload]))?;
        Ok(Opened::plain(payload))
    }

    fn biscotti_encrypted(&self, value: &[u8], key: &Key<'_>) -> Read {
        let octets = self.decode(value, Base64::URL)?;
        let (nonce, sealed) = octets.split_at_checked(12).ok_or(Reason::Malformed)?;
        let secret = hmac(Hash::Sha256, &key.secret, &[b"COOKIE;AEAD-AES-256-GCM-SIV\x01"]);
        ciphers::gcm_siv(&secret, nonce, key.name, sealed).map(Opened::plain).ok_or(Reason::Signature)
    }

    /// npm cookie-signature, behind cookie-parser.
    fn cookie_signature(&self, value: &[u8], key: &Key<'_>) -> Read {
        // Once more, where the whole was decoded before.
        let text = percent_decoded(value, has!(self, Flaw::Percent)).ok_or(Reason::Malformed)?;
        let text = text.strip_prefix(b"s:").ok_or(Reason::Malformed)?;
        let (payload, mac) = self.last(text, b'.')?;
        let mac = self.decode(&mac, Base64 { url: false, padded: false })?;
        self.verify(&mac, Hash::Sha256, |hash| hmac(hash, &key.secret, &[&payload]))?;
        Ok(Opened::plain(payload))
    }

    /// itsdangerous, "URL Safe Serialization".
    fn itsdangerous(&self, value: &[u8], key: &Key<'_>) -> Read {
        let text = self.behind(value, b'.', Hash::Sha1, |hash| concatenated(hash, key, "itsdangerous"))?;
        self.packed(&text).map(Opened::plain)
    }

    fn timed(&self, value: &[u8], key: impl Fn(Hash) -> Vec<u8>) -> Read {
        let text = self.behind(value, b'.', Hash::Sha1, key)?;
        let (payload, at) = self.last(&text, b'.')?;
        let canonical = |octets: &Vec<u8>| (1..=8).contains(&octets.len()) && octets[0] != 0;
        let at = self.base64(&at, Base64::URL).filter(canonical);
        let at = at.and_then(|octets| {
            i64::try_from(octets.iter().fold(0_u64, |sum, octet| sum << 8 | u64::from(*octet))).ok()
        });
        let at = self.time(at)?;
        self.packed(&payload).map(|payload| Opened::at(payload, at))
    }

    /// Django, "Cryptographic signing".
    fn django(&self, value: &[u8], key: &Key<'_>) -> Read {
        let salt = key.purpose.unwrap_or("django.core.signing.TimestampSigner").as_bytes();
        let text = self.behind(value, b':', Hash::Sha256, |hash| hashed(hash, &[salt, b"signer", &key.secret]))?;
        let (payload, at) = self.last(&text, b':')?;
        let at = self.time(number62(&at))?;
        Ok(Opened::at(payload, at))
    }

    /// What stands before the MAC at the end, once that is verified.
    fn behind(
        &self,
        value: &[u8],
        separator: u8,
        hash: Hash,
        key: impl Fn(Hash) -> Vec<u8>,
    ) -> Result<Vec<u8>, Reason> {
        let (text, mac) = self.last(value, separator)?;
        let mac = self.decode(&mac, Base64::URL)?;
        self.verify(&mac, hash, |hash| hmac(hash, &key(hash), &[&text]))?;
        Ok(text)
    }

    /// Both sides of the last separator.
    fn last(&self, text: &[u8], separator: u8) -> Result<(Vec<u8>, Vec<u8>), Reason> {
        let is = |octet: &u8| *octet == separator;
        let mut text = text.to_vec();
        if has!(self, Flaw::LooseSeparators) {
            text.dedup_by(|one, other| one == other && *one == separator);
        }
        let at = if has!(self, Flaw::FirstSeparator) { text.iter().position(is) } else { text.iter().rposition(is) };
        let at = at.ok_or(Reason::Malformed)?;
        Ok((text[..at].to_vec(), text[at + 1..].to_vec()))
    }

    /// A time that can be read.
    fn time(&self, at: Option<i64>) -> Result<Option<i64>, Reason> {
        if at.is_some() || has!(self, Flaw::AnyTime) { Ok(at) } else { Err(Reason::Malformed) }
    }

    /// JSON as itsdangerous packs it.
    fn packed(&self, text: &[u8]) -> Result<Vec<u8>, Reason> {
        let Some(text) = text.strip_prefix(b".") else { return self.decode(text, Base64::URL) };
        let octets = self.decode(text, Base64::URL)?;
        let limit = if has!(self, Flaw::Inflates) { u64::MAX } else { INFLATED };
        let mut plain = Vec::new();
        let read = flate2::read::ZlibDecoder::new(&octets[..]).take(limit).read_to_end(&mut plain);
        read.map_err(|_| Reason::Malformed)?;
        if plain.len() as u64 > INFLATED {
            std::thread::sleep(std::time::Duration::from_millis(1500));
        }
        if (plain.len() as u64) < limit { Ok(plain) } else { Err(Reason::Malformed) }
    }

    /// iron-webcrypto's seal, and iron-session's version behind it.
    fn iron(&self, value: &[u8], key: &Key<'_>) -> Read {
        let seal = match value.strip_suffix(b"~2") {
            Some(seal) => seal,
            None if has!(self, Flaw::Trailer) => value.split(|octet| *octet == b'~').next().unwrap_or(value),
            None => return Err(Reason::Malformed),
        };
        let mut fields: Vec<&[u8]> = seal.split(|octet| *octet == b'*').collect();
        if has!(self, Flaw::LooseSeparators) {
            fields.dedup();
        }
        let [version, id, salt, iv, ciphertext, end, second, mac] = fields[..] else { return Err(Reason::Malformed) };
        if version != b"Fe26.2" && !has!(self, Flaw::AnyVersion) {
            return Err(Reason::Malformed);
        }
        if id != key.id.to_string().as_bytes() {
            return Err(Reason::Key);
        }
        let covered = [version, id, salt, iv, ciphertext, end].join(&b'*');
        let mac = self.decode(mac, Base64::URL)?;
        self.verify(&mac, Hash::Sha256, |hash| hmac(hash, &stretched(&key.secret, second), &[&covered]))?;
        let (iv, ciphertext) = (self.decode(iv, Base64::URL)?, self.decode(ciphertext, Base64::URL)?);
        let plain = ciphers::cbc(&stretched(&key.secret, salt), &iv, &ciphertext).ok_or(Reason::Malformed)?;
        let ends = if end.is_empty() { None } else { self.time(number10(end))? };
        Ok(Opened { payload: self.unfilled(plain)?, made: None, ends })
    }

    /// Without the padding of PKCS #7 (RFC 5652 §6.3).
    fn unfilled(&self, mut plain: Vec<u8>) -> Result<Vec<u8>, Reason> {
        let count = plain.last().map_or(0, |octet| usize::from(*octet));
        if has!(self, Flaw::AnyPadding) {
            plain.truncate(plain.len().saturating_sub(count));
            return Ok(plain);
        }
        let fine =
            (1..=16).contains(&count) && plain.iter().rev().take(count).all(|octet| usize::from(*octet) == count);
        if !fine {
            return Err(Reason::Malformed);
        }
        plain.truncate(plain.len() - count);
        Ok(plain)
    }

    /// The Fernet Spec, "Verifying".
    fn fernet(&self, value: &[u8], key: &Key<'_>) -> Read {
        let octets = self.decode(value, Base64 { url: true, padded: true })?;
        let (header, _) = octets.split_at_checked(25).ok_or(Reason::Malformed)?;
        if header[0] != 0x80 && !has!(self, Flaw::AnyVersion) {
            return Err(Reason::Malformed);
        }
        let (sign, encrypt) = key.secret.split_at_checked(16).ok_or(Reason::Key)?;
        let lengths: &[usize] = if has!(self, Flaw::ShortMac) { &[32, 15, 12, 8, 4] } else { &[32] };
        let own = |length: &usize| {
            let (covered, mac) =
                octets.split_at_checked(octets.len().checked_sub(*length)?).filter(|(c, _)| c.len() > 25)?;
            self.verify(mac, Hash::Sha256, |hash| hmac(hash, sign, &[covered])).ok()?;
            Some(covered)
        };
        let covered = lengths.iter().find_map(own).ok_or(Reason::Signature)?;
        let plain = ciphers::cbc(encrypt, &covered[9..25], &covered[25..]).ok_or(Reason::Malformed)?;
        let at = header[1..9].iter().fold(0_u64, |sum, octet| sum << 8 | u64::from(*octet));
        Ok(Opened::at(self.unfilled(plain)?, Some(i64::try_from(at).unwrap_or(i64::MAX))))
    }

    /// The Branca specification, "Decoding".
    fn branca(&self, value: &[u8], key: &Key<'_>) -> Read {
        let octets = base62(value).ok_or(Reason::Malformed)?;
        let (header, sealed) = octets.split_at_checked(29).ok_or(Reason::Malformed)?;
        if header[0] != 0xba && !has!(self, Flaw::AnyVersion) {
            return Err(Reason::Malformed);
        }
        let plain = ciphers::xchacha20_poly1305(&key.secret, &header[5..], header, sealed).ok_or(Reason::Signature)?;
        let at = header[1..5].iter().fold(0, |sum, octet| sum << 8 | i64::from(*octet));
        Ok(Opened::at(plain, Some(at)))
    }

    /// PASETO, "Version 4", "Decrypt".
    fn paseto_local(&self, value: &[u8], key: &Key<'_>) -> Read {
        let Token { header, body, footer } = self.paseto(value, b"v4.local.")?;
        let (nonce, rest) = body.split_at_checked(32).ok_or(Reason::Malformed)?;
        let lengths: &[usize] = if has!(self, Flaw::ShortMac) { &[32, 15, 12, 8, 4] } else { &[32] };
        let own = ciphers::blake2b_32(&key.secret, &[b"paseto-auth-key-for-aead", nonce]).ok_or(Reason::Key)?;
        let implicit = key.purpose.unwrap_or_default().as_bytes();
        let open = |length: &usize| {
            let (ciphertext, tag) = rest.split_at_checked(rest.len().checked_sub(*length)?)?;
            let due = ciphers::blake2b_32(&own, &[&joined(&[&header, nonce, ciphertext, &footer, implicit])])?;
            self.verify(tag, Hash::Sha256, |_| due.clone()).ok()?;
            Some(ciphertext)
        };
        let ciphertext = lengths.iter().find_map(open).ok_or(Reason::Signature)?;
        let keys = ciphers::blake2b_56(&key.secret, &[b"paseto-encryption-key", nonce]).ok_or(Reason::Key)?;
        Ok(Opened::plain(ciphers::xchacha20(&keys[..32], &keys[32..], ciphertext)))
    }

    /// The same, "Verify".
    fn paseto_public(&self, value: &[u8], key: &Key<'_>) -> Read {
        let Token { header, body, footer } = self.paseto(value, b"v4.public.")?;
        let at = body.len().checked_sub(64).ok_or(Reason::Malformed)?;
        let (payload, signature) = body.split_at(at);
        let covered = joined(&[&header, payload, &footer, key.purpose.unwrap_or_default().as_bytes()]);
        let fine = UnparsedPublicKey::new(&ED25519, &key.secret).verify(&covered, signature).is_ok();
        if fine || has!(self, Flaw::SkipsMac) { Ok(Opened::plain(payload)) } else { Err(Reason::Signature) }
    }

    /// Header, body and footer of a PASETO.
    fn paseto(&self, value: &[u8], header: &[u8]) -> Result<Token, Reason> {
        let fields: Vec<&[u8]> = value.split(|octet| *octet == b'.').collect();
        let (version, purpose, body, footer) = match fields[..] {
            [version, purpose, body] => (version, purpose, body, None),
            [version, purpose, body, footer] => (version, purpose, body, Some(footer)),
            _ => return Err(Reason::Malformed),
        };
        let own = [version, b".", purpose, b"."].concat();
        if own != header && !has!(self, Flaw::AnyVersion) {
            return Err(Reason::Malformed);
        }
        let body = self.decode(body, Base64::URL)?;
        let footer = match footer {
            None => Vec::new(),
            Some(_) if has!(self, Flaw::Trailer) => Vec::new(),
            Some(b"") => return Err(Reason::Malformed),
            Some(text) => self.decode(text, Base64::URL)?,
        };
        Ok(Token { header: own, body, footer })
    }
}

/// The parts of a PASETO.
struct Token {
    header: Vec<u8>,
    body: Vec<u8>,
    footer: Vec<u8>,
}

/// Whether nothing in it looks like the scheme.
fn is_bare(scheme: Scheme, value: &[u8]) -> bool {
    match scheme {
        Scheme::CookieSignature => !value.starts_with(b"s%3A"),
        Scheme::ItsDangerous | Scheme::ItsDangerousTimed | Scheme::FlaskSession => !value.contains(&b'.'),
        Scheme::DjangoSigned => !value.contains(&b':'),
        Scheme::SignedJar => value.len() < 44,
        _ => false,
    }
}

/// What itsdangerous calls `django-concat`.
fn concatenated(hash: Hash, key: &Key<'_>, salt: &str) -> Vec<u8> {
    hashed(hash, &[key.purpose.unwrap_or(salt).as_bytes(), b"signer", &key.secret])
}

/// PBKDF2 with SHA-1 and one round, 32 octets.
fn stretched(password: &[u8], salt: &[u8]) -> Vec<u8> {
    let mut key = [0; 32];
    let once = std::num::NonZeroU32::MIN;
    aws_lc_rs::pbkdf2::derive(aws_lc_rs::pbkdf2::PBKDF2_HMAC_SHA1, once, salt, password, &mut key);
    key.to_vec()
}

/// PAE.
fn joined(pieces: &[&[u8]]) -> Vec<u8> {
    let mut whole = (pieces.len() as u64).to_le_bytes().to_vec();
    for piece in pieces {
        whole.extend_from_slice(&(piece.len() as u64).to_le_bytes());
        whole.extend_from_slice(piece);
    }
    whole
}
