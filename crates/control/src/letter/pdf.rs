//! A letter as a PDF: A4, Helvetica, no date and no random id in it, so that the same letter has the same bytes. Text is
//! not compressed: whoever searches the bytes for an amount finds it, or finds that it is not there.

use pdf_writer::types::{SystemInfo, UnicodeCmap};
use pdf_writer::writers::Encoding;
use pdf_writer::{Content, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use purser_core::letter::Letter;

use super::font::{self, Table, Weight};

const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const INFO: Ref = Ref::new(3);
const MORE_CMAP: Ref = Ref::new(4);
/// Four fonts: each weight, each table.
const FONTS: [(Ref, Name<'_>, Weight, Table); 4] = [
    (Ref::new(5), Name(b"R"), Weight::Regular, Table::Usual),
    (Ref::new(6), Name(b"RM"), Weight::Regular, Table::More),
    (Ref::new(7), Name(b"B"), Weight::Bold, Table::Usual),
    (Ref::new(8), Name(b"BM"), Weight::Bold, Table::More),
];
/// A page and its content, two by two.
const FIRST_PAGE: i32 = 9;

/// Points. A4 is 210 by 297 mm.
const PAGE: (i32, i32) = (595, 842);
const MARGIN: i32 = 64;
const TEXT_WIDTH: i32 = PAGE.0 - 2 * MARGIN;
/// Where the text of a clause begins, right of its number.
const INDENT: i32 = 36;

/// A line as it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Line {
    weight: Weight,
    size: i32,
    x: i32,
    /// From the line above to this one.
    lead: i32,
    text: String,
    /// What stands left of it.
    number: Option<String>,
    /// Better not the last one of a page.
    keeps_next: bool,
}

/// The document; the letters that no font of it has, where there are any.
pub(super) fn document(letter: &Letter) -> Result<Vec<u8>, Vec<char>> {
    let lines = lines(letter);
    let mut missing: Vec<char> =
        lines.iter().flat_map(|line| line.text.chars()).filter(|letter| font::code(*letter).is_none()).collect();
    if !missing.is_empty() {
        missing.sort_unstable();
        missing.dedup();
        return Err(missing);
    }
    let pages = pages(lines);
    let mut pdf = Pdf::new();
    pdf.catalog(CATALOG).pages(PAGES).lang(TextStr("en"));
    pdf.document_info(INFO).title(TextStr(&letter.title)).producer(TextStr("Purser"));
    let refs: Vec<(Ref, Ref)> = (0..)
        .step_by(2)
        .map(|at| (Ref::new(FIRST_PAGE + at), Ref::new(FIRST_PAGE + at + 1)))
        .take(pages.len())
        .collect();
    let count = i32::try_from(pages.len()).expect("a letter has few pages");
    pdf.pages(PAGES).kids(refs.iter().map(|(page, _)| *page)).count(count);
    for ((number, lines), (page_ref, content_ref)) in (1..).zip(&pages).zip(&refs) {
        let mut page = pdf.page(*page_ref);
        page.media_box(Rect::new(0.0, 0.0, points(PAGE.0), points(PAGE.1))).parent(PAGES).contents(*content_ref);
        let mut resources = page.resources();
        let mut fonts = resources.fonts();
        for (font, name, ..) in FONTS {
            fonts.pair(name, font);
        }
        fonts.finish();
        resources.finish();
        page.finish();
        pdf.stream(*content_ref, &set(lines, &format!("{number} / {count}")));
    }
    fonts(&mut pdf);
    Ok(pdf.finish())
}

fn fonts(pdf: &mut Pdf) {
    for (font, _, weight, table) in FONTS {
        let base = match weight {
            Weight::Regular => Name(b"Helvetica"),
            Weight::Bold => Name(b"Helvetica-Bold"),
        };
        let mut written = pdf.type1_font(font);
        written.base_font(base);
        match table {
            Table::Usual => {
                written.encoding_predefined(Name(b"WinAnsiEncoding"));
            }
            Table::More => {
                let last =
                    font::MORE_FIRST.saturating_add(u8::try_from(font::more_names().count() - 1).unwrap_or(u8::MAX));
                written.first_char(font::MORE_FIRST).last_char(last);
                written.widths(font::more_widths(weight).map(f32::from));
                written.to_unicode(MORE_CMAP);
                let mut encoding: Encoding<'_> = written.encoding_custom();
                let mut differences = encoding.differences();
                differences.consecutive(font::MORE_FIRST, font::more_names().map(|name| Name(name.as_bytes())));
            }
        }
    }
    let system = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"UCS"), supplement: 0 };
    let mut cmap = UnicodeCmap::<u8>::new(Name(b"Purser-More"), system);
    for (code, letter) in font::more_letters() {
        cmap.pair(code, letter);
    }
    pdf.cmap(MORE_CMAP, &cmap.finish());
}

/// The lines of a whole letter.
fn lines(letter: &Letter) -> Vec<Line> {
    let mut out = Vec::new();
    let put = |out: &mut Vec<Line>, weight, size, (x, lead), number: Option<String>, text: &str| {
        let keeps_next = weight == Weight::Bold;
        let mut number = number;
        let mut lead = lead;
        for text in wrapped(text, weight, size, TEXT_WIDTH - x) {
            out.push(Line { weight, size, x, lead, text, number: number.take(), keeps_next });
            lead = size * 7 / 5;
        }
    };
    put(&mut out, Weight::Bold, 18, (0, 0), None, &letter.title);
    for (place, (name, value)) in letter.facts.iter().enumerate() {
        let lead = if place == 0 { 30 } else { 15 };
        put(&mut out, Weight::Regular, 10, (0, lead), None, &format!("{name}: {value}"));
    }
    for section in &letter.sections {
        put(&mut out, Weight::Bold, 12, (0, 28), None, &format!("{} {}", section.number, section.title));
        for clause in &section.clauses {
            put(&mut out, Weight::Bold, 10, (INDENT, 18), Some(clause.number.clone()), clause.title);
            put(&mut out, Weight::Regular, 10, (INDENT, 14), None, &clause.text);
        }
    }
    put(&mut out, Weight::Regular, 10, (0, 36), None, &letter.consent);
    out
}

/// A text in lines of at most so many points. A word that is longer than a line is cut.
fn wrapped(text: &str, weight: Weight, size: i32, points: i32) -> Vec<String> {
    let room = u32::try_from(points.saturating_mul(1000) / size).unwrap_or_default();
    let wide = |text: &str| text.chars().map(|letter| u32::from(font::width(letter, weight))).sum::<u32>();
    let mut out = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let mut word = word;
            if !line.is_empty() && wide(&line) + wide(" ") + wide(word) > room {
                out.push(std::mem::take(&mut line));
            }
            while wide(word) > room {
                let mut used = 0;
                let fits = |(_, letter): &(usize, char)| {
                    used += u32::from(font::width(*letter, weight));
                    used <= room
                };
                let cut = word.char_indices().take_while(fits).last().map_or(0, |(at, letter)| at + letter.len_utf8());
                // One letter at least: a line is wider than any.
                let (head, tail) = word.split_at(cut.max(word.chars().next().map_or(0, char::len_utf8)));
                out.push(head.to_owned());
                word = tail;
            }
            if !line.is_empty() && !word.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        out.push(line);
    }
    out
}

/// Lines by page, none of which ends with a heading.
fn pages(lines: Vec<Line>) -> Vec<Vec<Line>> {
    let room = PAGE.1 - 2 * MARGIN;
    let (mut pages, mut page, mut used) = (Vec::new(), Vec::new(), 0);
    for line in lines {
        if used + line.lead > room && !page.is_empty() {
            let mut full: Vec<Line> = std::mem::take(&mut page);
            while full.len() > 1 && full.last().is_some_and(|last| last.keeps_next) {
                page.extend(full.pop());
            }
            page.reverse();
            used = page.iter().map(|line| line.lead).sum();
            pages.push(full);
        }
        used += line.lead;
        page.push(line);
    }
    pages.push(page);
    pages
}

/// The content of one page.
fn set(lines: &[Line], foot: &str) -> Vec<u8> {
    let mut content = Content::new();
    let mut y = PAGE.1 - MARGIN;
    for (place, line) in lines.iter().enumerate() {
        // A page begins at its top, whatever stands between two lines.
        y -= if place == 0 { 0 } else { line.lead };
        if let Some(number) = &line.number {
            show(&mut content, line.weight, line.size, (MARGIN, y), number);
        }
        show(&mut content, line.weight, line.size, (MARGIN + line.x, y), &line.text);
    }
    show(&mut content, Weight::Regular, 8, (MARGIN, MARGIN / 2), foot);
    content.finish().into_vec()
}

/// One line of text, in as many pieces as it changes between fonts.
fn show(content: &mut Content, weight: Weight, size: i32, (x, y): (i32, i32), text: &str) {
    content.begin_text();
    content.next_line(points(x), points(y));
    let (mut piece, mut table) = (Vec::new(), Table::Usual);
    let mut put = |piece: &mut Vec<u8>, table| {
        if let Some((_, name, ..)) = FONTS.iter().find(|font| font.2 == weight && font.3 == table)
            && !piece.is_empty()
        {
            content.set_font(*name, points(size));
            content.show(Str(piece));
            piece.clear();
        }
    };
    for (next, code) in text.chars().filter_map(font::code) {
        if next != table {
            put(&mut piece, table);
            table = next;
        }
        piece.push(code);
    }
    put(&mut piece, table);
    content.end_text();
}

/// PDF measures in decimals. Everything here is whole points below a thousand.
fn points(whole: i32) -> f32 {
    f32::from(i16::try_from(whole).unwrap_or_default())
}
