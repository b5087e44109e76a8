//! The order of a story, and what its steps share.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, resume_unwind},
    sync::atomic::{AtomicUsize, Ordering},
};

use futures_util::FutureExt;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use puzi_resource::{Engine, Field, Kind, Resource, Rule, Verb, reading::to_api};
use puzi_web::{Face, Page};
use serde_json::{Map, Value};

use super::{
    Story,
    made::{Draft, Found, Making},
    shop::{Browser, Shop, Token},
    texts::Texts,
};

/// A story under way.
pub(super) struct Telling {
    pub(super) story: Story,
    pub(super) shop: Shop,
    pub(super) owner: Browser,
    pub(super) token: Token,
    pub(super) faces: Vec<Face>,
    pub(super) face: Face,
    pub(super) r: Resource,
    pub(super) en: Texts,
    pub(super) zh: Texts,
    zone: TimeZone,
    today: Date,
    serial: AtomicUsize,
}

/// A record that was made.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) id: i64,
    /// Its values in stored form, a password as it was typed.
    pub(super) values: Map<String, Value>,
}

impl Telling {
    pub(super) async fn begin(story: Story) -> Self {
        let shop = Shop::open().await;
        let (owner, token) = (shop.owner().await, shop.token(&["*"]).await);
        let faces = puzi_web::declared(&shop.staff);
        let face = faces.iter().find(|face| face.resource().name == story.resource);
        let face = face.unwrap_or_else(|| panic!("no resource {} is declared", story.resource)).clone();
        for sql in &story.given {
            shop.execute(sql).await;
        }
        // Where the shop is when nobody says otherwise.
        let zone = TimeZone::get("Asia/Shanghai").unwrap();
        Self {
            r: face.resource().clone(),
            en: Texts::read("en"),
            zh: Texts::read("zh-CN"),
            today: Timestamp::now().to_zoned(zone.clone()).date(),
            zone,
            serial: AtomicUsize::new(1),
            story,
            shop,
            owner,
            token,
            faces,
            face,
        }
    }

    /// Runs a step; when it breaks off, says which one it was.
    async fn step<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        match AssertUnwindSafe(work).catch_unwind().await {
            Ok(done) => done,
            Err(panic) => {
                eprintln!("The story of {} broke off where {what}.", self.r.name);
                resume_unwind(panic)
            }
        }
    }

    pub(super) async fn tell(self) {
        let (creates, edits) = (self.offers(Verb::Create), self.offers(Verb::Edit));
        if self.has(Page::List) {
            self.step("there is no record yet", self.an_empty_list()).await;
        }
        let first = match (creates, self.has(Page::New)) {
            (true, true) => self.step("a record is made by the form", self.made_by_form()).await,
            (true, false) if self.is_made_here(&self.face) => {
                self.step("a record is made by the API", self.made_by_api()).await
            }
            _ => self.step("a record is put into the table", self.put_into_the_table()).await,
        };
        if self.has(Page::Show) {
            self.step("its page shows it", self.shown(&first)).await;
        }
        self.step("the API reads it", self.read_by_api(&first)).await;
        let mut all = vec![first.clone()];
        if creates && self.is_made_here(&self.face) {
            self.step("what is wrong is refused", self.refused(&first)).await;
            all.push(self.step("the API makes a record", self.made_by_api()).await);
            all.push(self.step("the API makes another one", self.made_by_api()).await);
        }
        if self.has(Page::List) {
            self.step("the list finds them", self.found_in_the_list(&all)).await;
        }
        self.step("both languages have their texts", self.in_both_languages(&first)).await;
        self.step("they are taken out and brought in", self.as_files(&all)).await;
        self.step("nobody comes near without permission", self.kept_from_others(&first)).await;
        if edits && self.has(Page::Edit) {
            self.step("it is edited, and nobody overwrites what he has not seen", self.edited(&first)).await;
        }
        if edits && self.r.writer.is_none() {
            self.step("the API changes it", self.changed_by_api(&first)).await;
        }
        if creates && self.is_made_here(&self.face) {
            self.step("what may be left out is left out", self.made_of_little()).await;
        }
        self.step("records are deleted, and restored", self.deleted(&all)).await;
        self.step("the audit log has it all", self.audited(&first)).await;
    }

    pub(super) fn offers(&self, verb: Verb) -> bool {
        Engine::offers(&self.r, verb)
    }

    /// Whether the resource has this page, and it is the common one.
    pub(super) fn has(&self, page: Page) -> bool {
        let offered = match page {
            Page::List | Page::Show => true,
            Page::New => self.offers(Verb::Create),
            Page::Edit => self.offers(Verb::Edit),
        };
        offered && !self.face.is_only_in_api() && !self.face.is_own(page)
    }

    /// Where the pages lie.
    pub(super) fn path(&self) -> String {
        format!("/admin/{}", self.r.name)
    }

    /// Where the API is.
    pub(super) fn api(&self) -> String {
        format!("/api/v1/{}", self.r.name)
    }

    /// A number that no record had before.
    pub(super) fn serial(&self) -> usize {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn making<'a>(&'a self, r: &'a Resource, found: &'a Found) -> Making<'a> {
        static NOTHING: BTreeMap<String, String> = BTreeMap::new();
        let takes = if r.name == self.r.name { &self.story.takes } else { &NOTHING };
        Making { fields: &r.fields, zone: &self.zone, today: self.today, takes, found }
    }

    pub(super) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// A new record made up, with values for all fields that it takes.
    pub(super) async fn drafted(&self) -> (Draft, Found) {
        let found = self.found(&self.r, vec![self.r.name]).await;
        let fields: Vec<&Field> = self.r.fields.iter().filter(|field| field.is_taken(true)).collect();
        let fields = self.without_hopeless(&fields, &found);
        (self.making(&self.r, &found).draft(&fields, self.serial()), found)
    }

    /// The draft's values with keys of uploads for its files.
    pub(super) async fn with_uploads(&self, r: &Resource, draft: &Draft) -> Map<String, Value> {
        let mut values = draft.values.clone();
        for file in &draft.files {
            let field = r.find(file.part.trim_end_matches(".file")).unwrap();
            let wanted = if matches!(field.kind, Kind::Image(_)) { "image" } else { "any" };
            let mut file = file.clone();
            file.part = "file".into();
            let kind = [("kind".to_owned(), wanted.to_owned())];
            let taken = self.owner.post_files("/admin/uploads", &kind, &[file]).await.must_be(201, "uploading a file");
            values.insert(field.name.to_owned(), Value::from(vec![taken.json()["id"].clone()]));
        }
        values
    }

    /// The values as the API takes and gives them.
    pub(super) fn json_of(&self, r: &Resource, values: &Map<String, Value>) -> Value {
        let mut json = Map::new();
        for field in r.fields.iter().filter(|field| field.appears.api) {
            let Some(value) = values.get(field.name) else { continue };
            json.insert(field.name.to_owned(), to_api(field, value));
            if field.rules.iter().any(|rule| matches!(rule, Rule::Confirmed)) {
                json.insert(format!("{}_confirmation", field.name), to_api(field, value));
            }
        }
        json.into()
    }

    /// How many rows the table has, deleted ones with them.
    pub(super) async fn stored(&self) -> i64 {
        self.shop.count(&self.r.table).await
    }
}
