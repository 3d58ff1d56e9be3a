//! libFuzzer's door to [`token_assay_fuzz::encrypted_token`]; without the engine, the files given are shown to it once.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(init: token_assay_fuzz::prepare(), |data: &[u8]| token_assay_fuzz::encrypted_token::run(data));

#[cfg(not(fuzzing))]
fn main() {
    token_assay_fuzz::show_files(token_assay_fuzz::encrypted_token::run);
}
