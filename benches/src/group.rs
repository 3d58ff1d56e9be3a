//! What is timed: rows that have shown that they answer rightly, in groups.

use std::time::Duration;

use token_assay_model::bench::{Role, Skipped, Unit};

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
        Self { name: name.into(), title: title.into(), measures, rows: Vec::new(), wrong: Vec::new(), warm: None }
    }

    /// Adds a row, or writes down why it cannot be timed: `check` is shown first what the work must answer.
    pub fn add(
        &mut self,
        role: Role,
        name: impl Into<String>,
        check: Result<(), String>,
        work: impl FnOnce() -> Work,
    ) -> &mut Self {
        let name = name.into();
        match check {
            Ok(()) => self.rows.push(Row { name, role, note: None, work: work() }),
            Err(why) => self.wrong.push(Skipped { name, why }),
        }
        self
    }

    /// Says something of the row that was added last.
    pub fn note(&mut self, note: impl Into<String>) -> &mut Self {
        if let Some(row) = self.rows.last_mut() {
            row.note = Some(note.into());
        }
        self
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
