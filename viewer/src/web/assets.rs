//! The page: its files are part of the program.

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

const INDEX: &str = include_str!("page/index.html");

macro_rules! files {
    ($($name:literal: $kind:ident),* $(,)?) => {
        /// Name, media type, text.
        const FILES: &[(&str, &str, &str)] = &[$(($name, $kind, include_str!(concat!("page/", $name)))),*];
    };
}

files! {
    "api.js": SCRIPT,
    "base.css": CSS,
    "colors.js": SCRIPT,
    "detail.js": SCRIPT,
    "dom.js": SCRIPT,
    "files.js": SCRIPT,
    "findings-view.js": SCRIPT,
    "format.js": SCRIPT,
    "help.js": SCRIPT,
    "icon.svg": SVG,
    "lists.css": CSS,
    "live.js": SCRIPT,
    "main.js": SCRIPT,
    "metrics-view.js": SCRIPT,
    "route.js": SCRIPT,
    "statistics-view.js": SCRIPT,
    "theme.js": SCRIPT,
    "trace-view.js": SCRIPT,
    "traces-view.js": SCRIPT,
    "virtual-rows.js": SCRIPT,
    "waterfall.css": CSS,
    "waterfall.js": SCRIPT,
}

pub(super) fn routes() -> Router {
    Router::new().route("/", get(index)).route("/page/{name}", get(file))
}

async fn index() -> impl IntoResponse {
    ([(CONTENT_TYPE, HTML)], INDEX)
}

async fn file(Path(name): Path<String>) -> Response {
    match FILES.iter().find(|(own, ..)| *own == name) {
        Some((_, kind, text)) => ([(CONTENT_TYPE, *kind)], *text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_served_and_nothing_comes_from_elsewhere() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/page");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "index.html")
            .collect();
        names.sort();
        let mut served: Vec<&str> = FILES.iter().map(|(name, ..)| *name).collect();
        served.sort_unstable();
        assert_eq!(served, names);
        for (name, _, text) in FILES.iter().chain([&("index.html", HTML, INDEX)]) {
            // An XML namespace is a name, not an address that is fetched.
            let text = text.replace("http://www.w3.org/", "");
            for outside in ["http://", "https://", "//cdn", "@import"] {
                assert!(!text.contains(outside), "{name} names {outside}");
            }
        }
    }
}
