import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/**
 * Has the JVM define and link collections of classes, each twice: as they are and with advice. What cannot be linked
 * as it is (a class that it names is not there) tells nothing about advice; everything else must link again.
 *
 * <p>Arguments: a file of classes that any collection may name, then two files for each collection.
 */
public class LinkClasses {
    public static void main(String[] args) throws IOException {
        Map<String, byte[]> others = ClassFiles.read(args[0]);
        for (int at = 1; at < args.length; at += 2) {
            compare(ClassFiles.read(args[at]), ClassFiles.read(args[at + 1]), others);
        }
    }

    private static void compare(Map<String, byte[]> plain, Map<String, byte[]> advised, Map<String, byte[]> others) {
        ClassLoader plainly = new Defining(plain, others);
        ClassLoader withAdvice = new Defining(advised, others);
        int verified = 0, notLinkable = 0;
        Map<String, Integer> reasons = new TreeMap<>();
        for (String name : plain.keySet()) {
            if (name.endsWith("module-info")) continue;
            Throwable before = link(name, plainly);
            Throwable after = link(name, withAdvice);
            if (!kind(before).equals(kind(after))) {
                System.out.println("FAILED " + name + ": " + after + " where the plain class has " + before);
            } else if (before == null) {
                verified++;
            } else {
                notLinkable++;
                reasons.merge(kind(before), 1, Integer::sum);
            }
        }
        System.out.println("DONE " + verified + " " + notLinkable + " " + reasons);
    }

    /** What links is verified; what it throws when it cannot be. */
    private static Throwable link(String name, ClassLoader loader) {
        try {
            Class<?> found = Class.forName(name.replace('/', '.'), false, loader);
            // HotSpot links a class before it lists its members. Constructors name the fewest other types, but those
            // of an interface it is not asked for.
            if (found.isInterface()) {
                found.getDeclaredMethods();
            } else {
                found.getConstructors();
            }
            return null;
        } catch (ClassNotFoundException | LinkageError | TypeNotPresentException | SecurityException error) {
            return error;
        }
    }

    /** Which of several missing classes is missed first is chance. */
    private static String kind(Throwable error) {
        return error == null ? "" : error.getClass().getSimpleName();
    }

    /** Defines the classes of a collection, and those of others where the collection names them. */
    private static final class Defining extends ClassLoader {
        private final Map<String, byte[]> own;
        private final Map<String, byte[]> others;

        Defining(Map<String, byte[]> own, Map<String, byte[]> others) {
            super(ClassLoader.getPlatformClassLoader());
            this.own = own;
            this.others = others;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                Class<?> found = findLoadedClass(name);
                byte[] bytes = own.get(name.replace('.', '/'));
                if (found == null && bytes != null) found = defineClass(name, bytes, 0, bytes.length);
                return found != null ? found : super.loadClass(name, resolve);
            }
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            byte[] bytes = others.get(name.replace('.', '/'));
            if (bytes == null) throw new ClassNotFoundException(name);
            return defineClass(name, bytes, 0, bytes.length);
        }
    }
}
