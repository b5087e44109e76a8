//! What a request comes to: the command line, what is wrong with it, what it would write.

use puzi_resource::generate::{
    self, Fault, Known, NewFile, Note, Place, Plan, Request, Spec, TableShape, Templates, command_words, next_migration,
};

use super::failure;
use crate::{
    App,
    admin::{desk::Desk, error::Failure},
    texts,
};

/// Characters shown of a text that is wrong somewhere: before the place, and in all.
const BEFORE: usize = 12;
const SHOWN: usize = 34;

/// What a request comes to.
#[derive(Default)]
pub(super) struct Outcome {
    /// The command line, an option a line, each with what it is set to; none when no request could be made of the table.
    pub(super) command: Option<Vec<(String, String)>>,
    pub(super) fault: Option<Wrong>,
    /// What should be told.
    pub(super) notes: Vec<String>,
    pub(super) preview: Option<Preview>,
}

/// What is wrong.
pub(super) struct Wrong {
    pub(super) text: String,
    /// The text with a caret under the place.
    pub(super) place: Option<String>,
    /// What was probably meant.
    pub(super) suggestion: Option<String>,
}

/// What would be written.
pub(super) struct Preview {
    pub(super) files: Vec<FileView>,
    pub(super) changes: Vec<Changed>,
    /// Lines of all files, and those added.
    pub(super) lines: usize,
}

/// A new file.
pub(super) struct FileView {
    pub(super) path: String,
    pub(super) lines: usize,
    pub(super) text: String,
}

/// A file that gets or changes lines: each with its sign.
pub(super) struct Changed {
    pub(super) path: String,
    pub(super) lines: Vec<(char, String)>,
}

impl Outcome {
    /// Reads and plans `request` over what there is; a fault may have come before it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn of(
        app: &App,
        desk: &Desk,
        tables: &[TableShape],
        request: Result<Request, Fault>,
    ) -> Result<Self, Failure> {
        let request = match request {
            Ok(request) => request,
            Err(fault) => return Ok(Self { fault: Some(wrong(desk, fault)), ..Self::default() }),
        };
        let command = Some(command_words(&request).iter().enumerate().map(option).collect());
        let spec = match generate::read(&request, &known(app, tables)) {
            Ok(spec) => spec,
            Err(fault) => return Ok(Self { command, fault: Some(wrong(desk, fault)), ..Self::default() }),
        };
        Ok(match plan(app, &spec).await? {
            Ok(plan) => {
                let notes = plan.notes.iter().map(|note| said(desk, note)).collect();
                Self { command, fault: None, notes, preview: Some(Preview::of(&plan)) }
            }
            Err(text) => {
                let fault = Some(Wrong { text, place: None, suggestion: None });
                Self { command, fault, ..Self::default() }
            }
        })
    }
}

/// A word of the command line as a line of it: up to the `=`, which no narrow page may break, and the rest.
fn option((at, word): (usize, &String)) -> (String, String) {
    match word.split_once('=') {
        Some((name, value)) if at > 0 => (format!("  {name}="), value.to_owned()),
        _ if at > 0 => (format!("  {word}"), String::new()),
        _ => (String::new(), word.clone()),
    }
}

async fn plan(app: &App, spec: &Spec) -> Result<Result<Plan, String>, Failure> {
    let today = jiff::Timestamp::now().to_zoned(app.admin.zone.clone()).date();
    let migration = next_migration(app.db.read(), &spec.table, today).await.map_err(failure)?;
    Ok(generate::plan(spec, &Templates::built_in(), &migration))
}

/// What this program has. Of the source tree it knows nothing: the command looks there by itself.
fn known(app: &App, tables: &[TableShape]) -> Known {
    let faces = &app.admin.faces;
    let mut routes: Vec<String> = crate::route_table(faces).into_iter().map(|(_, path, _)| path).collect();
    routes.dedup();
    Known {
        tables: tables.iter().map(TableShape::known).collect(),
        resources: faces.iter().map(|face| face.resource().name.to_owned()).collect(),
        routes,
        ..Known::default()
    }
}

fn wrong(desk: &Desk, mut fault: Fault) -> Wrong {
    let say = |key: &str, args: &[(&'static str, String)]| texts::say(desk.locale, key, args);
    let suggestion = fault.suggestion.take().map(|word| say("generate.did_you_mean", &[("word", word)]));
    if let Some(place) = fault.place.take() {
        let place = excerpt(&place);
        fault = fault.at(&place.option, &place.text, place.span);
    }
    let mut lines = fault.lines(&say).into_iter();
    let text = lines.next().unwrap_or_default();
    let place = lines.skip_while(String::is_empty);
    // A terminal's lines are indented.
    let place: Vec<String> = place.map(|line| line.strip_prefix("  ").map_or(line.clone(), str::to_owned)).collect();
    Wrong { text, place: (!place.is_empty()).then(|| place.join("\n")), suggestion }
}

/// As much around the place as a narrow page shows in one line.
fn excerpt(place: &Place) -> Place {
    let boundary = |at: usize| (0..=at.min(place.text.len())).rev().find(|at| place.text.is_char_boundary(*at));
    let start = boundary(place.span.start).unwrap_or(0);
    let end = boundary(place.span.end).unwrap_or(start).max(start);
    let line_start = place.text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = place.text[start..].find('\n').map_or(place.text.len(), |at| start + at);
    let before: Vec<char> = place.text[line_start..start].chars().collect();
    let after = &place.text[start..line_end];
    let cut = before.len() > BEFORE;
    let mut text = if cut { "…".to_owned() } else { String::new() };
    text.extend(&before[if cut { before.len() - BEFORE } else { 0 }..]);
    let at = text.len();
    text.extend(after.chars().take(SHOWN - BEFORE));
    let marked = (end - start).min(text.len() - at);
    if after.chars().count() > SHOWN - BEFORE {
        text.push('…');
    }
    Place { option: place.option.clone(), text, span: at..at + marked }
}

fn said(desk: &Desk, note: &Note) -> String {
    texts::say(desk.locale, &format!("generate.notes.{}", note.key), &note.args)
}

impl Preview {
    fn of(plan: &Plan) -> Self {
        let view = |file: &NewFile| FileView {
            path: file.path.clone(),
            lines: file.text.lines().count(),
            text: file.text.clone(),
        };
        let files: Vec<FileView> = plan.files.iter().chain(&plan.rooms).map(view).collect();
        let mut changes: Vec<Changed> = Vec::new();
        let mut add = |path: &str, sign: char, text: &str| {
            let lines = text.lines().map(|line| (sign, line.to_owned()));
            match changes.iter_mut().find(|changed| changed.path == path) {
                Some(changed) => changed.lines.extend(lines),
                None => changes.push(Changed { path: path.to_owned(), lines: lines.collect() }),
            }
        };
        for line in &plan.lines {
            add(&line.path, '+', &line.text);
        }
        for replacement in &plan.replacements {
            add(&replacement.path, '-', &replacement.from);
            add(&replacement.path, '+', &replacement.to);
        }
        let added = changes.iter().map(|changed| changed.lines.iter().filter(|(sign, _)| *sign == '+').count());
        let lines = files.iter().map(|file| file.lines).sum::<usize>() + added.sum::<usize>();
        Self { files, changes, lines }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_text_the_place_is_shown() {
        let text = format!("{}; body#txet; {}", "title#string".repeat(9), "x#text; ".repeat(9));
        let at = text.find("txet").unwrap();
        let place = Place { option: "--fields".into(), span: at..at + 4, text };
        let excerpt = excerpt(&place);
        assert_eq!(&excerpt.text[excerpt.span.clone()], "txet");
        assert_eq!(excerpt.text, "…tring; body#txet; x#text; x#text; …");
    }

    #[test]
    fn a_short_one_stays_and_a_place_at_its_end_too() {
        for (text, span) in [("标题#", 7..7), ("", 0..0), ("one\ntwo#", 8..8)] {
            let place = Place { option: "--fields".into(), text: text.into(), span };
            let excerpt = excerpt(&place);
            assert_eq!(excerpt.text, text.lines().last().unwrap_or_default());
            assert_eq!(excerpt.span, excerpt.text.len()..excerpt.text.len());
        }
    }
}
