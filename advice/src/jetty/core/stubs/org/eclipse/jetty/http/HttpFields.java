// A compile-time stand-in: only the members that the glue names. The application brings the real class.
package org.eclipse.jetty.http;

public interface HttpFields {
    int size();

    HttpField getField(int index);
}
