//! H2, HSQLDB, Derby, SQLite, Firebird: memory, a file, or a server.

use super::Database;
use super::parts::{Authority, before_options, last_component, namespace};
use super::products::Product;

/// `mem:name`, `file:/path/name`, `/path/name`, `tcp://host:port/path/name`, each with options behind `;` or `?`.
pub(super) fn read(product: &Product, rest: &str) -> Database {
    let mut database = Database::of_system(product.system);
    let Some((kind, server)) = rest.split_once("//").filter(|(kind, _)| is_protocol(kind)) else {
        let path = before_options(rest);
        if !path.ends_with(":memory:") {
            database.namespace = namespace(last_component(path));
        }
        return database;
    };
    let Some((authority, path)) = Authority::parse(server) else { return database };
    database.namespace = path.and_then(|path| namespace(last_component(before_options(path))));
    database.host = authority.host;
    if database.host.is_some() {
        let usual = match kind {
            "http:" => Some(80),
            "https:" => Some(443),
            _ => product.port,
        };
        database.port = authority.port.or(usual);
    }
    database
}

/// Whether what stands before `//` leads to a server; `file://` does not.
fn is_protocol(kind: &str) -> bool {
    matches!(kind, "" | "tcp:" | "ssl:" | "hsql:" | "hsqls:" | "http:" | "https:" | "java:" | "native:")
}
