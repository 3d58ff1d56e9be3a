//! What is timed: rows that have shown that they answer rightly, in groups.

use std::time::Duration;

use token_assay_model::bench::{Role, Skipped, Unit};

use crate::placement::Placement;

/// Rows that are compared with one another.
pub struct Group {
    /// Its id: `verify/HS256/8-claims`.
    pub name: String,
    /// What is measured, in a sentence.
    pub title: String,
    /// What a value of a row holds; one for rows that are called.
    pub measures: Vec<Measure>,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Who answered wrongly, and is not timed.
    pub wrong: Vec<Skipped>,
    /// What is done before each pass over it, untimed: brings back into memory what the kernel took away in between.
    pub warm: Option<Box<dyn FnMut()>>,
    /// How long each row works untimed before each pass: what it holds in its own memory comes back too.
    pub warm_up: Duration,
    /// Where its two sides run; none leaves it to the kernel.
    pub placement: Option<Placement>,
}

/// One of the things that a window measures.
#[derive(Debug, Clone, Copy)]
pub struct Measure {
    /// Behind the group's name, where there are several: `p99`.
    pub name: &'static str,
    /// In what.
    pub unit: Unit,
}

/// One thing that is timed.
pub struct Row {
    /// Its name within the group.
    pub name: String,
    /// What it is there for.
    pub role: Role,
    /// What must be known to read it.
    pub note: Option<String>,
    /// How it is timed.
    pub work: Work,
}

/// How a row is timed.
pub enum Work {
    /// Does the same so many times; the time of one is measured from outside.
    Calls(Box<dyn FnMut(u64)>),
    /// Works for about so long and says itself what it measured: a value for each of the group's measures.
    Window(Box<dyn FnMut(Duration) -> Vec<f64>>),
}

impl Group {
    /// A group of rows that are called.
    pub fn of_calls(name: impl Into<String>, title: impl Into<String>) -> Self {
        Self::of_windows(name, title, vec![Measure { name: "", unit: Unit::Nanoseconds }])
    }

    /// A group of rows that measure these in a window.
    pub fn of_windows(name: impl Into<String>, title: impl Into<String>, measures: Vec<Measure>) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            measures,
            rows: Vec::new(),
            wrong: Vec::new(),
            warm: None,
            warm_up: Duration::ZERO,
            placement: None,
        }
    }

    /// Adds a row, or writes down why it cannot be timed: `check` says what came of showing it what it must answer.
    pub fn add(
        &mut self,
        role: Role,
        name: impl Into<String>,
        check: Result<(), String>,
        work: impl FnOnce() -> Work,
    ) -> Added<'_> {
        let name = name.into();
        match check {
            Ok(()) => {
                self.rows.push(Row { name, role, note: None, work: work() });
                Added(self.rows.last_mut())
            }
            Err(why) => {
                self.wrong.push(Skipped { name, why });
                Added(None)
            }
        }
    }
}

/// What was added: a row, or nothing where it answers wrongly.
pub struct Added<'a>(Option<&'a mut Row>);

impl Added<'_> {
    /// Says something of the row, where it is one.
    pub fn note(self, note: impl Into<String>) {
        self.note_where(Some(note));
    }

    /// The same where there is something to say.
    pub fn note_where(self, note: Option<impl Into<String>>) {
        if let Some(row) = self.0 {
            row.note = note.map(Into::into);
        }
    }
}

impl Work {
    /// Calls this so many times. What it gives is kept from the optimiser.
    pub fn calls<T>(mut call: impl FnMut() -> T + 'static) -> Self {
        Self::Calls(Box::new(move |times| {
            for _ in 0..times {
                std::hint::black_box(call());
            }
        }))
    }
}
