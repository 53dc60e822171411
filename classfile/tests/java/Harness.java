import java.io.*;
import java.lang.instrument.*;
import java.net.URI;
import java.nio.file.*;
import java.util.*;
import java.util.jar.*;

/** Reads classes out of a JDK or jars into one file, and has the JVM link classes out of such a file. */
public class Harness {
    public static void main(String[] args) throws Exception {
        String[] rest = Arrays.copyOfRange(args, 2, args.length);
        switch (args[0]) {
            case "modules": modules(args[1], rest); break;
            case "jars": jars(args[1], rest); break;
            case "verify": verify(args[1]); break;
            case "redefine": redefine(args[1]); break;
            case "define": link(args[1], new Defining(args[1], rest)); break;
            default: throw new IllegalArgumentException(args[0]);
        }
    }

    private static void modules(String file, String[] modules) throws Exception {
        try (DataOutputStream out = open(file)) {
            for (String module : modules) {
                Path root = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules/" + module);
                List<Path> paths = new ArrayList<>();
                try (java.util.stream.Stream<Path> walk = Files.walk(root)) {
                    walk.filter(path -> path.toString().endsWith(".class")).sorted().forEach(paths::add);
                }
                for (Path path : paths) {
                    put(out, root.relativize(path).toString(), Files.readAllBytes(path));
                }
            }
        }
    }

    private static void jars(String file, String[] jars) throws Exception {
        try (DataOutputStream out = open(file)) {
            for (String name : jars) {
                try (JarFile jar = new JarFile(name)) {
                    for (JarEntry entry : Collections.list(jar.entries())) {
                        if (entry.getName().endsWith(".class") && !entry.getName().startsWith("META-INF/")) {
                            put(out, entry.getName(), jar.getInputStream(entry).readAllBytes());
                        }
                    }
                }
            }
        }
    }

    private static DataOutputStream open(String file) throws IOException {
        return new DataOutputStream(new BufferedOutputStream(new FileOutputStream(file)));
    }

    private static void put(DataOutputStream out, String path, byte[] bytes) throws IOException {
        out.writeUTF(path.substring(0, path.length() - ".class".length()));
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static Instrumentation instrumentation;

    public static void premain(String options, Instrumentation given) {
        instrumentation = given;
    }

    /**
     * Has the JVM verify classes of its own without ever running them: they are redefined together with a class that
     * may not be redefined as asked, one that gains a method. The JVM looks at classes in turn, so it comes to that
     * one only if it takes all before it.
     */
    private static void verify(String file) throws Exception {
        List<ClassDefinition> all = definitions(file);
        int failed = 0;
        for (int from = 0; from < all.size(); from += 200) {
            List<ClassDefinition> batch = all.subList(from, Math.min(all.size(), from + 200));
            if (passes(batch)) continue;
            for (ClassDefinition each : batch) {
                if (!passes(Collections.singletonList(each))) {
                    failed++;
                    System.out.println("FAILED " + each.getDefinitionClass());
                }
            }
        }
        System.out.println("verified " + all.size() + ", failed " + failed);
    }

    private static boolean passes(List<ClassDefinition> batch) throws Exception {
        List<ClassDefinition> definitions = new ArrayList<>(batch);
        definitions.add(new ClassDefinition(Refused.class, Refused.withAnotherMethod()));
        try {
            instrumentation.redefineClasses(definitions.toArray(new ClassDefinition[0]));
            throw new IllegalStateException("the JVM took a class with a new method");
        } catch (UnsupportedOperationException | LinkageError error) {
            boolean isLast = String.valueOf(error.getMessage()).contains("a method");
            if (!isLast && batch.size() == 1) System.out.println(error);
            return isLast;
        }
    }

    /** A class, and the same with its method copied under another name. */
    static class Refused {
        static void one() {}

        static byte[] withAnotherMethod() throws IOException {
            InputStream in = Harness.class.getResourceAsStream("Harness$Refused.class");
            byte[] bytes = in.readAllBytes();
            // The name `one` becomes `two`: to the JVM one method is gone and another has come.
            String text = new String(bytes, "ISO-8859-1");
            return text.replace("\u0000\u0003one", "\u0000\u0003two").getBytes("ISO-8859-1");
        }
    }

    /** Puts the classes in place of the JVM's own, and works with them for a while. */
    private static void redefine(String file) throws Exception {
        List<ClassDefinition> all = definitions(file);
        String before = work();
        instrumentation.redefineClasses(all.toArray(new ClassDefinition[0]));
        for (int i = 0; i < 3; i++) {
            String after = work();
            if (!after.equals(before)) throw new AssertionError(after + " instead of " + before);
        }
        System.out.println("redefined " + all.size() + ", works as before");
    }

    private static String work() throws Exception {
        StringBuilder out = new StringBuilder();
        java.util.concurrent.ExecutorService executor = java.util.concurrent.Executors.newFixedThreadPool(4);
        List<java.util.concurrent.Future<Integer>> futures = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            int n = i;
            futures.add(executor.submit(() -> java.util.stream.IntStream.range(0, n).map(k -> k * k).sum()));
        }
        for (java.util.concurrent.Future<Integer> future : futures) out.append(future.get()).append(' ');
        executor.shutdown();
        executor.awaitTermination(1, java.util.concurrent.TimeUnit.MINUTES);
        out.append(java.util.concurrent.CompletableFuture.supplyAsync(() -> "x").thenApply(x -> x + "y").join());
        out.append(String.format("%08.3f %s", Math.PI, new java.math.BigInteger("123456789").pow(20)));
        out.append(java.util.regex.Pattern.compile("(a|b)+c").matcher("abbac").replaceAll("<$1>"));
        out.append(java.time.LocalDate.of(2024, 2, 29).plusYears(1));
        out.append(new TreeMap<>(Map.of("k", List.of(1, 2), "j", List.of())));
        java.security.MessageDigest digest = java.security.MessageDigest.getInstance("SHA-256");
        out.append(Base64.getEncoder().encodeToString(digest.digest(out.toString().getBytes("UTF-8"))));
        try {
            Integer.parseInt("no number");
        } catch (NumberFormatException expected) {
            out.append(expected.getMessage());
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream objects = new ObjectOutputStream(bytes)) {
            objects.writeObject(new ArrayList<>(List.of("s", 1, 2.5)));
        }
        out.append(new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject());
        return out.toString();
    }

    private static List<ClassDefinition> definitions(String file) throws Exception {
        List<ClassDefinition> all = new ArrayList<>();
        for (Map.Entry<String, byte[]> each : read(file).entrySet()) {
            if (each.getKey().endsWith("module-info")) continue;
            Class<?> known = Class.forName(each.getKey().replace('/', '.'), false, ClassLoader.getPlatformClassLoader());
            if (instrumentation.isModifiableClass(known)) {
                all.add(new ClassDefinition(known, each.getValue()));
            } else {
                System.out.println("unmodifiable: " + known);
            }
        }
        return all;
    }

    /** Links every class of the file; a class that names what is not there is no failure of ours. */
    private static void link(String file, ClassLoader loader) throws Exception {
        int linked = 0, missing = 0, failed = 0;
        for (String name : read(file).keySet()) {
            if (name.endsWith("module-info") || name.endsWith("package-info")) continue;
            try {
                // HotSpot links a class before it lists its methods.
                Class.forName(name.replace('/', '.'), false, loader).getDeclaredMethods();
                linked++;
            } catch (NoClassDefFoundError | TypeNotPresentException | IncompatibleClassChangeError
                     | ClassNotFoundException e) {
                missing++;
                System.out.println("MISSING " + name + ": " + e);
            } catch (Throwable e) {
                failed++;
                System.out.println("FAILED " + name + ": " + e);
            }
        }
        System.out.println("linked " + linked + ", missing " + missing + ", failed " + failed);
    }

    private static Map<String, byte[]> read(String file) throws IOException {
        Map<String, byte[]> classes = new LinkedHashMap<>();
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(new FileInputStream(file)))) {
            while (true) {
                String name;
                try {
                    name = in.readUTF();
                } catch (EOFException end) {
                    return classes;
                }
                byte[] bytes = new byte[in.readInt()];
                in.readFully(bytes);
                classes.put(name, bytes);
            }
        }
    }

    /** Defines the classes of a file itself; the advice comes from the class path. */
    private static class Defining extends java.net.URLClassLoader {
        private final Map<String, byte[]> classes;

        Defining(String file, String[] jars) throws Exception {
            super(urls(jars), Harness.class.getClassLoader());
            classes = read(file);
        }

        private static java.net.URL[] urls(String[] jars) throws Exception {
            java.net.URL[] urls = new java.net.URL[jars.length];
            for (int i = 0; i < jars.length; i++) urls[i] = Paths.get(jars[i]).toUri().toURL();
            return urls;
        }

        /** Without signers, as the classes of the archive are. */
        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (in == null) throw new ClassNotFoundException(name);
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            synchronized (getClassLoadingLock(name)) {
                Class<?> found = findLoadedClass(name);
                byte[] bytes = classes.get(name.replace('.', '/'));
                if (found == null && bytes != null) found = defineClass(name, bytes, 0, bytes.length);
                return found != null ? found : super.loadClass(name, resolve);
            }
        }
    }
}
