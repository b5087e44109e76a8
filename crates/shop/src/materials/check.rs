//! What WeChat takes, looked at before it is asked.

use puzi_wechat::client::MediaKind;

use crate::{
    Problem,
    media_type::{MediaType, sniff},
};

/// Characters of a name.
pub(super) const NAME_CHARS: usize = 100;
/// Characters of a film's title.
pub(super) const TITLE_CHARS: usize = 64;
/// Characters of what a film is about.
pub(super) const INTRODUCTION_CHARS: usize = 200;

/// What the bytes are, when WeChat takes that for the kind: by the bytes and not by the name.
pub(super) fn file(kind: MediaKind, file: &[u8]) -> Result<MediaType, Problem> {
    if file.is_empty() {
        return Err(Problem::new("file", "material.missing"));
    }
    let found = sniff(file);
    if !kind.endings().contains(&found.ending()) {
        return Err(Problem::new("file", "material.wrong_type").with("types", kind.endings().join(" / ")));
    }
    if file.len() as u64 > kind.max_bytes() {
        let problem = Problem::new("file", "material.too_large").with("max", size(kind.max_bytes()));
        return Err(problem.with("is", size(file.len() as u64)));
    }
    Ok(found)
}

fn size(bytes: u64) -> String {
    if bytes < 1 << 20 { format!("{} KB", bytes >> 10) } else { format!("{} MB", bytes >> 20) }
}

/// What is wrong with the words of a material.
pub(super) fn words(name: &str, title: &str, introduction: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    if name.is_empty() {
        problems.push(Problem::new("name", "material.no_name"));
    }
    let lines =
        [("name", name, NAME_CHARS), ("title", title, TITLE_CHARS), ("introduction", introduction, INTRODUCTION_CHARS)];
    for (field, text, most) in lines {
        let chars = text.chars().count();
        if chars > most {
            problems.push(Problem::new(field, "material.too_long").with("max", most).with("is", chars));
        }
    }
    problems
}

/// The name without path and control characters, with the ending of what it is.
pub(super) fn clean(name: &str, ending: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    let room = NAME_CHARS.saturating_sub(ending.len() + 1);
    let stem: String = stem.chars().filter(|c| !c.is_control()).take(room).collect();
    let stem = if stem.trim().is_empty() { "file" } else { stem.trim() };
    format!("{stem}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_say() {
        let png = b"\x89PNG\r\n\x1a\n";
        assert_eq!(file(MediaKind::Image, png).map(MediaType::ending), Ok("png"));
        for (kind, bytes, key) in [
            (MediaKind::Image, &b""[..], "material.missing"),
            (MediaKind::Image, b"MZ\x90\x00", "material.wrong_type"),
            (MediaKind::Image, b"<svg onload=alert(1)>", "material.wrong_type"),
            (MediaKind::Thumb, png, "material.wrong_type"),
            (MediaKind::Voice, png, "material.wrong_type"),
        ] {
            assert_eq!(file(kind, bytes).unwrap_err().key, key);
        }
        let mut large = vec![0; (2 << 20) + 1];
        large[..3].copy_from_slice(b"ID3");
        assert_eq!(file(MediaKind::Voice, &large).unwrap_err().key, "material.too_large");
        assert_eq!(file(MediaKind::Voice, &large[..2 << 20]).map(MediaType::ending), Ok("mp3"));
    }

    #[test]
    fn a_name_is_only_a_name() {
        for (given, kept) in [
            ("春茶.PNG", "春茶.jpg"),
            ("../../etc/passwd", "passwd.jpg"),
            ("C:\\照片\\a b.jpeg", "a b.jpg"),
            ("\u{7}", "file.jpg"),
            ("", "file.jpg"),
        ] {
            assert_eq!(clean(given, "jpg"), kept, "{given}");
        }
        assert_eq!(clean(&"茶".repeat(300), "jpg").chars().count(), NAME_CHARS);
    }

    #[test]
    fn words_are_not_too_long() {
        assert!(words("茶", "", "").is_empty());
        let keys: Vec<_> = words("", &"茶".repeat(65), &"茶".repeat(201)).into_iter().map(|one| one.field).collect();
        assert_eq!(keys, ["name", "title", "introduction"]);
    }
}
