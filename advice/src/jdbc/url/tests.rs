use super::Database;

#[test]
fn urls_of_every_product() {
    for (url, expected) in [
        ("jdbc:postgresql://db.example:5433/shop", "postgresql shop db.example 5433"),
        ("jdbc:postgresql://db.example/shop?user=bob&password=s3cret", "postgresql shop db.example 5432"),
        ("jdbc:postgresql://h1:1111,h2:2222/shop?targetServerType=primary", "postgresql shop h1 1111"),
        ("jdbc:postgresql:shop", "postgresql shop localhost 5432"),
        ("jdbc:postgresql:///shop", "postgresql shop localhost 5432"),
        ("jdbc:postgresql://[::1]:5433/shop", "postgresql shop ::1 5433"),
        ("jdbc:postgresql://[::1]/shop", "postgresql shop ::1 5432"),
        ("jdbc:postgresql://h/shop?currentSchema=private", "postgresql shop h 5432"),
        ("jdbc:postgresql://h/", "postgresql - h 5432"),
        ("jdbc:postgresql://h", "postgresql - h 5432"),
        ("JDBC:PostgreSQL://h/shop", "postgresql shop h 5432"),
        ("jdbc:mysql://db.example/shop?useSSL=false", "mysql shop db.example 3306"),
        ("jdbc:mysql://bob:s3cret@db.example:3307/shop", "mysql shop db.example 3307"),
        ("jdbc:mysql://bob:s/3@c?r@db.example/shop", "mysql - - -"),
        ("jdbc:mysql://bob:s3:?=@db.example/shop", "mysql - - -"),
        ("jdbc:mysql://bob:77?x=@db.example/shop", "mysql - - -"),
        ("jdbc:mysql://h/shop?user=bob@corp", "mysql shop h 3306"),
        ("jdbc:mysql://bob:s/3@cr@db.example/shop", "mysql shop db.example 3306"),
        ("jdbc:mysql:replication://h1,h2:3307/shop", "mysql shop h1 3306"),
        ("jdbc:mysql:loadbalance://h1:1,h2:2/shop", "mysql shop h1 1"),
        ("jdbc:mysql:aws://h1/shop", "mysql shop h1 3306"),
        ("jdbc:mysql://address=(host=h1)(port=3310)(user=bob),address=(host=h2)/shop", "mysql shop h1 3310"),
        ("jdbc:mysql://(host=h1,port=3310,password=s3cret)/shop", "mysql shop h1 3310"),
        ("jdbc:mysql:///shop", "mysql shop localhost 3306"),
        ("jdbc:mariadb://h:3306/shop", "mariadb shop h 3306"),
        ("jdbc:mariadb:sequential://h1,h2/shop", "mariadb shop h1 3306"),
        ("jdbc:h2:mem:testdb", "h2database testdb - -"),
        ("jdbc:h2:mem:testdb;DB_CLOSE_DELAY=-1;USER=sa;PASSWORD=s3cret", "h2database testdb - -"),
        ("jdbc:h2:mem:", "h2database - - -"),
        ("jdbc:h2:file:/home/bob/data/shop;IFEXISTS=TRUE", "h2database shop - -"),
        ("jdbc:h2:~/shop", "h2database shop - -"),
        ("jdbc:h2:./data/shop", "h2database shop - -"),
        ("jdbc:h2:C:\\data\\shop", "h2database shop - -"),
        ("jdbc:h2:tcp://h:9093/~/shop", "h2database shop h 9093"),
        ("jdbc:h2:tcp://h/mem:shop", "h2database shop h 9092"),
        ("jdbc:h2:ssl://h/shop;PASSWORD=s3cret", "h2database shop h 9092"),
        ("jdbc:h2:zip:~/db.zip!/shop", "h2database shop - -"),
        ("jdbc:h2:file:///data/shop", "h2database shop - -"),
        ("jdbc:hsqldb:mem:shop", "hsqldb shop - -"),
        ("jdbc:hsqldb:file:/data/shop;shutdown=true", "hsqldb shop - -"),
        ("jdbc:hsqldb:hsql://h:9002/shop", "hsqldb shop h 9002"),
        ("jdbc:hsqldb:hsql://h/shop;user=sa", "hsqldb shop h 9001"),
        ("jdbc:hsqldb:https://h/shop", "hsqldb shop h 443"),
        ("jdbc:derby:memory:shop;create=true", "derby shop - -"),
        ("jdbc:derby:directory:data/shop", "derby shop - -"),
        ("jdbc:derby:jar:(C:/x.jar)data/shop", "derby shop - -"),
        ("jdbc:derby://h:1528/shop;user=bob;password=s3cret", "derby shop h 1528"),
        ("jdbc:sqlite:/data/shop.db", "sqlite shop.db - -"),
        ("jdbc:sqlite::memory:", "sqlite - - -"),
        ("jdbc:oracle:thin:@h:1522:ORCL", "oracle.db ORCL h 1522"),
        ("jdbc:oracle:thin:@h:1522/svc", "oracle.db svc h 1522"),
        ("jdbc:oracle:thin:@//h/svc", "oracle.db svc h 1521"),
        ("jdbc:oracle:thin:@//h:1522/svc:pooled", "oracle.db svc h 1522"),
        ("jdbc:oracle:thin:bob/s3cret@//h:1522/svc", "oracle.db svc h 1522"),
        ("jdbc:oracle:thin:bob/s3@cret@h:1522:ORCL", "oracle.db ORCL h 1522"),
        ("jdbc:oracle:thin:@tcps://h:2484/svc?wallet_location=/x", "oracle.db svc h 2484"),
        (
            "jdbc:oracle:thin:@(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST=h)(PORT=1522))(CONNECT_DATA=(SERVICE_NAME=svc)))",
            "oracle.db svc h 1522",
        ),
        (
            "jdbc:oracle:thin:bob/s3cret@( description = (address=(host = h)) (connect_data = (sid = ORCL)))",
            "oracle.db ORCL h 1521",
        ),
        ("jdbc:oracle:thin:@prod_alias?TNS_ADMIN=/x", "oracle.db prod_alias - -"),
        ("jdbc:oracle:oci8:@prod_alias", "oracle.db prod_alias - -"),
        ("jdbc:oracle:thin:@ldap://h:389/x,cn=y", "oracle.db - - -"),
        ("jdbc:oracle:thin:bob/s3cret", "oracle.db - - -"),
        (
            "jdbc:sqlserver://h:1434;databaseName=shop;user=bob;password={s3;cret}",
            "microsoft.sql_server shop h 1434",
        ),
        ("jdbc:sqlserver://h\\inst;databaseName=shop", "microsoft.sql_server inst|shop h -"),
        ("jdbc:sqlserver://h\\inst:1435;database=shop", "microsoft.sql_server inst|shop h 1435"),
        ("jdbc:sqlserver://h;instanceName=inst", "microsoft.sql_server inst h -"),
        (
            "jdbc:sqlserver://;serverName=h;portNumber=1436;databaseName={shop}",
            "microsoft.sql_server shop h 1436",
        ),
        ("jdbc:microsoft:sqlserver://h;DatabaseName=shop", "microsoft.sql_server shop h 1433"),
        ("jdbc:jtds:sqlserver://h:1437/shop;instance=inst", "microsoft.sql_server inst|shop h 1437"),
        ("jdbc:jtds:sybase://h:5000/shop", "sybase shop h 5000"),
        ("jdbc:sybase:Tds:h:5000/shop?x=y", "sybase shop h 5000"),
        ("jdbc:db2://h:50001/shop:user=bob;password=s3cret;", "ibm.db2 shop h 50001"),
        ("jdbc:db2:shop", "ibm.db2 shop - -"),
        ("jdbc:as400://h/shop;naming=sql", "ibm.db2 shop h -"),
        ("jdbc:sap://h:30015/?databaseName=shop&user=bob", "sap.hana shop h 30015"),
        ("jdbc:sapdb://h/shop", "sap.maxdb shop h 7210"),
        ("jdbc:clickhouse://h:8124/shop", "clickhouse shop h 8124"),
        ("jdbc:ch:https://bob:s3cret@h/?database=shop", "clickhouse shop h 8123"),
        (
            "jdbc:redshift://c.eu.redshift.amazonaws.com:5439/shop",
            "aws.redshift shop c.eu.redshift.amazonaws.com 5439",
        ),
        ("jdbc:redshift:iam://cluster:eu-west-1/shop", "aws.redshift - - -"),
        ("jdbc:cassandra://h1--h2:9042/shop?localdatacenter=x", "cassandra shop h1 9042"),
        (
            "jdbc:snowflake://acct.snowflakecomputing.com/?db=shop&schema=public",
            "snowflake shop|public acct.snowflakecomputing.com 443",
        ),
        ("jdbc:trino://h:8081/hive/default", "trino hive|default h 8081"),
        ("jdbc:hive2://h/default;ssl=true", "hive default h 10000"),
        ("jdbc:informix-sqli://h:9089/shop:INFORMIXSERVER=x;user=bob", "ibm.informix shop h 9089"),
        ("jdbc:firebirdsql://h:3051/C:/data/shop.fdb", "firebirdsql shop.fdb h 3051"),
        ("jdbc:teradata://h/DATABASE=shop,DBS_PORT=1026", "teradata - h 1025"),
        ("jdbc:netezza://h/shop", "ibm.netezza shop h 5480"),
        ("jdbc:tracing:postgresql://h/shop", "postgresql shop h 5432"),
        ("jdbc:aws-wrapper:postgresql://h/shop", "postgresql shop h 5432"),
        ("jdbc-secretsmanager:mysql://h/shop", "mysql shop h 3306"),
        ("jdbc:p6spy:jdbc:mysql://h/shop", "mysql shop h 3306"),
        ("jdbc:tc:postgresql:15.2:///shop?TC_X=y", "postgresql shop - -"),
        ("jdbc:mystery://bob:s3cret@h:7000/shop?x=y", "other_sql shop h 7000"),
        ("jdbc:mystery:whatever", "other_sql whatever - -"),
        ("jdbc:", "other_sql - - -"),
        ("not a url bob:s3cret", "other_sql - - -"),
        ("", "other_sql - - -"),
    ] {
        let found = Database::of_url(url);
        let shown = format!(
            "{} {} {} {}",
            found.system,
            found.namespace.as_deref().unwrap_or("-"),
            found.host.as_deref().unwrap_or("-"),
            found.port.map_or("-".to_owned(), |port| port.to_string()),
        );
        assert_eq!(shown, expected, "{url}");
    }
}

#[test]
fn a_products_name_tells_its_system() {
    for (name, system) in [
        ("PostgreSQL", "postgresql"),
        ("Microsoft SQL Server", "microsoft.sql_server"),
        ("DB2/LINUXX8664", "ibm.db2"),
        ("Oracle", "oracle.db"),
        ("H2", "h2database"),
        ("", "other_sql"),
    ] {
        assert_eq!(Database::of_product_name(name).system, system, "{name}");
    }
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_gives_a_database(url in "(?s)(jdbc:)?(postgresql|mysql|h2|oracle:thin|sqlserver|sap|tc)?[:/@;?(\\\\]{0,4}.{0,80}") {
            Database::of_url(&url);
        }

        #[test]
        fn user_and_password_never_leave(
            product in prop::sample::select(vec!["postgresql", "mysql", "mariadb", "clickhouse", "mystery", "db2", "sap"]),
            password in "[a-zA-Z0-9/:@#%!$,&=+~?;-]{0,12}",
        ) {
            let found = Database::of_url(&format!("jdbc:{product}://zquser:zq{password}@db.example:77/shop"));
            prop_assert_eq!(found.host.as_deref().unwrap_or("db.example"), "db.example");
            prop_assert_eq!(found.namespace.as_deref().unwrap_or("shop"), "shop");
        }
    }
}
