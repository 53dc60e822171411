package java.lang;

/** Advice for every method there is: it calls nothing and allocates nothing, so it can be called from anywhere. */
public final class OtelrsProbe {
    private static final Object TOKEN = new Object();

    private OtelrsProbe() {}

    public static Object enter(Object first, Object second, Object last) {
        return TOKEN;
    }

    public static void exit(Object token, Object self, Object first, Object last, Object returned, Throwable thrown) {}

    public static Object replace(
            Object token, Object self, Object first, Object last, Object returned, Throwable thrown) {
        return returned;
    }
}
