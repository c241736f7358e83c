//! Reads drawings again: what of them are marks, numbers and texts.

use std::collections::HashSet;

/// One element: its name and attributes.
pub(crate) type Element<'a> = (&'a str, Vec<(&'a str, &'a str)>);

/// Every opening or empty element of well-formed markup. Panics where it is not well-formed.
pub(crate) fn elements(markup: &str) -> Vec<Element<'_>> {
    let mut all = Vec::new();
    let mut open = Vec::new();
    let mut rest = markup;
    while let Some(at) = rest.find('<') {
        assert!(!rest[..at].contains('>'), "a bare > in {:?}", &rest[..at]);
        let end = at + rest[at..].find('>').expect("each < has its >");
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed in order");
            continue;
        }
        let (tag, is_empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        let parts: Vec<&str> = attributes.split('"').collect();
        let pairs = parts.chunks_exact(2).map(|pair| (pair[0].trim().trim_end_matches('='), pair[1]));
        all.push((name, pairs.collect()));
        if !is_empty {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new(), "all closed");
    all
}

pub(crate) fn value<'a>(element: &Element<'a>, name: &str) -> Option<&'a str> {
    element.1.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
}

/// A coordinate in tenths. Anything but a decimal of at most one place is a panic.
pub(crate) fn tenths(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    assert_eq!(part.len(), 1, "{text}");
    let whole: i64 = whole.parse().unwrap_or_else(|_| panic!("{text:?} is no number"));
    whole * 10 + part.parse::<i64>().unwrap()
}

/// What holds of every drawing.
pub(crate) fn check(svg: &str) {
    let all = elements(svg);
    let view: Vec<i64> = value(&all[0], "viewBox").unwrap().split(' ').map(tenths).collect();
    let (width, height) = (view[2], view[3]);
    let mut ids = HashSet::new();
    for element in &all {
        assert!(
            element.1.iter().all(|(key, _)| *key != "style" && !key.starts_with("on")),
            "a strict policy takes neither: {element:?}"
        );
        if let Some(id) = value(element, "id") {
            assert!(ids.insert(id), "{id} twice");
        }
        if matches!(element.0, "svg" | "pattern") || value(element, "class") == Some("c-hatch") {
            continue;
        }
        for (name, limit) in [
            ("x", width),
            ("x1", width),
            ("x2", width),
            ("cx", width),
            ("y", height),
            ("y1", height),
            ("y2", height),
            ("cy", height),
        ] {
            if let Some(text) = value(element, name) {
                assert!((0..=limit).contains(&tenths(text)), "{name} of {element:?} is outside {width} × {height}");
            }
        }
        let number = |name: &str| value(element, name).map_or(0, tenths);
        if element.0 == "rect" {
            assert!(number("width") >= 0 && number("height") >= 0, "{element:?}");
            assert!(number("x") + number("width") <= width && number("y") + number("height") <= height, "{element:?}");
        }
        for point in value(element, "points").unwrap_or_default().split_whitespace() {
            let (x, y) = point.split_once(',').unwrap();
            assert!((0..=width).contains(&tenths(x)) && (0..=height).contains(&tenths(y)), "{point} of {element:?}");
        }
    }
    for name in ["aria-labelledby", "aria-describedby"] {
        assert!(ids.contains(value(&all[0], name).unwrap()), "{name} leads to something");
    }
}
