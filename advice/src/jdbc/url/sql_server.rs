//! SQL Server's URLs, of Microsoft's driver and of jTDS.

use super::Database;
use super::parts::{Authority, before_options, name_in, namespace, parameter};
use super::products::Product;
use crate::address::port_number;

/// `//host\instance:port/name;option=value`, where options may name each part as well.
pub(super) fn read(product: &Product, rest: &str) -> Database {
    let mut database = Database::of_system(product.system);
    let option = |names: &[&str]| names.iter().find_map(|name| parameter(rest, name));
    let place = before_options(rest).rsplit_once("//").map_or("", |(_, place)| place);
    let (servers, path) = place.split_once('/').unwrap_or((place, ""));
    let (host, instance, port) = match servers.split_once('\\') {
        Some((host, instance)) => {
            let (instance, port) = instance.split_once(':').unwrap_or((instance, ""));
            (host, Some(instance), port_number(port))
        }
        None => (servers, None, None),
    };
    let host = if host.is_empty() { option(&["serverName", "server"]).unwrap_or_default() } else { host };
    let Some((authority, _)) = Authority::parse(host) else { return database };
    let instance = instance.or_else(|| option(&["instanceName", "instance"])).and_then(namespace);
    let name = option(&["databaseName", "database"]).or_else(|| Some(name_in(path))).and_then(namespace);
    if authority.host.is_some() {
        let written = port.or(authority.port).or_else(|| port_number(option(&["portNumber", "port"])?));
        // A named instance listens where the server's browser says, not on the usual port.
        database.port = written.or(product.port.filter(|_| instance.is_none()));
        database.host = authority.host;
    }
    let names: Vec<String> = [instance, name].into_iter().flatten().collect();
    database.namespace = Some(names.join("|")).filter(|name| !name.is_empty());
    database
}
