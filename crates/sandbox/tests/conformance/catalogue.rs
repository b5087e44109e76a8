//! The catalogue, as its files say it.

use std::fs;
use std::path::Path;

use serde::Deserialize;

/// A family of calls.
#[derive(Deserialize)]
pub struct Family {
    #[serde(rename = "call")]
    pub calls: Vec<Call>,
}

/// A call.
#[derive(Deserialize)]
pub struct Call {
    pub name: String,
    pub path: String,
    pub method: String,
    pub token: String,
    pub body: String,
    #[serde(default)]
    pub host: String,
    /// What to use instead of a call that the platform took away.
    pub retired: Option<String>,
    #[serde(default)]
    pub errors: Vec<i64>,
    #[serde(default)]
    pub ask: Vec<Field>,
    #[serde(default)]
    pub answer: Vec<Field>,
}

/// A field of a request or an answer.
#[derive(Deserialize)]
pub struct Field {
    pub at: String,
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub optional: bool,
    #[serde(default)]
    pub loose: bool,
    #[serde(default)]
    pub values: Vec<toml::Value>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    pub max_chars: Option<usize>,
    pub max_bytes: Option<usize>,
    pub min_items: Option<usize>,
    pub max_items: Option<usize>,
}

impl Call {
    /// Whether a client makes it; the others are addresses for a browser.
    pub fn is_made(&self) -> bool {
        self.host != "open.weixin.qq.com"
    }
}

/// The family of this name.
pub fn family(name: &str) -> Family {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wechat/catalogue").join(name).with_extension("toml");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
