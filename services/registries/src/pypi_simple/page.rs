//! Makes a listing of a project's page.

use ecosystems::Warning;
use ecosystems::pypi::{Listing, Name, read_html_page, read_json_page};
use url::Url;

/// Reads a page that was found at `url`, as the content type says or else as it looks.
pub(super) fn read_page(
    name: &Name,
    content_type: Option<&str>,
    body: &[u8],
    url: &Url,
) -> Result<Listing, String> {
    let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let read = if media_type.ends_with("json") || (media_type.is_empty() && looks_like_json(body)) {
        read_json_page(body)
    } else if media_type.ends_with("html") || media_type.is_empty() {
        read_html_page(body)
    } else {
        return Err(format!("its content type is `{media_type}`, which is no page of an index"));
    };
    let (mut files, status) = read.map_err(|error| error.to_string())?;
    let mut warnings = Vec::new();
    files.retain_mut(|file| match absolute(url, &file.url) {
        Some(absolute) => {
            file.url = absolute;
            true
        }
        None => {
            let text = format!("left out `{}`: `{}` is no URL of http", file.filename, file.url);
            warnings.push(Warning::new(text));
            false
        }
    });
    let mut listing = Listing::from_files(name.clone(), files, status);
    listing.warnings.extend(warnings);
    Ok(listing)
}

fn looks_like_json(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'{')
}

fn absolute(page: &Url, reference: &str) -> Option<String> {
    let mut url = page.join(reference).ok()?;
    url.set_fragment(None);
    let is_reachable = matches!(url.scheme(), "http" | "https") && url.has_host();
    is_reachable.then(|| url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: Option<&str>, body: &str) -> Result<Listing, String> {
        let url = Url::parse("http://index.example/simple/demo/").expect("the URL is well formed");
        let name = Name::parse("demo").expect("the name is well formed");
        read_page(&name, content_type, body.as_bytes(), &url)
    }

    #[test]
    fn references_are_relative_to_the_page() {
        let body = r#"<a href="../../files/demo-1.0.tar.gz#sha256=ab">demo-1.0.tar.gz</a>
            <a href="file:///etc/demo-2.0.tar.gz">demo-2.0.tar.gz</a>"#;
        let listing = read(Some("text/html; charset=utf-8"), body).expect("the page is HTML");
        assert_eq!(listing.releases.len(), 1);
        let url = &*listing.releases[0].files[0].url;
        assert_eq!(url, "http://index.example/files/demo-1.0.tar.gz");
        assert!(listing.warnings[0].text.contains("demo-2.0.tar.gz"));
    }

    #[test]
    fn a_page_without_a_type_is_read_as_it_looks() {
        let json = r#" {"meta": {"api-version": "1.0"}, "files": []}"#;
        assert!(read(None, json).is_ok_and(|listing| listing.releases.is_empty()));
        assert!(read(None, "<html></html>").is_ok());
        assert!(read(Some("application/zip"), "PK").is_err());
        assert!(read(Some("application/vnd.pypi.simple.v1+json"), "<html>").is_err());
    }
}
