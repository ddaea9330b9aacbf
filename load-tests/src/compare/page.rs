//! What was measured as a page: plots and tables in one file that loads nothing.

use std::fmt::Write as _;

use super::Case;
use super::plot::{Series, plot};
use super::report::{Report, time};

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:2em auto;padding:0 1em;\
color:#1c2330;background:#fff}h2{margin:1.6em 0 .2em}.plots{display:grid;grid-template-columns:\
repeat(auto-fit,minmax(400px,1fr));gap:1em}figure{margin:0}figcaption{font-weight:600}svg{width:100%}\
svg text{font-size:11px;fill:#566}.grid{stroke:#dde}table{border-collapse:collapse;font-size:13px;width:100%}\
td,th{padding:.25em .6em;border-bottom:1px solid #dde;text-align:right}td:first-child,th:first-child\
{text-align:left}.key{display:inline-block;width:.8em;height:.8em;border-radius:50%;margin:0 .4em 0 1em}\
code{font-size:.95em}@media(prefers-color-scheme:dark){body{color:#dde3ee;background:#151a22}\
svg text{fill:#9ab}.grid,td,th{stroke:#334;border-color:#334}}";

/// A colour for each case, which people who see few colours can tell apart.
fn colour(case: Case) -> &'static str {
    match case {
        Case::PeerCold => "#d55e00",
        Case::PeerWarm => "#e69f00",
        Case::ServiceCold => "#0072b2",
        Case::FactsKnown => "#56b4e9",
        Case::Remembered => "#009e73",
    }
}

/// The whole page.
pub(super) fn page(report: &Report) -> String {
    let mut html = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Side by side</title>\
         <style>{STYLE}</style></head><body><h1>Side by side</h1><p>{}</p><p>",
        with_code(&report.preface())
    );
    for case in Case::ALL {
        let (colour, title) = (colour(case), case.title());
        let _ = write!(html, "<span class=\"key\" style=\"background:{colour}\"></span>{title}");
    }
    html.push_str("</p><p>Both axes of the plots are logarithmic; lower is better.</p>");
    for (set, kind) in report.sets() {
        let _ = write!(html, "<h2>{set}</h2><p>The peer is <code>{}</code>.</p>", kind.peer());
        plots(&mut html, report, set);
        table(&mut html, report, set);
    }
    html.push_str("</body></html>\n");
    html
}

fn plots(html: &mut String, report: &Report, set: &str) {
    let links = report.links();
    let mut bandwidths: Vec<u64> = links.iter().map(|link| link.1).collect();
    bandwidths.dedup();
    html.push_str("<div class=\"plots\">");
    for bandwidth in bandwidths {
        let links: Vec<_> = links.iter().copied().filter(|link| link.1 == bandwidth).collect();
        let points = |case| {
            let at = |link: &(u64, u64)| report.case(set, *link, case);
            links.iter().map(|link| at(link).map(|one| one.median.milliseconds)).collect()
        };
        let series = Case::ALL.map(|case| Series {
            colour: colour(case),
            title: case.title(),
            points: points(case),
        });
        let round_trips: Vec<u64> = links.iter().map(|link| link.0).collect();
        let drawn = plot(&round_trips, &series);
        let _ = write!(html, "<figure><figcaption>{bandwidth} Mbit/s</figcaption>{drawn}</figure>");
    }
    html.push_str("</div>");
}

fn table(html: &mut String, report: &Report, set: &str) {
    html.push_str(
        "<table><tr><th>link</th><th>case</th><th>median</th><th>least</th><th>most</th>\
         <th>limit</th><th>round trips</th><th>bytes up</th><th>bytes down</th><th>connections</th>\
         <th>requests at the registry</th></tr>",
    );
    for one in report.measured.iter().filter(|one| one.set == set) {
        let passed = one.median.passed;
        let [least, most] = [one.all_milliseconds.first(), one.all_milliseconds.last()];
        let told = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), time);
        let _ = write!(
            html,
            "<tr><td>{} ms, {} Mbit/s</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td>\
             <td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
            one.round_trip,
            one.bandwidth,
            one.case.title(),
            time(one.median.milliseconds),
            told(least.copied()),
            told(most.copied()),
            told(one.limit_milliseconds),
            passed.round_trips,
            passed.bytes_up,
            passed.bytes_down,
            passed.connections,
            one.median.requests
        );
    }
    html.push_str("</table>");
}

/// Markdown's backticks as HTML, and nothing of it as markup by accident.
fn with_code(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;");
    let parts = escaped.split('`').enumerate();
    parts.fold(String::new(), |page, (place, part)| {
        page + &if place % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }
    })
}
