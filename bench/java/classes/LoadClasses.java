import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Loads every class that {@code names.txt} names, none of which it runs, and says how many they were. The argument says in
 * which order their packages come: a compiler that makes a method too early, before it has seen what the method meets
 * later, makes it twice, and in one order that hangs on a millisecond.
 */
public class LoadClasses {
    public static void main(String[] arguments) throws Exception {
        ClassLoader loader = LoadClasses.class.getClassLoader();
        Map<String, List<String>> packages = new LinkedHashMap<>();
        try (BufferedReader names =
                new BufferedReader(
                        new InputStreamReader(loader.getResourceAsStream("names.txt"), StandardCharsets.UTF_8))) {
            for (String name = names.readLine(); name != null; name = names.readLine()) {
                String of = name.substring(0, name.lastIndexOf('.'));
                packages.computeIfAbsent(of, first -> new ArrayList<>()).add(name);
            }
        }
        List<List<String>> order = new ArrayList<>(packages.values());
        Collections.shuffle(order, new Random(Long.parseLong(arguments[0])));
        int count = 0;
        for (List<String> names : order) {
            for (String name : names) {
                loader.loadClass(name);
                count++;
            }
        }
        System.out.println(count);
    }
}
