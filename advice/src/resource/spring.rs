//! The name that a Spring Boot application gives itself, from the places where Spring looks, in its order.

use yaml_rust2::{Yaml, YamlLoader};

use super::Inputs;
use super::properties::property;

const NAME: &str = "spring.application.name";

/// A document with this key holds for some profiles only.
const ON_PROFILE: &str = "spring.config.activate.on-profile";

/// Where a packaged application keeps its classes.
const CLASS_FOLDERS: &[&str] = &["BOOT-INF/classes/", "WEB-INF/classes/", ""];

/// The application's name.
pub(super) fn application_name(inputs: &Inputs<'_>) -> Option<String> {
    let argument = format!("--{NAME}=");
    let arguments = inputs.arguments.iter().rev();
    let on_command_line = arguments.filter_map(|text| text.strip_prefix(&argument)).next().map(str::to_owned);
    on_command_line
        .or_else(|| (inputs.property)(NAME))
        .or_else(|| (inputs.variable)("SPRING_APPLICATION_NAME"))
        .and_then(|name| resolved(&name, inputs))
        .or_else(|| in_files(inputs))
}

/// The name in the files beside the application, else in those inside it.
fn in_files(inputs: &Inputs<'_>) -> Option<String> {
    let beside = ["config/", ""].map(|folder| (".", folder));
    let class_path = inputs
        .class_path
        .iter()
        .flat_map(|place| CLASS_FOLDERS.iter().map(move |folder| (place.as_str(), *folder)));
    beside.into_iter().chain(class_path).find_map(|(place, folder)| {
        let read =
            |file: &str| String::from_utf8((inputs.read_entry)(place, &format!("{folder}{file}"))?).ok();
        let name = read("application.properties").and_then(|text| property(&text, NAME));
        let name = name.or_else(|| read("application.yml").and_then(|text| in_yaml(&text)));
        let name = name.or_else(|| read("application.yaml").and_then(|text| in_yaml(&text)));
        name.and_then(|name| resolved(&name, inputs))
    })
}

/// A name with `${key:default}` replaced, `None` when a key has no value.
fn resolved(name: &str, inputs: &Inputs<'_>) -> Option<String> {
    let mut resolved = String::new();
    let mut rest = name.trim();
    while let Some((before, after)) = rest.split_once("${") {
        let (key, after) = after.split_once('}')?;
        let (key, default) = key.split_once(':').map_or((key, None), |(key, default)| (key, Some(default)));
        let value = (inputs.property)(key).or_else(|| (inputs.variable)(key));
        let relaxed = || (inputs.variable)(&key.replace(['.', '-'], "_").to_ascii_uppercase());
        resolved.push_str(before);
        resolved.push_str(&value.or_else(relaxed).or(default.map(str::to_owned))?);
        rest = after;
    }
    resolved.push_str(rest);
    // `@project.artifactId@` is a build's placeholder that nobody filled in.
    (!resolved.is_empty() && !resolved.starts_with('@')).then_some(resolved)
}

/// The name in the first document that holds for every profile.
fn in_yaml(text: &str) -> Option<String> {
    let documents = YamlLoader::load_from_str(text).ok()?;
    let mut general = documents.iter().filter(|document| value_at(document, ON_PROFILE).is_none());
    general
        .find_map(|document| match value_at(document, NAME)? {
            Yaml::String(name) | Yaml::Real(name) => Some(name.clone()),
            Yaml::Integer(name) => Some(name.to_string()),
            Yaml::Boolean(name) => Some(name.to_string()),
            _ => None,
        })
        .filter(|name| !name.is_empty())
}

/// The value of a dotted key, whose parts may be nested or joined as the author likes; `None` for nothing and null.
fn value_at<'a>(node: &'a Yaml, key: &str) -> Option<&'a Yaml> {
    let whole = &node[key];
    if !whole.is_badvalue() && !whole.is_null() {
        return Some(whole);
    }
    key.match_indices('.').find_map(|(dot, _)| {
        let (outer, inner) = key.split_at(dot);
        let nested = &node[outer];
        if nested.is_badvalue() { None } else { value_at(nested, inner.trim_start_matches('.')) }
    })
}

#[cfg(test)]
mod tests {
    use super::in_yaml;

    #[test]
    fn yaml_in_all_its_forms() {
        for (text, expected) in [
            ("spring:\n  application:\n    name: shop\n", Some("shop")),
            ("spring.application.name: shop", Some("shop")),
            ("spring:\n  application.name: \"shop one\"", Some("shop one")),
            ("spring.application:\n  name: 'shop'", Some("shop")),
            (
                "server:\n  port: 8080\n1: x\nspring:\n  datasource: {url: x}\n  application: {name: shop}",
                Some("shop"),
            ),
            ("# c\nspring: # c\n  application: # c\n    name: shop # c", Some("shop")),
            (
                "spring:\n  config:\n    activate:\n      on-profile: dev\n  application:\n    name: no\n---\nspring:\n  application:\n    name: shop",
                Some("shop"),
            ),
            ("spring.config.activate.on-profile: dev\nspring.application.name: no", None),
            ("a: 1\n---\nspring.application.name: shop", Some("shop")),
            ("spring:\n  application: {}", None),
            ("spring:", None),
            ("spring: [1, 2]", None),
            ("name: @project.name@", None),
            (": : :\n\t-", None),
            ("", None),
        ] {
            assert_eq!(in_yaml(text).as_deref(), expected, "{text:?}");
        }
    }
}
