/** What the advice calls; the same for every library. */
public final class Calls {
    static int entered;
    static int returned;
    static int thrown;

    private Calls() {}

    public static void enter(Object self) {
        entered++;
    }

    public static void exit(Throwable exception) {
        if (exception == null) {
            returned++;
        } else {
            thrown++;
        }
    }
}
