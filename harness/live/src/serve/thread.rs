//! The reference service on a thread of its own, since it is for one. Takes messages, gives each its answer. Requests that are
//! under way together go on in turn, each by one access to the store, so that they overlap as those of a service with many
//! threads do; a panic is an answer, `Broken`.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::mpsc::sync_channel;
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;

use serde_json::Value;
use token_assay::sessions::reference::Reference;
use token_assay::sessions::service::{
    Answer, Control, Controlled, Interleaved as _, Request, ServiceInfo, SessionService as _, Verdict,
};
use token_assay::sessions::store::Store;
use token_assay_model::bench::Skipped;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

use super::Serving;
use crate::store;

/// What the service is asked.
pub(super) enum Message {
    /// A request.
    Ask(Request, oneshot::Sender<Answer>),
    /// What is done to it from outside.
    Control(Control, oneshot::Sender<Controlled>),
    /// What it has logged since.
    Log(oneshot::Sender<Vec<Vec<u8>>>),
    /// How often it asked for keys.
    KeyFetches(oneshot::Sender<u64>),
    /// What it is.
    Info(oneshot::Sender<ServiceInfo>),
    /// Which keys verify.
    Keys(oneshot::Sender<Value>),
    /// To begin anew.
    Reset(u64, oneshot::Sender<()>),
}

/// Starts the thread, which ends when nobody can ask it any more.
pub(super) fn start(serving: Serving) -> Result<(Sender<Message>, JoinHandle<()>), Skipped> {
    let Serving { kind, fault, store, seed, .. } = serving;
    let (sender, inbox) = channel(WAITING);
    let (tell, told) = sync_channel(1);
    let work = move || match store::open(store) {
        Err(skipped) => drop(tell.send(Err(skipped))),
        Ok(None) => {
            drop(tell.send(Ok(())));
            attend(&|seed| Reference::new(kind, fault, seed), seed, inbox);
        }
        Ok(Some(real)) => {
            drop(tell.send(Ok(())));
            attend(&|seed| Reference::on(real.clone(), kind, fault, seed), seed, inbox);
        }
    };
    let gone = |why: String| Skipped { name: "the service".to_owned(), why };
    let thread = std::thread::Builder::new().name("reference".to_owned()).spawn(work);
    let thread = thread.map_err(|error| gone(error.to_string()))?;
    told.recv().unwrap_or_else(|_| Err(gone("it fell over".to_owned()))).map(|()| (sender, thread))
}

/// One service after the other.
fn attend<S: Store>(make: &impl Fn(u64) -> Reference<S>, mut seed: u64, mut inbox: Receiver<Message>) {
    let mut waiting: Option<oneshot::Sender<()>> = None;
    loop {
        let service = make(seed).publishing();
        if let Some(waiting) = waiting.take() {
            let _ = waiting.send(());
        }
        let Some((next, reply)) = work(&service, &mut inbox) else { return };
        (seed, waiting) = (next, Some(reply));
    }
}

/// Until it is to begin anew, or nobody asks any more.
fn work<S: Store>(service: &Reference<S>, inbox: &mut Receiver<Message>) -> Option<(u64, oneshot::Sender<()>)> {
    service.hold(true);
    let mut under_way: Vec<UnderWay<'_>> = Vec::new();
    let mut anew = None;
    loop {
        let message = match (&anew, under_way.is_empty()) {
            (Some(_), true) => return anew,
            (Some(_), false) => None,
            (None, true) => Some(inbox.blocking_recv()?),
            (None, false) => inbox.try_recv().ok(),
        };
        // Who is told that something is done may have gone.
        match message {
            Some(Message::Ask(request, reply)) => {
                under_way.push(UnderWay { answer: service.start(request), reply: Some(reply) });
            }
            Some(Message::Control(control, reply)) => drop(reply.send(service.control(control))),
            Some(Message::Log(reply)) => drop(reply.send(service.log())),
            Some(Message::KeyFetches(reply)) => drop(reply.send(service.key_fetches())),
            Some(Message::Info(reply)) => drop(reply.send(service.info())),
            Some(Message::Keys(reply)) => drop(reply.send(service.key_set())),
            Some(Message::Reset(seed, reply)) => anew = Some((seed, reply)),
            None => {}
        }
        under_way.retain_mut(UnderWay::goes_on);
    }
}

struct UnderWay<'s> {
    answer: Pin<Box<dyn Future<Output = Answer> + 's>>,
    reply: Option<oneshot::Sender<Answer>>,
}

impl UnderWay<'_> {
    /// One access further; false where that was the last.
    fn goes_on(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        let polled = catch_unwind(AssertUnwindSafe(|| self.answer.as_mut().poll(&mut context)));
        let answer = match polled {
            Ok(Poll::Pending) => return true,
            Ok(Poll::Ready(answer)) => answer,
            Err(panic) => Answer::of(Verdict::Broken(words_of(&*panic))),
        };
        if let Some(reply) = self.reply.take() {
            let _ = reply.send(answer);
        }
        false
    }
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default()
}

/// How many messages wait before who asks does.
const WAITING: usize = 1024;
