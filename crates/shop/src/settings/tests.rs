use super::*;
use crate::{
    audit::{Which, list},
    test_database::TestDatabase,
    texts::{Locale, t},
};

fn change(key: &str, value: impl Into<Value>, version: i64) -> Change {
    Change { key: key.into(), value: value.into(), version }
}

async fn held(settings: &Settings, key: &str) -> Held {
    settings.all().await.unwrap().into_iter().find(|(setting, _)| setting.key == key).unwrap().1
}

#[test]
fn every_setting_holds_something_that_suits_it_and_has_its_texts() {
    for setting in SETTINGS {
        assert_eq!(setting.problem(&setting.initial_value()), None, "{}", setting.key);
        for locale in Locale::ALL {
            let heading = format!("settings.groups.{}", setting.group);
            for key in [setting.label, &heading] {
                assert_ne!(t(locale, key, &[]), key, "{}", setting.key);
            }
        }
        assert_eq!(SETTINGS.iter().filter(|other| other.key == setting.key).count(), 1);
    }
}

#[tokio::test]
async fn what_is_saved_is_read_typed_by_everybody_within_a_second_and_stands_in_the_audit_log() {
    let database = TestDatabase::new().await;
    let (settings, elsewhere) = (Settings::new(database.db.clone()), Settings::new(database.db.clone()));
    assert_eq!(settings.text(SHOP_NAME).await.unwrap(), "");
    assert_eq!(elsewhere.number(AUDIT_DAYS).await.unwrap(), 0);
    let by = Actor::staff(1, "老板");
    settings.save(&by, &[change(SHOP_NAME, "铺子茶铺", 0), change(AUDIT_DAYS, 90, 0)]).await.unwrap();
    assert_eq!(settings.text(SHOP_NAME).await.unwrap(), "铺子茶铺");
    assert_eq!(settings.clone().number(AUDIT_DAYS).await.unwrap(), 90);
    tokio::time::sleep(STALE_AFTER + Duration::from_millis(50)).await;
    assert_eq!(elsewhere.number(AUDIT_DAYS).await.unwrap(), 90);

    let rows =
        list(&database.db, Which { subject: Some(("settings", AUDIT_DAYS)), ..Which::default() }, 9).await.unwrap();
    assert_eq!((rows.len(), rows[0].action.as_str()), (1, "settings.edit"));
    assert_eq!(rows[0].before, Some(json!({AUDIT_DAYS: 0})));
    assert_eq!(rows[0].after, Some(json!({AUDIT_DAYS: 90})));
}

#[tokio::test]
async fn of_two_who_save_on_the_same_page_the_second_is_told() {
    let database = TestDatabase::new().await;
    let settings = Settings::new(database.db.clone());
    let by = Actor::system();
    for version in [0, 1] {
        settings.save(&by, &[change(SHOP_NAME, format!("第{version}"), version)]).await.unwrap();
        let both = [change(SHOP_NAME, "迟了", version), change(SHOP_PHONE, "123", 0)];
        let late = settings.save(&by, &both).await;
        assert!(matches!(late, Err(Error::Stale)), "{late:?}");
    }
    assert_eq!(held(&settings, SHOP_NAME).await, Held { value: "第1".into(), version: 2 });
    assert_eq!(held(&settings, SHOP_PHONE).await.version, 0, "all or none");
    // The same value again is no change, whatever its version.
    settings.save(&by, &[change(SHOP_NAME, "第1", 0)]).await.unwrap();
    assert_eq!(held(&settings, SHOP_NAME).await.version, 2);
}

#[tokio::test]
async fn a_value_that_does_not_suit_is_refused_by_name_and_one_in_the_table_counts_as_none() {
    let database = TestDatabase::new().await;
    let settings = Settings::new(database.db.clone());
    for (key, value, wrong) in [
        (SHOP_NAME, json!("x".repeat(51)), "settings.too_long"),
        (SHOP_NAME, json!("two\nlines"), "staff.control_characters"),
        (SHOP_NAME, json!(5), "settings.text"),
        (SHOP_EMAIL, json!("nobody"), "settings.email"),
        (ADMIN_LOCALE, json!("fr"), "settings.choice"),
        (AUDIT_DAYS, json!(-1), "settings.number"),
        (AUDIT_DAYS, json!("30"), "settings.number"),
        (AUDIT_DAYS, json!(1.5), "settings.number"),
        ("shop.unknown", json!(1), "settings.unknown"),
    ] {
        let Err(Error::Invalid(problems)) = settings.save(&Actor::system(), &[change(key, value, 0)]).await else {
            panic!("{key} took it")
        };
        assert_eq!((problems[0].field.as_str(), problems[0].key), (key, wrong));
    }
    let sql = "INSERT INTO settings (key, value, version, updated_at) VALUES ($1, '\"never\"', 4, 0)";
    database.db.execute(sql, [AUDIT_DAYS.into()]).await.unwrap();
    assert_eq!(settings.number(AUDIT_DAYS).await.unwrap(), 0);
    settings.save(&Actor::system(), &[change(AUDIT_DAYS, 7, 4)]).await.unwrap();
    assert_eq!(settings.number(AUDIT_DAYS).await.unwrap(), 7);
}
