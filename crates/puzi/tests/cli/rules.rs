use crate::world::World;

const RULES: &str = r#"
[[rule]]
name = "Hours"
trigger = { on = "keyword", matching = "contains", words = ["hours", "营业时间"] }
answer = { kind = "text", content = "9:00 to 18:00" }

[[rule]]
name = "Evening"
trigger = { on = "default" }
active = { daily = ["18:00-24:00"] }
answer = { kind = "text", content = "Hello {nickname|friend}, we are closed." }

[[rule]]
name = "Contact"
trigger = { on = "menu", key = "CONTACT" }
answer = { kind = "hand_over" }
"#;

fn world() -> World {
    let world = World::with_account();
    let file = world.write("rules.toml", RULES);
    world.run(&["rules", "import", &file]).succeeds();
    world
}

#[test]
fn what_is_imported_is_exported_and_changes_nothing_when_imported_again() {
    let world = world();
    let file = world.path("exported.toml");
    let file = file.to_str().unwrap();
    world.run(&["rules", "export", file]).succeeds();
    let again = world.json(&["rules", "import", file, "--dry-run", "--json"]);
    assert_eq!(again["unchanged"].as_array().unwrap().len(), 3);
    for none in ["added", "changed", "removed"] {
        assert_eq!(again[none].as_array().unwrap().len(), 0, "{none}");
    }
    let exported = std::fs::read_to_string(file).unwrap();
    assert_eq!(world.run(&["rules", "export"]).succeeds().out, exported);
}

#[test]
fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let world = world();
    let file = world.write("other.toml", &RULES.replace("9:00", "8:00").replace("\"Contact\"", "\"Contact us\""));
    let said = world.run(&["rules", "import", &file, "--dry-run"]).succeeds();
    assert_eq!(said.out.lines().take(3).collect::<Vec<_>>(), ["+ Contact us", "~ Hours", "- Contact"]);
    let names = |rules: serde_json::Value| {
        let names = rules["rules"].as_array().unwrap().iter().map(|rule| rule["name"].as_str().unwrap().to_owned());
        names.collect::<std::collections::BTreeSet<_>>()
    };
    let now = names(world.json(&["rules", "list", "--json"]));
    assert_eq!(now.into_iter().collect::<Vec<_>>(), ["Contact", "Evening", "Hours"]);
}

#[test]
fn a_bad_regex_is_refused_with_its_place_and_nothing_is_imported() {
    let world = world();
    let before = world.run(&["rules", "export"]).out;
    let text =
        RULES.replace("matching = \"contains\", words = [\"hours\"", "matching = \"regex\", words = [\"(hours\"");
    let file = world.write("bad.toml", &text);
    let refused = world.run(&["rules", "import", &file]).fails();
    assert!(
        refused.err.contains("line 2") && refused.err.contains("Hours") && refused.err.contains("parenthesis"),
        "{refused:?}"
    );
    assert_eq!(world.run(&["rules", "export"]).out, before);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
}

#[test]
fn a_test_names_the_rule_the_reason_and_the_answer() {
    let world = world();
    for (args, rule, answer) in [
        (&["hours please"][..], "Hours", "9:00 to 18:00"),
        (&["hi", "--at", "2026-11-22 20:00"], "Evening", "Hello friend, we are closed."),
        (&["--menu", "CONTACT"], "Contact", ""),
    ] {
        let found = world.json(&[&["rules", "test", "--json"], args].concat());
        assert_eq!(found["rule"]["name"], rule, "{args:?}");
        assert_eq!(found["answer"]["content"].as_str().unwrap_or_default(), answer, "{args:?}");
        let considered = found["considered"].as_array().unwrap();
        assert_eq!(considered.len(), 3);
        assert!(considered.iter().all(|one| !one["why"].as_str().unwrap().is_empty()), "{found}");
        assert_eq!(considered.iter().filter(|one| one["wins"] == true).count(), 1);
    }
    let none = world.run(&["rules", "test", "hi", "--at", "2026-11-22 09:00"]).succeeds();
    assert!(none.out.contains("Hits no rule") && none.out.contains("not in force at this time"), "{none:?}");
    world.run(&["rules", "test"]).fails();
}

#[test]
fn a_rule_that_is_switched_off_answers_nothing() {
    let world = world();
    world.run(&["rules", "disable", "Hours"]).succeeds();
    assert_ne!(world.json(&["rules", "test", "hours", "--json"])["rule"]["name"], "Hours");
    world.run(&["rules", "enable", "Hours"]).succeeds();
    assert_eq!(world.json(&["rules", "test", "hours", "--json"])["rule"]["name"], "Hours");
    world.run(&["rules", "disable", "Nobody"]).fails();
}

#[test]
fn with_several_accounts_one_must_be_named() {
    let world = world();
    let add =
        ["accounts", "add", "--name", "B", "--appid", "wx0000000002", "--secret", "0123456789abcdef", "--slug", "b"];
    world.run(&add).succeeds();
    let refused = world.run(&["rules", "list"]).fails();
    assert!(refused.err.contains("tea, b"), "{refused:?}");
    assert_eq!(world.json(&["rules", "list", "--account", "b", "--json"])["rules"].as_array().unwrap().len(), 0);
}

#[test]
fn a_signing_key_that_is_made_is_shown_once() {
    let world = world();
    let webhook = "\n[[rule]]\nname = \"Parcel\"\ntrigger = { on = \"keyword\", words = [\"parcel\"] }\n\
                   answer = { kind = \"webhook\", url = \"https://hooks.example.com/wechat\" }\n";
    let file = world.write("webhook.toml", &format!("{RULES}{webhook}"));
    let first = world.run(&["rules", "import", &file]).succeeds().out;
    assert!(first.contains("Parcel") && first.contains("whsec_"), "{first}");
    let again = world.run(&["rules", "import", &file]).succeeds().out;
    assert!(!again.contains("whsec_"), "{again}");
    assert!(!world.run(&["rules", "export"]).succeeds().out.contains("whsec_"));
}
