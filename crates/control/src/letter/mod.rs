//! A letter as documents: HTML and PDF, the same bytes for the same letter on every machine and at any time.

mod font;
mod html;
mod pdf;

use purser_core::letter::Letter;
use purser_core::offer::ContentHash;

/// A form of a letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For reading, in any script.
    Html,
    /// For keeping and printing.
    Pdf,
}

impl Form {
    /// What it is called in HTTP.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Html => "text/html; charset=utf-8",
            Self::Pdf => "application/pdf",
        }
    }
}

/// A letter in both forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub(crate) html: Vec<u8>,
    /// Nothing, with the letters that are to blame, where the PDF's font has not all of them.
    pub(crate) pdf: Result<Vec<u8>, Vec<char>>,
}

impl Rendered {
    pub(crate) fn of(letter: &Letter) -> Self {
        Self { html: html::page(letter).into_bytes(), pdf: pdf::document(letter) }
    }

    /// What is signed: both forms, under the key of the version. A byte that changes in either changes it.
    pub(crate) fn hash(&self, key: &[u8; 32]) -> ContentHash {
        hash(&self.html, self.pdf.as_deref().unwrap_or_default(), key)
    }
}

/// The hash of a letter's forms; no PDF is an empty one.
pub(crate) fn hash(html: &[u8], pdf: &[u8], key: &[u8; 32]) -> ContentHash {
    let length = u64::try_from(html.len()).expect("a letter is far smaller").to_le_bytes();
    let bytes: Vec<u8> = length.iter().chain(html).chain(pdf).copied().collect();
    ContentHash::of(&bytes, key)
}
