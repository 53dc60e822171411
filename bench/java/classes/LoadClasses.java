import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/** Loads every class that {@code names.txt} names, none of which it runs, and says how many they were. */
public class LoadClasses {
    public static void main(String[] arguments) throws Exception {
        ClassLoader loader = LoadClasses.class.getClassLoader();
        int count = 0;
        try (BufferedReader names =
                new BufferedReader(
                        new InputStreamReader(loader.getResourceAsStream("names.txt"), StandardCharsets.UTF_8))) {
            for (String name = names.readLine(); name != null; name = names.readLine()) {
                loader.loadClass(name);
                count++;
            }
        }
        System.out.println(count);
    }
}
