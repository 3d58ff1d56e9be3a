//! `diff`: the verdicts that changed between two reports.

use crate::support::Place;

fn run(place: &Place, answers_as: &str, out: &str) {
    let assay = env!("CARGO_BIN_EXE_assay");
    place.write(
        "assay.toml",
        format!("[[target]]\nname = \"lib\"\ncommand = [\"{assay}\", \"worker\", \"{answers_as}\"]\n"),
    );
    place.assay(format!("run -t lib none-empty-sig -q --out {out}"));
}

#[test]
fn a_diff_ends_with_1_where_something_got_worse_and_else_with_0() {
    let place = Place::new();
    run(&place, "sound", "right");
    run(&place, "strawman-allows-none", "wrong");
    let worse = place.assay("diff right wrong").ended(1).out;
    assert!(
        worse.contains("now accepted, and must be refused") && worse.contains("none-empty-sig/pinned-hs256"),
        "{worse}"
    );
    let better = place.assay("diff wrong/report.json right/report.json").ended(0).out;
    assert!(better.contains("now right"), "{better}");
    let same = place.assay("diff wrong wrong").ended(0).out;
    assert_eq!(same.trim_end(), "no verdict changed");
    let page = place.assay("diff right wrong --format markdown").ended(1).out;
    assert!(page.starts_with("## ") && page.contains("### ✗ now accepted"), "{page}");
}
