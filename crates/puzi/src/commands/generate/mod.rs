//! `puzi generate`: code for a resource from one command line, and back.

mod args;
mod ask;
mod known;

use std::{env, fs, io};

use puzi_resource::{
    Column, Listing,
    generate::{
        Entry, Fault, Outcome, Part, Plan, Request, Spec, State, TYPES, Templates, Tree, TreeError, Written,
        command_line, describe, plan, read, request_for,
    },
    validate,
};
use puzi_shop::{db::Db, texts::Locale};

pub use self::args::{Asked, DestroyArgs, GenerateCommand, ListArgs, PlaceArgs};
use crate::{error::Failure, output, settings::Settings, texts::say};

/// Runs a generator.
///
/// # Errors
/// [`Failure::Refused`] when what is asked cannot be made: nothing is written then.
pub async fn run(command: GenerateCommand, settings: &Settings) -> Result<(), Failure> {
    let locale = settings.locale();
    let (asked, parts, only_api) = match command {
        GenerateCommand::Crud(asked) => (asked, Part::CRUD, false),
        GenerateCommand::CrudApi(asked) => (asked, Part::CRUD, true),
        GenerateCommand::Controller(asked) => (asked, &[Part::Resource][..], false),
        GenerateCommand::Model(asked) => (asked, &[Part::Model][..], false),
        GenerateCommand::Migration(asked) => (asked, &[Part::Migration][..], false),
        GenerateCommand::View(asked) => (asked, &[Part::View][..], false),
        GenerateCommand::Lang(asked) => (asked, &[Part::Texts][..], false),
        GenerateCommand::Destroy(args) => return destroy(&args, locale),
        GenerateCommand::List(args) => return list(&args, locale),
        GenerateCommand::Templates(place) => return templates(&place, locale),
        GenerateCommand::Guard(place) => return Ok(tree(&place)?.guard(io::stdin().lock())?),
    };
    let tree = recovered(&asked.place, locale)?;
    let mut known = known::gather(&tree).await?;
    let mut request = request(&asked, parts, only_api, locale)?;
    if let Some(table) = request.from_table.clone() {
        let db = settings.connect().await?;
        known.tables = known::shapes(&db).await?;
        complete(&mut request, &table, &db, locale).await?;
    }
    let mut answers = ask::Answers::new(locale);
    let interactive = asked.interactive || (request.name.is_empty() && ask::at_terminal());
    if interactive {
        request = answers.complete(request, &known)?;
    }
    let spec = read(&request, &known).map_err(|fault| refused(&fault, locale))?;
    let plan = planned(&tree, &spec)?;
    let command = command_line(&request);
    if asked.dry_run {
        output::line(tree.preview(&plan, &command, request.force)?.diff.trim_end());
        tell_notes(&plan, locale);
        return Ok(());
    }
    if interactive && !answers.confirm(&command, &tree.preview(&plan, &command, request.force)?)? {
        return Ok(());
    }
    let guarded = tree.guarded_by(
        env::current_exe()?,
        vec!["generate".into(), "guard".into(), "--into".into(), tree.root().display().to_string()],
    );
    let written = guarded.write(&plan, &command, request.force)?;
    tell(&written, locale);
    tell_notes(&plan, locale);
    tell_next(&spec, locale);
    Ok(())
}

/// The request as the flags say it.
fn request(asked: &Asked, parts: &[Part], only_api: bool, locale: Locale) -> Result<Request, Failure> {
    let file = match &asked.fields_from_file {
        None => None,
        Some(path) if !path.is_file() => {
            return Err(Failure::Refused(Failure::no_such_file(path).lines(locale)));
        }
        Some(path) => {
            let text = fs::read_to_string(path).map_err(|error| Failure::folder(path, &error))?;
            Some((path.display().to_string(), text))
        }
    };
    Ok(Request {
        name: asked.name.clone().or_else(|| asked.from_table.clone()).unwrap_or_default(),
        fields: asked.fields.clone(),
        file,
        validations: asked.validations.clone(),
        route: asked.route.clone(),
        route_group: asked.route_group.clone(),
        pk: asked.pk.clone(),
        view_path: asked.view_path.clone(),
        controller_namespace: asked.namespace.clone(),
        model_namespace: asked.model_namespace.clone(),
        pagination: asked.pagination.clone(),
        indexes: asked.indexes.clone(),
        foreign_keys: asked.foreign_keys.clone(),
        relationships: asked.relationships.clone(),
        soft_deletes: asked.soft_deletes.clone(),
        form_helper: asked.form_helper.clone(),
        localize: asked.localize.clone(),
        locales: asked.locales.clone(),
        fillable: asked.fillable.clone(),
        custom_data: asked.custom_data.clone(),
        crud_name: asked.crud_name.clone(),
        model_name: asked.model_name.clone(),
        table: asked.table.clone(),
        from_table: asked.from_table.clone(),
        force: asked.force,
        parts: parts.to_vec(),
        only_api,
    })
}

/// Adds what the table itself says and nobody said otherwise.
async fn complete(request: &mut Request, table: &str, db: &Db, locale: Locale) -> Result<(), Failure> {
    let Some(shape) = describe(db.read(), table).await? else { return Ok(()) };
    let found = request_for(&shape).map_err(|fault| refused(&fault, locale))?;
    // Whoever names the fields has chosen among the columns: what goes with the others is not wanted.
    if request.fields.is_none() {
        for column in shape.left_out() {
            let args = [("column", column.column), ("declared", column.declared)];
            output::note(&say(locale, &format!("generate.left_out.{}", column.why.key()), &args));
        }
        request.fields = found.fields;
        request.indexes = request.indexes.take().or(found.indexes);
        request.foreign_keys = request.foreign_keys.take().or(found.foreign_keys);
    }
    request.pk = request.pk.take().or(found.pk);
    request.soft_deletes = request.soft_deletes.take().or(found.soft_deletes);
    Ok(())
}

fn planned(tree: &Tree, spec: &Spec) -> Result<Plan, Failure> {
    let own = tree.templates()?;
    let templates = own.iter().try_fold(Templates::built_in(), |all, (name, text)| all.with(name, text));
    let today = jiff::Zoned::now().date();
    let migration = tree.next_migration(&spec.names.plural, today)?;
    templates.and_then(|templates| plan(spec, &templates, &migration)).map_err(Failure::plain)
}

fn destroy(args: &DestroyArgs, locale: Locale) -> Result<(), Failure> {
    let tree = recovered(&args.place, locale)?;
    let name = puzi_resource::generate::Names::of(&args.name).map_or_else(|_| args.name.clone(), |names| names.plural);
    let guarded = tree.guarded_by(
        env::current_exe()?,
        vec!["generate".into(), "guard".into(), "--into".into(), tree.root().display().to_string()],
    );
    let written = guarded.destroy(&name, args.dry_run)?;
    if args.dry_run {
        output::line(written.diff.trim_end());
    } else {
        tell(&written, locale);
    }
    Ok(())
}

fn list(args: &ListArgs, locale: Locale) -> Result<(), Failure> {
    if args.types {
        let words = TYPES.iter().map(|word| (word.word, format!("generate.types.{}", word.word)));
        tell_words(words, args.json, locale);
        return Ok(());
    }
    if args.rules {
        let words = validate::NAMES.iter().map(|word| (*word, format!("generate.rules.{word}")));
        tell_words(words, args.json, locale);
        return Ok(());
    }
    let entries = recovered(&args.place, locale)?.entries()?;
    if entries.is_empty() && !args.json {
        output::line(say(locale, "generate.nothing", &[]));
        return Ok(());
    }
    let state = |entry: &Entry| match entry.state {
        State::Untouched => "generate.state.untouched",
        State::Edited => "generate.state.edited",
        State::Gone => "generate.state.gone",
    };
    let listing = Listing::new("generated")
        .column(Column::new("name", "generate.column.name", |entry: &Entry| entry.name.clone().into()))
        .column(
            Column::new("state", "generate.column.state", move |entry: &Entry| {
                state(entry).rsplit('.').next().unwrap_or_default().into()
            })
            .shown(move |entry| say(locale, state(entry), &[])),
        )
        .column(Column::new("files", "generate.column.files", |entry: &Entry| entry.files.clone().into()).only_json())
        .column(Column::new("command", "generate.column.command", |entry: &Entry| entry.command.clone().into()));
    output::list(&listing, &entries, locale, args.json);
    Ok(())
}

/// Words with a line of explanation each.
fn tell_words(words: impl Iterator<Item = (&'static str, String)>, as_json: bool, locale: Locale) {
    let words: Vec<(&str, String)> = words.map(|(word, key)| (word, say(locale, &key, &[]))).collect();
    if as_json {
        let object: serde_json::Map<String, serde_json::Value> =
            words.into_iter().map(|(word, text)| (word.to_owned(), text.into())).collect();
        return output::json(&object);
    }
    let widest = words.iter().map(|(word, _)| word.len()).max().unwrap_or(0);
    output::lines(words.iter().map(|(word, text)| format!("{word:widest$}  {text}")));
}

fn templates(place: &PlaceArgs, locale: Locale) -> Result<(), Failure> {
    let tree = recovered(place, locale)?;
    tell(&tree.copy_templates(Templates::all())?, locale);
    output::line(say(locale, "generate.templates", &[]));
    Ok(())
}

fn tree(place: &PlaceArgs) -> Result<Tree, Failure> {
    let start = place.into.clone().map_or_else(env::current_dir, Ok)?;
    Ok(Tree::find(&start)?)
}

/// The workspace, as it was before a run that was killed.
fn recovered(place: &PlaceArgs, locale: Locale) -> Result<Tree, Failure> {
    let tree = tree(place)?;
    if let Some(recovered) = tree.recover()? {
        for (key, files) in [("generate.recovered", &recovered.files), ("generate.kept", &recovered.kept)] {
            if !files.is_empty() {
                output::note(&say(locale, key, &[("files", files.join(", "))]));
            }
        }
    }
    Ok(tree)
}

fn refused(fault: &Fault, locale: Locale) -> Failure {
    Failure::Refused(fault.lines(&|key, args| say(locale, key, args)))
}

fn tell(written: &Written, locale: Locale) {
    let word = |outcome: &Outcome| match outcome {
        Outcome::Created => "generate.outcome.created",
        Outcome::Overwritten => "generate.outcome.overwritten",
        Outcome::Changed => "generate.outcome.changed",
        Outcome::Removed => "generate.outcome.removed",
    };
    output::lines(written.files.iter().map(|(path, outcome)| format!("  {}  {path}", say(locale, word(outcome), &[]))));
}

fn tell_notes(plan: &Plan, locale: Locale) {
    for note in &plan.notes {
        output::note(&say(locale, &format!("generate.notes.{}", note.key), &note.args));
    }
}

/// What comes next, for whoever generates for the first time.
fn tell_next(spec: &Spec, locale: Locale) {
    if spec.parts.contains(&Part::Resource) && spec.route {
        let key = if spec.only_api { "generate.next_api" } else { "generate.next" };
        output::line(say(locale, key, &[("name", spec.names.plural.clone())]));
    }
}

impl From<TreeError> for Failure {
    fn from(error: TreeError) -> Self {
        Self::Tree(error)
    }
}
