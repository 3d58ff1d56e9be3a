//! As many requests as the driver of `assay run --service` makes in some seconds: one valid token, shown again and again.
//! `load URL PATH CONCURRENCY SECONDS TOKEN` prints requests a second. For `compare-with-wrk.sh`.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use token_assay::targets::Driver as _;
use token_assay_live::client::Client;
use token_assay_live::dialogue::Dialogue;
use token_assay_live::safety::Permission;
use token_assay_live::service::Service;
use token_assay_live::verifier::{Live, stage};
use token_assay_model::{Answer, Input, Request, Verdict};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, path, concurrency, seconds, token] = arguments.as_slice() else {
        panic!("load URL PATH CONCURRENCY SECONDS TOKEN");
    };
    let table = serde_json::json!({
        "name": "load", "url": url,
        "limits": { "concurrency": concurrency.parse::<usize>().expect("a number"), "budget": u64::MAX },
        "request": { "resource": { "path": path } },
        "token": { "algorithm": "HS256", "secret": "a secret of the tests, of 32 octets and more" },
    });
    let service: Service = serde_json::from_value(table).expect("the table is right");
    let client = Client::new(&service, &Permission::default()).expect("it is this machine");
    let dialogue = Arc::new(Dialogue::new(service, client));
    let staged = stage(&dialogue, jiff::Timestamp::now().as_second()).expect("the table is right");
    let (mut live, policy) = Live::new(dialogue, staged);
    let policy = policy.policy();
    let input = Input::Token(token.clone());
    let requests = vec![Request { input: &input, policy: &policy }; 20_000];
    let limit = Duration::from_secs(seconds.parse().expect("a number"));
    let (began, mut shown, mut granted) = (Instant::now(), 0_u64, 0_u64);
    while began.elapsed() < limit {
        let outcome = live.observe(&requests, &mut |_, seen| {
            shown += 1;
            granted += u64::from(matches!(seen.answer, Answer::Verdict(Verdict::Accept { .. })));
            if began.elapsed() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        outcome.unwrap_or_else(|error| panic!("{error}"));
    }
    println!("{:.0} requests/s, {granted} of {shown} granted", shown as f64 / began.elapsed().as_secs_f64());
}
