//! The user's own keys, and the tokens that they signed, are in nothing that is written.

use token_assay::forge::base64url;
use token_assay::forge::sign::{Hash, mac};
use token_assay_model::Input;

use crate::support::{Place, report_in};

const SECRET: &str = "planted-secret-0f9b?7e~41>c8/d25a";

/// Everything that a run writes: the files of its folder, and what it says.
fn written(place: &Place, arguments: &str) -> Vec<(String, String)> {
    let run =
        "run alg-none hmac time claims alg-confusion --report junit,sarif,markdown,badge -vv --timeout 1s --skip *r2*";
    let targets = "-t sound -t strawman-allows-none -t strawman-skips-signature -t strawman-*exp* -t echoes -t details";
    let said = place.assay(format!("{run} {targets} {arguments}"));
    assert!([1, 3].contains(&said.code), "{}", said.err);
    let files = ["report.json", "report.html", "events.ndjson", "junit.xml", "assay.sarif", "report.md", "badge.json"];
    let mut texts: Vec<(String, String)> =
        files.iter().map(|file| ((*file).to_owned(), place.read(&format!("assay-report/{file}")))).collect();
    texts.push(("stdout".to_owned(), said.out));
    texts.push(("stderr".to_owned(), said.err));
    for format in ["terminal", "markdown", "json"] {
        texts.push((format!("report {format}"), place.assay(format!("report --format {format}")).ended(0).out));
    }
    texts.push(("as-test".to_owned(), place.assay("replay --as-test").out));
    texts.push(("replay".to_owned(), place.assay("replay --timeout 1s").out));
    texts
}

/// Every way of writing the secret.
fn spellings() -> Vec<String> {
    let octets = SECRET.as_bytes();
    let hex: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    let numbers: Vec<String> = octets.iter().map(u8::to_string).collect();
    vec![
        SECRET.to_owned(),
        base64url::encode(octets),
        base64url::encode_standard(octets),
        hex.to_uppercase(),
        hex,
        numbers.join(","),
        format!("{SECRET:?}").trim_matches('"').to_owned(),
    ]
}

/// The tokens in a text that the secret signed.
fn live_tokens(text: &str) -> Vec<&str> {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let signed = |token: &&str| {
        let Some((message, signature)) = token.trim_matches('.').rsplit_once('.') else { return false };
        let Some(signature) = base64url::decode(signature).filter(|signature| !signature.is_empty()) else {
            return false;
        };
        [Hash::Sha256, Hash::Sha384, Hash::Sha512]
            .into_iter()
            .any(|hash| mac(hash, SECRET.as_bytes(), message.as_bytes()) == signature)
    };
    text.split(|c| !is_of_token(c)).filter(signed).collect()
}

/// A target that gives its whole request back as a fault, and one that gives it back as the library's own words.
fn planted() -> Place {
    let shim = |reply: &str| {
        format!(
            r#"while IFS= read -r line; do
    case "$line" in
    *'"cmd":"start"'*)
        printf '%s\n' '{{"protocol":1,"target":{{"name":"a","version":"1","language":"sh"}},"supports":["HS256","HS384","HS512","secret","jwk","clock","exp","nbf"]}}' ;;
    *)
        seq=${{line#*\"seq\":}}; seq=${{seq%%,*}}
        said=$(printf '%s' "$line" | sed 's/\\/\\\\/g; s/"/\\"/g')
        printf '{{"seq":%s,{reply}}}\n' "$seq" "$said" ;;
    esac
done
"#
        )
    };
    let place = Place::new();
    place.write("echoes.sh", shim(r#""fault":"%s""#));
    place.write("details.sh", shim(r#""verdict":"reject","reason":"signature","detail":"%s""#));
    place.write(
        "assay.toml",
        format!(
            "[[key]]\nreplaces = \"hs256\"\nsecret = \"{SECRET}\"\n\
             [[target]]\nname = \"echoes\"\ncommand = [\"sh\", \"echoes.sh\"]\n\
             [[target]]\nname = \"details\"\ncommand = [\"sh\", \"details.sh\"]\n"
        ),
    );
    place
}

#[test]
fn neither_a_key_of_the_users_own_nor_a_token_that_it_signed_is_written() {
    let place = planted();
    for (file, text) in written(&place, "") {
        for spelling in spellings() {
            assert!(!text.contains(&spelling), "{file} holds the secret as {spelling}");
        }
        let tokens = live_tokens(&text);
        assert!(tokens.is_empty(), "{file} holds {} live tokens, the first {}", tokens.len(), tokens[0]);
    }
    let report = place.report();
    assert!(report.run.redacted);
    let findings = report
        .findings
        .iter()
        .filter(|finding| finding.policy.keys.iter().any(|key| key.kid.as_deref() == Some("hs256")));
    assert!(findings.count() > 3, "there was something to hide");
    let said = place.assay("replay").ended(3);
    assert!(said.out.contains("run again with --show-secrets"), "{}", said.out);
}

#[test]
fn with_show_secrets_both_are_there_and_can_be_replayed() {
    let place = planted();
    let texts = written(&place, "--show-secrets");
    for file in ["report.json", "events.ndjson"] {
        let (_, text) = texts.iter().find(|(name, _)| name == file).expect("it was read");
        assert!(text.contains(&base64url::encode_standard(SECRET)), "{file}");
        assert!(!live_tokens(text).is_empty(), "{file}");
    }
    assert!(!place.report().run.redacted);
    let own = place
        .report()
        .findings
        .into_iter()
        .find(|finding| finding.target == "strawman-allows-none")
        .expect("a finding");
    assert!(place.assay(format!("replay {}", own.fingerprint.0)).ended(1).out.starts_with("STILL "));
}

#[test]
fn without_keys_of_the_users_own_nothing_is_hidden() {
    let place = Place::new();
    place.assay("run -t strawman-allows-none alg-none -q").ended(1);
    assert!(!place.report().run.redacted);
    assert!(!place.read("assay-report/report.json").contains("sha256:"));
}

#[test]
fn tokens_that_a_key_pair_of_the_users_own_signed_are_hidden_too() {
    let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/../../corpus/keys/p256");
    let place = Place::with(&format!("[[key]]\nreplaces = \"p256\"\nfolder = '{keys}'\n"));
    for case in ["es256", "hs256"] {
        place.assay(format!("run -t strawman-time-ignores-exp exp-past/pinned-{case}-hour -q --out {case}")).ended(1);
    }
    let tokens = |case: &str| {
        let report = report_in(&place.path(case));
        assert!(report.run.redacted && !report.findings.is_empty());
        report.findings.into_iter().flat_map(|finding| [finding.input, finding.twin]).collect::<Vec<Input>>()
    };
    let begin = |tokens: Vec<Input>, start: &str| {
        tokens.iter().all(|token| token.text().is_some_and(|text| text.starts_with(start)))
    };
    assert!(begin(tokens("es256"), "sha256:"));
    assert!(begin(tokens("hs256"), "eyJ"), "what a test key signed is no secret");
    assert!(!place.read("es256/events.ndjson").contains("eyJhbGciOiJFUzI1NiIs"));
}
