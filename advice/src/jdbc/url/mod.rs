//! What a JDBC URL tells about the database, without its secrets.
//!
//! User names, passwords and options stay here; where a URL can be read in two ways, nothing of it leaves.

mod embedded;
mod oracle;
mod parts;
mod products;
mod sql_server;

use parts::{Authority, namespace, parameter};
use products::{Form, PRODUCTS, Product};

/// What telemetry says about a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// `db.system.name`.
    pub system: &'static str,
    /// `db.namespace`: the database that the URL names, not what the connection may have switched to.
    pub namespace: Option<String>,
    /// `server.address`: of several hosts the first.
    pub host: Option<String>,
    /// `server.port`, filled in where the product has a usual one.
    pub port: Option<u16>,
}

/// The system of a database that is none of those known.
const OTHER: &str = "other_sql";

/// Drivers that wrap another: what follows them is the URL of the wrapped one, with or without `jdbc:`.
const WRAPPERS: &[&str] = &[
    "jdbc:",
    "tracing:",
    "otel:",
    "p6spy:",
    "aws-wrapper:",
    "log4jdbc:",
    "datasource-proxy:",
    "wrapper:",
    "microsoft:",
];

/// The longest URL that is read, in bytes.
const MAX_URL: usize = 4 * 1024;

impl Database {
    /// A database of which only the system is known.
    fn of_system(system: &'static str) -> Database {
        Database { system, namespace: None, host: None, port: None }
    }

    /// Reads a JDBC URL.
    pub fn of_url(url: &str) -> Database {
        let mut text = crate::text::cut(url, MAX_URL).trim();
        match strip_prefix(text, "jdbc:").or_else(|| strip_prefix(text, "jdbc-secretsmanager:")) {
            Some(rest) => text = rest,
            None => return Database::of_system(OTHER),
        }
        while let Some(rest) = WRAPPERS.iter().find_map(|wrapper| strip_prefix(text, wrapper)) {
            text = rest;
        }
        if let Some(container) = strip_prefix(text, "tc:") {
            return of_container(container);
        }
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        match PRODUCTS.iter().find(|product| product.prefix.eq_ignore_ascii_case(name)) {
            Some(product) => of_product(product, rest),
            None => of_product(&Product::unknown(), rest),
        }
    }

    /// The database of a product's name, as `DatabaseMetaData.getDatabaseProductName` gives it.
    pub fn of_product_name(name: &str) -> Database {
        let name = name.to_ascii_lowercase();
        let known = [
            ("postgresql", "postgresql"),
            ("mysql", "mysql"),
            ("mariadb", "mariadb"),
            ("h2", "h2database"),
            ("hsql", "hsqldb"),
            ("derby", "derby"),
            ("oracle", "oracle.db"),
            ("microsoft sql server", "microsoft.sql_server"),
            ("db2", "ibm.db2"),
            ("hdb", "sap.hana"),
            ("clickhouse", "clickhouse"),
            ("sqlite", "sqlite"),
        ];
        let system =
            known.into_iter().find(|(part, _)| name.contains(part)).map_or(OTHER, |(_, system)| system);
        Database::of_system(system)
    }
}

/// `text` without `prefix`, whatever its case.
fn strip_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let start = text.get(..prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then(|| text.get(prefix.len()..)).flatten()
}

/// Testcontainers' `postgresql:15.2:///name`: the container's address is not in the URL.
fn of_container(text: &str) -> Database {
    let name = text.split(':').next().unwrap_or_default();
    let product = PRODUCTS.iter().find(|product| product.prefix.eq_ignore_ascii_case(name));
    let system = product.map_or(OTHER, |product| product.system);
    let path = text.split_once("//").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path);
    Database {
        namespace: path.and_then(|path| namespace(parts::name_in(path))),
        ..Database::of_system(system)
    }
}

fn of_product(product: &Product, rest: &str) -> Database {
    match product.form {
        Form::Network => network(product, rest),
        Form::Embedded => embedded::read(product, rest),
        Form::Oracle => oracle::read(product, rest),
        Form::SqlServer => sql_server::read(product, rest),
        Form::Jtds => match rest.split_once(':') {
            Some((kind, rest)) if kind.eq_ignore_ascii_case("sybase") => network(&Product::sybase(), rest),
            Some((_, rest)) => sql_server::read(product, rest),
            None => Database::of_system(product.system),
        },
    }
}

/// `[kind:]//[user:password@]host[:port][,...]/name[?option=value]`, or just `name` on the usual host.
fn network(product: &Product, rest: &str) -> Database {
    let mut database = Database::of_system(product.system);
    let (authority, path) = match rest.split_once("//") {
        Some((_, rest)) => {
            let Some((authority, path)) = Authority::parse(rest) else { return database };
            (authority, path)
        }
        None if product.system == "sybase" => {
            let host = strip_prefix(rest, "tds:").unwrap_or(rest);
            let Some((authority, path)) = Authority::parse(host) else { return database };
            (authority, path)
        }
        None => (Authority::default(), Some(rest)),
    };
    let named =
        product.parameters.iter().filter_map(|name| namespace(parameter(rest, name)?)).collect::<Vec<_>>();
    let path_names = path.map(parts::before_options).unwrap_or_default().split('/').take(product.path_parts);
    let path_names = path_names.filter_map(|name| namespace(parts::name_in(name))).collect::<Vec<_>>();
    let names = if named.is_empty() { path_names } else { named };
    database.namespace = Some(names.join("|")).filter(|name| !name.is_empty());
    database.host = authority.host.or_else(|| product.host.map(str::to_owned));
    if database.host.is_some() {
        database.port = authority.port.or(product.port);
    }
    database
}

#[cfg(test)]
mod tests;
