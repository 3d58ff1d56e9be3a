//! How many instructions a verification and a cookie take: the same within half a percent on every run of a machine, however busy
//! (hash tables are seeded by chance), so that a regression shows that no clock would; of no use for comparing algorithms, since
//! Valgrind runs other code than the processor's best.
//!
//! `cargo bench --bench instructions --features instructions`, with Valgrind and `gungraun-runner` of gungraun's version; where
//! one of them is missing it says so and ends.

fn main() {
    #[cfg(feature = "instructions")]
    counted::run();
    #[cfg(not(feature = "instructions"))]
    println!("SKIPPED: instructions: built without the feature `instructions`");
}

#[cfg(feature = "instructions")]
mod counted {
    use std::process::{Command, Stdio};

    use gungraun::{library_benchmark, library_benchmark_group};
    use token_assay::model::Algorithm;
    use token_assay_benches::plans::{cookies, verify};
    use token_assay_benches::{Group, Work};

    /// What is counted: one call.
    type Call = Box<dyn FnMut(u64)>;

    pub(super) fn run() {
        let missing = ["valgrind", "gungraun-runner"].into_iter().find(|program| !is_there(program));
        match missing {
            Some(program) if !std::env::args().any(|argument| argument == "--gungraun-run") => {
                println!("SKIPPED: instructions: {program} is not installed");
            }
            _ => main(),
        }
    }

    fn is_there(program: &str) -> bool {
        let asked = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        asked.is_ok()
    }

    fn verifying(algorithm: Algorithm, target: &str) -> Call {
        row(verify::alone(algorithm, target), target)
    }

    /// The one row of this name.
    fn row(group: Group, name: &str) -> Call {
        let row = group.rows.into_iter().find(|row| row.name == name);
        match row.map(|row| row.work) {
            Some(Work::Calls(call)) => call,
            _ => panic!("{}/{name} is no row that is called: {:?}", group.name, group.wrong),
        }
    }

    #[library_benchmark]
    #[bench::by_hand(verifying(Algorithm::Hs256, "all-by-hand"))]
    #[bench::biscuit(verifying(Algorithm::Hs256, "biscuit"))]
    #[bench::jaws(verifying(Algorithm::Hs256, "jaws"))]
    #[bench::jose_rs(verifying(Algorithm::Hs256, "jose-rs"))]
    #[bench::jsonwebtoken(verifying(Algorithm::Hs256, "jsonwebtoken"))]
    #[bench::jsonwebtokens(verifying(Algorithm::Hs256, "jsonwebtokens"))]
    #[bench::jwt_compact(verifying(Algorithm::Hs256, "jwt-compact"))]
    #[bench::jwt_rustcrypto(verifying(Algorithm::Hs256, "jwt-rustcrypto"))]
    #[bench::jwt_simple(verifying(Algorithm::Hs256, "jwt-simple"))]
    fn hs256(mut call: Call) -> Call {
        call(1);
        call
    }

    #[library_benchmark]
    #[bench::by_hand(verifying(Algorithm::Es256, "all-by-hand"))]
    #[bench::biscuit(verifying(Algorithm::Es256, "biscuit"))]
    #[bench::jaws(verifying(Algorithm::Es256, "jaws"))]
    #[bench::jose_rs(verifying(Algorithm::Es256, "jose-rs"))]
    #[bench::jsonwebtoken(verifying(Algorithm::Es256, "jsonwebtoken"))]
    #[bench::jsonwebtokens(verifying(Algorithm::Es256, "jsonwebtokens"))]
    #[bench::jwt_compact(verifying(Algorithm::Es256, "jwt-compact"))]
    #[bench::jwt_simple(verifying(Algorithm::Es256, "jwt-simple"))]
    #[bench::openidconnect(verifying(Algorithm::Es256, "openidconnect"))]
    #[bench::picky(verifying(Algorithm::Es256, "picky"))]
    fn es256(mut call: Call) -> Call {
        call(1);
        call
    }

    #[library_benchmark]
    #[bench::parse_cookie(row(cookies::parse(5), "cookie"))]
    #[bench::parse_axum_extra(row(cookies::parse(5), "axum-extra"))]
    #[bench::parse_biscotti(row(cookies::parse(5), "biscotti"))]
    #[bench::signed_cookie(row(cookies::signed(43), "cookie"))]
    #[bench::signed_axum_extra(row(cookies::signed(43), "axum-extra"))]
    #[bench::signed_biscotti(row(cookies::signed(43), "biscotti"))]
    #[bench::private_cookie(row(cookies::private(43), "cookie"))]
    #[bench::private_axum_extra(row(cookies::private(43), "axum-extra"))]
    #[bench::private_biscotti(row(cookies::private(43), "biscotti"))]
    fn cookie(mut call: Call) -> Call {
        call(1);
        call
    }

    library_benchmark_group!(name = verify_one, benchmarks = [hs256, es256]);
    library_benchmark_group!(name = cookies_one, benchmarks = cookie);
    gungraun::main!(library_benchmark_groups = verify_one, cookies_one);
}
