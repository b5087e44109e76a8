//! A process that outlives a run, should that be killed.

use std::{
    io::{self, Read, Write},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use super::TreeError;

/// The command that starts one: it waits on its standard input, see [`Tree::guard`](super::Tree::guard).
#[derive(Debug, Clone)]
pub(super) struct Guardian {
    pub program: PathBuf,
    pub args: Vec<String>,
}

/// A guardian at work. Dropped before it is dismissed, it takes the run back.
#[derive(Debug)]
pub(super) struct Watch {
    child: Child,
}

impl Guardian {
    /// Starts it.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn watch(&self) -> Result<Watch, TreeError> {
        let mut command = Command::new(&self.program);
        command.args(&self.args).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // What the terminal sends to a run is not sent to its guardian.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn().map_err(|error| TreeError::Io(self.program.clone(), error))?;
        Ok(Watch { child })
    }
}

impl Watch {
    /// The run has ended, and there is nothing to do.
    pub(super) fn dismiss(mut self) {
        if let Some(mut input) = self.child.stdin.take() {
            // One that has ended already needs no word.
            let _ = input.write_all(b".");
        }
        let _ = self.child.wait();
    }
}

/// Waits for the run to end: whether it did so well.
pub(super) fn ended_well(mut input: impl Read) -> bool {
    let mut word = [0];
    loop {
        match input.read(&mut word) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return matches!(read, Ok(1)),
        }
    }
}
