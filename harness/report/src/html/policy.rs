//! What a page of ours may do.
//!
//! Takes its scripts and its style, gives a Content-Security-Policy that permits these by their hashes and nothing else: no
//! address, no handler in an attribute, no form, no frame.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest as _, Sha256};

/// The policy of a page with these scripts and this style; without scripts none may run.
pub(crate) fn policy(scripts: &[&str], style: &str) -> String {
    let hash = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())));
    let scripts: Vec<String> = scripts.iter().map(|script| hash(script)).collect();
    let scripts = if scripts.is_empty() { "'none'".to_owned() } else { scripts.join(" ") };
    format!("default-src 'none'; script-src {scripts}; style-src {}; base-uri 'none'; form-action 'none'", hash(style))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_and_styles_are_permitted_by_their_hashes_alone() {
        let empty = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
        assert_eq!(
            policy(&[""], ""),
            format!("default-src 'none'; script-src {empty}; style-src {empty}; base-uri 'none'; form-action 'none'")
        );
        assert!(policy(&[], "").contains("script-src 'none';"));
    }
}
