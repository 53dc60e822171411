//! What the service is called, and its version.

use super::manifest::main_attribute;
use super::properties::property;
use super::{Inputs, spring};
use crate::text::{MAX_NAME, cleaned};

/// The name where nothing tells one (resource conventions, "Service").
const UNKNOWN: &str = "unknown_service:java";

/// `service.name` where the user gave none.
pub(super) fn name(inputs: &Inputs<'_>) -> String {
    let from_jar = || inputs.jar_path.as_deref().and_then(jar_name);
    let name = spring::application_name(inputs)
        .or_else(|| main_attribute(&manifest(inputs)?, "Implementation-Title"))
        .or_else(from_jar)
        .and_then(|name| cleaned(&name, MAX_NAME));
    name.unwrap_or_else(|| UNKNOWN.to_owned())
}

/// `service.version` where the user gave none.
pub(super) fn version(inputs: &Inputs<'_>) -> Option<String> {
    let manifest = manifest(inputs).and_then(|manifest| main_attribute(&manifest, "Implementation-Version"));
    let version = manifest.or_else(|| {
        let files = ["META-INF/build-info.properties", "BOOT-INF/classes/META-INF/build-info.properties"];
        let places = inputs.class_path.iter().flat_map(|place| files.iter().map(move |file| (place, file)));
        let mut texts =
            places.filter_map(|(place, file)| String::from_utf8((inputs.read_entry)(place, file)?).ok());
        texts.find_map(|text| property(&text, "build.version"))
    });
    version.and_then(|version| cleaned(&version, MAX_NAME))
}

fn manifest(inputs: &Inputs<'_>) -> Option<String> {
    let bytes = (inputs.read_entry)(inputs.jar_path.as_deref()?, "META-INF/MANIFEST.MF")?;
    String::from_utf8(bytes).ok()
}

/// A jar's name without folder, extension and version.
fn jar_name(path: &str) -> Option<String> {
    let file = path.rsplit(['/', '\\']).next()?;
    let name = ["jar", "war"].iter().find_map(|extension| file.strip_suffix(extension)?.strip_suffix('.'))?;
    let version = name.match_indices(['-', '_']).map(|(at, _)| at);
    let version = version
        .filter(|at| name.get(at + 1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())));
    let end = version.filter(|at| *at > 0).min().unwrap_or(name.len());
    name.get(..end).filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::jar_name;

    #[test]
    fn a_jars_name_has_no_version() {
        for (path, expected) in [
            ("/opt/shop.jar", Some("shop")),
            ("shop-1.2.3.jar", Some("shop")),
            ("shop-one-1.2.3-SNAPSHOT.jar", Some("shop-one")),
            ("target/shop_2.0.war", Some("shop")),
            ("C:\\apps\\shop-all.jar", Some("shop-all")),
            ("log4j-1.2-api-2.0.jar", Some("log4j")),
            ("-1.0.jar", Some("-1.0")),
            ("shop", None),
            (".jar", None),
            ("", None),
        ] {
            assert_eq!(jar_name(path).as_deref(), expected, "{path}");
        }
    }
}
