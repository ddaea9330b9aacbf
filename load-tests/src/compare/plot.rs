//! A plot of times over round-trip times, as SVG that needs nothing else.

use std::fmt::Write as _;

use super::report::time;

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 58.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 40.0;

/// One line of a plot.
pub(super) struct Series {
    /// What the legend of the page colours it by.
    pub(super) colour: &'static str,
    /// What it is called.
    pub(super) title: &'static str,
    /// Milliseconds, one for each mark of the horizontal axis.
    pub(super) points: Vec<Option<f64>>,
}

/// Draws series over round-trip times. Both axes are logarithmic.
pub(super) fn plot(round_trips: &[u64], series: &[Series]) -> String {
    let values = || series.iter().flat_map(|one| one.points.iter().flatten().copied());
    let least = 10_f64.powf(values().fold(f64::INFINITY, f64::min).max(0.1).log10().floor());
    let most = 10_f64.powf(values().fold(least * 10.0, f64::max).log10().ceil());
    let x = |place: usize| {
        let steps = round_trips.len().saturating_sub(1).max(1);
        LEFT + 16.0 + (WIDTH - LEFT - RIGHT - 32.0) * place as f64 / steps as f64
    };
    let y = |value: f64| {
        let share = (value.max(least) / least).log10() / (most / least).log10();
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share
    };
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"times over round-trip times\">"
    );
    let mut mark = least;
    while mark <= most * 1.01 {
        let (at, right) = (y(mark), WIDTH - RIGHT);
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{right}\" y2=\"{at:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 6.0,
            at + 4.0,
            time(mark)
        );
        mark *= 10.0;
    }
    for (place, round_trip) in round_trips.iter().enumerate() {
        let (at, below) = (x(place), HEIGHT - BOTTOM + 18.0);
        let _ = write!(
            svg,
            "<text x=\"{at:.1}\" y=\"{below}\" text-anchor=\"middle\">{round_trip} ms</text>"
        );
    }
    for one in series {
        draw(&mut svg, one, x, y);
    }
    svg.push_str("</svg>");
    svg
}

fn draw(svg: &mut String, series: &Series, x: impl Fn(usize) -> f64, y: impl Fn(f64) -> f64) {
    let Series { colour, title, points } = series;
    let known = points.iter().enumerate().filter_map(|(place, value)| Some((place, (*value)?)));
    let known: Vec<(usize, f64)> = known.collect();
    let path: Vec<String> =
        known.iter().map(|(place, value)| format!("{:.1},{:.1}", x(*place), y(*value))).collect();
    let _ = write!(
        svg,
        "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{}\"/>",
        path.join(" ")
    );
    for (place, value) in known {
        let _ = write!(
            svg,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3.5\" fill=\"{colour}\"><title>{title}: {}</title></circle>",
            x(place),
            y(value),
            time(value)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_longer_is_drawn_higher_and_what_was_not_measured_not_at_all() {
        let series =
            Series { colour: "red", title: "x", points: vec![Some(10.0), None, Some(1000.0)] };
        let svg = plot(&[2, 20, 200], &[series]);
        let circles: Vec<f64> = svg
            .split("cy=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().and_then(|text| text.parse().ok()).unwrap_or(-1.0))
            .collect();
        let [low, high] = circles[..] else { panic!("{circles:?}") };
        assert!(low > high && high >= TOP && low <= HEIGHT - BOTTOM, "{circles:?}");
        assert_eq!(svg.matches("text-anchor=\"middle\"").count(), 3);
    }
}
