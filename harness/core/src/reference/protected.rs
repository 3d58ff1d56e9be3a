//! The sound opener of protected cookies.
//!
//! Takes a Cookie header, the policy of the cookie and a clock; gives what was protected, or the reason why the cookie is
//! refused. Each scheme is read as its document says and nothing else is: one encoding of each cookie, every constant of the
//! format, a MAC of full length, each secret in its order, the name where the scheme binds it. A cookie older than `max_age` is
//! expired, one from more than a minute ahead not yet valid. A [`Flaw`] switches one of these off: so a strawman is made.
//!
//! The MACs and ciphers are those of aws-lc-rs, where the forge seals with RustCrypto. XChaCha20, which that lacks, is written
//! out in `ciphers`; BLAKE2b is the forge's own crate, and held to the vectors of PASETO.

mod ciphers;
mod formats;
mod text;

use token_assay_model::{CookieHeader, CookiePolicy, Pair, Reason, Scheme, Verdict, cookie as cookies};

use super::cookie::SOUND;

/// What is wrong with an opener.
#[derive(Debug, Clone, Copy)]
pub enum Flaw {
    /// It checks no MAC.
    SkipsMac,
    /// It compares as much of a MAC as there is.
    ShortMac,
    /// It takes a value without a MAC as it stands.
    Unsigned,
    /// It takes several separators, or a field that stands twice, for one.
    LooseSeparators,
    /// It takes a field apart at the first separator, not the last.
    FirstSeparator,
    /// It takes cookies that were made for what the purpose begins with.
    PurposePrefix,
    /// It binds the value to the name of any cookie in the header.
    AnyName,
    /// It takes cookies that were made for any of these.
    AlsoFor(&'static [&'static str]),
    /// It takes MACs of SHA-1, where SHA-256 is the format's, and of SHA-512, where that is SHA-1.
    OtherHash,
    /// It tries the first secret alone.
    FirstSecret,
    /// It tries the last secret alone.
    LastSecret,
    /// It tries these secrets too.
    Remembers(fn(Scheme) -> Vec<u8>),
    /// It does not look at the bits behind the last octet of base64.
    TrailingBits,
    /// It takes base64 with and without padding.
    Padding,
    /// It skips what is no letter of base64.
    Junk,
    /// It takes either alphabet of base64.
    EitherAlphabet,
    /// It percent-decodes what is not encoded.
    Percent,
    /// It does not look behind the last field.
    Trailer,
    /// It does not look at the age.
    AnyAge,
    /// It takes what was made in the future.
    Future,
    /// It takes a time that it cannot read for none.
    AnyTime,
    /// It takes the last octet of a plaintext for the length of its padding, whatever the others are.
    AnyPadding,
    /// It takes every version, and its MAC for that version.
    AnyVersion,
    /// It falls over on JSON that is no object.
    WantsObject,
    /// It hands on what is no JSON.
    AnyPayload,
    /// It inflates whatever it is given, slowly.
    Inflates,
    /// It refuses a payload that is empty or no text.
    WantsText,
}

/// An opener: sound, but for these.
#[derive(Debug, Clone, Copy)]
pub struct Opener {
    /// What is wrong with it.
    pub flaws: &'static [Flaw],
}

/// Nothing is wrong with it.
pub const SOUND_OPENER: Opener = Opener { flaws: &[] };

/// How far ahead a cookie may have been made, in seconds: what Fernet and iron allow.
pub const SKEW: i64 = 60;

/// What stood in a cookie.
pub(super) struct Opened {
    payload: Vec<u8>,
    /// When it was made, in Unix seconds.
    made: Option<i64>,
    /// When it ends, in milliseconds.
    ends: Option<i64>,
}

/// Whether a flaw is among them.
macro_rules! has {
    ($opener:expr, $flaw:pat) => {
        $opener.flaws.iter().any(|flaw| matches!(flaw, $flaw))
    };
}
use has;

impl Opener {
    /// What was protected.
    ///
    /// # Errors
    ///
    /// Where the cookie must not be honoured.
    pub fn open(&self, header: &CookieHeader, policy: &CookiePolicy, now: Option<i64>) -> Result<Vec<u8>, Reason> {
        let scheme = policy.scheme.ok_or(Reason::Other)?;
        let pairs = SOUND.read(header)?;
        let own = pairs.iter().find(|pair| pair.name() == policy.name.as_bytes()).ok_or(Reason::Other)?;
        let mut refused = Err(Reason::Key);
        for key in self.keys(scheme, policy, &pairs) {
            match self.read(scheme, own.value(), &key).and_then(|opened| self.admit(scheme, opened, policy, now)) {
                // An age is told of a cookie whose MAC is right: no other secret will change it.
                Err(reason) if !matches!(refused, Err(Reason::Expired | Reason::NotYetValid)) => refused = Err(reason),
                Err(_) => {}
                opened => return opened,
            }
        }
        refused
    }

    /// The same as a target answers it.
    pub fn verdict(&self, header: &CookieHeader, policy: &CookiePolicy, now: Option<i64>) -> Verdict {
        match self.open(header, policy, now) {
            Ok(payload) => {
                let pair = Pair::new(&policy.name, payload);
                Verdict::Accept { claims: cookies::claims(&[pair]), header: None }
            }
            Err(reason) => Verdict::reject(reason, ""),
        }
    }

    /// Each secret, in order, with what is bound besides; the sound opener tries each once.
    fn keys<'k>(&self, scheme: Scheme, policy: &'k CookiePolicy, pairs: &'k [Pair]) -> Vec<Key<'k>> {
        let count = policy.secrets.len();
        let mut secrets: Vec<(Vec<u8>, usize)> =
            policy.secrets.iter().enumerate().map(|(index, secret)| (secret.0.clone(), count - index)).collect();
        if has!(self, Flaw::FirstSecret) {
            secrets.truncate(1);
        }
        if has!(self, Flaw::LastSecret) {
            secrets.drain(..count.saturating_sub(1));
        }
        let remembered = self.flaws.iter().filter_map(|flaw| match flaw {
            Flaw::Remembers(secret) => Some((secret(scheme), 1)),
            _ => None,
        });
        secrets.extend(remembered);
        let names = pairs.iter().filter(|_| has!(self, Flaw::AnyName)).map(Pair::name);
        let names: Vec<&[u8]> = std::iter::once(policy.name.as_bytes()).chain(names).collect();
        let purposes = self.purposes(policy);
        let each = |(secret, id): &(Vec<u8>, usize)| -> Vec<Key<'k>> {
            let key = |name: &'k [u8], purpose| Key { secret: secret.clone(), id: *id, name, purpose };
            names.iter().flat_map(|name| purposes.iter().map(|purpose| key(name, *purpose))).collect()
        };
        secrets.iter().flat_map(each).collect()
    }

    fn purposes<'k>(&self, policy: &'k CookiePolicy) -> Vec<Option<&'k str>> {
        let own = policy.purpose.as_deref();
        let mut purposes = vec![own];
        for flaw in self.flaws {
            match (flaw, own) {
                (Flaw::AlsoFor(others), _) => purposes.extend(others.iter().map(|other| Some(*other))),
                (Flaw::PurposePrefix, Some(own)) => {
                    purposes.extend((1..own.len()).filter_map(|end| own.get(..end)).map(Some));
                }
                _ => {}
            }
        }
        purposes
    }

    /// Age and payload of what has verified.
    fn admit(
        &self,
        scheme: Scheme,
        opened: Opened,
        policy: &CookiePolicy,
        now: Option<i64>,
    ) -> Result<Vec<u8>, Reason> {
        if let (Some(made), Some(now)) = (opened.made, now) {
            let age = now.saturating_sub(made);
            if age < -SKEW && !has!(self, Flaw::Future) {
                return Err(Reason::NotYetValid);
            }
            let oldest = policy.max_age.map_or(i64::MAX, |seconds| i64::try_from(seconds).unwrap_or(i64::MAX));
            if age > oldest && !has!(self, Flaw::AnyAge) {
                return Err(Reason::Expired);
            }
        }
        if let (Some(ends), Some(now)) = (opened.ends, now)
            && ends <= now.saturating_sub(SKEW).saturating_mul(1000)
            && !has!(self, Flaw::AnyAge)
        {
            return Err(Reason::Expired);
        }
        if is_json(scheme) && !has!(self, Flaw::AnyPayload) && super::json::Json::parse(&opened.payload).is_err() {
            return Err(Reason::Malformed);
        }
        if is_json(scheme) && has!(self, Flaw::WantsObject) {
            assert!(opened.payload.starts_with(b"{"), "as a strawman does");
        }
        let text = !opened.payload.is_empty() && std::str::from_utf8(&opened.payload).is_ok();
        if has!(self, Flaw::WantsText) && !text { Err(Reason::Malformed) } else { Ok(opened.payload) }
    }
}

/// Whether what the scheme protects is JSON.
pub const fn is_json(scheme: Scheme) -> bool {
    matches!(scheme, Scheme::ItsDangerous | Scheme::ItsDangerousTimed | Scheme::FlaskSession | Scheme::IronSession)
}

/// A secret and what is bound besides.
pub(super) struct Key<'k> {
    secret: Vec<u8>,
    /// The oldest is 1.
    id: usize,
    name: &'k [u8],
    purpose: Option<&'k str>,
}
