//! Steps with the list: searched, sorted, filtered, taken out, brought in, deleted from.

use puzi_resource::{Field, Kind, Op, Verb, filters};
use puzi_web::Page;
use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use super::{
    files::Upload,
    page,
    rules::is_empty,
    telling::{Known, Telling},
};

impl Telling {
    pub(super) async fn an_empty_list(&self) {
        let html = self.owner.page(&self.path()).await;
        if self.stored().await == 0 {
            assert_eq!(page::ids(&html, &self.path()), Vec::<i64>::new());
        }
        if self.has(Page::New) {
            assert!(html.contains(&format!("href=\"{}/new\"", self.path())), "the list leads to no form");
        }
    }

    async fn listed(&self, query: &str) -> Vec<i64> {
        let path = format!("{}?size=200&{query}", self.path());
        page::ids(&self.owner.page(&path).await, &self.path())
    }

    pub(super) async fn found_in_the_list(&self, all: &[Known]) {
        let mut listed = self.listed("").await;
        for known in all {
            assert!(listed.contains(&known.id), "#{} is not in the list {listed:?}", known.id);
        }
        // What was there before the story began, such as its owner, stays out of it.
        listed.retain(|id| all.iter().any(|known| known.id == *id));
        for field in &self.r.fields {
            if field.searchable {
                self.searched(field, all).await;
            }
            if field.sortable {
                self.sorted(field, all).await;
            }
        }
        for spec in filters(&self.r) {
            for op in [Op::Is, Op::Contains, Op::From, Op::Empty] {
                if spec.ops.contains(&op) {
                    self.filtered(spec.field, op, all).await;
                }
            }
        }
    }

    /// The words of a value find its record.
    async fn searched(&self, field: &Field, all: &[Known]) {
        for known in all {
            let Some(value) = known.values.get(field.name).filter(|value| !is_empty(value)) else { continue };
            let text = super::rules::text_of(value);
            let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 1);
            let Some(word) = words.next_back() else { continue };
            let found = self.listed(&format!("q={}", encoded(word))).await;
            assert!(found.contains(&known.id), "{}: the search for {word:?} finds {found:?}", field.name);
        }
        let found = self.listed("q=zzzzqqqq").await;
        assert_eq!(found, Vec::<i64>::new(), "the search for what is nowhere");
    }

    /// Up and down are the reverse of each other, and values that are numbers or days stand in their order.
    async fn sorted(&self, field: &Field, all: &[Known]) {
        let mut up = self.listed(&format!("sort={}", field.name)).await;
        let mut down = self.listed(&format!("sort=-{}", field.name)).await;
        for ids in [&mut up, &mut down] {
            ids.retain(|id| all.iter().any(|known| known.id == *id));
        }
        assert_eq!(up.len(), all.len(), "sorted by {} some are missing", field.name);
        down.reverse();
        assert_eq!(up, down, "sorted by {}, up and down", field.name);
        let value = |id: &i64| all.iter().find(|known| known.id == *id).and_then(|known| known.values.get(field.name));
        for two in up.windows(2) {
            let right = match (value(&two[0]), value(&two[1])) {
                (Some(Value::Number(a)), Some(Value::Number(b))) => a.as_i64() <= b.as_i64(),
                (Some(Value::String(a)), Some(Value::String(b))) if matches!(field.kind, Kind::Date | Kind::Time) => {
                    a <= b
                }
                _ => true,
            };
            assert!(right, "sorted by {}: {up:?}", field.name);
        }
    }

    /// What a filter asks for comes, and what has another value does not.
    async fn filtered(&self, field: &Field, op: Op, all: &[Known]) {
        for known in all {
            let Some(value) = known.values.get(field.name).filter(|value| !is_empty(value)) else { continue };
            let name = format!("f.{}", field.name);
            let typed = match value {
                Value::Array(entries) => super::rules::text_of(&entries[0]),
                value => puzi_resource::reading::input_value(field, value, self.zone()),
            };
            let typed = encoded(&typed);
            let query = match op {
                Op::Is => format!("{name}={typed}"),
                Op::Contains => format!("{name}.contains={typed}"),
                Op::From => format!("{name}.from={typed}&{name}.to={typed}"),
                _ => format!("{name}.empty=0"),
            };
            let found = self.listed(&query).await;
            assert!(found.contains(&known.id), "{query} finds {found:?}, not #{}", known.id);
            for other in all.iter().filter(|other| op != Op::Empty && found.contains(&other.id)) {
                let theirs = other.values.get(field.name).unwrap_or(&Value::Null);
                let fits = theirs == value
                    || matches!((theirs, value), (Value::Array(all), Value::Array(one)) if all.contains(&one[0]))
                    || matches!((theirs, value), (Value::String(all), Value::String(one)) if op == Op::Contains && all.contains(one));
                assert!(fits, "{query} finds #{} with {theirs}", other.id);
            }
        }
        if op == Op::Empty {
            let found = self.listed(&format!("f.{}.empty=1", field.name)).await;
            let full = all.iter().find(|it| it.values.get(field.name).is_some_and(|value| !is_empty(value)));
            assert!(!full.is_some_and(|known| found.contains(&known.id)), "{} is taken for empty", field.name);
        }
    }

    /// The list as a file; the file brought in as it is changes nothing.
    pub(super) async fn as_files(&self, all: &[Known]) {
        if !self.offers(Verb::Export) || self.face.is_only_in_api() {
            return;
        }
        let csv = self.owner.get(&format!("{}/export.csv", self.path())).await.must_be(200, "the CSV");
        assert!(csv.header("content-type").starts_with("text/csv"), "{:?}", csv.headers);
        let lines: Vec<_> = csv.text.trim_start_matches('\u{feff}').lines().collect();
        assert!(lines[0].starts_with("id,"), "the file's head is {}", lines[0]);
        for known in all {
            let start = format!("{},", known.id);
            assert!(lines.iter().any(|line| line.starts_with(&start)), "#{} is not in the file", known.id);
            for field in self.r.fields.iter().filter(|it| it.secret || matches!(it.kind, Kind::Password)) {
                let secret = known.values.get(field.name).and_then(Value::as_str).unwrap_or_default();
                assert!(secret.is_empty() || !csv.text.contains(secret), "{} is in the file", field.name);
            }
        }
        self.owner.get(&format!("{}/export.xlsx", self.path())).await.must_be(200, "the workbook");
        if !self.offers(Verb::Import) {
            return;
        }
        self.owner.page(&format!("{}/import", self.path())).await;
        let file = Upload::new("file", "csv", csv.text.into_bytes());
        let report = self.owner.post_files(&format!("{}/import", self.path()), &[], &[file]).await;
        let report = report.must_be(200, "the report on the file").text;
        let faults = page::texts_of(&report, "class=\"text-bad\"");
        assert_eq!(faults, Vec::<String>::new(), "the file as it was taken out is refused");
        let changes = page::texts_of(&report, "class=\"changes\"");
        assert!(!report.contains("/apply\""), "the file as it was taken out changes something: {changes:?}");
    }

    /// Deletes the records together.
    pub(super) async fn deleted_in_the_list(&self, ids: &[i64]) {
        if !self.has(Page::List) || ids.is_empty() {
            return;
        }
        let bulk = format!("{}/bulk", self.path());
        let mut pairs = vec![("action".to_owned(), "delete".to_owned())];
        pairs.extend(ids.iter().map(|id| ("ids".to_owned(), id.to_string())));
        if !self.r.is_soft() {
            let asked = self.owner.post(&bulk, &pairs).await.must_be(200, "the question before a deletion");
            assert!(asked.text.contains("name=\"confirmed\""), "nothing is asked before a deletion");
            assert!(self.listed("").await.contains(&ids[0]), "it is deleted before anybody said yes");
            pairs.push(("confirmed".into(), "1".into()));
        }
        self.owner.post(&bulk, &pairs).await.must_be(303, "deleting from the list");
        let left = self.listed("").await;
        assert!(!left.iter().any(|id| ids.contains(id)), "of {ids:?} there are still {left:?}");
        if self.offers(Verb::Restore) {
            let bin = self.listed("deleted=only").await;
            assert!(ids.iter().all(|id| bin.contains(id)), "of {ids:?} only {bin:?} can be restored");
            pairs[0].1 = "restore".into();
            self.owner.post(&bulk, &pairs).await.must_be(303, "restoring from the list");
            let back = self.listed("").await;
            assert!(ids.iter().all(|id| back.contains(id)), "of {ids:?} there are {back:?} again");
        }
    }
}

fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}
