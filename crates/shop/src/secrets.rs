//! Secrets at rest: sealed with a key made at first run (AES-256-GCM, NIST SP 800-38D).

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey},
    rand,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use puzi_wechat::Secret;

use crate::{Error, Result};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
/// Marks the format, so that a later key or cipher can stand beside this one.
const PREFIX: &str = "v1:";

/// Seals and opens secrets that lie in the database.
pub struct Vault {
    key: RandomizedNonceKey,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(***)")
    }
}

impl Vault {
    /// A vault with the key of 32 bytes.
    ///
    /// # Errors
    /// [`Error::KeyFile`] when the key has another length.
    pub fn new(key: &[u8]) -> Result<Self> {
        if key.len() != KEY_BYTES {
            return Err(Error::KeyFile(format!("the key has {} bytes instead of {KEY_BYTES}", key.len())));
        }
        let key = RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| Error::KeyFile("unusable key".into()))?;
        Ok(Self { key })
    }

    /// A vault with a key in base64, as several nodes share it by `PUZI_SECRET_KEY`.
    pub fn from_base64(text: &Secret<String>) -> Result<Self> {
        let key =
            BASE64_STANDARD.decode(text.expose().trim()).map_err(|_| Error::KeyFile("the key is not base64".into()))?;
        Self::new(&key)
    }

    /// Reads the key file, or makes it (mode 0600) when it is not there yet.
    ///
    /// # Errors
    /// [`Error::KeyFile`] when others may read it or it holds no key; [`Error::Io`] when the disk refuses.
    pub fn open_or_create(path: &Path) -> Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) if text.trim().is_empty() => Err(Error::KeyFile(format!(
                "{0} is empty. Put the key back from your backup; if no account was ever added, delete {0}",
                path.display()
            ))),
            Ok(text) => {
                refuse_if_shared(path)?;
                Self::from_base64(&Secret::new(text))
            }
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Self::create(path),
            Err(e) => Err(e.into()),
        }
    }

    /// Makes the key beside its place and then puts it there whole: neither a crash nor another process that starts at
    /// the same time ever sees half a key, and a key that is there is never replaced.
    fn create(path: &Path) -> Result<Self> {
        let (mut key, mut name) = ([0; KEY_BYTES], [0; 8]);
        rand::fill(&mut key)
            .and_then(|()| rand::fill(&mut name))
            .map_err(|_| Error::KeyFile("no randomness".into()))?;
        let beside = path.with_added_extension(format!("{:016x}.new", u64::from_ne_bytes(name)));
        let placed = write_key(&beside, &key).and_then(|()| place(&beside, path));
        // After a rename it is gone already; a copy of the key must not stay in any case.
        let _ = fs::remove_file(&beside);
        if !placed? {
            return Self::open_or_create(path);
        }
        Self::new(&key)
    }

    /// Seals `plain`. `context` (table, row and column) is bound to it: moved elsewhere, it does not open.
    pub fn encrypt(&self, context: &str, plain: &str) -> String {
        let mut sealed = plain.as_bytes().to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(context.as_bytes()), &mut sealed)
            .expect("AES-GCM seals any text that fits in memory");
        let mut bytes = nonce.as_ref().to_vec();
        bytes.append(&mut sealed);
        format!("{PREFIX}{}", BASE64_STANDARD.encode(bytes))
    }

    /// Opens what [`Vault::encrypt`] sealed for the same context.
    ///
    /// # Errors
    /// [`Error::Unsealable`] for another key, another context or changed bytes.
    pub fn decrypt(&self, context: &str, sealed: &str) -> Result<Secret<String>> {
        let bytes = sealed
            .strip_prefix(PREFIX)
            .and_then(|text| BASE64_STANDARD.decode(text).ok())
            .filter(|bytes| bytes.len() > NONCE_BYTES)
            .ok_or(Error::Unsealable)?;
        let (nonce, sealed) = bytes.split_at(NONCE_BYTES);
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| Error::Unsealable)?;
        let mut sealed = sealed.to_vec();
        let plain =
            self.key.open_in_place(nonce, Aad::from(context.as_bytes()), &mut sealed).map_err(|_| Error::Unsealable)?;
        let text = String::from_utf8(plain.to_vec()).map_err(|_| Error::Unsealable)?;
        Ok(Secret::new(text))
    }
}

fn write_key(path: &Path, key: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(BASE64_STANDARD.encode(key).as_bytes())?;
    file.sync_all()
}

/// Gives the file `from` the name `to`, durably. False when another process was quicker.
fn place(from: &Path, to: &Path) -> io::Result<bool> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        // Not every file system has links; a rename replaces, so look first.
        Err(_) if to.exists() => return Ok(false),
        Err(_) => fs::rename(from, to)?,
        Ok(()) => {}
    }
    #[cfg(unix)]
    if let Some(folder) = to.parent() {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        fs::File::open(folder)?.sync_all()?;
    }
    Ok(true)
}

#[cfg(unix)]
fn refuse_if_shared(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(Error::KeyFile(format!("others may read {0}; run: chmod 600 {0}", path.display())))
}

#[cfg(not(unix))]
fn refuse_if_shared(_: &Path) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault() -> Vault {
        Vault::new(&[7; KEY_BYTES]).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_only_in_its_place() {
        let sealed = vault().encrypt("accounts/1/secret", "机密");
        assert!(!sealed.contains("机密"));
        assert_eq!(vault().decrypt("accounts/1/secret", &sealed).unwrap().expose(), "机密");
        assert!(vault().decrypt("accounts/2/secret", &sealed).is_err());
        assert!(Vault::new(&[8; KEY_BYTES]).unwrap().decrypt("accounts/1/secret", &sealed).is_err());
    }

    #[test]
    fn equal_secrets_do_not_look_equal() {
        assert_ne!(vault().encrypt("a", "same"), vault().encrypt("a", "same"));
    }

    #[test]
    fn damaged_or_foreign_text_is_refused() {
        let sealed = vault().encrypt("a", "x");
        let mut damaged = sealed.clone();
        damaged.pop();
        for text in ["", "v1:", "v1:AAAA", "plain", &damaged, &sealed[3..]] {
            assert!(vault().decrypt("a", text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_key_file_is_made_once_and_only_for_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("puzi.key");
        let sealed = Vault::open_or_create(&path).unwrap().encrypt("a", "x");
        assert_eq!(Vault::open_or_create(&path).unwrap().decrypt("a", &sealed).unwrap().expose(), "x");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(Vault::open_or_create(&path), Err(Error::KeyFile(_))));
        }
    }

    #[test]
    fn of_many_that_start_at_once_all_get_the_same_key() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("puzi.key");
        let vaults: Vec<_> = std::thread::scope(|scope| {
            let starting: Vec<_> = (0..8).map(|_| scope.spawn(|| Vault::open_or_create(&path).unwrap())).collect();
            starting.into_iter().map(|started| started.join().unwrap()).collect()
        });
        let sealed = vaults[0].encrypt("a", "x");
        assert!(vaults.iter().all(|vault| vault.decrypt("a", &sealed).is_ok()));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn an_empty_key_file_is_told_and_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("puzi.key");
        fs::write(&path, "\n").unwrap();
        let told = Vault::open_or_create(&path).unwrap_err().to_string();
        assert!(told.contains("is empty") && told.contains("backup"), "{told}");
        assert_eq!(fs::read(&path).unwrap(), b"\n");
    }
}
