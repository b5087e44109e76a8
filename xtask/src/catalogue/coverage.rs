//! The table of what is covered, `docs/official-account.md`.

use super::model::{Call, Family, Other};

/// So many calls the platform has in the families that have methods.
pub(super) const TABLE: usize = 170;

/// Markdown: the calls that have a method, by family, then those made by path.
pub(super) fn table(families: &[Family], others: &[Other]) -> String {
    let calls = || families.iter().flat_map(|family| &family.calls);
    let table = calls().filter(|call| !call.beyond).count();
    let beyond = calls().filter(|call| call.beyond).count();
    let retired = calls().filter(|call| call.retired.is_some()).count();
    let mut out = format!(
        "# The Official Account API\n\n\
         <!-- Written by `cargo xtask catalogue` from crates/wechat/catalogue: change that. -->\n\n\
         {table} of the {TABLE} calls of the Official Account families have a method of the client (`puzi-wechat`), and {beyond} \
         beside them; {retired} of them are retired by the platform. The {} other calls, of cards, stores, invoices and the \
         like, are [made by path](#made-by-path).\n\n\
         `wechat` is a `puzi_wechat::client::Client`. A method's documentation has its arguments, bounds and errcodes.\n",
        others.len()
    );
    for family in families {
        out.push_str(&format!("\n## {}\n\n{}\n\n", family.name, family.about));
        out.push_str("| call | method | who may call it | page |\n|---|---|---|---|\n");
        for call in &family.calls {
            out.push_str(&row(family, call));
        }
    }
    out.push_str(&format!(
        "\n## Made by path\n\nThese {} calls have no method; `wechat.call(Method::POST, \"/card/create\").json(&card).send()` \
         makes any of them, with token, repetition and errors as all others.\n",
        others.len()
    ));
    let mut named: Vec<&str> = Vec::new();
    for other in others {
        if !named.contains(&other.family.as_str()) {
            named.push(&other.family);
        }
    }
    for name in named {
        out.push_str(&format!("\n### {name}\n\n| call | what it does |\n|---|---|\n"));
        for other in others.iter().filter(|other| other.family == name) {
            let retired = if other.retired { " Retired." } else { "" };
            out.push_str(&format!("| `{} {}` | {}{retired} |\n", other.method, other.path, cell(&other.about)));
        }
    }
    out
}

fn row(family: &Family, call: &Call) -> String {
    let page = call.doc.as_ref().map_or_else(|| "–".to_owned(), |url| format!("[page]({url})"));
    let retired = call.retired.as_ref().map(|instead| format!(" (retired: {instead})")).unwrap_or_default();
    format!(
        "| `{} {}` | `wechat.{}().{}`{} | {} | {page} |\n",
        call.method,
        call.path,
        family.name,
        call.name,
        cell(&retired),
        call.who
    )
}

/// A bar would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
