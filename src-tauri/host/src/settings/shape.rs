//! Compares a JSON document with the settings' schema: unknown names, missing ones, wrong types.
//!
//! In: any JSON value. Out: every [`SettingsProblem`] of shape, each with its path; the value
//! itself is mended so that the rest of it can be read and checked too.
//!
//! Invariant: a mended value is read by serde without an error.

use super::problem;
use control::settings::SettingsProblem;
use serde_json::{Map, Value};

/// Finds what is wrong and puts something harmless in its place.
pub fn mend(document: &mut Value, schema: &Value) -> Vec<SettingsProblem> {
    let mut walk = Walk { root: schema, problems: Vec::new() };
    if let Some(stand_in) = walk.visit("", document, schema) {
        *document = stand_in;
    }
    walk.problems
}

struct Walk<'a> {
    root: &'a Value,
    problems: Vec<SettingsProblem>,
}

impl<'a> Walk<'a> {
    /// Gives what must stand in for a value that cannot stay.
    fn visit(&mut self, path: &str, value: &mut Value, schema: &'a Value) -> Option<Value> {
        let schema = self.resolve(schema, value);
        if let Some(choices) = choices(schema) {
            if value.as_str().is_some_and(|word| choices.contains(&word)) {
                return None;
            }
            self.wrong(path, value, "this word is not known here", format!("one of: {}", choices.join(", ")));
            return choices.first().map(|word| Value::from(*word));
        }
        if let Some(forms) = schema.get("oneOf").and_then(Value::as_array) {
            return self.visit_tagged(path, value, forms);
        }
        match schema.get("type") {
            Some(Value::String(kind)) => self.visit_kind(path, value, schema, kind),
            Some(Value::Array(_)) if value.is_null() => None,
            Some(Value::Array(kinds)) => {
                let kind = kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null")?;
                self.visit_kind(path, value, schema, kind)
            }
            _ => None,
        }
    }

    fn visit_kind(&mut self, path: &str, value: &mut Value, schema: &'a Value, kind: &str) -> Option<Value> {
        match (kind, &mut *value) {
            ("object", Value::Object(object)) => {
                self.visit_object(path, object, schema);
                None
            }
            ("array", Value::Array(items)) => {
                if let Some(schema) = schema.get("items") {
                    for (index, item) in items.iter_mut().enumerate() {
                        if let Some(stand_in) = self.visit(&format!("{path}[{index}]"), item, schema) {
                            *item = stand_in;
                        }
                    }
                }
                None
            }
            ("string", Value::String(_)) | ("boolean", Value::Bool(_)) | ("null", Value::Null) => None,
            ("integer", Value::Number(number)) => {
                let most = most(schema);
                if number.as_u64().is_some_and(|number| number <= most) {
                    return None;
                }
                let remedy = format!("a whole number from 0 to {most}");
                self.wrong(path, value, "this number cannot stand here", remedy);
                Some(Value::from(1))
            }
            _ => {
                let (is, wanted) = (name_of(value), wanted(kind));
                self.wrong(path, value, format!("this is {is}, and {wanted} is wanted"), wanted);
                Some(self.stand_in(schema))
            }
        }
    }

    fn visit_object(&mut self, path: &str, object: &mut Map<String, Value>, schema: &'a Value) {
        let empty = Map::new();
        let known = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
        let required: Vec<&str> =
            schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
        let strange: Vec<String> = object.keys().filter(|name| !known.contains_key(*name)).cloned().collect();
        for name in strange {
            let value = object.remove(&name).unwrap_or_default();
            let remedy = match nearest(&name, known.keys()) {
                Some(near) => format!("`{near}`, or nothing"),
                None => format!("one of: {}", known.keys().cloned().collect::<Vec<_>>().join(", ")),
            };
            self.wrong(&below(path, &super::short(&name)), &value, "there is no such setting", remedy);
        }
        for (name, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let below = below(path, name);
            match object.get_mut(name) {
                Some(value) => {
                    if let Some(stand_in) = self.visit(&below, value, schema) {
                        if required.contains(&name.as_str()) {
                            object.insert(name.clone(), stand_in);
                        } else {
                            object.remove(name);
                        }
                    }
                }
                None if required.contains(&name.as_str()) => {
                    let schema = self.resolve(schema, &Value::Null);
                    let remedy = match choices(schema) {
                        Some(choices) => format!("one of: {}", choices.join(", ")),
                        None => wanted(schema.get("type").and_then(Value::as_str).unwrap_or_default()).to_owned(),
                    };
                    self.problems.push(problem(below, "", "it is missing", remedy));
                    object.insert(name.clone(), self.stand_in(schema));
                }
                None => {}
            }
        }
    }

    /// An object whose `kind` says which of several forms it has.
    fn visit_tagged(&mut self, path: &str, value: &mut Value, forms: &'a [Value]) -> Option<Value> {
        let tag = |form: &'a Value| form.pointer("/properties/kind/const").and_then(Value::as_str);
        let kinds: Vec<&str> = forms.iter().filter_map(tag).collect();
        let Value::Object(object) = value else {
            let is = name_of(value);
            self.wrong(path, value, format!("this is {is}, and an object is wanted"), "an object with a `kind`");
            return Some(self.first_of(forms));
        };
        match forms.iter().find(|form| tag(form) == object.get("kind").and_then(Value::as_str)) {
            Some(form) => {
                self.visit_object(path, object, form);
                None
            }
            None => {
                let kind = object.get("kind").cloned().unwrap_or_default();
                let wrong = if kind.is_null() { "it is missing" } else { "this word is not known here" };
                self.wrong(&below(path, "kind"), &kind, wrong, format!("one of: {}", kinds.join(", ")));
                Some(self.first_of(forms))
            }
        }
    }

    /// Follows references, and of "this or null" takes what fits.
    fn resolve(&self, mut schema: &'a Value, value: &Value) -> &'a Value {
        loop {
            if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#')) {
                match self.root.pointer(name) {
                    Some(target) => schema = target,
                    None => return schema,
                }
            } else if let Some(forms) = schema.get("anyOf").and_then(Value::as_array) {
                let null = |form: &&Value| form.get("type").and_then(Value::as_str) == Some("null");
                let fits = if value.is_null() { forms.iter().find(null) } else { forms.iter().find(|form| !null(form)) };
                match fits {
                    Some(form) => schema = form,
                    None => return schema,
                }
            } else {
                return schema;
            }
        }
    }

    /// Something harmless of the right shape.
    fn stand_in(&self, schema: &'a Value) -> Value {
        let schema = self.resolve(schema, &Value::Bool(true));
        if let Some(first) = choices(schema).and_then(|choices| choices.first().copied()) {
            return first.into();
        }
        if let Some(word) = schema.get("const") {
            return word.clone();
        }
        if let Some(forms) = schema.get("oneOf").and_then(Value::as_array) {
            return self.first_of(forms);
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("string") => "".into(),
            Some("integer") => 1.into(),
            Some("boolean") => false.into(),
            Some("array") => Value::Array(Vec::new()),
            Some("object") => {
                let names = schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
                let property = |name: &str| schema.get("properties").and_then(|properties| properties.get(name));
                names.map(|name| (name.to_owned(), property(name).map_or(Value::Null, |schema| self.stand_in(schema)))).collect()
            }
            _ => Value::Null,
        }
    }

    fn first_of(&self, forms: &'a [Value]) -> Value {
        forms.first().map_or(Value::Null, |form| self.stand_in(form))
    }

    fn wrong(&mut self, path: &str, value: &Value, wrong: impl Into<String>, remedy: impl Into<String>) {
        self.problems.push(problem(path, shown(value), wrong, remedy));
    }
}

/// The words of an enumeration.
fn choices(schema: &Value) -> Option<Vec<&str>> {
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return Some(words.iter().filter_map(Value::as_str).collect());
    }
    // Words with a description of their own stand apart from those without.
    let mut words = Vec::new();
    for form in schema.get("oneOf")?.as_array()? {
        match form.get("const").and_then(Value::as_str) {
            Some(word) => words.push(word),
            None => words.extend(form.get("enum")?.as_array()?.iter().filter_map(Value::as_str)),
        }
    }
    Some(words)
}

fn most(schema: &Value) -> u64 {
    if let Some(most) = schema.get("maximum").and_then(Value::as_u64) {
        return most;
    }
    match schema.get("format").and_then(Value::as_str) {
        Some("uint32") => u32::MAX.into(),
        _ => 1 << 53,
    }
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn wanted(kind: &str) -> &'static str {
    match kind {
        "string" => "a text in quotes",
        "integer" => "a whole number",
        "boolean" => "true or false",
        "array" => "a list in [ ]",
        "object" => "an object in { }",
        _ => "another value",
    }
}

/// A value as one short line.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    };
    super::short(&text)
}

/// What was probably meant: another case, or two letters off.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n String>) -> Option<&'n String> {
    let plain = |text: &str| text.to_lowercase().replace(['_', '-'], "");
    known
        .map(|near| (distance(&plain(name), &plain(near)), near))
        .filter(|(far, _)| *far <= 2)
        .min_by_key(|(far, _)| *far)
        .map(|(_, near)| near)
}

/// Levenshtein's.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.iter().enumerate() {
            let new = (corner + usize::from(a != *b)).min(row[j] + 1).min(row[j + 1] + 1);
            corner = std::mem::replace(&mut row[j + 1], new);
        }
    }
    row[other.len()]
}
