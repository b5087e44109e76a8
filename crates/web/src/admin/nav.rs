//! The navigation: what each area registered, as far as the role may see it.

use super::{
    desk::Desk,
    resource,
    shell::{NavEntry, NavGroup},
};

/// The navigation's groups, from top to bottom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    /// What is looked at every day.
    Today,
    /// Followers, and how they came.
    Followers,
    /// What they are told, and what it is made of.
    Content,
    /// Goods and orders.
    #[allow(dead_code, reason = "the shop's own areas come under it")]
    Shop,
    /// Accounts, staff, settings.
    System,
}

impl Group {
    const ALL: [Self; 5] = [Self::Today, Self::Content, Self::Followers, Self::Shop, Self::System];

    /// The word by which a declared resource names it.
    fn word(self) -> &'static str {
        match self {
            Self::Today => "today",
            Self::Followers => "followers",
            Self::Content => "content",
            Self::Shop => "shop",
            Self::System => "system",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Self::Today => "nav.groups.today",
            Self::Followers => "nav.groups.followers",
            Self::Content => "nav.groups.content",
            Self::Shop => "nav.groups.shop",
            Self::System => "nav.groups.system",
        }
    }
}

/// An entry of the navigation.
#[derive(Debug, Clone)]
pub(crate) struct NavItem {
    /// What a page names in `Shell::active`.
    pub(crate) key: &'static str,
    /// Key of the label.
    pub(crate) label: &'static str,
    pub(crate) href: &'static str,
    /// Name of an icon in the sprite.
    pub(crate) icon: &'static str,
    /// None: whoever is signed in.
    pub(crate) permission: Option<&'static str>,
    pub(crate) group: Group,
}

/// So many unread conversations are counted; of more the navigation says "more".
pub(super) const UNREAD: u32 = 100;

/// What `desk` may see; the entry `active` is where the page is.
pub(super) fn groups(desk: &Desk, active: &str) -> Vec<NavGroup> {
    let items = items(desk);
    let entry = |item: &NavItem| NavEntry {
        label: desk.t(item.label),
        href: item.href.to_owned(),
        icon: item.icon,
        active: item.key == active,
        badge: if item.key == "inbox" { unread(desk) } else { None },
    };
    let group = |group: Group| {
        let own: Vec<NavEntry> = items.iter().filter(|item| item.group == group).map(entry).collect();
        let records = resource::nav(desk, group.word(), active);
        // What is done every day stands first, and what is set once stands last.
        let (first, last) = if group == Group::System { (records, own) } else { (own, records) };
        NavGroup { label: desk.t(group.label()), items: first.into_iter().chain(last).collect() }
    };
    Group::ALL.into_iter().map(group).filter(|group| !group.items.is_empty()).collect()
}

/// How many conversations nobody has read; nothing when there is none.
fn unread(desk: &Desk) -> Option<String> {
    let unread = desk.unread.filter(|unread| *unread > 0)?;
    Some(if unread < i64::from(UNREAD) { unread.to_string() } else { format!("{}+", UNREAD - 1) })
}

/// The entries that `desk` may see.
pub(super) fn items(desk: &Desk) -> Vec<NavItem> {
    let mut items = super::nav();
    items.retain(|item| item.permission.is_none_or(|permission| desk.may(permission)));
    items
}
