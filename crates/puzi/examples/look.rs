#![allow(clippy::unwrap_used, missing_docs, clippy::print_stdout)]
#[path = "../tests/admin_resources/teas.rs"]
mod teas;
use puzi::{commands::serve::{Listeners, Server}, settings::Settings};
use puzi_shop::{audit::Actor, staff::Staff, texts::Locale};
use sea_orm::ConnectionTrait;
use std::sync::Arc;
#[tokio::main]
async fn main() {
    let dir: std::path::PathBuf = std::env::args().nth(1).unwrap().into();
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    let settings = Settings { data: dir, listen: "127.0.0.1:8199".parse().unwrap(), ..Settings::default() };
    let place = settings.open().await.unwrap();
    teas::make_tables(&place.db).await;
    let staff = Staff::new(place.db.clone(), Arc::new(settings.vault().unwrap()));
    staff.create_first_owner(&Actor::cli("test"), "owner", "王掌柜", puzi_wechat::Secret::new("steep-the-leaves-twice".into()), Locale::ZhCn).await.unwrap();
    for (at, name) in ["西湖龙井 明前特级", "洞庭碧螺春", "Keemun Hao Ya A", "正山小种", "安溪铁观音 浓香", "云南滇红金芽", "福鼎白牡丹", "黄山毛峰", "君山银针", "武夷大红袍"].iter().enumerate() {
      for n in 0..4_i64 {
        let sql = format!("INSERT INTO teas (name, code, price, organic, season, roast, flavours, garden_id, stock, on_sale_at, version, created_at, updated_at, picked, mail, site, colour, note) VALUES ('{name}{}', 'TE-{at}{n}', {}, {}, '{}', 'light', '[\"nutty\"]', {}, {}, {}, 1, 1763000000000, 1763000000000, '2026-04-0{}', 'tea@example.com', 'https://example.com/{at}', '#07c160', '清明前采摘，一芽一叶。')", if n==0 {String::new()} else {format!(" {n}号")}, 1990 * (at as i64+1) + n, if at % 2 == 0 {"true"} else {"false"}, if at % 3 == 0 {"spring"} else {"autumn"}, at % 2 + 1, at as i64*n*7, 1795330000000_i64 - (at as i64)*86_400_000*3, at % 9 + 1);
        place.db.read().execute_unprepared(&sql).await.unwrap();
      }
    }
    place.db.read().execute_unprepared("INSERT INTO tea_sizes (tea_id, title, price, position) SELECT id, '50 g', 9900, 0 FROM teas").await.unwrap();
    let listeners = Listeners::take(&settings).await.unwrap();
    let server = Server::prepare(&settings, listeners, tokio_util::sync::CancellationToken::new(), teas::declared).await.unwrap();
    println!("ready");
    server.serve().await.unwrap();
}
