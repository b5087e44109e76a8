//! Charts and the choices above them.

use serde_json::Value;

/// A chart with its answer in words.
pub(crate) struct Chart {
    pub(crate) sentence: String,
    pub(crate) data: Value,
}

impl Chart {
    /// The data inside a `<script>`.
    pub(crate) fn json(&self) -> String {
        json(&self.data)
    }
}

/// `data` inside a `<script>`, which no value can end.
pub(crate) fn json(data: &Value) -> String {
    data.to_string().replace('<', "\\u003c")
}

/// A link of a choice.
pub(crate) struct Choice {
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) current: bool,
}

#[cfg(test)]
mod tests {
    use serde_json::json as value;

    #[test]
    fn no_value_ends_the_script() {
        assert!(!super::json(&value!({ "name": "</script>" })).contains('<'));
    }
}
