//! Takes the paths of the Official Account API out of the catalogue, for `puzi call` to know them.

use std::{collections::BTreeSet, env, error::Error, fs, path::Path};

use toml::{Table, Value};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new("../wechat/catalogue");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut calls = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|it| it == "toml") {
            println!("cargo:rerun-if-changed={}", path.display());
            let table: Table =
                fs::read_to_string(&path)?.parse().map_err(|error| format!("{}: {error}", path.display()))?;
            for kind in ["call", "other"] {
                for call in table.get(kind).and_then(Value::as_array).into_iter().flatten() {
                    let text = |key: &str| call.get(key).and_then(Value::as_str);
                    // Pages for a browser lie on other hosts.
                    if let (Some(path), Some(method), None) = (text("path"), text("method"), text("host")) {
                        let token = text("token").unwrap_or("account");
                        calls.insert((
                            path.to_owned(),
                            method.to_owned(),
                            token.to_owned(),
                            text("body") == Some("text"),
                        ));
                    }
                }
            }
        }
    }
    let rows: String = calls
        .iter()
        .map(|(path, method, token, text)| {
            format!("    Known {{ method: {method:?}, path: {path:?}, token: {token:?}, text: {text} }},\n")
        })
        .collect();
    fs::write(Path::new(&env::var("OUT_DIR")?).join("calls.rs"), format!("&[\n{rows}]\n"))?;
    Ok(())
}
