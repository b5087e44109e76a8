//! The step about texts: whatever a page says, it says in both languages.

use puzi_resource::{Options, Say};
use puzi_web::Page;

use super::{
    page,
    telling::{Known, Telling},
    texts::Texts,
};

/// Groups of a resource's texts, as they begin where a text is missing.
const GROUPS: [&str; 8] = ["fields", "options", "help", "inline", "actions", "questions", "done", "one"];

impl Telling {
    pub(super) async fn in_both_languages(&self, known: &Known) {
        if self.face.is_only_in_api() {
            return;
        }
        for texts in [&self.zh, &self.en] {
            self.owner.speak(texts.tag).await;
            self.in_one_language(texts, known).await;
        }
    }

    async fn in_one_language(&self, texts: &Texts, known: &Known) {
        let (path, name) = (self.path(), self.r.name);
        for key in ["one", "many"] {
            assert!(texts.find(&format!("{name}.{key}")).is_some(), "{name}.{key} has no text in {}", texts.tag);
        }
        for field in &self.r.fields {
            if let Some(Options::Fixed(words)) = field.kind.options() {
                for word in *words {
                    texts.option(&self.r, field.name, word);
                }
            }
        }
        let fields = |appears: &dyn Fn(&puzi_resource::Field) -> bool| {
            let fields = self.r.fields.iter().filter(|field| appears(field));
            fields.map(|field| texts.label(&self.r, field.name)).collect::<Vec<_>>()
        };
        let id = known.id;
        if self.has(Page::List) {
            let mut labels = fields(&|field| field.appears.list);
            labels.push(texts.find(&format!("{name}.many")).unwrap());
            self.says(&path, texts, &labels).await;
        }
        if self.has(Page::Show) {
            self.says(&format!("{path}/{id}"), texts, &fields(&|field| field.appears.show && !field.secret)).await;
        }
        if self.has(Page::New) {
            self.says(&format!("{path}/new"), texts, &fields(&|field| field.is_taken(true))).await;
            self.says(&format!("{path}/{id}/duplicate"), texts, &[]).await;
        }
        if self.has(Page::Edit) {
            self.says(&format!("{path}/{id}/edit"), texts, &fields(&|field| field.is_taken(false))).await;
        }
    }

    /// The page is in this language, has these labels, and no key of a text.
    async fn says(&self, path: &str, texts: &Texts, labels: &[String]) {
        let html = page::unescaped(&self.owner.page(path).await);
        assert!(html.contains(&format!("<html lang=\"{}\"", texts.tag)), "{path} is not in {}", texts.tag);
        for label in labels {
            assert!(html.contains(label.as_str()), "{path} does not say {label:?} in {}", texts.tag);
        }
        for group in GROUPS {
            let key = format!("{}.{group}.", self.r.name);
            let key = if group == "one" { key.trim_end_matches('.').to_owned() } else { key };
            let at = html.find(&format!(">{key}"));
            let around = at.map(|at| html[at..].chars().take(60).collect::<String>());
            assert_eq!(around, None, "{path} shows the key of a text in {}", texts.tag);
        }
    }
}
