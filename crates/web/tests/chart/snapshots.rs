//! Each kind as it is written.

use purser_web::chart::{spark, svg};

use crate::samples::all;

/// One element a line, so that a change shows where it is.
fn lines(html: &str) -> String {
    html.replace("><", ">\n<")
}

#[test]
fn each_kind_is_written_as_it_was() {
    for spec in all() {
        insta::assert_snapshot!(spec.id.clone(), lines(&svg(&spec).html()));
        assert_eq!(svg(&spec), svg(&spec), "the same figures, the same bytes");
    }
}

#[test]
fn sparks_are_written_as_they_were() {
    insta::assert_snapshot!("spark", lines(&spark(&[3, 5, 4, 9, 12, 11, 15])));
    assert_eq!(spark(&[]), "");
    assert_eq!(spark(&[7]), "");
    assert!(spark(&[7, 7]).contains("points=\"2,20 98,20\""));
}

#[test]
fn captions_say_what_is_drawn() {
    let captions: Vec<String> = all().iter().map(|spec| format!("{}: {}", spec.id, svg(spec).caption)).collect();
    insta::assert_snapshot!("captions", captions.join("\n"));
}
