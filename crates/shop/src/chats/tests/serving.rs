//! Sessions of customer service: opened, ended and handed over by several at once, with agents who go away meanwhile.

use std::collections::BTreeMap;

use super::*;
use crate::{
    Error,
    accounts::Reach,
    audit::Actor,
    chats::sessions::{Session, State},
    jobs::{self, Kinds},
};

/// WeChat's desk: who is at work, who serves whom.
#[derive(Default)]
struct Desk {
    online: Vec<String>,
    sessions: BTreeMap<String, String>,
    waiting: Vec<String>,
    calls: Vec<String>,
    /// So many calls of this kind are made before the agent goes home: path, agent.
    leaves_after: Option<(&'static str, String)>,
    /// The answer to the next call that ends with this is lost, though it happened.
    loses: Option<&'static str>,
}

const AGENTS: [&str; 2] = ["ming@tea", "hong@tea"];

impl Desk {
    fn answer(&mut self, path: &str, request: &Request) -> ResponseTemplate {
        let name = path.rsplit('/').next().unwrap_or_default().to_owned();
        self.calls.push(name.clone());
        let body: Json = serde_json::from_slice(&request.body).unwrap_or_default();
        let openid = body["openid"].as_str().map(str::to_owned);
        let query: BTreeMap<_, _> = request.url.query_pairs().into_owned().collect();
        let agent = body["kf_account"].as_str().unwrap_or_default().to_owned();
        let no = |errcode: i64| json!({"errcode": errcode, "errmsg": "no"});
        let yes = json!({"errcode": 0, "errmsg": "ok"});
        let said = match name.as_str() {
            "getkflist" => {
                let all = AGENTS.map(|agent| json!({"kf_account": agent, "kf_nick": agent, "kf_id": 1, "kf_wx": "w"}));
                json!({ "kf_list": all })
            }
            "getonlinekflist" => {
                let all: Vec<_> =
                    self.online.iter().map(|agent| json!({"kf_account": agent, "status": 1, "kf_id": 1})).collect();
                json!({ "kf_online_list": all })
            }
            "getsessionlist" => {
                let mine = self.sessions.iter().filter(|(_, serves)| **serves == query["kf_account"]);
                let list: Vec<_> = mine.map(|(openid, _)| json!({"createtime": 1, "openid": openid})).collect();
                json!({ "sessionlist": list })
            }
            "getwaitcase" => {
                let list: Vec<_> =
                    self.waiting.iter().map(|openid| json!({"latest_time": 1, "openid": openid})).collect();
                json!({ "count": list.len(), "waitcaselist": list })
            }
            "getsession" => {
                let serves = self.sessions.get(&query["openid"]).cloned().unwrap_or_default();
                json!({ "createtime": 1, "kf_account": serves })
            }
            "create" => match self.sessions.get(openid.as_ref().unwrap()) {
                Some(serves) if *serves == agent => yes,
                Some(_) => no(65414),
                None if !self.online.contains(&agent) => no(65415),
                None => {
                    self.sessions.insert(openid.unwrap(), agent);
                    yes
                }
            },
            "close" => match self.sessions.get(openid.as_ref().unwrap()) {
                Some(serves) if *serves == agent => {
                    self.sessions.remove(openid.as_ref().unwrap());
                    yes
                }
                Some(_) => no(65414),
                None => no(65413),
            },
            other => panic!("{other}"),
        };
        if let Some((call, agent)) = self.leaves_after.clone()
            && call == name
        {
            self.online.retain(|one| agent != "*" && *one != agent);
        }
        if self.loses.take_if(|call| *call == name).is_some() {
            // The connection ends in the middle of the answer.
            return ResponseTemplate::new(200).insert_header("content-length", "1000").set_body_json(said);
        }
        ResponseTemplate::new(200).set_body_json(said)
    }
}

async fn at_desk() -> (World, Arc<Mutex<Desk>>) {
    let world = World::new().await;
    let desk = Arc::new(Mutex::new(Desk { online: AGENTS.map(str::to_owned).to_vec(), ..Desk::default() }));
    for path_of in [
        "/cgi-bin/customservice/getkflist",
        "/cgi-bin/customservice/getonlinekflist",
        "/customservice/kfsession/getsessionlist",
        "/customservice/kfsession/getwaitcase",
        "/customservice/kfsession/getsession",
        "/customservice/kfsession/create",
        "/customservice/kfsession/close",
    ] {
        let desk = desk.clone();
        Mock::given(path(path_of))
            .respond_with(move |request: &Request| desk.lock().unwrap().answer(path_of, request))
            .mount(&world._wechat)
            .await;
    }
    (world, desk)
}

fn by() -> Actor {
    Actor::staff(1, "小明")
}

impl World {
    async fn session(&self) -> Session {
        self.chats.session(&Reach::All, self.account_id, OPENID).await.unwrap().expect("a session")
    }

    async fn open_with(&self, agent: &str, version: i64) -> crate::Result<()> {
        self.chats.open(&by(), &Reach::All, self.account_id, OPENID, agent, version).await
    }

    async fn hand_to(&self, agent: &str, version: i64) -> crate::Result<()> {
        self.chats.hand_over(&by(), &Reach::All, self.account_id, OPENID, agent, version).await
    }

    /// Does the job once, as a runner would.
    async fn move_on(&self) {
        let handler = self.chats.jobs(Kinds::new()).into_handler();
        let stop = CancellationToken::new();
        let running = tokio::spawn(jobs::run_only(self.db.clone(), &["session.move"], handler, stop.clone()));
        for _ in 0..200 {
            tokio::time::sleep(Duration::from_millis(20)).await;
            if self.number("SELECT COUNT(*) AS n FROM jobs WHERE state <> 'dead'").await == 0 {
                break;
            }
            self.run("UPDATE jobs SET run_at = 0 WHERE last_error IS NOT NULL AND run_at > 0").await;
        }
        stop.cancel();
        running.await.unwrap();
    }
}

fn reason(error: Error) -> &'static str {
    match error {
        Error::NotNow(problem) => problem.key,
        Error::Stale => "stale",
        Error::NotFound => "not found",
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn one_is_served_by_one_agent_and_ended_as_often_as_asked() {
    let (world, desk) = at_desk().await;
    world.open_with("ming@tea", 0).await.unwrap();
    let session = world.session().await;
    assert_eq!((session.state(), session.kf_account.as_str()), (State::Open, "ming@tea"));
    assert_eq!(reason(world.open_with("hong@tea", 0).await.unwrap_err()), "stale");
    assert_eq!(reason(world.open_with("hong@tea", session.version).await.unwrap_err()), "chats.served_by");
    let nobody = Reach::none();
    let other = world.chats.open(&by(), &nobody, world.account_id, OPENID, "ming@tea", session.version).await;
    assert_eq!(reason(other.unwrap_err()), "not found");
    // It ended at WeChat meanwhile.
    desk.lock().unwrap().sessions.clear();
    world.chats.close(&by(), &Reach::All, world.account_id, OPENID, session.version).await.unwrap();
    let closed = world.session().await;
    assert_eq!(closed.state(), State::Closed);
    world.chats.close(&by(), &Reach::All, world.account_id, OPENID, closed.version).await.unwrap();
    desk.lock().unwrap().online.clear();
    assert_eq!(reason(world.open_with("ming@tea", closed.version).await.unwrap_err()), "chats.agent_away");
}

#[tokio::test]
async fn of_two_who_hand_over_at_once_one_is_told_that_it_changed() {
    let (world, desk) = at_desk().await;
    world.open_with("ming@tea", 0).await.unwrap();
    let version = world.session().await.version;
    let (one, other) = tokio::join!(world.hand_to("hong@tea", version), world.hand_to("hong@tea", version));
    let refused: Vec<_> = [one, other].into_iter().filter_map(Result::err).map(reason).collect();
    assert_eq!(refused, ["stale"]);
    assert_eq!(world.session().await.state(), State::Moving);
    assert_eq!(
        reason(world.hand_to("hong@tea", world.session().await.version).await.unwrap_err()),
        "chats.nobody_serves"
    );
    world.move_on().await;
    let session = world.session().await;
    assert_eq!((session.state(), session.kf_account.as_str()), (State::Open, "hong@tea"));
    assert_eq!(desk.lock().unwrap().sessions[OPENID], "hong@tea");
}

#[tokio::test]
async fn one_who_goes_away_between_asking_and_taking_leaves_it_with_the_first() {
    let (world, desk) = at_desk().await;
    world.open_with("ming@tea", 0).await.unwrap();
    world.hand_to("hong@tea", world.session().await.version).await.unwrap();
    desk.lock().unwrap().leaves_after = Some(("close", "hong@tea".into()));
    world.move_on().await;
    let session = world.session().await;
    assert_eq!((session.state(), session.kf_account.as_str()), (State::Open, "ming@tea"));
    assert_eq!(desk.lock().unwrap().sessions[OPENID], "ming@tea");
}

#[tokio::test]
async fn when_both_are_gone_nobody_has_it_and_it_is_shown() {
    let (world, desk) = at_desk().await;
    world.open_with("ming@tea", 0).await.unwrap();
    world.hand_to("hong@tea", world.session().await.version).await.unwrap();
    desk.lock().unwrap().leaves_after = Some(("close", "*".into()));
    world.move_on().await;
    let session = world.session().await;
    assert_eq!((session.state(), session.lost_by.as_deref()), (State::Waiting, Some("ming@tea")));
    // WeChat's lists know nothing of it: it is still to be seen.
    world.run("UPDATE service_sessions SET changed_at = changed_at - 60000").await;
    let board = world.chats.board(&Reach::All, world.account_id).await.unwrap();
    assert_eq!(board.waiting.len(), 1);
    desk.lock().unwrap().online.push("ming@tea".into());
    desk.lock().unwrap().leaves_after = None;
    world.open_with("ming@tea", world.session().await.version).await.unwrap();
    assert_eq!(world.session().await.lost_by, None);
}

#[tokio::test]
async fn an_answer_that_is_lost_and_a_node_that_dies_after_ending_it_go_on() {
    for loses in ["close", "create"] {
        let (world, desk) = at_desk().await;
        world.open_with("ming@tea", 0).await.unwrap();
        world.hand_to("hong@tea", world.session().await.version).await.unwrap();
        desk.lock().unwrap().loses = Some(loses);
        world.move_on().await;
        let session = world.session().await;
        assert_eq!((session.state(), session.kf_account.as_str()), (State::Open, "hong@tea"), "{loses}");
        assert_eq!(desk.lock().unwrap().sessions.len(), 1);
    }
}

#[tokio::test]
async fn the_board_is_what_wechat_says_and_old_while_it_says_nothing() {
    let (world, desk) = at_desk().await;
    {
        let mut desk = desk.lock().unwrap();
        desk.sessions.insert("oServed".into(), "hong@tea".into());
        desk.waiting.push("oWaits".into());
    }
    let board = world.chats.board(&Reach::All, world.account_id).await.unwrap();
    assert_eq!((board.open.len(), board.waiting.len(), board.waiting_count, board.agents.len()), (1, 1, 1, 2));
    let asked = desk.lock().unwrap().calls.len();
    world.chats.board(&Reach::All, world.account_id).await.unwrap();
    assert_eq!(desk.lock().unwrap().calls.len(), asked, "no more often than every ten seconds");
    desk.lock().unwrap().sessions.clear();
    desk.lock().unwrap().waiting.clear();
    world.run("UPDATE leases SET until = 0").await;
    world.run("UPDATE service_sessions SET changed_at = changed_at - 60000").await;
    let board = world.chats.board(&Reach::All, world.account_id).await.unwrap();
    assert_eq!((board.open.len(), board.waiting.len(), board.waiting_count), (0, 0, 0));
    assert!(matches!(world.chats.board(&Reach::none(), world.account_id).await, Err(Error::NotFound)));
}

/// What WeChat tells, as the intake stores it.
async fn told(world: &World, id: i64, openid: &str, event: &str, fields: &str, at: i64) {
    const SQL: &str = "INSERT INTO messages (id, account_id, openid, inbound, kind, dedup_key, summary, payload, sent_at, \
                       received_at, answer_state, answered_at, lease_until) \
                       VALUES ($1, $2, $3, TRUE, $4, $5, '', $6, $7, $7, 'none', $7, 0)";
    let payload = format!(
        "<xml><ToUserName>gh_1</ToUserName><FromUserName>{openid}</FromUserName><CreateTime>{}</CreateTime>\
         <MsgType>event</MsgType><Event>{event}</Event>{fields}</xml>",
        at / 1_000
    );
    let values: [Value; 7] = [
        id.into(),
        world.account_id.into(),
        openid.into(),
        format!("event:{event}").into(),
        id.to_be_bytes().to_vec().into(),
        payload.into(),
        at.into(),
    ];
    world.db.execute(SQL, values).await.unwrap();
    let take = async |tx: &sea_orm::DatabaseTransaction, messages: &[Full]| {
        for message in messages {
            crate::chats::sessions::take(tx, message).await?;
        }
        Ok(())
    };
    for _ in 0..500 {
        let _ = conversations::follow::step(&world.db, "sessions", crate::chats::sessions::KINDS, &take).await.unwrap();
        if has_read(&world.db, "sessions").await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the message is left");
}

#[tokio::test]
async fn events_are_followed_and_old_ones_and_those_of_a_hand_over_are_not() {
    let (world, _desk) = at_desk().await;
    let now = now_ms();
    let ming = "<KfAccount>ming@tea</KfAccount>";
    told(&world, 1, OPENID, "kf_create_session", ming, now).await;
    assert_eq!(world.session().await.state(), State::Open);
    let hong = "<FromKfAccount>ming@tea</FromKfAccount><ToKfAccount>hong@tea</ToKfAccount>";
    told(&world, 2, OPENID, "kf_switch_session", hong, now + 1).await;
    assert_eq!(world.session().await.kf_account, "hong@tea");
    // Of another agent, and from before.
    told(&world, 3, OPENID, "kf_close_session", ming, now + 2).await;
    told(&world, 4, OPENID, "kf_close_session", "<KfAccount>hong@tea</KfAccount>", now - 60_000).await;
    assert_eq!(world.session().await.state(), State::Open);
    world.run("UPDATE service_sessions SET state = 'moving', moving_to = 'ming@tea', version = version + 1").await;
    told(&world, 5, OPENID, "kf_close_session", "<KfAccount>hong@tea</KfAccount>", now + 3).await;
    assert_eq!(world.session().await.state(), State::Moving);
    // Somebody nobody knows; and one that names no agent.
    told(&world, 6, "oNobody", "kf_create_session", "", now).await;
    assert!(world.chats.session(&Reach::All, world.account_id, "oNobody").await.unwrap().is_none());
}
