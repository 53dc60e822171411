package advice;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * Loads the package {@code advice.application} once more: a class of it that several of these loaded is as many classes
 * with the same code.
 */
final class Copies extends ClassLoader {
    private static final String PACKAGE = "advice.application.";

    private Copies() {
        super(Copies.class.getClassLoader());
    }

    /** One new object of each of {@code count} copies of a class of that package. */
    static <T> List<T> of(Class<? extends T> original, Class<T> type, int count) throws ReflectiveOperationException {
        List<T> copies = new ArrayList<>();
        for (int number = 0; number < count; number++) {
            Class<?> copy = new Copies().loadClass(original.getName());
            copies.add(type.cast(copy.getConstructor().newInstance()));
        }
        return copies;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(PACKAGE)) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded != null ? loaded : define(name);
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        try (InputStream file = getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (file == null) {
                throw new ClassNotFoundException(name);
            }
            byte[] bytes = file.readAllBytes();
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException failure) {
            throw new ClassNotFoundException(name, failure);
        }
    }
}
