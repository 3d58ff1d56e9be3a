//! The decision section: what each way of keeping a login costs for the reader's own numbers, and which criterion decides.
//!
//! Takes a measurement and [`Needs`], gives a [`Decision`]. A way is out where it cannot do what is needed; among those that
//! are left the measured cost decides only where the intervals lie apart. Never guesses a cost that was not measured.

use std::time::Duration;

use serde::Serialize;
use token_assay_model::bench::Bench;

use super::costs::{self, Cost};
use super::figures;

/// The reader's own numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Needs {
    /// Requests a second, over all services, each with a login to be checked.
    pub requests_per_second: f64,
    /// How many services check logins.
    pub services: u32,
    /// How many sessions are alive at once.
    pub sessions: u64,
    /// How long a withdrawn login may go on at most, in seconds.
    pub max_revocation_lag: Option<f64>,
    /// The store, as the measurement names it: `redis`, `postgres-tcp`, …; where none is named, the first over a socket.
    pub store: Option<String>,
    /// The algorithm of the tokens.
    pub algorithm: String,
    /// The crate that verifies; where none is named, the middle one.
    pub verifier: Option<String>,
    /// How long an access token lives that can be refreshed, in seconds.
    pub access_ttl: f64,
    /// How long a token lives that cannot, in seconds: the length of a session.
    pub token_ttl: f64,
    /// How long a hybrid believes its cache, in seconds.
    pub cache_ttl: f64,
    /// Who calls.
    pub clients: Clients,
    /// Where browsers keep a token.
    pub token_in: TokenIn,
    /// Whether keys are changed on a schedule.
    pub rotates_keys: bool,
    /// Whether audience and issuer are checked.
    pub checks_audience_and_issuer: bool,
    /// Whether somebody runs a shared store already, and answers for it at night.
    pub runs_a_store: bool,
}

impl Default for Needs {
    fn default() -> Self {
        Self {
            requests_per_second: 1000.0,
            services: 1,
            sessions: 100_000,
            max_revocation_lag: None,
            store: None,
            algorithm: "ES256".into(),
            verifier: None,
            access_ttl: 900.0,
            token_ttl: 28_800.0,
            cache_ttl: 30.0,
            clients: Clients::Web,
            token_in: TokenIn::Cookie,
            rotates_keys: true,
            checks_audience_and_issuer: true,
            runs_a_store: true,
        }
    }
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Clients {
    /// Browsers, from the same site.
    Web,
    /// Browsers, from another site, to which cookies are not sent.
    CrossSite,
    /// Programs, which keep no cookies.
    Api,
}

/// Where browsers keep a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenIn {
    /// In a cookie that scripts cannot read.
    Cookie,
    /// In a variable.
    Memory,
    /// In localStorage or sessionStorage.
    WebStorage,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decision {
    /// What it rests on.
    pub needs: Needs,
    /// Where sessions are kept, as the measurement names it; none where no store was measured.
    pub store: Option<String>,
    /// Every way, in the order of [`Way`].
    pub ways: Vec<Assessed>,
    /// What decides, in sentences.
    pub decided_by: Vec<String>,
    /// What should be mended whatever is chosen.
    pub anti_patterns: Vec<AntiPattern>,
}

/// A way of keeping a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// An opaque id, looked up in a store for every request.
    Sessions,
    /// A token that holds until it expires.
    Jwt,
    /// A token, and a list of those withdrawn that is asked for every request.
    JwtWithDenylist,
    /// A token of some minutes, and a refresh token that is looked up when it ends.
    ShortJwtWithRefresh,
    /// An opaque id, looked up once and believed for some seconds.
    Hybrid,
}

impl Way {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Sessions, Self::Jwt, Self::JwtWithDenylist, Self::ShortJwtWithRefresh, Self::Hybrid];

    /// For people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Jwt => "JWT",
            Self::JwtWithDenylist => "JWT + denylist",
            Self::ShortJwtWithRefresh => "short JWT + refresh",
            Self::Hybrid => "hybrid (session, cached)",
        }
    }
}

/// A way for the reader's numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Assessed {
    /// Which.
    pub way: Way,
    /// What a request costs in time; none where it was not measured.
    pub cost: Option<Cost>,
    /// Processors that are busy with it, or wait for it, over all services.
    pub busy: Option<f64>,
    /// What the store is asked a second.
    pub store_operations: f64,
    /// What part of what the store gave at most that is.
    pub store_share: Option<f64>,
    /// How long a withdrawn login goes on at worst, in seconds.
    pub revocation_lag: f64,
    /// Why it is out, where it is.
    pub out: Vec<String>,
}

/// What should not be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AntiPattern {
    /// What is wrong.
    pub what: &'static str,
    /// Where it is said.
    pub clause: &'static str,
    /// What mends it.
    pub mend: &'static str,
}

/// Decides.
///
/// # Errors
///
/// Where the measurement does not hold what the needs name: an algorithm, a crate, a store.
pub fn decide(bench: &Bench, needs: &Needs) -> Result<Decision, Unmeasured> {
    let verify = verify_cost(bench, needs)?;
    let store = store(bench, needs)?;
    let ways = Way::ALL.map(|way| assess(bench, needs, way, verify.as_ref(), store.as_deref()));
    let decided_by = deciding(needs, &ways);
    Ok(Decision { needs: needs.clone(), store, ways: ways.into(), decided_by, anti_patterns: anti_patterns(needs) })
}

/// The algorithm that is meant where none is named: ES256, or else the first that was measured.
pub fn usual_algorithm(bench: &Bench) -> &str {
    let known = costs::algorithms(bench);
    known.iter().find(|name| **name == "ES256").or(known.first()).copied().unwrap_or("ES256")
}

/// What the needs name and the measurement lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmeasured {
    /// What.
    pub what: String,
    /// What there is instead.
    pub known: Vec<String>,
}

fn verify_cost(bench: &Bench, needs: &Needs) -> Result<Option<Cost>, Unmeasured> {
    let known = costs::algorithms(bench);
    if known.is_empty() {
        return Ok(None);
    }
    if !known.contains(&needs.algorithm.as_str()) {
        let known = known.into_iter().map(str::to_owned).collect();
        return Err(Unmeasured { what: format!("the algorithm {}", needs.algorithm), known });
    }
    let cost = costs::verify(bench, &needs.algorithm, needs.verifier.as_deref());
    match (&cost, &needs.verifier) {
        (None, Some(name)) => Err(Unmeasured {
            what: format!("{} by {name}", needs.algorithm),
            known: costs::verifiers(bench, &needs.algorithm),
        }),
        _ => Ok(cost),
    }
}

/// The store by its name in the measurement.
fn store(bench: &Bench, needs: &Needs) -> Result<Option<String>, Unmeasured> {
    let known = costs::stores(bench);
    let Some(wanted) = &needs.store else {
        let shared = known.iter().find(|name| is_shared(name) && name.ends_with("-tcp"));
        return Ok(shared.or_else(|| known.first()).map(|name| (*name).to_owned()));
    };
    if known.is_empty() {
        return Ok(None);
    }
    if let Some(row) = costs::store(bench, wanted, needs.sessions) {
        return Ok(Some(row.to_owned()));
    }
    Err(Unmeasured { what: format!("the store {wanted}"), known: known.into_iter().map(str::to_owned).collect() })
}

/// Whether several services can share it: it answers over a socket.
fn is_shared(store: &str) -> bool {
    ["redis", "postgres"].iter().any(|word| store.contains(word))
}

fn assess(bench: &Bench, needs: &Needs, way: Way, verify: Option<&Cost>, store: Option<&str>) -> Assessed {
    let rate = needs.requests_per_second;
    let lookup = store.and_then(|store| costs::lookup(bench, store, needs.sessions));
    let shared = needs.services > 1 || store.is_some_and(is_shared);
    let refreshes = needs.sessions as f64 / needs.access_ttl;
    let misses = miss_share(needs);
    let (cost, store_operations, revocation_lag) = match way {
        Way::Sessions => (lookup, rate, 0.0),
        Way::Jwt => (verify.cloned(), 0.0, needs.token_ttl),
        Way::JwtWithDenylist => {
            let asked = costs::revocation(bench, &needs.algorithm, shared);
            let cost = verify.zip(asked).map(|(verify, asked)| verify.and(&asked, 1.0));
            (cost, if shared { rate } else { 0.0 }, 0.0)
        }
        Way::ShortJwtWithRefresh => {
            let minted = costs::refresh(bench, &needs.algorithm);
            let refresh = minted.zip(lookup).map(|(minted, lookup)| minted.and(&lookup, 1.0));
            let cost = verify.zip(refresh).map(|(verify, refresh)| verify.and(&refresh, (refreshes / rate).min(1.0)));
            (cost, refreshes, needs.access_ttl)
        }
        Way::Hybrid => {
            let hit = costs::cache_hit(bench);
            let cost = hit.zip(lookup).map(|(hit, lookup)| hit.and(&lookup, misses));
            (cost, rate * misses, needs.cache_ttl)
        }
    };
    let capacity = store.and_then(|store| costs::capacity(bench, store, needs.sessions));
    let store_share = capacity.filter(|_| store_operations > 0.0).map(|capacity| store_operations / capacity);
    let busy = cost.as_ref().map(|cost| rate * cost.median / 1e9);
    let mut assessed = Assessed { way, cost, busy, store_operations, store_share, revocation_lag, out: Vec::new() };
    assessed.out = objections(needs, &assessed, store);
    assessed
}

/// The share of requests whose session the cache does not hold: of a session that is used evenly, the first after each term.
fn miss_share(needs: &Needs) -> f64 {
    let per_session = needs.requests_per_second / (needs.sessions.max(1) as f64) / f64::from(needs.services.max(1));
    1.0 / (1.0 + per_session * needs.cache_ttl)
}

/// What a way cannot do.
fn objections(needs: &Needs, assessed: &Assessed, store: Option<&str>) -> Vec<String> {
    let mut out = Vec::new();
    if let Some(most) = needs.max_revocation_lag.filter(|most| assessed.revocation_lag > *most) {
        out.push(format!(
            "a withdrawn login goes on for {}, and {} is the most",
            lasting(assessed.revocation_lag),
            lasting(most)
        ));
    }
    let keeps_state = matches!(assessed.way, Way::Sessions | Way::Hybrid);
    if let Some(store) = store.filter(|store| keeps_state && needs.services > 1 && !is_shared(store)) {
        out.push(format!("{} services cannot share {store}, which lives in one process", needs.services));
    }
    if let Some(share) = assessed.store_share.filter(|share| *share > MOST_OF_A_STORE) {
        out.push(format!("the store would be asked for {:.0} % of what one gave here at most", share * 100.0));
    }
    if !needs.runs_a_store && needs.services > 1 && assessed.store_operations > 0.0 {
        out.push("it needs a shared store, and nobody runs one".into());
    }
    if keeps_state && needs.clients == Clients::CrossSite {
        out.push("a session cookie is not sent across sites".into());
    }
    out
}

fn deciding(needs: &Needs, ways: &[Assessed]) -> Vec<String> {
    let left: Vec<&Assessed> = ways.iter().filter(|way| way.out.is_empty()).collect();
    let names = |ways: &[&Assessed]| ways.iter().map(|way| way.way.as_str()).collect::<Vec<_>>().join(", ");
    let mut said: Vec<String> = ways
        .iter()
        .filter(|way| !way.out.is_empty())
        .map(|way| format!("{} is out: {}.", way.way.as_str(), way.out.join("; ")))
        .collect();
    match &left[..] {
        [] => said.push("Nothing here does what is needed: a need has to give.".into()),
        [only] => said.push(format!("Only {} is left; its cost does not matter to the choice.", only.way.as_str())),
        several => {
            if said.is_empty() {
                said.push("No need rules anything out.".into());
            }
            said.push(format!("Left: {}.", names(several)));
            said.push(by_cost(needs, several));
        }
    }
    said
}

/// What the measured cost says of those that are left.
fn by_cost(needs: &Needs, left: &[&Assessed]) -> String {
    let mut known: Vec<(&Assessed, &Cost)> = left.iter().filter_map(|way| Some((*way, way.cost.as_ref()?))).collect();
    known.sort_by(|one, other| one.1.median.total_cmp(&other.1.median));
    let [(first, least), rest @ ..] = &known[..] else {
        return "None of their costs was measured here.".into();
    };
    let Some((last, most)) = rest.last() else {
        return format!("Only the cost of {} was measured.", first.way.as_str());
    };
    let apart = needs.requests_per_second * (most.median - least.median) / 1e9;
    if apart < NO_MATTER {
        return format!(
            "Cost does not decide: between the cheapest and the dearest lie {} of a processor at {} requests a second. \
             Revocation, and what the team can run, do.",
            share(apart),
            figures::grouped(needs.requests_per_second)
        );
    }
    let tied: Vec<&str> =
        rest.iter().filter(|(_, cost)| cost.overlaps(least)).map(|(way, _)| way.way.as_str()).collect();
    if tied.is_empty() {
        return format!(
            "{} costs least, {} a request; {} costs {}, which is {} of a processor more.",
            first.way.as_str(),
            figures::time(least.median),
            last.way.as_str(),
            figures::time(most.median),
            share(apart)
        );
    }
    format!(
        "The intervals of {} and {} overlap: no winner by cost. The dearest, {}, takes {} of a processor more.",
        first.way.as_str(),
        tied.join(", "),
        last.way.as_str(),
        share(apart)
    )
}

fn anti_patterns(needs: &Needs) -> Vec<AntiPattern> {
    let mut found = Vec::new();
    let long = needs.token_ttl.max(needs.access_ttl) > LONG_LIVED;
    if long && !needs.rotates_keys {
        found.push(AntiPattern {
            what: "Tokens that live longer than a day, under keys that are never changed.",
            clause: "RFC 6819 §5.1.5.3, ASVS 5.0 11.1.1",
            mend: "Let access tokens live for minutes and change keys on a schedule, two at a time under `kid`.",
        });
    }
    if !needs.checks_audience_and_issuer {
        found.push(AntiPattern {
            what: "Neither audience nor issuer is checked: a token for one service opens another.",
            clause: "RFC 8725 §3.8, §3.9; ASVS 5.0 9.2.3",
            mend: "Name both in the verifier's configuration and refuse tokens without them.",
        });
    }
    if needs.token_in == TokenIn::WebStorage && needs.clients != Clients::Api {
        found.push(AntiPattern {
            what: "A token in web storage: every script on the page reads it.",
            clause: "NIST SP 800-63B-4 §5.1, ASVS 5.0 14.3.3",
            mend: "Keep it in a cookie with HttpOnly, Secure and SameSite, or behind a server that does.",
        });
    }
    if needs.max_revocation_lag.is_none() {
        found.push(AntiPattern {
            what: "No bound on how long a withdrawn login goes on.",
            clause: "ASVS 5.0 7.4.1, RFC 7009 §3",
            mend: "Say one (--max-revocation-lag), and test that it holds.",
        });
    }
    found
}

/// A share of a processor.
fn share(cores: f64) -> String {
    if cores < 0.995 { format!("{:.2} %", cores * 100.0) } else { format!("{cores:.1} times the whole") }
}

/// Seconds as people say them.
pub(super) fn lasting(seconds: f64) -> String {
    let whole = Duration::from_secs_f64(seconds.max(0.0)).as_secs();
    match whole {
        0 if seconds <= 0.0 => "no time".into(),
        0..120 => format!("{seconds:.0} s"),
        120..7200 => format!("{} min", whole / 60),
        7200..172_800 => format!("{} h", whole / 3600),
        _ => format!("{} days", whole / 86_400),
    }
}

/// More than this of what a store gives at most leaves no room for a bad minute.
const MOST_OF_A_STORE: f64 = 0.7;

/// A twentieth of a processor is not worth an argument.
const NO_MATTER: f64 = 0.05;

const LONG_LIVED: f64 = 86_400.0;

#[cfg(test)]
mod tests {
    use super::super::sample::sample;
    use super::*;

    fn decided(change: impl FnOnce(&mut Needs)) -> Decision {
        let mut needs = Needs::default();
        change(&mut needs);
        decide(&sample(), &needs).expect("the sample holds it")
    }

    fn out(decision: &Decision) -> Vec<Way> {
        decision.ways.iter().filter(|way| !way.out.is_empty()).map(|way| way.way).collect()
    }

    #[test]
    fn a_bound_on_revocation_rules_out_what_goes_on_for_longer() {
        let decision = decided(|needs| needs.max_revocation_lag = Some(5.0));
        assert_eq!(out(&decision), [Way::Jwt, Way::ShortJwtWithRefresh, Way::Hybrid]);
        assert!(decision.decided_by[0].contains("8 h, and 5 s is the most"), "{:?}", decision.decided_by);
        assert!(decided(|needs| needs.max_revocation_lag = Some(1e6)).ways.iter().all(|way| way.out.is_empty()));
    }

    #[test]
    fn several_services_cannot_share_what_lives_in_one_process() {
        let decision = decided(|needs| {
            needs.services = 12;
            needs.store = Some("rwlock-hashmap".into());
        });
        assert_eq!(out(&decision), [Way::Sessions, Way::Hybrid]);
        assert_eq!(out(&decided(|needs| needs.services = 12)), []);
    }

    #[test]
    fn a_store_that_is_asked_for_more_than_it_gives_is_out() {
        let decision = decided(|needs| {
            needs.requests_per_second = 120_000.0;
            needs.store = Some("redis".into());
        });
        assert!(out(&decision).contains(&Way::Sessions), "{:?}", decision.decided_by);
        assert!(!out(&decision).contains(&Way::Jwt));
    }

    #[test]
    fn cost_decides_only_where_it_matters_and_can_be_told() {
        let said = |rate: f64| {
            decided(|needs| {
                needs.requests_per_second = rate;
                needs.store = Some("redis-tcp".into());
            })
        };
        let slow = said(10.0);
        assert!(slow.decided_by.iter().any(|line| line.starts_with("Cost does not decide")), "{:?}", slow.decided_by);
        let fast = said(20_000.0);
        assert!(fast.decided_by.iter().any(|line| line.contains("costs least")), "{:?}", fast.decided_by);
    }

    #[test]
    fn where_intervals_overlap_there_is_no_winner() {
        let decision = decided(|needs| {
            needs.requests_per_second = 2e6;
            needs.algorithm = "HS256".into();
            needs.store = Some("rwlock-hashmap".into());
            needs.clients = Clients::CrossSite;
        });
        let said = decision.decided_by.last().expect("something is said");
        assert!(said.starts_with("The intervals of JWT and ") && said.contains("overlap: no winner by cost"), "{said}");
    }

    #[test]
    fn who_sends_no_cookies_and_who_runs_no_store_are_left_without_what_needs_them() {
        let across_sites = decided(|needs| needs.clients = Clients::CrossSite);
        assert_eq!(out(&across_sites), [Way::Sessions, Way::Hybrid]);
        let without_store = decided(|needs| {
            needs.runs_a_store = false;
            needs.services = 3;
        });
        let left: Vec<Way> = without_store.ways.iter().filter(|way| way.out.is_empty()).map(|way| way.way).collect();
        assert_eq!(left, [Way::Jwt]);
        assert!(without_store.decided_by.last().is_some_and(|said| said.starts_with("Only JWT is left")));
    }

    #[test]
    fn a_lookup_is_read_at_the_size_that_is_nearest() {
        let cost = |sessions: u64| {
            let decision = decided(|needs| {
                needs.sessions = sessions;
                needs.store = Some("rwlock-hashmap".into());
            });
            decision.ways[0].cost.clone().expect("sessions come first").median
        };
        assert_eq!((cost(1), cost(2000), cost(50_000), cost(10_000_000)), (600.0, 600.0, 1000.0, 1000.0));
    }

    #[test]
    fn the_costs_are_those_of_the_rows() {
        let decision = decided(|needs| needs.store = Some("redis".into()));
        let cost = |way: Way| {
            let found = decision.ways.iter().find(|found| found.way == way).expect("every way");
            found.cost.clone().expect("it was measured").median
        };
        assert_eq!(cost(Way::Sessions), 20_000.0);
        assert_eq!(cost(Way::Jwt), 60_000.0);
        assert_eq!(cost(Way::JwtWithDenylist), 60_000.0 + 18_000.0);
        // A hundred sessions a second refresh, of a thousand requests a second.
        assert!(
            (cost(Way::ShortJwtWithRefresh) - (60_000.0 + (90_000.0 + 20_000.0) * 100_000.0 / 900.0 / 1000.0)).abs()
                < 1.0
        );
        // A session is used every hundred seconds; its cache holds thirty.
        assert!((cost(Way::Hybrid) - (500.0 + 20_000.0 / 1.3)).abs() < 1.0);
    }

    #[test]
    fn what_was_not_measured_is_named_with_what_was() {
        let needs = Needs { store: Some("cassandra".into()), ..Needs::default() };
        let error = decide(&sample(), &needs).expect_err("no such store");
        assert_eq!(error.what, "the store cassandra");
        assert!(error.known.contains(&"redis-tcp".to_owned()));
        let needs = Needs { algorithm: "ES999".into(), ..Needs::default() };
        assert_eq!(decide(&sample(), &needs).expect_err("no such algorithm").known, ["HS256", "ES256"]);
    }

    #[test]
    fn anti_patterns_apply_to_those_who_have_them() {
        let bad = decided(|needs| {
            needs.token_ttl = 30.0 * 86_400.0;
            needs.rotates_keys = false;
            needs.checks_audience_and_issuer = false;
            needs.token_in = TokenIn::WebStorage;
        });
        assert_eq!(bad.anti_patterns.len(), 4);
        assert_eq!(decided(|needs| needs.max_revocation_lag = Some(5.0)).anti_patterns, []);
    }
}
