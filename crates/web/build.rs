//! Makes sure that there is something to embed: without Node the crate still compiles, and the admin's pages go without
//! script and style.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    let folder = Path::new("../../assets/dist/admin");
    // Watched as a whole: the names in it change with their content.
    println!("cargo:rerun-if-changed={}", folder.display());
    if folder.join("manifest.json").exists() {
        return Ok(());
    }
    println!("cargo:warning=the admin's front-end is not built; run `cargo xtask assets` and compile again");
    fs::create_dir_all(folder)
}
