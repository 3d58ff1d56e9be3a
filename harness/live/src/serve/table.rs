//! The `[service]` table with which `assay` asks the served reference service. Takes what is served and where, gives TOML.

use token_assay::sessions::command::USERS;
use token_assay::sessions::policy::SessionPolicy;

use super::Serving;
use super::flaw::Flaw;
use super::front::{BEYOND, GRANTED, NEEDED};

/// The table; where the service speaks TLS, with the file of its certificate.
pub(super) fn table(
    serving: &Serving,
    url: &str,
    second: Option<&str>,
    control: &str,
    certificate: Option<&str>,
) -> String {
    let kind = serving.kind;
    let policy = SessionPolicy::of(kind);
    let mut text = format!("[service]\nname = \"reference\"\nurl = \"{url}\"\nkind = \"{kind}\"\n");
    if let Some(file) = certificate {
        text.push_str(&format!("ca = {file:?}\n"));
    }
    if let Some(second) = second {
        text.push_str(&format!("nodes = [\"{second}\"]\n"));
    }
    text.push_str("\n[service.policy]\n");
    if let Some(most) = serving.max_sessions {
        text.push_str(&format!("max-sessions = {most}\n"));
    }
    let seconds = [
        ("idle", policy.idle),
        ("absolute", policy.absolute),
        ("access-ttl", policy.access_ttl),
        ("refresh-grace", policy.refresh_grace),
        ("revocation-lag", policy.revocation_lag),
        ("role-lag", policy.role_lag),
        ("skew", policy.skew),
        ("key-cache", policy.key_cache),
    ];
    for (name, seconds) in seconds {
        text.push_str(&format!("{name} = \"{seconds}s\"\n"));
    }
    text.push_str(&format!("reuse = \"{}\"\non-store-failure = \"{}\"\n", policy.reuse, policy.on_store_failure));
    text.push_str("\n# What says 503 was told that its store is down: it is not waited for.\n[service.limits]\nback-off = \"0s\"\n");
    for user in USERS {
        let (name, host) = (user.name, user.host);
        text.push_str(&format!(
            "\n[[service.user]]\nname = \"{name}\"\npassword = \"password-0\"\nhost = \"{host}\"\n"
        ));
    }
    text.push_str("\n[service.answer]\nname = \"/name\"\nhost = \"/host\"\nroles = \"/roles\"\nhandle = \"/handle\"\n");
    text.push_str("handles = \"/sessions/*\"\nlog = \"/lines/*\"\n");
    if kind.has_session() {
        let name = if serving.flaw == Some(Flaw::PlainName) { "sid" } else { "__Host-sid" };
        text.push_str(&format!("cookie = \"{name}\"\ncsrf = \"/csrf\"\n"));
    }
    if kind.has_tokens() {
        text.push_str("access = \"/access\"\nrefresh = \"/refresh\"\nscope = \"/scope\"\n");
        text.push_str("leaked-kid = \"/kid\"\nleaked-secret = \"/secret\"\n");
        text.push_str(&format!(
            "\n[service.scope]\ngranted = \"{GRANTED}\"\nbeyond = \"{BEYOND}\"\nneeded = \"{NEEDED}\"\n"
        ));
    }
    text.push_str("\n[service.request]\n");
    let own = "headers = { Origin = \"{origin}\" }";
    if kind.has_session() {
        text.push_str(&format!("visit = {{ method = \"POST\", path = \"/visit\", {own} }}\n"));
    }
    let post = |name: &str, path: &str, json: &str| {
        format!("{name} = {{ method = \"POST\", path = \"{path}\", json = {json}, {own} }}\n")
    };
    text.push_str(&post("login", "/login", "{ name = \"{name}\", password = \"{password}\" }"));
    text.push_str("who-am-i = { path = \"/me\" }\n");
    if kind.has_tokens() {
        text.push_str(&post(
            "refresh",
            "/refresh",
            "{ refresh = \"{refresh}\", client = \"{client}\", scope = \"{scope}\" }",
        ));
        text.push_str(&post(
            "revoke-token",
            "/oauth/revoke",
            "{ token = \"{token}\", hint = \"{hint}\", client = \"{client}\" }",
        ));
        text.push_str("once = { method = \"POST\", path = \"/once\" }\nscoped = { path = \"/scoped\" }\n");
    }
    if kind.has_session() {
        text.push_str("form = { path = \"/form\" }\n");
        let form = "headers = { Origin = \"{origin}\", X-CSRF-Token = \"{csrf}\" }";
        text.push_str(&format!("change = {{ path = \"/change\", json = {{}}, {form} }}\n"));
        text.push_str(&post("step-up", "/step-up", "{ password = \"{password}\" }"));
    }
    text.push_str(&post("logout", "/logout", if kind.has_session() { "{}" } else { "{ refresh = \"{refresh}\" }" }));
    text.push_str(&post("logout-others", "/logout-others", "{}"));
    text.push_str(&post("logout-all", "/logout-all", "{}"));
    text.push_str("list = { path = \"/sessions\" }\n");
    text.push_str(&post("revoke", "/sessions/revoke", "{ handle = \"{handle}\" }"));
    text.push_str(&post("change-password", "/password", "{ old = \"{former}\", new = \"{password}\" }"));
    let controls = [
        ("disable", "/admin/disable", "{ name = \"{name}\" }"),
        ("enable", "/admin/enable", "{ name = \"{name}\" }"),
        ("drop-role", "/admin/drop-role", "{ name = \"{name}\", role = \"{role}\" }"),
        ("grant-role", "/admin/grant-role", "{ name = \"{name}\", role = \"{role}\" }"),
        ("terminate", "/admin/terminate", "{ handle = \"{handle}\" }"),
        ("advance", "/control/advance", "{ seconds = \"{seconds}\" }"),
        ("store", "/control/store", "{ fault = \"{fault}\" }"),
        ("restart", "/control/restart", "{}"),
        ("reset", "/control/reset", "{}"),
    ];
    text.push_str(&format!(
        "log = {{ path = \"/control/access-log\", headers = {{ Assay-Control = \"{control}\" }} }}\n"
    ));
    let keys = [
        ("introspect", "/oauth/introspect", "{ token = \"{token}\" }"),
        ("rotate-key", "/control/rotate-key", "{}"),
        ("retire-keys", "/control/retire-keys", "{}"),
        ("compromise-key", "/control/compromise-key", "{}"),
    ];
    for (name, path, json) in controls.iter().chain(if kind.has_tokens() { &keys[..] } else { &[] }) {
        text.push_str(&format!(
            "{name} = {{ path = \"{path}\", json = {json}, headers = {{ Assay-Control = \"{control}\" }} }}\n"
        ));
    }
    text
}
