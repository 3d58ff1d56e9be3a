//! What is no report, or hardly one any more: it is read or refused with a message, and what is read renders in every format.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use serde_json::Value;
use token_assay_report::{Format, Options, read};

const GOLDEN: [&str; 3] = [
    include_str!("../golden/complete-report.json"),
    include_str!("../golden/sound-report.json"),
    include_str!("../golden/stopped-report.json"),
];

/// What is done to a file.
#[derive(Debug, Clone)]
enum Change {
    /// It ends here.
    Cut(prop::sample::Index),
    /// One octet is another.
    Octet(prop::sample::Index, u8),
    /// A value somewhere in it is this one.
    Value(prop::sample::Index, Value),
    /// A text, or a number, somewhere in it is another: what a reader cannot refuse for its type.
    Like(prop::sample::Index, String, u64),
    /// A value somewhere in it is missing.
    Without(prop::sample::Index),
    /// A value somewhere in it is the value that stands elsewhere.
    Moved(prop::sample::Index, prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    let odd = prop::sample::select(vec![
        Value::Null,
        Value::Bool(true),
        Value::from(-1),
        Value::from(u64::MAX),
        Value::from(i64::MIN),
        Value::from(1e300),
        Value::from(""),
        Value::from("../../etc/passwd\0\u{202e}"),
        Value::from("9".repeat(400)),
        Value::Array(Vec::new()),
        Value::Object(serde_json::Map::new()),
    ]);
    prop_oneof![
        1 => index().prop_map(Change::Cut),
        1 => (index(), any::<u8>()).prop_map(|(at, octet)| Change::Octet(at, octet)),
        1 => (index(), odd).prop_map(|(at, value)| Change::Value(at, value)),
        4 => (index(), ".*", any::<u64>()).prop_map(|(at, text, number)| Change::Like(at, text, number)),
        1 => index().prop_map(Change::Without),
        1 => (index(), index()).prop_map(|(at, from)| Change::Moved(at, from)),
    ]
}

fn changed(text: &str, changes: &[Change]) -> Vec<u8> {
    let mut octets = text.as_bytes().to_vec();
    for change in changes {
        let document = serde_json::from_slice::<Value>(&octets).ok();
        match (change, document) {
            (Change::Cut(at), _) if !octets.is_empty() => octets.truncate(at.index(octets.len())),
            (Change::Octet(at, octet), _) if !octets.is_empty() => {
                let at = at.index(octets.len());
                octets[at] = *octet;
            }
            (Change::Value(at, value), Some(mut document)) => {
                *nth(&mut document, *at) = value.clone();
                octets = document.to_string().into_bytes();
            }
            (Change::Like(at, text, number), Some(mut document)) => {
                match nth(&mut document, *at) {
                    Value::String(old) => old.clone_from(text),
                    Value::Number(old) => *old = (*number).into(),
                    _ => {}
                }
                octets = document.to_string().into_bytes();
            }
            (Change::Without(at), Some(mut document)) => {
                remove(&mut document, *at);
                octets = document.to_string().into_bytes();
            }
            (Change::Moved(at, from), Some(mut document)) => {
                let value = nth(&mut document, *from).clone();
                *nth(&mut document, *at) = value;
                octets = document.to_string().into_bytes();
            }
            _ => {}
        }
    }
    octets
}

/// The pointers to every value of a document.
fn pointers(document: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match document {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, item)| pointers(item, &format!("{at}/{place}"), all));
        }
        Value::Object(members) => {
            let step = |name: &str| format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
            members.iter().for_each(|(name, member)| pointers(member, &step(name), all));
        }
        _ => {}
    }
}

fn nth(document: &mut Value, at: prop::sample::Index) -> &mut Value {
    let mut all = Vec::new();
    pointers(document, "", &mut all);
    document.pointer_mut(&all[at.index(all.len())]).expect("it was just seen")
}

fn remove(document: &mut Value, at: prop::sample::Index) {
    let mut all = Vec::new();
    pointers(document, "", &mut all);
    let Some((parent, last)) = all[at.index(all.len())].rsplit_once('/') else { return };
    match document.pointer_mut(parent) {
        Some(Value::Array(items)) => drop(items.remove(last.parse().expect("a place"))),
        Some(Value::Object(members)) => drop(members.remove(&last.replace("~1", "/").replace("~0", "~"))),
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_to_a_report_it_is_refused_with_words_or_renders(
        text in prop::sample::select(GOLDEN.to_vec()), changes in prop::collection::vec(change(), 1..4)
    ) {
        match read(&changed(text, &changes)) {
            Err(error) => prop_assert!(!error.to_string().is_empty() && !error.hint().is_empty()),
            Ok(report) => Format::ALL.iter().for_each(|format| drop(format.render(&report, &Options::default()))),
        }
    }
}

/// The changes are not all of the kind that every reader refuses at once.
#[test]
fn some_changed_reports_are_still_reports() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut read_again = 0;
    for _ in 0..200 {
        let changes = prop::collection::vec(change(), 1..4).new_tree(&mut runner).expect("a strategy").current();
        read_again += usize::from(read(&changed(GOLDEN[0], &changes)).is_ok());
    }
    assert!((10..190).contains(&read_again), "{read_again} of 200");
}
