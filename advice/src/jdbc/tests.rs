use otelrs_sdk::span::{SpanKind, Status};

use crate::testing::{attribute, attributes, span, span_with};
use crate::{Options, Site, keys};

const URL: (u8, &str) = (keys::JDBC_URL, "jdbc:postgresql://bob:s3cret@db.example/shop");

#[test]
fn a_statement_becomes_a_client_span() {
    let span = span(Site::Jdbc, &[URL, (keys::SQL, "SELECT a FROM orders WHERE name = 'bob'")], &[]);
    assert_eq!((span.name.as_ref(), span.kind), ("SELECT orders", SpanKind::Client));
    assert_eq!((span.scope, &span.status), ("otelrs.jdbc", &Status::Unset));
    assert_eq!(
        attributes(&span),
        [
            "db.system.name=postgresql",
            "db.namespace=shop",
            "server.address=db.example",
            "server.port=5432",
            "db.query.text=SELECT a FROM orders WHERE name = ?",
            "db.query.summary=SELECT orders",
        ]
    );
}

#[test]
fn prepared_text_leaves_as_written_only_by_option() {
    let sql = [URL, (keys::SQL, "SELECT a FROM t WHERE b = ? AND c = 'x'")];
    let open = Options { prepared_query_text: true, ..Options::default() };
    let masked = "SELECT a FROM t WHERE b = ? AND c = ?";
    let prepared = [(keys::PREPARED, 1)];
    assert_eq!(attribute(&span(Site::Jdbc, &sql, &prepared), "db.query.text"), masked);
    assert_eq!(attribute(&span_with(open.clone(), Site::Jdbc, &sql, &[]), "db.query.text"), masked);
    assert_eq!(attribute(&span_with(open, Site::Jdbc, &sql, &prepared), "db.query.text"), sql[1].1);
}

#[test]
fn a_call_tells_its_procedure() {
    let span = span(Site::Jdbc, &[URL, (keys::SQL, "{call pay(?, ?)}")], &[(keys::CALLABLE, 1)]);
    assert_eq!(span.name, "call pay");
    assert_eq!(attribute(&span, "db.stored_procedure.name"), "pay");
}

#[test]
fn batches_say_what_they_hold() {
    let insert = "INSERT INTO t VALUES (1)";
    for (statements, size, name, text, batch_size) in [
        (vec![insert], None, "INSERT t", "INSERT INTO t VALUES (?)", ""),
        (vec![insert], Some(1), "INSERT t", "INSERT INTO t VALUES (?)", ""),
        (vec![insert], Some(3), "BATCH INSERT t", "INSERT INTO t VALUES (?)", "3"),
        (
            vec![insert, "INSERT INTO t VALUES (2)"],
            Some(2),
            "BATCH INSERT t",
            "INSERT INTO t VALUES (?)",
            "2",
        ),
        (
            vec![insert, insert, "INSERT INTO t VALUES (1, 2)"],
            Some(3),
            "BATCH INSERT t",
            "INSERT INTO t VALUES (?); INSERT INTO t VALUES (?); INSERT INTO t VALUES (?, ?)",
            "3",
        ),
        (vec![insert, "DELETE FROM u"], Some(2), "BATCH", "INSERT INTO t VALUES (?); DELETE FROM u", "2"),
        (vec![], Some(0), "BATCH", "", "0"),
    ] {
        let mut texts = vec![URL];
        texts.extend(statements.iter().map(|statement| (keys::SQL, *statement)));
        let ints: Vec<_> = size.map(|size| (keys::BATCH_SIZE, size)).into_iter().collect();
        let span = span(Site::Jdbc, &texts, &ints);
        assert_eq!(span.name, name, "{statements:?}");
        assert_eq!(attribute(&span, "db.query.summary"), name);
        assert_eq!(attribute(&span, "db.query.text"), text);
        assert_eq!(attribute(&span, "db.operation.batch.size"), batch_size);
    }
}

#[test]
fn without_a_summary_the_place_names_the_span() {
    for (url, name) in [
        ("jdbc:postgresql://h/shop", "shop"),
        ("jdbc:postgresql://h:99/", "h:99"),
        ("jdbc:as400://h/", "h"),
        ("jdbc:h2:mem:shop", "shop"),
        ("jdbc:h2:mem:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "h2database"),
        ("jdbc:postgresql://h/tenant_20240501123", "h:5432"),
        ("", "other_sql"),
    ] {
        let span = span(Site::Jdbc, &[(keys::JDBC_URL, url), (keys::SQL, "whatever")], &[]);
        assert_eq!(span.name, name, "{url}");
    }
}

#[test]
fn a_failure_has_the_most_telling_code_and_no_message() {
    for (url, state, code, expected) in [
        ("jdbc:postgresql://h/x", "42P01", 0, "42P01"),
        ("jdbc:h2:mem:x", "42S02", 42102, "42S02"),
        ("jdbc:mysql://h/x", "42S02", 1146, "1146"),
        ("jdbc:mysql://h/x", "42S02", 0, "42S02"),
        ("jdbc:oracle:thin:@h:1521:x", "42000", 942, "ORA-00942"),
        ("jdbc:derby:x", "", 30000, "30000"),
        ("jdbc:derby:x", "no such state: secret", 0, "org.X"),
        ("jdbc:derby:x", "", 0, "org.X"),
    ] {
        let texts = [
            (keys::JDBC_URL, url),
            (keys::SQL, "SELECT a FROM t"),
            (keys::SQL_STATE, state),
            (keys::EXCEPTION_TYPE, "org.X"),
            (keys::EXCEPTION_MESSAGE, "duplicate key bob@example.com"),
        ];
        let span = span(Site::Jdbc, &texts, &[(keys::SQL_ERROR_CODE, code)]);
        assert_eq!(attribute(&span, "error.type"), expected, "{url}");
        let response = if expected == "org.X" { "" } else { expected };
        assert_eq!(attribute(&span, "db.response.status_code"), response);
        assert_eq!(span.status, Status::Error(String::new()));
        assert_eq!(span.exceptions.len(), 1);
        assert!(!format!("{span:?}").contains("bob@"), "{span:?}");
    }
}

#[test]
fn a_products_name_stands_in_for_the_url() {
    let span = span(Site::Jdbc, &[(keys::DB_PRODUCT, "PostgreSQL"), (keys::SQL, "SELECT \"a\" FROM t")], &[]);
    assert_eq!(attribute(&span, "db.system.name"), "postgresql");
    assert_eq!(attribute(&span, "db.query.text"), "SELECT \"a\" FROM t");
}
