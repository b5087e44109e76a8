//! The word that was probably meant.

/// The word of `known` that is nearest to `word`, when one is near enough to have been meant.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word = word.to_lowercase();
    let letters = word.chars().count();
    let away = known.into_iter().map(|known| (distance(&word, &known.to_lowercase()), known));
    // Words with nothing in common are not near, however short they are.
    let near = away.filter(|(away, known)| *away <= 1 + known.len() / 4 && *away < letters);
    near.min().map(|(_, known)| known)
}

/// How many letters must be added, taken away, changed or swapped with the next to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let (mut two_up, mut up): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (up[j] + usize::from(x != y)).min(row[j] + 1).min(up[j + 1] + 1);
            if i > 0 && j > 0 && a[i - 1] == *y && *x == b[j - 1] {
                least = least.min(two_up[j - 1] + 1);
            }
            row.push(least);
        }
        (two_up, up) = (up, row);
    }
    up[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_seen_through_and_another_word_is_not() {
        for (word, meant) in [
            ("txet", Some("text")),
            ("Title", Some("title")),
            ("hasmany", Some("hasMany")),
            ("requird", Some("required")),
            ("di", Some("id")),
            ("xy", None),
            ("", None),
            ("something", None),
        ] {
            assert_eq!(nearest(word, ["text", "title", "hasMany", "required", "id"]), meant, "{word}");
        }
    }
}
