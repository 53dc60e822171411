//! The words that masking and summary depend on, as numbers: one comparison each, whatever their case.

/// A word of at most 16 bytes in upper case as a number; 0 for longer ones, which are no keywords.
///
/// Clearing bit 5 folds the case of ASCII letters and lets no other byte of an identifier become a letter.
pub(super) const fn key(word: &str) -> u128 {
    let bytes = word.as_bytes();
    if bytes.len() > 16 {
        return 0;
    }
    let mut key = 0;
    let mut at = 0;
    while at < bytes.len() {
        key = (key << 8) | (bytes[at] & 0xdf) as u128;
        at += 1;
    }
    key
}

macro_rules! words {
    ($($word:ident)*) => {
        $(#[doc = stringify!($word)] pub(super) const $word: u128 = key(stringify!($word));)*
    };
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident: $($word:ident)*;)*) => {
        $($(#[$doc])* pub(super) const $name: &[u128] = &[$(key(stringify!($word))),*];)*
    };
}

words! {
    SELECT FROM JOIN STRAIGHT_JOIN APPLY USING WITH WHERE GROUP ORDER HAVING LIMIT OFFSET FETCH
    WINDOW FOR UNION INTERSECT EXCEPT MINUS SET VALUES RETURNING CONNECT QUALIFY PREWHERE WHEN INTO
    INSERT REPLACE UPSERT UPDATE DELETE MERGE CALL EXEC EXECUTE CREATE ALTER DROP TRUNCATE EXPLAIN
    RECURSIVE AS NOT MATERIALIZED DISTINCT IN IDENTIFIED BY PASSWORD TABLE VIEW INDEX
}

lists! {
    /// Statements whose target tells nothing or too much: the first word is the summary.
    BARE:
        ANALYZE BEGIN CHECKPOINT CLOSE COMMENT COMMIT COPY DEALLOCATE DECLARE DESC DESCRIBE DISCARD
        DO END FETCH FLUSH GRANT HANDLER KILL LISTEN LOAD LOCK NOTIFY OPTIMIZE PRAGMA PREPARE
        REFRESH REINDEX RELEASE RENAME RESET REVOKE ROLLBACK SAVEPOINT SCRIPT SET SHOW SHUTDOWN
        START UNLISTEN UNLOCK USE VACUUM XA CONNECT DISCONNECT PURGE BACKUP RESTORE VALUES TABLE;
    /// Words between CREATE, ALTER, DROP and the kind of the object.
    BEFORE_KIND:
        OR REPLACE ALTER TEMP TEMPORARY GLOBAL LOCAL UNIQUE UNLOGGED EXTERNAL VIRTUAL MEMORY CACHED
        PRIVATE PUBLIC FORCE EDITIONABLE NONEDITIONABLE CONCURRENTLY FULLTEXT SPATIAL BITMAP
        CLUSTERED NONCLUSTERED COLUMNSTORE RECURSIVE MATERIALIZED FOREIGN CONSTRAINT COLUMN ROW
        IGNORE;
    /// Kinds of objects whose name is a target.
    KINDS:
        TABLE VIEW INDEX SEQUENCE SCHEMA DATABASE FUNCTION PROCEDURE PROC TRIGGER TYPE DOMAIN
        EXTENSION TABLESPACE SYNONYM ALIAS AGGREGATE KEYSPACE PACKAGE EVENT;
    /// Words between an operation or a kind and its target.
    BEFORE_TARGET:
        INTO FROM ONLY IGNORE LOW_PRIORITY HIGH_PRIORITY DELAYED QUICK OVERWRITE TABLE IF NOT EXISTS
        CONCURRENTLY OR REPLACE ROLLBACK ABORT FAIL PROCEDURE IMMEDIATE TOP ON;
    /// Kinds of objects whose name tells too much: it may be a person's.
    KINDS_UNNAMED:
        USER ROLE LOGIN SERVER POLICY SUBSCRIPTION PUBLICATION;
    /// The first words of statements in which PASSWORD is a column like any other.
    DATA_STATEMENTS:
        SELECT INSERT UPDATE DELETE MERGE REPLACE WITH VALUES CALL EXPLAIN;
    /// The first words of a statement between parentheses.
    SUBQUERIES:
        SELECT WITH INSERT UPDATE DELETE MERGE;
    /// Words between EXPLAIN and what it explains.
    AFTER_EXPLAIN:
        ANALYZE VERBOSE PLAN FOR EXTENDED;
    /// Words between two statements in parentheses, and the end of a block.
    BETWEEN_STATEMENTS:
        END UNION INTERSECT EXCEPT MINUS ALL DISTINCT;
    /// Words between FROM or JOIN and a table.
    BEFORE_TABLE:
        ONLY LATERAL TABLE OUTER APPLY;
}

#[cfg(test)]
mod tests {
    use super::{SELECT, key};

    #[test]
    fn case_is_folded_and_nothing_else() {
        for (word, same) in [
            ("select", true),
            ("SeLeCt", true),
            ("selects", false),
            ("elect", false),
            ("s\u{c5}lect", false),
            ("", false),
            ("a_word_of_seventeen", false),
        ] {
            assert_eq!(key(word) == SELECT, same, "{word}");
        }
        assert_ne!(key("a$b"), key("adb"));
        assert_eq!(key("a_word_of_seventeen"), 0);
    }
}
