//! Inline images, documents and recordings: how large they are, without decoding them whole.

use crate::ids::IdKind;
use crate::json::Str;

use super::{Media, MediaKind, Outside, RequestFacts};

/// A JPEG tells its size after its metadata; this much of it is searched.
const HEAD_BYTES_MAX: usize = 192 * 1_024;

impl RequestFacts {
    /// Notes inline base64 data.
    pub(super) fn inline(&mut self, kind: MediaKind, base64: &Str<'_>) {
        self.exclude(base64.raw.len());
        let digits = u64::try_from(base64.raw.len()).unwrap_or(u64::MAX);
        let bytes = digits.div_ceil(4).saturating_mul(3);
        let pixels = if kind == MediaKind::Image { image_pixels(base64.raw) } else { None };
        self.media.push(Media { kind, bytes: Some(bytes), pixels });
    }

    /// Notes a medium that a URL names, or that is inline in a `data:` URL. Data that is not base64 stays text.
    pub(super) fn url(&mut self, kind: MediaKind, url: &Str<'_>) {
        let Some(rest) = url.raw.strip_prefix(b"data:") else {
            self.outside(Outside::Url);
            self.media.push(Media { kind, bytes: None, pixels: None });
            return;
        };
        let Some(comma) = memchr::memchr(b',', rest) else { return };
        let (head, data) = rest.split_at_checked(comma).unwrap_or((rest, &[]));
        if head.ends_with(b";base64") {
            let kind = kind_of(&String::from_utf8_lossy(head)).unwrap_or(kind);
            let data = data.get(1..).unwrap_or_default();
            self.inline(kind, &Str { raw: data, escaped: url.escaped });
        }
    }

    /// Notes a medium kept at the provider.
    pub(super) fn stored_file(&mut self, kind: MediaKind, id: String) {
        self.refer(Outside::File, IdKind::File, id);
        self.media.push(Media { kind, bytes: None, pixels: None });
    }
}

/// The kind of a media type (`image/png`, also `data:` heads such as `application/pdf;base64`).
pub(super) fn kind_of(media_type: &str) -> Option<MediaKind> {
    let media_type = media_type.trim_start().to_ascii_lowercase();
    match media_type.split(['/', ';']).next()? {
        "image" => Some(MediaKind::Image),
        "audio" => Some(MediaKind::Audio),
        "video" => Some(MediaKind::Video),
        "application" if media_type.starts_with("application/pdf") => Some(MediaKind::Pdf),
        "text" | "application" => Some(MediaKind::Other),
        _ => None,
    }
}

/// Width and height of a base64 image.
fn image_pixels(base64: &[u8]) -> Option<(u32, u32)> {
    let first = decode(base64, 32);
    let head = if first.starts_with(&[0xff, 0xd8]) { decode(base64, HEAD_BYTES_MAX) } else { first };
    pixels(&head)
}

/// The first `most` bytes of base64 in either alphabet; stops at what is not base64. Backslashes are JSON's.
fn decode(base64: &[u8], most: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(most.min(base64.len()));
    let (mut bits, mut held) = (0_u32, 0_u32);
    for digit in base64.iter().filter(|digit| **digit != b'\\') {
        let value = match digit {
            b'A'..=b'Z' => digit.wrapping_sub(b'A'),
            b'a'..=b'z' => digit.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => digit.wrapping_sub(b'0').wrapping_add(52),
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => break,
        };
        if out.len() >= most {
            break;
        }
        bits = (bits.wrapping_shl(6) | u32::from(value)) & 0xffff;
        held = held.saturating_add(6);
        if held >= 8 {
            held = held.saturating_sub(8);
            out.push(bits.wrapping_shr(held).to_le_bytes()[0]);
        }
    }
    out
}

fn pixels(head: &[u8]) -> Option<(u32, u32)> {
    let be16 = |at: usize| Some(u32::from(u16::from_be_bytes(head.get(at..)?.first_chunk::<2>().copied()?)));
    let le16 = |at: usize| Some(u32::from(u16::from_le_bytes(head.get(at..)?.first_chunk::<2>().copied()?)));
    let be32 = |at: usize| Some(u32::from_be_bytes(head.get(at..)?.first_chunk::<4>().copied()?));
    let le24 = |at: usize| {
        let [low, mid, high] = head.get(at..)?.first_chunk::<3>().copied()?;
        Some(u32::from_le_bytes([low, mid, high, 0]))
    };
    if head.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some((be32(16)?, be32(20)?));
    }
    if head.starts_with(b"GIF8") {
        return Some((le16(6)?, le16(8)?));
    }
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(b"WEBP") {
        return match head.get(12..16)? {
            b"VP8X" => Some((le24(24)?.saturating_add(1), le24(27)?.saturating_add(1))),
            b"VP8 " => Some((le16(26)? & 0x3fff, le16(28)? & 0x3fff)),
            b"VP8L" => {
                let bits = u32::from_le_bytes(head.get(21..)?.first_chunk::<4>().copied()?);
                Some(((bits & 0x3fff).saturating_add(1), (bits.wrapping_shr(14) & 0x3fff).saturating_add(1)))
            }
            _ => None,
        };
    }
    if head.starts_with(&[0xff, 0xd8]) {
        return jpeg_pixels(head, be16);
    }
    None
}

/// Walks the segments of a JPEG to its frame header.
fn jpeg_pixels(head: &[u8], be16: impl Fn(usize) -> Option<u32>) -> Option<(u32, u32)> {
    let mut at: usize = 2;
    loop {
        if *head.get(at)? != 0xff {
            return None;
        }
        let marker = *head.get(at.checked_add(1)?)?;
        let body = at.checked_add(2)?;
        match marker {
            0xff => at = at.checked_add(1)?,
            0x01 | 0xd0..=0xd8 => at = body,
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                let height = be16(body.checked_add(3)?)?;
                let width = be16(body.checked_add(5)?)?;
                return Some((width, height));
            }
            _ => at = body.checked_add(usize::try_from(be16(body)?).ok()?)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, image_pixels, kind_of, pixels};
    use crate::request::MediaKind;

    #[test]
    fn base64_heads() {
        assert_eq!(decode(b"aGVsbG8gd29ybGQ=", 64), b"hello world");
        assert_eq!(decode(b"aGVsbG8gd29ybGQ=", 3), b"hel");
        assert_eq!(decode(b"_-8", 9), decode(b"\\/+8=", 9));
        assert_eq!(decode(b"!!", 9), b"");
    }

    fn check(head: &[u8], expected: Option<(u32, u32)>) {
        assert_eq!(pixels(head), expected);
        for cut in 0..head.len() {
            let _ = pixels(&head[..cut]);
        }
    }

    #[test]
    fn sizes_of_images() {
        assert_eq!(
            image_pixels(b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ"),
            Some((1, 1))
        );
        check(b"GIF89a\x40\x01\xf0\x00", Some((320, 240)));
        check(b"RIFF....WEBPVP8X....\0\0\0\0\x7f\x07\0\x37\x04\0", Some((1920, 1080)));
        check(b"RIFF....WEBPVP8 ....\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01", Some((640, 480)));
        check(b"RIFF....WEBPVP8L....\x2f\x7f\xc2\x77\x00", Some((640, 480)));
        let jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc2\x00\x11\x08\x04\x38\x07\x80\x03";
        check(jpeg, Some((1920, 1080)));
        check(b"\xff\xd8\xff\xe0\x00\x00", None);
        check(b"BM", None);
    }

    #[test]
    fn media_types() {
        assert_eq!(kind_of("image/png"), Some(MediaKind::Image));
        assert_eq!(kind_of("application/pdf;base64"), Some(MediaKind::Pdf));
        assert_eq!(kind_of("audio/wav"), Some(MediaKind::Audio));
        assert_eq!(kind_of("text/plain"), Some(MediaKind::Other));
        assert_eq!(kind_of(""), None);
    }
}
