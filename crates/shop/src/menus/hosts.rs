//! Where buttons lead to.

use std::collections::BTreeSet;

use puzi_wechat::client::{Action, Button};

use super::content::walk;

/// The hosts that buttons of these menus lead to.
pub(super) fn of<'a>(menus: impl Iterator<Item = &'a [Button]>) -> BTreeSet<String> {
    let mut hosts = BTreeSet::new();
    for buttons in menus {
        for (_, button) in walk(buttons) {
            if let Action::View(url) | Action::MiniProgram { url, .. } = &button.action {
                hosts.extend(host(url));
            }
        }
    }
    hosts
}

/// Whether `url` is an address of the web.
pub(super) fn is_web(url: &str) -> bool {
    host(url).is_some()
}

fn host(url: &str) -> Option<String> {
    let url = url::Url::parse(url.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.host_str().map(str::to_owned)
}
