//! A page with all of them, to look at.

use std::fmt::Write as _;
use std::path::Path;

use purser_web::chart::{spark, svg};

use crate::samples::all;

const STYLE: &str = include_str!("../../assets/css/charts.css");
const AROUND: &str = ":root{color-scheme:light dark}body{margin:0;padding:24px;background:light-dark(#f6f6f3,#131518);\
    color:light-dark(#1c1e20,#e9eaeb);font:15px/1.5 system-ui,'Liberation Sans',sans-serif}section{background:var(--chart-ground);\
    border:1px solid var(--chart-grid);border-radius:10px;padding:16px 24px;margin:0 0 16px;max-width:60rem}\
    @media(max-width:30rem){body{padding:8px}section{padding:12px 16px}}h2{font-size:17px;margin:0 0 4px}";

/// Writes `target/charts/{light,dark}.html` beside the build, for a browser.
#[test]
fn a_page_with_all_of_them_is_written() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("charts");
    std::fs::create_dir_all(&folder).unwrap();
    for theme in ["light", "dark"] {
        let mut page = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>Charts</title><style>{STYLE}{AROUND}:root{{color-scheme:{theme}}}</style><main><h1>Charts</h1>"
        );
        for spec in all() {
            _ = write!(page, "<section><h2>{}</h2>{}</section>", spec.title, svg(&spec).html());
        }
        _ = write!(page, "<section><h2>Spark</h2><p>$15.00 {}</p></section></main>", spark(&[3, 5, 4, 9, 12, 11, 15]));
        assert_eq!(page.matches("<figure").count(), all().len(), "one figure of each");
        assert_eq!(page.matches("<details").count(), all().len(), "each with its table");
        std::fs::write(folder.join(format!("{theme}.html")), page).unwrap();
    }
}
