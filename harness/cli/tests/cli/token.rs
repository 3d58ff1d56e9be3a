//! `inspect` of tokens: what is told of them, what a sound verifier answers, and how the process ends.

use std::process::Stdio;

use serde_json::Value;
use token_assay::forge::base64url::encode;
use token_assay::forge::{Forge, TestKey};
use token_assay_model::Algorithm;

use crate::support::{Place, Said, ended};

const NOW: i64 = 1_700_000_000;
const SOUND: &str =
    r#"{"iss":"https://issuer.example","sub":"user-1","aud":"orders","iat":1699999700,"exp":1700000720,"jti":"id-1"}"#;
const SECRET: &[u8] = b"a secret that is not on any list";

fn signed_as(header: &str, claims: &str, secret: &[u8]) -> String {
    let key = TestKey::from_secret("key", secret);
    Forge::new(NOW).sign(header.as_bytes(), claims.as_bytes(), &key, Algorithm::Hs256).compact()
}

fn sound() -> String {
    signed_as(r#"{"alg":"HS256","typ":"JWT"}"#, SOUND, SECRET)
}

fn inspect(place: &Place, arguments: &[&str]) -> Said {
    Said::by(place.command(format!("inspect --now {NOW}")).args(arguments))
}

fn with_stdin(place: &Place, arguments: &[&str], text: &[u8]) -> Said {
    let mut command = place.command(format!("inspect --now {NOW}"));
    let command = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary was built for this test");
    std::io::Write::write_all(&mut child.stdin.take().expect("it is piped"), text).expect("it reads");
    ended(child)
}

fn piece(said: &Said) -> Value {
    let document: Value = serde_json::from_str(&said.out).expect("a document");
    document["pieces"][0].clone()
}

fn found(piece: &Value) -> Vec<&str> {
    piece["findings"].as_array().expect("a list").iter().map(|finding| finding["id"].as_str().expect("an id")).collect()
}

#[test]
fn a_token_is_taken_apart_with_what_its_members_mean() {
    let place = Place::new();
    let said = inspect(&place, &[&sound()]).ended(0);
    for part in [
        "token   signed, compact, 3 segments",
        "alg  \"HS256\"   HMAC with SHA-256",
        "2023-11-14 22:25:20 UTC, in 12 minutes",
        "who may accept it",
        "signature   32 octets, not checked (--key)",
        "✓ no findings",
        "how long a token may live (--max-lifetime)",
        "well-known secrets (--guess)",
    ] {
        assert!(said.out.contains(part), "no `{part}` in:\n{}", said.out);
    }
}

#[test]
fn it_is_read_from_an_argument_stdin_and_a_file_in_whatever_it_stands() {
    let place = Place::new();
    let token = sound();
    place.write("token.txt", format!("{token}\n"));
    let whole = inspect(&place, &[&token]).ended(0).out;
    assert_eq!(inspect(&place, &["--file", "token.txt"]).ended(0).out, whole);
    assert_eq!(with_stdin(&place, &["-"], token.as_bytes()).ended(0).out, whole);
    assert_eq!(with_stdin(&place, &[], token.as_bytes()).ended(0).out, whole);
    for text in [format!("Authorization: Bearer {token}"), format!("Bearer {token}")] {
        assert!(inspect(&place, &[&text]).ended(0).out.contains("in an Authorization field"));
    }
    let cookie = inspect(&place, &[&format!("Cookie: theme=dark; sid={token}")]).ended(0).out;
    assert!(cookie.contains("sid   signed, compact") && cookie.contains("theme   dar… (4 octets)"), "{cookie}");
    let body = format!(r#"{{"access_token":"{token}","token_type":"Bearer"}}"#);
    assert!(inspect(&place, &[&body]).ended(0).out.contains("access_token   signed"));
    let url = inspect(&place, &["--json", &format!("https://a.example/#id_token={token}")]).ended(1);
    assert_eq!(found(&piece(&url)), ["token/in-url"]);
    let set = inspect(&place, &["Set-Cookie: sid=31d4d96e407aad42; Path=/"]).ended(1);
    assert!(set.out.contains("set-cookie/sc-httponly-missing"), "{}", set.out);
    let response = "HTTP/1.1 200 OK\r\nSet-Cookie: sid=31d4d96e407aad42; Path=/\r\n\r\n";
    assert!(with_stdin(&place, &["-"], response.as_bytes()).ended(1).out.contains("sc-httponly-missing"));
}

#[test]
fn nested_encrypted_and_json_tokens_are_unfolded() {
    let place = Place::new();
    let outer =
        format!("{}.{}.{}", encode(r#"{"alg":"HS256","typ":"JWT","cty":"JWT"}"#), encode(sound()), encode([0_u8; 32]));
    let said = inspect(&place, &[&outer]).ended(0).out;
    assert!(said.contains("a token inside") && said.contains("inside: payload   6 members"), "{said}");
    let (alg, enc) = (token_assay_model::KeyManagement::Dir, token_assay_model::ContentEncryption::A256Gcm);
    let header = token_assay::forge::Object::new().set_string("alg", "dir").set_string("enc", "A256GCM");
    let recipient = TestKey::from_secret("shared", &[b'k'; 32]);
    let wrapped = token_assay::forge::jwe::Wrapping::new(alg, enc).wrap(&recipient, header.set_string("typ", "JWT"));
    let sealed = wrapped.seal(enc, sound()).compact();
    let closed = inspect(&place, &[&sealed]).ended(0).out;
    assert!(closed.contains("not opened (--key)") && closed.contains("a key that opens the token (--key)"), "{closed}");
    place.write("key.txt", [b'k'; 32]);
    let opened = inspect(&place, &[&sealed, "--key", "key.txt"]).out;
    assert!(opened.contains("opened with the key") && opened.contains("inside: payload   6 members"), "{opened}");
    let parts: Vec<String> = sound().split('.').map(str::to_owned).collect();
    let flat = format!(r#"{{"protected":"{}","payload":"{}","signature":"{}"}}"#, parts[0], parts[1], parts[2]);
    let flat = inspect(&place, &["--json", &flat]);
    assert_eq!(found(&piece(&flat)), ["token/json-serialisation"]);
}

#[test]
fn severity_level_and_refusal_decide_the_exit_code() {
    let place = Place::new();
    let token = signed_as(r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"iss":"i","sub":"u","aud":"a","jti":"1"}"#, SECRET);
    inspect(&place, &[&token]).ended(1);
    inspect(&place, &[&token, "--fail-on", "high"]).ended(0);
    inspect(&place, &[&token, "--level", "must"]).ended(0);
    inspect(&place, &["theme=dark"]).ended(4);
    let unsigned = inspect(&place, &["eyJhbGciOiJub25lIn0.e30."]).ended(1);
    assert!(unsigned.out.starts_with("token   unsigned, compact") && unsigned.out.contains("token/alg-none"));
}

#[test]
fn a_key_checks_the_signature_and_a_sound_verifier_answers() {
    let place = Place::new();
    place.write("key.txt", SECRET);
    place.write("other.txt", "another secret, of thirty-two octets");
    let right = inspect(&place, &[&sound(), "--key", "key.txt"]);
    assert!(right.out.contains("32 octets, the key made it"), "{}", right.out);
    let wrong = inspect(&place, &[&sound(), "--key", "other.txt"]).ended(1);
    for part in
        ["the key did not make it", "✗ a sound verifier refuses it: signature", "10: the signature", "RFC 7515 §5.2"]
    {
        assert!(wrong.out.contains(part), "no `{part}` in:\n{}", wrong.out);
    }
    assert!(
        !right.out.contains("a secret that is not") && !wrong.out.contains("another secret"),
        "a key is not printed"
    );
}

#[test]
fn the_policy_of_a_file_is_what_a_sound_verifier_answers_by() {
    let place = Place::new();
    place.write("key.txt", SECRET);
    let policy = |rest: &str| {
        let head = "[policy]\nalgorithms = [\"HS256\"]\nissuer = \"https://issuer.example\"\nkey = \"key.txt\"\n";
        place.write("assay.toml", format!("{head}{rest}"));
        let said = inspect(&place, &[&sound(), "--policy", "assay.toml", "--json"]);
        (said.code, piece(&said)["answer"].clone())
    };
    let (code, accepted) = policy("audience = [\"orders\", \"other\"]\nleeway = \"30s\"\n");
    assert_eq!((code, &accepted["answer"]), (0, &"accept".into()), "{accepted}");
    let (code, refused) = policy("audience = \"billing\"\n");
    assert_eq!(
        (code, &refused["reason"], &refused["rule"]["number"]),
        (1, &"audience".into(), &19.into()),
        "{refused}"
    );
    let (code, lasting) = policy("audience = \"orders\"\nmax-lifetime = \"15m\"\n");
    assert_eq!((code, &lasting["answer"]), (1, &"accept".into()), "it lives 17 minutes");
    place.write("assay.toml", "[run]\n");
    let none = inspect(&place, &[&sound(), "--policy", "assay.toml"]).ended(2);
    none.with_error("assay.toml has no [policy] table", "", "assay init --print");
    place.write("assay.toml", "[policy]\nalgorithms = [\"HS257\"]\nsecret = \"x\"\n");
    let unknown = inspect(&place, &[&sound(), "--policy", "assay.toml"]).ended(2);
    unknown.with_error("names what is no algorithm", "HS257", "assay list features");
    place.write("assay.toml", "[policy]\nalgorithms = [\"HS256\"]\n");
    inspect(&place, &[&sound(), "--policy", "assay.toml"]).ended(2).with_error("names no key", "not accepted", "--key");
}

#[test]
fn well_known_secrets_are_tried_where_it_is_asked() {
    let place = Place::new();
    let weak = signed_as(r#"{"alg":"HS256","typ":"JWT"}"#, SOUND, b"your-256-bit-secret");
    inspect(&place, &[&weak]).ended(0);
    let said = inspect(&place, &[&weak, "--guess"]).ended(1);
    assert!(
        said.out.contains("✗ CRITICAL  token/weak-secret") && said.out.contains("\"your-256-bit-secret\""),
        "{}",
        said.out
    );
    inspect(&place, &[&sound(), "--guess"]).ended(0);
}

#[test]
fn what_a_token_holds_controls_no_terminal() {
    let place = Place::new();
    let evil = "\u{1b}]0;x\u{7}\u{1b}[2J\u{202e}\u{9b}\r\n";
    let json = Value::from(evil).to_string();
    let header = format!(r#"{{"alg":{json},"kid":{json},{json}:1,"jku":{json}}}"#);
    let token = signed_as(&header, &format!(r#"{{"sub":{json},"exp":1e999,{json}:{{{json}:[{json}]}}}}"#), SECRET);
    let raw = format!("{}.{}.AAAA", encode(format!("{{\"alg\":\"{evil}\"}}")), encode(evil));
    for text in [token.clone(), format!("sid={token}; {}=1", "b\u{202e}"), raw] {
        let said = with_stdin(&place, &["-"], text.as_bytes());
        assert!(said.code <= 1, "{}", said.err);
        assert!(said.out.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{:?}", said.out);
        assert!(said.out.contains("\\u") || said.out.contains("\\x"), "{}", said.out);
    }
}

#[test]
fn bad_input_is_one_message() {
    let place = Place::new();
    place.write("line.txt", "nothing of the kind\n");
    place.write("empty.txt", "");
    place.write("key.json", "{\"a\":1}");
    let token = sound();
    let wrong: [(&[&str], &str, &str, &str); 8] = [
        (&["hello"], "the text is nothing that is known here", "it is no token", "--as token"),
        (&["--file", "line.txt"], "line.txt is nothing that is known here", "it is no token", "--as token"),
        (&["--file", "none.txt"], "none.txt cannot be read", "No such file", "stdin"),
        (&["--file", "empty.txt"], "there is nothing to inspect", "", "give a token"),
        (&[&token, "--key", "none.pem"], "none.pem cannot be read", "No such file", "give a file with a key"),
        (&[&token, "--key", "key.json"], "key.json is no key", "neither a JWK", "PEM"),
        (&["sid=1; Path=/", "--guess"], "--guess is for tokens", "set-cookie", "--as token"),
        (&[&token, "--set-cookie", "sid=1"], "more than one thing to inspect", "", "--set-cookie"),
    ];
    for (arguments, what, cause, hint) in wrong {
        inspect(&place, arguments).ended(2).with_error(what, cause, hint);
    }
    let said = inspect(&place, &["--as", "tokn", &token]).ended(2);
    assert!(said.err.contains("tokn") && said.err.contains("token"), "{}", said.err);
    inspect(&place, &["--as", "token", "a.b.c"]).ended(1);
}

#[test]
fn what_explain_says_to_try_finds_what_it_explains() {
    let place = Place::new();
    let mut tried = 0;
    for rule in token_assay::inspect::RULES {
        let said = place.assay(format!("explain token/{}", rule.id)).ended(0).out;
        assert!(said.contains("  clauses ") && said.contains("  mend "), "{said}");
        let line = said.lines().find_map(|line| line.trim_start().strip_prefix("try ")).expect("a line to try");
        let words = shlex::split(line.trim()).expect("it is quoted");
        if words.iter().any(|word| word == "TOKEN") {
            continue;
        }
        let mut arguments: Vec<&str> = words[2..].iter().map(String::as_str).collect();
        arguments.extend(["--json"]);
        if rule.id == "segments" {
            arguments.extend(["--as", "token"]);
        }
        let said = Said::by(place.command("inspect").args(&arguments));
        let id = format!("token/{}", rule.id);
        assert!(found(&piece(&said)).contains(&id.as_str()), "{line}\n{}{}", said.out, said.err);
        tried += 1;
    }
    assert!(tried > 35, "{tried}");
}
