package advice;

import java.lang.reflect.Field;

/**
 * Switches the advice of otelrs off and on in a running JVM, as otelrs does itself when it gives up: what is in the classes
 * stays, and returns at once. Two JVMs that run the same program differ by more than advice costs, one and the same less.
 */
final class AdviceSwitch {
    /** Null until the bridge is defined, and for ever where there is none. */
    private Field active;

    /** Switches; false where there is no otelrs whose advice could be switched. */
    boolean set(boolean on) throws ReflectiveOperationException {
        if (active == null) {
            active = find();
        }
        if (active != null) {
            active.setBoolean(null, on);
        }
        return active != null;
    }

    private static Field find() throws NoSuchFieldException {
        try {
            Field field = Class.forName("java.lang.OtelrsBridge", false, null).getDeclaredField("active");
            field.setAccessible(true);
            return field;
        } catch (ClassNotFoundException absent) {
            return null;
        }
    }
}
