// A compile-time stand-in: only the members that the glue names. The application brings the real class.
package org.apache.tomcat.util.buf;

public abstract class MessageBytes {
    public static final int T_BYTES = 2;

    public abstract boolean isNull();

    public abstract int getType();

    public abstract int getLength();

    public abstract ByteChunk getByteChunk();

    public abstract boolean equalsIgnoreCase(String other);
}
