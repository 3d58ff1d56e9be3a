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
            let color = colour(usize::from(row.is_other));
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

/// A colour as red, green and blue.
type Colour = (u8, u8, u8);

/// Colours that can be read as text on white, and each as it is drawn on a dark page (WCAG 2.2 asks for a contrast of 4.5),
/// neighbours far apart.
const COLOURS: [(Colour, Colour); 10] = [
    ((0, 92, 169), (116, 184, 255)),
    ((176, 54, 0), (255, 160, 110)),
    ((0, 112, 60), (110, 215, 150)),
    ((140, 26, 120), (240, 150, 220)),
    ((112, 88, 0), (225, 195, 90)),
    ((200, 0, 60), (255, 140, 160)),
    ((0, 110, 120), (95, 215, 225)),
    ((84, 60, 190), (185, 170, 255)),
    ((90, 90, 90), (185, 185, 185)),
    ((120, 50, 40), (230, 165, 150)),
];

fn colour(at: usize) -> RGBColor {
    let ((red, green, blue), _) = COLOURS[at % COLOURS.len()];
    RGBColor(red, green, blue)
}

/// What draws the plots for a dark page: their colours stand in attributes, over which a style sheet goes.
pub(super) fn dark_style() -> String {
    let hex = |(red, green, blue): Colour| format!("#{red:02X}{green:02X}{blue:02X}");
    let named = COLOURS.iter().map(|(light, dark)| (hex(*light), hex(*dark)));
    let paper = [("#FFFFFF", "var(--paper)"), ("#000000", "var(--ink)")];
    let all = paper.map(|(light, dark)| (light.to_owned(), dark.to_owned())).into_iter().chain(named);
    let rule = |(light, dark): (String, String)| {
        format!("svg [fill=\"{light}\"] {{ fill: {dark}; }} svg [stroke=\"{light}\"] {{ stroke: {dark}; }}\n")
    };
    format!("@media (prefers-color-scheme: dark) {{\n{}}}\n", all.map(rule).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

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

    /// The contrast of two colours (WCAG 2.2, "contrast ratio").
    fn contrast(one: Colour, other: Colour) -> f64 {
        let linear = |octet: u8| {
            let part = f64::from(octet) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        let light = |(red, green, blue): Colour| 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
        let (one, other) = (light(one), light(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn every_colour_can_be_read_on_white_and_on_the_dark_page() {
        for (light, dark) in COLOURS {
            assert!(contrast(light, (255, 255, 255)) >= 4.5, "{light:?}");
            assert!(contrast(dark, (0x15, 0x18, 0x1c)) >= 4.5, "{dark:?}");
        }
    }

    #[test]
    fn whatever_a_plot_is_drawn_in_has_a_colour_for_the_dark() {
        let series: Vec<Line> = (0..12).map(|at| line(&format!("s{at}"), &[(1.0, 100.0), (9.0, 50.0)])).collect();
        let rows = [false, true].map(|is_other| Range { name: "a".into(), low: 1.0, median: 2.0, high: 3.0, is_other });
        let svg = lines(&series, ("x", number), ("y", number)) + &ranges(&rows, ("x", number));
        let style = dark_style();
        for name in ["fill", "stroke"] {
            for drawn in svg.split(&format!("{name}=\"")).skip(1) {
                let value = drawn.split('"').next().unwrap_or_default();
                assert!(value == "none" || style.contains(&format!("[{name}=\"{value}\"]")), "{name} {value}");
            }
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
