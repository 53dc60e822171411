package java.lang;

import java.lang.reflect.Method;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Methods of the application that rules name, called by reflection: what a class of a carrier or a value is shows only when
 * there is one, and a rule says neither whether it is an interface nor where the method is declared.
 */
final class OtelrsAccess {
    private static final int MAX_TEXT = 8 * 1024;
    private static final Class<?>[] NONE = {};

    /** Of each class: by name and descriptor the method, or ABSENT. Collected with the class. */
    private static final ClassValue<ConcurrentHashMap<String, Object>> METHODS =
            new ClassValue<ConcurrentHashMap<String, Object>>() {
                @Override
                protected ConcurrentHashMap<String, Object> computeValue(Class<?> type) {
                    return new ConcurrentHashMap<String, Object>();
                }
            };

    private static final Object ABSENT = new Object();

    private OtelrsAccess() {}

    /** Calls getters, parted by blanks, one after another; null as soon as one gives null. */
    static Object follow(Object root, String getters) throws Throwable {
        Object value = root;
        int at = 0;
        while (value != null && at < getters.length()) {
            int blank = getters.indexOf(' ', at);
            int end = blank < 0 ? getters.length() : blank;
            Method method = method(value.getClass(), getters.substring(at, end), "()", NONE);
            value = method == null ? null : method.invoke(value);
            at = end + 1;
        }
        return value;
    }

    /** A header of a carrier, or null. */
    static String header(Object carrier, String name, String descriptor, String header) throws Throwable {
        Method getter = method(carrier.getClass(), name, descriptor, null);
        Object value = getter == null ? null : getter.invoke(carrier, header);
        return value instanceof String ? (String) value : null;
    }

    /** Sets a header of a carrier. */
    static void setHeader(Object carrier, String name, String descriptor, String header, String value) {
        Method setter = method(carrier.getClass(), name, descriptor, null);
        try {
            if (setter != null) {
                setter.invoke(carrier, header, value);
            }
        } catch (ReflectiveOperationException e) {
            OtelrsBridge.declined(OtelrsBridge.VALUE_NOT_READ);
        }
    }

    /** The value as a String, Long, Double or Boolean; null when it is none, unless it is to become text. */
    static Object plain(Object value, boolean asText) {
        if (value instanceof String) {
            return cut((String) value);
        }
        if (value instanceof Long || value instanceof Double || value instanceof Boolean) {
            return value;
        }
        if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        if (value instanceof Float) {
            return ((Float) value).doubleValue();
        }
        if (value instanceof Character) {
            return value.toString();
        }
        if (value instanceof Enum && !asText) {
            return ((Enum<?>) value).name();
        }
        String text = asText && value != null ? value.toString() : null;
        return text == null ? null : cut(text);
    }

    private static String cut(String text) {
        return text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) : text;
    }

    private static Method method(Class<?> type, String name, String descriptor, Class<?>[] parameters) {
        ConcurrentHashMap<String, Object> methods = METHODS.get(type);
        String key = name.concat(descriptor);
        Object known = methods.get(key);
        if (known == null) {
            Method found = find(type, name, parameters == null ? parameters(descriptor) : parameters);
            known = found == null ? ABSENT : found;
            if (methods.putIfAbsent(key, known) == null && found == null) {
                absent(type, key);
            }
        }
        return known == ABSENT ? null : (Method) known;
    }

    /** Says once for each class that it lacks a method that a rule names. */
    private static void absent(Class<?> type, String method) {
        OtelrsSlot text = new OtelrsSlot();
        text.put(OtelrsKeys.CODE_CLASS, type.getName());
        text.put(OtelrsKeys.CODE_METHOD, method);
        OtelrsBridge.absent(text.payload, text.length);
    }

    /** Rule files accept String and Object only. */
    private static Class<?>[] parameters(String descriptor) {
        String list = descriptor.substring(1, descriptor.indexOf(')'));
        String[] types = list.split(";");
        Class<?>[] parameters = new Class<?>[types.length];
        for (int index = 0; index < types.length; index++) {
            parameters[index] = types[index].equals("Ljava/lang/String") ? String.class : Object.class;
        }
        return parameters;
    }

    private static Method find(Class<?> type, String name, Class<?>[] parameters) {
        try {
            Method found = publicOne(type, name, parameters);
            for (Class<?> each = type; each != null && found == null; each = each.getSuperclass()) {
                found = declared(each, name, parameters);
            }
            if (found != null) {
                // The class of a public method may be one that its package keeps to itself. We are java.base, which may.
                found.setAccessible(true);
            }
            return found;
        } catch (LinkageError | SecurityException e) {
            // The methods of a class of which a part is missing cannot be listed, today or later.
            return null;
        }
    }

    private static Method publicOne(Class<?> type, String name, Class<?>[] parameters) {
        try {
            return type.getMethod(name, parameters);
        } catch (NoSuchMethodException e) {
            return null;
        }
    }

    private static Method declared(Class<?> type, String name, Class<?>[] parameters) {
        try {
            return type.getDeclaredMethod(name, parameters);
        } catch (NoSuchMethodException e) {
            return null;
        }
    }
}
