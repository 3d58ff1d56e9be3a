//! Keeps the user's own keys, and the tokens that they signed, out of what is written.
//!
//! Takes the texts that must not be seen, replaces each by `sha256:` and the start of its hash wherever it occurs. Without
//! keys of the user's own it changes nothing: Assay's test keys are public.

use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use token_assay::forge::{TestKey, base64url};
use token_assay_model::{Finding, Input, Key, Report};

/// Knows what must not be seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Redactor {
    /// The keys' texts, longest first.
    secrets: Vec<String>,
    /// The names of the user's keys.
    names: Vec<String>,
}

impl Redactor {
    /// Hides these keys.
    pub(crate) fn hiding(keys: &[TestKey]) -> Self {
        let mut secrets: Vec<String> = keys.iter().flat_map(texts).filter(|text| text.len() >= SHORTEST).collect();
        secrets.sort_by_key(|text| std::cmp::Reverse(text.len()));
        secrets.dedup();
        Self { secrets, names: keys.iter().map(|key| key.name.clone()).collect() }
    }

    /// Whether it hides anything.
    pub(crate) fn hides(&self) -> bool {
        !self.names.is_empty()
    }

    /// A text without what must not be seen.
    pub(crate) fn text(&self, text: &str) -> String {
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
        let touches = finding.policy.keys.iter().any(|key| self.is_hidden(key));
        if !touches {
            return finding;
        }
        let tokens = [finding.input.clone(), finding.twin.clone()];
        let mut policy = (*finding.policy).clone();
        for key in policy.keys.iter_mut().filter(|key| self.is_hidden(key)) {
            *key = Key { kid: key.kid.clone(), jwk_text: Some(mask(identity(key).as_bytes())), ..Key::default() };
        }
        finding.policy = Arc::new(policy);
        finding.input = Input::Token(mask(tokens[0].octets()));
        finding.twin = Input::Token(mask(tokens[1].octets()));
        let with_tokens = Self {
            secrets: tokens
                .iter()
                .filter_map(Input::text)
                .filter(|text| text.len() >= SHORTEST)
                .map(str::to_owned)
                .chain(self.secrets.iter().cloned())
                .collect(),
            names: Vec::new(),
        };
        let value = serde_json::to_value(&finding).expect("a finding is JSON");
        serde_json::from_value(with_tokens.value(value)).expect("only texts were changed")
    }

    /// A report without what must not be seen.
    pub(crate) fn report(&self, mut report: Report) -> Report {
        if !self.hides() {
            return report;
        }
        report.findings = report.findings.iter().map(|finding| self.finding(finding)).collect();
        report.run.redacted = true;
        let value = serde_json::to_value(&report).expect("a report is JSON");
        serde_json::from_value(self.value(value)).expect("only texts were changed")
    }

    fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(values) => values.into_iter().map(|value| self.value(value)).collect(),
            Value::Object(members) => {
                Value::Object(members.into_iter().map(|(name, value)| (self.text(&name), self.value(value))).collect())
            }
            other => other,
        }
    }

    fn is_hidden(&self, key: &Key) -> bool {
        // A `configured` key is one that a case derived, perhaps from the user's.
        let named =
            key.kid.as_ref().is_some_and(|kid| self.names.contains(kid) || (self.hides() && kid == "configured"));
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
        texts.extend(String::from_utf8(octets));
    }
    texts
}

fn identity(key: &Key) -> String {
    serde_json::to_string(key).expect("a key is JSON")
}

fn mask(octets: &[u8]) -> String {
    let hash = Sha256::digest(octets);
    let start: String = hash[..8].iter().map(|octet| format!("{octet:02x}")).collect();
    format!("sha256:{start}")
}

/// Shorter texts would be found everywhere.
const SHORTEST: usize = 6;
