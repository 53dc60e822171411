/** Methods that edits are refused for. */
abstract class Declined {
    final Object kept = null;
    static Object shared;
    Object free;

    Declined(Object argument) {}

    abstract void unwritten();

    static native void foreign();

    static int add(int a, int b) {
        return a + b;
    }

    void calls(Object other) {
        other.hashCode();
    }
}
