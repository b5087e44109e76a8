//! Everything a push carried, in order, whether this library knows the field or not.

use std::fmt::Write as _;

use crate::{json, xml};

/// Why a payload cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The bytes are not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// XML or JSON that is not well-formed; the reader's own words.
    #[error("not well-formed: {0}")]
    Syntax(String),
    /// A document type declaration, which the platform never sends.
    #[error("a DTD is not accepted")]
    Dtd,
    /// An entity other than the five of XML and references to characters.
    #[error("the entity &{0}; is not accepted")]
    Entity(String),
    /// More than 64 KiB.
    #[error("longer than {} bytes", crate::MAX_BODY)]
    TooLarge,
    /// Elements or objects nested deeper than any push.
    #[error("nested deeper than {} levels", crate::MAX_DEPTH)]
    TooDeep,
    /// More fields than any push has.
    #[error("more than {} fields", crate::MAX_FIELDS)]
    TooMany,
    /// A field without which a push cannot be handled is missing or has no sense.
    #[error("{0} is missing or wrong")]
    Field(&'static str),
}

/// An ordered list of named values. Names may repeat: a list in XML is a repeated element.
///
/// ```
/// use puzi_wechat::message::Fields;
///
/// let xml = "<xml><Event>CLICK</Event><Extra><Item>1</Item><Item>2</Item></Extra></xml>";
/// let fields = Fields::from_xml(xml.as_bytes())?;
/// assert_eq!((fields.len(), fields.text("Event")), (2, Some("CLICK")));
///
/// let items: Vec<_> = fields.tree("Extra").into_iter().flat_map(|extra| extra.all("Item")).collect();
/// assert_eq!(items[1].text(), Some("2"));
/// assert_eq!(fields.to_json(), r#"{"Event":"CLICK","Extra":{"Item":["1","2"]}}"#);
/// # Ok::<(), puzi_wechat::message::ReadError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(pub(crate) Vec<Field>);

/// One named value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// As received; the platform's case matters (`MsgId` is not `MsgID`). Text beside elements has an empty name, an XML
    /// attribute's name begins with `@`.
    pub name: String,
    /// As received.
    pub value: Value,
}

/// A value in a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text; all of XML's leaves are this.
    Text(String),
    /// A JSON number, `true`, `false` or `null`, as written.
    Literal(String),
    /// An element with elements in it, or a JSON object.
    Tree(Fields),
    /// A JSON array.
    List(Vec<Value>),
}

impl Value {
    /// The text or literal; of a tree the text that lies beside its elements. `null` is no text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Literal(literal) => (literal != "null").then_some(literal),
            Self::Tree(fields) => fields.text(""),
            Self::List(_) => None,
        }
    }

    /// The fields inside, when it is a tree.
    #[must_use]
    pub const fn tree(&self) -> Option<&Fields> {
        if let Self::Tree(fields) = self { Some(fields) } else { None }
    }

    /// An array's elements; of anything else, itself: JSON pushes send a list of one as the thing alone.
    fn each(&self) -> &[Self] {
        if let Self::List(values) = self { values } else { std::slice::from_ref(self) }
    }
}

impl Fields {
    /// Reads an XML document; its root element is left out.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn from_xml(xml: &[u8]) -> Result<Self, ReadError> {
        xml::read(xml)
    }

    /// Reads a JSON object.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub fn from_json(json: &[u8]) -> Result<Self, ReadError> {
        json::read(json)
    }

    /// The fields in the order received.
    pub fn iter(&self) -> std::slice::Iter<'_, Field> {
        self.0.iter()
    }

    /// How many fields there are, without those inside them.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no field.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every value of that name, JSON arrays taken apart.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        self.0.iter().filter(move |field| field.name == name).flat_map(|field| field.value.each())
    }

    /// The first value of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().filter(|field| field.name == name).find_map(|field| field.value.each().first())
    }

    /// The first value of that name as text; an empty text is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// The fields inside the first value of that name.
    #[must_use]
    pub fn tree(&self, name: &str) -> Option<&Self> {
        self.get(name)?.tree()
    }

    /// Writes the fields as the platform would, in `<xml>`. Characters that XML 1.0 cannot carry are left out.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let mut out = String::with_capacity(512);
        xml::element(&mut out, "xml", &Value::Tree(self.clone()));
        out
    }

    /// Writes the fields as a JSON object; a repeated name becomes an array.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(512);
        self.write_json(&mut out);
        out
    }

    fn write_json(&self, out: &mut String) {
        out.push('{');
        let mut written: Vec<&str> = Vec::with_capacity(self.0.len());
        for field in &self.0 {
            if written.contains(&field.name.as_str()) {
                continue;
            }
            let comma = if written.is_empty() { "" } else { "," };
            written.push(&field.name);
            let _ = write!(out, "{comma}{}:", json::quoted(&field.name));
            if self.0.iter().filter(|other| other.name == field.name).count() == 1 {
                field.value.write_json(out);
            } else {
                write_array(out, self.all(&field.name));
            }
        }
        out.push('}');
    }
}

impl Value {
    fn write_json(&self, out: &mut String) {
        match self {
            Self::Text(text) => out.push_str(&json::quoted(text)),
            Self::Literal(literal) => out.push_str(literal),
            Self::Tree(fields) => fields.write_json(out),
            Self::List(values) => write_array(out, values.iter()),
        }
    }
}

fn write_array<'a>(out: &mut String, values: impl Iterator<Item = &'a Value>) {
    out.push('[');
    for (index, value) in values.enumerate() {
        if index > 0 {
            out.push(',');
        }
        value.write_json(out);
    }
    out.push(']');
}

impl<'a> IntoIterator for &'a Fields {
    type Item = &'a Field;
    type IntoIter = std::slice::Iter<'a, Field>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
