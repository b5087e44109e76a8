use puzi_wechat::crypto::EncodingAesKey;

use crate::world::{SECRET, World};

fn shown(world: &World) -> serde_json::Value {
    world.json(&["accounts", "show-url", "tea", "--json"])
}

#[test]
fn an_account_gets_a_strong_token_and_key_and_its_url() {
    let world = World::with_account();
    let shown = shown(&world);
    assert_eq!(shown["url"], "http://127.0.0.1:8080/wechat/tea");
    assert_eq!(shown["mode"], "encrypted");
    assert_eq!(shown["verified_at"], serde_json::Value::Null);
    assert_eq!(shown["token"].as_str().unwrap().len(), 32);
    EncodingAesKey::parse(shown["encoding_aes_key"].as_str().unwrap()).unwrap();

    let text = world.run(&["accounts", "show-url"]).succeeds().out;
    for part in ["url", "token", "encoding_aes_key"] {
        assert!(text.contains(shown[part].as_str().unwrap()), "{part}: {text}");
    }
    assert!(text.contains("80 and 443") && text.contains("public_url is not set"), "{text}");
}

#[test]
fn a_list_tells_no_secret() {
    let world = World::with_account();
    let shown = shown(&world);
    for args in [&["accounts", "list"][..], &["accounts", "list", "--json"]] {
        let said = world.run(args).succeeds();
        assert!(said.out.contains("wx0123456789abcdef") && said.out.contains("茶铺"), "{said:?}");
        for secret in [SECRET, shown["token"].as_str().unwrap(), shown["encoding_aes_key"].as_str().unwrap()] {
            assert!(!said.out.contains(secret) && !said.err.contains(secret), "{args:?}");
        }
    }
    #[cfg(unix)]
    {
        assert_eq!(crate::world::mode(&world.path("data")), 0o700);
        assert_eq!(crate::world::mode(&world.path("data/puzi.key")), 0o600);
    }
}

#[test]
fn the_secret_may_come_from_a_file_from_standard_input_or_from_the_environment() {
    let add = ["accounts", "add", "--name", "Tea", "--appid"];
    let world = World::new();
    let file = world.write("secret.txt", &format!("{SECRET}\n"));
    world.run(&[&add[..], &["wx0000000001", "--secret-file", &file]].concat()).succeeds();
    world.run_with(&[&add[..], &["wx0000000002", "--secret-file", "-"]].concat(), &[], SECRET).succeeds();
    world.run_with(&[&add[..], &["wx0000000003"]].concat(), &[("PUZI_ACCOUNT_SECRET", SECRET)], "").succeeds();
    let refused = world.run(&[&add[..], &["wx0000000004"]].concat()).fails();
    assert!(refused.err.contains("--secret-file"), "{refused:?}");
    assert_eq!(world.json(&["accounts", "list", "--json"])["accounts"].as_array().unwrap().len(), 3);
}

#[test]
fn every_wrong_field_is_named_and_no_secret_repeated() {
    let world = World::new();
    let add = [
        "accounts",
        "add",
        "--name",
        " ",
        "--appid",
        "gh_1",
        "--secret",
        "no-secret-!",
        "--token",
        "a b",
        "--contact-email",
        "x",
    ];
    let refused = world.run(&add).fails();
    for field in ["name", "appid", "secret", "token", "contact_email"] {
        assert!(refused.err.contains(&format!("{field}: ")), "{field}: {refused:?}");
    }
    assert!(!refused.err.contains("no-secret-!"), "{refused:?}");
}

#[test]
fn a_rotated_key_keeps_the_one_before_until_it_is_dropped() {
    let world = World::with_account();
    let before = shown(&world);
    world.run(&["accounts", "rotate", "tea", "--key"]).succeeds();
    let after = shown(&world);
    assert_ne!(before["encoding_aes_key"], after["encoding_aes_key"]);
    assert_eq!(before["token"], after["token"]);
    assert_eq!(after["previous_key_accepted"], true);
    world.run(&["accounts", "rotate", "tea", "--drop-previous-key"]).succeeds();
    assert_eq!(shown(&world)["previous_key_accepted"], false);

    world.run(&["accounts", "rotate", "tea", "--token=MadeByHand1"]).succeeds();
    assert_eq!(shown(&world)["token"], "MadeByHand1");
    world.run(&["accounts", "rotate", "tea"]).fails();
}

#[test]
fn an_account_is_edited_paused_and_resumed() {
    let world = World::with_account();
    world.run(&["accounts", "edit", "tea", "--slug", "shop", "--mode", "plain", "--contact-name", "小王"]).succeeds();
    let account = || world.json(&["accounts", "list", "--json"])["accounts"][0].clone();
    assert_eq!((account()["slug"].as_str(), account()["mode"].as_str()), (Some("shop"), Some("plain")));
    assert_eq!(account()["contact_name"], "小王");
    world.run(&["accounts", "pause", "shop"]).succeeds();
    assert_eq!(account()["status"], "paused");
    world.run(&["accounts", "resume", "茶铺"]).succeeds();
    assert_eq!(account()["status"], "active");

    let unknown = world.run(&["accounts", "pause", "tea"]).fails();
    assert!(unknown.err.contains("There is no account tea"), "{unknown:?}");
    world.run(&["accounts", "edit", "shop"]).fails();
}
