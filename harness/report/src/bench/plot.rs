//! Plots as SVG, to stand in a page as they are.
//!
//! Takes labelled figures, gives one `<svg>` element: [`lines`] of a figure over another, [`ranges`] of figures side by side,
//! [`points`] of two figures each. Axes are logarithmic: what is compared spans decades. No script, no font, no reference to
//! anything outside.

use plotters::coord::combinators::{IntoLogRange as _, LogCoord};
use plotters::prelude::*;

use super::figures;

/// Some figures under one name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) name: String,
    /// From left to right; all above nought.
    pub(super) points: Vec<(f64, f64)>,
}

/// A figure with the ends of what it may be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Range {
    pub(super) name: String,
    pub(super) low: f64,
    pub(super) median: f64,
    pub(super) high: f64,
    /// Whether it is drawn as one of the others are compared with.
    pub(super) is_other: bool,
}

/// How the figures of an axis are written.
pub(super) type Written = fn(f64) -> String;

/// A figure over another, a line each; named at its right end and in the order of it.
pub(super) fn lines(series: &[Line], x: (&str, Written), y: (&str, Written)) -> String {
    let all = || series.iter().flat_map(|line| line.points.iter().copied());
    let (Some(across), Some(up)) = (span(all().map(|point| point.0)), span(all().map(|point| point.1))) else {
        return String::new();
    };
    drawn(WIDTH, HEIGHT, |area| {
        let mut chart = plane(area, 190, across, up)?;
        axes(&mut chart, x, y)?;
        for (at, line) in series.iter().enumerate() {
            let color = colour(at).to_rgba();
            chart.draw_series(LineSeries::new(line.points.iter().copied(), color.stroke_width(2)))?;
            chart.draw_series(line.points.iter().map(|point| Circle::new(*point, 3, color.filled())))?;
        }
        for (at, place) in names_apart(series, |value| chart.backend_coord(&(across.1, value)).1) {
            let color = colour(at);
            let x = chart.backend_coord(&(across.1, up.1)).0 + 8;
            area.draw(&Text::new(series[at].name.clone(), (x, place - 6), label().color(&color)))?;
        }
        Ok(())
    })
}

/// Where each line's name stands: beside its end, none upon another.
fn names_apart(series: &[Line], height: impl Fn(f64) -> i32) -> Vec<(usize, i32)> {
    let ends = series.iter().enumerate().filter_map(|(at, line)| Some((at, height(line.points.last()?.1))));
    let mut places: Vec<(usize, i32)> = ends.collect();
    places.sort_by_key(|(_, place)| *place);
    let mut free = 8;
    for (_, place) in &mut places {
        *place = (*place).max(free);
        free = *place + 14;
    }
    // What ran out below is pushed up again.
    let mut free = HEIGHT as i32 - 24;
    for (_, place) in places.iter_mut().rev() {
        *place = (*place).min(free);
        free = *place - 14;
    }
    places
}

/// Figures side by side, each with its ends.
pub(super) fn ranges(rows: &[Range], x: (&str, Written)) -> String {
    let Some(across) = span(rows.iter().flat_map(|row| [row.low, row.high])) else { return String::new() };
    let height = 60 + 22 * rows.len() as u32;
    drawn(WIDTH, height, |area| {
        let mut chart = ChartBuilder::on(area)
            .margin(8)
            .margin_right(90)
            .margin_left(220)
            .x_label_area_size(40)
            .build_cartesian_2d((across.0..across.1).log_scale(), 0.0..rows.len() as f64)?;
        let write = |value: &f64| (x.1)(*value);
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .light_line_style(WHITE)
            .x_desc(x.0)
            .x_label_formatter(&write)
            .label_style(label())
            .draw()?;
        for (at, row) in rows.iter().enumerate() {
            let y = (rows.len() - at) as f64 - 0.5;
            let color = if row.is_other { OTHER } else { OWN };
            chart.draw_series([PathElement::new([(row.low, y), (row.high, y)], color.mix(0.5).stroke_width(5))])?;
            chart.draw_series([Circle::new((row.median, y), 4, color.filled())])?;
            let (end, place) = chart.backend_coord(&(row.high, y));
            area.draw(&Text::new(row.name.clone(), (8, place - 6), label().color(&color)))?;
            area.draw(&Text::new((x.1)(row.median), (end + 10, place - 6), label()))?;
        }
        Ok(())
    })
}

/// Two figures each, with a name beside the point. What is less than one up stands at one, where the axis begins.
pub(super) fn points(named: &[(String, f64, f64)], x: (&str, Written), y: (&str, Written)) -> String {
    let floor = 1.0;
    let raised = || named.iter().map(|(name, across, up)| (name, *across, up.max(floor)));
    let (Some(across), Some(up)) = (span(raised().map(|point| point.1)), span(raised().map(|point| point.2))) else {
        return String::new();
    };
    drawn(WIDTH, HEIGHT, |area| {
        let mut chart = plane(area, 170, across, (floor * 0.7, up.1))?;
        axes(&mut chart, x, y)?;
        for (at, (name, across, up)) in raised().enumerate() {
            let color = colour(at).to_rgba();
            chart.draw_series([Circle::new((across, up), 5, color.filled())])?;
            let (x, y) = chart.backend_coord(&(across, up));
            // Points on one height would write over one another.
            let lower = if at % 2 == 0 { -18 } else { 6 };
            area.draw(&Text::new(name.clone(), (x + 6, y + lower), label().color(&color)))?;
        }
        Ok(())
    })
}

type Plane<'a> = ChartContext<'a, SVGBackend<'a>, Cartesian2d<LogCoord<f64>, LogCoord<f64>>>;

/// A plane between these, with room for names on its right.
fn plane<'a>(area: &Area<'a>, right: u32, across: (f64, f64), up: (f64, f64)) -> Drawn<Plane<'a>> {
    ChartBuilder::on(area)
        .margin(8)
        .margin_right(right)
        .x_label_area_size(40)
        .y_label_area_size(80)
        .build_cartesian_2d((across.0..across.1).log_scale(), (up.0..up.1).log_scale())
}

fn axes<'a>(chart: &mut Plane<'a>, x: (&str, Written), y: (&str, Written)) -> Drawn {
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc(x.0)
        .y_desc(y.0)
        .x_label_formatter(&|value: &f64| (x.1)(*value))
        .y_label_formatter(&|value: &f64| (y.1)(*value))
        .label_style(label())
        .draw()?;
    Ok(())
}

type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<std::io::Error>>;

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn drawn(width: u32, height: u32, draw: impl FnOnce(&Area<'_>) -> Drawn) -> String {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (width, height)).into_drawing_area();
        area.fill(&WHITE).expect("text takes all that is drawn");
        draw(&area).expect("text takes all that is drawn");
        area.present().expect("text takes all that is drawn");
    }
    svg
}

/// A little more than from the least to the greatest; none where nothing is above nought.
fn span(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let mut values = values.filter(|value| value.is_finite() && *value > 0.0).peekable();
    values.peek()?;
    let (low, high) = values.fold((f64::MAX, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    Some((low * 0.8, high * 1.25))
}

fn label() -> TextStyle<'static> {
    ("sans-serif", 12).into_font().into()
}

/// Nanoseconds on an axis.
pub(super) fn time(nanoseconds: f64) -> String {
    figures::time(nanoseconds)
}

/// A number on an axis.
pub(super) fn number(value: f64) -> String {
    figures::grouped(value)
}

const WIDTH: u32 = 860;

const HEIGHT: u32 = 420;

/// Colours that can be read as text on white (WCAG 2.2 asks for a contrast of 4.5), neighbours far apart.
const COLOURS: [RGBColor; 10] = [
    RGBColor(0, 92, 169),
    RGBColor(176, 54, 0),
    RGBColor(0, 112, 60),
    RGBColor(140, 26, 120),
    RGBColor(112, 88, 0),
    RGBColor(200, 0, 60),
    RGBColor(0, 110, 120),
    RGBColor(84, 60, 190),
    RGBColor(90, 90, 90),
    RGBColor(120, 50, 40),
];

/// What is measured, beside [`OTHER`]s.
const OWN: RGBColor = RGBColor(30, 90, 160);

const OTHER: RGBColor = RGBColor(184, 78, 20);

fn colour(at: usize) -> RGBColor {
    COLOURS[at % COLOURS.len()]
}

/// The style by which plots are drawn on dark paper: what is black is the ink, what is white the paper, colours are lighter.
/// Rules for an attribute's value win over the attribute.
pub(super) fn in_the_dark() -> String {
    let rule = |from: RGBColor, to: &str| {
        let from = written(from);
        format!("svg [fill=\"{from}\"] {{ fill: {to}; }} svg [stroke=\"{from}\"] {{ stroke: {to}; }}")
    };
    let papers = [rule(WHITE, "var(--paper)"), rule(BLACK, "var(--ink)")];
    let colours = COLOURS.into_iter().chain([OWN, OTHER]).map(|colour| rule(colour, &written(lighter(colour))));
    let rules: Vec<String> = papers.into_iter().chain(colours).collect();
    format!("@media screen and (prefers-color-scheme: dark) {{ {} }}\n", rules.join(" "))
}

/// As plots write it.
fn written(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

/// More than half way to white.
fn lighter(RGBColor(red, green, blue): RGBColor) -> RGBColor {
    let lighter = |part: u8| part + u8::try_from(u16::from(255 - part) * 11 / 20).expect("it is less than 255");
    RGBColor(lighter(red), lighter(green), lighter(blue))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.2, "contrast ratio" and "relative luminance".
    fn contrast(one: RGBColor, other: RGBColor) -> f64 {
        let luminance = |RGBColor(red, green, blue): RGBColor| {
            let part = |part: u8| {
                let part = f64::from(part) / 255.0;
                if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue)
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn what_is_written_in_colour_can_be_read_on_light_paper_and_on_dark() {
        // As `bench.css` has it.
        let dark = RGBColor(0x15, 0x18, 0x1c);
        for colour in COLOURS.into_iter().chain([OWN, OTHER]) {
            assert!(contrast(colour, WHITE) >= 4.5, "{colour:?} on white: {}", contrast(colour, WHITE));
            assert!(contrast(lighter(colour), dark) >= 4.5, "{colour:?} on dark paper");
        }
    }

    #[test]
    fn every_colour_of_a_plot_has_a_rule_for_the_dark() {
        let series: Vec<Line> =
            (0..12).map(|at| line(&at.to_string(), &[(1.0, f64::from(at + 1)), (9.0, 5.0)])).collect();
        let range = |is_other| Range { name: "r".to_owned(), low: 1.0, median: 2.0, high: 3.0, is_other };
        let plots = [lines(&series, ("x", time), ("y", time)), ranges(&[range(true), range(false)], ("x", time))];
        let rules = in_the_dark();
        for plot in plots {
            let used = plot.split("fill=\"").chain(plot.split("stroke=\"")).skip(1);
            for colour in used.filter_map(|rest| rest.split('"').next()).filter(|colour| colour.starts_with('#')) {
                assert!(rules.contains(&format!("[fill=\"{colour}\"]")), "{colour}");
            }
        }
    }

    fn line(name: &str, points: &[(f64, f64)]) -> Line {
        Line { name: name.into(), points: points.to_vec() }
    }

    #[test]
    fn a_plot_is_one_element_that_shows_its_names_and_refers_to_nothing() {
        let lines = lines(
            &[line("a<b", &[(1e3, 40.0), (1e6, 1100.0)]), line("redis", &[(1e3, 2e4), (1e6, 2e4)])],
            ("sessions", number),
            ("latency", time),
        );
        let ranges = ranges(
            &[Range { name: "ES256".into(), low: 5e4, median: 6e4, high: 2e5, is_other: false }],
            ("verification", time),
        );
        let points =
            points(&[("sessions".into(), 2e4, 0.0), ("JWT".into(), 6e4, 28_800.0)], ("cost", time), ("lag", number));
        for (svg, name) in [(&lines, "a&lt;b"), (&lines, "redis"), (&ranges, "ES256"), (&points, "JWT")] {
            assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"), "{svg}");
            assert!(svg.contains(name), "{svg}");
            assert!(!svg.contains("<script") && !svg.contains("href") && !svg.contains("url("), "{svg}");
        }
    }

    #[test]
    fn nothing_to_show_is_no_plot() {
        assert_eq!(lines(&[], ("", number), ("", number)), "");
        assert_eq!(ranges(&[], ("", number)), "");
        assert_eq!(points(&[], ("", number), ("", number)), "");
    }

    #[test]
    fn names_stand_apart_within_the_plot() {
        let series: Vec<Line> = (0..20).map(|at| line(&format!("s{at}"), &[(1.0, 100.0)])).collect();
        let mut places: Vec<i32> = names_apart(&series, |_| 400).into_iter().map(|(_, place)| place).collect();
        places.sort_unstable();
        assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= 14), "{places:?}");
        assert!(places[0] >= 0 && *places.last().expect("some") < HEIGHT as i32, "{places:?}");
    }
}
