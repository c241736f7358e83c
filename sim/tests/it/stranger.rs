//! The auditor shares nothing with what it audits.

use std::path::Path;

#[test]
fn the_auditor_uses_nothing_of_the_product() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/audit");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for word in ["purser_core", "purser_ledger", "purser_store", "purser_gateway", "purser_providers", "crate::"] {
            let uses = text.lines().filter(|line| !line.trim_start().starts_with("//")).any(|line| line.contains(word));
            assert!(!uses, "{} uses {word}", path.display());
        }
        files += 1;
    }
    assert!(files > 5, "the auditor has moved");
}
