//! The harness's own readers: protocol lines, reports, event logs, kept findings, `assay.toml`, keys.
//!
//! Takes the octets as each of these in turn. No reader panics, and what one of them reads is the same when it is written
//! and read again.

use std::fmt::Debug;
use std::str;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use token_assay::forge::sign::{Hash, Scheme};
use token_assay::forge::{Forge, NOW, Secret, TestKey};
use token_assay::model::wire::{Command, Hello, Reply};
use token_assay::model::{Answer, Claims, Finding, Request};
use token_assay::reference;
use token_assay::regressions::Regression;
use token_assay::strawman::Sound;
use token_assay::targets::serve::serve;
use token_assay_report::{Format, Options};

use crate::config::Config;
use crate::dictionary::Dictionary;
use crate::{Target, seeds};

/// The target.
pub const TARGET: Target = Target {
    name: "wire",
    run,
    longest: seeds::LONGEST_DOCUMENT,
    seeds: seeds::documents,
    dictionary: Some(Dictionary::of_wire),
};

/// Shows one input.
pub fn run(data: &[u8]) {
    served(data);
    report(data);
    regression(data);
    if let Ok(value) = serde_json::from_slice::<Value>(data) {
        key(&value);
    }
    if let Ok(text) = str::from_utf8(data) {
        text.lines().for_each(line);
        let _ = Config::parse(text);
    }
}

/// The shim's end of the protocol: whatever is read, what is written is lines of JSON.
fn served(data: &[u8]) {
    let mut written = Vec::new();
    // What is not UTF-8 ends the conversation.
    let _ = serve(&Sound, data, &mut written);
    let written = str::from_utf8(&written).expect("JSON is written");
    for line in written.lines() {
        serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
}

/// A line of the protocol, either way, or of an event log.
fn line(line: &str) {
    read_twice::<Command>(line);
    if let Some(hello) = read_twice::<Hello>(line) {
        assert!(hello.capabilities().len() <= hello.supports.len(), "a capability that was not given");
    }
    if let Some(reply) = read_twice::<Reply>(line)
        && let answer @ Answer::Verdict(_) = reply.clone().answer()
    {
        assert_eq!(Reply::new(reply.seq, answer.clone()).answer(), answer, "an answer that the wire changes");
    }
    // As an unfinished run's log is read.
    if let Some(finding) =
        serde_json::from_str::<Value>(line).ok().and_then(|mut event| Some(event.get_mut("finding")?.take()))
        && serde_json::from_value::<Finding>(finding.clone()).is_ok()
    {
        read_twice::<Finding>(&finding.to_string());
    }
}

fn report(data: &[u8]) {
    let Ok(report) = token_assay_report::read(data) else { return };
    let written = Format::Json.render(&report, &Options::default());
    let again = token_assay_report::read(&written).unwrap_or_else(|error| panic!("{error}"));
    assert!(again == report || is_same(&again, &report), "a report that changes when it is written");
    for format in Format::ALL {
        assert!(!format.render(&report, &Options::default()).is_empty(), "an empty {format}");
    }
}

fn regression(data: &[u8]) {
    let Ok(regression) = Regression::read("kept", data) else { return };
    let case = regression.case();
    assert!(regression.info().id.ends_with(case.id.class()), "a case of another class");
    reference::rule(case.request());
    reference::rule(Request { input: &case.control.tampered, policy: &case.control.policy });
}

/// A key of the user's own: what is shown of it is public, and it signs.
fn key(private: &Value) {
    let Some(key) = TestKey::from_jwk("mine", private) else { return };
    let shown = key.jwk();
    if key.octets().is_none() {
        assert!(["d", "p", "q"].iter().all(|member| shown.get(member).is_none()), "a private member is shown");
    }
    read_twice::<token_assay::model::Key>(&serde_json::to_string(&key.every_form()).expect("a key is JSON"));
    let scheme = match key.secret() {
        Secret::Oct(_) => Scheme::Hmac(Hash::Sha256),
        Secret::Ed25519(_) => Scheme::Ed25519,
        Secret::P256(_) | Secret::P384(_) | Secret::P521(_) | Secret::K256(_) => Scheme::Ecdsa(Hash::Sha256),
        // Takes milliseconds; the reading is what is under test.
        Secret::Rsa(_) | Secret::PublicOnly => return,
    };
    assert!(!Forge::new(NOW).signature(&key, scheme, b"message").is_empty(), "an empty signature");
}

/// What the text says, where it says such a thing.
fn read_twice<T: Serialize + DeserializeOwned + PartialEq + Debug>(text: &str) -> Option<T> {
    let read: T = serde_json::from_str(text).ok()?;
    let written = serde_json::to_string(&read).expect("what was read can be written");
    let again: T = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
    assert!(again == read || is_same(&again, &read), "{again:?} is not {read:?}: {written}");
    Some(read)
}

/// Whether two values that differ are written alike but for the last place of fractions, in which `serde_json` reads as it
/// likes: they are written differently and mean the same.
fn is_same(one: &impl Serialize, other: &impl Serialize) -> bool {
    let claims = |value: Value| Claims(Map::from_iter([("value".to_owned(), value)]));
    let [one, other] = [serde_json::to_value(one), serde_json::to_value(other)].map(|value| value.map(claims));
    matches!((one, other), (Ok(one), Ok(other)) if one != other && one.same_as(&other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_loses_something_is_found_out() {
        #[derive(Debug, PartialEq, Serialize, serde::Deserialize)]
        struct Forgetful {
            #[serde(default, skip_serializing)]
            member: u8,
        }
        assert_eq!(read_twice::<Forgetful>("{}"), Some(Forgetful { member: 0 }));
        let lost = std::panic::catch_unwind(|| read_twice::<Forgetful>(r#"{"member":1}"#));
        assert!(lost.is_err());
    }

    #[test]
    fn every_reader_reads_one_of_the_seeds() {
        let seeds = seeds::documents();
        let texts = || seeds.iter().filter_map(|seed| str::from_utf8(&seed.octets).ok());
        let lines = || texts().flat_map(str::lines);
        assert!(lines().any(|line| read_twice::<Command>(line).is_some()));
        assert!(lines().any(|line| read_twice::<Hello>(line).is_some()));
        assert!(lines().any(|line| read_twice::<Reply>(line).is_some()));
        assert!(seeds.iter().any(|seed| token_assay_report::read(&seed.octets).is_ok()));
        assert!(seeds.iter().any(|seed| Regression::read("kept", &seed.octets).is_ok()));
        let keys = texts().filter_map(|text| serde_json::from_str(text).ok());
        assert!(keys.filter_map(|value: Value| TestKey::from_jwk("mine", &value)).count() > 5);
        assert!(texts().any(|text| Config::parse(text).is_ok_and(|config| !config.targets.is_empty())));
    }
}
