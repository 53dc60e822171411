//! Members of JSON objects by name, with the path of the one that does not fit.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::JsonError;

/// Decoded size may be this many times the input (an empty span is 3 bytes of JSON and some 300 in memory).
const EXPANSION: usize = 32;
const FREE_BYTES: usize = 64 * 1024;

enum Step {
    Key(&'static str),
    Index(usize),
}

/// Where the reader is, and what the decoded elements may still take in memory.
pub(super) struct Reader {
    path: Vec<Step>,
    budget: usize,
}

impl Reader {
    /// Reads the text with `request`, which is given the outermost object.
    pub(super) fn read<T>(
        text: &[u8],
        request: impl FnOnce(&mut Self, Map<String, Value>) -> Result<T, JsonError>,
    ) -> Result<T, JsonError> {
        let value: Value = serde_json::from_slice(text)?;
        let budget = text.len().saturating_mul(EXPANSION).saturating_add(FREE_BYTES);
        Self { path: Vec::new(), budget }.object(value, request)
    }

    pub(super) fn expected<T>(&self, expected: &'static str) -> Result<T, JsonError> {
        let mut path = String::new();
        for step in &self.path {
            // Writing to a String cannot fail.
            let _ = match step {
                Step::Key(key) if path.is_empty() => write!(path, "{key}"),
                Step::Key(key) => write!(path, ".{key}"),
                Step::Index(index) => write!(path, "[{index}]"),
            };
        }
        if path.is_empty() {
            path.push_str("request");
        }
        Err(JsonError::Member { path, expected })
    }

    pub(super) fn at<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Self) -> Result<T, JsonError>,
    ) -> Result<T, JsonError> {
        self.path.push(Step::Key(key));
        let result = read(self)?;
        self.path.pop();
        Ok(result)
    }

    pub(super) fn object<T>(
        &mut self,
        value: Value,
        read: impl FnOnce(&mut Self, Map<String, Value>) -> Result<T, JsonError>,
    ) -> Result<T, JsonError> {
        match value {
            Value::Object(object) => read(self, object),
            _ => self.expected("an object"),
        }
    }

    /// Reads the member if it is there; `null` is as good as absent.
    pub(super) fn member<T: Default>(
        &mut self,
        object: &mut Map<String, Value>,
        key: &'static str,
        read: impl FnOnce(&mut Self, Value) -> Result<T, JsonError>,
    ) -> Result<T, JsonError> {
        match object.get_mut(key).map(Value::take) {
            None | Some(Value::Null) => Ok(T::default()),
            Some(value) => self.at(key, |r| read(r, value)),
        }
    }

    pub(super) fn list<T>(
        &mut self,
        object: &mut Map<String, Value>,
        key: &'static str,
        read: impl Fn(&mut Self, Value) -> Result<T, JsonError>,
    ) -> Result<Vec<T>, JsonError> {
        self.member(object, key, |r, value| {
            let Value::Array(values) = value else { return r.expected("an array") };
            let size = values.len().saturating_mul(size_of::<T>());
            r.budget = r.budget.checked_sub(size).ok_or(JsonError::Expansion)?;
            let mut list = Vec::with_capacity(values.len());
            for (index, value) in values.into_iter().enumerate() {
                r.path.push(Step::Index(index));
                list.push(read(r, value)?);
                r.path.pop();
            }
            Ok(list)
        })
    }

    pub(super) fn text(
        &mut self,
        object: &mut Map<String, Value>,
        key: &'static str,
    ) -> Result<Cow<'static, str>, JsonError> {
        self.member(object, key, |r, value| match value {
            Value::String(text) => Ok(Cow::Owned(text)),
            _ => r.expected("a string"),
        })
    }

    /// An integer as a number or, as the mapping has it for 64 bits, as a string.
    pub(super) fn int<T: Default + TryFrom<i128>>(
        &mut self,
        object: &mut Map<String, Value>,
        key: &'static str,
    ) -> Result<T, JsonError> {
        self.member(object, key, |r, value| r.int_of(&value))
    }

    pub(super) fn int_of<T: TryFrom<i128>>(&self, value: &Value) -> Result<T, JsonError> {
        let number = match value {
            Value::Number(number) => {
                number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
            }
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        match number.and_then(|number| T::try_from(number).ok()) {
            Some(number) => Ok(number),
            None => self.expected("an integer in range"),
        }
    }

    pub(super) fn id<const N: usize>(
        &mut self,
        object: &mut Map<String, Value>,
        key: &'static str,
    ) -> Result<[u8; N], JsonError> {
        let text = self.text(object, key)?;
        let mut id = [0; N];
        if text.is_empty() {
            return Ok(id);
        }
        let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
        let Some(digits) = digits.filter(|digits| digits.len() == 2 * N) else {
            return self.at(key, |r| {
                r.expected(if N == 16 { "32 hexadecimal digits" } else { "16 hexadecimal digits" })
            });
        };
        for (byte, pair) in id.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = pair.iter().fold(0, |byte, digit| byte << 4 | (*digit & 15) as u8);
        }
        Ok(id)
    }

    pub(super) fn bool(
        &mut self,
        object: &mut Map<String, Value>,
        key: &'static str,
    ) -> Result<bool, JsonError> {
        self.member(object, key, |r, value| value.as_bool().map_or_else(|| r.expected("a boolean"), Ok))
    }

    /// A number, or a string that says one: "NaN", "Infinity" and "-Infinity" among them.
    pub(super) fn double(
        &mut self,
        object: &mut Map<String, Value>,
        key: &'static str,
    ) -> Result<Option<f64>, JsonError> {
        self.member(object, key, |r, value| r.double_of(&value).map(Some))
    }

    pub(super) fn double_of(&self, value: &Value) -> Result<f64, JsonError> {
        let number = match value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.parse().ok(),
            _ => None,
        };
        number.map_or_else(|| self.expected("a number"), Ok)
    }
}
