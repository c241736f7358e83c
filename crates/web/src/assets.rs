//! Styles and scripts: compiled in, served under an address that changes with them, compressed once.

use std::io::Write as _;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, HeaderName, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use purser_core::hex::Hex;
use sha2::{Digest, Sha256};

/// One file.
struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
    packed: Vec<u8>,
}

/// All of them, and the word that stands for this state of them.
struct Assets {
    version: String,
    all: Vec<Asset>,
}

macro_rules! css {
    ($($name:literal),*) => { concat!($(include_str!(concat!("../assets/css/", $name, ".css"))),*) };
}

/// One file per concern, in the order in which a later one may refine an earlier one.
const STYLE: &str = css!("tokens", "base", "layout", "parts", "tables", "forms", "charts", "offers", "drawer", "print");

const ICON: &str = include_str!("../assets/icon.svg");

static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let files = [
        ("style.css", "text/css; charset=utf-8", STYLE),
        ("icon.svg", "image/svg+xml", ICON),
        ("app.js", "text/javascript; charset=utf-8", include_str!("../assets/js/app.js")),
        ("charts.js", "text/javascript; charset=utf-8", include_str!("../assets/js/charts.js")),
        ("drawer.js", "text/javascript; charset=utf-8", include_str!("../assets/js/drawer.js")),
        ("offer.js", "text/javascript; charset=utf-8", include_str!("../assets/js/offer.js")),
        ("keys.js", "text/javascript; charset=utf-8", include_str!("../assets/js/keys.js")),
        ("live.js", "text/javascript; charset=utf-8", include_str!("../assets/js/live.js")),
        ("palette.js", "text/javascript; charset=utf-8", include_str!("../assets/js/palette.js")),
    ];
    let mut hash = Sha256::new();
    let all = files.map(|(name, kind, text)| {
        hash.update(name);
        hash.update(text);
        Asset { name, kind, text, packed: packed(text.as_bytes()) }
    });
    let mut version = Hex(&hash.finalize()).to_string();
    version.truncate(16);
    Assets { version, all: all.into() }
});

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    // Nothing goes wrong in memory; where it did, nothing packed would be served.
    packer.write_all(bytes).and_then(|()| packer.finish()).unwrap_or_default()
}

/// Where they are: `/assets/0123456789abcdef`.
pub(crate) fn base() -> String {
    format!("/assets/{}", ASSETS.version)
}

/// `GET /assets/{version}/{name}`
pub(crate) async fn asset(Path((version, name)): Path<(String, String)>, headers: HeaderMap) -> Response {
    let asset = ASSETS.all.iter().find(|asset| asset.name == name);
    let Some(asset) = asset.filter(|_| version == ASSETS.version) else {
        return (StatusCode::NOT_FOUND, [(CACHE_CONTROL, "no-store")], "not here (any more): load the page again\n")
            .into_response();
    };
    let head = [
        (CONTENT_TYPE, asset.kind),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (VARY, "accept-encoding"),
    ];
    let takes_gzip = headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            parts.next() == Some("gzip") && parts.next() != Some("q=0")
        });
    if takes_gzip && !asset.packed.is_empty() {
        (head, [(CONTENT_ENCODING, "gzip")], asset.packed.clone()).into_response()
    } else {
        (head, asset.text).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_a_first_visit_loads_is_small() {
        let packed: usize = ASSETS.all.iter().map(|asset| asset.packed.len()).sum();
        assert!((1..50_000).contains(&packed), "{packed} bytes");
        for script in ASSETS.all.iter().filter(|asset| asset.kind.starts_with("text/javascript")) {
            assert!(script.text.lines().count() < 200, "{}", script.name);
        }
        assert!(ASSETS.all.iter().all(|asset| !asset.text.contains("http:") || asset.name == "icon.svg"));
    }
}
