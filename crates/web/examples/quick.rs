//! temporary
use std::{sync::Arc, time::Duration};
use puzi_shop::{accounts::*, conversations::*, db::Db, replies::*, secrets::Vault};
use puzi_wechat::{Secret, envelope::Mode};
#[tokio::main]
async fn main() {
    let dir = std::path::PathBuf::from(std::env::args().nth(1).unwrap());
    let mode: Mode = std::env::args().nth(2).unwrap().parse().unwrap();
    std::fs::create_dir_all(&dir).unwrap();
    let db = Db::open_file(&dir.join("puzi.db")).await.unwrap();
    db.migrate().await.unwrap();
    let vault = Arc::new(Vault::new(&[1; 32]).unwrap());
    let accounts = Accounts::new(db.clone(), vault.clone());
    let a = accounts.add(NewAccount { slug: Some("bench".into()), name: "b".into(), appid: "wx0123456789abcdef".into(), secret: Secret::new("0123456789abcdef".into()), contact_name: String::new(), contact_phone: String::new(), contact_email: String::new(), mode, token: Some(Secret::new("benchtoken".into())), aes_key: Some(Secret::new("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG".into())), api_base: None }).await.unwrap();
    puzi_shop::replies::store::create(&db, &vault, &Guard::default(), a.id, Draft::new("d", Trigger::Default, Answer::text("hello"))).await.unwrap();
    let registry = Registry::load(db.clone(), vault, "Asia/Shanghai", Duration::from_secs(600)).await.unwrap();
    let conversations = Conversations::start(db.clone(), registry.clone(), Webhooks::new(Guard::default()), dir.join("journal"), Timing::default()).unwrap();
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder().unwrap();
    let l = tokio::net::TcpListener::bind("127.0.0.1:7070").await.unwrap();
    let stop = tokio_util::sync::CancellationToken::new();
    let app = puzi_web::App { registry, conversations, db, metrics };
    puzi_web::serve(l, puzi_web::router(app, true), stop).await.unwrap();
}
