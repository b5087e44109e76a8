//! A list taken out as a file, batch by batch: memory does not grow with the list.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, stream};

use super::{
    cell::{self, Cell},
    csv,
    xlsx::Workbook,
};
use crate::{
    Actor, Error, Field, Kind, ListQuery, Record, Resource, Result, Say, Verb,
    engine::{Asked, Engine, children, permit, read::veil, row},
    query::{Cursor, Page, route::Route},
};

/// Records read at once.
const BATCH: u64 = 1_000;

/// The kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// UTF-8 with a byte order mark, as Excel wants it.
    Csv,
    /// A workbook; more than a million rows go on on another sheet.
    Xlsx,
}

impl Format {
    /// The format of a word in a URL, `csv` or `xlsx`.
    pub fn find(word: &str) -> Option<Self> {
        match word {
            "csv" => Some(Self::Csv),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        }
    }

    /// The end of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

impl Engine {
    /// The filtered list as a file: its chosen columns, or all fields but secret ones and rows of other tables; the row
    /// number first, by which an import finds the record again. What the file says stands in the language of `texts`
    /// and the zone of `by`. Where the list is paged does not matter.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Request`] for what is no list's; in the stream, when the database does not
    /// answer.
    pub fn export(
        &self,
        r: &Resource,
        by: &Actor,
        q: &ListQuery,
        format: Format,
        texts: Arc<dyn Say>,
    ) -> Result<impl Stream<Item = Result<Bytes>> + Send + 'static> {
        permit(r, by, Asked::Verb(Verb::Export))?;
        let q = q.clone().first_page();
        Page::new(r, by, &q, Vec::new())?;
        let chosen: Vec<&'static str> = match &q.columns {
            Some(names) => {
                let named = names.iter().filter_map(|name| cell::fields(r).into_iter().find(|it| it.name == name));
                named.map(|field| field.name).collect()
            }
            None => cell::fields(r).into_iter().map(|field| field.name).collect(),
        };
        let head = chosen.iter().filter_map(|name| r.find(name)).map(|field| cell::label(r, field, &*texts));
        let head: Vec<String> = std::iter::once("id".to_owned()).chain(head).collect();
        let export = Export {
            engine: self.clone(),
            r: Arc::new(r.clone()),
            by: by.clone(),
            q,
            texts,
            chosen,
            sheet: match format {
                Format::Csv => Sheet::Csv,
                Format::Xlsx => Sheet::Xlsx(Box::new(Workbook::new(head.clone()).map_err(broken)?)),
            },
            stage: Stage::Head(head),
        };
        Ok(stream::try_unfold(
            export,
            |mut export| async move { Ok(export.step().await?.map(|bytes| (bytes, export))) },
        ))
    }
}

enum Sheet {
    Csv,
    Xlsx(Box<Workbook>),
    Finished,
}

enum Stage {
    Head(Vec<String>),
    Rows(Route, Option<Cursor>),
    End,
}

struct Export {
    engine: Engine,
    r: Arc<Resource>,
    by: Actor,
    q: ListQuery,
    texts: Arc<dyn Say>,
    chosen: Vec<&'static str>,
    sheet: Sheet,
    stage: Stage,
}

impl Export {
    /// The next bytes; none at the end.
    async fn step(&mut self) -> Result<Option<Bytes>> {
        let reader = self.engine.store().reader();
        let (route, cursor) = match std::mem::replace(&mut self.stage, Stage::End) {
            Stage::End => return self.finish(),
            Stage::Head(head) => {
                // Before the first byte: who took the data out is known even if the file is never finished.
                self.engine.note_export(&self.r, &self.by, &self.q).await?;
                self.by = self.engine.of_all_partitions(&self.r, &self.by).await?;
                let (route, _) = Page::new(&self.r, &self.by, &self.q, Vec::new())?.survey(reader).await?;
                self.stage = Stage::Rows(route, None);
                let mut line = String::from(csv::BOM);
                csv::line(&mut line, head.into_iter().map(Cell::Text));
                return Ok(Some(match &mut self.sheet {
                    Sheet::Xlsx(book) => book.take().into(),
                    _ => line.into(),
                }));
            }
            Stage::Rows(route, cursor) => (route, cursor),
        };
        let r = self.r.clone();
        let page = Page::new(&r, &self.by, &self.q, row::stored(&r))?;
        let (mut records, far) = page.rows(reader, &route, cursor.as_ref(), false, BATCH).await?;
        // A full batch goes on behind its last record, one that ended for looking too long where it looked last: by what
        // the row says, before anything is veiled.
        let full = records.len() as u64 == BATCH;
        if let Some(place) = records.last().filter(|_| full).map(|record| page.place(record)).or(far) {
            self.stage = Stage::Rows(route, Some(place));
        }
        let shown: Vec<&Field> = self.chosen.iter().filter_map(|name| r.find(name)).collect();
        for field in &shown {
            if let Kind::Many(many) = &field.kind {
                children::load_many(reader, field, many, &mut records).await?;
            }
        }
        if shown.iter().any(|field| field.filled || matches!(field.kind, Kind::Computed(_))) {
            self.engine.fill(&r, &mut records).await?;
        }
        veil(&r, &self.by, &mut records);
        let labels = self.engine.labels_of(&r, &self.by, &records).await?;
        let cells = |record: &Record| {
            let id = Cell::Number(record.id.to_string());
            let cell = |field: &&Field| cell::cell(&r, field, record, &*self.texts, &self.by.zone, &labels);
            std::iter::once(id).chain(shown.iter().map(cell)).collect::<Vec<_>>()
        };
        match &mut self.sheet {
            Sheet::Xlsx(book) => {
                for record in &records {
                    book.row(cells(record)).map_err(broken)?;
                }
                Ok(Some(book.take().into()))
            }
            _ => {
                let mut lines = String::new();
                for record in &records {
                    csv::line(&mut lines, cells(record));
                }
                Ok(Some(lines.into()))
            }
        }
    }

    fn finish(&mut self) -> Result<Option<Bytes>> {
        match std::mem::replace(&mut self.sheet, Sheet::Finished) {
            Sheet::Xlsx(book) => Ok(Some(book.finish().map_err(broken)?.into())),
            Sheet::Csv | Sheet::Finished => Ok(None),
        }
    }
}

#[allow(clippy::needless_pass_by_value)]
fn broken(error: zip::result::ZipError) -> Error {
    Error::Other(format!("the workbook cannot be written: {error}"))
}
