//! Span trees in one line: `request(task) later~request probe`.
//!
//! A name, the name that it is linked to after `~`, its children in brackets. Order says nothing: siblings are sorted.

use std::fmt;

use anyhow::{Result, bail, ensure};

/// Trees side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forest(Vec<Tree>);

/// One span and what is below it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tree {
    /// What the span is called here.
    pub name: String,
    /// The names of the spans that it is linked to, sorted.
    pub links: Vec<String>,
    /// Sorted.
    pub children: Forest,
}

impl PartialOrd for Forest {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Forest {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl Forest {
    /// Of these trees, in whatever order.
    pub fn of(mut trees: Vec<Tree>) -> Forest {
        trees.sort();
        Forest(trees)
    }

    /// Reads the notation.
    ///
    /// # Errors
    /// When brackets do not match or a name is missing.
    pub fn parse(text: &str) -> Result<Forest> {
        let mut rest = text;
        let forest = trees(&mut rest, text)?;
        ensure!(rest.is_empty(), "{text:?}: a bracket too many");
        Ok(forest)
    }

    /// Every tree of it, and every tree below.
    pub fn all(&self) -> Vec<&Tree> {
        self.0.iter().flat_map(|tree| [vec![tree], tree.children.all()].concat()).collect()
    }

    /// Those at the top.
    pub fn roots(&self) -> &[Tree] {
        &self.0
    }
}

fn trees(rest: &mut &str, text: &str) -> Result<Forest> {
    let mut found = Vec::new();
    loop {
        *rest = rest.trim_start();
        if rest.is_empty() || rest.starts_with(')') {
            return Ok(Forest::of(found));
        }
        let name = word(rest, text)?;
        let mut links = Vec::new();
        while let Some(after) = rest.strip_prefix('~') {
            *rest = after;
            links.push(word(rest, text)?);
        }
        links.sort();
        let mut children = Forest::default();
        if let Some(after) = rest.strip_prefix('(') {
            *rest = after;
            children = trees(rest, text)?;
            let Some(after) = rest.strip_prefix(')') else { bail!("{text:?}: a bracket is not closed") };
            *rest = after;
        }
        found.push(Tree { name, links, children });
    }
}

fn word(rest: &mut &str, text: &str) -> Result<String> {
    let end = rest.find(|letter: char| " ~()".contains(letter)).unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    ensure!(!word.is_empty(), "{text:?}: a name is missing before {rest:?}");
    *rest = after;
    Ok(word.to_owned())
}

impl fmt::Display for Forest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, tree) in self.0.iter().enumerate() {
            let space = if index > 0 { " " } else { "" };
            write!(f, "{space}{tree}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        for link in &self.links {
            write!(f, "~{link}")?;
        }
        if !self.children.0.is_empty() {
            write!(f, "({})", self.children)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_written_in_order() {
        for (text, written) in [
            ("request(task)", "request(task)"),
            ("request() task", "request task"),
            ("request(b(y x) a) later~request", "later~request request(a b(x y))"),
            ("", ""),
        ] {
            assert_eq!(Forest::parse(text).unwrap().to_string(), written, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for text in ["request(task", "request)", "(task)", "later~"] {
            assert!(Forest::parse(text).is_err(), "{text}");
        }
    }
}
