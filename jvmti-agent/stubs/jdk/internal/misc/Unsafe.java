package jdk.internal.misc;

/** Stand-in for what JDK 9 brought, open to all of its own module: no shipped class, only a name to compile against. */
public final class Unsafe {
    private Unsafe() {}

    /** Stand-in. */
    public static native Unsafe getUnsafe();

    /** Stand-in. */
    public native long getLong(Object of, long offset);
}
