package java.lang;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Values by the identity of a key that is held weakly. Lock-free: every bucket is an immutable chain that is replaced
 * as a whole, so that neither a virtual thread nor a submission under somebody's lock can wait here.
 */
final class OtelrsTable {
    private static final int BUCKETS = 1 << 13;
    /** What {@link #release} answers of a submission that had no context, or more than one. */
    static final Object NONE = new Object();

    /**
     * Entries of one bucket; about 6 MiB in all. Past it nothing is remembered, and the native side counts it. A bound of
     * each bucket and not of the table, because one count of all entries would be written by every thread.
     */
    private static final int MAX_CHAIN = 16;

    /**
     * What advice keeps of an object that it cannot add a field to: a connection's URL, a statement's text. Not a field
     * of the bridge, whose initialiser runs in every JVM's start: a table pulls in the JDK's variable handles, which cost
     * a millisecond where nothing else has needed them yet.
     */
    static final OtelrsTable NOTES = new OtelrsTable();

    /** Updates: a value, a value where there is none, a submission. */
    private static final int VALUE = 0;

    private static final int FIRST = 1;
    private static final int SUBMISSION = 2;

    private static final class Entry extends WeakReference<Object> {
        final int hash;
        final Object value;
        /** How many submissions of this key are still to run; above 1 they cannot be told apart. */
        final int pending;
        final Entry next;
        /** Entries from here to the end of the chain. */
        final int length;

        Entry(Object key, int hash, Object value, int pending, Entry next, ReferenceQueue<Object> queue) {
            super(key, queue);
            this.hash = hash;
            this.value = value;
            this.pending = pending;
            this.next = next;
            this.length = next == null ? 1 : next.length + 1;
        }
    }

    private final AtomicReferenceArray<Entry> buckets = new AtomicReferenceArray<Entry>(BUCKETS);
    private final ReferenceQueue<Object> cleared = new ReferenceQueue<Object>();
    /** Something was ever put in. Not volatile: who looks for a key was handed it by who put it in. */
    private boolean used;

    /** The value of this very object, or null. */
    Object get(Object key) {
        if (!used || !OtelrsHeader.mayHaveHash(key)) {
            return null;
        }
        for (Entry entry = buckets.get(bucket(System.identityHashCode(key))); entry != null; entry = entry.next) {
            if (entry.get() == key) {
                return entry.value;
            }
        }
        return null;
    }

    /** Sets the value of this very object; false when the table is full. */
    boolean put(Object key, Object value) {
        return key != null && update(key, value, VALUE);
    }

    /** Sets the value of this very object where it has none: one look where {@link #get} and {@link #put} take two. */
    void putFirst(Object key, Object value) {
        update(key, value, FIRST);
    }

    /** Forgets this very object. */
    void remove(Object key) {
        if (!used || !OtelrsHeader.mayHaveHash(key)) {
            return;
        }
        int bucket = bucket(System.identityHashCode(key));
        while (true) {
            Entry head = buckets.get(bucket);
            Entry found = find(head, key);
            if (found == null) {
                return;
            }
            if (buckets.compareAndSet(bucket, head, without(head, found))) {
                return;
            }
        }
    }

    /**
     * Remembers one submission of {@code task}, whose context may be null. Of a task that waits twice, submitted in
     * different contexts, nothing can be said: its runs have none.
     */
    void capture(Object task, Object context) {
        update(task, context == null ? NONE : context, SUBMISSION);
    }

    /** Forgets one submission of {@code task}; answers with what was captured, {@link #NONE}, or null when it is unknown. */
    Object release(Object task) {
        if (!used || !OtelrsHeader.mayHaveHash(task)) {
            return null;
        }
        expunge();
        int hash = System.identityHashCode(task);
        int bucket = bucket(hash);
        while (true) {
            Entry head = buckets.get(bucket);
            Entry found = find(head, task);
            if (found == null) {
                return null;
            }
            Entry rest = without(head, found);
            Entry replacement =
                    found.pending <= 1 ? rest : new Entry(task, hash, found.value, found.pending - 1, rest, cleared);
            if (buckets.compareAndSet(bucket, head, replacement)) {
                return found.value;
            }
        }
    }

    private boolean update(Object key, Object value, int kind) {
        if (!used) {
            used = true;
        }
        expunge();
        int hash = System.identityHashCode(key);
        int bucket = bucket(hash);
        while (true) {
            Entry head = buckets.get(bucket);
            Entry found = find(head, key);
            Entry replacement;
            if (found == null) {
                if (head != null && head.length >= MAX_CHAIN) {
                    OtelrsBridge.declined(OtelrsBridge.TABLE_FULL);
                    return false;
                }
                replacement = new Entry(key, hash, value, 1, head, cleared);
            } else if (kind == FIRST) {
                return true;
            } else if (kind == SUBMISSION) {
                Object common = found.value == value ? value : NONE;
                replacement = new Entry(key, hash, common, found.pending + 1, without(head, found), cleared);
            } else {
                replacement = new Entry(key, hash, value, 1, without(head, found), cleared);
            }
            if (buckets.compareAndSet(bucket, head, replacement)) {
                if (found != null && kind == SUBMISSION && found.value != value) {
                    OtelrsBridge.declined(OtelrsBridge.AMBIGUOUS_TASK);
                }
                return true;
            }
        }
    }

    private static Entry find(Entry head, Object key) {
        for (Entry entry = head; entry != null; entry = entry.next) {
            if (entry.get() == key) {
                return entry;
            }
        }
        return null;
    }

    /** The chain without one entry. Chains are short, so what stands before it is copied. */
    private Entry without(Entry head, Entry removed) {
        if (head == removed) {
            return head.next;
        }
        // The copy of an entry whose key was cleared meanwhile stays: the queue names the original's bucket.
        return new Entry(head.get(), head.hash, head.value, head.pending, without(head.next, removed), cleared);
    }

    private void expunge() {
        for (Reference<?> reference = cleared.poll(); reference != null; reference = cleared.poll()) {
            purge(bucket(((Entry) reference).hash));
        }
    }

    private void purge(int bucket) {
        while (true) {
            Entry head = buckets.get(bucket);
            boolean dead = false;
            Entry live = null;
            for (Entry entry = head; entry != null; entry = entry.next) {
                Object key = entry.get();
                if (key == null) {
                    dead = true;
                } else {
                    live = new Entry(key, entry.hash, entry.value, entry.pending, live, cleared);
                }
            }
            if (!dead || buckets.compareAndSet(bucket, head, live)) {
                return;
            }
        }
    }

    private static int bucket(int hash) {
        return (hash ^ (hash >>> 13)) & (BUCKETS - 1);
    }
}
