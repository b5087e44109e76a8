//! Markup made in code: the little that a cell needs. Every text goes through the escape; only [`Markup::trusted`] does not.

use std::fmt;

/// HTML that is safe to put into a page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Markup(String);

impl Markup {
    /// A text, escaped.
    pub fn text(text: &str) -> Self {
        let mut html = String::with_capacity(text.len());
        escape_into(text, &mut html);
        Self(html)
    }

    /// An element with its attributes, whose values are escaped.
    pub fn tag(name: &'static str, attributes: &[(&'static str, &str)], inner: Self) -> Self {
        let mut html = open(name, attributes);
        html.push_str(&inner.0);
        html.push_str("</");
        html.push_str(name);
        html.push('>');
        Self(html)
    }

    /// An element without content: `img`, `input`.
    pub fn void(name: &'static str, attributes: &[(&'static str, &str)]) -> Self {
        Self(open(name, attributes))
    }

    /// HTML that somebody vouches for: a template's output, rich text cleaned before it was stored.
    pub fn trusted(html: impl Into<String>) -> Self {
        Self(html.into())
    }

    /// This and that.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// Templates write it as it is.
impl askama::filters::HtmlSafe for Markup {}

fn open(name: &str, attributes: &[(&str, &str)]) -> String {
    let mut html = format!("<{name}");
    for (attribute, value) in attributes {
        html.push(' ');
        html.push_str(attribute);
        html.push_str("=\"");
        escape_into(value, &mut html);
        html.push('"');
    }
    html.push('>');
    html
}

fn escape_into(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_typed_becomes_markup() {
        let link = Markup::tag("a", &[("href", "/x?a=1&b='\"")], Markup::text("<b>茶</b>"));
        assert_eq!(link.to_string(), "<a href=\"/x?a=1&amp;b=&#39;&quot;\">&lt;b&gt;茶&lt;/b&gt;</a>");
        assert_eq!(Markup::void("br", &[]).and(Markup::text("")).to_string(), "<br>");
    }
}
