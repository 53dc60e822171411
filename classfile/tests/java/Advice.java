/** Advice that writes down what it is given; whose methods throw when told to. */
public class Advice {
    static final class Token {
        final String name;

        Token(String name) {
            this.name = name;
        }
    }

    private static final boolean THROWS = Boolean.getBoolean("advice.throws");

    public static Token enter(String name, Object first, Object last) {
        if (THROWS) throw new IllegalStateException("advice");
        System.err.println("> " + name + " " + show(first) + " " + show(last));
        return new Token(name);
    }

    public static void exit(
            Token token, Object self, Object first, Object last, Object returned, Throwable thrown) {
        if (THROWS) throw new IllegalStateException("advice");
        System.err.println("< " + (token == null ? "no token" : token.name) + " on " + show(self) + " "
                + show(first) + " " + show(last) + ": " + show(returned) + " " + thrown);
    }

    private static String show(Object value) {
        if (value == null || value instanceof String || value instanceof Number || value instanceof Boolean
                || value instanceof Character) {
            return String.valueOf(value);
        }
        return value.getClass().getSimpleName();
    }

    public static Object upper(Object returned) {
        return returned instanceof String ? ((String) returned).toUpperCase() : returned;
    }

    public static String exclaim(String text) {
        if (THROWS) throw new IllegalStateException("advice");
        return text + "!";
    }

    public static long twice(long value) {
        return 2 * value;
    }
}
