import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Makes the edit by one library, again and again, and says what the middle one took, in nanoseconds. With no warm-up and
 * one edit that is the first edit of this process, in which nothing of the library was touched before.
 */
public class Rival {
    public static void main(String[] arguments) throws Exception {
        String library = arguments[0];
        byte[] plain = Files.readAllBytes(Path.of(arguments[1]));
        String type = arguments[2];
        String method = arguments[3];
        String descriptor = arguments[4];
        int warmUp = Integer.parseInt(arguments[5]);
        long[] nanoseconds = new long[Integer.parseInt(arguments[6])];

        byte[] edited = null;
        long started = System.nanoTime();
        Edit edit =
                library.equals("asm")
                        ? new ByAsm(method, descriptor)
                        : new ByByteBuddy(type, method, descriptor);
        for (int time = -warmUp; time < nanoseconds.length; time++) {
            edited = edit.applyTo(plain);
            long ended = System.nanoTime();
            if (time >= 0) {
                nanoseconds[time] = ended - started;
            }
            started = System.nanoTime();
        }
        Files.write(Path.of(arguments[7]), edited);
        Arrays.sort(nanoseconds);
        System.out.println(nanoseconds[nanoseconds.length / 2]);
    }
}
