//! Makes sure there is a page to embed: without Node the crate still compiles, and the page says what is missing.

use std::fs;
use std::io;
use std::path::Path;

const PLACEHOLDER: &str = r#"<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Puzi</title></head>
<body>
<h1>手机页面还没有构建</h1>
<p>在工作区运行 <code>cargo xtask assets</code>（需要 Node.js），然后重新编译。</p>
<h1 lang="en">The phone page has not been built</h1>
<p lang="en">Run <code>cargo xtask assets</code> in the workspace (it needs Node.js) and compile again.</p>
</body>
</html>
"#;

fn main() -> io::Result<()> {
    let folder = Path::new("../../assets/dist/phone");
    let index = folder.join("index.html");
    // Watched as a whole: the names in it change with their content.
    println!("cargo:rerun-if-changed={}", folder.display());
    let built = fs::read_to_string(&index);
    if built.as_deref().is_ok_and(|page| page != PLACEHOLDER) {
        return Ok(());
    }
    println!("cargo:warning=the phone page is not built; run `cargo xtask assets` and compile again");
    if built.is_err() {
        fs::create_dir_all(folder)?;
        fs::write(index, PLACEHOLDER)?;
    }
    Ok(())
}
