//! The table of keys, and the language of filters, from the tables that they are made of.

use ratatui::text::Line;

use super::Drawing;
use crate::query::filter::FIELDS;
use crate::terminal::keys::{KEYS, Scope};
use crate::text::wrap;
use crate::waterfall::Tone;

const KEYS_COLUMNS: usize = 18;
const FIELD_COLUMNS: usize = 30;

impl Drawing<'_> {
    pub(super) fn help(&self, first: usize, columns: usize, rows: usize) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for scope in [Scope::Everywhere, Scope::List, Scope::Trace] {
            lines.push((Tone::Strong, scope.title().to_owned()));
            for binding in KEYS.iter().filter(|binding| binding.scope == scope) {
                let keys: Vec<String> = binding.keys.iter().map(|key| key.name()).collect();
                lines.push((Tone::Plain, format!("  {:KEYS_COLUMNS$}{}", keys.join(", "), binding.text)));
            }
        }
        lines.push((
            Tone::Strong,
            "Filters: terms side by side, all must hold; - before a term is its opposite".to_owned(),
        ));
        for field in FIELDS {
            let meaning = wrap(&field.meaning.replace('`', ""), columns.saturating_sub(FIELD_COLUMNS + 2));
            let examples = std::iter::once(field.example).chain(std::iter::repeat(""));
            let text = |(meaning, example)| format!("  {example:FIELD_COLUMNS$}{meaning}");
            lines.extend(meaning.iter().zip(examples).map(text).map(|text| (Tone::Plain, text)));
        }
        let attribute = "http.route=/orders/{id}";
        lines.push((
            Tone::Plain,
            format!("  {attribute:FIELD_COLUMNS$}an attribute; also !=, >, >=, <, <=; * is any text"),
        ));
        lines.push((
            Tone::Plain,
            format!("  {:FIELD_COLUMNS$}text anywhere in a span", "timeout  \"timed out\""),
        ));
        let first = first.min(lines.len().saturating_sub(rows));
        lines
            .into_iter()
            .skip(first)
            .take(rows)
            .map(|(tone, text)| Line::from(self.piece(tone, text)))
            .collect()
    }
}
