//! What can go wrong while measuring.

/// An error that ends the measurement; a wrong answer is counted instead.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("{0}")]
    Usage(String),
    #[error("{doing}: {source}")]
    Io { doing: &'static str, source: std::io::Error },
    #[error("the answer is not understood: {0}")]
    Answer(String),
    #[error("{0} s after the end some requests had no answer yet")]
    Stuck(u64),
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

/// Says what was being done when an I/O error came.
pub(crate) trait Doing<T> {
    fn doing(self, doing: &'static str) -> Result<T>;
}

impl<T> Doing<T> for std::io::Result<T> {
    fn doing(self, doing: &'static str) -> Result<T> {
        self.map_err(|source| Error::Io { doing, source })
    }
}
