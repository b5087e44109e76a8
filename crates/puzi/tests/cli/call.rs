//! `puzi call` against the simulated WeChat: what it prints, where, and with which exit code it ends.

use std::io::Write;

use serde_json::{Value, json};

use crate::world::{APPID, SECRET, World};

/// How a call ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub out: Vec<u8>,
    pub err: String,
}

impl Ended {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// `puzi call …` with `input` as standard input.
pub fn call_with(world: &World, args: &[&str], variables: &[(&str, &str)], input: &str) -> Ended {
    let mut command = world.command(&[&["call"][..], args].concat());
    let pipe = std::process::Stdio::piped;
    let mut child =
        command.envs(variables.iter().copied()).stdin(pipe()).stdout(pipe()).stderr(pipe()).spawn().unwrap();
    // A command that does not read its input may be gone before it is written.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let ended = child.wait_with_output().unwrap();
    Ended { code: ended.status.code().unwrap(), out: ended.stdout, err: String::from_utf8(ended.stderr).unwrap() }
}

fn call(world: &World, args: &[&str]) -> Ended {
    call_with(world, args, &[], "")
}

/// A call that goes well.
fn json_of(world: &World, args: &[&str]) -> Value {
    let ended = call(world, args);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
    ended.json()
}

#[tokio::test(flavor = "multi_thread")]
async fn json_goes_in_and_out() {
    let world = World::with_account();
    let (sandbox, _) = world.wechat().await;
    let fan = sandbox.new_phone(APPID);
    fan.follow().await;

    let ended = call(&world, &["GET", "cgi-bin/user/get"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    let text = String::from_utf8(ended.out.clone()).unwrap();
    assert!(text.starts_with("{\"") && text.ends_with("}\n") && text.lines().count() == 1, "{text}");
    let openid = ended.json()["data"]["openid"][0].as_str().unwrap().to_owned();
    let info = json_of(&world, &["get", "/cgi-bin/user/info", "--query", &format!("openid={openid}"), "-q", "lang=en"]);
    assert_eq!((info["openid"].as_str(), info["language"].as_str()), (Some(openid.as_str()), Some("en")));

    let menu = r#"{"button":[{"type":"click","name":"今日歌曲","key":"V1"}]}"#;
    let file = world.write("menu.json", menu);
    let create = ["POST", "cgi-bin/menu/create"];
    for body in [menu, format!("@{file}").as_str()] {
        assert_eq!(json_of(&world, &[&create[..], &[body]].concat())["errcode"], 0);
    }
    let ended = call_with(&world, &[&create[..], &["-"]].concat(), &[], &menu.replace("今日歌曲", "明日歌曲"));
    assert_eq!(ended.code, 0, "{ended:?}");
    assert_eq!(json_of(&world, &["GET", "cgi-bin/menu/get"])["menu"]["button"][0]["name"], "明日歌曲");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_account_is_the_only_one_or_the_one_that_is_named() {
    let world = World::with_account();
    let (_sandbox, _) = world.wechat().await;
    let add = ["accounts", "add", "--name", "Other", "--appid", "wx00000000000000ff", "--slug", "other"];
    world.run(&[&add[..], &["--secret", SECRET]].concat()).succeeds();
    let get = ["GET", "cgi-bin/user/get"];
    let which = call(&world, &get);
    assert_eq!(which.code, 2, "{which:?}");
    assert!(which.err.contains("tea") && which.err.contains("other"), "{which:?}");
    for name in ["tea", APPID, "茶铺"] {
        assert!(json_of(&world, &[&get[..], &["--account", name]].concat())["total"].is_number());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_database_appid_and_secret_are_enough() {
    let place = World::with_account();
    let (sandbox, _) = place.wechat().await;
    let world = World::new();
    let url = sandbox.url();
    let get = ["GET", "cgi-bin/user/get", "--appid", APPID, "--base-url", &url];
    let with = |secret: &str| call_with(&world, &get, &[("PUZI_CALL_SECRET", secret)], "");
    assert!(with(SECRET).json()["total"].is_number());
    assert!(!world.path("data").exists());

    let missing = call(&world, &get);
    assert_eq!(missing.code, 2, "{missing:?}");
    assert!(missing.err.contains("PUZI_CALL_SECRET"), "{missing:?}");
    let wrong = with("not-the-secret");
    assert_eq!((wrong.code, wrong.out.len()), (4, 0), "{wrong:?}");
    for part in ["40125", "configuration", "What to do:", "rid:"] {
        assert!(wrong.err.contains(part), "{part}: {wrong:?}");
    }
    assert!(!wrong.err.contains("not-the-secret"), "{wrong:?}");
    let chinese = call_with(&world, &[&get[..], &["--language", "zh-CN"]].concat(), &[("PUZI_CALL_SECRET", "no")], "");
    assert!(chinese.err.contains("怎么办") && chinese.err.contains("AppSecret"), "{chinese:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_and_secrets_are_stars_until_they_are_asked_for() {
    let world = World::with_account();
    let (_sandbox, _) = world.wechat().await;
    let get =
        ["GET", "cgi-bin/token", "-q", "grant_type=client_credential", "-q", "appid={appid}", "-q", "secret={secret}"];
    let hidden = json_of(&world, &get);
    assert_eq!(hidden["access_token"], "***");
    assert!(hidden["expires_in"].as_i64().unwrap() > 7_000);
    let shown = json_of(&world, &[&get[..], &["--show-secrets"]].concat());
    assert!(shown["access_token"].as_str().unwrap().len() > 10);

    let raw = call(&world, &[&get[..], &["--raw"]].concat());
    assert_eq!((raw.code, raw.json()["access_token"].as_str()), (0, Some("***")));
    assert!(raw.err.contains("--show-secrets"), "{raw:?}");

    let asked = [&get[..], &["--dry-run"]].concat();
    let request = json_of(&world, &asked);
    let url = request["url"].as_str().unwrap();
    assert!(url.contains(&format!("appid={APPID}")) && url.ends_with("secret=***"), "{url}");
    assert!(!url.contains("access_token"), "this call takes no token: {url}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_up_and_come_down() {
    let world = World::with_account();
    let (_sandbox, _) = world.wechat().await;
    let picture = world.path("照片.png");
    image::RgbImage::from_fn(300, 300, |x, y| image::Rgb([x as u8, y as u8, (x * y) as u8])).save(&picture).unwrap();
    let form = format!("media=@{}", picture.display());
    let media = json_of(&world, &["POST", "cgi-bin/media/upload", "-q", "type=image", "--form", &form]);
    let id = format!("media_id={}", media["media_id"].as_str().unwrap());

    let saved = world.path("saved.png");
    let get = ["GET", "cgi-bin/media/get", "--query", &id];
    let ended = call(&world, &[&get[..], &["--output", saved.to_str().unwrap()]].concat());
    assert_eq!((ended.code, ended.out.len()), (0, 0), "{ended:?}");
    let bytes = std::fs::read(&picture).unwrap();
    assert_eq!(std::fs::read(&saved).unwrap(), bytes);
    assert_eq!(call(&world, &[&get[..], &["--raw"]].concat()).out, bytes);

    let none = world.path("none.png");
    let nothing = ["GET", "cgi-bin/media/get", "-q", "media_id=nobodys", "-o", none.to_str().unwrap()];
    assert_eq!(call(&world, &nothing).code, 3);
    assert!(!none.exists() && !world.path("none.png.part").exists());
}

#[test]
fn a_dry_run_shows_the_request_and_sends_nothing() {
    let world = World::with_account();
    // Nothing listens there.
    world.run(&["accounts", "edit", "tea", "--api-base", "http://127.0.0.1:1"]).succeeds();
    let body = r#"{"b":1,"a":{"access_token":"T"}}"#;
    let ended = call(&world, &["POST", "cgi-bin/menu/create", body, "--dry-run", "--query", "x=a b&c"]);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
    let expected = "{\"method\":\"POST\",\"url\":\"http://127.0.0.1:1/cgi-bin/menu/create?access_token=***&x=a+b%26c\",\
                    \"body\":{\"b\":1,\"a\":{\"access_token\":\"***\"}}}\n";
    assert_eq!(String::from_utf8(ended.out).unwrap(), expected);

    let file = world.write("voice.amr", "#!AMR\n");
    let upload = ["POST", "cgi-bin/media/upload", "--form", &format!("media=@{file}"), "-f", "note=hi", "--dry-run"];
    assert_eq!(call(&world, &upload).json()["form"], json!({"media": {"bytes": 6, "file": "voice.amr"}, "note": "hi"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mistyped_path_gets_the_one_that_was_meant() {
    let world = World::with_account();
    let (_sandbox, _) = world.wechat().await;
    let ended = call(&world, &["GET", "cgi-bin/user/gett"]);
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.err.contains("did you mean /cgi-bin/user/get?"), "{ended:?}");
    let other = call(&world, &["GET", "cgi-bin/menu/create", "--dry-run"]);
    assert!(other.err.contains("POST"), "{other:?}");
}

#[test]
fn what_cannot_be_sent_is_refused_with_2() {
    let world = World::with_account();
    world.write("bad.json", "{\"button\": [}");
    for (args, says) in [
        (&["POST", "cgi-bin/menu/create", "{'button'}"][..], "no JSON"),
        (&["POST", "cgi-bin/menu/create", "@bad.json"], "bad.json"),
        (&["POST", "cgi-bin/menu/create", "@absent.json"], "absent.json"),
        (&["GET", "cgi-bin/user/get", "{}"], "--query"),
        (&["GET", "https://example.com/cgi-bin/user/get"], "--base-url"),
        (&["GET", "cgi bin"], "no path"),
        (&["PUT", "cgi-bin/user/get"], "GET or POST"),
        (&["POST", "cgi-bin/media/upload", "--form", "media=@."], "no file"),
        (&["POST", "cgi-bin/media/upload", "{}", "--form", "a=b"], "--form"),
        (&["GET", "cgi-bin/user/get", "--query", "x"], "NAME=VALUE"),
        (&["GET", "cgi-bin/user/get", "--repeat-until", "a <"], "compares"),
        (&["GET", "cgi-bin/user/get", "--every", "1s"], "--repeat-until"),
        (&["GET", "cgi-bin/user/get", "--base-url", "http://127.0.0.1:1"], "--appid"),
    ] {
        let ended = call(&world, args);
        assert_eq!((ended.code, ended.out.len()), (2, 0), "{args:?}: {ended:?}");
        assert!(ended.err.contains(says), "{args:?}: {ended:?}");
    }
}
