//! A letter as a page that stands alone: no script, no style or font from elsewhere.

use std::fmt::Write as _;

use purser_core::letter::Letter;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#111;\
background:#fff}h1{font-size:1.6rem}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}dl{display:grid;grid-template-columns:\
max-content 1fr;gap:.2rem 1rem;margin:.4rem 0}dt{font-weight:600}dd{margin:0;white-space:pre-wrap}.sign{margin-top:2.5rem}";

pub(super) fn page(letter: &Letter) -> String {
    let title = escaped(&letter.title);
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
    );
    out.push_str("<dl>\n");
    for (name, value) in &letter.facts {
        put(&mut out, format_args!("<dt>{name}</dt><dd>{}</dd>\n", escaped(value)));
    }
    out.push_str("</dl>\n");
    for section in &letter.sections {
        put(&mut out, format_args!("<h2>{} {}</h2>\n<dl>\n", section.number, section.title));
        for clause in &section.clauses {
            put(
                &mut out,
                format_args!(
                    "<dt id=\"clause-{0}\">{0} {1}</dt><dd>{2}</dd>\n",
                    clause.number,
                    clause.title,
                    escaped(&clause.text)
                ),
            );
        }
        out.push_str("</dl>\n");
    }
    put(&mut out, format_args!("<p class=\"sign\">{}</p>\n</body>\n</html>\n", escaped(&letter.consent)));
    out
}

fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("a string takes everything");
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
