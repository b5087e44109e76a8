//! What cannot be brought about from outside: a rule that panics.

use puzi_wechat::{Secret, envelope::Query, signature};

use super::*;
use crate::{
    accounts::{NewAccount, Registry},
    conversations::{Timing, tail},
    db::Db,
    replies::webhook::{Guard, Webhooks},
    secrets::Vault,
};

const PUSH: &str = "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>1767225600</CreateTime>\
                    <MsgType>text</MsgType><Content>在吗</Content><MsgId>42</MsgId></xml>";

fn account() -> NewAccount {
    NewAccount {
        slug: Some("tea".into()),
        ..NewAccount::plain("茶铺", "wx0123456789abcdef", Secret::new("0123456789abcdef0123456789abcdef".into()))
    }
}

fn received(live: &LiveAccount) -> Received {
    let now = now_ms() / 1000;
    let (at, token) = (now.to_string(), live.account.token.expose());
    let query = format!("signature={}&timestamp={at}&nonce=n", signature::sign(&[token, &at, "n"]));
    live.receiver.open(&Query::parse(&query), PUSH.as_bytes(), now).unwrap()
}

#[tokio::test]
async fn a_rule_that_panics_takes_neither_the_message_nor_wechats_success_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open_file(&folder.path().join("puzi.db")).await.unwrap();
    db.migrate().await.unwrap();
    let vault = Arc::new(Vault::new(&[7; 32]).unwrap());
    let registry = Registry::load(db.clone(), vault, "Asia/Shanghai", Duration::from_secs(600)).await.unwrap();
    registry.accounts().add(account()).await.unwrap();
    registry.refresh().await.unwrap();
    let live = registry.find("tea").unwrap();
    let webhooks = Webhooks::new(Guard::allowing(["127.0.0.1"]).unwrap());
    let journal = folder.path().join("journal");
    let conversations = Conversations::start(db.clone(), registry, webhooks, journal, Timing::default()).unwrap();

    let first = conversations.receive_by(&live, received(&live), |_, _, _, _| panic!("a rule panics")).await.unwrap();
    assert_eq!(first.reply, Reply::Nothing);
    let entries = tail(&db, None, None, 10).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!((entries[0].summary.as_str(), entries[0].answer_state.as_str()), ("在吗", "failed"));

    // The rule is mended: a repeated delivery hears what the first one heard.
    let second = conversations.receive(&live, received(&live)).await.unwrap();
    assert!(second.repeat && !first.repeat);
    assert_eq!((&second.reply, second.at, second.state), (&first.reply, first.at, first.state));
    assert_eq!(tail(&db, None, None, 10).await.unwrap().len(), 1);
}
