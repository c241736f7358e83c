//! Usage of every fixture, whole and cut at every byte.

use bytes::Bytes;
use purser_providers::{Metered, UsageProblem, provider_ids, read_usage};
use serde_json::{Value, json};

use crate::fixtures::{Fixture, all, feed};

fn shown(metered: &Result<Metered, UsageProblem>) -> Value {
    match metered {
        Err(problem) => json!({"problem": problem.to_string()}),
        Ok(metered) => json!({
            "usage": nonzero(&serde_json::to_value(metered.usage).unwrap()),
            "served": metered.served,
            "others": metered.others.iter().map(|other| {
                json!({"model": other.model, "usage": nonzero(&serde_json::to_value(other.usage).unwrap())})
            }).collect::<Vec<_>>(),
            "stage": format!("{:?}", metered.stage),
            "suspect": metered.suspect.map(|why| format!("{why:?}")),
            "id": metered.provider_id,
        }),
    }
}

fn nonzero(usage: &Value) -> Value {
    usage
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, count)| **count != json!(0))
        .map(|(k, v)| (k.clone(), v.clone()))
        .collect()
}

#[test]
fn golden() {
    let mut golden = serde_json::Map::new();
    for fixture in all() {
        let (metered, ids, progress) = if fixture.streams {
            let told = feed(fixture.dialect, false, std::slice::from_ref(&fixture.bytes));
            (told.metered, told.ids, Some(format!("{:?}", told.progress)))
        } else {
            (read_usage(fixture.dialect, &fixture.bytes), provider_ids(fixture.dialect, &fixture.bytes), None)
        };
        let mut entry = shown(&metered);
        let fields = entry.as_object_mut().unwrap();
        let ids: Vec<_> = ids.iter().map(|id| format!("{:?} {}", id.kind, id.id)).collect();
        fields.insert("made".to_owned(), json!(ids));
        if let Some(progress) = progress {
            fields.insert("progress".to_owned(), json!(progress));
        }
        golden.insert(fixture.name, entry);
    }
    insta::assert_json_snapshot!(golden);
}

/// The same stream cut anywhere tells the same, and passes on the same bytes.
fn check_cuts(fixture: &Fixture, strip_usage: bool) {
    let bytes = &fixture.bytes;
    let whole = feed(fixture.dialect, strip_usage, std::slice::from_ref(bytes));
    if !strip_usage {
        assert_eq!(whole.out, &bytes[..], "{}", fixture.name);
    }
    for cut in 0..=bytes.len() {
        let pieces = [bytes.slice(..cut), bytes.slice(cut..)];
        assert_eq!(feed(fixture.dialect, strip_usage, &pieces), whole, "{} cut at {cut}", fixture.name);
    }
    for size in [1, 2, 3, 7, 64] {
        let pieces: Vec<_> = bytes.chunks(size).map(Bytes::copy_from_slice).collect();
        assert_eq!(feed(fixture.dialect, strip_usage, &pieces), whole, "{} in pieces of {size}", fixture.name);
    }
}

#[test]
fn streams_cut_at_every_byte() {
    all().iter().filter(|fixture| fixture.streams).for_each(|fixture| check_cuts(fixture, false));
}

#[test]
fn streams_with_usage_stripped_cut_at_every_byte() {
    let chat = all().into_iter().filter(|fixture| fixture.name.starts_with("chat/") && fixture.streams);
    chat.for_each(|fixture| check_cuts(&fixture, true));
}

#[test]
fn other_line_ends_tell_the_same() {
    for mut fixture in all().into_iter().filter(|fixture| fixture.sse) {
        let text = String::from_utf8(fixture.bytes.to_vec()).unwrap().replace("\r\n", "\n");
        let plain = feed(fixture.dialect, false, &[Bytes::from(text.clone())]);
        for line_end in ["\r\n", "\r"] {
            let bytes = Bytes::from(text.replace('\n', line_end));
            let told = feed(fixture.dialect, false, std::slice::from_ref(&bytes));
            assert_eq!((told.metered, told.progress), (plain.metered.clone(), plain.progress), "{}", fixture.name);
            fixture.bytes = bytes;
            if fixture.name.ends_with("/text.sse") {
                check_cuts(&fixture, false);
            }
        }
    }
}

#[test]
fn a_missing_last_blank_line_loses_nothing() {
    for fixture in all().into_iter().filter(|fixture| fixture.sse) {
        let whole = feed(fixture.dialect, false, std::slice::from_ref(&fixture.bytes));
        let cut = fixture.bytes.slice(..fixture.bytes.trim_ascii_end().len());
        let told = feed(fixture.dialect, false, &[cut]);
        assert_eq!((told.metered, told.progress), (whole.metered, whole.progress), "{}", fixture.name);
    }
}

#[test]
fn a_stripped_usage_chunk_is_all_that_is_missing() {
    for fixture in all().into_iter().filter(|fixture| fixture.name.starts_with("chat/") && fixture.streams) {
        let text = std::str::from_utf8(&fixture.bytes).unwrap();
        let expected: String =
            text.split_inclusive("\n\n").filter(|event| !event.contains(r#""choices":[],"usage":{"#)).collect();
        let told = feed(fixture.dialect, true, std::slice::from_ref(&fixture.bytes));
        assert_eq!(String::from_utf8(told.out).unwrap(), expected, "{}", fixture.name);
        let unstripped = feed(fixture.dialect, false, std::slice::from_ref(&fixture.bytes));
        assert_eq!(told.metered, unstripped.metered);
    }
}

#[test]
fn bytes_that_are_whole_events_are_not_copied() {
    let fixture = all().into_iter().find(|fixture| fixture.name == "chat/text.sse").unwrap();
    let mut meter = purser_providers::StreamMeter::new(fixture.dialect, false);
    let mut out = Vec::new();
    meter.feed(&fixture.bytes, &mut out);
    let inside = fixture.bytes.as_ptr_range();
    assert!(out.iter().all(|piece| inside.contains(&piece.as_ptr())));
}

#[test]
fn a_multi_line_event_is_one_event() {
    let text = "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[],\ndata: \"usage\":{\"prompt_tokens\":3,\ndata: \
                \"completion_tokens\":1,\"total_tokens\":4}}\n\n";
    let told = feed(purser_providers::Dialect::OpenAiChat, false, &[Bytes::from(text)]);
    assert_eq!(told.metered.unwrap().usage.input_uncached, 3);
}
