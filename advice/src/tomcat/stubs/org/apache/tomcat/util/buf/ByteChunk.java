// A compile-time stand-in: only the members that the glue names. The application brings the real class.
package org.apache.tomcat.util.buf;

public abstract class ByteChunk extends AbstractChunk {
    public abstract byte[] getBuffer();
}
