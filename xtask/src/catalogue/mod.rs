//! `cargo xtask catalogue`: the client's calls and their table, from the catalogue of WeChat's API.

mod checks;
mod coverage;
mod examples;
mod methods;
mod model;
mod plan;
mod render;
#[cfg(test)]
mod tests;
mod tree;
mod types;
mod words;

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use crate::exec::{self, Context as _, Error, Result};

const USAGE: &str = "\
Usage: cargo xtask catalogue [--check]

Writes crates/wechat/src/api/ and docs/official-account.md from crates/wechat/catalogue/.
With --check nothing is written: it fails when a file is not as it would be.
";

/// `cargo xtask catalogue`
pub(crate) fn run(args: &[String]) -> Result {
    let check = match args {
        [] => false,
        [only] if only == "--check" => true,
        _ => {
            print!("{USAGE}");
            return Err(Error::new("These arguments mean nothing here."));
        }
    };
    let stale = stale()?;
    if check && !stale.is_empty() {
        let names: Vec<_> = stale.iter().map(|file| format!("  {}", file.name())).collect();
        return Err(Error::new(format!("Run `cargo xtask catalogue`; these are stale:\n{}", names.join("\n"))));
    }
    for file in &stale {
        match &file.text {
            Some(text) => {
                fs::create_dir_all(file.path.parent().unwrap_or(exec::root())).context(file.name())?;
                fs::write(&file.path, text).context(file.name())?;
                println!("wrote {}", file.name());
            }
            None => {
                fs::remove_file(&file.path).context(file.name())?;
                println!("removed {}", file.name());
            }
        }
    }
    Ok(())
}

/// A file that is not as the catalogue says; without a text it is to go.
struct Stale {
    path: PathBuf,
    text: Option<String>,
}

impl Stale {
    fn name(&self) -> String {
        self.path.strip_prefix(exec::root()).unwrap_or(&self.path).display().to_string()
    }
}

fn stale() -> Result<Vec<Stale>> {
    let wanted = files()?;
    let mut stale = Vec::new();
    for (path, text) in &wanted {
        if fs::read_to_string(path).ok().as_ref() != Some(text) {
            stale.push(Stale { path: path.clone(), text: Some(text.clone()) });
        }
    }
    if let Ok(entries) = fs::read_dir(api()) {
        for entry in entries {
            let path = entry.context("crates/wechat/src/api")?.path();
            if !wanted.iter().any(|(wanted, _)| *wanted == path) {
                stale.push(Stale { path, text: None });
            }
        }
    }
    Ok(stale)
}

fn api() -> PathBuf {
    exec::root().join("crates/wechat/src/api")
}

/// All files that are made, with their texts.
fn files() -> Result<Vec<(PathBuf, String)>> {
    let families = model::families()?;
    let modules = families.iter().map(plan::Module::of).collect::<Result<Vec<_>>>()?;
    let modules: Vec<_> =
        modules.into_iter().filter(|it| !it.methods.is_empty() || !it.family.handle_by_hand).collect();
    let mut files = vec![(api().join("mod.rs"), rustfmt("api/mod.rs", &render::index(&families, &modules))?)];
    for module in &modules {
        let name = format!("{}.rs", module.family.name);
        files.push((api().join(&name), rustfmt(&name, &render::module(module))?));
    }
    let table = coverage::table(&families, &model::others()?);
    files.push((exec::root().join("docs/official-account.md"), table));
    Ok(files)
}

/// `text` as rustfmt writes it, with the workspace's settings.
fn rustfmt(name: &str, text: &str) -> Result<String> {
    let program = std::env::var_os("RUSTFMT").unwrap_or_else(|| "rustfmt".into());
    let mut child = exec::program(program)
        .args(["--edition", "2024"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("rustfmt (`rustup component add rustfmt` installs it)")?;
    if let Some(mut input) = child.stdin.take() {
        // When it ends before it has read everything, its status tells why.
        let _ = input.write_all(text.as_bytes());
    }
    let output = child.wait_with_output().context("rustfmt")?;
    match String::from_utf8(output.stdout) {
        Ok(formatted) if output.status.success() => Ok(formatted),
        _ => Err(Error::new(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim()))),
    }
}
