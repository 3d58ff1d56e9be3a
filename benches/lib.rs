//! Benches live beside this file, one a subject; each asserts its verdicts before it is timed.
