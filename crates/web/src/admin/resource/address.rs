//! Addresses of a resource's pages: what a list was asked for, carried from page to page.

use url::form_urlencoded;

/// The most that a carried address may be, in bytes.
const BACK_BYTES: usize = 2_000;

/// The names that a list understands; everything else in its address is dropped.
const LIST_NAMES: [&str; 8] = ["q", "sort", "after", "before", "size", "deleted", "columns", "view"];

/// What a list was asked for, as pairs of its address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked(Vec<(String, String)>);

impl Asked {
    /// Reads the query of an address: names a list knows, without empty values; columns ticked one by one become a list.
    pub(super) fn read(query: &str) -> Self {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let known = LIST_NAMES.contains(&&*name) || name.starts_with("f.");
            // `before=` alone is the end of the list; any other empty value asks for nothing.
            if !known || (value.trim().is_empty() && name != "before") {
                continue;
            }
            let joined = name == "columns" || name.ends_with(".any");
            match pairs.iter_mut().find(|(other, _)| joined && *other == name) {
                Some((_, list)) => *list = format!("{list},{value}"),
                None => pairs.push((name.into_owned(), value.into_owned())),
            }
        }
        Self(pairs)
    }

    /// The pairs.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (String, String)> + '_ {
        self.0.iter().cloned()
    }

    /// The value of `name`, empty when there is none.
    pub(super) fn value(&self, name: &str) -> &str {
        self.0.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value)
    }

    /// The same with `name` set to `value` only.
    pub(super) fn with(&self, name: &str, value: impl Into<String>) -> Self {
        let mut asked = self.without(&[name]);
        asked.0.push((name.to_owned(), value.into()));
        asked
    }

    /// The same without these names.
    pub(super) fn without(&self, names: &[&str]) -> Self {
        Self(self.0.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect())
    }

    /// The same from the first page on: a place in another order or another selection means nothing.
    pub(super) fn first_page(&self) -> Self {
        self.without(&["after", "before"])
    }

    /// What it selects, whatever the order, the place and the columns: search and filters.
    pub(super) fn selection(&self) -> Self {
        let is_selection = |name: &str| name == "q" || name == "deleted" || name.starts_with("f.");
        Self(self.0.iter().filter(|(name, _)| is_selection(name)).cloned().collect())
    }

    /// What a saved view keeps: everything but the place.
    pub(super) fn to_keep(&self) -> Self {
        self.first_page().without(&["view"])
    }

    /// Whether both ask for the same, in whatever order.
    pub(super) fn same(&self, other: &Self) -> bool {
        let sorted = |asked: &Self| {
            let mut pairs = asked.0.clone();
            pairs.sort_unstable();
            pairs
        };
        sorted(self) == sorted(other)
    }

    /// Whether nothing is asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The query of an address, without `?`.
    pub(super) fn query(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    /// The address of `path` with this query.
    pub(super) fn on(&self, path: &str) -> String {
        if self.0.is_empty() { path.to_owned() } else { format!("{path}?{}", self.query()) }
    }
}

/// The address to go back to, when it is one of the admin's own pages; anything else would lead a person who trusts
/// this site to another one.
pub(super) fn back(given: &str) -> Option<&str> {
    let path = given.split(['?', '#']).next().unwrap_or_default();
    let own = path == "/admin" || path.starts_with("/admin/");
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '\\' | '"' | '<' | '>');
    let fine = own && !path.contains("//") && !path.contains("/.") && given.chars().all(plain);
    (fine && given.len() <= BACK_BYTES).then_some(given)
}

/// `path` carrying where to go back to.
pub(super) fn carrying(path: &str, back: &str) -> String {
    let mark = if path.contains('?') { '&' } else { '?' };
    let back: String = form_urlencoded::byte_serialize(back.as_bytes()).collect();
    if back.len() > BACK_BYTES { path.to_owned() } else { format!("{path}{mark}back={back}") }
}

/// The value of `name` in a query.
pub(super) fn of_query(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(other, _)| other == name).map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_keeps_what_it_understands() {
        let asked = Asked::read("q=%E8%8C%B6&f.status=&f.price.from=1&utm=x&columns=a&columns=b&after=c");
        assert_eq!(asked.query(), "q=%E8%8C%B6&f.price.from=1&columns=a%2Cb&after=c");
        assert_eq!(asked.first_page().selection().query(), "q=%E8%8C%B6&f.price.from=1");
        assert_eq!(asked.with("q", "x").without(&["columns", "after"]).on("/l"), "/l?f.price.from=1&q=x");
        assert_eq!(Asked::default().on("/l"), "/l");
    }

    #[test]
    fn one_goes_back_to_our_own_pages_only() {
        for fine in ["/admin", "/admin/teas", "/admin/teas?q=%E8%8C%B6&after=1", "/admin?x=//y"] {
            assert_eq!(back(fine), Some(fine));
        }
        let long = format!("/admin/teas?q={}", "x".repeat(BACK_BYTES));
        for bad in [
            "",
            "/",
            "//evil.example",
            "https://evil.example/admin",
            "/admin//evil.example",
            "/administrator",
            "/admin/../x",
            "/admin/\\evil",
            "/admin/a\r\nSet-Cookie: x",
            "/admin/<script>",
            "javascript:alert(1)",
            &long,
        ] {
            assert_eq!(back(bad), None, "{bad}");
        }
        assert_eq!(
            carrying("/admin/teas/3", "/admin/teas?q=a&b=c"),
            "/admin/teas/3?back=%2Fadmin%2Fteas%3Fq%3Da%26b%3Dc"
        );
        assert_eq!(of_query("a=1&back=%2Fadmin%2Fteas", "back").as_deref(), Some("/admin/teas"));
    }
}
