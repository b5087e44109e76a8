use puzi::settings::Settings;

use crate::world::World;

const EXAMPLE: &str = include_str!("../../../../puzi.example.toml");

/// The example with every setting switched on.
fn uncommented() -> String {
    let setting = |line: &&str| {
        let name = line.split_once(" = ").map(|(name, _)| name);
        name.is_some_and(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
    };
    let lines = EXAMPLE.lines().filter_map(|line| line.strip_prefix("# ")).filter(setting);
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_names_every_setting_with_its_default() {
    let example: toml::Table = uncommented().parse().unwrap();
    let read: Settings = example.clone().try_into().unwrap();
    let mut all = serde_json::to_value(&read).unwrap();
    let named: Vec<_> = example.keys().cloned().collect();
    let mut expected: Vec<_> = all.as_object().unwrap().keys().cloned().collect();
    expected.sort();
    assert_eq!(named, expected);
    // The one setting whose default is to be absent.
    all["metrics_listen"] = serde_json::Value::Null;
    assert_eq!(all, serde_json::to_value(Settings::default()).unwrap());
    assert!(EXAMPLE.parse::<toml::Table>().unwrap().is_empty(), "the example changes nothing until somebody edits it");
}

#[test]
fn a_wrong_setting_in_the_file_is_named() {
    for (text, name) in [
        ("replay_window_seconds = \"long\"", "replay_window_seconds"),
        ("listne = \"127.0.0.1:1\"", "listne"),
        ("listen = \"here\"", "listen"),
    ] {
        let world = World::new();
        world.write("puzi.toml", text);
        let refused = world.run(&["accounts", "list"]).fails();
        assert!(refused.err.contains(name), "{text}: {refused:?}");
        assert!(!world.path("data").exists());
    }
}

#[test]
fn environment_beats_file_and_flag_beats_both() {
    let world = World::with_account();
    world.write("puzi.toml", "public_url = \"https://file.example.com\"\nlanguage = \"zh-CN\"");
    let url = |variables: &[(&str, &str)]| {
        let said = world.run_with(&["accounts", "show-url", "--json"], variables, "").succeeds();
        serde_json::from_str::<serde_json::Value>(&said.out).unwrap()["url"].clone()
    };
    assert_eq!(url(&[]), "https://file.example.com/wechat/tea");
    assert_eq!(url(&[("PUZI_PUBLIC_URL", "https://env.example.com")]), "https://env.example.com/wechat/tea");
    assert!(world.run(&["accounts", "list", "--language", "zh-CN"]).succeeds().out.contains("名称"));
    assert!(world.run(&["accounts", "list"]).succeeds().out.contains("Name"));
}

#[test]
fn help_speaks_both_languages() {
    let world = World::new();
    let english = world.run(&["accounts", "add", "--help"]).succeeds().out;
    assert!(english.contains("Usage:") && english.contains("Examples:"), "{english}");
    let chinese = world.run(&["accounts", "add", "--help", "--language", "zh-CN"]).succeeds().out;
    assert!(chinese.contains("用法：") && chinese.contains("示例：") && !chinese.contains("Usage:"), "{chinese}");
    let chinese = world.run_with(&["--help"], &[("PUZI_LANGUAGE", ""), ("LANG", "zh_CN.UTF-8")], "").succeeds().out;
    assert!(chinese.contains("命令"), "{chinese}");
}

#[test]
fn a_settings_file_further_up_is_another_ones() {
    let world = World::new();
    world.write("puzi.toml", "listne = 1");
    let inner = world.path("inner");
    std::fs::create_dir(&inner).unwrap();
    let listed = world.command(&["accounts", "list"]).current_dir(&inner).output().unwrap();
    assert!(listed.status.success(), "{listed:?}");
}

#[test]
fn a_wrong_setting_is_told_in_the_language_asked_for() {
    let world = World::new();
    world.write("puzi.toml", "listne = 1");
    let english = world.run(&["accounts", "list"]).fails();
    assert!(!english.err.contains("出错"), "{english:?}");
    let chinese = world.run(&["accounts", "list", "--language", "zh-CN"]).fails();
    assert!(chinese.err.contains("出错"), "{chinese:?}");
}

#[test]
fn a_lost_key_is_told_and_not_replaced() {
    let world = World::with_account();
    let (key, kept) = (world.path("data/puzi.key"), world.path("kept"));
    std::fs::rename(&key, &kept).unwrap();
    let refused = world.run(&["accounts", "list"]).fails();
    assert!(refused.err.contains("backup") && refused.err.contains("puzi.key"), "{refused:?}");
    assert!(!key.exists());
    std::fs::rename(&kept, &key).unwrap();
    assert!(world.run(&["accounts", "list"]).succeeds().out.contains("tea"));
}
