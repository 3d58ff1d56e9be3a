//! The files of the corpus, embedded: test keys, frozen cases, regressions, and the signature cache.
//!
//! Takes a path below `corpus/`, gives its octets. Never reads the disk: what is here was there when it was built.

#![doc = concat!("Version ", env!("CARGO_PKG_VERSION"), ".")]

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The octets of `path`, written with `/`, as in `keys/rsa/public.pem`.
pub fn file(path: &str) -> Option<&'static [u8]> {
    FILES.binary_search_by(|(name, _)| name.cmp(&path)).ok().map(|at| FILES[at].1)
}

/// The text of `path`; nothing where it is not there or not UTF-8.
pub fn text(path: &str) -> Option<&'static str> {
    std::str::from_utf8(file(path)?).ok()
}

/// Every file whose path starts with `prefix`, in the order of their paths.
pub fn files(prefix: &str) -> impl Iterator<Item = (&'static str, &'static [u8])> {
    FILES.iter().filter(move |(name, _)| name.starts_with(prefix)).copied()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_embedded_file_is_found_by_its_path() {
        let mut seen = 0;
        for (path, octets) in super::files("keys/") {
            assert_eq!(super::file(path), Some(octets));
            seen += 1;
        }
        assert!(seen > 90, "{seen} key files");
        assert_eq!(super::file("keys/rsa"), None);
    }
}
