//! Secrets that Purser hands out: made from random bits, shown once, kept as a hash.

use sha2::{Digest, Sha256};

use crate::error::Error;

/// Where random bits come from. The machine's in the program, a seeded one in tests and simulations.
pub trait Random: Send + Sync {
    /// Fills the bytes with bits that nobody can foresee.
    ///
    /// # Errors
    /// The machine has none to give; then nothing may be made that relies on them.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Error>;
}

/// The machine's random bits.
#[derive(Clone, Copy, Debug, Default)]
pub struct MachineRandom;

impl Random for MachineRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), Error> {
        getrandom::fill(bytes).map_err(|error| Error::failed("the machine gave no random bits", error))
    }
}

/// Starts every key of a person, so that a leaked one is recognised by people and by scanners.
pub const KEY_PREFIX: &str = "pk-";
/// Starts every key of an administrator.
pub const ADMIN_KEY_PREFIX: &str = "pa-";

/// Starts every session's secret.
pub const SESSION_PREFIX: &str = "ps-";

/// Starts the secret part of every activation link.
pub(crate) const ACTIVATION_PREFIX: &str = "pl-";

/// Starts the secret part of every link to an offer.
pub(crate) const OFFER_LINK_PREFIX: &str = "po-";

/// Letters of base64url (RFC 4648): nothing that a shell, a URL or a header would have to quote.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Letters of a code that is read from a screen and typed: none that look like digits.
const TYPED: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A secret of 256 random bits behind `prefix`, 43 letters. Never printed by `Debug`.
pub struct Secret(String);

impl Secret {
    /// A new secret.
    ///
    /// # Errors
    /// No random bits.
    pub fn generate(prefix: &str, random: &dyn Random) -> Result<Self, Error> {
        let mut bits = [0; 32];
        random.fill(&mut bits)?;
        Ok(Self::of_bits(prefix, &bits))
    }

    /// The secret that has these bits, which nobody else may be able to foresee.
    pub(crate) fn of_bits(prefix: &str, bits: &[u8; 32]) -> Self {
        let mut text = prefix.to_owned();
        for group in bits.chunks(3) {
            let word = group.iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte)) << (8 * (3 - group.len()));
            for place in 0..=group.len() {
                text.push(letter(ALPHABET, word >> (18 - 6 * place)));
            }
        }
        Self(text)
    }

    /// A code for typing: 80 random bits in four groups of four letters.
    ///
    /// # Errors
    /// No random bits.
    pub fn typed(random: &dyn Random) -> Result<Self, Error> {
        let mut bits = [0; 16];
        random.fill(&mut bits)?;
        let mut text = String::new();
        for (place, byte) in bits.iter().enumerate() {
            if place > 0 && place % 4 == 0 {
                text.push('-');
            }
            text.push(letter(TYPED, u32::from(*byte)));
        }
        Ok(Self(text))
    }

    /// The secret itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept.
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// What is kept of a secret. No salt and no stretching: 256 random bits can't be guessed, and the gateway looks a key
/// up by this.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn letter<const N: usize>(alphabet: &[u8; N], bits: u32) -> char {
    let place = usize::try_from(bits).unwrap_or(0) % N;
    char::from(alphabet.get(place).copied().unwrap_or(b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(u8);

    impl Random for Fixed {
        fn fill(&self, bytes: &mut [u8]) -> Result<(), Error> {
            bytes.fill(self.0);
            Ok(())
        }
    }

    #[test]
    fn secrets_carry_all_their_bits_and_hide_from_logs() {
        let secret = Secret::generate(KEY_PREFIX, &Fixed(0xff)).unwrap();
        assert_eq!(secret.reveal(), format!("pk-{}8", "_".repeat(42)), "42 letters of six ones, then four ones");
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        let other = Secret::generate(KEY_PREFIX, &Fixed(0xfe)).unwrap();
        assert_ne!(secret.hash(), other.hash());
        let code = Secret::typed(&Fixed(31)).unwrap();
        assert_eq!(code.reveal(), "zzzz-zzzz-zzzz-zzzz");
    }
}
