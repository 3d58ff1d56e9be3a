//! What the engine is told beside the code that ran: a number, as code that ran.
//!
//! Takes any number and takes one of 64 branches one of eight times, which are 512 features to libFuzzer. Writing its extra
//! counters would need code that is not safe.

use std::hint::black_box;

/// Notes a number.
pub(crate) fn note(number: u64) {
    let place = |count: usize| usize::try_from(number % count as u64).expect("it is below the count");
    let times = TIMES[place(EDGES.len() * TIMES.len()) / EDGES.len()];
    (0..times).for_each(|_| EDGES[place(EDGES.len())]());
}

#[inline(never)]
fn edge<const PLACE: usize>() {
    black_box(PLACE);
}

/// Numbers of times that libFuzzer tells apart.
const TIMES: [u8; 8] = [1, 2, 3, 4, 8, 16, 32, 128];

static EDGES: [fn(); 64] = [
    edge::<0>, edge::<1>, edge::<2>, edge::<3>, edge::<4>, edge::<5>, edge::<6>, edge::<7>, edge::<8>, edge::<9>,
    edge::<10>, edge::<11>, edge::<12>, edge::<13>, edge::<14>, edge::<15>, edge::<16>, edge::<17>, edge::<18>,
    edge::<19>, edge::<20>, edge::<21>, edge::<22>, edge::<23>, edge::<24>, edge::<25>, edge::<26>, edge::<27>,
    edge::<28>, edge::<29>, edge::<30>, edge::<31>, edge::<32>, edge::<33>, edge::<34>, edge::<35>, edge::<36>,
    edge::<37>, edge::<38>, edge::<39>, edge::<40>, edge::<41>, edge::<42>, edge::<43>, edge::<44>, edge::<45>,
    edge::<46>, edge::<47>, edge::<48>, edge::<49>, edge::<50>, edge::<51>, edge::<52>, edge::<53>, edge::<54>,
    edge::<55>, edge::<56>, edge::<57>, edge::<58>, edge::<59>, edge::<60>, edge::<61>, edge::<62>, edge::<63>,
];
