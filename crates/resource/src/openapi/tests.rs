//! The description of a resource that has a bit of everything.

use sea_orm::entity::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::declare::*;

mod tea {
    use super::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "teas")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i64,
        pub title: String,
        pub price: i64,
        pub grade: String,
        pub marks: String,
        pub pin: String,
        pub sold_at: Option<i64>,
        pub version: i64,
        pub deleted_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Every key is its own text.
struct Keys;

impl Say for Keys {
    fn tag(&self) -> &str {
        "en"
    }

    fn find(&self, _: &str) -> Option<String> {
        None
    }

    fn say(&self, key: &str, _: &[(&'static str, String)]) -> String {
        key.to_owned()
    }
}

fn teas() -> Resource {
    Resource::of::<tea::Entity>("black_teas")
        .field(string("title").required().max(40).sortable().filter())
        .field(money("price").min(1))
        .field(select("grade", Options::Fixed(&["fine", "rough"])))
        .field(multi_select("marks", Options::Fixed(&[])).readonly())
        .field(password("pin"))
        .field(datetime("sold_at").readonly())
        .action(Action::new("brew", |_| Box::pin(async { Ok(Done::default()) })))
}

fn describe(resource: &Resource) -> Value {
    document([resource], &Keys, &About { version: "1", server: String::new() })
}

#[test]
fn everything_offered_is_described_and_nothing_else() {
    let whole = describe(&teas());
    let of = |path: &str| whole["paths"][path].as_object().map(|methods| methods.keys().cloned().collect::<Vec<_>>());
    assert_eq!(of("/api/v1/black_teas").unwrap(), ["get", "post"]);
    assert_eq!(of("/api/v1/black_teas/{id}").unwrap(), ["delete", "get", "parameters", "patch"]);
    assert!(of("/api/v1/black_teas/{id}/restore").is_some() && of("/api/v1/black_teas/{id}/brew").is_some());
    let read_only = describe(&teas().only(&[Verb::View]));
    assert_eq!(read_only["paths"]["/api/v1/black_teas"].as_object().unwrap().keys().collect::<Vec<_>>(), ["get"]);
    assert!(read_only["paths"].get("/api/v1/black_teas/{id}/restore").is_none());
}

#[test]
fn a_secret_is_written_and_never_read() {
    let schemas = &describe(&teas())["components"]["schemas"];
    assert!(schemas["BlackTeas"]["properties"].get("pin").is_none());
    assert_eq!(schemas["BlackTeasNew"]["properties"]["pin"]["writeOnly"], true);
    assert!(schemas["BlackTeasNew"]["properties"].get("sold_at").is_none());
    assert_eq!(schemas["BlackTeas"]["properties"]["sold_at"]["readOnly"], true);
}

#[test]
fn rules_become_limits() {
    let schemas = &describe(&teas())["components"]["schemas"];
    let new = &schemas["BlackTeasNew"];
    // Money, a choice and a password have no empty form; the title may not be empty.
    assert_eq!(new["required"], json!(["title", "price", "grade", "pin"]));
    assert_eq!(new["properties"]["title"]["maxLength"], 40);
    assert_eq!(new["properties"]["title"]["minLength"], 1);
    assert_eq!(new["properties"]["price"]["minimum"], 1);
    assert_eq!(new["properties"]["grade"]["enum"], json!(["fine", "rough"]));
    // Words that nobody declared: an empty `enum` would allow none.
    assert_eq!(schemas["BlackTeas"]["properties"]["marks"]["items"], json!({ "type": "string" }));
    assert_eq!(schemas["BlackTeasChange"]["required"], json!([]));
    assert_eq!(schemas["BlackTeasChange"]["properties"]["version"]["type"], "integer");
}

#[test]
fn each_reference_leads_somewhere() {
    fn walk(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                members.values().for_each(|member| walk(member, found));
            }
            Value::Array(members) => members.iter().for_each(|member| walk(member, found)),
            _ => {}
        }
    }
    let (document, mut references) = (describe(&teas()), Vec::new());
    walk(&document, &mut references);
    assert!(references.len() > 10);
    for reference in references {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}
