package java.sql;

/**
 * CLIENT spans of JDBC statements. Only what a driver's own connection made is traced: a pool's proxies are not in the
 * notes, so a query through a pool is one span. Lives in module java.sql, which every driver sees.
 */
public final class OtelrsGlue {
    private OtelrsGlue() {}

    /** What is noted of a statement. It must not refer to the statement. */
    private static final class Text {
        final String url;
        final String sql;
        final boolean callable;
        /** Statements of Statement.addBatch, or null. */
        String[] batch;
        int batchSize;

        Text(String url, String sql, boolean callable) {
            this.url = url;
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
            OtelrsBridge.note(connection, url);
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
        if (!(connection instanceof Connection) || !(statement instanceof Statement)) {
            return;
        }
        String url = url((Connection) connection);
        // The overloads call one another: the innermost has noted it already.
        if (url != null && !(OtelrsBridge.note(statement) instanceof Text)) {
            OtelrsBridge.note(statement, new Text(url, sql, callable));
        }
    }

    private static String url(Connection connection) {
        Object note = OtelrsBridge.note(connection);
        if (note instanceof String) {
            return (String) note;
        }
        String driver = connection.getClass().getName();
        // Made by a DataSource, or before the agent came. These two answer from memory; others may ask the server.
        if (!driver.equals("org.h2.jdbc.JdbcConnection") && !driver.equals("org.postgresql.jdbc.PgConnection")) {
            return null;
        }
        try {
            String url = connection.getMetaData().getURL();
            OtelrsBridge.note(connection, url);
            return url;
        } catch (SQLException e) {
            return null;
        }
    }

    /** Statement.execute*(String ...), entry. */
    public static OtelrsContext enter(Object statement, String sql) {
        Object note = OtelrsBridge.note(statement);
        if (!(note instanceof Text)) {
            return null;
        }
        OtelrsContext current = OtelrsBridge.current();
        if (current != null && current.site() == OtelrsKeys.SITE_JDBC) {
            // A driver built on another, or a method that calls its own overload.
            return null;
        }
        OtelrsContext context = OtelrsBridge.open(OtelrsKeys.SITE_JDBC);
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
        OtelrsBridge.forget(statement);
    }

    /** Every execute, exit. */
    public static void exit(Object token, Throwable thrown) {
        if (!(token instanceof OtelrsContext)) {
            return;
        }
        OtelrsContext context = (OtelrsContext) token;
        OtelrsBridge.leave(context);
        OtelrsSlot slot = OtelrsBridge.payloadOf(context);
        if (slot == null) {
            return;
        }
        Text text = (Text) context.kept;
        slot.put(OtelrsKeys.JDBC_URL, text.url);
        if (text.sql != null) {
            slot.put(OtelrsKeys.PREPARED, 1);
        }
        if (text.callable) {
            slot.put(OtelrsKeys.CALLABLE, 1);
        }
        if (context.alsoKept instanceof Batch) {
            putBatch(slot, text, (Batch) context.alsoKept);
        } else {
            slot.put(OtelrsKeys.SQL, context.alsoKept != null ? (String) context.alsoKept : text.sql);
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
