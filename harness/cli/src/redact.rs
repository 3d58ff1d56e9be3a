//! Keeps the user's own keys, and the tokens that they signed, out of what is written.
//!
//! Takes the texts that must not be seen, replaces each by `sha256:` and the start of its hash wherever it occurs. Without
//! keys of the user's own it changes nothing: Assay's test keys are public.

use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use token_assay::forge::{TestKey, base64url};
use token_assay::reference;
use token_assay_model::{Algorithm, Finding, Input, Key, Policy, Report, Request};

/// Knows what must not be seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Redactor {
    /// The keys' texts, longest first.
    secrets: Vec<String>,
    /// The user's keys.
    keys: Vec<Key>,
}

impl Redactor {
    /// Hides these keys.
    pub(crate) fn hiding(keys: &[TestKey]) -> Self {
        let mut secrets: Vec<String> = keys.iter().flat_map(texts).filter(|text| text.len() >= SHORTEST).collect();
        secrets.sort_by_key(|text| std::cmp::Reverse(text.len()));
        secrets.dedup();
        Self { secrets, keys: keys.iter().map(TestKey::every_form).collect() }
    }

    /// Hides these texts too: passwords and credentials of a service.
    pub(crate) fn and_texts(mut self, texts: Vec<String>) -> Self {
        self.secrets.extend(texts.into_iter().filter(|text| text.len() >= SHORTEST));
        self.secrets.sort_by_key(|text| std::cmp::Reverse(text.len()));
        self.secrets.dedup();
        self
    }

    /// Whether it hides anything.
    pub(crate) fn hides(&self) -> bool {
        !(self.keys.is_empty() && self.secrets.is_empty())
    }

    /// What a target said, without the keys and tokens that it may have repeated.
    pub(crate) fn said(&self, text: &str) -> String {
        if self.hides() { without_tokens(&self.text(text)) } else { text.to_owned() }
    }

    /// A text without the user's keys.
    fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), &mask(secret.as_bytes()));
            }
        }
        text
    }

    /// A finding without the user's keys, and without its tokens where one of those keys may have signed them.
    pub(crate) fn finding(&self, finding: &Finding) -> Finding {
        let mut finding = finding.clone();
        let tokens = [finding.input.clone(), finding.twin.clone()];
        // A twin may be valid under another policy than the finding's.
        let touches =
            finding.policy.keys.iter().any(|key| self.is_hidden(key)) || tokens.iter().any(|t| self.signed(t));
        let touches = touches || finding.before.iter().any(|earlier| self.signed(&earlier.input));
        if !touches {
            return finding;
        }
        let mut policy = (*finding.policy).clone();
        for key in policy.keys.iter_mut().filter(|key| self.is_hidden(key)) {
            *key = Key { kid: key.kid.clone(), jwk_text: Some(mask(identity(key).as_bytes())), ..Key::default() };
        }
        finding.policy = Arc::new(policy);
        // Its parts, put together again, would be the token.
        finding.recipe = None;
        finding.input = Input::Token(mask(tokens[0].octets()));
        finding.twin = Input::Token(mask(tokens[1].octets()));
        for earlier in &mut finding.before {
            earlier.input = Input::Token(mask(earlier.input.octets()));
            earlier.policy = Arc::clone(&finding.policy);
        }
        let with_tokens = Self {
            secrets: tokens
                .iter()
                .filter_map(Input::text)
                .filter(|text| text.len() >= SHORTEST)
                .map(str::to_owned)
                .chain(self.secrets.iter().cloned())
                .collect(),
            keys: Vec::new(),
        };
        let value = serde_json::to_value(&finding).expect("a finding is JSON");
        let mut hidden = map_texts(value, &|text| with_tokens.text(text));
        for answers in ["observed", "others"] {
            hidden[answers] = map_texts(hidden[answers].take(), &without_tokens);
        }
        serde_json::from_value(hidden).expect("only texts were changed")
    }

    /// A report without what must not be seen.
    pub(crate) fn report(&self, mut report: Report) -> Report {
        if !self.hides() {
            return report;
        }
        report.findings = report.findings.iter().map(|finding| self.finding(finding)).collect();
        report.run.redacted = true;
        for target in &mut report.targets {
            let failures = target.control_failures.iter_mut().map(|failure| &mut failure.observed);
            failures.chain(&mut target.unusable).for_each(|text| *text = self.said(text));
        }
        for result in report.cases.iter_mut().flat_map(|case| case.results.values_mut()) {
            result.answer = self.said(&result.answer);
        }
        let value = serde_json::to_value(&report).expect("a report is JSON");
        serde_json::from_value(map_texts(value, &|text| self.text(text))).expect("only texts were changed")
    }

    /// Whether one of the user's keys signed this token.
    fn signed(&self, token: &Input) -> bool {
        self.keys.iter().any(|key| {
            let algorithms = Algorithm::ALL.iter().copied().filter(|algorithm| *algorithm != Algorithm::None);
            let algorithms = Some(algorithms.collect());
            let policy = Policy { algorithms, keys: vec![key.clone()], ..Policy::default() };
            reference::jws(Request { input: token, policy: &policy }).is_ok()
        })
    }

    fn is_hidden(&self, key: &Key) -> bool {
        // A `configured` key is one that a case derived, perhaps from the user's.
        let is_own = |kid: &String| self.keys.iter().any(|own| own.kid.as_ref() == Some(kid));
        let named = key.kid.as_ref().is_some_and(|kid| is_own(kid) || (self.hides() && kid == "configured"));
        named || self.secrets.iter().any(|secret| identity(key).contains(secret.as_str()))
    }
}

/// Every text in which a key may be written.
fn texts(key: &TestKey) -> Vec<String> {
    let mut texts: Vec<String> = [&key.pem, &key.pkcs1_pem, &key.cert_pem, &key.openssh, &key.private_pem]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    texts.push(key.jwk_text.clone());
    if let Value::Object(members) = key.jwk() {
        let material = ["k", "n", "x", "y"];
        texts.extend(material.iter().filter_map(|name| members.get(*name)?.as_str().map(str::to_owned)));
    }
    for octets in key.octets().map(<[u8]>::to_vec).into_iter().chain(key.spki_der()) {
        texts.push(base64url::encode_standard(&octets));
        texts.push(base64url::encode(&octets));
        texts.push(hex(&octets));
        texts.push(hex(&octets).to_uppercase());
        texts.extend(String::from_utf8(octets));
    }
    texts
}

fn identity(key: &Key) -> String {
    serde_json::to_string(key).expect("a key is JSON")
}

fn mask(octets: &[u8]) -> String {
    let hash = Sha256::digest(octets);
    format!("sha256:{}", hex(&hash[..8]))
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The text with every run of letters that is long enough to be a token, or the signature of one, replaced.
fn without_tokens(text: &str) -> String {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&c);
    let mut hidden = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (run, after) = rest.split_at(rest.find(|c| !is_of_token(c)).unwrap_or(rest.len()));
        if run.len() < SHORTEST_SIGNATURE {
            hidden.push_str(run);
        } else {
            hidden.push_str(&mask(run.as_bytes()));
        }
        let (between, next) = after.split_at(after.find(is_of_token).unwrap_or(after.len()));
        hidden.push_str(between);
        rest = next;
    }
    hidden
}

fn map_texts(value: Value, map: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(map(&text)),
        Value::Array(values) => values.into_iter().map(|value| map_texts(value, map)).collect(),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (map(&name), map_texts(value, map))).collect())
        }
        other => other,
    }
}

/// Shorter texts would be found everywhere.
const SHORTEST: usize = 6;

/// That of HS256 has 43 letters.
const SHORTEST_SIGNATURE: usize = 40;
