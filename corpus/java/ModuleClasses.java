import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Writes the classes of the JDK that runs it into one file: those of all modules, or of the modules named. */
public class ModuleClasses {
    public static void main(String[] args) throws IOException {
        List<String> wanted = Arrays.asList(args).subList(1, args.length);
        Path modules = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules");
        try (DataOutputStream out =
                new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(Paths.get(args[0]))))) {
            for (Path module : list(modules, 1)) {
                if (!wanted.isEmpty() && !wanted.contains(module.getFileName().toString())) continue;
                for (Path file : list(module, Integer.MAX_VALUE)) {
                    String path = module.relativize(file).toString();
                    if (!path.endsWith(".class") || path.equals("module-info.class")) continue;
                    byte[] bytes = Files.readAllBytes(file);
                    out.writeUTF(path.substring(0, path.length() - ".class".length()));
                    out.writeInt(bytes.length);
                    out.write(bytes);
                }
            }
        }
    }

    private static List<Path> list(Path root, int depth) throws IOException {
        try (Stream<Path> walk = Files.walk(root, depth)) {
            return walk.filter(path -> !path.equals(root)).sorted().collect(Collectors.toList());
        }
    }
}
