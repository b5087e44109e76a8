//! Whether what is to be made is free to be made, and has what it stands on.

use super::{
    settings::Settings,
    target::{Target, name_of},
    text::Text,
};
use crate::{
    generate::{Fault, Known, Part, Request},
    nearest::nearest,
};

/// Looks at what there is already, as far as a part that is written touches it.
///
/// # Errors
/// `exists_…` for what is there and may not be overwritten, `no_…` for what is missing.
pub(super) fn check(
    request: &Request,
    known: &Known,
    target: &mut Target<'_>,
    settings: &Settings,
) -> Result<(), Fault> {
    let at = name_of(request).trim();
    let name = target.names.plural.clone();
    let generated = known.generated.contains(&name);
    if !(request.force && generated) {
        is_free(&at, known, target, settings, request)?;
    }
    let declared = known.resources.contains(&name);
    let said = || vec![("name", name.clone())];
    if target.writes(Part::View) && !target.writes(Part::Resource) && !declared {
        let near = nearest(&name, known.resources.iter().map(String::as_str));
        return Err(at.fault("no_resource", said()).suggest(near));
    }
    if target.writes(Part::Resource) && !target.writes(Part::Model) && !generated {
        if target.there.is_none() {
            let tables = known.tables.iter().map(|table| table.name.as_str());
            let near = nearest(&name, tables.chain(known.generated.iter().map(String::as_str)));
            return Err(at.fault("no_model", said()).suggest(near));
        }
        target.note("no_entity", said());
    }
    if target.writes(Part::Model) && !target.writes(Part::Migration) && target.there.is_none() {
        target.note("no_table", vec![("name", name.clone()), ("table", target.table.clone())]);
    }
    Ok(())
}

fn is_free(
    at: &Text<'_>,
    known: &Known,
    target: &Target<'_>,
    settings: &Settings,
    request: &Request,
) -> Result<(), Fault> {
    let name = &target.names.plural;
    let generated = known.generated.contains(name);
    let fault = |key| Err(at.fault(key, vec![("name", name.clone())]));
    if generated && target.writes(Part::Model) {
        return fault("exists_generated");
    }
    if target.writes(Part::Resource) && known.resources.contains(name) {
        return fault("exists_resource");
    }
    if target.writes(Part::Resource) && settings.route {
        let pages = format!("/admin/{name}");
        let api = format!("/api/v1/{name}");
        let is_below =
            |route: &str, start: &str| route.strip_prefix(start).is_some_and(|it| it.is_empty() || it.starts_with('/'));
        let is_taken = |route: &&String| is_below(route, &api) || (!request.only_api && is_below(route, &pages));
        if let Some(route) = known.routes.iter().find(is_taken) {
            return Err(at.fault("exists_route", vec![("route", route.clone())]));
        }
    }
    let in_shop = target.writes(Part::Model) && settings.shop_modules.is_empty();
    let in_admin = target.writes(Part::Resource) && settings.web_modules.is_empty();
    // Of what was generated the modules are its own.
    if (in_shop || in_admin) && known.modules.contains(name) && !generated {
        return fault("exists_module");
    }
    if target.writes(Part::Migration) && known.table(&target.table).is_some() {
        let at = request.table.as_ref().map_or_else(|| at.clone(), |table| Text::of("--table", table).trim());
        return Err(at.fault("exists_table", vec![("table", target.table.clone())]));
    }
    Ok(())
}
