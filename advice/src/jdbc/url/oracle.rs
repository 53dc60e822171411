//! Oracle's URLs: `thin:@...`, `oci:@...`.

use super::Database;
use super::parts::{Authority, before_options, in_parentheses, name_in, namespace};
use super::products::Product;

/// `user/password@//host:port/service`, `@host:port:sid`, `@(DESCRIPTION=...)`, `@alias`.
pub(super) fn read(product: &Product, rest: &str) -> Database {
    let mut database = Database::of_system(product.system);
    let before_description =
        rest.find('(').map_or_else(|| before_options(rest), |at| rest.get(..at).unwrap_or(""));
    let Some(at) = before_description.rfind('@') else { return database };
    let target = rest.get(at + 1..).unwrap_or_default();
    if target.starts_with('(') {
        let service = in_parentheses(target, "service_name").or_else(|| in_parentheses(target, "sid"));
        database.namespace = service.and_then(namespace);
        let host = in_parentheses(target, "host").and_then(Authority::strict);
        database.host = host.and_then(|authority| authority.host);
        if database.host.is_some() {
            let port = in_parentheses(target, "port").and_then(crate::address::port_number);
            database.port = port.or(product.port);
        }
        return database;
    }
    let target = before_options(target);
    let (protocol, place) =
        target.split_once("//").map_or((None, target), |(kind, place)| (Some(kind), place));
    if protocol.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("ldap")) {
        return database;
    }
    if protocol.is_none() && !place.contains([':', '/']) {
        database.namespace = namespace(place);
        return database;
    }
    let (servers, service) = match place.split_once('/') {
        Some((servers, service)) => (servers, Some(service)),
        None => match place.rsplit_once(':') {
            Some((servers, sid))
                if servers.contains(':') && !place.ends_with(']') && !place.starts_with('[') =>
            {
                (servers, Some(sid))
            }
            _ => (place, None),
        },
    };
    let Some((authority, _)) = Authority::parse(servers) else { return database };
    database.namespace = service.and_then(|service| namespace(name_in(service)));
    database.port = authority.port.or(product.port).filter(|_| authority.host.is_some());
    database.host = authority.host;
    database
}
