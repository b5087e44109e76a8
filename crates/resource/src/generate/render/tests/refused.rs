//! What a generated test types in is refused by the checks that the declaration asks for.

use futures_util::future::BoxFuture;
use sea_orm::{ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, entity::prelude::*};

use super::{every::of_type, *};
use crate::{
    Actor, AuditEntry, Checker, Error, Field, Input, Kind, Options, Resource, Resources, Result, Store, Transaction,
    Upload,
    generate::{TYPES, render::refusals},
};

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "others")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A database in which nothing is.
struct Nothing(DatabaseConnection);

impl Store for Nothing {
    fn reader(&self) -> &DatabaseConnection {
        &self.0
    }

    fn begin(&self) -> BoxFuture<'_, Result<Box<dyn Transaction>>> {
        Box::pin(async { Err(Error::Other("a check writes nothing".into())) })
    }

    fn audit<'a>(&'a self, _: &'a DatabaseTransaction, _: AuditEntry<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn hash_password(&self, password: String) -> BoxFuture<'_, Result<String>> {
        Box::pin(async { Ok(password) })
    }

    fn uploads<'a>(&'a self, _: &'a [String]) -> BoxFuture<'a, Result<Vec<Upload>>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn attach_uploads<'a>(&'a self, _: &'a DatabaseTransaction, _: &'a [&'a str]) -> BoxFuture<'a, Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

/// The kind that a declared function makes.
fn kind(field: &FieldSpec) -> Kind {
    let words: Vec<&'static str> = field.options.iter().map(|option| &*option.value.clone().leak()).collect();
    let options = || Options::Fixed(words.clone().leak());
    match field.form {
        FormKind::String => Kind::String,
        FormKind::Text => Kind::Text,
        FormKind::RichText => Kind::RichText,
        FormKind::Integer => Kind::Integer,
        FormKind::Decimal(scale) => Kind::Decimal(scale),
        FormKind::Money => Kind::Money,
        FormKind::Percent => Kind::Percent,
        FormKind::Boolean => Kind::Boolean,
        FormKind::Date => Kind::Date,
        FormKind::Time => Kind::Time,
        FormKind::DateTime => Kind::DateTime,
        FormKind::Select => Kind::Select(options()),
        FormKind::Radio => Kind::Radio(options()),
        FormKind::MultiSelect => Kind::MultiSelect(options()),
        FormKind::Json => Kind::Json,
        FormKind::Colour => Kind::Colour,
        FormKind::Email => Kind::Email,
        FormKind::Phone => Kind::Phone,
        FormKind::Url => Kind::Url,
        FormKind::Password => Kind::Password,
        FormKind::Image => Kind::Image(1),
        FormKind::File => Kind::File(1),
        FormKind::BelongsTo => Kind::BelongsTo(crate::Relation { resource: "others" }),
    }
}

/// The text that the Rust of a refusal stands for.
fn typed(value: &str) -> String {
    let text = |quoted: &str| serde_json::from_str::<String>(quoted).unwrap();
    match value.strip_prefix('&').and_then(|value| value.strip_suffix(')')?.split_once(".repeat(")) {
        Some((quoted, times)) => text(quoted).repeat(times.replace('_', "").parse().unwrap()),
        None => text(value),
    }
}

#[tokio::test]
async fn whatever_a_test_types_in_is_refused() {
    let connection = Database::connect("sqlite::memory:").await.unwrap();
    connection.execute_unprepared("CREATE TABLE others (id INTEGER PRIMARY KEY)").await.unwrap();
    let store = Nothing(connection);
    let by = Actor::new("staff", Some(1), "a test", |_| true);
    let mut refused = 0;
    for known in TYPES {
        let spec = of_type(known.word);
        for field in &spec.fields {
            let mut resource = Resource::of::<Entity>("others");
            let mut declared = Field::new(field.name.clone().leak(), kind(field));
            declared.rules.clone_from(&field.rules);
            resource.fields = vec![declared];
            let resources = Resources::new(vec![resource]);
            let alone = Spec { fields: vec![field.clone()], ..spec.clone() };
            for refusal in refusals::of(&alone) {
                let text = typed(&refusal.value);
                let input =
                    Input::from_pairs([("_has.".to_owned() + &field.name, "1".into()), (field.name.clone(), text)]);
                let checker = Checker { store: &store, resources: &resources };
                let answer = checker.check(resources.get("others").unwrap(), &by, &input, None).await;
                let problems = match answer {
                    Err(Error::Invalid(problems)) => problems,
                    answer => panic!("{} {} takes {}: {answer:?}", known.word, field.name, refusal.value),
                };
                assert!(problems.iter().any(|problem| problem.field == field.name), "{problems:?}");
                refused += 1;
            }
        }
    }
    assert!(refused > 700, "{refused}");
}
