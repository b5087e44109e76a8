//! What a story leans on: records of other resources, made first through their own declarations, and rows of tables that
//! no declaration writes, made up from the schema.

use futures_util::future::{BoxFuture, FutureExt};
use puzi_resource::{
    Engine, Field, Kind, Resource, Rule, Verb,
    generate::{TableColumn, TableShape, describe_all},
};
use serde_json::Value;

use super::{made::Found, telling::Telling};

/// Records that a relation to several has.
const SEVERAL: usize = 2;

impl Telling {
    /// What the fields of a new record of `r` need from the database. `within` are the resources whose records are being
    /// made: who relates to one of them takes a record that is there.
    pub(super) fn found<'a>(&'a self, r: &'a Resource, within: Vec<&'a str>) -> BoxFuture<'a, Found> {
        async move {
            let mut found = Found::new();
            for field in r.fields.iter().filter(|field| field.is_taken(true) || field.is_taken(false)) {
                let values = self.found_for(r, field, &within).await;
                found.extend(values.map(|values| (field.name.to_owned(), values)));
            }
            found
        }
        .boxed()
    }

    async fn found_for<'a>(&'a self, r: &'a Resource, field: &'a Field, within: &[&'a str]) -> Option<Vec<Value>> {
        let exists = field.rules.iter().find_map(|rule| match rule {
            Rule::Exists(table, column) => Some((table, column)),
            _ => None,
        });
        match (&field.kind, exists) {
            (Kind::BelongsTo(relation), _) => Some(vec![self.related(relation.resource, within).await?.into()]),
            (Kind::Many(many), _) => {
                let mut ids = Vec::new();
                for _ in 0..SEVERAL {
                    ids.push(self.related(many.resource, within).await?.into());
                }
                Some(ids)
            }
            (kind, Some((table, column))) => Some(self.existing(kind, table, column, within).await),
            (kind, _) if matches!(kind.options(), Some(puzi_resource::Options::Asked(_))) => {
                let answer = self.owner.page(&format!("/admin/{}/options/{}", r.name, field.name)).await;
                let choices: Value = serde_json::from_str(&answer).unwrap();
                Some(choices.as_array().unwrap().iter().map(|choice| choice["value"].clone()).collect())
            }
            _ => None,
        }
    }

    /// A record of the resource to relate to; a new one where they are made from their declaration alone.
    async fn related<'a>(&'a self, name: &'a str, within: &[&'a str]) -> Option<i64> {
        let face = self.faces.iter().find(|face| face.resource().name == name).unwrap_or_else(|| panic!("no {name}"));
        let r = face.resource();
        if !within.contains(&name) && self.is_made_here(face) {
            return Some(self.make(r, [within, &[name]].concat()).await);
        }
        let sql = format!("SELECT CAST({} AS BIGINT) AS n FROM {} ORDER BY 1 DESC LIMIT 1", r.key, r.table);
        if let Some(row) = self.shop.rows(&sql).await.first() {
            return row.try_get("", "n").ok();
        }
        if within.contains(&name) {
            // The first of its kind cannot lead to another one.
            return None;
        }
        self.insert(&r.table).await;
        self.shop.rows(&sql).await[0].try_get("", "n").ok()
    }

    /// Makes a record through the API, with everything it leans on.
    async fn make<'a>(&'a self, r: &'a Resource, within: Vec<&'a str>) -> i64 {
        let found = self.found(r, within).await;
        let making = self.making(r, &found);
        let fields: Vec<_> = r.fields.iter().filter(|field| field.is_taken(true) && field.appears.api).collect();
        let fields = self.without_hopeless(&fields, &found);
        let draft = making.draft(&fields, self.serial());
        let values = self.with_uploads(r, &draft).await;
        let body = self.json_of(r, &values);
        let made = self.token.post(&format!("/api/v1/{}", r.name), &body).await;
        made.must_be(201, &format!("making a record of {} with {body}", r.name)).json()["id"].as_i64().unwrap()
    }

    /// Without relations for which there is no record yet.
    pub(super) fn without_hopeless<'f>(&self, fields: &[&'f Field], found: &Found) -> Vec<&'f Field> {
        let leads = |field: &Field| matches!(field.kind, Kind::BelongsTo(_) | Kind::Many(_));
        fields.iter().filter(|field| !leads(field) || found.contains_key(field.name)).copied().collect()
    }

    /// Whether records of a face are made by its declaration alone.
    pub(super) fn is_made_here(&self, face: &puzi_web::Face) -> bool {
        let r = face.resource();
        Engine::offers(r, Verb::Create) && r.writer.is_none() && !face.is_own(puzi_web::Page::New)
    }

    /// Values that the column has, of which there is one at least.
    async fn existing<'a>(&'a self, kind: &Kind, table: &'a str, column: &str, within: &[&'a str]) -> Vec<Value> {
        let face = self.faces.iter().find(|face| face.resource().table == table);
        match face.filter(|face| self.is_made_here(face) && !within.contains(&face.resource().name)) {
            Some(face) => drop(self.make(face.resource(), [within, &[face.resource().name]].concat()).await),
            None if self.shop.count(table).await == 0 => self.insert(table).await,
            None => {}
        }
        let sql = format!(
            "SELECT DISTINCT CAST({column} AS TEXT) AS n FROM {table} WHERE {column} IS NOT NULL ORDER BY 1 LIMIT 50"
        );
        let rows = self.shop.rows(&sql).await;
        let texts = rows.iter().map(|row| row.try_get::<String>("", "n").unwrap());
        let value = |text: String| match kind {
            kind if kind.is_number() => text.parse::<i64>().map(Value::from).unwrap(),
            _ => text.into(),
        };
        texts.map(value).collect()
    }

    /// Puts a row into a table as its schema allows.
    pub(super) fn insert<'a>(&'a self, table: &'a str) -> BoxFuture<'a, ()> {
        async move {
            let tables = describe_all(self.shop.db.read()).await.unwrap();
            let find = |name: &str| tables.iter().find(|shape| shape.name == name);
            let shape = find(table).unwrap_or_else(|| panic!("there is no table {table}"));
            let mut columns = Vec::new();
            for column in shape.columns.iter().filter(|column| must_be_given(shape, column)) {
                let value = match &column.leads_to {
                    Some((other, key, _)) => {
                        if self.shop.count(other).await == 0 {
                            self.insert(find(other).map_or(table, |shape| &shape.name)).await;
                        }
                        format!("(SELECT MAX({key}) FROM {other})")
                    }
                    None => self.literal(column),
                };
                columns.push((format!("\"{}\"", column.name), value));
            }
            let (names, values): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
            let sql = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "));
            self.shop.execute(&sql).await;
        }
        .boxed()
    }

    fn literal(&self, column: &TableColumn) -> String {
        let (serial, declared) = (self.serial(), column.declared.as_str());
        let is = |words: &[&str]| words.iter().any(|word| declared.contains(word));
        match column.options.first() {
            Some(word) => format!("'{}'", word.replace('\'', "''")),
            None if is(&["bool"]) => "FALSE".into(),
            None if is(&["int", "num", "dec", "real", "double", "float"]) => serial.to_string(),
            None if is(&["json"]) => "'{}'".into(),
            None if is(&["blob", "bytea"]) => "''".into(),
            None => format!("'story {serial}'"),
        }
    }
}

fn must_be_given(shape: &TableShape, column: &TableColumn) -> bool {
    let counts_itself = shape.key().is_some_and(|key| key.name == column.name);
    !column.nullable && !column.has_default && !counts_itself
}
