use puzi_shop::{
    Error, Result,
    accounts::Reach,
    agents::{AgentEdit, Agents, NewAgent},
    uploads::{Uploads, Wanted},
};

use crate::common::{APPID, World};
use crate::desk::{another_node, asked, by};

const ADD: &str = "/customservice/kfaccount/add";

fn new(kf_account: &str, nickname: &str) -> NewAgent {
    NewAgent { kf_account: kf_account.into(), nickname: nickname.into() }
}

/// The fields that were refused, with their messages' keys.
fn refused<T: std::fmt::Debug>(done: Result<T>) -> Vec<(String, &'static str)> {
    match done {
        Err(Error::Invalid(problems)) => problems.into_iter().map(|problem| (problem.field, problem.key)).collect(),
        other => panic!("{other:?}"),
    }
}

fn only(field: &str, key: &'static str) -> Vec<(String, &'static str)> {
    vec![(field.to_owned(), key)]
}

struct Desk {
    world: World,
    agents: Agents,
    uploads: Uploads,
    _folder: tempfile::TempDir,
}

impl Desk {
    async fn open() -> Self {
        let world = World::new().await;
        let (registry, _) = another_node(&world).await;
        let folder = tempfile::tempdir().unwrap();
        let uploads = Uploads::new(world.db.clone(), folder.path().to_owned()).unwrap();
        Self { agents: Agents::new(&world.db, &registry), world, uploads, _folder: folder }
    }

    async fn create(&self, agent: NewAgent) -> Result<i64> {
        self.agents.create(&by(), &Reach::All, self.world.account.id, agent).await
    }

    async fn edit(&self, id: i64, edit: AgentEdit) -> Result<()> {
        self.agents.edit(&by(), &Reach::All, id, None, edit, &self.uploads).await
    }
}

#[tokio::test]
async fn what_wechat_would_refuse_is_said_before() {
    let desk = Desk::open().await;
    assert_eq!(refused(desk.create(new("tea1", "小茶")).await), only("kf_account", "agents.no_suffix"));
    for (given, key) in [
        ("teateateatea@gh_tea", "agents.bad_prefix"),
        ("茶@gh_tea", "agents.bad_prefix"),
        ("@gh_tea", "agents.bad_prefix"),
        ("tea1@", "agents.bad_suffix"),
        ("tea1@gh tea", "agents.bad_suffix"),
    ] {
        assert_eq!(refused(desk.create(new(given, "小茶")).await), only("kf_account", key), "{given}");
    }
    assert_eq!(refused(desk.create(new("a@b", &"茶".repeat(17))).await), only("nickname", "agents.long_nickname"));
    assert_eq!(refused(desk.create(new("a@b", " ")).await), only("nickname", "agents.no_nickname"));
    assert_eq!(asked(&desk.world, ADD), 0, "nothing was sent");

    desk.create(new("tea1@gh_tea", "小茶")).await.unwrap();
    let second = desk.create(new("tea2", &"茶".repeat(16))).await.unwrap();
    assert_eq!(desk.agents.get(&Reach::All, second).await.unwrap().kf_account, "tea2@gh_tea");
    assert_eq!(refused(desk.create(new("tea1", "小茶")).await), only("kf_account", "agents.taken"));
    let foreign = desk.agents.get(&Reach::of([desk.world.account.id + 1]), second).await;
    assert!(matches!(foreign, Err(Error::NotFound)));
    let foreign = desk.agents.create(&by(), &Reach::none(), desk.world.account.id, new("x@y", "n")).await;
    assert!(matches!(foreign, Err(Error::NotFound)));
}

#[tokio::test]
async fn the_hundred_and_first_is_refused_without_asking() {
    let desk = Desk::open().await;
    let (_, live) = another_node(&desk.world).await;
    for n in 0..100 {
        live.client.service().add(&format!("t{n}@gh_tea"), "茶", None).await.unwrap();
    }
    assert!(desk.agents.mirror(&Reach::All, desk.world.account.id).await.unwrap(), "there are new ones");
    assert!(!desk.agents.mirror(&Reach::All, desk.world.account.id).await.unwrap(), "and then there are none");
    assert_eq!(refused(desk.create(new("more", "茶")).await), only("kf_account", "agents.full"));
    assert_eq!(asked(&desk.world, ADD), 100);
}

#[tokio::test]
async fn a_making_whose_answer_was_lost_is_found_in_wechats_list() {
    let desk = Desk::open().await;
    desk.world.wechat.faults().update(|faults| _ = faults.api_lost.insert(ADD.into(), 1));
    let id = desk.create(new("tea1@gh_tea", "小茶")).await.unwrap();
    assert_eq!(desk.agents.get(&Reach::All, id).await.unwrap().nickname, "小茶");
    assert_eq!(desk.agents.list(&Reach::All, desk.world.account.id).await.unwrap().len(), 1);
    // Another one's of that name is no success.
    desk.world.wechat.faults().update(|faults| _ = faults.refuse.insert(ADD.into(), -1));
    assert!(desk.create(new("tea2", "小茶")).await.is_err());
    assert_eq!(desk.agents.list(&Reach::All, desk.world.account.id).await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_several_changes_the_refused_one_is_named_and_the_others_stay() {
    let desk = Desk::open().await;
    let id = desk.create(new("tea1@gh_tea", "小茶")).await.unwrap();
    let picture = {
        let mut png = std::io::Cursor::new(Vec::new());
        image::RgbImage::from_pixel(300, 100, image::Rgb([1, 2, 3]))
            .write_to(&mut png, image::ImageFormat::Png)
            .unwrap();
        png.into_inner()
    };
    let upload = desk.uploads.take(Wanted::Picture, "tea.png", picture, None).await.unwrap();
    let edit = |nickname: &str, invite: &str| AgentEdit {
        nickname: Some(nickname.into()),
        avatar: Some(upload.key.clone()),
        invite_wx: Some(invite.into()),
    };
    assert_eq!(
        refused(desk.edit(id, edit("大茶", "not a wechat id")).await),
        [
            ("invite_wx".to_owned(), "agents.wx_unknown"),
            ("nickname".to_owned(), "agents.done_already"),
            ("avatar".to_owned(), "agents.done_already")
        ]
    );
    desk.agents.mirror(&Reach::All, desk.world.account.id).await.unwrap();
    let agent = desk.agents.get(&Reach::All, id).await.unwrap();
    assert_eq!((agent.nickname.as_str(), agent.version), ("大茶", 1));
    assert!(!agent.avatar_url.is_empty() && agent.avatar.contains(&upload.key), "{agent:?}");

    desk.edit(id, edit("大茶", "lin_tea")).await.unwrap();
    let agent = desk.agents.get(&Reach::All, id).await.unwrap();
    assert_eq!((agent.invite_wx.as_str(), agent.invite_status.as_deref()), ("lin_tea", Some("waiting")));
    let twice = AgentEdit { invite_wx: Some("somebody_else".into()), ..AgentEdit::default() };
    assert_eq!(refused(desk.edit(id, twice).await), only("invite_wx", "agents.invited_already"));
    let stale = desk.agents.edit(&by(), &Reach::All, id, Some(1), AgentEdit::default(), &desk.uploads).await;
    assert!(matches!(stale, Err(Error::Stale)), "{stale:?}");
    let none = AgentEdit { avatar: Some("0".repeat(32)), ..AgentEdit::default() };
    assert!(desk.edit(id, none).await.is_err());
}

#[tokio::test]
async fn one_that_is_deleted_goes_and_comes_back_with_wechats_list() {
    let desk = Desk::open().await;
    let id = desk.create(new("tea1@gh_tea", "小茶")).await.unwrap();
    desk.agents.delete(&by(), &Reach::All, id).await.unwrap();
    assert!(desk.agents.list(&Reach::All, desk.world.account.id).await.unwrap().is_empty());
    desk.agents.delete(&by(), &Reach::All, id).await.unwrap();
    let again = desk.create(new("tea1@gh_tea", "小茶")).await.unwrap();
    assert_eq!(again, id, "the same one");
    // Deleted in WeChat's own desk.
    let (_, live) = another_node(&desk.world).await;
    live.client.service().delete("tea1@gh_tea", None).await.unwrap();
    desk.agents.mirror(&Reach::All, desk.world.account.id).await.unwrap();
    assert!(desk.agents.get(&Reach::All, id).await.unwrap().deleted_at.is_some());
    let gone = desk.agents.qr(&by(), &Reach::All, id).await;
    assert!(matches!(gone, Err(Error::NotNow(_))), "{gone:?}");
}

#[tokio::test]
async fn two_who_ask_for_a_code_at_once_get_one_and_one_rule() {
    let desk = Desk::open().await;
    let id = desk.create(new("tea1@gh_tea", "小茶")).await.unwrap();
    let (registry, _) = another_node(&desk.world).await;
    let other = Agents::new(&desk.world.db, &registry);
    let person = by();
    let (one, two) = tokio::join!(desk.agents.qr(&person, &Reach::All, id), other.qr(&person, &Reach::All, id));
    assert_eq!(one.unwrap(), two.unwrap());
    let rules = "SELECT COUNT(*) AS n FROM reply_rules";
    assert_eq!(desk.world.count(rules).await, 1);
    desk.agents.qr(&by(), &Reach::All, id).await.unwrap();
    assert_eq!(desk.world.count(rules).await, 1);

    // Who scans it is handed over to this agent.
    desk.world.node_catches_up().await;
    let fan = desk.world.fan().await;
    let scanned = fan.scan("agent-tea1").await;
    assert!(scanned.accepted(), "{scanned:?}");
    assert!(format!("{scanned:?}").contains("tea1@gh_tea"), "{scanned:?}");
    assert_eq!(desk.world.wechat.followers(APPID).len(), 1);
}

#[tokio::test]
async fn a_desk_that_is_not_opened_is_said_as_such() {
    let desk = Desk::open().await;
    let list = "/cgi-bin/customservice/getkflist";
    desk.world.wechat.faults().update(|faults| _ = faults.refuse.insert(list.into(), 65_400));
    let closed = desk.agents.mirror(&Reach::All, desk.world.account.id).await;
    assert_eq!(refused(closed), only("kf_account", "agents.closed"));
}
