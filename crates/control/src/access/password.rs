//! Passwords: which are taken, how they are kept, how they are compared.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

use crate::error::{Code, Error, Refused};
use crate::secret::Random;

/// The least length of a password that stands alone: NIST SP 800-63B-4 (2025), section 3.1.1.2, in characters.
pub const CHARS_MIN: usize = 15;
/// Longer ones are refused rather than cut; NIST asks for at least 64.
const BYTES_MAX: usize = 512;
/// Argon2id with 19 MiB, two passes and one lane: the OWASP Password Storage Cheat Sheet's recommendation, and the
/// crate's default. Written out so that a new default of the crate changes nothing silently.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("constants within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// Refuses what must not be a password.
///
/// # Errors
/// [`Code::Invalid`] with the rule that it breaks.
pub(crate) fn check(password: &str, email: &str) -> Result<(), Error> {
    let refuse =
        |why: String| Err(Refused::new(Code::Invalid, why).hint("a sentence of a few words is long enough").into());
    let chars = password.chars().count();
    if chars < CHARS_MIN {
        return refuse(format!("a password has at least {CHARS_MIN} characters, this one {chars}"));
    }
    if password.len() > BYTES_MAX {
        return refuse(format!("a password has at most {BYTES_MAX} bytes"));
    }
    // The long ones that are guessed first: an address, one thing repeated, a run along the keyboard.
    let lower = password.to_lowercase();
    if lower.contains(&email.to_lowercase()) {
        return refuse("the password has the mail address in it".to_owned());
    }
    let mut different: Vec<char> = lower.chars().collect();
    different.sort_unstable();
    different.dedup();
    let runs = ["0123456789", "abcdefghijklmnop", "qwertyuiop", "passwordpassword"];
    if different.len() < 6 || runs.iter().any(|run| lower.contains(run)) {
        return refuse("the password is one of those that are guessed first".to_owned());
    }
    Ok(())
}

/// The hash of a password in PHC form. Takes a few hundredths of a second and 19 MiB: on a thread that may block.
///
/// # Errors
/// No random bits for its salt.
pub(crate) fn hash(password: &str, random: &dyn Random) -> Result<String, Error> {
    let mut salt = [0; 16];
    random.fill(&mut salt)?;
    let hash = argon2()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .map_err(|error| Error::failed("a password could not be hashed", error.to_string()))?;
    Ok(hash.to_string())
}

/// Is it the password of this hash? `None` takes as long and is never right: an answer's time tells nobody which
/// addresses are known.
pub(crate) fn is(password: &str, hash: Option<&str>) -> bool {
    const NOBODYS: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    // An endless text would be hashed as long.
    let given = if password.len() > BYTES_MAX { "" } else { password };
    argon2().verify_password(given.as_bytes(), hash.unwrap_or(NOBODYS)).is_ok() && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::MachineRandom;

    #[test]
    fn a_password_is_kept_as_a_salted_argon2id_hash() {
        let first = hash("four words in a row", &MachineRandom).unwrap();
        assert!(first.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{first}");
        assert_ne!(first, hash("four words in a row", &MachineRandom).unwrap(), "another salt");
        assert!(is("four words in a row", Some(&first)));
        assert!(!is("four words in a row ", Some(&first)) && !is("", Some(&first)));
        assert!(!is("", None) && !is("four words in a row", None) && !is("x", Some("nonsense")));
        // Parameters of a hash made earlier are its own.
        let older = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(64, 1, 1, None).unwrap());
        let older = older.hash_password_with_salt(b"four words in a row", &[7; 16]).unwrap().to_string();
        assert!(is("four words in a row", Some(&older)));
    }

    #[test]
    fn what_is_guessed_first_is_refused() {
        let email = "person.17@example.com";
        check("four words in a row", email).unwrap();
        check(&"ü".repeat(3).chars().chain("wörter im satz".chars()).collect::<String>(), email).unwrap();
        for bad in [
            "short",
            "fourteen chars",
            &"ab".repeat(20),
            "my Person.17@example.com!",
            "0123456789 0123456789",
            &"long ".repeat(200),
        ] {
            assert!(check(bad, email).is_err(), "{bad}");
        }
    }
}
