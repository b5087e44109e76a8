//! The copy's own target folder. Cargo calls what it builds of the copy by the same names as what it builds of the
//! workspace, and tells them apart by their times alone: in one folder it would take the one for the other.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::exec::{self, Context as _, Result};

/// Beside the copy.
pub(crate) fn of(root: &Path) -> PathBuf {
    root.with_file_name("target")
}

/// Lends the copy what the workspace has built of its dependencies, so that none is compiled twice.
pub(crate) fn lend(root: &Path) -> Result {
    let (from, to) = (exec::target().join("debug"), of(root).join("debug"));
    for (folder, how) in [("deps", "-aln"), ("build", "-aln"), (".fingerprint", "-an")] {
        let (from, to) = (from.join(folder), to.join(folder));
        fs::create_dir_all(&to).context(to.display())?;
        let entries = fs::read_dir(&from).context(from.display())?;
        let names = entries.map_while(|entry| entry.ok()?.file_name().into_string().ok());
        // What is the workspace's own is built again; what has no ending in `deps` is a test of it.
        let lent: Vec<String> = names
            .filter(|name| !name.starts_with("puzi") && !name.starts_with("libpuzi"))
            .filter(|name| folder != "deps" || name.contains('.'))
            .collect();
        // Links of what is never written again, copies of what Cargo may write to; never over what is there.
        for some in lent.chunks(500) {
            let mut copy = Command::new("cp");
            copy.current_dir(&from).arg(how).args(some).arg(&to);
            exec::output(&mut copy)?;
        }
    }
    Ok(())
}
