package java.lang;

/** What the bridge uses of it, and what JDK 11 to 25 keep of that to its own package; never shipped. */
public class ThreadLocal<T> {
    public ThreadLocal() {}

    public native T get();

    public native void set(T value);

    /** The values of one thread, or null when it has none yet. */
    native ThreadLocalMap getMap(Thread thread);

    /** Gives a thread its first value. */
    native void createMap(Thread thread, T firstValue);

    static class ThreadLocalMap {}
}
