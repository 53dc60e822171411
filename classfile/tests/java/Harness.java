import java.io.*;
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
            case "system": link(args[1], ClassLoader.getPlatformClassLoader()); break;
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
            } catch (LinkageError e) {
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
