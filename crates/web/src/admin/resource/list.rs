//! The list of a resource.

use crate::admin::number::grouped;
use askama::Template;
use puzi_resource::{Count, Error, Field, Kind, Labels, ListPage as Records, Order, Record, SavedView, Say, Verb};

use super::{
    address::{self, Asked},
    cell::{self, Place},
    face::{Face, Page, Rendering},
    filters::{self, Chip, FilterView},
    markup::Markup,
    reader::{self, Reader, Texts},
    visit::{Visit, failure, html},
};
use crate::admin::{
    error::Answer,
    shell::Shell,
    toast::{Toast, redirect_with},
};

/// Records on a page that one may choose.
const SIZES: [u64; 4] = [20, 50, 100, 200];

/// The page.
#[derive(Template)]
#[template(path = "admin/resource/list.html")]
pub(crate) struct ListPage {
    pub(crate) shell: Shell,
    pub(crate) list: ListView,
}

/// What the list shows.
pub(crate) struct ListView {
    /// What the area has to say above it.
    pub(crate) head: Markup,
    /// Whose records are shown, where there are several accounts.
    pub(crate) whose: Option<String>,
    /// Where the resource's pages lie.
    pub(crate) path: String,
    /// A line about what these records are.
    pub(crate) about: Option<String>,
    pub(crate) heads: Vec<Head>,
    pub(crate) rows: Vec<Row>,
    /// What is searched for; none when the resource cannot be searched.
    pub(crate) search: Option<String>,
    /// What the search looks through, in words.
    pub(crate) searched: String,
    pub(crate) filters: Vec<FilterView>,
    pub(crate) chips: Vec<Chip>,
    /// What else the address asks for, to be sent along with search and filters.
    pub(crate) along: Vec<(String, String)>,
    pub(crate) columns: Vec<ColumnChoice>,
    /// What is sent along with a choice of columns.
    pub(crate) along_columns: Vec<(String, String)>,
    pub(crate) views: Vec<ViewTab>,
    /// What a view saved now would keep; none when it would keep nothing.
    pub(crate) to_keep: Option<String>,
    pub(crate) sizes: Vec<Link>,
    pub(crate) size: u64,
    pub(crate) pager: Pager,
    pub(crate) count: String,
    pub(crate) bulk: Vec<ActionView>,
    /// The query of the selection, for what is done with all that match.
    pub(crate) selection: String,
    /// This very page, to come back to.
    pub(crate) here: String,
    pub(crate) all: String,
    pub(crate) state: ListState,
    pub(crate) may: May,
    /// The resource's icon.
    pub(crate) icon: &'static str,
    /// The button that leads to the form of a new record, and the one in an empty list.
    pub(crate) create: String,
    pub(crate) first: String,
    /// What an empty list says, and what to do about it.
    pub(crate) never: [String; 2],
    /// The deleted records are shown; the link leads to the others, or to the deleted ones.
    pub(crate) deleted: bool,
    pub(crate) deleted_link: Option<String>,
    pub(crate) export: Option<[String; 2]>,
}

/// Filters of a few choices stand beside the search, so many of them.
const QUICK: usize = 2;

impl ListView {
    /// Whether there are rows.
    pub(crate) fn has_rows(&self) -> bool {
        self.state == ListState::Some
    }

    /// Whether there never was a record.
    pub(crate) fn never_had_any(&self) -> bool {
        self.state == ListState::Never
    }

    /// The filters beside the search.
    pub(crate) fn quick(&self) -> Vec<&FilterView> {
        self.filters.iter().filter(|filter| filter.widget == "choice").take(QUICK).collect()
    }

    /// The filters in the menu.
    pub(crate) fn rest(&self) -> Vec<&FilterView> {
        let mut quick = 0;
        let in_menu = |filter: &&FilterView| {
            let fits = filter.widget == "choice" && quick < QUICK;
            quick += usize::from(fits);
            !fits
        };
        self.filters.iter().filter(in_menu).collect()
    }

    /// Whether a filter in the menu is in use.
    pub(crate) fn rest_is_used(&self) -> bool {
        self.rest().iter().flat_map(|filter| &filter.inputs).any(|input| !input.value.is_empty())
    }
}

/// Why there are rows or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ListState {
    /// There are rows.
    Some,
    /// There never was one.
    Never,
    /// Nothing matches.
    NoHit,
}

/// What this person may do with the list.
pub(crate) struct May {
    pub(crate) create: bool,
    pub(crate) import: bool,
}

/// A head of a column.
pub(crate) struct Head {
    pub(crate) label: String,
    /// Figures stand at the right.
    pub(crate) figure: bool,
    /// Where a click leads; none when it cannot be sorted by.
    pub(crate) sort: Option<String>,
    /// `ascending`, `descending` or `none`.
    pub(crate) sorted: &'static str,
}

/// A row.
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) href: String,
    pub(crate) cells: Vec<CellView>,
}

/// A cell.
pub(crate) struct CellView {
    pub(crate) label: String,
    pub(crate) html: Markup,
    pub(crate) figure: bool,
    /// A long text: where cells stand side by side, it takes a line of its own.
    pub(crate) wide: bool,
    /// By this cell people know the record; it links to it.
    pub(crate) title: bool,
}

/// A column that may be chosen.
pub(crate) struct ColumnChoice {
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) chosen: bool,
}

/// A saved view.
pub(crate) struct ViewTab {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) active: bool,
    /// Made by the reader, who may delete it.
    pub(crate) own: bool,
}

/// A link with its words.
pub(crate) struct Link {
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) active: bool,
}

/// Where the other pages lie.
pub(crate) struct Pager {
    pub(crate) first: Option<String>,
    pub(crate) previous: Option<String>,
    pub(crate) next: Option<String>,
    pub(crate) last: Option<String>,
    /// The page ends because so many rows were looked at, in words.
    pub(crate) looked: Option<String>,
}

/// A button of an action.
pub(crate) struct ActionView {
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) danger: bool,
    pub(crate) confirm: bool,
    /// What is asked before, or what it does.
    pub(crate) question: String,
    /// The area's own route that the selection goes to.
    pub(crate) to: Option<&'static str>,
}

/// `GET /admin/{resource}`
pub(super) async fn page(visit: Visit) -> Answer {
    let (resource, actor) = (visit.resource(), visit.actor());
    let asked = Asked::read(&visit.query).without(&["view"]);
    let query = visit.list_query(&asked)?;
    let page = match visit.engine().list(resource, &actor, &query).await {
        Ok(page) => page,
        // A cursor of another order, a filter that is no more: the list itself is still there.
        Err(Error::Request(why)) if !asked.is_empty() => {
            tracing::debug!(%why, resource = resource.name, "a list was asked for what it does not understand");
            let toast = Toast::warning(visit.desk.t("resource.list.not_understood"));
            return Ok(redirect_with(&visit.desk, &visit.face.path(), &toast));
        }
        Err(error) => return Err(failure(error)),
    };
    let labels = visit.engine().labels(resource, &actor, &page.records).await.map_err(failure)?;
    let views = visit.engine().views(resource, &actor).await.map_err(failure)?;
    let filters = filters::offered(&visit, &actor, &asked).await?;
    let chips = filters::chips(&visit, &actor, &asked, &filters).await?;
    let texts = visit.texts();
    let maker = Maker { visit: &visit, texts, asked: &asked, labels: &labels };
    let list = maker.view(&page, views, filters, chips);
    let title = reader::many(&texts, resource);
    let shell = Shell::new(&visit.app, &visit.desk, title).active(resource.name);
    let mut page = ListPage { shell, list };
    if let Some(head) = visit.face.head_of() {
        page.list.head = head(&page);
    }
    html(visit.face.write(&Rendering::List(&page), || page.render())?)
}

/// What the parts of a view are made from.
struct Maker<'a> {
    visit: &'a Visit,
    texts: Texts,
    asked: &'a Asked,
    labels: &'a Labels,
}

impl Maker<'_> {
    fn view(&self, page: &Records, views: Vec<SavedView>, filters: Vec<FilterView>, chips: Vec<Chip>) -> ListView {
        let (visit, resource) = (self.visit, self.visit.resource());
        let path = visit.face.path();
        let shown = self.shown();
        let here = self.asked.on(&path);
        let may = |verb| visit.may(verb);
        let deleted = self.asked.value("deleted") == "only";
        let selection = self.asked.selection();
        let export = may(Verb::Export).then(|| {
            ["csv", "xlsx"]
                .map(|format| self.asked.first_page().without(&["size"]).on(&format!("{path}/export.{format}")))
        });
        let kept = self.asked.to_keep();
        ListView {
            head: Markup::default(),
            whose: self.whose(),
            about: Say::find(&self.texts, &format!("{}.about", resource.name)),
            heads: self.heads(&shown),
            rows: page.records.iter().map(|record| self.row(record, &shown, &here)).collect(),
            search: resource.fields.iter().any(|field| field.searchable).then(|| self.asked.value("q").to_owned()),
            searched: self.searched(),
            filters,
            chips,
            along: self.along(&["sort", "size", "columns", "deleted"]),
            columns: self.columns(&shown),
            along_columns: self.asked.without(&["columns"]).pairs().collect(),
            views: views.into_iter().map(|view| self.tab(view, &kept)).collect(),
            to_keep: (!kept.is_empty()).then(|| kept.query()),
            sizes: SIZES.map(|size| self.size(size)).into(),
            size: self.current_size(),
            pager: self.pager(page),
            count: self.count(&page.count),
            bulk: self.bulk(deleted),
            all: self.all(&page.count),
            state: self.state(page),
            selection: selection.query(),
            may: May { create: visit.opens(Page::New), import: may(Verb::Import) },
            icon: resource.icon,
            create: reader::action(&self.texts, resource, Verb::Create.word()),
            first: self.first(),
            deleted,
            never: self.never(),
            deleted_link: self.deleted_link(deleted, may(Verb::Restore)),
            export,
            here,
            path,
        }
    }

    /// Whose records these are, where there are several accounts.
    fn whose(&self) -> Option<String> {
        let (desk, resource) = (&self.visit.desk, self.visit.resource());
        let accounts = desk.accounts(&self.visit.app);
        if accounts.len() < 2 || !resource.narrowed || resource.partition.is_none() {
            return None;
        }
        let asked = resource.partition_field().is_some_and(|field| {
            let name = format!("f.{}", field.name);
            self.asked
                .pairs()
                .any(|(key, value)| !value.is_empty() && (key == name || key.starts_with(&format!("{name}."))))
        });
        let chosen = desk.view.one().filter(|_| !asked);
        let name = chosen.and_then(|id| accounts.iter().find(|live| live.account.id == id));
        match (asked, name) {
            // The filter says it.
            (true, _) => None,
            (false, Some(live)) => Some(live.account.name.clone()),
            (false, None) => Some(desk.t("face.all_accounts")),
        }
    }

    /// The columns shown: those chosen, else those declared.
    fn shown(&self) -> Vec<&Field> {
        let fields = &self.visit.resource().fields;
        let chosen: Vec<&str> = self.asked.value("columns").split(',').collect();
        let chosen: Vec<&Field> = fields
            .iter()
            .filter(|field| (field.appears.choosable || field.appears.list) && chosen.contains(&field.name))
            .collect();
        if chosen.is_empty() { fields.iter().filter(|field| field.appears.list).collect() } else { chosen }
    }

    fn order(&self) -> Order {
        let resource = self.visit.resource();
        match self.asked.value("sort") {
            "" => {
                let ranged = resource.fields.iter().find(|field| field.ordered_with_filter && self.is_ranged(field));
                let by = |field: &Field| Order { field: field.name.to_owned(), descending: true };
                ranged.map_or_else(|| resource.order.clone(), by)
            }
            given => Order { field: given.trim_start_matches('-').to_owned(), descending: given.starts_with('-') },
        }
    }

    /// One for each cell of [`Self::row`], which begins with the title also when nobody chose that column.
    fn heads(&self, shown: &[&Field]) -> Vec<Head> {
        let resource = self.visit.resource();
        let untitled = shown.iter().all(|field| field.name != resource.title);
        let title = untitled.then(|| Head {
            label: reader::label(&self.texts, resource, resource.title),
            figure: false,
            sort: None,
            sorted: "none",
        });
        title.into_iter().chain(shown.iter().map(|field| self.head(field))).collect()
    }

    fn head(&self, field: &Field) -> Head {
        let order = self.order();
        let sorted = match (order.field == field.name, order.descending) {
            (false, _) => "none",
            (true, true) => "descending",
            (true, false) => "ascending",
        };
        // A first click shows the largest and the latest first, of texts the first letter.
        let wants_large = field.kind.is_number() || field.kind.word() == "date";
        let descending = if sorted == "none" { wants_large } else { sorted == "ascending" };
        let sort = format!("{}{}", if descending { "-" } else { "" }, field.name);
        let to = || self.asked.first_page().with("sort", sort).on(&self.visit.face.path());
        Head {
            label: reader::label(&self.texts, self.visit.resource(), field.name),
            figure: field.kind.is_figure(),
            sort: (field.sortable || field.ordered_with_filter && self.is_ranged(field)).then(to),
            sorted,
        }
    }

    /// Whether the list is filtered by a range of the field.
    fn is_ranged(&self, field: &Field) -> bool {
        ["from", "to"].iter().any(|end| !self.asked.value(&format!("f.{}.{end}", field.name)).is_empty())
    }

    fn row(&self, record: &Record, shown: &[&Field], here: &str) -> Row {
        let (face, resource): (&Face, _) = (&self.visit.face, self.visit.resource());
        let reader = Reader::new(&self.visit.desk, resource, self.labels).of_a_list();
        let cell = |field: &&Field| CellView {
            label: reader.label(field),
            html: cell::markup(face, field, record, &reader, Place::List),
            figure: field.kind.is_figure(),
            wide: matches!(field.kind, Kind::Text | Kind::RichText | Kind::Json),
            title: field.name == resource.title,
        };
        let mut cells: Vec<_> = shown.iter().map(cell).collect();
        if !cells.iter().any(|cell| cell.title) {
            let html = Markup::text(&resource.title_of(record));
            let label = reader::label(&self.texts, resource, resource.title);
            cells.insert(0, CellView { label, html, figure: false, wide: false, title: true });
        }
        let href = address::carrying(&format!("{}/{}", face.path(), record.id), here);
        Row { id: record.id, title: resource.title_of(record), href, cells }
    }

    fn searched(&self) -> String {
        let resource = self.visit.resource();
        let names = resource.fields.iter().filter(|field| field.searchable);
        let names: Vec<_> = names.map(|field| reader::label(&self.texts, resource, field.name)).collect();
        let args = [("what", names.join(&self.visit.desk.t("resource.comma")))];
        self.visit.desk.ta("resource.list.search", &args)
    }

    fn along(&self, names: &[&str]) -> Vec<(String, String)> {
        self.asked.pairs().filter(|(name, _)| names.contains(&name.as_str())).collect()
    }

    fn columns(&self, shown: &[&Field]) -> Vec<ColumnChoice> {
        let resource = self.visit.resource();
        let choosable = resource.fields.iter().filter(|field| field.appears.choosable || field.appears.list);
        let choice = |field: &Field| ColumnChoice {
            name: field.name,
            label: reader::label(&self.texts, resource, field.name),
            chosen: shown.iter().any(|other| other.name == field.name),
        };
        choosable.map(choice).collect()
    }

    fn tab(&self, view: SavedView, kept: &Asked) -> ViewTab {
        let asked = Asked::read(&view.query);
        let href = asked.on(&self.visit.face.path());
        ViewTab { id: view.id, active: asked.same(kept), name: view.name, own: view.own, href }
    }

    fn current_size(&self) -> u64 {
        self.asked.value("size").parse().unwrap_or(self.visit.resource().per_page)
    }

    fn size(&self, size: u64) -> Link {
        let href = self.asked.first_page().with("size", size.to_string()).on(&self.visit.face.path());
        let label = self.visit.desk.ta("resource.list.size", &[("n", size.to_string())]);
        Link { label, href, active: size == self.current_size() }
    }

    fn pager(&self, page: &Records) -> Pager {
        let path = self.visit.face.path();
        let start = self.asked.first_page();
        let to = |name: &str, cursor: &Option<String>| cursor.as_ref().map(|cursor| start.with(name, cursor).on(&path));
        Pager {
            first: page.previous.is_some().then(|| start.on(&path)),
            previous: to("before", &page.previous),
            next: to("after", &page.next),
            // An empty cursor to go back from: the end of the list.
            last: page.next.is_some().then(|| start.with("before", "").on(&path)),
            looked: page.looked.map(|n| self.visit.desk.ta("resource.list.looked", &[("n", grouped(n))])),
        }
    }

    fn count(&self, count: &Count) -> String {
        let (key, n) = match count {
            Count::Exactly(n) => ("resource.list.count", *n),
            Count::MoreThan(n) => ("resource.list.count_more", *n),
            Count::Unknown => return self.visit.desk.t("resource.list.count_unknown"),
        };
        self.visit.desk.ta(key, &[("n", grouped(n))])
    }

    fn first(&self) -> String {
        let own = Say::find(&self.texts, &format!("{}.actions.create", self.visit.resource().name));
        own.unwrap_or_else(|| self.texts.say("resource.list.first", &[]))
    }

    fn never(&self) -> [String; 2] {
        let resource = self.visit.resource();
        ["never", "never_hint"].map(|part| {
            let args = [("many", reader::many(&self.texts, resource))];
            let own = Say::find(&self.texts, &format!("{}.{part}", resource.name));
            own.unwrap_or_else(|| self.texts.say(&format!("resource.list.{part}"), &args))
        })
    }

    /// What "all that match" is called.
    fn all(&self, count: &Count) -> String {
        match count {
            Count::Exactly(n) => self.visit.desk.ta("resource.bulk.all", &[("n", grouped(*n))]),
            Count::MoreThan(_) | Count::Unknown => self.visit.desk.t("resource.bulk.all_many"),
        }
    }

    fn bulk(&self, deleted: bool) -> Vec<ActionView> {
        let (resource, desk) = (self.visit.resource(), &self.visit.desk);
        let verb = |verb: Verb| {
            let may = self.visit.may(verb);
            let name = verb.word().to_owned();
            let (danger, confirm) = (verb == Verb::Delete, verb == Verb::Delete && !resource.offers(Verb::Restore));
            let label = reader::action(&self.texts, resource, &name);
            let question = reader::asked(&self.texts, resource, &name, "chosen");
            may.then_some(ActionView { name, label, danger, confirm, question, to: None })
        };
        if deleted {
            return verb(Verb::Restore).into_iter().collect();
        }
        let own = resource.actions.iter().filter(|action| action.bulk && reader::may_run(desk, resource, action));
        let own = own.map(|action| ActionView {
            name: action.name.to_owned(),
            label: reader::action(&self.texts, resource, action.name),
            danger: action.danger,
            confirm: action.confirm,
            question: reader::asked(&self.texts, resource, action.name, "chosen"),
            to: None,
        });
        let further = self.visit.face.bulk_tos().iter().filter(|to| desk.may(to.permission)).map(|to| ActionView {
            name: to.name.to_owned(),
            label: reader::action(&self.texts, resource, to.name),
            danger: false,
            confirm: false,
            question: String::new(),
            to: Some(to.path),
        });
        own.chain(further).chain(verb(Verb::Delete)).collect()
    }

    fn state(&self, page: &Records) -> ListState {
        if !page.records.is_empty() || page.looked.is_some() {
            return ListState::Some;
        }
        if self.asked.first_page().selection().is_empty() { ListState::Never } else { ListState::NoHit }
    }

    fn deleted_link(&self, deleted: bool, may: bool) -> Option<String> {
        let path = self.visit.face.path();
        let start = self.asked.first_page();
        may.then(
            || if deleted { start.without(&["deleted"]).on(&path) } else { start.with("deleted", "only").on(&path) },
        )
    }
}
