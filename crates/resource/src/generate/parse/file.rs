//! `--fields-from-file`: the same as JSON.

use super::{
    fields::Draft,
    indexes,
    json::{self, Node, Value},
    options, relations,
    relationships::Relationship,
    rules::Given,
    scan,
    target::Target,
    text::Text,
};
use crate::{Rule, generate::Fault};

const KEYS: [&str; 5] = ["fields", "foreign_keys", "relationships", "validations", "indexes"];
const FIELD: [&str; 10] =
    ["name", "type", "options", "rules", "validation", "required", "nullable", "unsigned", "readonly", "label"];
const FOREIGN_KEY: [&str; 7] = ["column", "references", "on", "onDelete", "onUpdate", "on_delete", "on_update"];
const RELATIONSHIP: [&str; 3] = ["name", "type", "class"];
const VALIDATION: [&str; 2] = ["field", "rules"];
const INDEX: [&str; 2] = ["columns", "unique"];
const LANGUAGES: [&str; 2] = ["zh-CN", "en"];

/// The longest label, in characters.
const LABEL: usize = 100;

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct File<'a> {
    pub fields: Vec<Draft<'a>>,
    /// Fields, and rules for them.
    pub validations: Vec<(Text<'a>, Vec<Text<'a>>)>,
    pub foreign_keys: Vec<relations::Asked<'a>>,
    pub relationships: Vec<Relationship<'a>>,
    pub indexes: Vec<indexes::Asked<'a>>,
}

/// Reads the file `name`.
///
/// # Errors
/// `json_…` for what is no JSON, or not of this shape; else as the options.
pub(super) fn read<'a>(name: &'a str, text: &'a str, target: &Target<'_>) -> Result<File<'a>, Fault> {
    let root = json::read(&Text::of(name, text))?;
    let mut file = File::default();
    for (key, value) in root.object(&KEYS)? {
        for entry in value.list()? {
            match key.as_str() {
                "fields" => file.fields.push(field(entry, target)?),
                "foreign_keys" => file.foreign_keys.push(foreign_key(entry)?),
                "relationships" => file.relationships.push(relationship(entry)?),
                "validations" => file.validations.push(validation(entry)?),
                _ => file.indexes.push(index(entry)?),
            }
        }
    }
    Ok(file)
}

/// The members of an object, by their keys.
struct Members<'n, 'a> {
    of: &'n Node<'a>,
    all: Vec<(&'n Text<'a>, &'n Node<'a>)>,
}

impl<'n, 'a> Members<'n, 'a> {
    fn of(node: &'n Node<'a>, keys: &[&str]) -> Result<Self, Fault> {
        Ok(Self { of: node, all: node.object(keys)? })
    }

    /// The value of the first of these keys that is there; two of them say the same thing twice.
    fn find(&self, keys: &[&str]) -> Result<Option<&'n Node<'a>>, Fault> {
        let mut found = self.all.iter().filter(|(key, _)| keys.contains(&key.as_str()));
        let first = found.next().map(|(_, value)| *value);
        match found.next() {
            Some((key, _)) => Err(key.fault("json_twice", vec![("key", key.as_str().to_owned())])),
            None => Ok(first),
        }
    }

    fn string(&self, keys: &[&str]) -> Result<Option<Text<'a>>, Fault> {
        self.find(keys)?.map(|node| node.string().map(|text| text.trim())).transpose()
    }

    fn needed(&self, key: &'static str) -> Result<Text<'a>, Fault> {
        let missing = || self.of.at.char_at(0).fault("json_missing", vec![("key", key.to_owned())]);
        self.string(&[key])?.ok_or_else(missing)
    }

    /// Where `key` is said to be true.
    fn flag(&self, key: &str) -> Result<Option<Text<'a>>, Fault> {
        let Some(node) = self.find(&[key])? else { return Ok(None) };
        Ok(node.bool()?.then(|| node.at.clone()))
    }
}

fn field<'a>(node: &Node<'a>, target: &Target<'_>) -> Result<Draft<'a>, Fault> {
    let members = Members::of(node, &FIELD)?;
    let name = members.needed("name")?;
    let segments = scan::segments(&members.needed("type")?)?;
    let (kind, more) = segments.split_first().expect("a text has one piece at least");
    let mut draft = Draft::new(&name, kind, target)?;
    for segment in more {
        draft.add(segment)?;
    }
    if let Some(options) = members.find(&["options"])? {
        draft.choose(options::of_json(options)?)?;
    }
    for word in ["required", "nullable", "unsigned", "readonly"] {
        if let Some(at) = members.flag(word)? {
            match word {
                "required" => draft.push(Given::implied(Rule::Required, word.to_owned(), at, vec![]))?,
                _ => draft.add_rules(&at.called(word.to_owned()))?,
            }
        }
    }
    for rules in rules(members.find(&["rules", "validation"])?)? {
        draft.add_rules(&rules)?;
    }
    if let Some(label) = members.find(&["label"])? {
        draft.labels = labels(label)?;
    }
    Ok(draft)
}

/// Rules: a text, or a list of some.
fn rules<'a>(node: Option<&Node<'a>>) -> Result<Vec<Text<'a>>, Fault> {
    match node.map(|node| (&node.value, node)) {
        None => Ok(vec![]),
        Some((Value::List(all), _)) => all.iter().map(Node::string).collect(),
        Some((_, node)) => Ok(vec![node.string()?]),
    }
}

/// A label for both languages, or one for each.
fn labels(node: &Node<'_>) -> Result<[Option<String>; 2], Fault> {
    let text = |node: &Node<'_>| {
        let text = node.string()?.trim();
        let fits =
            !text.is_empty() && text.as_str().chars().count() <= LABEL && !text.as_str().chars().any(char::is_control);
        if fits { Ok(text.as_str().to_owned()) } else { Err(text.fault("label", vec![("most", LABEL.to_string())])) }
    };
    if let Value::String(_) = &node.value {
        let label = text(node)?;
        return Ok([Some(label.clone()), Some(label)]);
    }
    let members = Members::of(node, &LANGUAGES)?;
    let of = |language: &str| members.find(&[language])?.map(text).transpose();
    Ok([of(LANGUAGES[0])?, of(LANGUAGES[1])?])
}

fn foreign_key<'a>(node: &Node<'a>) -> Result<relations::Asked<'a>, Fault> {
    let members = Members::of(node, &FOREIGN_KEY)?;
    Ok(relations::Asked {
        column: members.needed("column")?,
        references: members.needed("references")?,
        table: members.needed("on")?,
        on_delete: members.string(&["onDelete", "on_delete"])?,
        on_update: members.string(&["onUpdate", "on_update"])?,
    })
}

fn relationship<'a>(node: &Node<'a>) -> Result<Relationship<'a>, Fault> {
    let members = Members::of(node, &RELATIONSHIP)?;
    Relationship::of(members.needed("name")?, members.needed("type")?, members.string(&["class"])?.as_ref())
}

fn validation<'a>(node: &Node<'a>) -> Result<(Text<'a>, Vec<Text<'a>>), Fault> {
    let members = Members::of(node, &VALIDATION)?;
    let field = members.needed("field")?;
    let rules = rules(members.find(&["rules"])?)?;
    if rules.is_empty() {
        return Err(node.at.char_at(0).fault("json_missing", vec![("key", "rules".to_owned())]));
    }
    Ok((field, rules))
}

/// An index: as the option says it, or as an object.
fn index<'a>(node: &Node<'a>) -> Result<indexes::Asked<'a>, Fault> {
    if let Value::String(text) = &node.value {
        return indexes::one(&text.trim());
    }
    let members = Members::of(node, &INDEX)?;
    let missing = || node.at.char_at(0).fault("json_missing", vec![("key", "columns".to_owned())]);
    let columns = members.find(&["columns"])?.ok_or_else(missing)?;
    let names = match &columns.value {
        Value::String(text) => vec![text.trim()],
        _ => columns.list()?.iter().map(|column| column.string().map(|text| text.trim())).collect::<Result<_, _>>()?,
    };
    if names.is_empty() {
        return Err(columns.at.fault("index_shape", vec![]));
    }
    Ok(indexes::Asked { columns: names, unique: members.flag("unique")?, at: columns.at.clone() })
}
