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
///
/// ```
/// use token_assay::model::report::TargetInfo;
/// use token_assay::model::{Algorithm, Policy, Reason, Request, Verdict};
/// use token_assay::targets::service::text_ready;
/// use token_assay::targets::{Ready, Service, Verifier};
///
/// /// Knows the one token that there is.
/// struct OneToken;
///
/// impl Verifier for OneToken {
///     fn info(&self) -> TargetInfo {
///         TargetInfo::new("one-token", "1.0.0", &["HS256"])
///     }
///
///     fn verify(&self, request: Request<'_>) -> Verdict {
///         if let Some(lacking) = request.policy.needs().into_iter().find(|need| !self.info().supports.contains(need)) {
///             return Verdict::unsupported(lacking);
///         }
///         match request.input.text() {
///             Some("e30.e30.c2ln") => Verdict::accept(Default::default()),
///             Some(_) => Verdict::reject(Reason::Other, "another one"),
///             None => Verdict::unsupported("bytes"),
///         }
///     }
///
///     fn ready(&self, policy: &Policy) -> Option<Ready> {
///         let service = Service::of(&self.info().supports, policy)?;
///         // It hands on no claims, so that nothing can be left to the application.
///         service.left().is_empty().then(|| text_ready(|token| token == "e30.e30.c2ln"))
///     }
/// }
///
/// let input = token_assay::model::Input::Token("e30.e30.c2ln".to_owned());
/// let hs256 = Policy { algorithms: Some(vec![Algorithm::Hs256]), ..Policy::default() };
/// assert_eq!(OneToken.verify(Request { input: &input, policy: &hs256 }), Verdict::accept(Default::default()));
/// // What it cannot obey it says, rather than to ignore it.
/// let for_us = Policy { audience: vec!["orders-api".to_owned()], ..hs256.clone() };
/// assert_eq!(OneToken.verify(Request { input: &input, policy: &for_us }), Verdict::unsupported("audience"));
/// // It looks at no date, and nobody else could.
/// assert!(OneToken.ready(&hs256).is_none());
/// ```
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
///
/// ```
/// use std::ops::ControlFlow;
/// use std::time::Duration;
/// use token_assay::attacks;
/// use token_assay::forge::{Forge, NOW};
/// use token_assay::strawman::Sound;
/// use token_assay::targets::{Driver, InProcess, Unusable};
///
/// let cases = attacks::suite(&Forge::new(NOW), |class| class == "alg-none/none-empty-sig");
/// let requests: Vec<_> = cases.iter().map(|case| case.request()).collect();
/// let mut driver = InProcess(Sound, Duration::from_secs(2));
/// assert_eq!(driver.start()?.name, "sound");
/// let before = (driver.worked(), driver.waited());
/// let mut seen = Vec::new();
/// driver.observe(&requests, &mut |index, observation| {
///     seen.push((index, observation.answer.to_string()));
///     if index == 1 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
/// })?;
/// assert_eq!(seen, [(0, "reject (algorithm)".to_owned()), (1, "reject (algorithm)".to_owned())]);
///
/// // A verifier with a memory may answer otherwise where several threads ask.
/// let [first, second] = driver.observe_at_once([requests[0], requests[1]]).expect("threads share it");
/// assert!(!first.is_empty() && first.len() == second.len());
/// // Time is told from the beginning on.
/// assert!(driver.worked() >= before.0 && driver.waited() >= before.1);
/// // This process is the target's too: it is not renewed, and what it holds says nothing of the target.
/// driver.renew();
/// assert_eq!((driver.mark_memory(), driver.peak_memory()), (None, None));
/// // A service can be asked in more ways than with one token.
/// assert!(driver.ask_otherwise("transport/tr-cross-endpoint", &cases[0].control)?.is_empty());
/// # Ok::<(), Unusable>(())
/// ```
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
///
/// ```
/// use std::ops::ControlFlow;
/// use token_assay::model::report::TargetInfo;
/// use token_assay::model::{Control, Level, Observation, Oracle, Request, Severity};
/// use token_assay::targets::{Asked, Driver, Judged, Sent, Unusable};
///
/// /// A service with two endpoints.
/// struct Endpoints<D>(D, D);
///
/// impl<D: Driver> Driver for Endpoints<D> {
///     fn start(&mut self) -> Result<TargetInfo, Unusable> {
///         self.1.start()?;
///         self.0.start()
///     }
///
///     fn observe(
///         &mut self,
///         requests: &[Request<'_>],
///         seen: &mut dyn FnMut(usize, Observation) -> ControlFlow<()>,
///     ) -> Result<(), Unusable> {
///         self.0.observe(requests, seen)
///     }
///
///     /// The tampered token at the other endpoint, which must refuse it too.
///     fn ask_otherwise(&mut self, class: &str, control: &Control) -> Result<Vec<Asked>, Unusable> {
///         let variant = "the-other".to_owned();
///         if class != "transport/tr-cross-endpoint" {
///             return Ok(vec![Asked::Skipped { variant, wanting: "a class of endpoints".to_owned() }]);
///         }
///         let mut asked = Vec::new();
///         let (input, policy) = (&control.tampered, &*control.policy);
///         self.1.observe(&[Request { input, policy }], &mut |_, observation| {
///             asked.push(match observation.answer.to_string().as_str() {
///                 "accept" => Asked::Sent(Box::new(Sent {
///                     variant: variant.clone(),
///                     input: input.clone(),
///                     expectation: None,
///                     observation,
///                     before: Vec::new(),
///                     judged: Some(Judged {
///                         oracle: Oracle::Soundness,
///                         level: Level::Must,
///                         severity: Severity::Critical,
///                         because: "One endpoint accepted a token that was changed.".to_owned(),
///                     }),
///                 })),
///                 answer => Asked::Held { variant: variant.clone(), because: answer.to_owned() },
///             });
///             ControlFlow::Continue(())
///         })?;
///         Ok(asked)
///     }
/// }
///
/// # use std::time::Duration;
/// # use token_assay::model::Algorithm;
/// # use token_assay::run::verifier;
/// # use token_assay::suite::FixedPolicy;
/// # use token_assay::targets::InProcess;
/// let endpoint = |name| InProcess(verifier(name).expect("it is built in"), Duration::from_secs(2));
/// let control = FixedPolicy::with_test_key(Algorithm::Hs256, "hs256").now(1_700_000_000).control().expect("the key fits");
/// let class = "transport/tr-cross-endpoint";
/// let mut sound = Endpoints(endpoint("sound"), endpoint("sound"));
/// assert!(matches!(sound.ask_otherwise(class, &control)?[..], [Asked::Held { .. }]));
/// let mut wrong = Endpoints(endpoint("sound"), endpoint("strawman-skips-signature"));
/// assert!(matches!(wrong.ask_otherwise(class, &control)?[..], [Asked::Sent(_)]));
/// # Ok::<(), Unusable>(())
/// ```
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
///
/// ```
/// use std::time::Duration;
/// use token_assay::targets::process::{Process, Settings};
/// use token_assay::targets::{Driver, Unusable};
///
/// let settings = Settings::new(vec!["no-such-shim".to_owned()], Duration::from_secs(2));
/// // No case is charged to a target that is not there.
/// let Unusable(why) = Process::new(settings).start().expect_err("there is none");
/// assert!(why.starts_with("`no-such-shim` could not be started"), "{why}");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unusable(pub String);

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unusable {}

/// Calls a verifier directly. A panic is caught; an abort or a loop is not.
///
/// ```
/// use std::ops::ControlFlow;
/// use std::time::Duration;
/// use token_assay::model::report::TargetInfo;
/// use token_assay::model::{Answer, Fault, Input, Policy, Reason, Request, Verdict};
/// use token_assay::targets::{Driver, InProcess, Unusable, Verifier};
///
/// struct Slow;
///
/// impl Verifier for Slow {
///     fn info(&self) -> TargetInfo {
///         TargetInfo::new("slow", "1.0.0", &[])
///     }
///
///     fn verify(&self, _: Request<'_>) -> Verdict {
///         std::thread::sleep(Duration::from_millis(20));
///         Verdict::reject(Reason::Other, "at last")
///     }
/// }
///
/// let (input, policy) = (Input::Token(String::new()), Policy::default());
/// let request = Request { input: &input, policy: &policy };
/// // An answer that comes too late is none.
/// InProcess(Slow, Duration::from_millis(1)).observe(&[request], &mut |_, seen| {
///     assert!(matches!(seen.answer, Answer::Fault(Fault::Hang(_))), "{seen:?}");
///     ControlFlow::Continue(())
/// })?;
/// # Ok::<(), Unusable>(())
/// ```
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
///
/// ```
/// use token_assay::targets::{Linked, QUIRKS, linked};
///
/// // Which there are is a matter of features; `assay run` shows the catalogue to them.
/// for Linked { name, verifier } in linked() {
///     assert_eq!(verifier.info().name, *name);
/// }
/// // A quirk that is not explained would be a failure that is hidden.
/// let quirks = QUIRKS.matches("[[quirk]]").count();
/// assert_eq!([QUIRKS.matches("\nreason = ").count(), QUIRKS.matches("\nsource = ").count()], [quirks, quirks]);
/// ```
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
