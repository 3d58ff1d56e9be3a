//! What is put under test, and the two ways of driving it.
//!
//! A [`Verifier`] takes a [`Request`] and gives a [`Verdict`]; it never sees what is expected. Here is one adapter a file
//! for each Rust crate, each behind the feature `target-<crate>`, and the list of them. A [`Driver`] shows requests to a
//! target: [`InProcess`] calls it, [`process::Process`] talks to a child over a pipe, so that a target that takes its
//! process down costs one case.
//!
//! ```
//! use token_assay::attacks;
//! use token_assay::forge::{Forge, NOW};
//! use token_assay::model::report::TargetInfo;
//! use token_assay::model::{Answer, Fault, Reason, Request, Verdict};
//! use token_assay::targets::{Verifier, observe};
//!
//! /// Counts the segments before it looks at any of them, and forgets that there may be none.
//! struct Careless;
//!
//! impl Verifier for Careless {
//!     fn info(&self) -> TargetInfo {
//!         TargetInfo::new("careless", "1.0.0", &["HS256"])
//!     }
//!
//!     fn verify(&self, request: Request<'_>) -> Verdict {
//!         let token = request.input.text().unwrap_or_default();
//!         let _signature = token.splitn(3, '.').nth(2).expect("three segments");
//!         Verdict::reject(Reason::Other, "not written yet")
//!     }
//! }
//!
//! let cases = attacks::suite(&Forge::new(NOW), |class| class == "structure/seg-one");
//! let seen = observe(&Careless, cases[0].request());
//! assert!(matches!(seen.answer, Answer::Fault(Fault::Panic(_))), "{seen:?}");
//! ```

mod group;
pub mod process;
pub mod serve;
pub mod service;

#[cfg(feature = "cookies")]
pub mod cookies;

#[cfg(feature = "target-aliri")]
pub mod aliri;
#[cfg(feature = "target-biscuit")]
pub mod biscuit;
#[cfg(feature = "target-jaws")]
pub mod jaws;
#[cfg(feature = "target-jose-rs")]
pub mod jose_rs;
#[cfg(feature = "target-josekit")]
pub mod josekit;
#[cfg(feature = "target-jsonwebtoken")]
pub mod jsonwebtoken;
#[cfg(feature = "target-jsonwebtokens")]
pub mod jsonwebtokens;
#[cfg(feature = "target-jwt")]
pub mod jwt;
#[cfg(feature = "target-jwt-compact")]
pub mod jwt_compact;
#[cfg(feature = "target-jwt-rustcrypto")]
pub mod jwt_rustcrypto;
#[cfg(feature = "target-jwt-simple")]
pub mod jwt_simple;
#[cfg(feature = "target-jwtk")]
pub mod jwtk;
#[cfg(feature = "target-openidconnect")]
pub mod openidconnect;
#[cfg(feature = "target-picky")]
pub mod picky;

#[cfg(any(feature = "adapters", feature = "cookies"))]
mod support;

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use token_assay_model::report::TargetInfo;
use token_assay_model::{
    Answer, Control, Earlier, Expectation, Fault, Input, Level, Observation, Oracle, Policy, Request, Severity, Verdict,
};

pub use service::{Ready, Service};

/// A verification implementation.
///
/// Implement this for your own verifier to put it under test. The policy says what the relying party is configured to
/// accept: build from it what your application would build, return `Verdict::unsupported(capability)` for a member that
/// your verifier cannot obey, and on success hand back *all* the claims that the application would see. A panic is caught
/// and recorded as a fault.
pub trait Verifier: Send + Sync {
    /// Who it is, and what it verifies and obeys. A case that needs more is skipped.
    fn info(&self) -> TargetInfo;

    /// Verifies one token under one policy.
    fn verify(&self, request: Request<'_>) -> Verdict;

    /// The same with its key read and its configuration built once, as a service keeps them; claims that it leaves to the
    /// application are checked as [`Service`] does. Nothing where it cannot keep them, or cannot serve the policy.
    fn ready(&self, policy: &Policy) -> Option<Ready> {
        let _ = policy;
        None
    }
}

impl<V: Verifier + ?Sized> Verifier for &V {
    fn info(&self) -> TargetInfo {
        (**self).info()
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        (**self).verify(request)
    }

    fn ready(&self, policy: &Policy) -> Option<Ready> {
        (**self).ready(policy)
    }
}

impl<V: Verifier + ?Sized> Verifier for Box<V> {
    fn info(&self) -> TargetInfo {
        (**self).info()
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        (**self).verify(request)
    }

    fn ready(&self, policy: &Policy) -> Option<Ready> {
        (**self).ready(policy)
    }
}

impl<V: Verifier + ?Sized> Verifier for Arc<V> {
    fn info(&self) -> TargetInfo {
        (**self).info()
    }

    fn verify(&self, request: Request<'_>) -> Verdict {
        (**self).verify(request)
    }

    fn ready(&self, policy: &Policy) -> Option<Ready> {
        (**self).ready(policy)
    }
}

/// Shows requests to one target.
pub trait Driver: Send {
    /// Who the target is; starts it where it must be started.
    ///
    /// # Errors
    ///
    /// Where it cannot be started, or says nothing that can be read.
    fn start(&mut self) -> Result<TargetInfo, Unusable>;

    /// Shows the requests in order and hands each observation on with its request's index, until `seen` breaks.
    ///
    /// # Errors
    ///
    /// Where the target has to be given up; what was seen until then stays seen.
    fn observe(
        &mut self,
        requests: &[Request<'_>],
        seen: &mut dyn FnMut(usize, Observation) -> ControlFlow<()>,
    ) -> Result<(), Unusable>;

    /// Puts the target back to where it has been shown nothing, where it can be: in a new process.
    fn renew(&mut self) {}

    /// How long processors have worked for the target so far; nothing where the system does not say. Unlike the time that
    /// passes, it does not grow with what else the machine does.
    fn worked(&mut self) -> Option<Duration> {
        None
    }

    /// How long the target has been ready to work so far and waited for a processor; nothing where the system does not say.
    fn waited(&mut self) -> Option<Duration> {
        None
    }

    /// What the target's process holds in memory, in octets; from here on its peak is told anew. Nothing where the system
    /// does not say, or where the process is ours.
    fn mark_memory(&mut self) -> Option<u64> {
        None
    }

    /// The most that it has held since.
    fn peak_memory(&mut self) -> Option<u64> {
        None
    }

    /// Shows both requests in turn from several threads at once, and gives the answers to each; nothing where one thread
    /// serves the target.
    fn observe_at_once(&self, requests: [Request<'_>; 2]) -> Option<[Vec<Observation>; 2]> {
        let _ = requests;
        None
    }

    /// Shows a control's tokens in the ways of a class of which only a service can be asked; nothing of any other target.
    ///
    /// # Errors
    ///
    /// Where the target has to be given up.
    fn ask_otherwise(&mut self, class: &str, control: &Control) -> Result<Vec<Asked>, Unusable> {
        let _ = (class, control);
        Ok(Vec::new())
    }
}

/// A way in which only a service can be asked, and what came of it.
#[derive(Debug, Clone)]
pub enum Asked {
    /// A token was shown: its answer is to be judged, or was found to be wrong.
    Sent(Box<Sent>),
    /// It was tried, and nothing is wrong.
    Held {
        /// Which way.
        variant: String,
        /// What was seen, in words.
        because: String,
    },
    /// It was tried, and what was seen proves nothing.
    CannotTell {
        /// Which way.
        variant: String,
        /// Why not, in words.
        because: String,
    },
    /// It was not tried.
    Skipped {
        /// Which way.
        variant: String,
        /// What is wanted for it.
        wanting: String,
    },
}

/// A token that was shown in a way of its own, and what came of it.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Which way.
    pub variant: String,
    /// The token.
    pub input: Input,
    /// What the standard says, where it is not what it says of the class.
    pub expectation: Option<Expectation>,
    /// What the target did.
    pub observation: Observation,
    /// What was shown just before, in this order.
    pub before: Vec<Earlier>,
    /// What is wrong, where no oracle can tell it from one answer.
    pub judged: Option<Judged>,
}

/// What is judged from several answers together, or from what a target did beside answering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Which way of judging it is.
    pub oracle: Oracle,
    /// How firmly the standard speaks.
    pub level: Level,
    /// How bad it is.
    pub severity: Severity,
    /// What happened, as a sentence.
    pub because: String,
}

/// Why a target could not be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable(pub String);

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unusable {}

/// Calls a verifier directly. A panic is caught; an abort or a loop is not.
pub struct InProcess<V>(pub V, pub Duration);

impl<V: Verifier> Driver for InProcess<V> {
    fn start(&mut self) -> Result<TargetInfo, Unusable> {
        Ok(self.0.info())
    }

    fn observe(
        &mut self,
        requests: &[Request<'_>],
        seen: &mut dyn FnMut(usize, Observation) -> ControlFlow<()>,
    ) -> Result<(), Unusable> {
        for (index, request) in requests.iter().enumerate() {
            let mut observation = observe(&self.0, *request);
            if observation.elapsed > self.1 {
                // Others may have had the processor.
                let before = self.waited();
                let again = observe(&self.0, *request);
                let waited =
                    before.zip(self.waited()).map_or(Duration::ZERO, |(before, after)| after.saturating_sub(before));
                observation = Observation { elapsed: again.elapsed.saturating_sub(waited), ..again };
            }
            if observation.elapsed > self.1 {
                observation.answer = Fault::Hang(format!("an answer after {:?}", observation.elapsed)).into();
            }
            if seen(index, observation).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn worked(&mut self) -> Option<Duration> {
        Some(cpu_time::ThreadTime::now().as_duration())
    }

    fn waited(&mut self) -> Option<Duration> {
        scheduled(std::path::Path::new("/proc/thread-self"), 1)
    }

    fn observe_at_once(&self, requests: [Request<'_>; 2]) -> Option<[Vec<Observation>; 2]> {
        let started = Instant::now();
        let in_turn = || {
            let in_time = (0..TURNS).take_while(|_| started.elapsed() < LONG_ENOUGH);
            let turns = in_time.map(|_| requests.map(|request| observe(&self.0, request)));
            turns.collect::<Vec<[Observation; 2]>>()
        };
        let seen: Vec<[Observation; 2]> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(in_turn)).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("panics are caught")).collect()
        });
        let (first, second) = seen.into_iter().map(|[first, second]| (first, second)).unzip();
        Some([first, second])
    }
}

/// A figure of a thread's in nanoseconds, where the system says it: 0 is how long it worked, 1 how long it waited for a
/// processor (Linux, proc(5), schedstat).
fn scheduled(thread: &std::path::Path, figure: usize) -> Option<Duration> {
    let text = std::fs::read_to_string(thread.join("schedstat")).ok()?;
    text.split_whitespace().nth(figure)?.parse().ok().map(Duration::from_nanos)
}

/// Calls a verifier once: a panic becomes a fault, the time is that of the call.
pub fn observe(verifier: &(impl Verifier + ?Sized), request: Request<'_>) -> Observation {
    let started = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| verifier.verify(request)));
    let elapsed = started.elapsed();
    let answer = match outcome {
        Ok(verdict) => bounded(verdict.into()),
        Err(payload) => {
            let text = payload.downcast_ref::<String>().cloned();
            let text = text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            bounded(Fault::Panic(text.unwrap_or_default()).into())
        }
    };
    Observation { answer, elapsed }
}

/// The answer with its own words cut short: some libraries repeat the whole token, which may be a megabyte, in their errors.
fn bounded(mut answer: Answer) -> Answer {
    let text = match &mut answer {
        Answer::Verdict(Verdict::Reject { detail, .. }) => detail,
        Answer::Fault(Fault::Panic(text) | Fault::Crash(text) | Fault::Hang(text) | Fault::Garbage(text)) => text,
        Answer::Verdict(_) => return answer,
    };
    if let Some((end, _)) = text.char_indices().nth(WORDS_LIMIT) {
        *text = format!("{}…", &text[..end]);
    }
    answer
}

/// A target that is linked in.
#[derive(Clone, Copy)]
pub struct Linked {
    /// Its name.
    pub name: &'static str,
    /// The verifier.
    pub verifier: &'static dyn Verifier,
}

/// The Rust crates that are linked in, by name.
pub fn linked() -> &'static [Linked] {
    LINKED
}

/// What linked crates document to do otherwise, and harmlessly: TOML, read by whoever shows them cases.
pub const QUIRKS: &str = include_str!("quirks.toml");

/// How many threads show requests at once, and how often each shows both.
const THREADS: usize = 4;
const TURNS: usize = 50;

/// After how long no thread begins another turn: a slow target is not made to wait for itself.
const LONG_ENOUGH: Duration = Duration::from_millis(200);

/// How much of a target's own words is kept, in characters.
const WORDS_LIMIT: usize = 400;

const LINKED: &[Linked] = &[
    #[cfg(feature = "target-actix-web")]
    Linked { name: "actix-web", verifier: &cookies::actix_web::ActixWeb },
    #[cfg(feature = "target-aliri")]
    Linked { name: "aliri", verifier: &aliri::Aliri },
    #[cfg(feature = "target-axum-extra")]
    Linked { name: "axum-extra", verifier: &cookies::axum_extra::AxumExtra },
    #[cfg(feature = "target-biscotti")]
    Linked { name: "biscotti", verifier: &cookies::biscotti::Biscotti },
    #[cfg(feature = "target-biscuit")]
    Linked { name: "biscuit", verifier: &biscuit::Biscuit },
    #[cfg(feature = "target-branca")]
    Linked { name: "branca", verifier: &cookies::branca::Branca },
    #[cfg(feature = "target-cookie")]
    Linked { name: "cookie", verifier: &cookies::cookie::Plain },
    #[cfg(feature = "target-cookie")]
    Linked { name: "cookie-encoded", verifier: &cookies::cookie::Encoded },
    #[cfg(feature = "target-fernet")]
    Linked { name: "fernet", verifier: &cookies::fernet::FernetCrate },
    #[cfg(feature = "target-jaws")]
    Linked { name: "jaws", verifier: &jaws::Jaws },
    #[cfg(feature = "target-jose-rs")]
    Linked { name: "jose-rs", verifier: &jose_rs::JoseRs },
    #[cfg(feature = "target-josekit")]
    Linked { name: "josekit", verifier: &josekit::Josekit },
    #[cfg(feature = "target-jsonwebtoken")]
    Linked { name: "jsonwebtoken", verifier: &jsonwebtoken::Jsonwebtoken },
    #[cfg(feature = "target-jsonwebtokens")]
    Linked { name: "jsonwebtokens", verifier: &jsonwebtokens::Jsonwebtokens },
    #[cfg(feature = "target-jwt")]
    Linked { name: "jwt", verifier: &jwt::Jwt },
    #[cfg(feature = "target-jwt-compact")]
    Linked { name: "jwt-compact", verifier: &jwt_compact::JwtCompact },
    #[cfg(feature = "target-jwt-rustcrypto")]
    Linked { name: "jwt-rustcrypto", verifier: &jwt_rustcrypto::JwtRustcrypto },
    #[cfg(feature = "target-jwt-simple")]
    Linked { name: "jwt-simple", verifier: &jwt_simple::JwtSimple },
    #[cfg(feature = "target-jwtk")]
    Linked { name: "jwtk", verifier: &jwtk::Jwtk },
    #[cfg(feature = "target-openidconnect")]
    Linked { name: "openidconnect", verifier: &openidconnect::Openidconnect },
    #[cfg(feature = "target-pasetors")]
    Linked { name: "pasetors", verifier: &cookies::pasetors::Pasetors },
    #[cfg(feature = "target-picky")]
    Linked { name: "picky", verifier: &picky::Picky },
    #[cfg(feature = "target-poem")]
    Linked { name: "poem", verifier: &cookies::poem::Poem },
    #[cfg(feature = "target-rocket")]
    Linked { name: "rocket", verifier: &cookies::rocket::Rocket },
    #[cfg(feature = "target-salvo")]
    Linked { name: "salvo", verifier: &cookies::salvo::Salvo },
    #[cfg(feature = "target-tower-cookies")]
    Linked { name: "tower-cookies", verifier: &cookies::tower_cookies::TowerCookies },
];
