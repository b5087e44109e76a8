//! Files out and in, against a real database.

use std::{io::Write as _, sync::Arc};

use bytes::Bytes;
use calamine::Reader as _;
use futures_util::{FutureExt, TryStreamExt};
use serde_json::json;

use super::{Applied, Format, ImportReport, Undone, sheet};
use crate::{
    Error, Input, ListQuery, Record, Result, Say,
    engine::tests::world::{World, at_fault, boss, only},
};

/// A language with a few words.
struct Chinese;

impl Say for Chinese {
    fn tag(&self) -> &str {
        "zh-CN"
    }

    fn find(&self, key: &str) -> Option<String> {
        let text = match key {
            "teas.fields.title" => "名称",
            "teas.fields.price" => "价格",
            "teas.fields.origin_id" => "产地",
            "teas.options.status.open" => "在售",
            "teas.options.status.closed" => "停售",
            "rules.yes" => "是",
            "rules.no" => "否",
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn say(&self, key: &str, _: &[(&'static str, String)]) -> String {
        self.find(key).unwrap_or_else(|| key.to_owned())
    }
}

fn texts() -> Arc<dyn Say> {
    Arc::new(Chinese)
}

async fn export(world: &World, format: Format, columns: &str) -> Vec<u8> {
    let pairs = [("columns", columns), ("sort", "title")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    let query = ListQuery::from_pairs(pairs).unwrap();
    let stream = world.engine.export(&world.r, &boss(), &query, format, texts()).unwrap();
    let parts: Vec<Bytes> = stream.try_collect().await.unwrap();
    parts.concat()
}

async fn check(world: &World, file: impl Into<Bytes>) -> Result<ImportReport> {
    world.engine.import_check(&world.r, &boss(), file.into(), "teas.csv", &[texts()]).await
}

async fn tea(world: &World, id: i64) -> Record {
    world.engine.get(&world.r, &boss(), id).await.unwrap()
}

#[tokio::test]
async fn a_cell_is_never_calculated() {
    let world = World::new().await;
    for (title, price) in [("=1+1", -500), ("@SUM(A1)", 1), ("-2+3", 2), ("a, \"b\"", 3), ("茶", 4)] {
        world.create(json!({"title": title, "status": "open", "price": price})).await.unwrap();
    }
    let csv = String::from_utf8(export(&world, Format::Csv, "title,price,status,open").await).unwrap();
    let expected = "\u{feff}id,名称,价格,status,open\r\n3,\"'-2+3\",0.02,在售,是\r\n1,\"'=1+1\",-5.00,在售,是\r\n\
                    2,\"'@SUM(A1)\",0.01,在售,是\r\n4,\"a, \"\"b\"\"\",0.03,在售,是\r\n5,茶,0.04,在售,是\r\n";
    assert_eq!(csv, expected);
    let book = export(&world, Format::Xlsx, "title,price").await;
    let rows = sheet::read(&book.into(), 100).unwrap();
    assert_eq!(rows[0].1, ["id", "名称", "价格"]);
    assert_eq!(rows[2], (3, vec!["1".into(), "=1+1".into(), "-5".into()]));
    // Brought back as it went out, nothing changes.
    let report = check(&world, csv).await.unwrap();
    assert_eq!((report.same, report.id, report.faulty), (5, None, vec![]));
}

#[tokio::test]
async fn nothing_secret_is_in_an_export_and_it_takes_its_permission() {
    let world = World::new().await;
    world.create(json!({"title": "t", "status": "open", "keeper": "correct horse"})).await.unwrap();
    let csv = String::from_utf8(export(&world, Format::Csv, "").await).unwrap();
    assert!(csv.contains("weight") && !csv.contains("keeper") && !csv.contains("hash of"), "{csv}");
    let refused = world.engine.export(&world.r, &only("teas.view"), &ListQuery::default(), Format::Csv, texts());
    assert!(matches!(refused.err(), Some(Error::Forbidden(it)) if it == "teas.export"));
}

#[tokio::test]
async fn an_export_goes_beyond_one_batch_and_keeps_the_order() {
    let world = World::new().await;
    let rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) \
                INSERT INTO teas (title, status, open, price, version, created_at, updated_at, shop_id) \
                SELECT 't', 'open', TRUE, CASE WHEN i % 3 = 0 THEN NULL ELSE i % 7 END, 1, 0, 0, 1 FROM n";
    world.sql(rows).await;
    let query = ListQuery::from_pairs([("sort".to_owned(), "-price".to_owned())]).unwrap();
    let stream = world.engine.export(&world.r, &boss(), &query, Format::Xlsx, texts()).unwrap();
    let parts: Vec<Bytes> = stream.try_collect().await.unwrap();
    let rows = sheet::read(&parts.concat().into(), 5_000).unwrap();
    let mut ids: Vec<i64> = rows[1..].iter().map(|(_, cells)| cells[0].parse().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, (1..=2500).collect::<Vec<_>>());
    assert!(rows[1].1.contains(&"0.06".to_owned()) && !rows[2500].1.contains(&"0.06".to_owned()));
}

#[test]
fn a_full_sheet_goes_on_on_another() {
    let mut book = super::xlsx::Workbook::with_rows(vec!["head".into()], 3).unwrap();
    for at in 0..5 {
        book.row(vec![super::cell::Cell::Number(at.to_string())]).unwrap();
    }
    let mut bytes = book.take();
    bytes.extend(book.finish().unwrap());
    let mut book = calamine::Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let sizes: Vec<_> = book.worksheets().into_iter().map(|(name, cells)| (name, cells.height())).collect();
    assert_eq!(sizes, [("Sheet1".into(), 3), ("Sheet2".into(), 3), ("Sheet3".into(), 2)]);
}

#[tokio::test]
async fn a_file_is_checked_applied_and_undone() {
    let world = World::new().await;
    world.sql("INSERT INTO origins (id, name) VALUES (7, '杭州')").await;
    let (one, two) = (world.tea("one").await, world.tea("two").await);
    let file = format!(
        "ID,名称,价格,状态,STATUS,产地,tags,open\n{},one,12.50,x,停售,杭州,\"new,rare\",否\n{},two,,,在售,,,\n,新茶,3,,open,#7,,是\n",
        one.id, two.id
    );
    let report = check(&world, file.clone()).await.unwrap();
    assert_eq!((report.same, report.new.len(), report.changed.len()), (1, 1, 1), "{report:?}");
    assert_eq!(report.ignored, ["状态"]);
    let change = &report.changed[0];
    assert_eq!((change.line, change.id), (2, one.id));
    assert_eq!(
        json!(change.before),
        json!({"status": "open", "price": null, "open": true, "tags": [], "origin_id": null}).pick(&change.before)
    );
    assert_eq!(
        (&change.after["price"], &change.after["status"], &change.after["origin_id"]),
        (&json!(1250), &json!("closed"), &json!(7))
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM teas").await, 2, "nothing is changed yet");

    let id = report.id.unwrap();
    let applied = world.engine.import_apply(&world.r, &boss(), id).await.unwrap();
    assert_eq!(applied, Applied { created: 1, changed: 1 });
    let changed = tea(&world, one.id).await;
    assert_eq!(
        (changed.get("price"), changed.get("open"), changed.get("tags")),
        (&json!(1250), &json!(false), &json!(["new", "rare"]))
    );
    assert_eq!(world.number("SELECT origin_id FROM teas WHERE title = '新茶'").await, 7);
    assert!(
        matches!(world.engine.import_apply(&world.r, &boss(), id).await, Err(Error::Refused(key, _)) if key == "import.done")
    );
    let actions: Vec<String> = world.store.audited.lock().unwrap().iter().map(|it| it.0.clone()).collect();
    assert_eq!(actions, ["teas.create", "teas.create", "teas.edit", "teas.create"]);

    let undone = world.engine.import_undo(&world.r, &boss(), id).await.unwrap();
    assert_eq!(undone, Undone { deleted: 1, restored: 1 });
    let restored = tea(&world, one.id).await;
    assert_eq!(
        (restored.get("price"), restored.get("open"), restored.get("origin_id")),
        (&json!(null), &json!(true), &json!(null))
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM teas WHERE deleted_at IS NULL").await, 2);
    assert!(matches!(world.engine.import_undo(&world.r, &boss(), id).await, Err(Error::Refused(..))));
    assert_eq!(world.engine.imports(&world.r, &boss()).await.unwrap()[0].status, "undone");
}

#[tokio::test]
async fn every_faulty_line_is_named_and_nothing_is_applied() {
    let world = World::new().await;
    let tea = world.create(json!({"title": "t", "status": "open", "sku": "A"})).await.unwrap();
    let file = format!(
        "id,title,price,status,sku,origin_id\n999,x,1,open,,\n,,1,open,,\n,y,cheap,burnt,,\n,z,1,open,A,\n,u,1,open,B,\n,v,1,open,B,\n\
         {0},t,1,open,A,\n{0},t,2,open,A,\n,w,1,open,,Nowhere\nx,w,1,open,,\n",
        tea.id
    );
    let report = check(&world, file).await.unwrap();
    let faults: Vec<(u64, Vec<String>)> = report
        .faulty
        .iter()
        .map(|it| (it.line, it.problems.iter().map(|problem| format!("{} {}", problem.field, problem.key)).collect()))
        .collect();
    let said =
        |line: u64| faults.iter().find(|fault| fault.0 == line).map(|fault| fault.1.join("; ")).unwrap_or_default();
    assert_eq!(said(2), "id import.no_record");
    assert_eq!(said(3), "title rules.required");
    assert!(said(4).contains("price ") && said(4).contains("status "), "{faults:?}");
    assert_eq!(said(5), "sku rules.unique");
    assert_eq!(said(6), "");
    assert_eq!(said(7), "sku rules.unique");
    assert_eq!(said(9), "id import.same_record");
    assert_eq!(said(10), "origin_id import.unclear");
    assert_eq!(said(11), "id import.no_record");
    assert_eq!(report.id, None);
    assert_eq!(world.number("SELECT COUNT(*) FROM imports").await, 0);
}

#[tokio::test]
async fn one_line_that_fails_takes_the_others_back() {
    let world = World::with(|teas| {
        teas.after(|change| {
            async move {
                if change.values.text("title") == "bad" {
                    return Err(Error::Refused("teas.bad".into(), Vec::new()));
                }
                Ok(())
            }
            .boxed()
        })
    })
    .await;
    let id = check(&world, "title,status\ngood,open\nbad,open\n").await.unwrap().id.unwrap();
    assert!(
        matches!(world.engine.import_apply(&world.r, &boss(), id).await, Err(Error::Refused(key, _)) if key == "teas.bad")
    );
    assert_eq!(world.number("SELECT COUNT(*) FROM teas").await, 0);
    assert_eq!(world.number("SELECT COUNT(*) FROM imports WHERE status = 'checked'").await, 1);
}

#[tokio::test]
async fn what_somebody_changed_meanwhile_is_not_overwritten() {
    let world = World::new().await;
    let tea = world.tea("one").await;
    let id = check(&world, format!("id,title\n{},two\n", tea.id)).await.unwrap().id.unwrap();
    world.update(tea.id, 1, json!({"price": 5})).await.unwrap();
    let refused = world.engine.import_apply(&world.r, &boss(), id).await;
    assert!(
        matches!(&refused, Err(Error::Refused(key, args)) if key == "import.changed" && args[0].1 == "2"),
        "{refused:?}"
    );
    let id = check(&world, format!("id,title\n{},two\n,three\n", tea.id).replace("\n,", "\n,")).await.unwrap();
    // The new line lacks nothing but its status, which has a default.
    let id = id.id.unwrap();
    world.engine.import_apply(&world.r, &boss(), id).await.unwrap();
    world.update(tea.id, 3, json!({"price": 6})).await.unwrap();
    let refused = world.engine.import_undo(&world.r, &boss(), id).await;
    let named = tea.id.to_string();
    assert!(matches!(&refused, Err(Error::Refused(key, args)) if key == "import.changed_since" && args[0].1 == named));
    assert_eq!(world.number("SELECT COUNT(*) FROM teas WHERE deleted_at IS NULL").await, 2, "nothing is undone");
}

#[tokio::test]
async fn an_import_needs_all_the_permissions_of_what_it_does() {
    let world = World::new().await;
    let by = only("teas.import");
    let file = Bytes::from("title,status\nx,open\n");
    let refused = world.engine.import_check(&world.r, &by, file, "x.csv", &[texts()]).await;
    assert!(matches!(refused, Err(Error::Forbidden(it)) if it == "teas.create"));
    let id = check(&world, "title,status\nx,open\n").await.unwrap().id.unwrap();
    let other = crate::Actor::new("staff", Some(8), "other", |_| true);
    assert!(matches!(world.engine.import_apply(&world.r, &other, id).await, Err(Error::NotFound)));
    let input = Input::from_json(json!({"title": "x"})).unwrap();
    assert!(world.engine.create(&world.r, &by, &input).await.is_err());
}

#[test]
fn files_are_read_as_people_save_them() {
    let gbk: Vec<u8> = encoding_rs::GB18030.encode("名称,价格\n龙井,1\n").0.into_owned();
    let read = |bytes: Vec<u8>| sheet::read(&bytes.into(), 3);
    assert_eq!(read(gbk).unwrap()[1].1, ["龙井", "1"]);
    assert_eq!(
        read("\u{feff}a;b\n1;2\n\n;\n".into()).unwrap(),
        [(1, vec!["a".into(), "b".into()]), (2, vec!["1".into(), "2".into()])]
    );
    assert_eq!(read("a\n\"x\ny\"\nz\n".into()).unwrap()[2].0, 4, "lines are the file's");
    let refused = |bytes: Vec<u8>| at_fault(read(bytes))[0].1.clone();
    assert_eq!(refused(Vec::new()), "import.empty");
    assert_eq!(refused("a\n1\n2\n3\n4\n".into()), "import.too_many");
    assert_eq!(refused(vec![0xff, 0xff, 0xff]), "import.encoding");
    assert_eq!(refused(b"a,\0b".to_vec()), "import.kind");
    assert_eq!(refused(b"PK\x03\x04 not really".to_vec()), "import.broken");
    assert_eq!(refused("a,".repeat(300).into()), "import.too_wide");
    assert_eq!(refused(vec![b'a'; sheet::LARGEST_FILE + 1]), "import.too_large");
}

#[test]
fn a_bomb_is_not_unpacked() {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("xl/worksheets/sheet1.xml", zip::write::SimpleFileOptions::default()).unwrap();
    let megabyte = vec![b' '; 1 << 20];
    for _ in 0..201 {
        archive.write_all(&megabyte).unwrap();
    }
    let bytes = archive.finish().unwrap().into_inner();
    assert!(bytes.len() < 1 << 20);
    assert_eq!(at_fault(sheet::read(&bytes.into(), 3))[0].1, "import.unpacked");
}

/// A workbook of one line with a text, its parts changed by `change`.
fn workbook(change: impl Fn(&str, String) -> String) -> Bytes {
    let mut book = super::xlsx::Workbook::new(vec!["title".into()]).unwrap();
    book.row(vec![super::cell::Cell::Text("x".into())]).unwrap();
    let mut bytes = book.take();
    bytes.extend(book.finish().unwrap());
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut copy = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let mut put = |name: &str, text: String| {
        copy.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        copy.write_all(change(name, text).as_bytes()).unwrap();
    };
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut entry, &mut text).unwrap();
        put(&entry.name().unwrap(), text);
    }
    put("xl/sharedStrings.xml", String::new());
    copy.finish().unwrap().into_inner().into()
}

#[test]
fn a_cell_far_away_makes_no_room_for_those_between() {
    let far = |name: &str, text: String| match name {
        "xl/sharedStrings.xml" => shared("=\"1\"", "x"),
        _ => text.replace("<row r=\"2\"><c r=\"A2\"", "<row r=\"1048576\"><c r=\"A1048576\""),
    };
    let rows = sheet::read(&workbook(far), 3).unwrap();
    assert_eq!(rows[1], (1_048_576, vec!["x".into()]));
}

fn shared(count: &str, text: &str) -> String {
    format!("<sst xmlns=\"x\" uniqueCount{count}><si><t>{text}</t></si></sst>")
}

#[test]
fn room_is_made_for_the_texts_that_there_are() {
    let with = |count: &'static str| {
        sheet::read(
            &workbook(move |name, text| if name.ends_with("Strings.xml") { shared(count, "x") } else { text }),
            3,
        )
    };
    assert_eq!(with("=\"1\"").unwrap()[1].1, ["x"]);
    // Neither a petabyte nor a lie that is written another way.
    for lie in
        ["=\"100000000000000\"", "  =\n '900000000'", "=\"99999999999999999999999\"", "=\"1\" uniqueCount=\"9000\""]
    {
        assert_eq!(at_fault(with(lie))[0].1, "import.broken", "{lie}");
    }
    assert_eq!(at_fault(with("=\"1\"\0"))[0].1, "import.broken");
}

#[test]
fn a_text_that_every_cell_names_is_no_bomb() {
    let bomb = workbook(|name, text| match name {
        "xl/sharedStrings.xml" => shared("=\"1\"", &"x".repeat(60_000)),
        "xl/worksheets/sheet1.xml" => {
            let cells = "<c t=\"s\"><v>0</v></c>".repeat(20);
            text.replace("</row></sheetData>", &format!("</row><row r=\"3\">{cells}</row></sheetData>"))
        }
        _ => text,
    });
    assert!(bomb.len() < 10_000);
    assert_eq!(at_fault(sheet::read(&bomb, 3))[0].1, "import.unpacked");
}

trait Pick {
    fn pick(&self, like: &serde_json::Map<String, serde_json::Value>) -> serde_json::Value;
}

impl Pick for serde_json::Value {
    /// The members that `like` has, too.
    fn pick(&self, like: &serde_json::Map<String, serde_json::Value>) -> serde_json::Value {
        let members = like.keys().filter_map(|name| Some((name.clone(), self.get(name)?.clone())));
        serde_json::Value::Object(members.collect())
    }
}
