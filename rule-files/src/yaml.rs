//! YAML as a tree whose nodes know where they stand.

use yaml_rust2::parser::{Event, Parser};
use yaml_rust2::scanner::{Marker, TScalarStyle};

use crate::error::{Position, Problem};

/// Deeper than any rule; whoever drops or walks a tree may recurse.
const MAX_DEPTH: usize = 8;

/// A value and where it begins.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) position: Position,
    pub(crate) kind: Kind,
}

#[derive(Debug)]
pub(crate) enum Kind {
    /// Any scalar as it was written; none are told apart by type.
    Scalar(String),
    /// A value that is not there: `key:` alone, or `~`.
    Nothing,
    Sequence(Vec<Node>),
    Mapping(Vec<(Node, Node)>),
}

/// A collection whose end has not come yet.
struct Open {
    position: Position,
    is_mapping: bool,
    children: Vec<Node>,
}

impl Open {
    fn close(self) -> Node {
        let Open { mut position, is_mapping, children } = self;
        // The reader puts a block mapping where the colon behind its first key is.
        if let Some(first) = children.first() {
            position = position.min(first.position);
        }
        let kind = if is_mapping { Kind::Mapping(pairs(children)) } else { Kind::Sequence(children) };
        Node { position, kind }
    }
}

fn pairs(children: Vec<Node>) -> Vec<(Node, Node)> {
    let mut children = children.into_iter();
    let pair = || {
        let (key, mut value) = (children.next()?, children.next()?);
        // The reader puts what is not there where the next thing is.
        if matches!(value.kind, Kind::Nothing) {
            value.position = key.position;
        }
        Some((key, value))
    };
    std::iter::from_fn(pair).collect()
}

/// Reads one document; nothing when the text has none.
///
/// # Errors
/// The first place where it is not YAML, or more than rules need of it.
pub(crate) fn read(text: &str) -> Result<Option<Node>, (Position, Problem)> {
    let mut parser = Parser::new_from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut document = None;
    loop {
        let (event, marker) = parser
            .next_token()
            .map_err(|error| (position(*error.marker()), Problem::Syntax(error.info().to_owned())))?;
        let position = position(marker);
        let finished = match event {
            Event::StreamEnd => return Ok(document),
            Event::Alias(_) => return Err((position, Problem::Alias)),
            Event::DocumentStart if document.is_some() => {
                return Err((position, Problem::Structure("a second document")));
            }
            Event::MappingStart(..) | Event::SequenceStart(..) if open.len() == MAX_DEPTH => {
                return Err((position, Problem::Structure("such deep nesting")));
            }
            Event::MappingStart(..) | Event::SequenceStart(..) => {
                let is_mapping = matches!(event, Event::MappingStart(..));
                open.push(Open { position, is_mapping, children: Vec::new() });
                None
            }
            Event::MappingEnd | Event::SequenceEnd => open.pop().map(Open::close),
            Event::Scalar(text, style, ..) => {
                let is_nothing = style == TScalarStyle::Plain && matches!(text.as_str(), "" | "~" | "null");
                let kind = if is_nothing { Kind::Nothing } else { Kind::Scalar(text) };
                Some(Node { position, kind })
            }
            Event::Nothing | Event::StreamStart | Event::DocumentStart | Event::DocumentEnd => None,
        };
        match (finished, open.last_mut()) {
            (Some(node), Some(parent)) => parent.children.push(node),
            (Some(node), None) => document = Some(node),
            (None, _) => {}
        }
    }
}

/// The reader counts lines from 1 and columns from 0.
fn position(marker: Marker) -> Position {
    Position { line: marker.line(), column: marker.col() + 1 }
}
