//! A project's page as HTML, as indexes write it and as hardly any does.

use std::fmt::Write as _;

use super::project::File;

/// The page as it is usually written.
pub(super) fn html_page(name: &str, files: &[File]) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html><head><meta name=\"pypi:repository-version\" content=\"1.1\">\
         <title>Links for {name}</title></head><body>\n"
    );
    for file in files {
        // Relative to the page, where the JSON form is relative to the host.
        let _ = write!(page, "<a href=\"../..{}", escape(&file.url));
        if let Some((algorithm, hex)) = file.hashes.iter().next() {
            let _ = write!(page, "#{algorithm}={hex}");
        }
        page.push('"');
        for (attribute, value) in attributes(file) {
            let _ = write!(page, " {attribute}=\"{}\"", escape(&value));
        }
        let _ = writeln!(page, ">{}</a><br/>", escape(&file.filename));
    }
    page.push_str("</body></html>\n");
    page
}

/// The page with everything that the standard of HTML allows and that careless readers trip over:
/// other quotes or none, other cases, attributes of nobody, anchors in comments, ends left out.
pub(super) fn odd_page(name: &str, files: &[File]) -> String {
    let mut page = format!(
        "<!-- <a href=\"/files/no-1.0.tar.gz\">{name}-99.0.tar.gz</a> -->\r\n\
         <BODY BGCOLOR=white><h1>{name} &amp; friends > others</h1>\r\n<A NAME=top>\r\n"
    );
    for (place, file) in files.iter().enumerate() {
        let hash = file.hashes.iter().next();
        let fragment = hash.map_or_else(String::new, |(name, hex)| format!("#{name}={hex}"));
        let url = format!("../..{}{fragment}", file.url);
        let href = match place % 3 {
            0 => format!("HREF={url}"),
            1 => format!("hReF = '{url}'"),
            _ => format!("title='a > b' href\n=\n\"{url}\""),
        };
        let _ = write!(page, "<A REL=internal {href}");
        for (attribute, value) in attributes(file) {
            let value = escape(&value).replace('\'', "&#39;");
            let _ = write!(page, "\n\t{} ='{value}'", attribute.to_uppercase());
        }
        let end = if place % 2 == 0 { "</A>" } else { "<br>" };
        let _ = write!(page, ">\n  {}  {end}\r\n", escape(&file.filename));
    }
    page
}

/// The attributes of a file's anchor.
fn attributes(file: &File) -> impl Iterator<Item = (&'static str, String)> {
    let core_metadata = file.core_metadata.as_ref().map(|value| {
        let hash = value.get("sha256").and_then(serde_json::Value::as_str);
        hash.map_or("true".to_owned(), |hash| format!("sha256={hash}"))
    });
    let yanked = file.yanked.as_ref().and_then(|value| match value {
        serde_json::Value::Bool(true) => Some(String::new()),
        value => value.as_str().map(str::to_owned),
    });
    [
        ("data-requires-python", file.requires_python.clone()),
        ("data-upload-time", file.upload_time.clone()),
        ("data-core-metadata", core_metadata),
        ("data-yanked", yanked),
    ]
    .into_iter()
    .filter_map(|(attribute, value)| Some((attribute, value?)))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
