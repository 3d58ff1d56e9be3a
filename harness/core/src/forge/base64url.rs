//! base64url as JOSE wants it, and as it must not be.
//!
//! Takes octets, gives text. [`encode`] is RFC 7515 §2 (no padding, canonical trailing bits); the others bend one property.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};

/// RFC 7515 §2: the URL-safe alphabet, no padding.
pub fn encode(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(octets)
}

/// With the padding that RFC 7515 §2 leaves out.
pub fn encode_padded(octets: impl AsRef<[u8]>) -> String {
    URL_SAFE.encode(octets)
}

/// Standard base64 with padding (RFC 4648 §4): what PEM and `x5c` hold.
pub fn encode_standard(octets: impl AsRef<[u8]>) -> String {
    STANDARD.encode(octets)
}

/// Decodes strictly: the URL-safe alphabet, no padding, trailing bits zero.
pub fn decode(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Decodes standard base64 with padding.
pub fn decode_standard(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}
