//! Steps about who may what, and what is written down about it.

use puzi_resource::{Kind, Verb};
use puzi_shop::audit::{self, Which};
use puzi_web::Page;
use serde_json::{Value, json};

use super::telling::{Known, Telling};

impl Telling {
    /// Nobody who is not signed in gets in, and no member without the permission.
    pub(super) async fn kept_from_others(&self, known: &Known) {
        let member = self.shop.member("visitor", &["dashboard.view"]).await;
        let token = self.shop.token(&["dashboard.view"]).await;
        let before = (self.stored().await, self.shop.count("audit_log").await);
        let (browser, program) = self.shop.stranger();
        for path in self.pages(known) {
            let answer = browser.get(&path).await;
            let away = answer.status == 303 && answer.location().starts_with("/admin/login");
            assert!(away, "a stranger gets {} for {path}", answer.status);
        }
        program.get(&self.api()).await.must_be(401, "the API without a token");
        program.post(&self.api(), &json!({})).await;
        for path in self.pages(known) {
            member.get(&path).await.must_be(403, &format!("a member without permission at {path}"));
        }
        for (verb, path) in self.forms(known) {
            let answer = member.post(&path, &[("confirmed".into(), "1".into())]).await;
            answer.must_be(403, &format!("a member who may not {} at {path}", verb.word()));
        }
        let one = format!("{}/{}", self.api(), known.id);
        if self.r.offers(Verb::View) {
            token.get(&self.api()).await.must_be(403, "the list of the API without permission");
            token.get(&one).await.must_be(403, "a record of the API without permission");
        }
        if self.r.offers(Verb::Create) {
            token.post(&self.api(), &json!({})).await.must_be(403, "POST without permission");
        }
        if self.r.offers(Verb::Edit) {
            token.patch(&one, Some(1), &json!({})).await.must_be(403, "PATCH without permission");
        }
        if self.r.offers(Verb::Delete) {
            token.delete(&one).await.must_be(403, "DELETE without permission");
        }
        let after = (self.stored().await, self.shop.count("audit_log").await);
        assert_eq!(after, before, "somebody without permission changed something");
    }

    fn pages(&self, known: &Known) -> Vec<String> {
        let path = self.path();
        let pages = [
            (Page::List, path.clone()),
            (Page::Show, format!("{path}/{}", known.id)),
            (Page::New, format!("{path}/new")),
            (Page::Edit, format!("{path}/{}/edit", known.id)),
        ];
        let mut pages: Vec<_> = pages.into_iter().filter(|(page, _)| self.has(*page)).map(|(_, path)| path).collect();
        if !self.face.is_only_in_api() {
            pages.extend(self.offers(Verb::Export).then(|| format!("{path}/export.csv")));
            pages.extend(self.offers(Verb::Import).then(|| format!("{path}/import")));
        }
        pages
    }

    fn forms(&self, known: &Known) -> Vec<(Verb, String)> {
        let (path, id) = (self.path(), known.id);
        let mut forms = Vec::new();
        if self.has(Page::New) {
            forms.push((Verb::Create, path.clone()));
        }
        if self.has(Page::Edit) {
            forms.push((Verb::Edit, format!("{path}/{id}")));
        }
        if !self.face.is_only_in_api() && self.offers(Verb::Delete) {
            forms.push((Verb::Delete, format!("{path}/{id}/delete")));
            forms.push((Verb::Delete, format!("{path}/bulk?action=delete&ids={id}")));
        }
        forms
    }

    /// Each change has its row, and no row has a secret.
    pub(super) async fn audited(&self, known: &Known) {
        let id = known.id.to_string();
        let which = Which { subject: Some((self.r.name, &id)), ..Which::default() };
        let rows = audit::list(&self.shop.db, which, 100).await.unwrap();
        let done: Vec<_> = rows.iter().map(|row| row.action.as_str()).collect();
        let mut wanted = Vec::new();
        if self.r.writer.is_none() {
            if !known.values.is_empty() {
                wanted.push(Verb::Create);
                wanted.extend(self.offers(Verb::Edit).then_some(Verb::Edit));
            }
            wanted.extend([Verb::Delete, Verb::Restore].into_iter().filter(|verb| self.offers(*verb)));
        }
        for verb in wanted {
            let action = self.r.permission(verb);
            assert!(done.contains(&action.as_str()), "the audit log of the record has {done:?}, not {action}");
        }
        for row in &rows {
            let (before, after) = (row.before.clone().unwrap_or_default(), row.after.clone().unwrap_or_default());
            for field in self.r.fields.iter().filter(|field| field.secret || matches!(field.kind, Kind::Password)) {
                let told = before.get(field.name).or_else(|| after.get(field.name));
                assert_eq!(told, None::<&Value>, "{} is in the audit log", field.name);
            }
        }
        if self.offers(Verb::Export) && !self.face.is_only_in_api() {
            let exports = self.shop.count(&format!("audit_log WHERE action = '{}.export'", self.r.name)).await;
            assert_eq!(exports, 2, "exports in the audit log");
        }
    }
}
