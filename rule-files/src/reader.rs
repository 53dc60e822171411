//! From the tree to rules, noting everything that is wrong on the way.

use otelrs_classfile::{ACC_FINAL, ACC_PRIVATE, ACC_PROTECTED, ACC_PUBLIC, ACC_STATIC, ACC_SYNCHRONIZED};
use otelrs_rules::conditions::{Conditions, LoaderCondition, MethodConditions};

use crate::error::{FileError, Position, Problem, shown};
use crate::rule::{Attribute, Carrier, FileRule, Path, Root, SpanAction, SpanKind};
use crate::yaml::{self, Kind, Node};
use crate::{RuleFile, keys, text};

const MODIFIERS: [(&str, u16); 6] = [
    ("public", ACC_PUBLIC),
    ("protected", ACC_PROTECTED),
    ("private", ACC_PRIVATE),
    ("static", ACC_STATIC),
    ("final", ACC_FINAL),
    ("synchronized", ACC_SYNCHRONIZED),
];

pub(crate) fn read(file: &str, text: &str) -> RuleFile {
    let mut reader = Reader { file, errors: Vec::new(), of_rule: false };
    let rules = match yaml::read(text) {
        Ok(Some(document)) => reader.document(&document),
        Ok(None) => {
            let start = Position { line: 1, column: 1 };
            reader.wrong(start, reader.value("the file", "nothing", keys::RULES_FORM));
            Vec::new()
        }
        Err((position, problem)) => {
            reader.wrong(position, problem);
            Vec::new()
        }
    };
    RuleFile { rules, errors: reader.errors }
}

struct Reader<'f> {
    file: &'f str,
    errors: Vec<FileError>,
    /// What is wrong from here on concerns one rule.
    of_rule: bool,
}

impl Reader<'_> {
    fn wrong(&mut self, position: Position, problem: Problem) {
        let (file, of_rule) = (self.file.to_owned(), self.of_rule);
        self.errors.push(FileError { file, position, problem, of_rule });
    }

    fn value(&self, key: &str, found: &str, accepted: &'static str) -> Problem {
        Problem::Value { key: key.to_owned(), found: found.to_owned(), accepted }
    }

    fn unaccepted<T>(&mut self, key: &str, node: &Node, accepted: &'static str) -> Option<T> {
        let found = match &node.kind {
            Kind::Scalar(text) => shown(text),
            Kind::Nothing => "nothing".to_owned(),
            Kind::Sequence(_) => "a list".to_owned(),
            Kind::Mapping(_) => "a mapping".to_owned(),
        };
        self.wrong(node.position, self.value(key, &found, accepted));
        None
    }

    fn incomplete(&mut self, position: Position, lacks: &'static str, accepted: &'static str) {
        self.wrong(position, Problem::Incomplete { lacks, accepted });
    }

    fn document(&mut self, document: &Node) -> Vec<FileRule> {
        let Kind::Mapping(entries) = &document.kind else {
            return self.unaccepted("the file", document, keys::RULES_FORM).unwrap_or_default();
        };
        let entries = self.known(entries, "a rule file", keys::OF_FILE);
        let Some((_, list)) = entries.first() else {
            self.wrong(document.position, self.value("rules", "nothing", keys::RULES_FORM));
            return Vec::new();
        };
        let Kind::Sequence(nodes) = &list.kind else {
            return self.unaccepted("rules", list, keys::RULES_FORM).unwrap_or_default();
        };
        self.of_rule = true;
        nodes
            .iter()
            .filter_map(|node| {
                let before = self.errors.len();
                let rule = self.rule(node)?;
                (self.errors.len() == before).then_some(rule)
            })
            .collect()
    }

    /// The entries whose keys are known, each once.
    fn known<'n>(
        &mut self,
        entries: &'n [(Node, Node)],
        of: &'static str,
        accepted: &'static [&'static str],
    ) -> Vec<(&'static str, &'n Node)> {
        let mut found: Vec<(&'static str, &Node)> = Vec::new();
        for (key, value) in entries {
            let Kind::Scalar(name) = &key.kind else {
                self.unaccepted::<()>("a key", key, keys::MAPPING_FORM);
                continue;
            };
            match accepted.iter().find(|known| **known == name.as_str()) {
                None => self.wrong(key.position, Problem::UnknownKey { key: shown(name), of, accepted }),
                Some(known) if found.iter().any(|(other, _)| other == known) => {
                    self.wrong(key.position, Problem::DuplicateKey(shown(name)));
                }
                Some(known) => found.push((known, value)),
            }
        }
        found
    }

    fn mapping<'n>(
        &mut self,
        key: &'static str,
        node: &'n Node,
        accepted: &'static [&'static str],
        form: &'static str,
    ) -> Option<Vec<(&'static str, &'n Node)>> {
        match &node.kind {
            Kind::Mapping(entries) => Some(self.known(entries, key, accepted)),
            _ => self.unaccepted(key, node, form),
        }
    }

    fn rule(&mut self, node: &Node) -> Option<FileRule> {
        let entries = self.mapping("a rule", node, keys::OF_RULE, keys::MAPPING_FORM)?;
        let mut rule = FileRule {
            name: format!("{}:{}", self.file, node.position.line),
            conditions: Conditions::default(),
            span: None,
            attributes: Vec::new(),
            inject: None,
            extract: None,
        };
        for &(key, value) in &entries {
            self.entry(&mut rule, key, value);
        }
        let has = |wanted: &[&str]| entries.iter().any(|(key, _)| wanted.contains(key));
        if !has(&[keys::CLASS, keys::SUPERTYPE, keys::CLASS_ANNOTATION, keys::METHOD_ANNOTATION]) {
            let accepted = "class, supertype, class-annotation or method-annotation";
            self.incomplete(node.position, "names no classes", accepted);
        }
        if !has(&[keys::METHOD, keys::METHOD_ANNOTATION]) {
            let accepted = "method: NAME, method: \"*\" for all, or method-annotation: TYPE";
            self.incomplete(node.position, "names no methods", accepted);
        }
        if !has(&[keys::SPAN, keys::ATTRIBUTES, keys::INJECT]) {
            let accepted = "span, attributes, inject, or extract with span";
            self.incomplete(node.position, "does nothing", accepted);
        } else if has(&[keys::EXTRACT]) && !has(&[keys::SPAN]) {
            let accepted = "span beside extract: it is the child of what the headers name";
            self.incomplete(node.position, "extracts a parent for no span", accepted);
        }
        Some(rule)
    }

    fn entry(&mut self, rule: &mut FileRule, key: &'static str, value: &Node) {
        let conditions = &mut rule.conditions;
        let methods = &mut conditions.methods;
        let annotation = |name: String| format!("L{name};");
        match key {
            keys::NAME => {
                if let Some(name) = self.scalar(key, value, text::label, keys::TEXT_FORM) {
                    rule.name = name;
                }
            }
            keys::CLASS => conditions.names = self.list(key, value, text::class_pattern, keys::CLASS_FORM),
            keys::SUPERTYPE => {
                conditions.supertype = self.scalar(key, value, text::type_name, keys::TYPE_FORM);
            }
            keys::CLASS_ANNOTATION => {
                let name = self.scalar(key, value, text::type_name, keys::TYPE_FORM);
                conditions.annotation = name.map(annotation);
            }
            keys::LOADER => conditions.loader = self.scalar(key, value, loader, keys::LOADER_FORM),
            keys::PRESENT => conditions.present = self.scalar(key, value, text::type_name, keys::TYPE_FORM),
            keys::METHOD => methods.names = self.list(key, value, text::method_pattern, keys::METHOD_FORM),
            keys::DESCRIPTOR => {
                methods.descriptor = self.scalar(key, value, text::descriptor, keys::DESCRIPTOR_FORM);
            }
            keys::METHOD_ANNOTATION => {
                let name = self.scalar(key, value, text::type_name, keys::TYPE_FORM);
                methods.annotation = name.map(annotation);
            }
            keys::MODIFIERS => self.modifiers(methods, value),
            keys::SPAN => rule.span = self.span(value),
            keys::ATTRIBUTES => rule.attributes = self.attributes(value),
            keys::INJECT => {
                rule.inject = self.carrier(key, value, keys::SETTER, text::setter, keys::SETTER_FORM)
            }
            _ => rule.extract = self.carrier(key, value, keys::GETTER, text::getter, keys::GETTER_FORM),
        }
    }

    fn scalar<T>(
        &mut self,
        key: &str,
        node: &Node,
        read: impl Fn(&str) -> Option<T>,
        accepted: &'static str,
    ) -> Option<T> {
        let value = if let Kind::Scalar(text) = &node.kind { read(text) } else { None };
        value.or_else(|| self.unaccepted(key, node, accepted))
    }

    /// One value, or a list of them.
    fn list<T>(
        &mut self,
        key: &str,
        node: &Node,
        read: impl Fn(&str) -> Option<T>,
        accepted: &'static str,
    ) -> Vec<T> {
        match &node.kind {
            Kind::Sequence(items) if !items.is_empty() => {
                items.iter().filter_map(|item| self.scalar(key, item, &read, accepted)).collect()
            }
            _ => self.scalar(key, node, read, accepted).into_iter().collect(),
        }
    }

    fn modifiers(&mut self, methods: &mut MethodConditions, node: &Node) {
        let modifier = |text: &str| {
            let (name, wanted) = match text.strip_prefix("not ") {
                Some(name) => (name, false),
                None => (text, true),
            };
            MODIFIERS.iter().find(|(known, _)| *known == name).map(|(_, flag)| (*flag, wanted))
        };
        for (flag, wanted) in self.list(keys::MODIFIERS, node, modifier, keys::MODIFIERS_FORM) {
            let flags = if wanted { &mut methods.required } else { &mut methods.forbidden };
            *flags |= flag;
        }
    }

    fn span(&mut self, node: &Node) -> Option<SpanAction> {
        let mut span = SpanAction { name: None, kind: SpanKind::Internal };
        for (key, value) in self.mapping(keys::SPAN, node, keys::OF_SPAN, keys::SPAN_FORM)? {
            if key == keys::NAME {
                span.name = self.scalar(key, value, text::label, keys::TEXT_FORM);
            } else if let Some(kind) = self.scalar(key, value, kind, keys::KIND_FORM) {
                span.kind = kind;
            }
        }
        Some(span)
    }

    fn attributes(&mut self, node: &Node) -> Vec<Attribute> {
        let Kind::Mapping(entries) = &node.kind else {
            return self.unaccepted(keys::ATTRIBUTES, node, keys::ATTRIBUTES_FORM).unwrap_or_default();
        };
        let mut attributes: Vec<Attribute> = Vec::new();
        for (key, value) in entries {
            let Some(name) = self.scalar("an attribute's key", key, text::attribute_key, keys::KEY_FORM)
            else {
                continue;
            };
            if attributes.iter().any(|other| other.key == name) {
                self.wrong(key.position, Problem::DuplicateKey(shown(&name)));
                continue;
            }
            if let Some((path, as_text)) = self.scalar(&name, value, text::value, keys::VALUE_FORM) {
                attributes.push(Attribute { key: name, value: path, as_text });
            }
        }
        if entries.is_empty() {
            self.unaccepted::<()>(keys::ATTRIBUTES, node, keys::ATTRIBUTES_FORM);
        }
        attributes
    }

    fn carrier(
        &mut self,
        of: &'static str,
        node: &Node,
        accessor: &'static str,
        read: fn(&str) -> Option<(String, String)>,
        form: &'static str,
    ) -> Option<Carrier> {
        let accepted = if of == keys::INJECT { keys::OF_INJECT } else { keys::OF_EXTRACT };
        let entries = self.mapping(of, node, accepted, keys::MAPPING_FORM)?;
        let mut path = None;
        let mut method = None;
        for &(key, value) in &entries {
            if key == keys::CARRIER {
                path = self.scalar(key, value, entry_path, keys::RETURN_ONLY_EXIT);
            } else {
                method = self.scalar(key, value, read, form);
            }
        }
        if !entries.iter().any(|(key, _)| *key == keys::CARRIER) {
            self.incomplete(node.position, "names no carrier", "carrier: argument[0]");
        }
        if !entries.iter().any(|(key, _)| *key == accessor) {
            self.incomplete(node.position, "does not say how the carrier is used", form);
        }
        let (method, descriptor) = method?;
        Some(Carrier { path: path?, method, descriptor })
    }
}

/// A way to what there is when a method is entered.
fn entry_path(text: &str) -> Option<Path> {
    text::path(text).filter(|path| path.root != Root::Returned)
}

fn kind(text: &str) -> Option<SpanKind> {
    SpanKind::NAMES.iter().find(|(name, _)| *name == text).map(|(_, kind)| *kind)
}

fn loader(text: &str) -> Option<LoaderCondition> {
    Some(match text {
        "bootstrap" => LoaderCondition::Bootstrap,
        "platform" => LoaderCondition::Platform,
        "application" => LoaderCondition::Application,
        name => LoaderCondition::Class(text::loader_pattern(name)?),
    })
}
