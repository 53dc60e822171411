/** A method for each way in which splicing changes code, and the advice that goes into them. */
public class Spliced {
    public static void main(String[] args) {
        System.out.println(returned(1) + " " + switched(2) + " " + wrapped("text"));
        new Spliced("made", true).called(() -> System.out.println("task"));
        System.out.println(new Spliced("made", false).locked(3) + " " + Far.far(7));
        try {
            thrown("why");
        } catch (IllegalStateException e) {
            System.out.println(e.getMessage());
        }
    }

    final Object made;

    Spliced(Object given, boolean isKept) {
        super();
        made = isKept ? given : null;
    }

    static int returned(int n) {
        return n < 0 ? 0 : n + 1;
    }

    static void thrown(String why) {
        throw new IllegalStateException(why);
    }

    int locked(int n) {
        synchronized (this) {
            return n + 1;
        }
    }

    static int switched(int key) {
        switch (key) {
            case 1: return 10;
            case 2: return 20;
            default: return 0;
        }
    }

    void called(Runnable task) {
        task.run();
    }

    static String wrapped(String text) {
        return text;
    }

    static Object enter(Object argument) {
        return argument;
    }

    static void exit(Object token, Object returned, Throwable thrown) {}

    static void run(Runnable task) {
        task.run();
    }

    static String wrap(String text) {
        return "<" + text + ">";
    }
}
