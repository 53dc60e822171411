import java.io.IOException;
import java.io.InputStream;
import java.lang.instrument.ClassDefinition;
import java.lang.instrument.Instrumentation;
import java.lang.instrument.UnmodifiableClassException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * Has the JVM verify classes of its own with advice in them, without ever running them: they are redefined together
 * with a class that may not be redefined as asked, one that gains a method. The JVM looks at classes in turn, so it
 * comes to that one only if it takes all before it.
 *
 * <p>Arguments: the classes as they are, and with advice.
 */
public class RedefineClasses {
    private static final int BATCH = 200;
    static Instrumentation instrumentation;

    public static void premain(String options, Instrumentation given) {
        instrumentation = given;
    }

    public static void main(String[] args) throws IOException {
        Map<String, byte[]> plain = ClassFiles.read(args[0]);
        Map<String, byte[]> advised = ClassFiles.read(args[1]);
        List<Class<?>> classes = new ArrayList<>();
        int verified = 0, notLinkable = 0;
        for (String name : plain.keySet()) {
            try {
                Class<?> found = Class.forName(name.replace('/', '.'), false, ClassLoader.getSystemClassLoader());
                if (!instrumentation.isModifiableClass(found)) throw new ClassNotFoundException("unmodifiable");
                classes.add(found);
            } catch (ClassNotFoundException | LinkageError error) {
                notLinkable++;
            }
        }
        for (int from = 0; from < classes.size(); from += BATCH) {
            List<Class<?>> batch = classes.subList(from, Math.min(classes.size(), from + BATCH));
            if (refusal(batch, advised) == null) {
                verified += batch.size();
                continue;
            }
            for (Class<?> each : batch) {
                List<Class<?>> alone = Collections.singletonList(each);
                Throwable refusal = refusal(alone, advised);
                if (refusal == null) {
                    verified++;
                } else if (refusal(alone, plain) != null) {
                    notLinkable++;
                } else {
                    System.out.println("FAILED " + each.getName() + ": " + refusal);
                }
            }
        }
        System.out.println("DONE " + verified + " " + notLinkable + " {}");
    }

    /** Why the JVM does not take these classes; null when it takes them. */
    private static Throwable refusal(List<Class<?>> batch, Map<String, byte[]> files) throws IOException {
        List<ClassDefinition> definitions = new ArrayList<>();
        for (Class<?> each : batch) {
            definitions.add(new ClassDefinition(each, files.get(each.getName().replace('.', '/'))));
        }
        definitions.add(new ClassDefinition(Refused.class, Refused.withAnotherMethod()));
        try {
            instrumentation.redefineClasses(definitions.toArray(new ClassDefinition[0]));
        } catch (UnsupportedOperationException | LinkageError | ClassNotFoundException
                 | UnmodifiableClassException | InternalError error) {
            return String.valueOf(error.getMessage()).contains("a method") ? null : error;
        }
        throw new IllegalStateException("the JVM took a class with a new method");
    }

    /** A class, and the same with its method copied under another name. */
    static class Refused {
        static void one() {}

        static byte[] withAnotherMethod() throws IOException {
            try (InputStream in = Refused.class.getResourceAsStream("RedefineClasses$Refused.class")) {
                // The name `one` becomes `two`: to the JVM one method is gone and another has come.
                String text = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
                return text.replace("\u0000\u0003one", "\u0000\u0003two").getBytes(StandardCharsets.ISO_8859_1);
            }
        }
    }
}
