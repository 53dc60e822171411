import java.util.concurrent.Callable;

/** Methods of many shapes. What it prints must not depend on whether there is advice in them. */
public class Shapes {
    public static void main(String[] args) {
        Shapes shapes = new Shapes("base", 7);
        show("nothing", () -> { shapes.nothing(); return "done"; });
        show("constant", shapes::constant);
        show("wide", () -> shapes.wide(1, 2L, 3.5, 4f, true, 'c', (byte) 5, (short) 6));
        show("staticLong", () -> staticLong(40L, 2));
        show("loopFromStart 3", () -> loopFromStart(3));
        show("reassigned", () -> shapes.reassigned("a", 3));
        show("reassignedToOther", () -> reassignedToOther("text"));
        for (int key : new int[] {1, 2, 9, 1000, -5}) {
            show("tableSwitch " + key, () -> tableSwitch(key));
            show("lookupSwitch " + key, () -> lookupSwitch(key));
        }
        show("stringSwitch", () -> stringSwitch("two") + stringSwitch("none"));
        show("nestedFinally 0", () -> nestedFinally(0));
        show("nestedFinally 1", () -> nestedFinally(1));
        show("nestedFinally 2", () -> nestedFinally(2));
        show("catches", () -> catches("x"));
        show("locked", () -> shapes.locked(2));
        show("lockedBlock", () -> shapes.lockedBlock(null));
        show("throwing", () -> shapes.throwing("why"));
        show("early -1", () -> early(-1));
        show("early 5", () -> early(5));
        show("newInCondition", () -> newInCondition(true).length() + newInCondition(false).length());
        show("array", () -> array(3).length);
        show("derived", () -> new Derived(true).describe());
        show("derived other", () -> new Derived(false).describe());
        show("derived nested", () -> new Derived(new Derived(true)).describe());
        show("derived throws before", () -> new Derived((String) null).describe());
        show("derived throws after", () -> new Derived(-1).describe());
        show("default method", () -> new Greets() {}.greet("you"));
        show("generic", () -> shapes.<Integer>identity(12));
        show("recursion", () -> fibonacci(6));
    }

    private static void show(String name, Callable<?> call) {
        String result;
        try {
            result = String.valueOf(call.call());
        } catch (Throwable thrown) {
            result = thrown.toString();
        }
        System.out.println(name + " = " + result);
    }

    final String name;
    int count;

    Shapes(String name, int count) {
        this.name = name;
        if (count < 0) throw new IllegalArgumentException("count " + count);
        this.count = count;
    }

    void nothing() {}

    int constant() {
        return 42;
    }

    String wide(int a, long b, double c, float d, boolean e, char f, byte g, short h) {
        long sum = a + b;
        double more = sum + c + d;
        return name + more + e + f + g + h;
    }

    static long staticLong(long a, int b) {
        return a + b;
    }

    /** javac puts the loop's head at offset 0. */
    static int loopFromStart(int n) {
        while (n < 10) {
            n += 4;
            if (n == 7) continue;
            if (n > 100) return -1;
        }
        return n;
    }

    String reassigned(String text, long times) {
        while (times-- > 0) text = text + times;
        Shapes self = this;
        return self.name + text;
    }

    static Object reassignedToOther(Object value) {
        if (value instanceof String) value = ((String) value).length();
        return value;
    }

    static String tableSwitch(int key) {
        switch (key) {
            case 1: return "one";
            case 2: key += 10;
            case 3: return "two or three " + key;
            case 4: case 5: break;
            default: return "other";
        }
        return "end";
    }

    static String lookupSwitch(int key) {
        switch (key) {
            case -5: return "minus";
            case 1000: return "thousand";
            case 1000000: return "million";
            default: return "other";
        }
    }

    static int stringSwitch(String text) {
        switch (text) {
            case "one": return 1;
            case "two": return 2;
            default: return 0;
        }
    }

    static String nestedFinally(int how) throws Exception {
        StringBuilder trace = new StringBuilder();
        try {
            try {
                if (how == 1) throw new IllegalStateException("inner");
                if (how == 2) return trace.append("returned ").toString();
                trace.append("body ");
            } finally {
                trace.append("first ");
                try {
                    if (how == 1) throw new Exception("within");
                } catch (Exception ignored) {
                    trace.append("swallowed ");
                } finally {
                    trace.append("second ");
                }
            }
        } catch (IllegalStateException e) {
            return trace.append(e.getMessage()).toString();
        } finally {
            trace.append("last");
        }
        return trace.toString();
    }

    static int catches(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    synchronized int locked(int n) {
        return n * count;
    }

    String lockedBlock(String text) {
        synchronized (this) {
            if (text == null) return "null " + count;
            return text.trim();
        }
    }

    String throwing(String why) {
        throw new UnsupportedOperationException(why);
    }

    static int early(int n) {
        if (n < 0) return 0;
        for (int i = 0; i < n; i++) {
            if (i == 3) return i;
        }
        return n;
    }

    static String newInCondition(boolean which) {
        return new String(which ? new StringBuilder("yes") : new StringBuilder("no"));
    }

    static String[][] array(int n) {
        return new String[n][2];
    }

    <T extends Number> T identity(T value) {
        return value;
    }

    static int fibonacci(int n) {
        return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
    }

    interface Greets {
        default String greet(String whom) {
            return "hello " + whom;
        }
    }

    static class Derived extends Shapes {
        private final Object[] more;

        /** A branch and an allocation before super(). */
        Derived(boolean which) {
            super(which ? new String("yes") : "no" + new Object().equals(null), which ? 1 : 2);
            Object[] made = {count, name};
            more = made;
        }

        Derived(Shapes other) {
            super(new Shapes(other.name + "!", other.count).name, 3);
            more = new Object[] {other.name};
        }

        Derived(String text) {
            super(text.trim(), 1);
            more = null;
        }

        Derived(int count) {
            this(count > 0);
            if (count < 0) throw new IllegalStateException("after");
        }

        String describe() {
            return name + count + java.util.Arrays.toString(more);
        }
    }
}
