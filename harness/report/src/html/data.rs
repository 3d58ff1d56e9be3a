//! What the page's script works on: classes against targets, cases, findings.
//!
//! Takes a report, gives rows in the order in which they are shown, and the same as compact JSON: each text stands once, each
//! answer of a target is one character. Never gives a key, but in the tests that a caller writes.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Serialize, Serializer};
use token_assay_model::report::{CaseReport, CaseResult, ClassInfo};
use token_assay_model::{Finding, Level, Outcome, Report, Severity};

use super::text::{anchor, plain, plain_lines};
use crate::Options;
use crate::facts::{self, Word};
use crate::text::{LINE, NAME, SENTENCE};

/// Everything.
#[derive(Serialize)]
pub(crate) struct Data {
    /// Name and version.
    pub(crate) targets: Vec<(String, String)>,
    /// Every text, once; others refer to it by its place.
    strings: Vec<String>,
    /// What a character of a case stands for: a [`Cell`]'s letter, and what was answered.
    alphabet: BTreeMap<char, (char, usize)>,
    /// The rows, the worst first.
    pub(crate) classes: Vec<ClassRow>,
    /// Every finding, the worst first.
    pub(crate) findings: Vec<FindingRow>,
    /// Policies as the tests have them.
    policies: Vec<String>,
    /// For a finding's anchor, its test: what stands before the policy, which policy, and what stands behind it.
    tests: BTreeMap<String, (String, usize, String)>,
    /// Whether cases were left out, because there are too many for a page.
    pub(crate) cases_left_out: bool,
}

/// A class; the script reads its members as a list in this order.
pub(crate) struct ClassRow {
    pub(crate) anchor: String,
    pub(crate) id: String,
    pub(crate) severity: Severity,
    pub(crate) level: Level,
    title: usize,
    construction: usize,
    mend: usize,
    references: Vec<(usize, Option<String>)>,
    cwe: Option<u32>,
    /// The presets that show it: see [`Preset`].
    pub(crate) flags: u16,
    /// A [`Cell`]'s letter for each target.
    pub(crate) cells: String,
    /// Variant, profile, what is expected, and a character for each target.
    cases: Vec<(String, usize, usize, String)>,
}

/// A finding; a list too.
pub(crate) struct FindingRow {
    pub(crate) anchor: String,
    severity: Severity,
    level: Level,
    oracle: &'static str,
    is_known: bool,
    /// Its class, by its place.
    pub(crate) class: usize,
    /// Its target; nothing where the report does not list it.
    target: Option<usize>,
    target_name: usize,
    title: usize,
    variant: String,
    is_new: bool,
    cases: usize,
}

impl Serialize for ClassRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { anchor, id, severity, level, title, construction, mend, references, cwe, flags, cells, cases } =
            self;
        (anchor, id, severity, level, title, construction, mend, references, cwe, flags, cells, cases)
            .serialize(serializer)
    }
}

impl Serialize for FindingRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { anchor, severity, level, oracle, is_known, class, target, .. } = self;
        let Self { target_name, title, variant, is_new, cases, .. } = self;
        (anchor, severity, level, oracle, is_known, class, target, target_name, title, variant, is_new, cases)
            .serialize(serializer)
    }
}

/// Which presets show a class.
pub(crate) struct Preset;

impl Preset {
    /// Of targets that answered a case one alone accepted.
    pub(crate) const ONLY_ONE: u16 = 1;
    /// Of one case some accepted and some refused.
    pub(crate) const DISAGREE: u16 = 2;
    /// A finding that the baseline has not.
    pub(crate) const NEW: u16 = 4;
    /// A fault.
    pub(crate) const FAULT: u16 = 8;
    /// A skip.
    pub(crate) const SKIP: u16 = 16;
    /// Right wherever it was tried, and tried somewhere.
    pub(crate) const PASSING: u16 = 32;
    /// Wrong somewhere.
    pub(crate) const WRONG: u16 = 64;
    /// Inconclusive somewhere.
    pub(crate) const INCONCLUSIVE: u16 = 128;
}

/// What became of a class or a case at a target, in a letter.
pub(crate) struct Cell;

impl Cell {
    /// The letter of one result.
    fn letter(result: &CaseResult) -> char {
        match (result.outcome, facts::word(result)) {
            (Outcome::Pass, Word::Accept) => 'a',
            (Outcome::Pass, Word::Reject) => 'r',
            (Outcome::Pass, _) => 'p',
            (Outcome::Fail, Word::Accept) => 'A',
            (Outcome::Fail, Word::Fault) => 'F',
            (Outcome::Fail, Word::Reject) => 'R',
            (Outcome::Fail, Word::None) => 'X',
            (Outcome::Known, _) => 'K',
            (Outcome::Inconclusive, _) => '?',
            (Outcome::Skip, _) => '-',
        }
    }

    /// The letter that stands for both: the one that a reader wants to know of first.
    fn worse(a: char, b: char) -> char {
        match (a, b) {
            ('a', 'r') | ('r', 'a') => 'p',
            _ => WORST_FIRST.chars().find(|letter| *letter == a || *letter == b).unwrap_or(a),
        }
    }
}

/// Takes a report apart.
pub(crate) fn data(report: &Report, options: &Options) -> Data {
    let names: Vec<&str> = report.targets.iter().map(|target| target.info.name.as_str()).collect();
    let cells = report.cases.len().saturating_mul(names.len());
    let mut work =
        Work { report, strings: Strings::default(), letters: Letters::default(), with_cases: cells <= MOST_CELLS };
    let (mut rows, mut place) = work.rows(&names);
    let shown: Vec<&Finding> =
        [Outcome::Fail, Outcome::Known].into_iter().flat_map(|outcome| facts::findings(report, outcome)).collect();
    for finding in &shown {
        work.mark(&mut rows, &mut place, finding, &names);
    }
    rows.sort_by_cached_key(Row::rank);
    place.extend(rows.iter().enumerate().map(|(at, row)| (row.key.clone(), at)));
    let mut anchors = Anchors::default();
    let mut findings = Vec::with_capacity(shown.len());
    let (mut policies, mut tests) = (Strings::default(), BTreeMap::new());
    for finding in shown {
        let row = work.finding(finding, &place, &names, &mut anchors);
        if findings.len() < MOST_TESTS
            && let Some(test) = options.as_test.and_then(|as_test| as_test(finding))
        {
            tests.insert(row.anchor.clone(), parted(&test, finding, &mut policies));
        }
        findings.push(row);
    }
    let mut class_anchors = Anchors::default();
    let classes = rows.into_iter().enumerate().map(|(at, row)| work.class(at, row, &mut class_anchors)).collect();
    Data {
        targets: report.targets.iter().map(|t| (plain(&t.info.name, NAME), plain(&t.info.version, NAME))).collect(),
        strings: work.strings.all,
        alphabet: work.letters.meaning,
        classes,
        findings,
        policies: policies.all,
        tests,
        cases_left_out: !work.with_cases,
    }
}

impl Data {
    /// Whether a finding's test is in the page.
    pub(crate) fn has_test(&self, anchor: &str) -> bool {
        self.tests.contains_key(anchor)
    }

    /// The sentence of a class.
    pub(crate) fn title(&self, row: &ClassRow) -> &str {
        &self.strings[row.title]
    }
}

/// The order of the report's findings on the page.
pub(crate) fn in_order(report: &Report) -> impl Iterator<Item = &Finding> {
    [Outcome::Fail, Outcome::Known].into_iter().flat_map(|outcome| facts::findings(report, outcome))
}

struct Work<'r> {
    report: &'r Report,
    strings: Strings,
    letters: Letters,
    with_cases: bool,
}

/// A class in the making.
struct Row {
    key: String,
    /// That of its worst finding, or what a failure would have.
    severity: Severity,
    has_finding: bool,
    level: Level,
    flags: u16,
    cells: Vec<char>,
    cases: Vec<(String, usize, usize, String)>,
}

impl Row {
    fn new(key: String, info: Option<&ClassInfo>, targets: usize) -> Self {
        Self {
            key,
            severity: info.map_or(Severity::Note, |info| info.severity),
            has_finding: false,
            level: info.map_or(Level::Must, |info| info.level),
            flags: 0,
            cells: vec!['.'; targets],
            cases: Vec::new(),
        }
    }

    /// Worst disagreement first: what is wrong by severity and by how many, then what targets differ in, then the rest.
    fn rank(&self) -> (u8, Reverse<Severity>, Level, Reverse<usize>, String) {
        let wrong = self.cells.iter().filter(|cell| "AFRX".contains(**cell)).count();
        let group = match self.flags {
            flags if flags & Preset::WRONG != 0 && wrong > 0 => 0,
            flags if flags & Preset::WRONG != 0 => 1,
            flags if flags & Preset::DISAGREE != 0 => 2,
            flags if flags & Preset::INCONCLUSIVE != 0 => 3,
            flags if flags & Preset::PASSING == 0 => 4,
            _ => 5,
        };
        (group, Reverse(self.severity), self.level, Reverse(wrong), self.key.clone())
    }
}

impl Work<'_> {
    fn rows(&mut self, names: &[&str]) -> (Vec<Row>, HashMap<String, usize>) {
        let mut rows: Vec<Row> = Vec::new();
        let mut place: HashMap<String, usize> = HashMap::new();
        for case in &self.report.cases {
            let key = facts::class_id(&case.id);
            let at = *place.entry(key).or_insert_with_key(|key| {
                rows.push(Row::new(key.clone(), self.report.classes.get(key), names.len()));
                rows.len() - 1
            });
            self.take(&mut rows[at], case, names);
        }
        for row in &mut rows {
            let has = |letters: &str| row.cells.iter().any(|cell| letters.contains(*cell));
            let wrong = has("AFRXK");
            let passing = has("arp") && !has("AFRXK?") && row.flags & Preset::DISAGREE == 0;
            row.flags |= if passing { Preset::PASSING } else { 0 };
            row.flags |= if wrong { Preset::WRONG } else { 0 };
            row.flags |= if has("?") { Preset::INCONCLUSIVE } else { 0 };
        }
        (rows, place)
    }

    fn take(&mut self, row: &mut Row, case: &CaseReport, names: &[&str]) {
        let mut line = String::with_capacity(names.len());
        let (mut accepted, mut refused) = (0, 0);
        for (cell, name) in row.cells.iter_mut().zip(names) {
            let Some(result) = case.results.get(*name) else {
                line.push('.');
                continue;
            };
            let letter = Cell::letter(result);
            *cell = Cell::worse(*cell, letter);
            match facts::word(result) {
                Word::Accept => accepted += 1,
                Word::Reject => refused += 1,
                Word::Fault => row.flags |= Preset::FAULT,
                Word::None => row.flags |= if letter == '-' { Preset::SKIP } else { 0 },
            }
            if self.with_cases {
                line.push(self.letters.of(letter, &result.answer, &mut self.strings));
            }
        }
        if accepted > 0 && refused > 0 {
            row.flags |= Preset::DISAGREE | if accepted == 1 { Preset::ONLY_ONE } else { 0 };
        }
        if self.with_cases {
            let variant = plain(case.id.variant(), LINE);
            let profile = self.strings.place(case.profile.as_str());
            let expected = self.strings.place(&plain(&case.expected, LINE));
            row.cases.push((variant, profile, expected, line));
        }
    }

    /// A finding of a class without cases has a row too.
    fn mark(&self, rows: &mut Vec<Row>, place: &mut HashMap<String, usize>, finding: &Finding, names: &[&str]) {
        let at = *place.entry(facts::class_id(&finding.case)).or_insert_with_key(|key| {
            rows.push(Row::new(key.clone(), self.report.classes.get(key), names.len()));
            rows.len() - 1
        });
        let row = &mut rows[at];
        row.flags = (row.flags | Preset::WRONG) & !Preset::PASSING;
        row.flags |= if self.report.is_new(finding) { Preset::NEW } else { 0 };
        row.severity = if row.has_finding { row.severity.max(finding.severity) } else { finding.severity };
        row.has_finding = true;
        if let Some(target) = names.iter().position(|name| *name == finding.target)
            && !"AFRXK".contains(row.cells[target])
        {
            row.cells[target] = if finding.outcome == Outcome::Known { 'K' } else { 'X' };
        }
    }

    fn class(&mut self, at: usize, row: Row, anchors: &mut Anchors) -> ClassRow {
        let info = self.report.classes.get(&row.key);
        let mut text = |text: Option<&String>| self.strings.place(&plain(text.map_or("", String::as_str), SENTENCE));
        let (title, construction) = (text(info.map(|i| &i.title)), text(info.map(|i| &i.construction)));
        let mend = text(info.map(|i| &i.mend));
        let references = info.map_or(&[][..], |info| &info.references).iter();
        let references = references.map(|reference| (text(Some(&reference.0)), url(reference.url()))).collect();
        ClassRow {
            anchor: anchors.of("class", &row.key, at),
            id: plain(&row.key, LINE),
            severity: row.severity,
            level: row.level,
            title,
            construction,
            mend,
            references,
            cwe: info.and_then(|info| info.cwe),
            flags: row.flags,
            cells: row.cells.into_iter().collect(),
            cases: row.cases,
        }
    }

    fn finding(
        &mut self,
        finding: &Finding,
        place: &HashMap<String, usize>,
        names: &[&str],
        anchors: &mut Anchors,
    ) -> FindingRow {
        FindingRow {
            anchor: anchors.of("finding", &finding.fingerprint.0, anchors.given),
            severity: finding.severity,
            level: finding.level,
            oracle: finding.oracle.as_str(),
            is_known: finding.outcome == Outcome::Known,
            class: place[&facts::class_id(&finding.case)],
            target: names.iter().position(|name| *name == finding.target),
            target_name: self.strings.place(&plain(&finding.target, NAME)),
            title: self.strings.place(&plain(&finding.title, SENTENCE)),
            variant: plain(finding.case.variant(), LINE),
            is_new: self.report.is_new(finding),
            cases: finding.cases.len(),
        }
    }
}

/// An address that may stand in a link.
pub(crate) fn url(url: Option<String>) -> Option<String> {
    let plain = |url: &String| {
        (url.starts_with("https://") || url.starts_with("http://")) && url.chars().all(|c| c.is_ascii_graphic())
    };
    url.filter(plain)
}

/// A test in two parts with its policy between: forty findings under one policy have it once.
fn parted(test: &str, finding: &Finding, policies: &mut Strings) -> (String, usize, String) {
    let policy = serde_json::to_string_pretty(&*finding.policy).expect("a policy is JSON");
    let (before, after) = test.split_once(&policy).unwrap_or((test, ""));
    let policy = if after.is_empty() { "" } else { &policy };
    (plain_lines(before, SOURCE), policies.place(&plain_lines(policy, SOURCE)), plain_lines(after, SOURCE))
}

/// Names behind `#`, none twice.
#[derive(Default)]
struct Anchors {
    taken: HashSet<String>,
    given: usize,
}

impl Anchors {
    fn of(&mut self, kind: &str, name: &str, at: usize) -> String {
        self.given += 1;
        let named = anchor(name).map(|name| format!("{kind}/{name}")).filter(|name| !self.taken.contains(name));
        // No name of a finding or a class holds a colon, so that these are never given twice.
        let anchor = named.unwrap_or_else(|| format!("{kind}/:{at}"));
        self.taken.insert(anchor.clone());
        anchor
    }
}

/// Texts by their places.
#[derive(Default)]
struct Strings {
    all: Vec<String>,
    places: HashMap<String, usize>,
}

impl Strings {
    fn place(&mut self, text: &str) -> usize {
        if let Some(place) = self.places.get(text) {
            return *place;
        }
        self.all.push(text.to_owned());
        self.places.insert(text.to_owned(), self.all.len() - 1);
        self.all.len() - 1
    }
}

/// Characters by what they stand for.
#[derive(Default)]
struct Letters {
    known: HashMap<(char, String), char>,
    meaning: BTreeMap<char, (char, usize)>,
}

impl Letters {
    fn of(&mut self, letter: char, answer: &str, strings: &mut Strings) -> char {
        // With more answers than there are characters for, those that come late lose their words.
        let answer = if self.known.len() < MOST_LETTERS { answer } else { "" };
        let key = (letter, answer.to_owned());
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let next = self.known.len();
        let plain_ones = PLAIN.chars().nth(next);
        let character = plain_ones.or_else(|| char::from_u32(WIDE + u32::try_from(next).unwrap_or(0))).unwrap_or('.');
        self.meaning.insert(character, (letter, strings.place(&plain(answer, LINE))));
        self.known.insert(key, character);
        character
    }
}

/// What a reader of a row wants to know first.
const WORST_FIRST: &str = "AFRXK?par-.";
/// Characters that JSON and a page write as they are; `.` stands for nothing at all.
const PLAIN: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%()*+,/:;=?@[]^_`{|}~-";
/// The first of a long row of letters, where those are used up.
const WIDE: u32 = 0x4e00;
const MOST_LETTERS: usize = 8000;
/// With more cells than these the page has classes alone.
const MOST_CELLS: usize = 1_500_000;
/// How many findings have their test in the page.
pub(crate) const MOST_TESTS: usize = 2000;
/// As much of a line of source as is shown.
const SOURCE: usize = 8000;
