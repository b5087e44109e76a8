//! Who asks.

use std::{fmt, sync::Arc};

use jiff::tz::TimeZone;

type May = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The person or program on whose behalf something is read or changed. Nothing is read or changed without one.
#[derive(Clone)]
pub struct Actor {
    /// Row number among its kind; none for the system itself.
    pub id: Option<i64>,
    /// Row number of the member of staff who acts, by himself or through a token: what is "one's own" is his.
    pub member: Option<i64>,
    /// `staff`, `token`, `cli` or `system`.
    pub kind: &'static str,
    /// Name for the audit log.
    pub name: String,
    /// Network address, where there is one.
    pub address: Option<String>,
    /// The zone in which this actor writes and reads times.
    pub zone: TimeZone,
    /// The partitions (see [`super::Resource::partitioned_by`]) that this actor sees, sorted; none: all of them.
    pub within: Option<Arc<[i64]>>,
    may: May,
}

impl Actor {
    /// An actor who may do what `may` says of a permission such as `accounts.edit`.
    pub fn new(
        kind: &'static str,
        id: Option<i64>,
        name: impl Into<String>,
        may: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Self {
        let member = id.filter(|_| kind == "staff");
        let name = name.into();
        Self { id, member, kind, name, address: None, zone: TimeZone::UTC, within: None, may: Arc::new(may) }
    }

    /// The program itself, which may do everything: migrations, jobs.
    pub fn system() -> Self {
        Self::new("system", None, "puzi", |_| true)
    }

    /// Acting for this member of staff.
    #[must_use]
    pub fn acting_for(mut self, member: i64) -> Self {
        self.member = Some(member);
        self
    }

    /// With the network address the request came from.
    #[must_use]
    pub fn at(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// With the zone in which times are written and read.
    #[must_use]
    pub fn in_zone(mut self, zone: TimeZone) -> Self {
        self.zone = zone;
        self
    }

    /// Limited to these partitions of every resource that has some; none: not limited. What lies in another one is not
    /// there for this actor.
    #[must_use]
    pub fn within(mut self, partitions: Option<Arc<[i64]>>) -> Self {
        self.within = partitions.map(|ids| {
            let mut ids = ids.to_vec();
            ids.sort_unstable();
            ids.dedup();
            ids.into()
        });
        self
    }

    /// Whether what lies in `partition` is there for this actor.
    pub fn sees(&self, partition: i64) -> bool {
        self.within.as_ref().is_none_or(|ids| ids.binary_search(&partition).is_ok())
    }

    /// Whether this actor has `permission`.
    pub fn may(&self, permission: &str) -> bool {
        (self.may)(permission)
    }
}

impl fmt::Debug for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Actor").field("kind", &self.kind).field("id", &self.id).field("name", &self.name).finish()
    }
}
