//! What members are called on a board: two neutral words and a number, from a secret.
//!
//! Words are plain things that say nothing of anybody: no rank, no gender, no place, nothing that praises or mocks. Names
//! on two boards, or of two months, come from different bits, so they don't lead from one to the other.

/// The first word.
pub const FIRST: [&str; 64] = [
    "Amber", "Ashen", "Autumn", "Azure", "Birch", "Blue", "Brass", "Bronze", "Calm", "Cedar", "Chalk", "Clear",
    "Cloud", "Clover", "Cobalt", "Copper", "Coral", "Cotton", "Crystal", "Dawn", "Dusk", "Ember", "Fern", "Flint",
    "Foggy", "Forest", "Frost", "Garnet", "Ginger", "Golden", "Granite", "Green", "Hazel", "Heather", "Indigo", "Iron",
    "Ivory", "Jade", "Lemon", "Lilac", "Linen", "Maple", "Marble", "Mellow", "Mint", "Misty", "Moss", "Ochre", "Olive",
    "Opal", "Orange", "Pearl", "Pine", "Plum", "Quartz", "Rain", "River", "Saffron", "Sage", "Sandy", "Silver",
    "Slate", "Snow", "Violet",
];

/// The second word.
pub const SECOND: [&str; 64] = [
    "Anchor", "Arch", "Badger", "Basket", "Beacon", "Beetle", "Bell", "Boat", "Bridge", "Brook", "Candle", "Canyon",
    "Comet", "Compass", "Crane", "Cricket", "Delta", "Dune", "Falcon", "Feather", "Field", "Finch", "Garden", "Gate",
    "Harbour", "Hedgehog", "Heron", "Hill", "Island", "Kettle", "Kite", "Lake", "Lantern", "Lark", "Ledge", "Lynx",
    "Meadow", "Mill", "Moth", "Oak", "Orchard", "Otter", "Owl", "Paddle", "Pebble", "Pier", "Plover", "Pond", "Quill",
    "Raven", "Reed", "Ridge", "Robin", "Sail", "Seal", "Shell", "Sparrow", "Spring", "Stone", "Swift", "Thistle",
    "Tower", "Walnut", "Willow",
];

/// The name of these bits, which have to be those of a keyed hash. `words` are the member's own choice of the two, as
/// places in [`FIRST`] and [`SECOND`]; the number is always of the bits.
pub fn name(bits: u128, words: Option<(usize, usize)>) -> String {
    let place = |shift: u32| usize::try_from((bits >> shift) & 0x3f).unwrap_or(0);
    let (first, second) = words.unwrap_or((place(0), place(8)));
    let number = u64::try_from((bits >> 16) & 0xffff_ffff).unwrap_or(0).rem_euclid(9_000).saturating_add(1_000);
    let word = |words: &[&'static str; 64], at: usize| words.get(at).copied().unwrap_or_default();
    format!("{} {} {number}", word(&FIRST, first), word(&SECOND, second))
}

/// The places of two words that somebody chose, whatever their case; `None` for others than those there are.
pub fn words(text: &str) -> Option<(usize, usize)> {
    let mut words = text.split_whitespace();
    let of = |list: &[&str], word: &str| list.iter().position(|known| known.eq_ignore_ascii_case(word));
    let found = (of(&FIRST, words.next()?)?, of(&SECOND, words.next()?)?);
    words.next().is_none().then_some(found)
}
