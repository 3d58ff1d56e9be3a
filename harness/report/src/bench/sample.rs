//! A measurement for tests.

use token_assay_model::bench::{Backend, Bench, BenchRun, Group, Machine, Role, Row, SCHEMA, Skipped, Unit};
use token_assay_model::report::Tool;

/// A small measurement with round figures.
pub(super) fn sample() -> Bench {
    let row = |name: &str, role, value: f64| {
        Row::new(name.into(), role, None, None, vec![vec![value * 0.99, value, value * 1.01]; 3])
    };
    let group = |name: &str, unit, rows| Group {
        name: name.into(),
        title: format!("What {name} says."),
        unit,
        rows,
        wrong: Vec::new(),
    };
    use Role::{Floor, Subject};
    let mut groups = vec![
        group(
            "verify/HS256/8-claims",
            Unit::Nanoseconds,
            vec![
                row("floor-hmac", Floor, 400.0),
                row("a", Subject, 2600.0),
                row("b", Subject, 2610.0),
                row("c", Subject, 5200.0),
            ],
        ),
        group(
            "verify/ES256/8-claims",
            Unit::Nanoseconds,
            vec![
                row("floor-p256", Floor, 49_000.0),
                row("a", Subject, 50_000.0),
                row("b", Subject, 60_000.0),
                row("c", Subject, 200_000.0),
            ],
        ),
        group(
            "hybrid/revocation/ES256/10000",
            Unit::Nanoseconds,
            vec![
                row("none", Floor, 60_000.0),
                row("hash-set", Subject, 60_100.0),
                row("redis-unix", Subject, 78_000.0),
            ],
        ),
        group(
            "hybrid/session-cache",
            Unit::Nanoseconds,
            vec![row("redis-unix", Subject, 18_000.0), row("cache-hit", Subject, 500.0)],
        ),
        group(
            "hybrid/introspection/ES256",
            Unit::Nanoseconds,
            vec![row("request-alone", Floor, 90_000.0), row("introspect", Subject, 160_000.0)],
        ),
        group("hybrid/refresh", Unit::Nanoseconds, vec![row("refresh-ES256", Subject, 90_000.0)]),
        group(
            "request/cpu",
            Unit::CpuSecondsPerMillion,
            vec![row("none", Floor, 30.0), row("jwt-es256", Subject, 95.0)],
        ),
    ];
    for size in [1000, 100_000] {
        let rows = vec![
            row("floor-map", Floor, 40.0),
            row("rwlock-hashmap", Subject, 200.0 * f64::from(size).log10()),
            row("redis-tcp", Subject, 20_000.0),
        ];
        groups.push(group(&format!("lookup/latency/{size}/uniform"), Unit::Nanoseconds, rows));
        for callers in [1, 8] {
            let rows = vec![
                row("rwlock-hashmap", Subject, 1e6 * f64::from(callers)),
                row("redis-tcp", Subject, 50_000.0 * f64::from(callers).sqrt()),
            ];
            groups.push(group(&format!("lookup/throughput/{size}/{callers}-callers"), Unit::PerSecond, rows));
        }
    }
    groups[0].wrong = vec![Skipped { name: "d".into(), why: "it accepts a tampered token".into() }];
    groups[0].rows[1].note = Some("a | note <b>".into());
    Bench {
        schema: SCHEMA,
        tool: Tool { name: "assay".into(), version: "0.1.0".into() },
        run: BenchRun {
            started: "2026-01-01T00:00:00Z".into(),
            seconds: 61.0,
            quick: true,
            passes: 3,
            rounds: 3,
            selection: Vec::new(),
            complete: true,
        },
        machine: Machine {
            cpu: "A processor".into(),
            cpus: 2,
            features: vec!["sha_ni".into()],
            memory: 1024,
            kernel: "linux 6".into(),
            compiler: "rustc 1".into(),
        },
        backends: vec![Backend {
            name: "redis".into(),
            version: "7".into(),
            durability: "none".into(),
            caching: "all in memory".into(),
        }],
        groups,
        skipped: vec![Skipped { name: "postgres".into(), why: "it is not installed".into() }],
    }
}
