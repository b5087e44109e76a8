//! Faces: a declared resource and where its pages leave the common form.

use std::{collections::HashMap, fmt, sync::Arc};

use puzi_resource::{Engine, Record, Resource, Resources, Store};
use puzi_shop::{accounts::Registry, db::Db, drafts::Drafts, materials::Materials, uploads::Uploads};

use super::{field::FieldView, form::FormPage, list::ListPage, markup::Markup, reader::Reader, show::ShowPage};

/// A page of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Page {
    /// The list.
    List,
    /// One record.
    Show,
    /// The form of a new record, also as a copy.
    New,
    /// The form of an existing record.
    Edit,
}

/// A page about to be written, for a template of one's own.
pub(crate) enum Rendering<'a> {
    /// The list.
    List(&'a ListPage),
    /// One record.
    Show(&'a ShowPage),
    /// A form.
    Form(&'a FormPage),
}

type Cell = Arc<dyn Fn(&Record, &Reader<'_>) -> Markup + Send + Sync>;
type Widget = Arc<dyn Fn(&FieldView) -> askama::Result<Markup> + Send + Sync>;
type Head = Arc<dyn Fn(&ListPage) -> Markup + Send + Sync>;
type Start = Arc<dyn Fn(&Running<'_>) + Send + Sync>;
type Template = Arc<dyn Fn(&Rendering<'_>) -> Option<askama::Result<String>> + Send + Sync>;

/// What use cases need of a server that runs, and a declaration alone has not.
pub(crate) struct Running<'a> {
    pub(crate) db: &'a Db,
    pub(crate) registry: &'a Registry,
    pub(crate) uploads: &'a Uploads,
    pub(crate) materials: &'a Materials,
    pub(crate) drafts: &'a Drafts,
}

/// A button of the bulk bar that posts the selection to a route of the area's own, which asks further: `ids`, or `all=1`
/// with `_selection`, and `_back`. What is chosen by it [`super::chosen`] finds.
#[derive(Clone, Copy)]
pub(super) struct BulkTo {
    /// Its text is `{resource}.actions.{name}`.
    pub(super) name: &'static str,
    pub(super) permission: &'static str,
    pub(super) path: &'static str,
}

/// A declared resource with what its pages do otherwise. Everything that is not said here stays as it is.
#[derive(Clone)]
pub struct Face {
    pub(super) resource: Arc<Resource>,
    cells: HashMap<&'static str, Cell>,
    widgets: HashMap<&'static str, Widget>,
    template: Option<Template>,
    head: Option<Head>,
    start: Option<Start>,
    bulk_to: Vec<BulkTo>,
    own: Vec<Page>,
    in_navigation: bool,
    only_in_api: bool,
}

impl Face {
    /// The common pages of `resource`.
    pub fn of(resource: Resource) -> Self {
        let (cells, widgets) = (HashMap::new(), HashMap::new());
        Self {
            resource: Arc::new(resource),
            cells,
            widgets,
            template: None,
            head: None,
            start: None,
            bulk_to: Vec::new(),
            own: Vec::new(),
            in_navigation: true,
            only_in_api: false,
        }
    }

    /// Shows `field` otherwise, in lists and on the page of one record.
    #[must_use]
    pub(crate) fn cell(
        mut self,
        field: &'static str,
        cell: impl Fn(&Record, &Reader<'_>) -> Markup + Send + Sync + 'static,
    ) -> Self {
        self.cells.insert(field, Arc::new(cell));
        self
    }

    /// Another widget for `field`; label, help and messages stay around it.
    #[must_use]
    pub(crate) fn widget(
        mut self,
        field: &'static str,
        widget: impl Fn(&FieldView) -> askama::Result<Markup> + Send + Sync + 'static,
    ) -> Self {
        self.widgets.insert(field, Arc::new(widget));
        self
    }

    /// A template of one's own for the pages it answers for; `None` leaves a page to the one given before, or else to the
    /// common template.
    #[must_use]
    pub(crate) fn template(
        mut self,
        template: impl Fn(&Rendering<'_>) -> Option<askama::Result<String>> + Send + Sync + 'static,
    ) -> Self {
        let before = self.template.take();
        self.template = Some(Arc::new(move |page| template(page).or_else(|| before.as_ref()?(page))));
        self
    }

    /// What stands above the list.
    #[must_use]
    pub(crate) fn head(mut self, head: impl Fn(&ListPage) -> Markup + Send + Sync + 'static) -> Self {
        self.head = Some(Arc::new(head));
        self
    }

    /// Called once when the server has what it needs, before anything is asked: for a writer that calls WeChat.
    #[must_use]
    pub(crate) fn when_running(mut self, start: impl Fn(&Running<'_>) + Send + Sync + 'static) -> Self {
        self.start = Some(Arc::new(start));
        self
    }

    /// A button for the records chosen in the list, for whoever has `permission`: it posts the selection to `path`, a
    /// route of the area's own, which asks further. The selection is `ids`, or `all=1` with `_selection`; `_back` is the
    /// list. The button says `{resource}.actions.{name}`.
    #[must_use]
    pub(crate) fn bulk_to(mut self, name: &'static str, permission: &'static str, path: &'static str) -> Self {
        self.bulk_to.push(BulkTo { name, permission, path });
        self
    }

    /// The area serves this page itself, at the same address; links lead there as before. The page stands for itself: the
    /// resource need not offer its verb, as when an area's own form alone makes new records.
    #[must_use]
    pub fn own(mut self, page: Page) -> Self {
        self.own.push(page);
        self
    }

    /// Not in the navigation: one comes here from somewhere else.
    #[must_use]
    pub fn not_in_navigation(mut self) -> Self {
        self.in_navigation = false;
        self
    }

    /// No pages at all: the records are for programs, which reach them through the JSON API.
    #[must_use]
    pub fn only_in_api(mut self) -> Self {
        self.only_in_api = true;
        self
    }

    /// The resource.
    pub fn resource(&self) -> &Resource {
        &self.resource
    }

    /// Where its pages lie.
    pub(crate) fn path(&self) -> String {
        format!("/admin/{}", self.resource.name)
    }

    pub(crate) fn is_in_navigation(&self) -> bool {
        self.in_navigation && !self.only_in_api
    }

    /// Whether it has no pages: programs alone reach its records.
    pub fn is_only_in_api(&self) -> bool {
        self.only_in_api
    }

    /// Whether the area serves this page itself.
    pub fn is_own(&self, page: Page) -> bool {
        self.own.contains(&page)
    }

    pub(super) fn cell_of(&self, field: &str) -> Option<&Cell> {
        self.cells.get(field)
    }

    pub(super) fn head_of(&self) -> Option<&Head> {
        self.head.as_ref()
    }

    pub(super) fn bulk_tos(&self) -> &[BulkTo] {
        &self.bulk_to
    }

    pub(super) fn widget_of(&self, field: &str) -> Option<&Widget> {
        self.widgets.get(field)
    }

    /// Writes `page`: with the face's template when it has one, else with `common`.
    pub(super) fn write(
        &self,
        page: &Rendering<'_>,
        common: impl FnOnce() -> askama::Result<String>,
    ) -> askama::Result<String> {
        self.template.as_ref().and_then(|template| template(page)).unwrap_or_else(common)
    }
}

impl fmt::Debug for Face {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Face").field("resource", &self.resource.name).finish_non_exhaustive()
    }
}

/// All resources of the admin, with their faces and the engine that serves them.
pub struct Faces {
    engine: Engine,
    faces: Vec<Arc<Face>>,
}

impl Faces {
    /// The admin's resources over the database of `store`.
    ///
    /// # Panics
    /// When two resources have one name or one relates to a resource that is not there.
    pub fn new(store: Arc<dyn Store>, faces: Vec<Face>) -> Self {
        let resources = faces.iter().map(|face| Resource::clone(&face.resource)).collect();
        Self {
            engine: Engine::new(store, Arc::new(Resources::new(resources))),
            faces: faces.into_iter().map(Arc::new).collect(),
        }
    }

    /// Hands the faces what a running server has.
    pub(crate) fn start(&self, running: &Running<'_>) {
        for start in self.faces.iter().filter_map(|face| face.start.as_ref()) {
            start(running);
        }
    }

    /// What reads and changes the records.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether the records of `resource` have pages.
    pub(crate) fn have_pages(&self, resource: &str) -> bool {
        self.faces.iter().any(|face| face.resource.name == resource && !face.only_in_api)
    }

    /// The faces, in the order of their declaration.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Face>> {
        self.faces.iter()
    }
}

impl fmt::Debug for Faces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.faces).finish()
    }
}
