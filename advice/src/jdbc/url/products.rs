//! The databases we know by the first word of their URL.

use super::OTHER;

/// A database and how its URLs are written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Product {
    /// What follows `jdbc:`.
    pub(super) prefix: &'static str,
    /// `db.system.name`.
    pub(super) system: &'static str,
    /// The form of its URLs.
    pub(super) form: Form,
    /// Its usual port.
    pub(super) port: Option<u16>,
    /// The host meant where a URL names none.
    pub(super) host: Option<&'static str>,
    /// The options that name the database, from the most general part to the most specific.
    pub(super) parameters: &'static [&'static str],
    /// How many parts of the path make the namespace.
    pub(super) path_parts: usize,
}

/// The form of a product's URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `//host:port/name`.
    Network,
    /// A file or memory of this process, or a server of the same product.
    Embedded,
    /// `thin:@...`.
    Oracle,
    /// `//host\instance:port;option=value`.
    SqlServer,
    /// `sqlserver://...` or `sybase://...` of the jTDS driver.
    Jtds,
}

impl Product {
    const fn network(prefix: &'static str, system: &'static str, port: u16) -> Product {
        let port = if port == 0 { None } else { Some(port) };
        Product { prefix, system, form: Form::Network, port, host: None, parameters: &[], path_parts: 1 }
    }

    const fn local(self) -> Product {
        Product { host: Some("localhost"), ..self }
    }

    const fn form(self, form: Form) -> Product {
        Product { form, ..self }
    }

    const fn named_by(self, parameters: &'static [&'static str]) -> Product {
        Product { parameters, ..self }
    }

    /// A database that we do not know, read as most are written.
    pub(super) const fn unknown() -> Product {
        Product::network("", OTHER, 0)
    }

    /// Sybase, which two drivers reach.
    pub(super) const fn sybase() -> Product {
        Product::network("sybase", "sybase", 0)
    }
}

/// Every product known.
pub(super) const PRODUCTS: &[Product] = &[
    Product::network("postgresql", "postgresql", 5432).local(),
    Product::network("pgsql", "postgresql", 5432).local(),
    Product::network("mysql", "mysql", 3306).local(),
    Product::network("mysqlx", "mysql", 33060).local(),
    Product::network("mariadb", "mariadb", 3306).local(),
    Product::network("h2", "h2database", 9092).form(Form::Embedded),
    Product::network("hsqldb", "hsqldb", 9001).form(Form::Embedded),
    Product::network("derby", "derby", 1527).form(Form::Embedded),
    Product::network("sqlite", "sqlite", 0).form(Form::Embedded),
    Product::network("firebirdsql", "firebirdsql", 3050).form(Form::Embedded),
    Product::network("firebird", "firebirdsql", 3050).form(Form::Embedded),
    Product::network("oracle", "oracle.db", 1521).form(Form::Oracle),
    Product::network("sqlserver", "microsoft.sql_server", 1433).form(Form::SqlServer),
    Product::network("jtds", "microsoft.sql_server", 1433).form(Form::Jtds),
    Product::network("db2", "ibm.db2", 50000),
    Product::network("as400", "ibm.db2", 0),
    Product::sybase(),
    Product::network("sap", "sap.hana", 0).named_by(&["databaseName"]),
    Product::network("sapdb", "sap.maxdb", 7210),
    Product::network("clickhouse", "clickhouse", 8123).named_by(&["database"]),
    Product::network("ch", "clickhouse", 8123).named_by(&["database"]),
    Product::network("redshift", "aws.redshift", 5439),
    Product::network("cassandra", "cassandra", 9042),
    Product::network("couchbase", "couchbase", 8091),
    Product::network("snowflake", "snowflake", 443).named_by(&["db", "schema"]),
    Product { path_parts: 2, ..Product::network("trino", "trino", 8080) },
    Product { path_parts: 2, ..Product::network("presto", "presto", 8080) },
    Product::network("hive2", "hive", 10000),
    Product::network("impala", "impala", 21050),
    Product::network("informix-sqli", "ibm.informix", 9088),
    Product::network("informix-direct", "ibm.informix", 0),
    Product { path_parts: 0, ..Product::network("teradata", "teradata", 1025) },
    Product::network("netezza", "ibm.netezza", 5480),
    Product::network("vertica", "vertica", 5433),
    Product::network("ingres", "actian.ingres", 21064),
    Product::network("iris", "intersystems.iris", 1972),
    Product::network("cache", "intersystems.cache", 1972),
    Product { path_parts: 0, ..Product::network("cloudspanner", "gcp.spanner", 0) },
    Product::network("databricks", "databricks", 443),
];
