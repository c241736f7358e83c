//! Signatures below statements: ed25519 over the canonical JSON of everything but the signature and the name.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use purser_core::hex::{Hex, unhex};
use purser_core::statement::{canonical, read};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::error::{Code, Error, Refused};
use crate::shape::{Signature, Signed, StatementsKey};

/// Fields that are not signed: the signature itself, and what can be changed or erased.
const UNSIGNED: [&str; 2] = ["signature", "name"];

/// The name of the algorithm.
const ALGORITHM: &str = "ed25519";

/// What stands before the 32 bytes of a public key in SubjectPublicKeyInfo (RFC 8410).
const SPKI_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The company's key. Made once, kept where other secrets are; never shown.
pub(crate) struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// The name of its bits among the secrets.
    pub(crate) const NAME: &'static str = "signing of statements";

    /// From its bits.
    ///
    /// # Errors
    /// They are none.
    pub(crate) fn of(seed: &[u8; 32]) -> Result<Self, Error> {
        Ed25519KeyPair::from_seed_unchecked(seed)
            .map(Self)
            .map_err(|error| Error::failed("the key of statements can't be read", error.to_string()))
    }

    fn public(&self) -> String {
        Hex(self.0.public_key().as_ref()).to_string()
    }

    /// Its public half.
    pub(crate) fn shown(&self) -> StatementsKey {
        let bytes: Vec<u8> = SPKI_HEAD.iter().chain(self.0.public_key().as_ref()).copied().collect();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(bytes));
        StatementsKey { algorithm: ALGORITHM.to_owned(), key: self.public(), pem }
    }

    fn signature(&self, signed: &str) -> Signature {
        Signature {
            algorithm: ALGORITHM.to_owned(),
            key: self.public(),
            sha256: Hex(&Sha256::digest(signed.as_bytes())).to_string(),
            value: Hex(self.0.sign(signed.as_bytes()).as_ref()).to_string(),
        }
    }
}

/// A document with its signature. Whatever is confidential in it is as whoever is being answered may see it.
///
/// # Errors
/// It has no canonical form.
pub(crate) fn sealed<T: Serialize>(key: &SigningKey, document: &T) -> Result<Signed<T>, Error> {
    let failed = |error| Error::failed("a statement could not be written", error);
    let Value::Object(content) = serde_json::to_value(document).map_err(failed)? else {
        return Err(Error::failed("a statement could not be written", "it is no object"));
    };
    sealed_content(key, content).map(Signed::new)
}

/// The same of one that was written before.
///
/// # Errors
/// It has no canonical form.
pub(crate) fn sealed_content(key: &SigningKey, mut content: Map<String, Value>) -> Result<Map<String, Value>, Error> {
    let failed =
        |error: Box<dyn std::error::Error + Send + Sync>| Error::failed("a statement could not be signed", error);
    let signature = key.signature(&signed_part(&content).map_err(|error| failed(error.into()))?);
    let signature = serde_json::to_value(signature).map_err(|error| failed(error.into()))?;
    content.insert("signature".to_owned(), signature);
    Ok(content)
}

/// What is signed of a document.
pub(crate) fn signed_part(content: &Map<String, Value>) -> Result<String, purser_core::statement::CanonicalError> {
    let signed = content.iter().filter(|(name, _)| !UNSIGNED.contains(&name.as_str()));
    canonical(&Value::Object(signed.map(|(name, value)| (name.clone(), value.clone())).collect()))
}

/// What was found of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "checked")]
pub enum Checked {
    /// It is as it was signed, by the key that is named.
    Good,
    /// Something in it is not as it was signed.
    Changed {
        /// The SHA-256 that the signature names.
        signed: String,
        /// That of what it says now.
        found: String,
    },
    /// What it says has the digest that the signature names, but the key did not sign it.
    NotSigned,
    /// Another key than the one that was expected signed it.
    OtherKey {
        /// The one that was expected.
        expected: String,
    },
}

/// A document and what was found of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckedStatement {
    /// What was found.
    #[serde(flatten)]
    pub checked: Checked,
    /// The key that the signature names.
    pub key: String,
    /// What the document says that it is.
    pub document: String,
    /// Of which month or year.
    pub of: String,
    /// Of whom.
    pub person: String,
}

/// Checks a signed document by itself: no folder, no network. With `key` it must be signed by that one.
///
/// # Errors
/// [`Code::Invalid`]: it is none.
pub fn check(text: &str, key: Option<&str>) -> Result<CheckedStatement, Error> {
    let invalid = |why: String| {
        Refused::new(Code::Invalid, format!("this is no signed statement: {why}"))
            .hint("save one with `purser statement PERSON --json > FILE`, or from `GET /api/v1/people/{id}/statement`")
    };
    let value = read(text).map_err(|error| invalid(error.to_string()))?;
    let Value::Object(content) = value else { return Err(invalid("it is no object".to_owned()).into()) };
    let signature = content.get("signature").ok_or_else(|| invalid("it has no signature".to_owned()))?;
    let exactly = ["algorithm", "key", "sha256", "value"];
    let has_more = signature.as_object().is_none_or(|map| map.keys().any(|name| !exactly.contains(&name.as_str())));
    if has_more {
        return Err(invalid("its signature has not the fields of one".to_owned()).into());
    }
    let signature: Signature = serde_json::from_value(signature.clone())
        .map_err(|error| invalid(format!("its signature can't be read: {error}")))?;
    if signature.algorithm != ALGORITHM {
        return Err(invalid(format!("its signature is of `{}`, not of {ALGORITHM}", signature.algorithm)).into());
    }
    let bytes = |name: &str, text: &str| unhex(text).ok_or_else(|| invalid(format!("its {name} is not hexadecimal")));
    let (public, value) = (bytes("key", &signature.key)?, bytes("signature", &signature.value)?);
    let signed = signed_part(&content).map_err(|error| invalid(error.to_string()))?;
    let found = Hex(&Sha256::digest(signed.as_bytes())).to_string();
    let is_signed = UnparsedPublicKey::new(&ED25519, &public).verify(signed.as_bytes(), &value).is_ok();
    let checked = if found != signature.sha256 {
        Checked::Changed { signed: signature.sha256.clone(), found }
    } else if !is_signed {
        Checked::NotSigned
    } else {
        match key.map(|key| key.trim().to_ascii_lowercase()).filter(|key| *key != signature.key) {
            Some(expected) => Checked::OtherKey { expected },
            None => Checked::Good,
        }
    };
    let text = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let of = content.get("month").or_else(|| content.get("year")).and_then(Value::as_str).unwrap_or_default();
    Ok(CheckedStatement {
        checked,
        key: signature.key,
        document: text("document"),
        of: of.to_owned(),
        person: text("person"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed() -> String {
        let key = SigningKey::of(&[7; 32]).unwrap();
        let document = serde_json::json!({
            "document": "purser.statement/1", "person": "per_1", "name": "Person 1", "month": "2026-11",
            "used": "210000.000000001", "input_tokens": 210_000_000_000_u64, "days": [{"day": "2026-11-03", "calls": 3}],
        });
        let sealed = sealed(&key, &document).unwrap();
        serde_json::to_string(&sealed).unwrap()
    }

    #[test]
    fn whatever_byte_is_changed_is_found() {
        let text = signed();
        let good = check(&text, None).unwrap();
        assert_eq!((good.checked, good.of.as_str(), good.person.as_str()), (Checked::Good, "2026-11", "per_1"));
        let original: Value = serde_json::from_str(&text).unwrap();
        let (mut found, mut names) = (0, 0);
        for place in 0..text.len() {
            for flip in [1_u8, 2, 16] {
                let mut bytes = text.clone().into_bytes();
                bytes[place] ^= flip;
                let Ok(changed) = String::from_utf8(bytes) else { continue };
                match check(&changed, None) {
                    Ok(CheckedStatement { checked: Checked::Good, .. }) => {
                        let value: Value = serde_json::from_str(&changed).unwrap();
                        let differs: Vec<&String> = original
                            .as_object()
                            .unwrap()
                            .iter()
                            .filter(|(name, it)| value.get(name.as_str()) != Some(it))
                            .map(|(name, _)| name)
                            .collect();
                        assert!(differs.iter().all(|name| *name == "name"), "byte {place}: {differs:?}");
                        names += 1;
                    }
                    Ok(_) | Err(_) => found += 1,
                }
            }
        }
        assert!(found > 1_000 && names < 40, "{found} found, {names} in the name, which is not signed");
    }

    #[test]
    fn another_form_is_the_same_and_another_key_is_not() {
        let text = signed();
        let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(&text).unwrap()).unwrap();
        assert_eq!(check(&pretty, None).unwrap().checked, Checked::Good, "spaces and order mean nothing");
        let renamed = text.replace("Person 1", "Person 2");
        assert_eq!(check(&renamed, None).unwrap().checked, Checked::Good, "names can change");
        let own = SigningKey::of(&[7; 32]).unwrap().shown();
        assert_eq!(check(&text, Some(&own.key)).unwrap().checked, Checked::Good);
        let other = SigningKey::of(&[8; 32]).unwrap();
        let expected = other.shown().key;
        assert_eq!(check(&text, Some(&expected)).unwrap().checked, Checked::OtherKey { expected });
        // Signed anew by somebody else it is good by itself, and not by the key that was published.
        let Value::Object(content) = serde_json::from_str(&text.replace("210000.0", "110000.0")).unwrap() else {
            panic!()
        };
        let forged = serde_json::to_string(&sealed_content(&other, content).unwrap()).unwrap();
        assert_eq!(check(&forged, None).unwrap().checked, Checked::Good);
        assert!(matches!(check(&forged, Some(&own.key)).unwrap().checked, Checked::OtherKey { .. }));
        // A digest that was adapted to the change does not help.
        let Value::Object(mut content) = serde_json::from_str(&text.replace("210000.0", "110000.0")).unwrap() else {
            panic!()
        };
        let digest = Hex(&Sha256::digest(signed_part(&content).unwrap().as_bytes())).to_string();
        content["signature"]["sha256"] = digest.into();
        assert_eq!(check(&serde_json::to_string(&content).unwrap(), None).unwrap().checked, Checked::NotSigned);
        for text in ["", "{}", "[]", r#"{"signature": {}}"#, &text.replacen("\"used\"", "\"month\"", 1)] {
            assert!(check(text, None).is_err(), "{text}");
        }
    }

    /// The first test vector of RFC 8032, and the form of RFC 8410.
    #[test]
    fn keys_are_those_of_the_standard() {
        let seed: [u8; 32] =
            unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap().try_into().unwrap();
        let shown = SigningKey::of(&seed).unwrap().shown();
        assert_eq!(shown.key, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        assert!(shown.pem.contains("MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="), "{}", shown.pem);
    }
}
