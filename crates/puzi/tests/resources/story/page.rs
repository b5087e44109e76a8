//! Reading pages: as much HTML as a story needs to understand.

/// What stands between two marks.
#[track_caller]
pub(super) fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    find(text, from, to).unwrap_or_else(|| panic!("the page has no {from:?} … {to:?}: {}", title(text)))
}

/// What stands between two marks, if it is there.
pub(super) fn find<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(from)?;
    rest.split_once(to).map(|(inner, _)| inner)
}

/// The page's title.
pub(super) fn title(page: &str) -> String {
    find(page, "<title>", "</title>").map_or_else(|| page.chars().take(300).collect(), unescaped)
}

/// Without entities.
pub(super) fn unescaped(html: &str) -> String {
    let mut text = html.to_owned();
    for (entity, character) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, character);
    }
    text
}

/// The value of the form's hidden field `name`.
#[track_caller]
pub(super) fn hidden(page: &str, name: &str) -> String {
    unescaped(between(page, &format!("name=\"{name}\" value=\""), "\""))
}

/// The fields that have a message beside them.
pub(super) fn errors(page: &str) -> Vec<(String, String)> {
    let mut errors = Vec::new();
    for part in page.split("<div class=\"error\" id=\"f-").skip(1) {
        let Some((field, rest)) = part.split_once("-error\">") else { continue };
        let message = rest.split_once("</div>").map_or(rest, |(inner, _)| inner);
        if !message.is_empty() {
            errors.push((field.to_owned(), unescaped(message)));
        }
    }
    errors
}

/// The texts of the elements that have this attribute.
pub(super) fn texts_of(page: &str, attribute: &str) -> Vec<String> {
    let parts = page.split(attribute).skip(1);
    parts.filter_map(|part| find(part, ">", "</div>")).map(|html| without_tags(&unescaped(html))).collect()
}

pub(super) fn without_tags(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Row numbers of a list's records, in its order.
pub(super) fn ids(page: &str, path: &str) -> Vec<i64> {
    let mark = format!("class=\"main-link\" href=\"{path}/");
    let links = page.split(&mark).skip(1);
    links.filter_map(|rest| rest.split(['?', '"']).next()?.parse().ok()).collect()
}

/// What the page of a record shows of a field, or the whole page where it has no place of its own for it.
pub(super) fn shown<'a>(page: &'a str, field: &str) -> &'a str {
    let mark = format!("data-field=\"{field}\"");
    match (page.split_once(&format!("<dd {mark}>")), page.split_once(&mark)) {
        (Some((_, rest)), _) => rest.split_once("</dd>").map_or(rest, |(inner, _)| inner),
        (None, Some((_, rest))) => rest.split_once("</section>").map_or(rest, |(inner, _)| inner),
        (None, None) => page,
    }
}
