//! libFuzzer's door to [`token_assay_fuzz::differential`]; without the engine, the files given are shown to it once.
#![cfg_attr(fuzzing, no_main)]

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_target!(init: token_assay_fuzz::prepare(), |data: &[u8]| token_assay_fuzz::differential::run(data));

#[cfg(fuzzing)]
libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, longest: usize, seed: u32| {
    token_assay_fuzz::token_structured::mutate(data, size, longest, seed, libfuzzer_sys::fuzzer_mutate)
});

#[cfg(not(fuzzing))]
fn main() {
    token_assay_fuzz::show_files(token_assay_fuzz::differential::run);
}
