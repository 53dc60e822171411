package java.util.concurrent;

/** Stand-in for what JDK 9 brought: no shipped class, only a name to compile against. */
public final class Flow {
    private Flow() {}

    /** Stand-in. */
    public interface Subscriber<T> {
        /** Stand-in. */
        void onNext(T item);
    }
}
