package java.sql;

import java.nio.charset.StandardCharsets;

/**
 * CLIENT spans of JDBC statements. Only what a driver's own connection made is traced: a pool's proxies are not in the
 * notes, so a query through a pool is one span. Lives in module java.sql, which every driver sees.
 */
public final class OtelrsGlue {
    private OtelrsGlue() {}

    /** A text and its bytes. */
    private static final class Encoded {
        final String text;
        final byte[] bytes;

        Encoded(String text) {
            this.text = text;
            this.bytes = text.getBytes(StandardCharsets.UTF_8);
        }
    }

    /**
     * What is noted of a connection. An application has few statements and sends each many times, as the same object: the bytes
     * of the last ones are kept.
     */
    private static final class Source {
        private static final int KEPT = 16;
        /** A longer text is mostly made for one execution. */
        private static final int MAX_LENGTH = 1024;

        final byte[] url;
        private final Encoded[] kept = new Encoded[KEPT];

        Source(String url) {
            this.url = url.getBytes(StandardCharsets.UTF_8);
        }

        /** Of threads that come at once each finds a whole one, or makes it. */
        void put(OtelrsSlot slot, String sql) {
            int length = sql.length();
            if (length > MAX_LENGTH) {
                slot.put(OtelrsKeys.SQL, sql);
                return;
            }
            Encoded found = kept[length % KEPT];
            if (found == null || found.text != sql) {
                found = new Encoded(sql);
                kept[length % KEPT] = found;
            }
            slot.put(OtelrsKeys.SQL, found.bytes, 0, found.bytes.length);
        }
    }

    /** What is noted of a statement. It must not refer to the statement. */
    private static final class Text {
        final Source source;
        final String sql;
        final boolean callable;
        /** Statements of Statement.addBatch, or null. */
        String[] batch;
        int batchSize;

        Text(Source source, String sql, boolean callable) {
            this.source = source;
            this.sql = sql;
            this.callable = callable;
        }

        void clear() {
            batch = null;
            batchSize = 0;
        }
    }

    private static final int MAX_BATCH_TEXTS = 64;

    /** Driver.connect, exit. */
    public static void connected(Object driver, String url, Object connection) {
        if (driver instanceof Driver && connection instanceof Connection && url != null) {
            OtelrsBridge.note(connection, new Source(url));
        }
    }

    /** Connection.createStatement, exit. */
    public static void created(Object connection, Object statement) {
        prepared(connection, statement, null);
    }

    /** Connection.prepareStatement, exit. */
    public static void prepared(Object connection, Object statement, String sql) {
        noteStatement(connection, statement, sql, false);
    }

    /** Connection.prepareCall, exit. */
    public static void preparedCall(Object connection, Object statement, String sql) {
        noteStatement(connection, statement, sql, true);
    }

    private static void noteStatement(Object connection, Object statement, String sql, boolean callable) {
        if (!OtelrsBridge.active() || !(connection instanceof Connection) || !(statement instanceof Statement)) {
            return;
        }
        Source source = source((Connection) connection);
        if (source != null) {
            // The overloads call one another: the innermost comes first, and knows.
            OtelrsBridge.noteFirst(statement, new Text(source, sql, callable));
        }
    }

    private static Source source(Connection connection) {
        Object note = OtelrsBridge.note(connection);
        if (note instanceof Source) {
            return (Source) note;
        }
        String driver = connection.getClass().getName();
        // Made by a DataSource, or before the agent came. These two answer from memory; others may ask the server.
        if (!driver.equals("org.h2.jdbc.JdbcConnection") && !driver.equals("org.postgresql.jdbc.PgConnection")) {
            return null;
        }
        try {
            String url = connection.getMetaData().getURL();
            if (url == null) {
                return null;
            }
            Source source = new Source(url);
            OtelrsBridge.note(connection, source);
            return source;
        } catch (SQLException e) {
            return null;
        }
    }

    /** Statement.execute*(String ...), entry. */
    public static OtelrsContext enter(Object statement, String sql) {
        if (!OtelrsBridge.active()) {
            return null;
        }
        Object note = OtelrsBridge.note(statement);
        if (!(note instanceof Text)) {
            return null;
        }
        OtelrsSlot slot = OtelrsBridge.slot();
        OtelrsContext current = slot.current();
        if (current != null && current.site() == OtelrsKeys.SITE_JDBC) {
            // A driver built on another, or a method that calls its own overload.
            return null;
        }
        OtelrsContext context = OtelrsBridge.open(OtelrsKeys.SITE_JDBC, slot);
        if (context != null) {
            context.kept = note;
            context.alsoKept = sql;
        }
        return context;
    }

    /** PreparedStatement.execute*(), entry. */
    public static OtelrsContext enterPrepared(Object statement) {
        return enter(statement, null);
    }

    /** Statement.executeBatch, entry. */
    public static OtelrsContext enterBatch(Object statement) {
        OtelrsContext context = enter(statement, null);
        if (context != null) {
            Text text = (Text) context.kept;
            // The statement may batch anew before this span has been marshalled.
            Batch batch = new Batch(text.batch, text.batchSize);
            text.clear();
            context.alsoKept = batch;
        }
        return context;
    }

    private static final class Batch {
        final String[] texts;
        final int size;

        Batch(String[] texts, int size) {
            this.texts = texts;
            this.size = size;
        }
    }

    /** Statement.addBatch(String), entry. */
    public static void addBatch(Object statement, String sql) {
        Object note = OtelrsBridge.note(statement);
        if (!(note instanceof Text)) {
            return;
        }
        Text text = (Text) note;
        int distinct = text.batch == null ? 0 : text.batch.length;
        text.batchSize++;
        if (sql == null || distinct >= MAX_BATCH_TEXTS || distinct > 0 && sql.equals(text.batch[distinct - 1])) {
            return;
        }
        String[] grown = new String[distinct + 1];
        if (distinct > 0) {
            System.arraycopy(text.batch, 0, grown, 0, distinct);
        }
        grown[distinct] = sql;
        text.batch = grown;
    }

    /** PreparedStatement.addBatch(), entry. */
    public static void addBatchPrepared(Object statement) {
        addBatch(statement, null);
    }

    /** Statement.clearBatch, entry. */
    public static void clearBatch(Object statement) {
        Object note = OtelrsBridge.note(statement);
        if (note instanceof Text) {
            ((Text) note).clear();
        }
    }

    /** Statement.close, entry: its note need not wait for a collection of the heap. */
    public static void closed(Object statement) {
        if (OtelrsBridge.active()) {
            OtelrsBridge.forget(statement);
        }
    }

    /** Every execute, exit. */
    public static void exit(Object token, Throwable thrown) {
        if (!(token instanceof OtelrsContext)) {
            return;
        }
        OtelrsContext context = (OtelrsContext) token;
        OtelrsSlot slot = OtelrsBridge.slot();
        OtelrsBridge.leave(context, slot);
        if (!OtelrsBridge.begin(slot, context)) {
            return;
        }
        Text text = (Text) context.kept;
        byte[] url = text.source.url;
        slot.put(OtelrsKeys.JDBC_URL, url, 0, url.length);
        if (text.sql != null) {
            slot.put(OtelrsKeys.PREPARED, 1);
        }
        if (text.callable) {
            slot.put(OtelrsKeys.CALLABLE, 1);
        }
        if (context.alsoKept instanceof Batch) {
            putBatch(slot, text, (Batch) context.alsoKept);
        } else {
            String sql = context.alsoKept != null ? (String) context.alsoKept : text.sql;
            if (sql != null) {
                text.source.put(slot, sql);
            }
        }
        if (thrown != null) {
            if (thrown instanceof SQLException) {
                slot.put(OtelrsKeys.SQL_STATE, ((SQLException) thrown).getSQLState());
                slot.put(OtelrsKeys.SQL_ERROR_CODE, ((SQLException) thrown).getErrorCode());
            }
            OtelrsBridge.putThrowable(slot, thrown);
        }
        OtelrsBridge.record(context, slot);
    }

    private static void putBatch(OtelrsSlot slot, Text text, Batch batch) {
        slot.put(OtelrsKeys.BATCH_SIZE, batch.size);
        if (text.sql != null) {
            slot.put(OtelrsKeys.SQL, text.sql);
        } else if (batch.texts != null) {
            for (String sql : batch.texts) {
                slot.put(OtelrsKeys.SQL, sql);
            }
        }
    }
}
