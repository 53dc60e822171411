use super::*;

const SYSTEMS: &[&str] = &[
    "postgresql",
    "mysql",
    "oracle.db",
    "microsoft.sql_server",
    "h2database",
    "sqlite",
    "clickhouse",
    "other_sql",
];

fn masked(system: &str, statement: &str) -> String {
    analyse(statement, Dialect::of(system)).text
}

#[test]
fn literals_are_masked_everywhere() {
    for (statement, expected) in [
        ("SELECT 1", "SELECT ?"),
        ("SELECT 1.5, .5, 1e10, 1.5E-3, 1e+3", "SELECT ?, ?, ?, ?, ?"),
        ("SELECT 0xDEADbeef", "SELECT ?"),
        ("SELECT x'DEAD', b'101', n'text'", "SELECT ?, ?, ?"),
        ("SELECT 5L, 1_000, 12abc", "SELECT ?, ?, ?"),
        ("WHERE a=-5 AND b = - 6 AND c>+7", "WHERE a=? AND b = ? AND c>?"),
        ("WHERE a-5 > b - 6", "WHERE a-? > b - ?"),
        ("SELECT a1, t2.c3 FROM t_4", "SELECT a1, t2.c3 FROM t_4"),
        ("WHERE name = 'bob'", "WHERE name = ?"),
        ("WHERE name = 'it''s'", "WHERE name = ?"),
        ("WHERE name = ''", "WHERE name = ?"),
        ("WHERE name = '' AND b = ''''", "WHERE name = ? AND b = ?"),
        ("WHERE a = 'x' 'y'", "WHERE a = ? ?"),
        ("WHERE name = 'never ends", "WHERE name = ?"),
        ("WHERE d = DATE '2020-01-01'", "WHERE d = DATE ?"),
        ("WHERE d = {ts '2020-01-01 00:00:00'}", "WHERE d = {ts ?}"),
        ("SELECT $$it's$$", "SELECT ?"),
        ("SELECT $tag$ $$ ' $tag$, 1", "SELECT ?, ?"),
        ("SELECT $tag$never ends", "SELECT ?"),
        ("WHERE id = ?", "WHERE id = ?"),
        ("WHERE id = $1 AND b = $23", "WHERE id = $1 AND b = $23"),
        ("WHERE id = ?1", "WHERE id = ?"),
        ("WHERE id = :name", "WHERE id = :name"),
        ("WHERE id IN (1,2,3)", "WHERE id IN (?)"),
        ("WHERE id in ( 'a' , 'b' )", "WHERE id in (?)"),
        ("WHERE id IN(?,?,?)", "WHERE id IN(?)"),
        ("WHERE id IN (-1, +2)", "WHERE id IN (?)"),
        ("WHERE id IN (?)", "WHERE id IN (?)"),
        ("WHERE id IN ()", "WHERE id IN ()"),
        ("WHERE id IN (SELECT a FROM b WHERE c IN (1, 2))", "WHERE id IN (SELECT a FROM b WHERE c IN (?))"),
        ("WHERE (a, b) IN ((1, 2), (3, 4))", "WHERE (a, b) IN ((?, ?), (?, ?))"),
        ("WHERE id IN (a, 1)", "WHERE id IN (a, ?)"),
        ("VALUES (1, 'a'), (2, 'b')", "VALUES (?, ?), (?, ?)"),
        ("f(1, 2)", "f(?, ?)"),
        ("  SELECT\t*\r\n  FROM  t  ", "SELECT * FROM t"),
        ("SELECT -- secret\n 1", "SELECT ?"),
        ("SELECT 1 -- secret", "SELECT ?"),
        ("SELECT/* secret 'x */a", "SELECT a"),
        ("SELECT /*+ INDEX(t i) */ a", "SELECT a"),
        ("/* secret", ""),
        ("SELECT a\0b", "SELECT a b"),
        ("SELECT größe FROM tabelle WHERE größe > 3", "SELECT größe FROM tabelle WHERE größe > ?"),
        ("", ""),
        ("'", "?"),
        ("1", "?"),
    ] {
        for system in SYSTEMS {
            assert_eq!(masked(system, statement), expected, "{system}: {statement}");
        }
    }
}

#[test]
fn dialects_differ_in_what_is_a_literal() {
    for (system, statement, expected) in [
        ("postgresql", r#"SELECT "a b" FROM "T" WHERE x = 'y'"#, r#"SELECT "a b" FROM "T" WHERE x = ?"#),
        ("h2database", r#"SELECT "a""b""#, r#"SELECT "a""b""#),
        ("oracle.db", r#"SELECT "a""#, r#"SELECT "a""#),
        ("ibm.db2", r#"SELECT "a""#, r#"SELECT "a""#),
        ("derby", r#"SELECT "a""#, r#"SELECT "a""#),
        ("hsqldb", r#"SELECT "a""#, r#"SELECT "a""#),
        ("sap.hana", r#"SELECT "a""#, r#"SELECT "a""#),
        ("clickhouse", r#"SELECT "a""#, r#"SELECT "a""#),
        ("mysql", r#"SELECT "a" FROM `t``s`"#, "SELECT ? FROM `t``s`"),
        ("mariadb", r#"SELECT "it\"s secret""#, "SELECT ?"),
        ("other_sql", r#"SELECT "a""#, "SELECT ?"),
        (
            "microsoft.sql_server",
            r#"SELECT [a 1], "b" FROM #tmp WHERE @p1 = 1"#,
            "SELECT [a 1], ? FROM #tmp WHERE @p1 = ?",
        ),
        ("postgresql", r#"SELECT "never ends"#, "SELECT ?"),
        ("microsoft.sql_server", "SELECT [never ends", "SELECT ?"),
        ("mysql", r"SELECT 'it\'s secret', 1", "SELECT ?, ?"),
        ("mysql", r"SELECT 'a\\', b", "SELECT ?, b"),
        ("postgresql", r"SELECT 'C:\', b, E'it\'s secret'", "SELECT ?, b, ?"),
        ("oracle.db", r"SELECT 'C:\', b", "SELECT ?, b"),
        ("other_sql", r"SELECT 'C:\', b, 'secret'", "SELECT ?"),
        ("other_sql", r"SELECT 'C:\x', b", "SELECT ?, b"),
        ("other_sql", r"SELECT 'C:\\', b", "SELECT ?, b"),
        ("oracle.db", "SELECT q'[it's secret]', q'!it's!', nq'(it's)' FROM dual", "SELECT ?, ?, ? FROM dual"),
        (
            "oracle.db",
            "SELECT v$session.sid, emp#1 FROM v$session",
            "SELECT v$session.sid, emp#1 FROM v$session",
        ),
        ("mysql", "SELECT a # it's a comment\n, b", "SELECT a , b"),
        ("mysql", "SELECT a#secret\n, 1", "SELECT a , ?"),
        ("mysql", "SELECT 5--1", "SELECT ?--?"),
        ("postgresql", "SELECT 5--1", "SELECT ?"),
        ("postgresql", "SELECT a[1:2]", "SELECT a[?:?]"),
        ("postgresql", "SELECT a#5, @-5, j #>> '{a}'", "SELECT a#?, @-?, j #>> ?"),
        ("postgresql", "SELECT /* a /* b */ 'c */ 1", "SELECT ?"),
        ("mysql", "SELECT /* a /* b */ 'c */ 1'", "SELECT ?"),
        ("postgresql", "SELECT U&'d\\0061t' , '1'::int", "SELECT ? , ?::int"),
        ("mysql", "SELECT _utf8'x', _utf8mb4 'y'", "SELECT ?, _utf8mb4 ?"),
    ] {
        assert_eq!(masked(system, statement), expected, "{system}: {statement}");
    }
}

#[test]
fn nothing_follows_what_announces_a_password() {
    for (statement, expected) in [
        ("CREATE USER bob IDENTIFIED BY tiger", "CREATE USER bob IDENTIFIED BY"),
        ("ALTER USER bob IDENTIFIED BY \"tiger\" REPLACE \"lion\"", "ALTER USER bob IDENTIFIED BY"),
        ("alter user bob password tiger", "alter user bob password"),
        ("CREATE ROLE bob LOGIN PASSWORD 'tiger'", "CREATE ROLE bob LOGIN PASSWORD"),
        ("SET PASSWORD tiger", "SET PASSWORD"),
        ("SELECT 1; ALTER USER bob PASSWORD tiger", "SELECT ?; ALTER USER bob PASSWORD"),
        ("CONNECT bob PASSWORD \"tiger\"", "CONNECT bob PASSWORD"),
        ("SELECT password FROM users WHERE password = 'x'", "SELECT password FROM users WHERE password = ?"),
        ("UPDATE users SET password = ?", "UPDATE users SET password = ?"),
        (
            "CREATE TABLE users (id INT, password VARCHAR(20))",
            "CREATE TABLE users (id INT, password VARCHAR(?))",
        ),
        ("SELECT a AS identified, b FROM t ORDER BY c", "SELECT a AS identified, b FROM t ORDER BY c"),
    ] {
        assert_eq!(masked("oracle.db", statement), expected, "{statement}");
    }
}

#[test]
fn an_endless_statement_is_cut_before_it_is_read() {
    let list = "(1, 'secret'), ".repeat(10_000);
    let text = masked("postgresql", &format!("INSERT INTO t VALUES {list}"));
    assert!(text.len() <= 32 * 1024 && text.starts_with("INSERT INTO t VALUES (?, ?), "));
    assert_eq!(masked("postgresql", &format!("SELECT '{}'", "é".repeat(40_000))), "SELECT ?");
}

#[test]
fn a_summary_names_operations_and_targets() {
    for (statement, expected) in [
        ("SELECT * FROM wuser_table WHERE username = ?", "SELECT wuser_table"),
        ("select * from t", "select t"),
        ("SELECT 1", "SELECT"),
        ("SELECT * FROM songs, artists WHERE a = b", "SELECT songs artists"),
        ("SELECT * FROM orders o JOIN customers c ON o.id = c.id", "SELECT orders customers"),
        ("SELECT * FROM a LEFT OUTER JOIN b USING (id) CROSS JOIN c", "SELECT a b c"),
        ("SELECT * FROM a JOIN b ON a.x = f(b.y, 1), c", "SELECT a b c"),
        ("SELECT * FROM (a JOIN b ON a.x = b.x) JOIN c ON 1 = 1", "SELECT a b c"),
        (
            "SELECT order_date FROM (SELECT * FROM orders o JOIN customers c ON o.id = c.id)",
            "SELECT SELECT orders customers",
        ),
        ("SELECT a FROM t WHERE id IN (SELECT b FROM u)", "SELECT t SELECT u"),
        ("SELECT (SELECT max(x) FROM u) FROM t", "SELECT SELECT u t"),
        ("SELECT a FROM t UNION ALL SELECT b FROM u ORDER BY a, b", "SELECT t SELECT u"),
        ("(SELECT a FROM t) UNION (SELECT b FROM u)", "SELECT t SELECT u"),
        ("SELECT EXTRACT(YEAR FROM d), TRIM(BOTH 'x' FROM e) FROM t", "SELECT t"),
        ("SELECT a FROM t WHERE a IS DISTINCT FROM b", "SELECT t"),
        ("SELECT * FROM t ORDER BY a, b FOR UPDATE", "SELECT t"),
        (
            "SELECT * FROM public.orders, \"My Schema\".\"My Table\"",
            "SELECT public.orders \"My Schema\".\"My Table\"",
        ),
        ("SELECT * FROM a . b", "SELECT a.b"),
        ("SELECT * FROM generate_series(1, 10) g, t", "SELECT t"),
        ("SELECT * FROM ONLY t, LATERAL (SELECT * FROM u) x", "SELECT t SELECT u"),
        ("SELECT * FROM (VALUES (1, 2), (3, 4)) v JOIN t ON 1 = 1", "SELECT t"),
        ("SELECT t.select, t.from FROM t", "SELECT t"),
        (
            "INSERT INTO shipping_details (order_id, address) SELECT order_id, address FROM orders WHERE id = ?",
            "INSERT shipping_details SELECT orders",
        ),
        ("INSERT INTO t VALUES (1, 2)", "INSERT t"),
        ("INSERT INTO t(a, b) VALUES (?, ?) ON CONFLICT DO UPDATE SET a = 1", "INSERT t"),
        ("INSERT IGNORE INTO t SET a = 1", "INSERT t"),
        ("REPLACE INTO t VALUES (1)", "REPLACE t"),
        ("UPDATE t SET a = REPLACE(a, 'x', 'y') WHERE b = 1", "UPDATE t"),
        ("UPDATE a, b SET a.x = b.x, a.y = b.y", "UPDATE a b"),
        ("UPDATE t SET a = (SELECT b FROM u) FROM v WHERE 1 = 1", "UPDATE t SELECT u v"),
        ("DELETE FROM t WHERE a = 1", "DELETE t"),
        ("DELETE t WHERE a = 1", "DELETE t"),
        ("DELETE o FROM orders o JOIN customers c ON 1 = 1", "DELETE orders customers"),
        ("DELETE TOP (10) FROM t", "DELETE t"),
        ("DELETE FROM t USING u, v WHERE 1 = 1", "DELETE t u v"),
        (
            "MERGE INTO t USING u ON (t.a = u.a) WHEN MATCHED THEN UPDATE SET a = 1 WHEN NOT MATCHED THEN INSERT VALUES (1)",
            "MERGE t u",
        ),
        ("MERGE INTO t USING (SELECT * FROM u) s ON (1 = 1)", "MERGE t SELECT u"),
        (
            "WITH recent AS (SELECT * FROM orders) SELECT * FROM recent JOIN users ON 1 = 1",
            "SELECT orders SELECT users",
        ),
        (
            "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t), u AS MATERIALIZED (SELECT * FROM x) SELECT * FROM t, u",
            "SELECT SELECT SELECT x SELECT",
        ),
        (
            "WITH gone AS (DELETE FROM t RETURNING *) INSERT INTO log SELECT * FROM gone",
            "DELETE t INSERT log SELECT",
        ),
        ("CREATE VIEW v WITH SCHEMABINDING AS SELECT a FROM t WITH (NOLOCK)", "CREATE VIEW v SELECT t"),
        ("CALL proc(1, 'x')", "CALL proc"),
        ("{call proc(?)}", "call proc"),
        ("{ ? = call schema.f(?, ?) }", "call schema.f"),
        ("EXEC @status = dbo.proc @a = 1", "EXEC dbo.proc"),
        ("EXECUTE IMMEDIATE 'DROP TABLE x'", "EXECUTE"),
        ("CREATE TABLE IF NOT EXISTS public.t (id INT PRIMARY KEY)", "CREATE TABLE public.t"),
        ("CREATE TABLE t AS SELECT * FROM u", "CREATE TABLE t SELECT u"),
        ("CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1", "CREATE VIEW v SELECT"),
        ("CREATE UNIQUE INDEX i ON t (a)", "CREATE INDEX i"),
        ("CREATE MATERIALIZED VIEW v AS SELECT a FROM t", "CREATE MATERIALIZED VIEW v SELECT t"),
        ("DROP TABLE IF EXISTS a, b CASCADE", "DROP TABLE a b"),
        ("ALTER TABLE t ADD COLUMN a INT", "ALTER TABLE t"),
        ("TRUNCATE TABLE t", "TRUNCATE TABLE t"),
        ("TRUNCATE t", "TRUNCATE t"),
        ("CREATE USER bob IDENTIFIED BY x", "CREATE USER"),
        ("EXPLAIN ANALYZE SELECT * FROM t", "EXPLAIN SELECT t"),
        ("BEGIN", "BEGIN"),
        ("COMMIT", "COMMIT"),
        ("SAVEPOINT sp_4711", "SAVEPOINT"),
        ("SET search_path TO tenant_17", "SET"),
        ("GRANT SELECT ON t TO bob", "GRANT"),
        ("UPDATE a SET x = 1; DELETE FROM b", "UPDATE a DELETE b"),
        ("/* c */ SELECT * FROM t -- x", "SELECT t"),
        ("SELECT * FROM t WHERE a = 'x FROM secret'", "SELECT t"),
        ("no sql at all", ""),
        ("", ""),
        ("((((", ""),
        ("))))SELECT * FROM t", "SELECT t"),
    ] {
        assert_eq!(analyse(statement, Dialect::of("h2database")).summary, expected, "{statement}");
    }
}

#[test]
fn a_target_that_may_be_a_string_stays_out() {
    for (system, statement, expected) in [
        ("mysql", "SELECT * FROM \"secret\", t", "SELECT t"),
        ("mysql", "SELECT * FROM `db`.`t`", "SELECT `db`.`t`"),
        ("microsoft.sql_server", "SELECT * FROM [dbo].[My Table], 'secret'", "SELECT [dbo].[My Table]"),
        ("microsoft.sql_server", "SELECT * FROM a CROSS APPLY f(a.x)", "SELECT a"),
        ("other_sql", "SELECT * FROM 'secret'", "SELECT"),
    ] {
        assert_eq!(analyse(statement, Dialect::of(system)).summary, expected, "{statement}");
    }
}

#[test]
fn a_long_summary_ends_after_a_whole_part() {
    let tables: Vec<String> = (0..100).map(|n| format!("table{n:02}")).collect();
    let summary = analyse(&format!("SELECT * FROM {}", tables.join(", ")), Dialect::UNKNOWN).summary;
    assert_eq!(summary.len(), "SELECT".len() + 31 * " table00".len());
    assert!(summary.ends_with(" table30"), "{summary}");
    let long = analyse(&format!("SELECT * FROM {}, b", "a".repeat(300)), Dialect::UNKNOWN).summary;
    assert_eq!(long, "SELECT");
}

#[test]
fn a_call_names_its_procedure() {
    for (statement, expected) in [
        ("{call get_customer(?)}", Some("get_customer")),
        ("{? = call s.f(?)}", Some("s.f")),
        ("EXEC dbo.p 1", Some("dbo.p")),
        ("CALL \"My Proc\"()", Some("\"My Proc\"")),
        ("SELECT f(1)", None),
        ("CALL", None),
    ] {
        assert_eq!(
            analyse(statement, Dialect::of("h2database")).procedure.as_deref(),
            expected,
            "{statement}"
        );
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    /// Words and marks that lead a lexer astray, none of them a literal.
    const PIECES: &[&str] = &[
        " ",
        "\n",
        "(",
        ")",
        ",",
        ";",
        ".",
        "=",
        "-",
        "+",
        "{",
        "}",
        "::",
        "SELECT",
        "FROM",
        "t",
        "WITH",
        "AS",
        "IN",
        "INSERT",
        "INTO",
        "DELETE",
        "JOIN",
        "USING",
        "CALL",
        "CREATE",
        "TABLE",
        "IDENTIFIED",
        "BY",
        "/* c */",
        "-- c\n",
        "é",
        "`q`",
        "?",
        "$1",
        "@v",
        "a$b",
    ];

    /// Literals that all hold the same digits, each written so that every dialect must mask it.
    fn literal() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("'zq73519'".to_owned()),
            Just("'it''s zq73519'".to_owned()),
            Just("'-- zq73519 /* \" $$ '".to_owned()),
            Just("N'zq73519'".to_owned()),
            Just("73519".to_owned()),
            Just("0x73519".to_owned()),
            Just("73519.5e-73519".to_owned()),
            Just("$$zq73519 ' \" $$".to_owned()),
            Just("$tag$zq73519 $$ ' $tag$".to_owned()),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn no_literal_is_ever_seen_again(
            parts in prop::collection::vec(prop_oneof![prop::sample::select(PIECES).prop_map(str::to_owned), literal()], 0..40),
            unterminated in prop::option::of(prop::sample::select(vec!["'zq73519", "$$zq73519", "/* zq73519", "-- zq73519"])),
        ) {
            let mut statement = parts.join(" ");
            if let Some(tail) = unterminated {
                statement.push(' ');
                statement.push_str(tail);
            }
            for system in SYSTEMS {
                let found = analyse(&statement, Dialect::of(system));
                for text in [&found.text, &found.summary] {
                    prop_assert!(!text.contains("73519"), "{system}: {statement:?} -> {text:?}");
                }
            }
        }

        #[test]
        fn any_text_is_read_to_its_end_within_bounds(statement in "(?s).{0,200}") {
            for system in SYSTEMS {
                let found = analyse(&statement, Dialect::of(system));
                prop_assert!(found.text.len() <= statement.len());
                prop_assert!(found.summary.chars().count() <= 255);
            }
        }

        #[test]
        fn masking_what_is_masked_changes_nothing(parts in prop::collection::vec(prop::sample::select(PIECES), 0..20)) {
            let once = analyse(&parts.join(" "), Dialect::of("postgresql"));
            let twice = analyse(&once.text, Dialect::of("postgresql"));
            prop_assert_eq!(once.text, twice.text);
        }
    }
}
