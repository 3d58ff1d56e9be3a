/// A forged token that says alg none and has an empty signature was accepted.
/// Expected: reject (algorithm). Assay 87aeae97.
#[test]
fn alg_none_none_empty_sig_pinned_hs256_87aeae97() {
    use token_assay::model::{Input, Policy, Request, Verdict};
    use token_assay::targets::Verifier;

    let token = Input::Token("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwic3ViIjoiYWRtaW4iLCJpYXQiOjE2OTk5OTY0MDAsIm5iZiI6MTY5OTk5NjQwMCwiZXhwIjoxNzAwMDAzNjAwLCJqdGkiOiJpZC0xIiwiYWRtaW4iOnRydWV9.".to_owned());
    let policy: Policy = serde_json::from_str(r##"{
  "algorithms": [
    "HS256"
  ],
  "keys": [
    {
      "kid": "hs256",
      "jwk": {
        "k": "JXSrdnaMnSdaETDriIq2rqzNfMgSBZStmZJX_qrBQ_M",
        "kid": "hs256",
        "kty": "oct"
      },
      "jwk_text": "{\"k\":\"JXSrdnaMnSdaETDriIq2rqzNfMgSBZStmZJX_qrBQ_M\",\"kid\":\"hs256\",\"kty\":\"oct\"}",
      "secret": "JXSrdnaMnSdaETDriIq2rqzNfMgSBZStmZJX/qrBQ/M="
    }
  ],
  "now": 1700000000
}"##).unwrap();
    let verifier = MyVerifier; // yours
    let verdict = verifier.verify(Request { input: &token, policy: &policy });
    assert!(matches!(verdict, Verdict::Reject { .. }), "{verdict}");
}
