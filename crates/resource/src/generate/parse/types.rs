//! Types, with what may stand in parentheses behind them.

use super::{
    options::{self, Options},
    text::Text,
};
use crate::{
    generate::{ColumnKind, Fault, FormKind, TYPES, TypeWord},
    nearest::nearest,
};

/// The longest text that a type may name.
const LONGEST: i64 = 65_535;
/// The most digits of a number: every reader of JSON keeps so many exactly.
const DIGITS: i64 = 15;

/// A type as it was written.
pub(super) struct Typed<'a> {
    pub at: Text<'a>,
    pub word: &'static TypeWord,
    pub form: FormKind,
    pub bounds: (Option<i64>, Option<i64>),
    pub bounded: bool,
    pub options: Option<Options<'a>>,
}

/// Whether fields of this kind have choices.
pub(super) fn has_options(form: FormKind) -> bool {
    matches!(form, FormKind::Select | FormKind::Radio | FormKind::MultiSelect)
}

/// Reads `string`, `string(40)`, `decimal(10,3)` or `enum(a,b)`.
pub(super) fn read<'a>(text: &Text<'a>) -> Result<Typed<'a>, Fault> {
    let whole = text.as_str();
    let (at, args) = match whole.find('(') {
        Some(open) if whole.ends_with(')') => {
            (text.sub(0..open).trim(), Some(text.sub(open + 1..whole.len() - 1).trim()))
        }
        Some(open) => return Err(text.char_at(open).fault("unclosed", vec![("closing", ")".to_owned())])),
        None => (text.clone(), None),
    };
    let Some(word) = TypeWord::find(at.as_str()) else {
        return Err(at.fault("type_unknown", vec![("type", at.as_str().to_owned())]).suggest(meant(at.as_str())));
    };
    let width = word.column == ColumnKind::Integer && word.bounds != (None, None);
    let typed = Typed { at, word, form: word.form, bounds: word.bounds, bounded: width, options: None };
    match args {
        Some(args) => with(typed, &args),
        None => Ok(typed),
    }
}

fn with<'a>(mut typed: Typed<'a>, args: &Text<'a>) -> Result<Typed<'a>, Fault> {
    let said = |example: &str| vec![("type", typed.word.word.to_owned()), ("example", example.to_owned())];
    match (typed.form, typed.word.word) {
        (FormKind::String, _) => {
            let length = number(args, 1..=LONGEST).ok_or_else(|| args.fault("type_length", said("string(40)")))?;
            typed.bounds = (None, Some(length));
            typed.bounded = true;
        }
        (FormKind::Decimal(usual), _) => {
            let parts = args.split(&[',']);
            let fault = |at: &Text<'_>| at.fault("type_digits", said("decimal(10,3)"));
            let digits = number(&parts[0], 1..=DIGITS).ok_or_else(|| fault(&parts[0]))?;
            let scale = match &parts[1..] {
                [] => i64::from(usual),
                [scale] => number(scale, 0..=digits).ok_or_else(|| fault(scale))?,
                [_, more, ..] => return Err(fault(more)),
            };
            if scale > digits {
                return Err(fault(&parts[0]));
            }
            let most = 10_i64.pow(u32::try_from(digits).unwrap_or(0)) - 1;
            typed.bounds = (Some(-most), Some(most));
            typed.bounded = true;
            typed.form = FormKind::Decimal(u8::try_from(scale).unwrap_or(usual));
        }
        (form, _) if has_options(form) => typed.options = Some(options::of_words(args)?),
        (_, word) => return Err(args.fault("type_takes_nothing", said(word)).suggest(Some(word))),
    }
    Ok(typed)
}

fn number(text: &Text<'_>, within: std::ops::RangeInclusive<i64>) -> Option<i64> {
    text.as_str().parse().ok().filter(|number| within.contains(number))
}

/// The type that was probably meant.
fn meant(word: &str) -> Option<&'static str> {
    let known = match word.to_lowercase().replace(['_', '-'], "").as_str() {
        "int" | "int4" | "int8" | "biginteger" | "unsignedinteger" | "unsignedbiginteger" | "year" | "foreignid" => {
            Some("integer")
        }
        "tinyinteger" => Some("tinyint"),
        "smallinteger" | "int2" => Some("smallint"),
        "mediuminteger" => Some("mediumint"),
        "bool" | "checkbox" | "switch" => Some("boolean"),
        "str" | "uuid" | "slug" => Some("string"),
        "numeric" => Some("decimal"),
        "real" => Some("double"),
        "datetimetz" | "timestamptz" | "moment" => Some("datetime"),
        "html" | "wysiwyg" | "editor" => Some("rich_text"),
        "picture" | "photo" | "img" => Some("image"),
        "blob" | "upload" | "attachment" => Some("file"),
        "dropdown" | "choice" => Some("select"),
        "tags" | "checkboxes" | "set" => Some("multi_select"),
        "tel" | "mobile" | "telephone" => Some("phone"),
        "link" | "uri" | "website" => Some("url"),
        "price" | "currency" | "amount" => Some("money"),
        "rate" => Some("percent"),
        "color" => Some("colour"),
        _ => None,
    };
    known.or_else(|| nearest(word, TYPES.iter().map(|known| known.word)))
}
