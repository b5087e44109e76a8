//! Steps with the JSON API.

use puzi_resource::{Field, Kind, Rule, Verb, validate::must_be_given};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{
    shop::Answer,
    telling::{Known, Telling},
    wrong::Wrong,
};

impl Telling {
    /// Makes a record with values for all fields.
    pub(super) async fn made_by_api(&self) -> Known {
        let (draft, _) = self.drafted().await;
        self.posted(self.with_uploads(&self.r, &draft).await).await
    }

    async fn posted(&self, values: Map<String, Value>) -> Known {
        let (body, before) = (self.json_of(&self.r, &values), self.stored().await);
        let made = self.token.post(&self.api(), &body).await.must_be(201, &format!("POST with {body}"));
        let id = made.json()["id"].as_i64().unwrap();
        assert_eq!(self.stored().await, before + 1, "one record is made");
        if self.r.is_versioned() {
            assert_eq!(made.header("etag"), "\"1\"", "the version of a new record");
        }
        let known = Known { id, values };
        self.has_values(&made.json(), &known);
        known
    }

    /// A row where nobody makes records here: what follows reads it.
    pub(super) async fn put_into_the_table(&self) -> Known {
        if self.stored().await == 0 {
            self.insert(&self.r.table).await;
        }
        let sql = format!("SELECT CAST(MAX({}) AS BIGINT) AS n FROM {}", self.r.key, self.r.table);
        let id = self.shop.rows(&sql).await[0].try_get("", "n").unwrap();
        Known { id, values: Map::new() }
    }

    /// A record of which only as much is given as must be.
    pub(super) async fn made_of_little(&self) {
        let (draft, _) = self.drafted().await;
        let mut values = self.with_uploads(&self.r, &draft).await;
        let all = values.clone();
        values.retain(|name, _| self.r.find(name).is_some_and(must_be_given));
        for field in self.r.fields.iter().filter(|field| all.contains_key(field.name)) {
            let mut wanted = Vec::new();
            for rule in &field.rules {
                match rule {
                    Rule::Accepted => wanted.push(field.name),
                    // What is given asks for what comes with it.
                    Rule::RequiredWith(others) if others.iter().any(|it| values.contains_key(it)) => {
                        wanted.push(field.name);
                    }
                    Rule::Same(other) if values.contains_key(field.name) => wanted.push(other),
                    _ => {}
                }
            }
            let found = wanted.into_iter().filter_map(|name| Some((name.to_owned(), all.get(name)?.clone())));
            values.extend(found.collect::<Vec<_>>());
        }
        let known = self.posted(values).await;
        let read = self.read(known.id).await;
        for field in &self.r.fields {
            assert!(!field.appears.api || field.secret || read.get(field.name).is_some(), "{} is not told", field.name);
        }
    }

    async fn read(&self, id: i64) -> Value {
        self.token.get(&format!("{}/{id}", self.api())).await.must_be(200, "GET of a record").json()
    }

    /// Reads the record alone and in the list; the description knows the resource.
    pub(super) async fn read_by_api(&self, known: &Known) {
        if !self.r.offers(Verb::View) {
            return;
        }
        let one = self.read(known.id).await;
        self.has_values(&one, known);
        let list = self.token.get(&format!("{}?size=200", self.api())).await.must_be(200, "GET of the list").json();
        let same = list["data"].as_array().unwrap().iter().find(|it| it["id"] == known.id);
        let same = same.unwrap_or_else(|| panic!("the record is not in the list of the API"));
        for field in self.r.fields.iter().filter(|field| !matches!(field.kind, Kind::Inline(_) | Kind::Many(_))) {
            assert_eq!(same.get(field.name), one.get(field.name), "{} in the list", field.name);
        }
        let described = self.token.get("/api/v1/openapi.json").await.must_be(200, "the description").json();
        assert!(described["paths"][&self.api()].is_object(), "the description has no {}", self.api());
        self.token.get(&format!("{}/987654321", self.api())).await.must_be(404, "GET of nobody");
    }

    fn has_values(&self, json: &Value, known: &Known) {
        let wanted = self.json_of(&self.r, &known.values);
        for field in self.r.fields.iter().filter(|field| field.appears.api && known.values.contains_key(field.name)) {
            if field.secret || matches!(field.kind, Kind::Password) {
                assert_eq!(json.get(field.name), None, "{} is told", field.name);
                continue;
            }
            let (is, wanted) = (plain(field, &json[field.name]), plain(field, &wanted[field.name]));
            assert_eq!(is, wanted, "{} by the API", field.name);
        }
    }

    pub(super) async fn refused_by_api(&self, wrong: &Wrong<'_>, values: &Map<String, Value>) {
        // Any text is JSON where a program says so.
        if !wrong.field.appears.api || wrong.field.kind.word() == "json" {
            return;
        }
        let mut key = None;
        if let Some(file) = &wrong.upload {
            let mut file = file.clone();
            file.part = "file".into();
            let taken = self.owner.post_files("/admin/uploads", &[], &[file]).await.must_be(201, "uploading a file");
            key = Some(taken.json()["id"].clone());
        }
        let mut body = self.json_of(&self.r, &wrong.without(values));
        wrong.put_into(&mut body, key, self.zone());
        self.blames(&self.token.post(&self.api(), &body).await, wrong, &body);
    }

    fn blames(&self, answer: &Answer, wrong: &Wrong<'_>, body: &Value) {
        assert_eq!(answer.status, 422, "{wrong}: POST with {body}: {}", answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{wrong}");
        let problem = answer.json();
        let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("{wrong}: {problem} names no field"));
        let fields: Vec<_> = errors.iter().filter_map(|error| error["field"].as_str()).collect();
        self.names_only(wrong, &fields);
    }

    /// Changes one field after the other, in the version that was seen.
    pub(super) async fn changed_by_api(&self, known: &Known) {
        let path = format!("{}/{}", self.api(), known.id);
        let found = self.found(&self.r, vec![self.r.name]).await;
        let fields: Vec<&Field> = self.r.fields.iter().filter(|it| it.is_taken(false) && it.appears.api).collect();
        let draft = self.making(&self.r, &found).draft(&self.without_hopeless(&fields, &found), self.serial());
        let values = self.with_uploads(&self.r, &draft).await;
        let version = self.read(known.id).await["version"].as_i64();
        let body = self.json_of(&self.r, &values);
        let changed = self.token.patch(&path, version, &body).await.must_be(200, &format!("PATCH with {body}"));
        self.has_values(&changed.json(), &Known { id: known.id, values });
        if self.r.is_versioned() {
            let late = self.token.patch(&path, version, &body).await.must_be(409, "PATCH of a version that is no more");
            assert_eq!(late.json()["current"]["version"], changed.json()["version"], "the record as it is comes along");
            self.token.patch(&path, None, &body).await.must_be(428, "PATCH without a version");
        }
        let unknown = json!({ "no_such_field": 1 });
        let version = changed.json()["version"].as_i64();
        self.token.patch(&path, version, &unknown).await.must_be(422, "PATCH of a field that is none");
    }

    /// Deletes one by the API and the others together in the list, and restores them where that is offered.
    pub(super) async fn deleted(&self, all: &[Known]) {
        if !self.offers(Verb::Delete) || self.r.writer.is_some() {
            return;
        }
        let path = format!("{}/{}", self.api(), all[0].id);
        let gone = self.token.delete(&path).await.must_be(204, "DELETE");
        assert_eq!(gone.text, "");
        let mut left: Vec<i64> = all[1..].iter().map(|known| known.id).collect();
        if self.offers(Verb::Restore) {
            assert!(!self.is_listed(all[0].id).await, "what is deleted is in the list");
            let restored = self.token.ask(Method::POST, &format!("{path}/restore"), None).await;
            restored.must_be(200, "restoring by the API");
            assert!(self.is_listed(all[0].id).await, "what is restored is not in the list");
            left.insert(0, all[0].id);
        } else {
            self.token.get(&path).await.must_be(404, "GET of what is deleted");
        }
        self.deleted_in_the_list(&left).await;
    }

    pub(super) async fn is_listed(&self, id: i64) -> bool {
        let list = self.token.get(&format!("{}?size=200", self.api())).await.must_be(200, "GET of the list").json();
        list["data"].as_array().unwrap().iter().any(|it| it["id"] == id)
    }
}

/// Rows of other tables without the numbers they got.
fn plain(field: &Field, value: &Value) -> Value {
    let Kind::Inline(_) = field.kind else { return value.clone() };
    let row = |row: &Value| {
        let mut row = row.clone();
        if let Some(row) = row.as_object_mut() {
            row.remove("id");
        }
        row
    };
    value.as_array().map_or_else(|| value.clone(), |all| all.iter().map(row).collect())
}
