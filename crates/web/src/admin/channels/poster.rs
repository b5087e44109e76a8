//! Posters: the code, what it is for and whose it is, as SVG to the millimetre. Letters are the reader's own: a drawing
//! carries no font.

use std::fmt::Write;

use fast_qr::{ECL, QRBuilder};
use puzi_shop::texts::Locale;

use crate::texts::say;

/// The white around a code, in modules.
const QUIET: usize = 4;
/// Signs as wide as they are high that a line has room for.
const LINE: f64 = 11.0;
/// The same of the account's name.
const ACCOUNT_LINE: f64 = 22.0;

/// How large a poster is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 210 × 297 mm.
    A4,
    /// 105 × 148 mm.
    A6,
    /// 100 × 100 mm: for a table or a parcel.
    Square,
}

impl Size {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::A4, Self::A6, Self::Square];

    /// The word of addresses and commands.
    pub fn word(self) -> &'static str {
        match self {
            Self::A4 => "a4",
            Self::A6 => "a6",
            Self::Square => "square",
        }
    }

    /// The size of this word; A4 when nothing is said.
    pub fn read(word: Option<&str>) -> Option<Self> {
        let Some(word) = word else { return Some(Self::A4) };
        Self::ALL.into_iter().find(|size| size.word() == word)
    }

    /// Width and height, mm.
    fn mm(self) -> (f64, f64) {
        match self {
            Self::A4 => (210.0, 297.0),
            Self::A6 => (105.0, 148.0),
            Self::Square => (100.0, 100.0),
        }
    }
}

/// A poster as SVG: `url` is what the code says, `name` what it is for. None when `url` is too long for a code.
pub fn svg(size: Size, url: &str, name: &str, account: &str, locale: Locale) -> Option<String> {
    let (width, height) = size.mm();
    let code = QRBuilder::new(url).ecl(ECL::M).build().ok()?;
    let modules = code.size + 2 * QUIET;
    let square = size == Size::Square;
    // The code takes what the words leave.
    let side = if square { height * 0.62 } else { width * 0.7 };
    let (left, top) = ((width - side) / 2.0, if square { height * 0.17 } else { height * 0.25 });
    let unit = width / 100.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"PingFang SC, Noto Sans SC, Microsoft YaHei, system-ui, sans-serif\" text-anchor=\"middle\">\
         <title>{}</title><rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>",
        escaped(name)
    );
    let mut line = |text: &str, y: f64, size: f64, colour: &str, bold: bool| {
        let weight = if bold { " font-weight=\"600\"" } else { "" };
        let _ = write!(
            out,
            "<text x=\"{:.2}\" y=\"{y:.2}\" font-size=\"{size:.2}\" fill=\"{colour}\"{weight}>{}</text>",
            width / 2.0,
            escaped(text)
        );
    };
    let head = unit * 7.5;
    let lines = broken(name, LINE);
    let first = if square { height * 0.1 } else { height * 0.13 };
    // Above the code of a square there is little room for two lines.
    let most = match (square, lines.len()) {
        (true, 1) => head * 0.8,
        (true, _) => head * 0.6,
        (false, _) => head,
    };
    // Both lines are of one size.
    let size = lines.iter().map(|part| fitting(part, LINE, most)).fold(most, f64::min);
    for (at, part) in lines.iter().enumerate() {
        let back = f64::from(u8::try_from(lines.len() - 1 - at).unwrap_or_default());
        line(part, first + head * 0.55 - back * size * 1.4, size, "#111", true);
    }
    let hint = say(locale, "channels.poster.hint", &[]);
    let account_size = fitting(account, ACCOUNT_LINE, unit * 4.2);
    if square {
        line(account, height * 0.87, account_size, "#111", false);
        line(&hint, height * 0.94, unit * 3.6, "#555", false);
    } else {
        line(account, top + side + unit * 9.0, account_size, "#111", false);
        line(&hint, top + side + unit * 16.0, unit * 3.8, "#555", false);
        let _ = write!(
            out,
            "<rect x=\"{:.2}\" y=\"{:.2}\" width=\"{:.2}\" height=\"{:.2}\" rx=\"{:.2}\" fill=\"#07c160\"/>",
            width * 0.44,
            height * 0.93,
            width * 0.12,
            unit,
            unit / 2.0
        );
    }
    let _ = write!(
        out,
        "<svg x=\"{left:.2}\" y=\"{top:.2}\" width=\"{side:.2}\" height=\"{side:.2}\" viewBox=\"0 0 {modules} {modules}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#000\" d=\"{}\"/></svg></svg>",
        path(&code)
    );
    Some(out)
}

/// The dark modules, run by run.
fn path(code: &fast_qr::QRCode) -> String {
    let mut path = String::new();
    for y in 0..code.size {
        let mut x = 0;
        while x < code.size {
            let begin = x;
            while x < code.size && code[y][x].value() {
                x += 1;
            }
            if x > begin {
                let _ = write!(path, "M{} {}h{}v1h-{}z", begin + QUIET, y + QUIET, x - begin, x - begin);
            }
            x += 1;
        }
    }
    path
}

/// How wide a text is, in signs as wide as they are high.
fn wide(text: &str) -> f64 {
    text.chars().map(|c| if c.is_ascii() { 0.58 } else { 1.0 }).sum()
}

/// The size at which `text` fits into a line of `room` signs of the size `most`.
fn fitting(text: &str, room: f64, most: f64) -> f64 {
    let wide = wide(text);
    if wide > room { most * room / wide } else { most }
}

/// One line, or two when it is long: broken at a space where one is near the middle.
fn broken(text: &str, room: f64) -> Vec<String> {
    if wide(text) <= room {
        return vec![text.to_owned()];
    }
    let signs: Vec<char> = text.chars().collect();
    let half = wide(text) / 2.0;
    let mut so_far = 0.0;
    let mut middle = signs.len() / 2;
    for (at, sign) in signs.iter().enumerate() {
        so_far += if sign.is_ascii() { 0.58 } else { 1.0 };
        if so_far >= half {
            middle = at + 1;
            break;
        }
    }
    let near = |at: usize| at.abs_diff(middle);
    let spaces = signs.iter().enumerate().filter(|(_, sign)| sign.is_whitespace()).map(|(at, _)| at);
    let cut = spaces.min_by_key(|at| near(*at)).filter(|at| near(*at) <= signs.len() / 4).unwrap_or(middle);
    let text = |part: &[char]| part.iter().collect::<String>().trim().to_owned();
    [text(&signs[..cut]), text(&signs[cut..])].into_iter().filter(|part| !part.is_empty()).collect()
}

/// A text inside of XML, without the signs that no XML may have.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://weixin.qq.com/q/02example";

    #[test]
    fn nothing_in_a_name_becomes_markup() {
        let name = "<script>alert(1)</script>\u{0}&\"'";
        for size in Size::ALL {
            let drawing = svg(size, URL, name, "</text><image href=x>", Locale::En).unwrap();
            assert!(
                !drawing.contains("<script") && !drawing.contains("<image") && !drawing.contains('\u{0}'),
                "{drawing}"
            );
            assert!(drawing.contains("&lt;script&gt;") && drawing.ends_with("</svg></svg>"), "{drawing}");
        }
    }

    #[test]
    fn a_long_name_is_two_lines_and_a_short_one_is_one() {
        assert_eq!(broken("春茶节", LINE), ["春茶节"]);
        assert_eq!(broken("春茶节的第一天到店里来喝一杯新茶", LINE), ["春茶节的第一天到", "店里来喝一杯新茶"]);
        assert_eq!(broken("spring fair at the old market hall", LINE), ["spring fair at the", "old market hall"]);
        assert!(fitting(&"茶".repeat(50), LINE, 10.0) < 2.5);
        assert!((fitting("茶", LINE, 10.0) - 10.0).abs() < f64::EPSILON);
    }

    #[test]
    fn each_size_has_a_word_and_no_other() {
        assert_eq!(Size::read(None), Some(Size::A4));
        assert!(Size::ALL.into_iter().all(|size| Size::read(Some(size.word())) == Some(size)));
        assert_eq!(Size::read(Some("a0")), None);
    }
}
