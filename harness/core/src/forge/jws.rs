//! A JWS whose every layer is octets that stay as they were put: header, payload, signature, their encodings, separators.
//!
//! Takes raw text, gives the compact, flattened or general serialisation (RFC 7515 §7). Never re-serialises JSON, never
//! corrects anything.

use super::base64url;
use super::json;

/// A token in parts. The segments are what goes on the wire; they are encoded once and can be replaced one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jws {
    /// The header segment as it goes on the wire.
    pub header: String,
    /// The payload segment.
    pub payload: String,
    /// The signature segment.
    pub signature: String,
    /// What stands between the segments.
    pub separators: [String; 2],
    /// The payload's octets before encoding: what an accept returns.
    pub payload_octets: Vec<u8>,
}

impl Jws {
    /// Header and payload, encoded, with an empty signature.
    pub fn unsigned(header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> Self {
        Self {
            header: base64url::encode(header),
            payload: base64url::encode(&payload),
            signature: String::new(),
            separators: [".".to_owned(), ".".to_owned()],
            payload_octets: payload.as_ref().to_vec(),
        }
    }

    /// What a signature covers: the two segments as they are, with a dot between (RFC 7515 §5.1 step 8).
    pub fn signing_input(&self) -> String {
        format!("{}.{}", self.header, self.payload)
    }

    /// The same with these signature octets.
    #[must_use]
    pub fn with_signature(mut self, octets: impl AsRef<[u8]>) -> Self {
        self.signature = base64url::encode(octets);
        self
    }

    /// The same with this signature segment, raw.
    #[must_use]
    pub fn with_signature_segment(mut self, segment: impl Into<String>) -> Self {
        self.signature = segment.into();
        self
    }

    /// The same with another payload under the old signature.
    #[must_use]
    pub fn with_payload(mut self, payload: impl AsRef<[u8]>) -> Self {
        self.payload = base64url::encode(&payload);
        self.payload_octets = payload.as_ref().to_vec();
        self
    }

    /// The same with another header under the old signature.
    #[must_use]
    pub fn with_header(mut self, header: impl AsRef<[u8]>) -> Self {
        self.header = base64url::encode(header);
        self
    }

    /// The signature's octets; empty where the segment is not base64url.
    pub fn signature_octets(&self) -> Vec<u8> {
        base64url::decode(&self.signature).unwrap_or_default()
    }

    /// RFC 7515 §7.1.
    pub fn compact(&self) -> String {
        let [first, second] = &self.separators;
        format!("{}{first}{}{second}{}", self.header, self.payload, self.signature)
    }

    /// The two segments alone, without the second separator.
    pub fn two_segments(&self) -> String {
        self.signing_input()
    }

    /// RFC 7515 §7.2.2.
    pub fn flattened(&self) -> String {
        json::Object::new()
            .set_string("payload", &self.payload)
            .set_string("protected", &self.header)
            .set_string("signature", &self.signature)
            .text()
    }

    /// RFC 7515 §7.2.1 with this one signature.
    pub fn general(&self) -> String {
        let signature =
            json::Object::new().set_string("protected", &self.header).set_string("signature", &self.signature).text();
        json::Object::new().set_string("payload", &self.payload).set("signatures", json::array([signature])).text()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_serialisations_carry_the_same_parts() {
        let jws = Jws::unsigned(r#"{"alg":"none"}"#, "payload").with_signature([1, 2, 3]);
        assert_eq!(jws.compact(), "eyJhbGciOiJub25lIn0.cGF5bG9hZA.AQID");
        assert_eq!(jws.flattened(), r#"{"payload":"cGF5bG9hZA","protected":"eyJhbGciOiJub25lIn0","signature":"AQID"}"#);
        assert_eq!(
            jws.general(),
            r#"{"payload":"cGF5bG9hZA","signatures":[{"protected":"eyJhbGciOiJub25lIn0","signature":"AQID"}]}"#
        );
    }

    #[test]
    fn a_layer_is_bent_without_the_others() {
        let mut jws = Jws::unsigned("{}", "{}").with_signature_segment("not base64!");
        jws.separators[1] = "~".to_owned();
        jws.header = base64url::encode_padded("{}");
        assert_eq!(jws.compact(), "e30=.e30~not base64!");
        assert_eq!(jws.signing_input(), "e30=.e30");
        assert_eq!(jws.with_payload("[]").payload_octets, b"[]");
    }
}
