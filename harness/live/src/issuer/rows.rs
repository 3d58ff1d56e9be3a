//! The rows about keys that are fetched: a closed list, a function a row. Each takes a script, changes what the issuers serve, shows
//! tokens beside a valid one, and says what does not hold, as firmly as the clause that says so; what a standard leaves open is noted
//! and is no finding. Adding a row touches this file alone.

use std::time::Duration;

use token_assay::forge::json::quote;
use token_assay::forge::{Forge, Hash, NOW, TestKey, base64url};
use token_assay::targets::Unusable;
use token_assay_model::{Algorithm, Answer, Fault, Level, Severity};

use super::script::{Done, Draft, MOMENT, Script, Seen};
use super::{Fetch, Issuers, Reply};

/// A row: the class of the catalogue, and what is done.
pub struct Row {
    /// The class.
    pub class: &'static str,
    /// How long an answer is waited for at least, where it is for longer than elsewhere.
    pub patience: Option<Duration>,
    /// What is done.
    pub play: fn(&mut Script<'_>) -> Done,
}

const fn row(class: &'static str, play: fn(&mut Script<'_>) -> Done) -> Row {
    Row { class, patience: None, play }
}

/// One that sees whether the service is held up, and for that waits longer than it may be.
const fn held_up(class: &'static str, play: fn(&mut Script<'_>) -> Done) -> Row {
    Row { class, patience: Some(PATIENCE), play }
}

/// All of them.
pub const ROWS: &[Row] = &[
    row("jwks-rotated-out-key", rotated_out),
    row("key-same-kid-new-key", same_kid),
    row("jwks-refresh-storm", storm),
    row("iss-key-mismatch", mismatch),
    row("jwks-key-for-other-issuer", same_name),
    row("jwks-cross-issuer", cross_issuer),
    row("meta-key-rotation-race", race),
    held_up("jwks-poison-response", poison),
    row("jwks-stale-on-error", stale),
    row("jku-internal-ssrf", internal),
    row("jku-allowlist-bypass", bypass),
    row("jku-open-redirect", redirect),
    row("jku-header-injection", injection),
    row("jku-single-jwk-document", single),
    held_up("jku-resource-abuse", abuse),
];

type Grade = (Level, Severity);

/// A token that must be refused, shown when what is cached has run out. A verifier may hand out what it has while it fetches
/// anew: only who grants it again a moment later has kept it.
fn shown_twice(script: &mut Script<'_>, what: &str, token: &str) -> Result<Seen, Unusable> {
    let seen = script.show(what, token)?;
    if !seen.is_granted() {
        return Ok(seen);
    }
    script.wait(MOMENT);
    script.show(&format!("{what}, again"), token)
}

fn rotated_out(script: &mut Script<'_>) -> Done {
    const GRADE: Grade = (Level::Must, Severity::High);
    let Issuers { present, next, .. } = script.issuers;
    if !script.settle_fetching("after-cache")? {
        return Ok(());
    }
    script.note("the set holds the next key alone");
    script.issuers.serve(Reply::set(&[next]));
    script.outlive_cache();
    let (old, new) = (script.by(present), script.by(next));
    let seen = shown_twice(script, "a token by the key that is gone", &old)?;
    if seen.is_granted() {
        let because = "A token by a key which is gone from the set was accepted when what was cached had run out";
        script.broken("after-cache", &seen, GRADE, because);
    }
    let twin = script.show("a token by the next key", &new)?;
    if !twin.is_granted() {
        if !seen.is_granted() {
            script.cannot_tell("after-cache", "the next key's token is refused too");
        }
        return Ok(());
    }
    if !seen.is_granted() {
        script.held("after-cache", "it is refused, the next key's is granted");
    }
    let again = script.show("a token by the key that is gone, after one by the next", &old)?;
    if again.is_granted() {
        let because = "A token by a key which is gone from the set was accepted after the set was fetched anew";
        script.broken("after-fetch", &again, GRADE, because);
    } else {
        script.held("after-fetch", "it is refused");
    }
    Ok(())
}

fn same_kid(script: &mut Script<'_>) -> Done {
    let Issuers { present, next, .. } = script.issuers;
    if !script.settle_fetching("old-key")? {
        return Ok(());
    }
    let renamed = next.renamed(&present.name);
    script.note("the set holds another key under the same name");
    script.issuers.serve(Reply::set(&[&renamed]));
    script.outlive_cache();
    let (old, new) = (script.by(present), script.by(&renamed));
    let seen = shown_twice(script, "a token by the former key of that name", &old)?;
    let twin = script.show("a token by the new key of that name", &new)?;
    match (seen.is_granted(), twin.is_granted()) {
        (true, _) => {
            let because = "A token by the former key was accepted when its name had gone to another and what was cached had run out";
            script.broken("old-key", &seen, (Level::Must, Severity::Medium), because);
        }
        (false, true) => script.held("old-key", "it is refused, the new key's is granted"),
        // RFC 7517 §4.5: names SHOULD differ; who keeps to the first key of a name is not told otherwise.
        (false, false) => script.cannot_tell("old-key", "the new key's token is refused too"),
    }
    Ok(())
}

fn storm(script: &mut Script<'_>) -> Done {
    let Issuers { present, stranger, name, table, .. } = script.issuers;
    if !script.settle_fetching("unknown-kids")? {
        return Ok(());
    }
    let (before, mut last) = (script.fetches().len(), None);
    for number in 0..STORM {
        let kid = format!("unknown-{number}");
        let token = script.token(Draft { key: stranger, kid: &kid, issuer: name, jku: None });
        let seen = script.show("a token whose kid no key has", &token)?;
        if seen.is_granted() {
            let because = "A token by a key that no set holds was accepted";
            script.broken("unknown-kids-granted", &seen, (Level::Must, Severity::Critical), because);
            return Ok(());
        }
        last = Some(seen);
    }
    let fetches = script.fetches().len() - before;
    let declared = table.fetches;
    let counted =
        format!("{STORM} tokens with as many unknown kids made {fetches} fetches where {declared} are declared");
    match last {
        Some(seen) if fetches > declared => {
            script.broken("unknown-kids", &seen, (Level::Should, Severity::Medium), &counted);
        }
        _ => script.held("unknown-kids", counted),
    }
    let valid = script.by(present);
    let twin = script.show("a token by the present key", &valid)?;
    if twin.is_granted() {
        script.held("unknown-kids-valid", "the present key's token is granted still");
    } else {
        let because = "A valid token was refused after strangers had shown tokens with unknown kids";
        script.broken("unknown-kids-valid", &twin, (Level::Should, Severity::Medium), because);
    }
    while_down(script)
}

/// Many users come while the issuer is in trouble: whether each of them asks it again. No clause forbids that.
fn while_down(script: &mut Script<'_>) -> Done {
    let Issuers { present, table, .. } = script.issuers;
    let variant = "while-down";
    if !script.settle_fetching(variant)? {
        return Ok(());
    }
    script.note("the endpoint fails from now on");
    script.issuers.serve(Reply::json("{}".to_owned()).under(500));
    script.outlive_cache();
    let (before, valid) = (script.fetches().len(), script.by(present));
    let mut last = script.show("a token by the present key", &valid)?;
    for _ in 1..STORM {
        last = script.show("a token by the present key", &valid)?;
    }
    let fetches = script.fetches().len() - before;
    let counted = format!(
        "{STORM} tokens while the key endpoint failed made {fetches} fetches where {} are declared for unknown kids",
        table.fetches
    );
    if fetches > table.fetches {
        script.broken(variant, &last, (Level::May, Severity::Low), &counted);
    } else {
        script.held(variant, counted);
    }
    Ok(())
}

/// Whether both issuers' tokens are let in, each by its own key.
fn both_are_trusted(script: &mut Script<'_>, variant: &str, kid: &str) -> Result<bool, Unusable> {
    let Some(second) = &script.issuers.table.second else { return Ok(false) };
    let stranger = &script.issuers.stranger;
    let token = script.token(Draft { key: stranger, kid, issuer: &second.name, jku: None });
    let twin = script.show("a token of the second issuer by its own key", &token)?;
    if !twin.is_granted() {
        script.cannot_tell(variant, "the second issuer's own token is refused");
    }
    Ok(twin.is_granted())
}

/// Whether there are two issuers, and everything is as at the beginning.
fn settled_with_two(script: &mut Script<'_>, variant: &str) -> Result<bool, Unusable> {
    if script.issuers.table.second.is_none() {
        script.not_declared(variant, "second");
        return Ok(false);
    }
    script.settle(variant)
}

fn crossed(script: &mut Script<'_>, variant: &str, draft: Draft<'_>) -> Done {
    let token = script.token(draft);
    let seen = script.show("a token of one issuer by the other's key", &token)?;
    if seen.is_granted() {
        let because = "A token that names one trusted issuer and is signed by the other's key was accepted";
        script.broken(variant, &seen, (Level::Must, Severity::Critical), because);
    } else {
        script.held(variant, "it is refused, each issuer's own is granted");
    }
    Ok(())
}

fn mismatch(script: &mut Script<'_>) -> Done {
    let Issuers { present, stranger, name, table, .. } = script.issuers;
    for variant in ["first-by-second", "second-by-first"] {
        if !(settled_with_two(script, variant)? && both_are_trusted(script, variant, &stranger.name)?) {
            continue;
        }
        let second = table.second.as_ref().map_or("", |second| second.name.as_str());
        let (key, issuer) = if variant == "first-by-second" { (stranger, name.as_str()) } else { (present, second) };
        crossed(script, variant, Draft { key, kid: &key.name, issuer, jku: None })?;
    }
    Ok(())
}

fn same_name(script: &mut Script<'_>) -> Done {
    let Issuers { present, stranger, name, table, second, .. } = script.issuers;
    let variant = "same-kid";
    if !settled_with_two(script, variant)? {
        return Ok(());
    }
    if let (Some(endpoint), Some(table)) = (second, &table.second) {
        script.note("the second issuer's key has the name of the first's");
        endpoint.set(table.jwks.as_str(), Reply::set(&[&stranger.renamed(&present.name)]));
        script.outlive_cache();
    }
    if both_are_trusted(script, variant, &present.name)? {
        crossed(script, variant, Draft { key: stranger, kid: &present.name, issuer: name, jku: None })?;
    }
    Ok(())
}

fn cross_issuer(script: &mut Script<'_>) -> Done {
    let Issuers { stranger, name, .. } = script.issuers;
    if settled_with_two(script, "primed")? && both_are_trusted(script, "primed", &stranger.name)? {
        // The second issuer's key is in whatever is cached now, under this name.
        crossed(script, "primed", Draft { key: stranger, kid: &stranger.name, issuer: name, jku: None })?;
    }
    Ok(())
}

/// Tokens at once that were answered wrongly.
#[derive(Default)]
struct Wrongs {
    count: usize,
    first: Option<Seen>,
}

impl Wrongs {
    fn add(&mut self, seen: Seen) {
        self.count += 1;
        self.first.get_or_insert(seen);
    }
}

fn race(script: &mut Script<'_>) -> Done {
    let Issuers { present, next, stranger, .. } = script.issuers;
    let (mut refused, mut forged, mut shown) = (Wrongs::default(), Wrongs::default(), 0);
    for _ in 0..ROUNDS {
        if !script.settle_fetching("while-fetched")? {
            return Ok(());
        }
        script.note("the set holds the present and the next key, and comes late");
        script.issuers.serve(Reply::Late(LATE, Reply::set(&[present, next]).into()));
        script.outlive_cache();
        let tokens = [("present", script.by(present)), ("next", script.by(next)), ("stranger", script.by(stranger))];
        let show = script.shower();
        let seen = std::thread::scope(|scope| {
            let of_all = tokens.iter().cycle().take(AT_ONCE);
            let threads: Vec<_> = of_all.map(|(who, token)| scope.spawn(move || (*who, token, show(token)))).collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).collect::<Vec<_>>()
        });
        for (who, token, observation) in seen {
            let observation = observation?;
            script.take(&format!("at once: a token by the {who} key"), token, &observation);
            let seen = Seen { token: token.clone(), observation };
            shown += 1;
            match who {
                "present" if seen.is_refused() => refused.add(seen),
                "stranger" if seen.is_granted() => forged.add(seen),
                _ => {}
            }
        }
    }
    let rate = format!("in {ROUNDS} changes of the set with {shown} tokens at once");
    if let Wrongs { count, first: Some(seen) } = &forged {
        let because = format!("A token by a key that no set holds was accepted {count} times {rate}");
        script.broken("while-fetched", seen, (Level::Must, Severity::Critical), &because);
    }
    if let Wrongs { count, first: Some(seen) } = &refused {
        let because = format!("A token by a key that stays in the set was refused {count} times {rate}");
        script.broken("while-fetched-valid", seen, (Level::Should, Severity::Medium), &because);
    }
    if forged.count + refused.count == 0 {
        script.held("while-fetched", format!("0 wrong answers {rate}"));
    }
    Ok(())
}

/// Answers that are no good set; a stranger's key stands in those that could hold one.
fn poisons(issuers: &Issuers) -> Vec<(&'static str, Reply)> {
    let Issuers { present, stranger, elsewhere, .. } = issuers;
    let with_stranger = || Reply::set(&[present, stranger]);
    let text = |media, body: String| Reply::Document { status: 200, media, body };
    let (own, strange) = (present.jwk_text.trim(), stranger.jwk_text.trim());
    let padding = "a".repeat(10 << 20);
    vec![
        ("status-500", with_stranger().under(500)),
        ("status-404", with_stranger().under(404)),
        ("empty", Reply::json(String::new())),
        ("html", text("text/html", format!("<!doctype html><pre>{{\"keys\":[{strange}]}}</pre>"))),
        ("cut-short", Reply::json(format!("{{\"keys\":[{strange}"))),
        ("no-keys", Reply::json("{\"keys\":[]}".to_owned())),
        ("null", Reply::json("null".to_owned())),
        ("huge", Reply::json(format!("{{\"keys\":[{own}],\"pad\":\"{padding}\"}}"))),
        ("private-key", Reply::keys(&[present.private_jwk_text().unwrap_or_else(|| own.to_owned())])),
        ("redirect", Reply::Redirect(elsewhere.url("/keys"))),
        ("drip", Reply::Drip),
        ("hang-up", Reply::HangUp),
    ]
}

fn poison(script: &mut Script<'_>) -> Done {
    let Issuers { present, stranger, .. } = script.issuers;
    for (variant, reply) in poisons(script.issuers) {
        if !script.settle_fetching(variant)? {
            continue;
        }
        script.note(format!("the endpoint answers: {variant}"));
        script.issuers.serve(reply);
        script.outlive_cache();
        let (forged, valid) = (script.by(stranger), script.by(present));
        let seen = script.show("a token by a key that no good answer held", &forged)?;
        // Who refuses while there are no keys fails closed; who goes on for a while is told of by jwks-stale-on-error.
        let twin = script.show("a token by the present key", &valid)?;
        let held_up = [&seen, &twin].into_iter().find(|seen| is_held_up(seen));
        // HTTP lets a document be elsewhere, and no clause on jwks_uri forbids to go there.
        if seen.is_granted() && variant != "redirect" {
            let because = format!("A token by a stranger's key was accepted, which stood in no good answer: {variant}");
            script.broken(variant, &seen, (Level::Should, Severity::High), &because);
        } else if let Some(held_up) = held_up {
            let because = format!("A bad answer of the key endpoint held the service up: {variant}");
            script.broken(variant, held_up, (Level::Should, Severity::Medium), &because);
        } else {
            let meanwhile = if twin.is_granted() { "the present key is let in" } else { "nobody is let in" };
            script.held(variant, format!("meanwhile {meanwhile}"));
        }
        recovers(script, variant)?;
    }
    symmetric(script)
}

/// When the endpoint is well again, and the service may have waited a little, its users are let in.
fn recovers(script: &mut Script<'_>, variant: &str) -> Done {
    let valid = script.by(&script.issuers.present);
    script.note("the endpoint is well again");
    script.issuers.restore();
    for turn in 1..=TURNS {
        script.outlive_cache();
        let twin = script.show("a token by the present key", &valid)?;
        if twin.is_granted() {
            return Ok(());
        }
        if turn == TURNS {
            let because =
                format!("A valid token was refused when the key endpoint was long well again after: {variant}");
            script.broken(&format!("{variant}-valid"), &twin, (Level::Should, Severity::Medium), &because);
        }
    }
    Ok(())
}

/// RFC 8725 §3.1: a key is for one algorithm, and that one is configured.
fn symmetric(script: &mut Script<'_>) -> Done {
    let Issuers { present, algorithm, name, .. } = script.issuers;
    let variant = "shared-secret";
    if algorithm.is_hmac() || !script.settle_fetching(variant)? {
        return Ok(());
    }
    let secret = TestKey::from_secret("shared", b"everybody can read this in the set");
    script.note("the set holds a shared secret too");
    script.issuers.serve(Reply::set(&[present, &secret]));
    script.outlive_cache();
    let draft = script.token(Draft { key: present, kid: &secret.name, issuer: name, jku: None });
    let payload = draft.split('.').nth(1).and_then(base64url::decode).unwrap_or_default();
    let header = format!("{{\"alg\":\"{}\",\"kid\":{}}}", Algorithm::Hs256.as_str(), quote(&secret.name));
    let octets = secret.octets().unwrap_or_default();
    let token = Forge::new(NOW).mac_with(header, payload, octets, Hash::Sha256).compact();
    let seen = script.show("a token whose MAC is keyed with what the set shows", &token)?;
    if seen.is_granted() {
        let because =
            "A token of another algorithm than the configured one was accepted, by a secret that the set shows";
        script.broken(variant, &seen, (Level::Must, Severity::Critical), because);
    } else {
        script.held(variant, "it is refused");
    }
    Ok(())
}

fn stale(script: &mut Script<'_>) -> Done {
    let Issuers { present, table, .. } = script.issuers;
    let Some(max_stale) = table.max_stale else {
        script.not_declared("status-500", "max-stale");
        return Ok(());
    };
    for (variant, reply) in [("status-500", Reply::json("{}".to_owned()).under(500)), ("hang-up", Reply::HangUp)] {
        if !script.settle_fetching(variant)? {
            continue;
        }
        script.note("the endpoint fails from now on");
        script.issuers.serve(reply);
        script.wait(table.cache + max_stale + MOMENT);
        let valid = script.by(present);
        let seen = shown_twice(script, "a token by the key that was there", &valid)?;
        if seen.is_granted() {
            let because = "A key was trusted for longer than is declared while the key endpoint failed";
            script.broken(variant, &seen, (Level::Should, Severity::Medium), because);
        } else {
            script.held(variant, "it is refused when the time is over");
        }
        recovers(script, variant)?;
    }
    Ok(())
}

/// The folder that `jku` may name, and its path, where its tokens are let in at all.
fn allowed(script: &mut Script<'_>, variant: &str) -> Result<Option<(String, String)>, Unusable> {
    let Issuers { table, first, stranger, .. } = script.issuers;
    let Some(folder) = &table.jku else {
        script.not_declared(variant, "jku");
        return Ok(None);
    };
    if !script.settle(variant)? {
        return Ok(None);
    }
    let path = folder.strip_prefix(&first.url("")).unwrap_or("/").to_owned();
    first.set(format!("{path}good.json"), Reply::set(&[stranger]));
    let twin = at(script, &format!("{folder}good.json"))?;
    if !twin.is_granted() {
        script.cannot_tell(variant, "a token by a key at an allowed address is refused");
        return Ok(None);
    }
    // What is found at a good address must not help at another.
    script.outlive_cache();
    Ok(Some((folder.clone(), path)))
}

/// Shows a token whose `jku` is this, by a key that stands wherever the address could lead.
fn at(script: &mut Script<'_>, jku: &str) -> Result<Seen, Unusable> {
    let Issuers { stranger, name, .. } = script.issuers;
    let token = script.token(Draft { key: stranger, kid: &stranger.name, issuer: name, jku: Some(jku) });
    script.show(&format!("a token whose jku is {jku}"), &token)
}

/// Whether an address that is off the list is asked, or believed.
fn off_the_list(script: &mut Script<'_>, variant: &str, jku: &str) -> Done {
    let is_off = |fetch: &Fetch| fetch.who == "elsewhere" || fetch.path().starts_with(OFF);
    script.begin();
    let seen = at(script, jku)?;
    let asked = script.fetches().iter().filter(|fetch| is_off(fetch)).count();
    if seen.is_granted() && asked > 0 {
        let because = format!("A token by a key at an address that is not on the list was accepted: {jku}");
        script.broken(variant, &seen, (Level::Must, Severity::Critical), &because);
    } else if asked > 0 {
        let because = format!("An address that is not on the list was asked for keys: {jku}");
        script.broken(variant, &seen, (Level::Should, Severity::High), &because);
    } else if seen.is_granted() {
        script.cannot_tell(variant, "it is granted by a key that is cached: nobody asks there");
    } else {
        script.held(variant, "it is refused, and nobody asks there");
    }
    Ok(())
}

fn internal(script: &mut Script<'_>) -> Done {
    if allowed(script, "spellings")?.is_none() {
        return Ok(());
    }
    let port = script.issuers.elsewhere.address().port();
    for (variant, host) in [
        ("port", "127.0.0.1"),
        ("name", "localhost"),
        ("name-dot", "localhost."),
        ("v6", "[::1]"),
        ("mapped", "[::ffff:127.0.0.1]"),
        ("mapped-hexadecimal", "[::ffff:7f00:1]"),
        // Of the loopback's interface, where nobody has it: whoever asks there never leaves the machine, and only its refusal is seen.
        ("link-local", "[fe80::1%25lo]"),
        ("unspecified", "0.0.0.0"),
        ("decimal", "2130706433"),
        ("octal", "0177.0.0.1"),
        ("hexadecimal", "0x7f000001"),
        ("short", "127.1"),
    ] {
        off_the_list(script, variant, &format!("http://{host}:{port}/keys.json"))?;
    }
    Ok(())
}

fn bypass(script: &mut Script<'_>) -> Done {
    let Some((folder, path)) = allowed(script, "spellings")? else { return Ok(()) };
    let Issuers { first, stranger, elsewhere, .. } = script.issuers;
    first.set(format!("{OFF}keys.json"), Reply::set(&[stranger]));
    let (here, there) = (first.address(), elsewhere.address());
    let up = "../".repeat(path.matches('/').count().saturating_sub(1));
    let encoded = up.replace("..", "%2e%2e");
    let off = OFF.trim_start_matches('/');
    for (variant, jku) in [
        ("user", format!("http://{here}@{there}{path}keys.json")),
        ("user-name", format!("http://127.0.0.1@{there}{path}keys.json")),
        ("fragment", format!("http://{there}/keys.json#{folder}")),
        ("query", format!("http://{there}/keys.json?{folder}")),
        ("path", format!("http://{there}/{folder}keys.json")),
        ("backslash", format!("http://{there}\\\\@{here}{path}keys.json")),
        ("backslash-user", format!("http://{here}\\\\@{there}{path}keys.json")),
        ("dots", format!("{folder}{up}{off}keys.json")),
        ("encoded-dots", format!("{folder}{encoded}{off}keys.json")),
        ("tab", format!("http://{there}/\\t{folder}keys.json")),
    ] {
        off_the_list(script, variant, &jku)?;
    }
    Ok(())
}

fn redirect(script: &mut Script<'_>) -> Done {
    let Some((folder, path)) = allowed(script, "elsewhere")? else { return Ok(()) };
    let Issuers { first, elsewhere, .. } = script.issuers;
    first.set(format!("{path}moved.json"), Reply::Redirect(elsewhere.url("/keys.json")));
    off_the_list(script, "elsewhere", &format!("{folder}moved.json"))
}

fn injection(script: &mut Script<'_>) -> Done {
    let Some((folder, _)) = allowed(script, "encoded")? else { return Ok(()) };
    let is_injected = |fetch: &Fetch| fetch.head.iter().any(|line| line.starts_with("X-Injected"));
    for (variant, end) in [("encoded", "%0d%0a"), ("raw", "\\r\\n")] {
        script.begin();
        let seen = at(script, &format!("{folder}x HTTP/1.1{end}X-Injected: 1{end}Y: "))?;
        if script.fetches().iter().any(is_injected) {
            let because = "An address with line breaks in it wrote a field of its own into the request for keys";
            script.broken(variant, &seen, (Level::Must, Severity::High), because);
        } else {
            script.held(variant, "no request has the field");
        }
    }
    Ok(())
}

fn single(script: &mut Script<'_>) -> Done {
    let Some((folder, path)) = allowed(script, "jwk")? else { return Ok(()) };
    let Issuers { first, stranger, .. } = script.issuers;
    let jwk = stranger.jwk_text.trim();
    for (variant, body) in [("jwk", jwk.to_owned()), ("list", format!("[{jwk}]"))] {
        first.set(format!("{path}{variant}.json"), Reply::json(body));
        script.begin();
        let seen = at(script, &format!("{folder}{variant}.json"))?;
        let is_asked = !script.fetches().is_empty();
        if seen.is_granted() && is_asked {
            let because = "A document that is no JWK Set was taken for one";
            script.broken(variant, &seen, (Level::Should, Severity::Low), because);
        } else if !is_asked {
            script.cannot_tell(variant, NOT_ASKED);
        } else {
            script.held(variant, "it is no set to the service");
        }
    }
    Ok(())
}

fn abuse(script: &mut Script<'_>) -> Done {
    let Some((folder, path)) = allowed(script, "drip")? else { return Ok(()) };
    let first = &script.issuers.first;
    let nested = format!("{{\"keys\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    for (variant, reply) in [
        ("drip", Reply::Drip),
        ("endless", Reply::Endless),
        ("nested", Reply::json(nested)),
        ("circle", Reply::Redirect(format!("{folder}circle.json"))),
    ] {
        first.set(format!("{path}{variant}.json"), reply);
        script.begin();
        let mut seen = at(script, &format!("{folder}{variant}.json"))?;
        if script.fetches().is_empty() {
            // The connection of what was cut off before may have been taken for this, and was closed in that moment.
            script.wait(MOMENT);
            seen = at(script, &format!("{folder}{variant}.json"))?;
        }
        let fetches = script.fetches().len();
        // What has no end ends here: the next way is not to pay for it.
        first.set(format!("{path}{variant}.json"), Reply::HangUp);
        if is_held_up(&seen) {
            let because = format!("An address that answers without end or sense held the service up: {variant}");
            script.broken(variant, &seen, (Level::Should, Severity::High), &because);
        } else if fetches > MOST_HOPS {
            let because = format!("A redirect in a circle was followed {fetches} times");
            script.broken(variant, &seen, (Level::Should, Severity::Medium), &because);
        } else if fetches == 0 {
            script.cannot_tell(variant, NOT_ASKED);
        } else {
            script.held(variant, format!("answered after {} ms", seen.observation.elapsed.as_millis()));
        }
    }
    Ok(())
}

/// Whether there was no answer in good time, or the service went away.
fn is_held_up(seen: &Seen) -> bool {
    let fell = matches!(seen.observation.answer, Answer::Fault(Fault::Hang(_) | Fault::Crash(_)));
    fell || seen.observation.elapsed > PLENTY
}

/// So many tokens with unknown names.
const STORM: usize = 40;

/// So many times what is cached may run out before a service that was in trouble is well again.
const TURNS: usize = 3;

/// So many changes of the set, and tokens while it is fetched, which takes so long.
const ROUNDS: usize = 5;
const AT_ONCE: usize = 9;
const LATE: Duration = Duration::from_millis(150);

/// Many libraries wait five seconds for keys unless they are told otherwise; this is twice that.
const PLENTY: Duration = Duration::from_secs(10);

/// Who is to be seen to wait longer than that is waited for.
const PATIENCE: Duration = Duration::from_millis(12_500);

/// Browsers follow as many redirects as that.
const MOST_HOPS: usize = 21;

/// Why what is served at an allowed address says nothing.
const NOT_ASKED: &str = "it did not ask there, though the address is allowed";

/// What is served here is on no list.
const OFF: &str = "/off-the-list/";
