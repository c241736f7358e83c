//! The binary form of a [`ChargeRecord`](super::ChargeRecord).

use super::{Beside, ChargeView, Dialect, Mark};
use crate::id::{KeyId, PersonId, RunId, UnitId};
use crate::price::{Bucket, CardVersion, Ratio};
use crate::usage::{Tier, Usage};

/// The first byte of a record: the form without what came later, where nothing of that is in it.
const FIRST: u8 = 1;
/// The first byte of one with more at its end: a byte of presence bits, then those fields.
const WITH_MORE: u8 = 2;

// Presence bits of the second byte.
const HAS_UNIT: u8 = 1;
const HAS_RUN: u8 = 1 << 1;
const HAS_SESSION: u8 = 1 << 2;
const HAS_SERVED: u8 = 1 << 3;
const HAS_GEO: u8 = 1 << 4;
const HAS_TERMS: u8 = 1 << 5;
const HAS_CLIENT: u8 = 1 << 6;
const HAS_REASONING: u8 = 1 << 7;

// Presence bits of what stands at the end since version 2.
const HAS_PARENT: u8 = 1;
const HAS_VERSION: u8 = 1 << 1;
const HAS_PROJECT: u8 = 1 << 2;
const IS_HUMAN: u8 = 1 << 3;
const IS_RETRIED: u8 = 1 << 4;
const HAS_INSTEAD_OF: u8 = 1 << 5;
/// No other bit has a meaning.
const MORE: u8 = HAS_PARENT | HAS_VERSION | HAS_PROJECT | IS_HUMAN | IS_RETRIED | HAS_INSTEAD_OF;

/// The top bit of the byte that tier and mark share: things billed beside the answer follow at the end.
const HAS_BESIDE: u8 = 1 << 7;

/// Why a record can't be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A text is too long.
    #[error("a text of {0} bytes does not fit into a charge record; 255 is the most")]
    LongText(usize),
    /// Too many things were billed beside the answer.
    #[error("{0} things billed beside an answer do not fit into a charge record; 255 is the most")]
    ManyBeside(usize),
}

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Written by a later Purser, or not a record.
    #[error("charge record of version {0}, which this Purser does not know")]
    Version(u8),
    /// Ends too early.
    #[error("charge record cut short")]
    Short,
    /// Goes on after its end.
    #[error("charge record with {0} bytes too many")]
    Long(usize),
    /// A field holds what it can't.
    #[error("charge record with a bad {0}")]
    Bad(&'static str),
}

pub(super) fn encode(record: &ChargeView<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let texts = [record.provider, record.requested, record.client];
    let optional = [record.served, record.geo, record.version, record.project, record.instead_of].into_iter().flatten();
    let beside = record.beside.iter().filter_map(|beside| beside.model.as_deref());
    if let Some(text) = texts.into_iter().chain(optional).chain(beside).find(|text| text.len() > usize::from(u8::MAX)) {
        return Err(EncodeError::LongText(text.len()));
    }
    let beside = u8::try_from(record.beside.len()).map_err(|_| EncodeError::ManyBeside(record.beside.len()))?;
    let flags = [
        (record.unit.is_some(), HAS_UNIT),
        (record.run.is_some(), HAS_RUN),
        (record.session.is_some(), HAS_SESSION),
        (record.served.is_some(), HAS_SERVED),
        (record.geo.is_some(), HAS_GEO),
        (!record.terms.is_one(), HAS_TERMS),
        (!record.client.is_empty(), HAS_CLIENT),
        (record.usage.reasoning > 0, HAS_REASONING),
    ];
    let present = flags.iter().filter(|(set, _)| *set).fold(0, |bits, (_, bit)| bits | bit);
    let flags = [
        (record.parent.is_some(), HAS_PARENT),
        (record.version.is_some(), HAS_VERSION),
        (record.project.is_some(), HAS_PROJECT),
        (record.human, IS_HUMAN),
        (record.retried, IS_RETRIED),
        (record.instead_of.is_some(), HAS_INSTEAD_OF),
    ];
    let more = flags.iter().filter(|(set, _)| *set).fold(0, |bits, (_, bit)| bits | bit);
    out.extend([if more == 0 { FIRST } else { WITH_MORE }, present]);
    out.extend(record.person.get().to_be_bytes());
    out.extend(record.key.get().to_be_bytes());
    out.extend(record.unit.into_iter().flat_map(|unit| unit.get().to_be_bytes()));
    out.extend(record.run.into_iter().flat_map(|run| run.get().to_be_bytes()));
    out.extend(record.session.into_iter().flat_map(u64::to_be_bytes));
    put_text(out, record.provider);
    put_text(out, record.requested);
    record.served.iter().for_each(|served| put_text(out, served));
    let follows = if beside > 0 { HAS_BESIDE } else { 0 };
    out.push(follows | (tier_code(record.tier) << 4) | mark_code(record.mark));
    out.push(dialect_code(record.dialect));
    record.geo.iter().for_each(|geo| put_text(out, geo));
    put_usage(out, &record.usage);
    out.extend(record.card.0.to_be_bytes());
    if !record.terms.is_one() {
        put_number(out, record.terms.num());
        put_number(out, record.terms.den());
    }
    if !record.client.is_empty() {
        put_text(out, record.client);
    }
    out.push(record.attempt);
    if beside > 0 {
        out.push(beside);
    }
    for Beside { model, card, usage } in &record.beside {
        // No model has an empty name: that stands for the answer's own.
        put_text(out, model.as_deref().unwrap_or(""));
        out.push(u8::from(usage.reasoning > 0));
        put_usage(out, usage);
        out.extend(card.0.to_be_bytes());
    }
    if more != 0 {
        out.push(more);
        out.extend(record.parent.into_iter().flat_map(|parent| parent.get().to_be_bytes()));
        record.version.iter().for_each(|version| put_text(out, version));
        record.project.iter().for_each(|project| put_text(out, project));
        record.instead_of.iter().for_each(|model| put_text(out, model));
    }
    Ok(())
}

pub(super) fn view(bytes: &[u8]) -> Result<ChargeView<'_>, DecodeError> {
    let mut input = Reader(bytes);
    let version = input.byte()?;
    if !matches!(version, FIRST | WITH_MORE) {
        return Err(DecodeError::Version(version));
    }
    let present = input.byte()?;
    let has = |bit: u8| present & bit != 0;
    let person = PersonId::new(input.wide()?);
    let key = KeyId::new(input.wide()?);
    let unit = has(HAS_UNIT).then(|| input.wide().map(UnitId::new)).transpose()?;
    let run = has(HAS_RUN).then(|| input.wide().map(RunId::new)).transpose()?;
    let session = has(HAS_SESSION).then(|| input.fixed().map(u64::from_be_bytes)).transpose()?;
    let provider = input.text("provider")?;
    let requested = input.text("requested model")?;
    let served = has(HAS_SERVED).then(|| input.text("served model")).transpose()?;
    let packed = input.byte()?;
    let tier = tier_of((packed & !HAS_BESIDE) >> 4).ok_or(DecodeError::Bad("tier"))?;
    let mark = mark_of(packed & 0x0f).ok_or(DecodeError::Bad("mark"))?;
    let dialect = dialect_of(input.byte()?).ok_or(DecodeError::Bad("dialect"))?;
    let geo = has(HAS_GEO).then(|| input.text("region")).transpose()?;
    let usage = decode_usage(&mut input, has(HAS_REASONING))?;
    let card = CardVersion(u64::from_be_bytes(input.fixed()?));
    let terms = if has(HAS_TERMS) {
        let (num, den) = (input.number()?, input.number()?);
        Ratio::try_new(num, den).filter(|terms| !terms.is_one()).ok_or(DecodeError::Bad("terms"))?
    } else {
        Ratio::ONE
    };
    let client = if has(HAS_CLIENT) { input.text("client")? } else { "" };
    let attempt = input.byte()?;
    let beside = if packed & HAS_BESIDE == 0 { Vec::new() } else { decode_beside(&mut input)? };
    let more = if version == WITH_MORE { input.byte()? } else { 0 };
    if more & !MORE != 0 || (more == 0) != (version == FIRST) {
        return Err(DecodeError::Bad("presence"));
    }
    let has = |bit: u8| more & bit != 0;
    let parent = has(HAS_PARENT).then(|| input.wide().map(RunId::new)).transpose()?;
    let program = has(HAS_VERSION).then(|| input.text("version")).transpose()?;
    let project = has(HAS_PROJECT).then(|| input.text("project")).transpose()?;
    let instead_of = has(HAS_INSTEAD_OF).then(|| input.text("model asked for")).transpose()?;
    match input.0.len() {
        0 => Ok(ChargeView {
            person,
            key,
            unit,
            run,
            session,
            provider,
            requested,
            served,
            dialect,
            tier,
            geo,
            usage,
            card,
            mark,
            terms,
            client,
            attempt,
            beside,
            parent,
            version: program,
            project,
            instead_of,
            human: has(IS_HUMAN),
            retried: has(IS_RETRIED),
        }),
        rest => Err(DecodeError::Long(rest)),
    }
}

fn decode_beside(input: &mut Reader<'_>) -> Result<Vec<Beside>, DecodeError> {
    let count = input.byte()?;
    if count == 0 {
        return Err(DecodeError::Bad("count"));
    }
    let one = |_| {
        let model = Some(input.text("model")?).filter(|model| !model.is_empty()).map(str::to_owned);
        let reasoning = input.byte()? != 0;
        let usage = decode_usage(input, reasoning)?;
        Ok(Beside { model, usage, card: CardVersion(u64::from_be_bytes(input.fixed()?)) })
    };
    (0..count).map(one).collect()
}

fn decode_usage(input: &mut Reader<'_>, reasoning: bool) -> Result<Usage, DecodeError> {
    let mut usage = Usage::default();
    let mut used = input.number()?;
    for bucket in Bucket::ALL {
        let bit = 1_u64 << bucket.index();
        if used & bit != 0 {
            *bucket.of_mut(&mut usage) = input.number()?;
            used &= !bit;
        }
    }
    if used != 0 {
        return Err(DecodeError::Bad("usage"));
    }
    if reasoning {
        usage.reasoning = input.number()?;
    }
    Ok(usage)
}

fn put_usage(out: &mut Vec<u8>, usage: &Usage) {
    let used = usage.used().fold(0_u64, |bits, (bucket, _)| bits | (1 << bucket.index()));
    put_number(out, used);
    usage.used().for_each(|(_, count)| put_number(out, count));
    if usage.reasoning > 0 {
        put_number(out, usage.reasoning);
    }
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    out.push(u8::try_from(text.len()).expect("checked before anything is written"));
    out.extend_from_slice(text.as_bytes());
}

/// Seven bits a byte, the lowest first; the top bit says that more follow.
fn put_number(out: &mut Vec<u8>, mut number: u64) {
    loop {
        let low = u8::try_from(number & 0x7f).expect("seven bits fit into a byte");
        number >>= 7;
        if number == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    #[inline]
    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(DecodeError::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    #[inline]
    fn fixed<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(DecodeError::Short)?;
        self.0 = rest;
        Ok(*taken)
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, DecodeError> {
        self.fixed().map(|[byte]| byte)
    }

    #[inline]
    fn wide(&mut self) -> Result<u128, DecodeError> {
        self.fixed().map(u128::from_be_bytes)
    }

    #[inline]
    fn text(&mut self, what: &'static str) -> Result<&'a str, DecodeError> {
        let length = usize::from(self.byte()?);
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| DecodeError::Bad(what))
    }

    /// Exactly what [`put_number`] writes: no needless bytes, nothing above 64 bits.
    #[inline]
    fn number(&mut self) -> Result<u64, DecodeError> {
        let mut number = 0_u64;
        for shift in (0..64_u32).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 || shift > 0 && byte == 0 {
                return Err(DecodeError::Bad("number"));
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(DecodeError::Bad("number"))
    }
}

const TIERS: [Tier; 5] = [Tier::Standard, Tier::Batch, Tier::Flex, Tier::Priority, Tier::Fast];
const MARKS: [Mark; 4] = [Mark::Exact, Mark::Estimated, Mark::Presumed, Mark::Disputed];
/// The place of each is its number in the journal: append only.
const DIALECTS: [Dialect; 6] = [
    Dialect::Other,
    Dialect::AnthropicMessages,
    Dialect::OpenAiChat,
    Dialect::OpenAiResponses,
    Dialect::OpenAiEmbeddings,
    Dialect::GeminiGenerate,
];

const fn tier_code(tier: Tier) -> u8 {
    match tier {
        Tier::Standard => 0,
        Tier::Batch => 1,
        Tier::Flex => 2,
        Tier::Priority => 3,
        Tier::Fast => 4,
    }
}

const fn mark_code(mark: Mark) -> u8 {
    match mark {
        Mark::Exact => 0,
        Mark::Estimated => 1,
        Mark::Presumed => 2,
        Mark::Disputed => 3,
    }
}

const fn dialect_code(dialect: Dialect) -> u8 {
    match dialect {
        Dialect::Other => 0,
        Dialect::AnthropicMessages => 1,
        Dialect::OpenAiChat => 2,
        Dialect::OpenAiResponses => 3,
        Dialect::OpenAiEmbeddings => 4,
        Dialect::GeminiGenerate => 5,
    }
}

fn tier_of(code: u8) -> Option<Tier> {
    TIERS.get(usize::from(code)).copied()
}

fn mark_of(code: u8) -> Option<Mark> {
    MARKS.get(usize::from(code)).copied()
}

fn dialect_of(code: u8) -> Option<Dialect> {
    DIALECTS.get(usize::from(code)).copied()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use proptest::prelude::*;

    use super::super::{ChargeRecord, RecomputeError};
    use super::*;
    use crate::price::PriceBook;

    fn record() -> ChargeRecord {
        ChargeRecord {
            person: PersonId::new(1 << 100),
            key: KeyId::new(2 << 100),
            unit: Some(UnitId::new(3 << 100)),
            run: None,
            session: Some(0x0123_4567_89ab_cdef),
            provider: "anthropic".to_owned(),
            requested: "claude-opus-5-5".to_owned(),
            served: Some("claude-opus-5-5-20260922".to_owned()),
            dialect: Dialect::AnthropicMessages,
            tier: Tier::Standard,
            geo: None,
            usage: Usage {
                input_uncached: 12,
                cache_read: 184_000,
                cache_write_5m: 2_311,
                output: 950,
                reasoning: 400,
                ..Usage::default()
            },
            card: CardVersion(0xfedc_ba98_7654_3210),
            mark: Mark::Exact,
            terms: Ratio::try_new(9, 10).unwrap(),
            client: "claude-cli".to_owned(),
            attempt: 0,
            beside: Vec::new(),
            parent: None,
            version: None,
            project: None,
            instead_of: None,
            human: false,
            retried: false,
        }
    }

    fn check(record: &ChargeRecord) -> Vec<u8> {
        let mut bytes = Vec::new();
        record.encode(&mut bytes).unwrap();
        assert_eq!(ChargeRecord::decode(&bytes).as_ref(), Ok(record));
        let json = serde_json::to_string(record).unwrap();
        assert_eq!(&serde_json::from_str::<ChargeRecord>(&json).unwrap(), record, "the JSON view reads back");
        bytes
    }

    #[test]
    fn an_agents_turn_fits_150_bytes() {
        let bytes = check(&record());
        assert!(bytes.len() <= 150, "{} bytes", bytes.len());
        for end in 0..bytes.len() {
            assert!(ChargeRecord::decode(&bytes[..end]).is_err(), "cut at {end}");
        }
        assert_eq!(ChargeRecord::decode(&[&bytes[..], &[0]].concat()), Err(DecodeError::Long(1)));
        assert_eq!(ChargeRecord::decode(&[9]), Err(DecodeError::Version(9)));
    }

    #[test]
    fn the_form_never_changes() {
        let record = ChargeRecord { run: Some(RunId::new(4)), geo: Some("us".to_owned()), ..record() };
        let hex = check(&record).iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        let parts = [
            "01ff",                                               // version, presence
            "00000010000000000000000000000000",                   // person
            "00000020000000000000000000000000",                   // key
            "00000030000000000000000000000000",                   // unit
            "00000000000000000000000000000004",                   // run
            "0123456789abcdef",                                   // session
            "09616e7468726f706963",                               // provider
            "0f636c617564652d6f7075732d352d35",                   // requested
            "18636c617564652d6f7075732d352d352d3230323630393232", // served
            "0001",                                               // tier and mark, dialect
            "027573",                                             // region
            "170cc09d0b8712b6079003",                             // buckets used, their counts, reasoning
            "fedcba9876543210",                                   // card
            "090a",                                               // terms 9/10
            "0a636c617564652d636c69",                             // client
            "00",                                                 // attempt
        ];
        assert_eq!(hex, parts.concat());
    }

    /// What came later stands at the end, behind another first byte.
    #[test]
    fn the_form_with_more_never_changes() {
        let before = check(&record());
        let more = ChargeRecord {
            parent: Some(RunId::new(5)),
            version: Some("2.1".to_owned()),
            project: Some("a/b".to_owned()),
            instead_of: Some("m".to_owned()),
            human: true,
            retried: true,
            ..record()
        };
        let after = check(&more);
        assert_eq!((after[0], &after[1..before.len()]), (2, &before[1..]));
        let end = [&[0x3f], &[0; 15][..], &[5, 3], b"2.1", &[3], b"a/b", &[1], b"m"].concat();
        assert_eq!(&after[before.len()..], end);
        for cut in before.len()..after.len() {
            assert!(ChargeRecord::decode(&after[..cut]).is_err(), "cut at {cut}");
        }
        let with = |byte: u8| [&[2], &before[1..], &[byte]].concat();
        assert_eq!(
            ChargeRecord::decode(&with(0)),
            Err(DecodeError::Bad("presence")),
            "the form without has its own byte"
        );
        assert_eq!(ChargeRecord::decode(&with(1 << 6)), Err(DecodeError::Bad("presence")));
        assert!(ChargeRecord::decode(&with(IS_HUMAN)).unwrap().human);
    }

    #[test]
    fn a_charge_is_computed_again_from_its_record() {
        let book = PriceBook::bundled();
        let at = "2026-11-01T00:00:00Z".parse().unwrap();
        let version = |model| book.lookup("anthropic", model, at).unwrap().version();
        // 12 × 4 + 184,000 × 0.20 + 2,311 × 5 + 950 × 20 = 67,403 per million, a tenth off.
        let mut charged = ChargeRecord { card: version("claude-opus-5-5"), ..record() };
        assert_eq!(charged.recompute(&book).unwrap().to_string(), "0.0606627");
        // An advisor beside it: 1,000 × 2 + 100 × 10 = 3,000 per million, a tenth off.
        charged.beside.push(Beside {
            model: Some("claude-sonnet-5-5".to_owned()),
            card: version("claude-sonnet-5-5"),
            usage: Usage { input_uncached: 1_000, output: 100, ..Usage::default() },
        });
        assert_eq!(charged.recompute(&book).unwrap().to_string(), "0.0633627");
        check(&charged);
        assert_eq!(record().recompute(&book), Err(RecomputeError::UnknownCard(record().card)));
    }

    #[test]
    fn numbers_have_one_form_and_fit() {
        let check = |bytes: &[u8], expected: Result<u64, DecodeError>| {
            assert_eq!(Reader(bytes).number(), expected, "{bytes:02x?}");
            if let Ok(number) = expected {
                let mut out = Vec::new();
                put_number(&mut out, number);
                assert_eq!(out, bytes);
            }
        };
        let bad = Err(DecodeError::Bad("number"));
        check(&[0], Ok(0));
        check(&[0x7f], Ok(127));
        check(&[0x80, 0x01], Ok(128));
        check(&[0x80, 0x00], bad); // a needless byte
        check(&[0x80], Err(DecodeError::Short));
        let nine = [0xff; 9];
        check(&[&nine[..], &[0x01]].concat(), Ok(u64::MAX));
        check(&[&nine[..], &[0x02]].concat(), bad); // above 64 bits
        check(&[&nine[..], &[0x81, 0x00]].concat(), bad); // longer than any number
        check(&[&[0x80; 9][..], &[0x01]].concat(), Ok(1 << 63));
    }

    #[test]
    fn a_bucket_that_nobody_knows_is_refused() {
        let mut known = Vec::new();
        put_number(&mut known, 1 << 12);
        put_number(&mut known, 5);
        let read = decode_usage(&mut Reader(&known), false);
        assert_eq!(read, Ok(Usage { code_calls: 5, ..Usage::default() }));
        let mut unknown = Vec::new();
        put_number(&mut unknown, 1 << 13);
        put_number(&mut unknown, 5);
        assert_eq!(decode_usage(&mut Reader(&unknown), false), Err(DecodeError::Bad("usage")));
    }

    #[test]
    fn a_text_may_fill_its_length_and_terms_may_say_nothing() {
        check(&ChargeRecord { client: "x".repeat(255), terms: Ratio::ONE, ..record() });
        check(&ChargeRecord { client: String::new(), terms: Ratio::ONE, ..record() });
    }

    #[test]
    fn codes_and_tables_agree() {
        assert!(TIERS.into_iter().all(|tier| tier_of(tier_code(tier)) == Some(tier)));
        assert!(MARKS.into_iter().all(|mark| mark_of(mark_code(mark)) == Some(mark)));
        assert!(DIALECTS.into_iter().all(|dialect| dialect_of(dialect_code(dialect)) == Some(dialect)));
    }

    #[test]
    fn an_overlong_text_is_refused_before_anything_is_written() {
        let mut bytes = vec![7];
        let long = ChargeRecord { client: "x".repeat(256), ..record() };
        assert_eq!(long.encode(&mut bytes), Err(EncodeError::LongText(256)));
        let beside = Beside { model: None, card: CardVersion(1), usage: Usage::default() };
        let many = ChargeRecord { beside: vec![beside; 256], ..record() };
        assert_eq!(many.encode(&mut bytes), Err(EncodeError::ManyBeside(256)));
        assert_eq!(bytes, [7]);
    }

    prop_compose! {
        fn any_usage()(counts in proptest::collection::vec(prop_oneof![Just(0), any::<u64>()], 14)) -> Usage {
            let mut usage = Usage { reasoning: counts[13], ..Usage::default() };
            for bucket in Bucket::ALL {
                *bucket.of_mut(&mut usage) = counts[bucket.index()];
            }
            usage
        }
    }

    proptest! {
        #[test]
        fn every_record_reads_back(
            ids in any::<[u128; 4]>(),
            unit in any::<bool>(),
            run in any::<bool>(),
            session in any::<Option<u64>>(),
            texts in any::<[String; 3]>(),
            served in any::<Option<String>>(),
            geo in any::<Option<String>>(),
            usage in any_usage(),
            codes in (0..5_u8, 0..4_u8, 0..6_u8),
            card in any::<u64>(),
            terms in (any::<u64>(), 1..=u64::MAX),
            attempt in any::<u8>(),
            beside in proptest::collection::vec((any::<Option<u8>>(), any::<u64>(), any_usage()), 0..3),
            parent in any::<Option<u128>>(),
            more in any::<[Option<String>; 3]>(),
            human in any::<bool>(),
            retried in any::<bool>(),
        ) {
            let short = |text: String| text.chars().take(60).collect::<String>();
            let [provider, requested, client] = texts.map(short);
            let [version, project, instead_of] = more.map(|text| text.map(short));
            let record = ChargeRecord {
                person: PersonId::new(ids[0]),
                key: KeyId::new(ids[1]),
                unit: unit.then(|| UnitId::new(ids[2])),
                run: run.then(|| RunId::new(ids[3])),
                session,
                provider,
                requested,
                served: served.map(short),
                dialect: dialect_of(codes.2).unwrap(),
                tier: tier_of(codes.0).unwrap(),
                geo: geo.map(short),
                usage,
                card: CardVersion(card),
                mark: mark_of(codes.1).unwrap(),
                terms: Ratio::try_new(terms.0, terms.1).unwrap(),
                client,
                attempt,
                beside: beside
                    .into_iter()
                    .map(|(model, card, usage)| Beside { model: model.map(|n| format!("m{n}")), card: CardVersion(card), usage })
                    .collect(),
                parent: parent.map(RunId::new),
                version,
                project,
                instead_of,
                human,
                retried,
            };
            check(&record);
        }

        #[test]
        fn strange_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300), version in FIRST..=WITH_MORE) {
            // What reads back must write back to the same bytes: one record has one form.
            let mut bytes = bytes;
            if let Some(first) = bytes.first_mut() {
                *first = version;
            }
            if let Ok(record) = ChargeRecord::decode(&bytes) {
                let mut again = Vec::new();
                record.encode(&mut again).unwrap();
                prop_assert!(ChargeRecord::decode(&again).unwrap() == record);
            }
        }
    }

    #[test]
    fn nothing_beside_a_call_is_not_written_as_a_count_of_none() {
        let alone = check(&record()).len();
        let usage = Usage { output: 1, ..Usage::default() };
        let beside = vec![Beside { model: None, card: CardVersion(1), usage }];
        let mut bytes = check(&ChargeRecord { beside, ..record() });
        bytes.truncate(alone + 1);
        bytes[alone] = 0;
        assert_eq!(ChargeRecord::decode(&bytes), Err(DecodeError::Bad("count")));
    }

    #[test]
    fn a_record_tells_the_buckets_it_used() {
        let used: Vec<_> = record().used().map(|(_, count)| count).collect();
        assert_eq!(used, [12, 184_000, 2_311, 950]);
    }
}
