// A compile-time stand-in: only the members that the glue names. The application brings the real class.
package org.apache.catalina.core;

import org.apache.catalina.Wrapper;

public abstract class StandardWrapper implements Wrapper {}
