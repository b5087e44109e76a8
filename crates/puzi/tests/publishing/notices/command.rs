//! `puzi notices`: exit codes, and what a program reads.

use serde_json::Value;

use super::{SLUG, Shop};

/// What a command ended with: exit code, standard output and standard error.
async fn run(shop: &Shop, args: &[&str]) -> (i32, String, String) {
    let mut command = shop.world.place.command();
    command.args(args).stdin(std::process::Stdio::null());
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (ended.status.code().unwrap(), text(ended.stdout), text(ended.stderr))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_is_sent_from_here_and_its_end_is_the_exit_code() {
    let mut shop = Shop::new().await;
    shop.world.node.kill();
    let (template, openid) = (shop.template.clone(), shop.fan.openid().to_owned());
    let words = ["thing4=顺丰速运", "time3=15:01"];
    let test = |template: &str, words: &[&str]| {
        let mut args = vec!["notices", "test"];
        args.extend([template, "--to", openid.as_str(), "--json"]);
        args.extend(words);
        args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>()
    };
    let run_owned = async |args: Vec<String>| {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        run(&shop, &args).await
    };
    let (code, out, err) = run_owned(test(&template, &words)).await;
    let told: Value = serde_json::from_str(&out).unwrap_or_default();
    assert_eq!((code, &told["state"], &told["purpose"]), (0, &"accepted".into(), &"test".into()), "{out}{err}");
    assert!(told["created_at"].as_str().unwrap().contains('T') && told["data"]["thing4"] == "顺丰速运", "{out}");

    // No agreement: WeChat refuses.
    let (code, out, err) = run_owned(test(&shop.subscribe, &words)).await;
    let told: Value = serde_json::from_str(&out).unwrap_or_default();
    assert_eq!((code, &told["state"], &told["errcode"]), (5, &"failed".into(), &43101.into()), "{out}{err}");
    let (code, _, err) = run_owned(test(&template, &["thing4=x", "time3=now"])).await;
    assert!(code == 2 && err.contains("data.time3"), "{code} {err}");
    assert_eq!(run_owned(test(&template, &["thing4"])).await.0, 2);
    assert_eq!(run_owned(test("nobody", &words)).await.0, 2);

    let (code, out, _) = run(&shop, &["notices", "list", "--failed", "--since", "1h", "--json"]).await;
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, told["notices"].as_array().unwrap().len()), (0, 1), "{out}");
    let (code, out, _) = run(&shop, &["notices", "list"]).await;
    assert!(code == 0 && out.contains("accepted") && out.contains("failed"), "{out}");
    let (code, _, err) = run(&shop, &["notices", "show", "999999"]).await;
    assert!(code == 2 && err.contains("999999"), "{code} {err}");
    let accepted = shop.world.count("SELECT MIN(id) AS n FROM notices").await.to_string();
    assert_eq!(run(&shop, &["notices", "again", &accepted]).await.0, 2, "it was taken");

    let (code, out, err) = run(&shop, &["notices", "templates", "sync", "--account", SLUG, "--json"]).await;
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &told["found"]), (0, &2.into()), "{out}{err}");
    let (code, out, _) = run(&shop, &["notices", "templates", "list", "--json"]).await;
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, told["templates"].as_array().unwrap().len()), (0, 2), "{out}");
    let path = "/cgi-bin/template/get_all_private_template";
    shop.world.wechat.faults().update(|faults| _ = faults.refuse.insert(path.into(), 48_001));
    let (code, out, err) = run(&shop, &["notices", "templates", "sync"]).await;
    assert!(code == 12 && (out.contains("48001") || err.contains("48001")), "{code} {out}{err}");
}
