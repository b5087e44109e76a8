//! What `--repeat-until` waits for: one field of the answer, compared with one value.

use std::{fmt, str::FromStr, time::Duration};

use super::json::Json;

/// `publish_status=0`, `.list.0.status == "x"`, `count > 9`, `article_id`.
#[derive(Debug, Clone, PartialEq)]
pub struct Until {
    text: String,
    path: Vec<String>,
    /// Without it the field has only to be there.
    wanted: Option<(Relation, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Is,
    IsNot,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// The longer ones first: `<=` begins like `<`.
const RELATIONS: [(&str, Relation); 7] = [
    ("==", Relation::Is),
    ("!=", Relation::IsNot),
    ("<=", Relation::AtMost),
    (">=", Relation::AtLeast),
    ("=", Relation::Is),
    ("<", Relation::Less),
    (">", Relation::More),
];

impl FromStr for Until {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let at = text.find(['=', '!', '<', '>']).unwrap_or(text.len());
        let (field, rest) = text.split_at(at);
        let path: Vec<String> = field
            .trim()
            .trim_start_matches('.')
            .replace('[', ".")
            .replace(']', "")
            .split('.')
            .map(str::to_owned)
            .collect();
        if path.iter().any(|part| part.is_empty() || part.contains(char::is_whitespace)) {
            return Err("begins with a field of the answer, such as publish_status or list.0.status".to_owned());
        }
        let wanted = match RELATIONS.iter().find_map(|(sign, relation)| Some((*relation, rest.strip_prefix(sign)?))) {
            None if rest.is_empty() => None,
            None => return Err("compares by = != < <= > >=".to_owned()),
            Some((relation, value)) => {
                let value = value.trim();
                if value.is_empty() {
                    return Err("compares with a value, or with \"\" for an empty text".to_owned());
                }
                // In quotation marks as JSON writes it; bare words are themselves.
                let value = serde_json::from_str::<String>(value).unwrap_or_else(|_| value.to_owned());
                if matches!(relation, Relation::Is | Relation::IsNot) || value.parse::<f64>().is_ok() {
                    Some((relation, value))
                } else {
                    return Err("< <= > >= compare with numbers".to_owned());
                }
            }
        };
        Ok(Self { text: text.trim().to_owned(), path, wanted })
    }
}

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Until {
    /// Whether the answer is the one waited for.
    pub(super) fn holds(&self, answer: &Json) -> bool {
        let found = self.find(answer);
        let Some((relation, wanted)) = &self.wanted else {
            return !matches!(found, None | Some(Json::Null));
        };
        // A field that is not there is null.
        let found = found.map_or_else(|| "null".to_owned(), ToString::to_string);
        let numbers = found.trim().parse::<f64>().ok().zip(wanted.parse::<f64>().ok());
        // The platform sends a number now as a number, now as its text. Large ones differ only as texts.
        let same = found == *wanted || numbers.is_some_and(|(found, wanted)| found == wanted && found.abs() < 1e15);
        match relation {
            Relation::Is => same,
            Relation::IsNot => !same,
            Relation::Less => numbers.is_some_and(|(found, wanted)| found < wanted),
            Relation::AtMost => numbers.is_some_and(|(found, wanted)| found <= wanted),
            Relation::More => numbers.is_some_and(|(found, wanted)| found > wanted),
            Relation::AtLeast => numbers.is_some_and(|(found, wanted)| found >= wanted),
        }
    }

    /// The field, as its path says.
    pub(super) fn find<'a>(&self, answer: &'a Json) -> Option<&'a Json> {
        self.path.iter().try_fold(answer, |at, part| match at {
            Json::List(_) => at.item(part.parse().ok()?),
            _ => at.field(part),
        })
    }

    /// The field's name, as it was written.
    pub(super) fn field(&self) -> String {
        self.path.join(".")
    }
}

/// `500ms`, `2s`, `1m`, `2h`, or seconds without a unit.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let seconds = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return Err("is a time such as 500ms, 2s, 5m or 1h".to_owned()),
    };
    let time = number.parse::<f64>().ok().and_then(|number| Duration::try_from_secs_f64(number * seconds).ok());
    time.filter(|time| (Duration::from_millis(1)..=Duration::from_hours(24)).contains(time))
        .ok_or_else(|| "is a time such as 500ms, 2s, 5m or 1h, at most a day".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] =
        br#"{"publish_status": 0, "n": "12", "list": [{"status": "x"}], "ok": true, "none": null, "msg_id": 9007199254740993, "e": ""}"#;

    fn holds(text: &str) -> bool {
        text.parse::<Until>().unwrap().holds(&Json::of_answer(ANSWER).unwrap())
    }

    #[test]
    fn a_field_is_compared_with_a_value() {
        for yes in [
            "publish_status=0",
            ".publish_status == 0",
            ".list.0.status == \"x\"",
            "list[0].status=x",
            "n=12",
            "n>=12",
            "n < 12.5",
            "ok=true",
            "ok",
            "publish_status",
            "publish_status!=1",
            "absent=null",
            "none = null",
            "absent != 3",
            "msg_id=9007199254740993",
            "e=\"\"",
        ] {
            assert!(holds(yes), "{yes}");
        }
        for no in [
            "publish_status=1",
            "list.1.status=x",
            "list.status=x",
            "n<12",
            "absent",
            "none",
            "absent>0",
            "list.0.status<9",
            "msg_id=9007199254740992",
        ] {
            assert!(!holds(no), "{no}");
        }
    }

    #[test]
    fn what_is_no_comparison_is_refused() {
        for text in ["", "=0", "a=", "a ! b", "a < b", "a b = 3", "a..b=1", "."] {
            assert!(text.parse::<Until>().is_err(), "{text}");
        }
    }

    #[test]
    fn times_have_units() {
        for (text, ms) in [("500ms", 500), ("2s", 2_000), ("3", 3_000), ("1.5m", 90_000), ("1h", 3_600_000)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "s", "0s", "-1s", "2 s", "2d", "25h", "1e9"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
