//! The little XML that pushes and answers are made of.

use std::borrow::Cow;
use std::fmt::Write as _;

use quick_xml::Reader;
use quick_xml::events::Event;

/// How deep an answer may nest; the platform's own never pass 4.
const DEPTH: usize = 16;

/// A value in a push.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// In CDATA.
    Text(String),
    /// Bare digits.
    Number(String),
    /// Elements inside.
    Nested(Fields),
}

/// Elements in their order.
pub(crate) type Fields = Vec<(Cow<'static, str>, Value)>;

/// A text field.
pub(crate) fn text(name: &'static str, value: impl Into<String>) -> (Cow<'static, str>, Value) {
    (Cow::Borrowed(name), Value::Text(value.into()))
}

/// A number field.
pub(crate) fn number(name: &'static str, value: impl ToString) -> (Cow<'static, str>, Value) {
    (Cow::Borrowed(name), Value::Number(value.to_string()))
}

/// A field with elements inside.
pub(crate) fn nested(name: &'static str, fields: Fields) -> (Cow<'static, str>, Value) {
    (Cow::Borrowed(name), Value::Nested(fields))
}

/// Writes `<xml>…</xml>` as WeChat does.
pub(crate) fn write(fields: &Fields) -> String {
    let mut out = String::with_capacity(512);
    out.push_str("<xml>");
    for field in fields {
        write_field(&mut out, field);
    }
    out.push_str("</xml>");
    out
}

fn write_field(out: &mut String, (name, value): &(Cow<'static, str>, Value)) {
    let _ = write!(out, "<{name}>");
    match value {
        Value::Text(text) => {
            out.push_str("<![CDATA[");
            // A section that ends inside the text goes on in the next one.
            out.push_str(&text.replace("]]>", "]]]]><![CDATA[>"));
            out.push_str("]]>");
        }
        Value::Number(digits) => out.push_str(digits),
        Value::Nested(fields) => fields.iter().for_each(|field| write_field(out, field)),
    }
    let _ = write!(out, "</{name}>");
}

/// An element that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of a child; empty when it is not there.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.trim())
    }
}

/// Reads one document.
///
/// # Errors
/// What is not well-formed, in words: also a DTD, an unknown entity, text or a second element outside the first.
pub(crate) fn read(input: &str) -> Result<Element, String> {
    let mut reader = Reader::from_str(input);
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        match reader.read_event().map_err(|error| format!("not well-formed XML: {error}"))? {
            Event::Start(start) => {
                if root.is_some() || open.len() >= DEPTH {
                    return Err("not well-formed XML: a second root, or too deep".into());
                }
                open.push(Element { name: name_of(start.name().as_ref()), ..Element::default() });
            }
            Event::Empty(start) => {
                let element = Element { name: name_of(start.name().as_ref()), ..Element::default() };
                close(&mut open, &mut root, element)?;
            }
            Event::End(_) => {
                let element = open.pop().ok_or("not well-formed XML: nothing to close")?;
                close(&mut open, &mut root, element)?;
            }
            Event::Text(part) => append(&mut open, &part.xml10_content())?,
            Event::CData(part) => append(&mut open, &part.xml10_content())?,
            Event::GeneralRef(entity) => {
                let resolved = resolve(&entity)?;
                append(&mut open, resolved.encode_utf8(&mut [0; 4]))?;
            }
            Event::DocType(_) => return Err("a DTD is not allowed".into()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof => break,
        }
    }
    if !open.is_empty() {
        return Err(format!("not well-formed XML: <{}> is not closed", open[open.len() - 1].name));
    }
    root.ok_or_else(|| "no XML element".to_owned())
}

fn name_of(name: impl AsRef<str>) -> String {
    name.as_ref().to_owned()
}

fn close(open: &mut [Element], root: &mut Option<Element>, element: Element) -> Result<(), String> {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None if root.is_none() => *root = Some(element),
        None => return Err("not well-formed XML: a second root".into()),
    }
    Ok(())
}

fn append(open: &mut [Element], text: &str) -> Result<(), String> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err("not well-formed XML: text outside the element".into()),
    }
    Ok(())
}

fn resolve(entity: &quick_xml::events::BytesRef<'_>) -> Result<char, String> {
    if let Some(c) = entity.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(c);
    }
    match entity.xml10_content().as_ref() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => Err(format!("the entity &{other}; is not allowed")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_with_the_end_of_cdata_survives() {
        let xml = write(&vec![text("Content", "a]]>b<&"), number("N", 7), nested("O", vec![text("I", "i")])]);
        let root = read(&xml).unwrap();
        assert_eq!(root.text_of("Content"), "a]]>b<&");
        assert_eq!(root.text_of("N"), "7");
        assert_eq!(root.child("O").unwrap().text_of("I"), "i");
    }

    #[test]
    fn what_is_not_xml_is_refused() {
        for bad in
            ["{\"a\":1}", "<xml>", "<xml></lmx>", "<a/><b/>", "<a/>x", "<!DOCTYPE a><a/>", "<a>&b;</a>", "", "ok"]
        {
            assert!(read(bad).is_err(), "{bad:?}");
        }
        assert_eq!(read("<a>&lt;&#65;&amp;</a>").unwrap().text, "<A&");
        assert!(read(&"<a>".repeat(100)).is_err());
    }
}
