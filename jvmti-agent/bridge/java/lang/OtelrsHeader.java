package java.lang;

import jdk.internal.misc.Unsafe;

/**
 * The first word of an object, in which HotSpot keeps its identity hash once somebody asked for it (markWord.hpp). To ask is a
 * call into the JVM for each object that was not asked before; to look whether it was is a load.
 */
final class OtelrsHeader {
    /** The lock bits, which say whether the word is the object's own, and not borrowed by a lock. */
    private static final int LOCK_BITS = 2;
    private static final long LOCK = (1 << LOCK_BITS) - 1;
    private static final long UNLOCKED = 1;
    private static final int HASH_BITS = 31;

    private static final Unsafe UNSAFE;
    /** The lock bits and those of the hash; 0 where this JVM keeps it elsewhere. */
    private static final long MASK;

    static {
        Unsafe unsafe = null;
        long mask = 0;
        try {
            unsafe = Unsafe.getUnsafe();
            mask = learn(unsafe);
        } catch (LinkageError e) {
            // Not a JDK that has it: every object may have been asked.
        }
        UNSAFE = unsafe;
        MASK = mask;
    }

    private OtelrsHeader() {}

    /** False when this object's identity hash was never asked for: then no table of identities holds it. Nor does any hold null. */
    static boolean mayHaveHash(Object object) {
        return object != null && (MASK == 0 || (UNSAFE.getLong(object, 0) & MASK) != UNLOCKED);
    }

    /** Where the hash is differs by JDK and by option: it is where the hash of an object appears when it is asked for. */
    private static long learn(Unsafe unsafe) {
        Object object = new Object();
        long before = unsafe.getLong(object, 0);
        long hash = System.identityHashCode(object);
        long after = unsafe.getLong(object, 0);
        for (int shift = LOCK_BITS; shift <= Long.SIZE - HASH_BITS; shift++) {
            long mask = ((1L << HASH_BITS) - 1) << shift | LOCK;
            if ((before & mask) == UNLOCKED && (after & mask) == (hash << shift | UNLOCKED)) {
                return mask;
            }
        }
        return 0;
    }
}
