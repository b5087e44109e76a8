//! A request as the command line that makes it.

use crate::generate::{Part, Request};

/// The command line of `request`, for a POSIX shell.
pub fn command_line(request: &Request) -> String {
    command_words(request).join(" ")
}

/// The words of [`command_line`], each quoted for a POSIX shell: the program with the command and the name, then the
/// options, one a word.
pub fn command_words(request: &Request) -> Vec<String> {
    let yes = |flag: bool| flag.then(String::new);
    let file = request.file.as_ref().map(|(name, _)| name.clone());
    let options = [
        ("--from-table", request.from_table.clone()),
        ("--fields", request.fields.clone()),
        ("--fields-from-file", file),
        ("--validations", request.validations.clone()),
        ("--indexes", request.indexes.clone()),
        ("--foreign-keys", request.foreign_keys.clone()),
        ("--relationships", request.relationships.clone()),
        ("--pk", request.pk.clone()),
        ("--table", request.table.clone()),
        ("--soft-deletes", request.soft_deletes.clone()),
        ("--pagination", request.pagination.clone()),
        ("--route", request.route.clone()),
        ("--route-group", request.route_group.clone()),
        ("--view-path", request.view_path.clone()),
        ("--namespace", request.controller_namespace.clone()),
        ("--model-namespace", request.model_namespace.clone()),
        ("--crud-name", request.crud_name.clone()),
        ("--model-name", request.model_name.clone()),
        ("--fillable", request.fillable.clone()),
        ("--custom-data", request.custom_data.clone()),
        ("--form-helper", request.form_helper.clone()),
        ("--localize", request.localize.clone()),
        ("--locales", request.locales.clone()),
        ("--force", yes(request.force)),
    ];
    let name = if request.name.is_empty() { String::new() } else { format!(" {}", quoted(&request.name)) };
    let mut words = vec![format!("puzi generate {}{name}", command(request))];
    words.extend(options.into_iter().filter_map(|(option, value)| {
        let value = value?;
        Some(if option == "--force" { option.to_owned() } else { format!("{option}={}", quoted(&value)) })
    }));
    words
}

fn command(request: &Request) -> &'static str {
    match request.parts.as_slice() {
        [Part::Resource] => "controller",
        [Part::Model] => "model",
        [Part::Migration] => "migration",
        [Part::View] => "view",
        [Part::Texts] => "lang",
        _ if request.only_api => "crud-api",
        _ => "crud",
    }
}

/// `text` as a shell takes it for one word that says just this.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_./:,@%+-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    // In double quotes a shell still reads these; an interactive one also `!`, whatever stands before it.
    if !text.contains(['"', '$', '`', '\\', '!']) {
        return format!("\"{text}\"");
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn a_request_reads_as_it_was_typed() {
        let request = Request {
            name: "Ecommerces".into(),
            fields: some("title#string#required"),
            route: some("yes"),
            pk: some("id"),
            view_path: some("admin"),
            controller_namespace: some("Admin"),
            route_group: some("admin"),
            parts: Part::CRUD.to_vec(),
            ..Request::default()
        };
        let expected = "puzi generate crud Ecommerces --fields=\"title#string#required\" --pk=id --route=yes \
                        --route-group=admin --view-path=admin --namespace=Admin";
        assert_eq!(command_line(&request), expected);
    }

    #[test]
    fn each_command_is_named_by_what_it_writes() {
        for (part, name) in [
            (Part::Resource, "controller"),
            (Part::Model, "model"),
            (Part::Migration, "migration"),
            (Part::View, "view"),
            (Part::Texts, "lang"),
        ] {
            let request = Request { name: "Posts".into(), parts: vec![part], force: true, ..Request::default() };
            assert_eq!(command_line(&request), format!("puzi generate {name} Posts --force"));
        }
        let api = Request { parts: Part::CRUD.to_vec(), only_api: true, ..Request::default() };
        assert_eq!(command_line(&api), "puzi generate crud-api");
    }

    #[test]
    fn a_shell_gives_back_what_was_quoted() {
        for text in
            ["title#string", "it's", "$(date) `id` \"x\" \\", "a'b\"c!d", "", "two\nlines", "标题#string", "~ * ?"]
        {
            let said = Command::new("sh").arg("-c").arg(format!("printf %s {}", quoted(text))).output().unwrap();
            assert_eq!(String::from_utf8(said.stdout).unwrap(), text);
        }
    }
}
