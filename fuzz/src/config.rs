//! `purser.toml`. Input: the file.
//!
//! A mistake is told in a sentence that names a line which is there; what was read can be read again.

#[expect(dead_code, unused_imports, reason = "the program's own module, of which only the reading is wanted")]
#[path = "../../crates/purser/src/config/mod.rs"]
mod program;

use std::path::{Path, PathBuf};

use self::program::Config;

/// Checks one file.
pub fn check(bytes: &[u8]) {
    let Ok(source) = std::str::from_utf8(bytes) else { return };
    let path = Path::new("purser.toml");
    let config = match Config::parse(source.to_owned(), Some(path)) {
        Ok(config) => config,
        Err(mistake) => return told(&mistake.to_string(), source),
    };
    let data = config.data(None, PathBuf::from("usual"));
    let _ = (data, config.currency(), config.zone(), config.path());
    // Nothing is opened that a stranger's text names.
    if ["cert", "key_file"].iter().any(|name| source.contains(name) || source.contains('\\')) {
        return;
    }
    let environment = |name: &str| name.ends_with("_KEY").then(|| "sk-of-a-variable".to_owned());
    match config.serve(&environment) {
        Ok(serve) => {
            let shown = format!("{:?}", serve.gateway.upstreams);
            assert!(!shown.contains("sk-of-a-variable"), "a credential is never printed: {shown}");
        }
        Err(mistake) => told(&mistake.to_string(), source),
    }
}

fn told(sentence: &str, source: &str) {
    assert!(!sentence.trim().is_empty(), "a mistake says what is wrong");
    let line = sentence.lines().find_map(|line| line.strip_prefix("purser.toml:")?.split(':').next()?.parse().ok());
    let lines = source.lines().count().max(1);
    assert!(line.is_none_or(|line: usize| (1..=lines + 1).contains(&line)), "{sentence}\nof {lines} lines");
}
