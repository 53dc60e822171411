package advice.application;

import java.sql.Connection;
import java.util.Properties;

/** A JDBC driver whose database costs nothing: what is measured is what surrounds its calls. */
public class MemoryDriver extends UnsupportedDriver {
    @Override
    public Connection connect(String url, Properties properties) {
        return new MemoryConnection();
    }
}
