//! Colours keep apart what they have to, in both themes: reckoned from the style sheet itself.

use std::collections::BTreeMap;

const STYLE: &str = include_str!("../../assets/css/charts.css");

type Rgb = [u8; 3];

fn rgb(text: &str) -> Rgb {
    let part = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    assert!(text.len() == 7 && text.starts_with('#'), "{text}");
    [part(1), part(3), part(5)]
}

/// Name, and its colour in light and dark.
fn tokens() -> BTreeMap<&'static str, [Rgb; 2]> {
    let lines = STYLE.lines().filter_map(|line| line.trim().strip_prefix("--chart-")?.split_once(": light-dark("));
    let pairs = lines.map(|(name, pair)| {
        let (light, dark) = pair.trim_end_matches(");").split_once(", ").unwrap();
        (name, [rgb(light), rgb(dark)])
    });
    pairs.collect()
}

/// Relative luminance and contrast as WCAG 2.2 defines them.
fn contrast(one: Rgb, other: Rgb) -> f64 {
    let luminance = |colour: Rgb| {
        let part = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(colour[0]) + 0.7152 * part(colour[1]) + 0.0722 * part(colour[2])
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn marks_keep_three_to_one_and_letters_four_and_a_half() {
    let tokens = tokens();
    let ground = tokens["ground"];
    let letters = ["ink", "muted", "warning", "1", "2", "3", "4", "5", "6", "other"];
    let marks = ["axis", "heat-1", "heat-2", "heat-3", "heat-4", "heat-5"];
    for (names, least) in [(&letters[..], 4.5), (&marks[..], 3.0)] {
        for name in names {
            for theme in 0..2 {
                let found = contrast(tokens[name][theme], ground[theme]);
                assert!(found >= least, "{name} has {found:.2} to one in theme {theme}");
            }
        }
    }
    // What lies on the soft ground of a band.
    for (line, soft) in tokens["1"].into_iter().zip(tokens["soft"]) {
        let found = contrast(line, soft);
        assert!(found >= 3.0, "the line on its band has {found:.2} to one");
    }
}

#[test]
fn drawings_have_no_class_that_the_style_sheet_does_not_know() {
    for spec in crate::samples::all() {
        let figure = purser_web::chart::svg(&spec);
        for element in crate::read::elements(&figure.wide) {
            if let Some(class) = crate::read::value(&element, "class")
                && class != "c-tick"
            {
                assert!(STYLE.contains(&format!(".{class}")), "{class} of {}", spec.id);
            }
        }
    }
}
