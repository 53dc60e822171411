// A compile-time stand-in: only the members that the glue names. The application brings the real class.
package org.eclipse.jetty.io;

import java.io.EOFException;

@SuppressWarnings("serial")
public class EofException extends EOFException {}
