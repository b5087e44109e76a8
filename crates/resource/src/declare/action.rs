//! What can be done with records besides creating, editing and deleting them.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;

use super::{Actor, Result, Store};

/// What an action works on.
pub struct Run<'a> {
    /// The database.
    pub store: &'a dyn Store,
    /// Who asks. The permission is checked already.
    pub actor: &'a Actor,
    /// Row numbers of the records chosen; they exist and are this actor's.
    pub ids: Vec<i64>,
}

/// What an action did.
#[derive(Debug, Clone, Default)]
pub struct Done {
    /// How many records it changed.
    pub changed: u64,
    /// Catalogue key of what to tell the person; none: the action's common text.
    pub text: Option<String>,
    /// What that text's places stand for.
    pub args: Vec<(&'static str, String)>,
}

/// The function of an action. It writes its own audit rows through the area's use case or [`Store::audit`].
pub type ActionRun = Arc<dyn for<'a> Fn(Run<'a>) -> BoxFuture<'a, Result<Done>> + Send + Sync>;

/// An action on one record or on several at once.
#[derive(Clone)]
pub struct Action {
    /// Name in addresses, permissions (`{resource}.{name}`) and texts.
    pub name: &'static str,
    /// Offered for several records chosen in a list.
    pub bulk: bool,
    /// Asks before it runs.
    pub confirm: bool,
    /// Shown apart, in the colour of danger.
    pub danger: bool,
    /// What runs.
    pub run: ActionRun,
}

impl Action {
    /// An action `name` on one record.
    pub fn new(
        name: &'static str,
        run: impl for<'a> Fn(Run<'a>) -> BoxFuture<'a, Result<Done>> + Send + Sync + 'static,
    ) -> Self {
        Self { name, bulk: false, confirm: false, danger: false, run: Arc::new(run) }
    }

    /// Offered for several records at once, too.
    #[must_use]
    pub fn bulk(mut self) -> Self {
        self.bulk = true;
        self
    }

    /// Asks before it runs.
    #[must_use]
    pub fn confirm(mut self) -> Self {
        self.confirm = true;
        self
    }

    /// Shown apart, in the colour of danger; asks before it runs.
    #[must_use]
    pub fn danger(mut self) -> Self {
        self.danger = true;
        self.confirm = true;
        self
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Action").field("name", &self.name).field("bulk", &self.bulk).finish_non_exhaustive()
    }
}
