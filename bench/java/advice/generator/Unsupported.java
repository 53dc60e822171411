import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Writes, for each interface that is named, a class whose methods all throw: JDBC's have hundreds of methods, differ from
 * one JDK to the next, and the benchmark calls a handful. Run as a source file.
 */
public final class Unsupported {
    private static final String CLASS =
            "package advice.application;%n%n@SuppressWarnings(\"deprecation\")%nabstract class Unsupported%s implements %s {%n%s}%n";
    private static final String METHOD = "    public %s%s %s(%s) {%n        throw new UnsupportedOperationException(\"%3$s\");%n    }%n";

    private Unsupported() {}

    public static void main(String[] arguments) throws IOException, ClassNotFoundException {
        Path folder = Files.createDirectories(Path.of(arguments[0]));
        for (int index = 1; index < arguments.length; index++) {
            Class<?> type = Class.forName(arguments[index]);
            String methods = Arrays.stream(type.getMethods())
                    .filter(method -> Modifier.isAbstract(method.getModifiers()))
                    .map(Unsupported::of)
                    .collect(Collectors.joining());
            String text = String.format(CLASS, type.getSimpleName(), type.getName(), methods);
            Files.writeString(folder.resolve("Unsupported" + type.getSimpleName() + ".java"), text);
        }
    }

    private static String of(Method method) {
        TypeVariable<Method>[] variables = method.getTypeParameters();
        Type[] types = method.getGenericParameterTypes();
        return String.format(
                METHOD,
                variables.length == 0 ? "" : "<" + variables[0] + "> ",
                method.getGenericReturnType().getTypeName(),
                method.getName(),
                IntStream.range(0, types.length)
                        .mapToObj(index -> types[index].getTypeName() + " p" + index)
                        .collect(Collectors.joining(", ")));
    }
}
