//! Relations by name: `comments#hasMany#App\Comment`.

use super::{
    fields::{Draft, OWN, is_identifier},
    relations::{self, Asked, Tables},
    reserved,
    target::{Target, snake},
    text::{Text, entries},
};
use crate::{
    generate::{Fault, ForeignKey, Known, Names, RelationKind, RelationSpec},
    nearest::nearest,
};

const KINDS: [&str; 4] = ["belongsTo", "hasMany", "hasOne", "belongsToMany"];

/// A relation as it was asked for.
#[derive(Debug)]
pub(super) struct Relationship<'a> {
    pub name: Text<'a>,
    pub kind: Text<'a>,
    /// The other class, with the keys behind it.
    pub class: Option<Text<'a>>,
    pub keys: Vec<Text<'a>>,
}

/// What relations add.
pub(super) struct Found<'f> {
    pub foreign_keys: &'f mut Vec<ForeignKey>,
    pub relations: &'f mut Vec<RelationSpec>,
}

/// What is said in `--relationships`.
pub(super) fn read<'a>(text: &Text<'a>) -> Result<Vec<Relationship<'a>>, Fault> {
    entries(text.split(&[';', ',']))?
        .into_iter()
        .map(|entry| {
            let parts = entry.split(&['#', '|']);
            let [name, kind, rest @ ..] = &parts[..] else {
                return Err(entry.fault("relation_shape", vec![]));
            };
            if let Some(empty) = rest.iter().find(|part| part.is_empty()) {
                return Err(empty.fault("relation_shape", vec![]));
            }
            let (class, keys) = rest.split_first().map_or((None, &[][..]), |(class, keys)| (Some(class.clone()), keys));
            Ok(Relationship { name: name.clone(), kind: kind.clone(), class, keys: keys.to_vec() })
        })
        .collect()
}

impl<'a> Relationship<'a> {
    /// As a file has it: keys may stand behind the class.
    pub(super) fn of(name: Text<'a>, kind: Text<'a>, class: Option<&Text<'a>>) -> Result<Self, Fault> {
        let mut parts = class.map(|class| class.split(&['#', '|'])).unwrap_or_default();
        if let Some(empty) = parts.iter().find(|part| part.is_empty()) {
            return Err(empty.fault("relation_shape", vec![]));
        }
        let class = (!parts.is_empty()).then(|| parts.remove(0));
        Ok(Self { name, kind, class, keys: parts })
    }

    /// Adds what the relation means.
    pub(super) fn resolve(
        self,
        drafts: &mut [Draft<'a>],
        known: &Known,
        target: &mut Target<'_>,
        found: &mut Found<'_>,
    ) -> Result<(), Fault> {
        let word: String = self.kind.as_str().chars().filter(|c| *c != '_' && *c != '-').collect();
        let Some(kind) = KINDS.into_iter().find(|known| known.eq_ignore_ascii_case(&word)) else {
            let args = vec![("kind", self.kind.as_str().to_owned()), ("kinds", KINDS.join(", "))];
            return Err(self.kind.fault("relation_kind", args).suggest(nearest(&word, KINDS)));
        };
        self.check_name(drafts, target, found)?;
        let most = if kind == "belongsToMany" { 3 } else { 2 };
        if let Some(more) = self.keys.get(most) {
            return Err(more.fault("relation_shape", vec![]));
        }
        let tables = Tables::of(known, target, drafts);
        let table = self.table(&tables)?;
        match kind {
            "belongsTo" => self.belongs_to(table, drafts, known, target, found),
            "belongsToMany" => {
                let through = self.pairs(&table, &tables, target)?;
                self.keep((RelationKind::BelongsToMany, table, through), known, target, found);
                Ok(())
            }
            _ => {
                let column = self.other_column(&table, &tables, target)?;
                let kind = if kind == "hasMany" { RelationKind::HasMany } else { RelationKind::HasOne };
                self.keep((kind, table, column), known, target, found);
                Ok(())
            }
        }
    }

    fn check_name(&self, drafts: &[Draft<'_>], target: &Target<'_>, found: &Found<'_>) -> Result<(), Fault> {
        let name = self.name.as_str();
        let said = || vec![("name", name.to_owned())];
        // PHP writes `orderLines` where Rust writes `order_lines`.
        let snake = if is_identifier(name) { name.to_owned() } else { snake(name).unwrap_or_default() };
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') || !is_identifier(&snake) {
            return Err(self.name.fault("identifier", said()));
        }
        if reserved::is_rust(&snake) {
            let args = vec![("name", snake), ("whose", "Rust".to_owned())];
            return Err(self.name.fault("identifier_reserved", args));
        }
        let is_column =
            |name: &str| name == target.key || OWN.contains(&name) || drafts.iter().any(|it| it.name.as_str() == name);
        if is_column(&snake) || found.relations.iter().any(|known| known.name == snake) {
            return Err(self.name.fault("relation_twice", said()));
        }
        Ok(())
    }

    /// The place of the other class, or else of the relation's name, and what it is called without its namespace.
    fn class(&self) -> (Text<'a>, String) {
        let at = self.class.as_ref().unwrap_or(&self.name).clone();
        let bare = at.as_str().trim_end_matches("::class");
        let last = bare.rsplit(['\\', '/', ':']).next().unwrap_or(bare);
        let start = bare.len() - last.len();
        (at.sub(start..start + last.len()), last.to_owned())
    }

    /// The other table.
    fn table(&self, tables: &Tables<'_>) -> Result<String, Fault> {
        let (at, class) = self.class();
        // A table may be called so itself, in whichever number.
        let meant = Names::meant(&class).plural;
        let plain = snake(&class).unwrap_or_else(|| class.clone());
        let found = [meant.as_str(), plain.as_str()].into_iter().find(|name| tables.columns(name).is_some());
        found.map(str::to_owned).ok_or_else(|| {
            let args = vec![("name", self.name.as_str().to_owned()), ("table", meant.clone())];
            at.fault("relation_to_nothing", args).suggest(nearest(&meant, tables.names()))
        })
    }

    /// A field here leads there.
    fn belongs_to(
        &self,
        table: String,
        drafts: &mut [Draft<'a>],
        known: &Known,
        target: &mut Target<'_>,
        found: &mut Found<'_>,
    ) -> Result<(), Fault> {
        let name = snake(self.name.as_str()).unwrap_or_else(|| self.name.as_str().to_owned());
        let wanted = self.keys.first().map_or_else(|| format!("{name}_id"), |key| key.as_str().to_owned());
        let at = self.keys.first().unwrap_or(&self.name);
        let Some(draft) = drafts.iter().find(|draft| draft.name.as_str() == wanted) else {
            let near = nearest(&wanted, drafts.iter().map(|draft| draft.name.as_str()));
            return Err(at.fault("relation_without_field", vec![("field", wanted)]).suggest(near));
        };
        let column = draft.name.clone();
        if let Some(key) = found.foreign_keys.iter().find(|key| key.column == wanted) {
            if key.table == table && self.keys.get(1).is_none_or(|to| to.as_str() == key.references) {
                return Ok(());
            }
            let args = vec![("field", wanted), ("table", key.table.clone())];
            return Err(self.class().0.fault("relation_differs", args).suggest(Some(&key.table)));
        }
        let place = self.class().0;
        let key = Tables::of(known, target, drafts).key(&table).unwrap_or("id").to_owned();
        let references = self.keys.get(1).cloned().unwrap_or_else(|| place.called(key));
        let other = place.called(table.clone());
        let asked = Asked { column, references, table: other, on_delete: None, on_update: None };
        found.foreign_keys.push(relations::resolve(asked, drafts, known, target)?);
        target.note("relation_key", vec![("field", wanted), ("table", table)]);
        Ok(())
    }

    /// The column of the other table that leads here.
    fn other_column(&self, table: &str, tables: &Tables<'_>, target: &Target<'_>) -> Result<String, Fault> {
        self.local_key(target)?;
        let column =
            self.keys.first().map_or_else(|| format!("{}_id", target.names.singular), |it| it.as_str().to_owned());
        let at = self.keys.first().cloned().unwrap_or_else(|| self.class().0);
        let columns = tables.columns(table).unwrap_or_default();
        if columns.iter().any(|(name, _)| *name == column) {
            return Ok(column);
        }
        let args = vec![("column", column.clone()), ("table", table.to_owned())];
        Err(at.fault("relation_without_column", args).suggest(nearest(&column, columns.iter().map(|(name, _)| *name))))
    }

    /// The column here to which the other table leads: the key.
    fn local_key(&self, target: &Target<'_>) -> Result<(), Fault> {
        match self.keys.get(1) {
            Some(key) if key.as_str() != target.key => {
                let args = vec![("column", key.as_str().to_owned()), ("key", target.key.clone())];
                Err(key.fault("relation_key_other", args).suggest(Some(&target.key)))
            }
            _ => Ok(()),
        }
    }

    /// The table of pairs.
    fn pairs(&self, table: &str, tables: &Tables<'_>, target: &Target<'_>) -> Result<String, Fault> {
        let other = Names::meant(table).singular;
        let mut both = [target.names.singular.as_str(), other.as_str()];
        both.sort_unstable();
        let through = self.keys.first().map_or_else(|| both.join("_"), |it| it.as_str().to_owned());
        let at = self.keys.first().cloned().unwrap_or_else(|| self.class().0);
        let Some(columns) = tables.columns(&through) else {
            let args = vec![("name", self.name.as_str().to_owned()), ("table", through.clone())];
            return Err(at.fault("relation_without_pairs", args).suggest(nearest(&through, tables.names())));
        };
        for (at_key, column) in [(1, format!("{}_id", target.names.singular)), (2, format!("{other}_id"))] {
            if let Some(key) = self.keys.get(at_key).filter(|key| key.as_str() != column) {
                let args = vec![("column", key.as_str().to_owned()), ("key", column.clone())];
                return Err(key.fault("relation_key_other", args).suggest(Some(column)));
            }
            if !columns.iter().any(|(name, _)| *name == column) {
                let near = nearest(&column, columns.iter().map(|(name, _)| *name));
                let args = vec![("column", column.clone()), ("table", through.clone())];
                return Err(at.fault("relation_without_column", args).suggest(near));
            }
        }
        Ok(through)
    }

    /// Keeps the relation, when there is an entity for it to lead to.
    fn keep(
        &self,
        (kind, table, through): (RelationKind, String, String),
        known: &Known,
        target: &mut Target<'_>,
        found: &mut Found<'_>,
    ) {
        let name = snake(self.name.as_str()).unwrap_or_else(|| self.name.as_str().to_owned());
        if table != target.table && !known.generated.contains(&table) {
            return target.note("relation_without_entity", vec![("name", name), ("table", table)]);
        }
        found.relations.push(RelationSpec { name, kind, table, through });
    }
}
