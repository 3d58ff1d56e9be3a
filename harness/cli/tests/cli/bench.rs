//! `bench`: two measurements compared, and one rendered for a reader's numbers.

use token_assay_model::bench::{Bench, BenchRun, Group, Machine, Role, Row, Unit};
use token_assay_model::report::Tool;

use crate::support::Place;

/// A measurement of two crates and two stores; the second crate costs so much.
fn bench(second: f64) -> String {
    let row = |name: &str, role, cost: f64| {
        let pass =
            |pass: usize| (0..10).map(|round| cost * (1.0 + 0.001 * ((pass * 7 + round * 3) % 10) as f64)).collect();
        Row::new(name.into(), role, None, None, (0..3).map(pass).collect())
    };
    let group = |name: &str, rows| Group {
        name: name.into(),
        title: "Some.".into(),
        unit: Unit::Nanoseconds,
        rows,
        wrong: Vec::new(),
    };
    let bench = Bench {
        schema: 1,
        tool: Tool { name: "assay".into(), version: "0.1.0".into() },
        run: BenchRun {
            started: "2026-01-01T00:00:00Z".into(),
            seconds: 1.0,
            quick: false,
            passes: 3,
            rounds: 10,
            selection: Vec::new(),
            complete: true,
        },
        machine: Machine::default(),
        backends: Vec::new(),
        groups: vec![
            group(
                "verify/ES256/8-claims",
                vec![
                    row("floor-p256", Role::Floor, 49_000.0),
                    row("one", Role::Subject, 50_000.0),
                    row("two", Role::Subject, second),
                ],
            ),
            group(
                "lookup/latency/100000/uniform",
                vec![row("moka", Role::Subject, 500.0), row("redis-tcp", Role::Subject, 20_000.0)],
            ),
        ],
        skipped: Vec::new(),
    };
    serde_json::to_string(&bench).expect("a measurement is JSON")
}

#[test]
fn what_got_slower_is_named_and_ends_with_6_and_what_did_not_with_0() {
    let place = Place::new();
    place.write("old.json", bench(60_000.0));
    place.write("new.json", bench(72_000.0));
    let slower = place.assay("bench compare old.json new.json").ended(6).out;
    assert!(slower.contains("verify/ES256/8-claims/two") && slower.contains("+20.0 %"), "{slower}");
    assert!(slower.contains("1 slower · 0 faster · 4 noise"), "{slower}");
    let faster = place.assay("bench compare new.json old.json --format markdown").ended(0).out;
    assert!(faster.contains("| verify/ES256/8-claims/two |") && faster.contains("**0 slower · 1 faster"), "{faster}");
    let same = place.assay("bench compare old.json old.json --format json").ended(0).out;
    let same: serde_json::Value = serde_json::from_str(&same).expect("JSON");
    assert_eq!(same["rows"].as_array().map(Vec::len), Some(5));
    // What moved so between earlier runs is no news.
    place.assay("bench compare old.json new.json new.json").ended(0);
    place.assay("bench compare old.json new.json --least 30%").ended(0);
}

#[test]
fn a_report_is_for_the_readers_own_numbers() {
    let place = Place::new();
    place.write("bench.json", bench(60_000.0));
    let text = place
        .assay("bench report bench.json --max-revocation-lag 5s --services 12 --requests-per-second 5000")
        .ended(0)
        .out;
    assert!(text.contains("JWT is out: a withdrawn login goes on for 8 h, and 5 s is the most."), "{text}");
    assert!(text.contains("5,000 requests a second over 12 services"), "{text}");
    let out = place.assay("bench report bench.json --store moka --services 3").ended(0).out;
    assert!(out.contains("3 services cannot share moka"), "{out}");
    place.assay("bench report . --format html --out page.html").ended(0);
    let page = place.read("page.html");
    assert!(page.contains("<svg") && page.trim_end().ends_with("</html>"), "{page}");
    let schema = place.assay("bench report --schema").ended(0).out;
    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    let document = serde_json::from_str(&bench(1.0)).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    assert!(validator.is_valid(&document));
}

#[test]
fn without_a_path_the_latest_measurement_is_rendered() {
    let place = Place::new();
    for (day, second) in [("01", 60_000.0), ("03", 72_000.0), ("02", 90_000.0)] {
        let folder = format!("assay-report/bench/2026-01-{day}T000000Z");
        std::fs::create_dir_all(place.path(&folder)).expect("the folder is ours");
        place.write(&format!("{folder}/bench.json"), bench(second));
    }
    let text = place.assay("bench report --verifier two").ended(0).out;
    assert!(text.lines().any(|line| line.starts_with("JWT ") && line.contains("  72.3 µs")), "{text}");
}

#[test]
fn what_cannot_be_read_or_was_not_measured_is_one_message() {
    let place = Place::new();
    place.write("bench.json", bench(60_000.0));
    place.write("other.json", r#"{"schema": 7}"#);
    let said = |arguments: &str| place.assay(arguments).ended(2);
    said("bench report").with_error("there is no measurement yet", "", "assay bench run");
    said("bench report none.json").with_error("none.json cannot be read", "No such file", "give a bench.json");
    said("bench report other.json").with_error("other.json is no measurement", "version 7", "assay bench run");
    said("bench report bench.json --store cassandra").with_error(
        "the store cassandra was not measured",
        "",
        "moka, redis-tcp",
    );
    said("bench report bench.json --algorithm ES999").with_error("the algorithm ES999 was not measured", "", "ES256");
    said("bench report bench.json --verifier x").with_error("ES256 by x was not measured", "", "one, two");
    assert!(said("bench report bench.json --requests-per-second 0").err.contains("above nought"));
    assert!(said("bench compare bench.json").err.contains("OLD... NEW"));
}

#[cfg(not(feature = "bench"))]
#[test]
fn an_assay_without_benchmarks_says_how_to_get_them() {
    let said = Place::new().assay("bench run").ended(2);
    said.with_error("built without its benchmarks", "feature", "--features bench");
}

#[cfg(feature = "bench")]
#[test]
fn a_row_that_is_slowed_on_purpose_is_found_out() {
    let place = Place::new();
    place.assay("bench run verify/HS256 --quick --quiet --out one").ended(0);
    for file in ["bench.json", "bench.html", "bench.md", "comparison.json"] {
        assert!(place.path("one").join(file).is_file(), "{file}");
    }
    let row = "verify/HS256/8-claims/jsonwebtoken";
    place.assay(format!("bench run verify/HS256 --quick --quiet --out two --slow {row}=100%")).ended(0);
    let said = place.assay("bench compare one two").ended(6).out;
    assert!(said.contains(row) && said.contains("slowed on purpose"), "{said}");
}
