//! A jar's manifest (JAR File Specification, "JAR Manifest").

/// A main attribute of a manifest, whatever the case of its name.
pub(super) fn main_attribute(manifest: &str, name: &str) -> Option<String> {
    let main = manifest.lines().take_while(|line| !line.is_empty());
    let mut value: Option<String> = None;
    for line in main {
        match (line.strip_prefix(' '), &mut value) {
            // Lines have at most 72 bytes; longer values go on behind a blank.
            (Some(more), Some(value)) => value.push_str(more),
            (Some(_), None) => {}
            (None, Some(_)) => break,
            (None, None) => {
                let (key, text) = line.split_once(':')?;
                value = key.eq_ignore_ascii_case(name).then(|| text.trim_start().to_owned());
            }
        }
    }
    value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::main_attribute;

    #[test]
    fn main_attributes_are_found_and_joined() {
        let manifest = "Manifest-Version: 1.0\r\nImplementation-Title: a-very-lo\r\n ng-name\r\nEmpty: \r\n\r\n\
            Name: x\r\nImplementation-Version: 2\r\n";
        for (name, expected) in [
            ("Implementation-Title", Some("a-very-long-name")),
            ("implementation-title", Some("a-very-long-name")),
            ("Manifest-Version", Some("1.0")),
            ("Empty", None),
            ("Implementation-Version", None),
        ] {
            assert_eq!(main_attribute(manifest, name).as_deref(), expected, "{name}");
        }
        assert_eq!(main_attribute("", "a"), None);
        assert_eq!(main_attribute(" broken\nno colon", "a"), None);
    }
}
