//! The admin's page "Generator": tables become command lines, and nothing is written.

use crate::common::{Browser, World, stranger::between};
use puzi_shop::{
    audit::Actor,
    staff::{NewRole, Staff},
};

const PAGE: &str = "/admin/generator";
const NOTES: &str = "/admin/generator/shop_notes";

/// A shop whose database has a table of its own, besides the program's.
async fn world() -> (World, Browser) {
    let world = World::new().await;
    let owner = Browser::signed_in(&world, "owner").await;
    for sql in [
        "CREATE TABLE shop_notes (id BIGINT PRIMARY KEY, title TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN \
         ('draft', 'live')), price BIGINT, hits BIGINT NOT NULL DEFAULT 0, account_id BIGINT REFERENCES accounts (id), \
         webhook_secret TEXT, weight DOUBLE PRECISION, created_at BIGINT NOT NULL)",
        "CREATE TABLE pairs (a BIGINT, b BIGINT, PRIMARY KEY (a, b))",
        "CREATE TABLE \"it's <odd>\" (id BIGINT PRIMARY KEY, name TEXT)",
        "INSERT INTO shop_notes VALUES (1, 'row-content', 'draft', 1, 1, NULL, 'whsec-content', 1.5, 1)",
    ] {
        world.db.execute(sql, []).await.unwrap();
    }
    (world, owner)
}

/// What the page gives to be copied.
fn command(page: &str) -> String {
    let html = between(page, "id=\"command\" tabindex=\"0\">", "</pre>");
    [("<span>", ""), ("</span>", ""), ("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")]
        .into_iter()
        .fold(html.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[tokio::test]
async fn the_tables_are_listed_with_the_resources_that_they_have() {
    let (_world, owner) = world().await;
    let page = owner.page(PAGE).await;
    let row = |table: &str| between(&page, &format!(">{table}</a>"), "</tr>");
    assert!(row("shop_notes").contains(">9</td>") && row("shop_notes").contains("none yet"), "{page}");
    assert!(row("quick_phrases").contains("href=\"/admin/phrases\""), "{page}");
    assert!(row("pairs").contains("no key of one whole number"), "{page}");
    assert!(page.contains("href=\"/admin/generator/it%27s%20%3Codd%3E\">it&#39;s &#60;odd&#62;</a>"), "{page}");
    for own in ["seaql_migrations", "sqlite_sequence", "pg_class"] {
        assert!(!page.contains(own), "{own}");
    }
    let found = owner.page("/admin/generator?q=NOTES").await;
    assert!(found.contains(">shop_notes</a>") && !found.contains(">pairs</a>"), "{found}");
    let none = owner.page("/admin/generator?q=%3Cnothing").await;
    assert!(none.contains("“&#60;nothing”") && !none.contains("<nothing"), "{none}");
}

#[tokio::test]
async fn a_table_becomes_a_command_line_in_both_languages() {
    let (_world, owner) = world().await;
    let page = owner.page(NOTES).await;
    let expected = "puzi generate crud ShopNotes \\\n  --from-table=shop_notes \\\n  \
                    --fields=\"title#string#required; state#enum(draft,live)#required; price#money#nullable; \
                    hits#integer#required; account_id#integer#nullable\" \\\n  --foreign-keys=\"account_id#id#accounts\"";
    assert_eq!(command(&page), expected);
    for text in
        ["This page never writes anything", "draft, live", "not null", "accounts.id", "Kept by the program itself"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert_eq!(owner.post("/admin/preferences", &[("language", "zh-CN"), ("back", NOTES)]).await.status, 303);
    let page = owner.page(NOTES).await;
    assert_eq!(command(&page), expected);
    assert!(page.contains("这个页面什么都不会写") && page.contains("由程序自己维护"), "{page}");
    // The schema is shown, never what stands in the rows.
    assert!(!page.contains("row-content") && !page.contains("whsec-content"), "{page}");
}

#[tokio::test]
async fn what_the_form_says_is_what_the_command_says() {
    let (_world, owner) = world().await;
    let query = "?sent=1&name=Memo&group=followers&pagination=20&take=title&take=price&take=webhook_secret\
                 &type.title=text&more.title=max:100&required=title&type.price=integer&more.price=min%3A1\
                 &type.webhook_secret=password";
    let page = owner.page(&format!("{NOTES}{query}")).await;
    let expected = "puzi generate crud Memo \\\n  --from-table=shop_notes \\\n  \
                    --fields=\"title#text#required|max:100; price#integer#nullable|min:1; \
                    webhook_secret#password#nullable\" \\\n  --pagination=20 \\\n  --route-group=admin/followers";
    assert_eq!(command(&page), expected);
    assert!(page.contains("name=\"name\" value=\"Memo\"") && page.contains("value=\"max:100\""), "{page}");
    // An emptied number is null, which the column refuses: whatever is said, it is required.
    let page = owner.page(&format!("{NOTES}?sent=1&take=hits&type.hits=integer")).await;
    assert!(command(&page).contains("--fields=\"hits#integer#required\""), "{page}");
}

#[tokio::test]
async fn what_is_wrong_is_shown_with_its_place() {
    let (_world, owner) = world().await;
    let page = owner.page(&format!("{NOTES}?sent=1&take=title&type.title=strin%3Cg")).await;
    let wrong = between(&page, "generator-fault", "</section>");
    assert!(wrong.contains("role=\"alert\"") && wrong.contains("^"), "{wrong}");
    assert!(wrong.contains("strin&#60;g") && !page.contains("strin<g"), "{wrong}");
    assert!(wrong.contains("Did you mean string?"), "{wrong}");
    // What was sent stays in the form.
    assert!(page.contains("<option value=\"strin&#60;g\" selected>"), "{page}");
    let pairs = owner.page("/admin/generator/pairs").await;
    assert!(between(&pairs, "generator-fault", "</section>").contains("pairs"), "{pairs}");
    assert!(
        !pairs.contains("id=\"command\"") && !pairs.contains("<select class=\"form-select\" name=\"type"),
        "{pairs}"
    );
}

#[tokio::test]
async fn the_preview_shows_every_file_and_every_line() {
    let (_world, owner) = world().await;
    let path = "/admin/generator/new?name=Leaflets&group=shop&fields=title%23string%23required";
    let page = owner.page(path).await;
    assert_eq!(command(&page), "puzi generate crud Leaflets \\\n  --fields=\"title#string#required\"");
    for file in [
        "crates/shop/src/leaflets.rs",
        "crates/web/src/admin/leaflets.rs",
        "locales/zh-CN/leaflets.toml",
        "locales/en/leaflets.toml",
        "crates/puzi/tests/resources/leaflets.rs",
        "_leaflets.rs",
    ] {
        assert!(page.contains(&format!("{file}</span>")), "{file}: {page}");
    }
    let added = between(&page, ">crates/shop/src/staff/roles.rs</div>", "</pre>");
    assert!(added.contains("+ (&#34;leaflets&#34;, VERBS),"), "{added}");
    assert!(page.contains(&format!("_{:06}_leaflets.rs", next_migration())), "{page}");
}

/// The number after that of the last migration.
fn next_migration() -> u32 {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../shop/src/migrations");
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    // The last one by its name, which begins with the day.
    names.filter(|name| name != "mod.rs").max().unwrap().split('_').nth(1).unwrap().parse::<u32>().unwrap() + 1
}

#[tokio::test]
async fn one_may_start_from_nothing_and_is_told_what_is_wrong() {
    let (_world, owner) = world().await;
    let page = owner.page("/admin/generator/new").await;
    assert!(!page.contains("generator-fault") && page.contains("name=\"fields\""), "{page}");
    assert!(page.contains(">multi_select</dt>"), "{page}");
    let query = "?name=Posts&fields=title%23strong%3B%20body%23text&indexes=title&soft=1";
    let page = owner.page(&format!("/admin/generator/new{query}")).await;
    assert!(between(&page, "generator-fault", "</section>").contains("strong"), "{page}");
    assert!(page.contains(">title#strong; body#text</textarea>"), "{page}");
    assert!(command(&page).ends_with("--indexes=title \\\n  --soft-deletes=yes"), "{page}");
    // What is copied into a shell says just what was typed.
    let page = owner.page("/admin/generator/new?name=Posts&fields=a%23string%23regex%3A%2F%24%28x%29%27%2F").await;
    assert!(command(&page).contains(r"--fields='a#string#regex:/$(x)'\''/'"), "{page}");
}

#[tokio::test]
async fn a_table_with_an_odd_name_has_a_page_and_one_that_is_none_has_none() {
    let (world, owner) = world().await;
    let page = owner.page("/admin/generator/it%27s%20%3Codd%3E").await;
    assert!(page.contains("<span class=\"mono\">it&#39;s &#60;odd&#62;</span>") && !page.contains("<odd>"), "{page}");
    assert!(command(&page).contains("--from-table=\"it's <odd>\""), "{page}");
    for table in [
        "nowhere",
        "SHOP_NOTES",
        "seaql_migrations",
        "sqlite_master",
        "pg_class",
        "shop_notes%00",
        "%ff",
        "shop_notes%3B%20DROP%20TABLE%20shop_notes",
        "shop_notes%27%20OR%20%271%27%3D%271",
        "shop_notes%22%29%20--",
        "..%2Faccounts",
        "{table}",
    ] {
        assert_eq!(owner.get(&format!("{PAGE}/{table}")).await.status, 404, "{table}");
    }
    assert_eq!(world.count("SELECT COUNT(*) AS n FROM shop_notes").await, 1);
}

#[tokio::test]
async fn only_those_with_the_permission_see_it() {
    let (world, _owner) = world().await;
    for role in ["manager", "read_only", "clerk"] {
        let member = Browser::signed_in(&world, role).await;
        for path in [PAGE, NOTES, "/admin/generator/new"] {
            assert_eq!(member.get(path).await.status, 403, "{role} {path}");
        }
        assert!(!member.page("/admin/me").await.contains(PAGE), "{role}");
    }
    let staff = Staff::new(world.db.clone(), world.vault.clone());
    let permissions = vec!["generator.view".to_owned()];
    let role = NewRole { key: "developer".into(), name: "Developer".into(), permissions };
    staff.create_role(&Actor::system(), role).await.unwrap();
    let developer = Browser::signed_in(&world, "developer").await;
    let page = developer.page(PAGE).await;
    // The pages of resources that he may not see are no links.
    assert!(page.contains(">shop_notes</a>") && !page.contains("href=\"/admin/phrases\""), "{page}");
    assert!(developer.page(NOTES).await.contains("generate crud ShopNotes"));
}
