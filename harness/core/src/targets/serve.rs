//! A verifier behind the protocol: reads requests from a pipe, writes answers to another (PROTOCOL.md).
//!
//! Takes a [`Verifier`] and two streams; returns when its input ends or says `stop`. This is how `assay worker` drives a
//! linked crate, and how a Rust verifier can be a shim of its own.

use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use token_assay_model::wire::{Hello, Identity, PROTOCOL, Reply};
use token_assay_model::{Input, Policy, Request};

use super::{Verifier, observe};

/// Serves until the input ends.
///
/// # Errors
///
/// Where reading or writing fails.
///
/// ```
/// use token_assay::model::wire::Hello;
/// use token_assay::strawman::Sound;
/// use token_assay::targets::serve::serve;
///
/// let asked = concat!(r#"{"cmd":"start","protocol":1}"#, "\n", r#"{"cmd":"stop"}"#, "\n", "never read");
/// let mut answered = Vec::new();
/// serve(&Sound, asked.as_bytes(), &mut answered)?;
/// let hello: Hello = serde_json::from_slice(&answered)?;
/// assert_eq!(hello.target.name, "sound");
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn serve(verifier: &dyn Verifier, input: impl Read, mut output: impl Write) -> io::Result<()> {
    let mut input = BufReader::new(input);
    let mut line = Vec::new();
    let mut policies = Policies::default();
    loop {
        line.clear();
        let mut slow = false;
        if input.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        match serde_json::from_slice::<Line<'_>>(&line) {
            Ok(Line { cmd, protocol, .. }) if cmd == "start" => {
                if protocol == Some(PROTOCOL) {
                    write_line(&mut output, &hello(verifier))?;
                } else {
                    let supported = serde_json::json!({ "error": "unknown-protocol", "supported": [PROTOCOL] });
                    write_line(&mut output, &supported)?;
                }
            }
            Ok(Line { cmd, seq: Some(seq), input: Some(input), policy: Some(policy), .. }) if cmd == "verify" => {
                match policies.read(policy) {
                    Ok(policy) => {
                        let observation = observe(verifier, Request { input: &input, policy });
                        let nanoseconds = observation.elapsed.as_nanos().try_into().ok();
                        slow = observation.elapsed > SLOW;
                        write_line(&mut output, &Reply { nanoseconds, ..Reply::new(seq, observation.answer) })?;
                    }
                    Err(error) => {
                        write_line(&mut output, &serde_json::json!({ "error": "bad-line", "detail": error }))?;
                    }
                }
            }
            Ok(Line { cmd, .. }) if cmd == "stop" => return Ok(()),
            Ok(Line { cmd, .. }) if !matches!(cmd.as_str(), "start" | "verify") => {
                write_line(&mut output, &serde_json::json!({ "error": "unknown-cmd" }))?;
            }
            _ => write_line(&mut output, &serde_json::json!({ "error": "bad-line" }))?,
        }
        // Answers leave together as long as a whole request has been read ahead; asking for more would block. One that took
        // long is not kept waiting.
        if slow || !input.buffer().contains(&b'\n') {
            output.flush()?;
        }
    }
}

#[derive(Deserialize)]
struct Line<'a> {
    cmd: String,
    #[serde(default)]
    protocol: Option<u32>,
    #[serde(default)]
    seq: Option<u64>,
    #[serde(default)]
    input: Option<Input>,
    #[serde(default, borrow)]
    policy: Option<&'a RawValue>,
}

/// Neighbouring requests share their policy: it is read once.
#[derive(Default)]
struct Policies {
    text: String,
    policy: Policy,
}

impl Policies {
    fn read(&mut self, raw: &RawValue) -> Result<&Policy, String> {
        if self.text != raw.get() {
            self.policy = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
            raw.get().clone_into(&mut self.text);
        }
        Ok(&self.policy)
    }
}

fn hello(verifier: &dyn Verifier) -> Hello {
    let info = verifier.info();
    Hello {
        protocol: PROTOCOL,
        supports: info.supports.iter().map(|capability| capability.as_str().to_owned()).collect(),
        target: Identity {
            name: info.name,
            version: info.version,
            language: info.language,
            homepage: info.homepage,
            issues: info.issues,
        },
    }
}

fn write_line(output: &mut impl Write, line: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *output, line)?;
    output.write_all(b"\n")
}

const SLOW: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strawman::Sound;

    #[test]
    fn what_is_no_request_is_answered_and_the_reading_goes_on() {
        let lines = "nonsense\n{\"cmd\":\"dance\"}\n{\"cmd\":\"start\",\"protocol\":2}\n{\"cmd\":\"start\",\"protocol\":1}\n\
                     {\"cmd\":\"verify\",\"seq\":7,\"input\":{\"token\":\"x\"},\"policy\":{},\"later\":1}\n{\"cmd\":\"stop\"}\nmore";
        let mut output = Vec::new();
        serve(&Sound, lines.as_bytes(), &mut output).unwrap();
        let output = String::from_utf8(output).unwrap();
        let answers: Vec<serde_json::Value> = output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(answers[0]["error"], "bad-line");
        assert_eq!(answers[1]["error"], "unknown-cmd");
        assert_eq!(answers[2], serde_json::json!({"error": "unknown-protocol", "supported": [1]}));
        assert_eq!(answers[3]["target"]["name"], "sound");
        assert_eq!(answers[4]["seq"], 7);
        assert_eq!(answers[4]["verdict"], "reject");
        assert_eq!(answers.len(), 5);
    }
}
