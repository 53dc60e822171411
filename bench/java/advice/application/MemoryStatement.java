package advice.application;

import java.sql.Connection;
import java.sql.ResultSet;

/** Counts its executions. With a {@link Runnable} as its parameter it is the statement of a driver that is built on another. */
public class MemoryStatement extends UnsupportedPreparedStatement {
    private final Connection connection;
    private Runnable inner;
    private long executions;

    MemoryStatement(Connection connection) {
        this.connection = connection;
    }

    @Override
    public ResultSet executeQuery() {
        executions++;
        if (inner != null) {
            inner.run();
        }
        return null;
    }

    @Override
    public void setObject(int index, Object value) {
        inner = (Runnable) value;
    }

    @Override
    public int getUpdateCount() {
        return (int) executions;
    }

    @Override
    public Connection getConnection() {
        return connection;
    }

    @Override
    public void close() {}

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return false;
    }
}
