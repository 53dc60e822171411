package advice.application;

import java.sql.PreparedStatement;

/** Makes statements. */
public class MemoryConnection extends UnsupportedConnection {
    @Override
    public PreparedStatement prepareStatement(String sql) {
        return new MemoryStatement(this);
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return false;
    }
}
