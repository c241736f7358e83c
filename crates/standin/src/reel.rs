//! An answer's body, rendered: frames in one buffer, each with what had been generated and told once it was sent.

use crate::journal::ToldUsage;

/// A rendered body. Kept by a connection and used again for its next answer.
#[derive(Debug, Default)]
pub(crate) struct Reel {
    bytes: Vec<u8>,
    frames: Vec<Frame>,
    /// Index of the frame and what it tells.
    told: Vec<(usize, ToldUsage)>,
    /// A frame that may be sent again and again.
    pub(crate) repeatable: Option<usize>,
}

/// One event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    from: usize,
    to: usize,
    /// Output tokens generated when this frame has been sent, and how many of them were thinking.
    pub(crate) output: u64,
    pub(crate) thinking: u64,
}

impl Reel {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
        self.frames.clear();
        self.told.clear();
        self.repeatable = None;
    }

    /// Writes at the end of the begun frame.
    pub(crate) fn pen(&mut self) -> Pen<'_> {
        Pen(&mut self.bytes)
    }

    /// Notes what the begun frame tells.
    pub(crate) fn tells(&mut self, told: Option<ToldUsage>) {
        if let Some(told) = told {
            self.told.push((self.frames.len(), told));
        }
    }

    /// Ends the begun frame.
    pub(crate) fn end_frame(&mut self, output: u64, thinking: u64) {
        let from = self.frames.last().map_or(0, |frame| frame.to);
        self.frames.push(Frame { from, to: self.bytes.len(), output, thinking });
    }

    /// Marks the frame ended last as the one to repeat.
    pub(crate) fn mark_repeatable(&mut self) {
        self.repeatable = self.frames.len().checked_sub(1);
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn frames(&self) -> &[Frame] {
        &self.frames
    }

    pub(crate) fn bytes_of(&self, frame: &Frame) -> &[u8] {
        self.bytes.get(frame.from..frame.to).unwrap_or_default()
    }

    /// What the client has been told when `sent` frames have gone out.
    pub(crate) fn told_by(&self, sent: usize) -> Option<ToldUsage> {
        self.told.iter().take_while(|(frame, _)| *frame < sent).last().map(|(_, told)| *told)
    }

    /// Ends the body in the middle of frame `at`. Whether there was such a frame.
    pub(crate) fn halve(&mut self, at: usize) -> bool {
        let Some(frame) = self.frames.get_mut(at) else { return false };
        frame.to = frame.from + (frame.to - frame.from) / 2;
        let to = frame.to;
        self.bytes.truncate(to);
        self.frames.truncate(at + 1);
        self.told.retain(|(frame, _)| *frame < at);
        true
    }

    /// Replaces each frame's bytes by what `change` makes of them; it gets the frame and whether it is the last.
    pub(crate) fn rewrite(&mut self, mut change: impl FnMut(&[u8], bool, &mut Vec<u8>)) {
        let old = std::mem::take(&mut self.bytes);
        let count = self.frames.len();
        for (index, frame) in self.frames.iter_mut().enumerate() {
            let from = self.bytes.len();
            change(old.get(frame.from..frame.to).unwrap_or_default(), index + 1 == count, &mut self.bytes);
            (frame.from, frame.to) = (from, self.bytes.len());
        }
    }
}

/// Writes JSON by hand. Nothing is escaped: what is put in is either ours or was already between quotes in a request.
pub(crate) struct Pen<'a>(&'a mut Vec<u8>);

impl<'a> Pen<'a> {
    pub(crate) fn new(to: &'a mut Vec<u8>) -> Self {
        Self(to)
    }

    pub(crate) fn raw(&mut self, text: &str) -> &mut Self {
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    pub(crate) fn num(&mut self, number: u64) -> &mut Self {
        let mut digits = [0_u8; 20];
        let mut rest = number;
        let mut used = 0;
        for place in digits.iter_mut().rev() {
            *place = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            used += 1;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.0.extend_from_slice(digits.get(digits.len() - used..).unwrap_or_default());
        self
    }

    pub(crate) fn int(&mut self, number: i64) -> &mut Self {
        if number < 0 {
            self.0.push(b'-');
        }
        self.num(number.unsigned_abs())
    }

    pub(crate) fn hex(&mut self, number: u64) -> &mut Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        for shift in (0..16).rev() {
            let nibble = usize::try_from((number >> (4 * shift)) & 15).unwrap_or_default();
            self.0.extend(DIGITS.get(nibble));
        }
        self
    }

    /// Without leading zeros, as a chunk's length is written.
    pub(crate) fn short_hex(&mut self, number: u64) -> &mut Self {
        if number >= 16 {
            self.short_hex(number / 16);
        }
        let digit = u32::try_from(number % 16).ok().and_then(|digit| char::from_digit(digit, 16));
        self.0.push(digit.map_or(b'0', |digit| u8::try_from(digit).unwrap_or(b'0')));
        self
    }

    /// `bytes` of filler text that go on where `from` bytes of it ended.
    pub(crate) fn filler(&mut self, from: usize, bytes: usize) -> &mut Self {
        let mut at = from % FILLER.len();
        let mut left = bytes;
        while left > 0 {
            let piece = FILLER.as_bytes().get(at..).unwrap_or_default();
            let piece = piece.get(..left.min(piece.len())).unwrap_or_default();
            self.0.extend_from_slice(piece);
            left -= piece.len();
            at = 0;
        }
        self
    }
}

/// Text without quotes, backslashes and line ends, so that any cut of it may stand in JSON.
const FILLER: &str = "The ledger opens with the morning watch. Stores are counted before they are handed out, and what is \
handed out is written down before it is eaten. When two hands reach for the last biscuit, the book says whose it is. A \
voyage is long; nobody minds the purser who counts, and everybody remembers the one who guessed. At the end of the month \
the sums are read aloud on deck, each to the last farthing, and whoever doubts a line may walk it back to the barrel it \
came from. ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pen_writes_numbers_as_everybody_does() {
        let mut reel = Reel::default();
        for number in [0, 7, 10, 909, u64::MAX] {
            reel.pen().num(number).raw(" ");
        }
        reel.pen().int(i64::MIN).raw(" ").int(-1).raw(" ").hex(0xab);
        assert_eq!(
            String::from_utf8(reel.bytes).unwrap(),
            format!("0 7 10 909 {} {} -1 00000000000000ab", u64::MAX, i64::MIN)
        );
    }

    #[test]
    fn filler_goes_on_where_it_ended() {
        let (mut whole, mut pieces) = (Vec::new(), Vec::new());
        Pen(&mut whole).filler(0, 1000);
        for from in (0..1000).step_by(10) {
            Pen(&mut pieces).filler(from, 10);
        }
        assert_eq!(whole.len(), 1000);
        assert_eq!(whole, pieces);
    }
}
