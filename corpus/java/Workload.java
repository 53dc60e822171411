import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.lang.instrument.ClassDefinition;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Works with the JDK's library, then puts classes with advice in place of its own and works on: nothing may differ. */
public class Workload {
    public static void main(String[] args) throws Exception {
        List<ClassDefinition> advised = new ArrayList<>();
        for (Map.Entry<String, byte[]> each : ClassFiles.read(args[0]).entrySet()) {
            Class<?> known = Class.forName(each.getKey().replace('/', '.'), false, ClassLoader.getPlatformClassLoader());
            if (RedefineClasses.instrumentation.isModifiableClass(known)) {
                advised.add(new ClassDefinition(known, each.getValue()));
            }
        }
        String before = work();
        RedefineClasses.instrumentation.redefineClasses(advised.toArray(new ClassDefinition[0]));
        for (int i = 0; i < 3; i++) {
            String after = work();
            if (!after.equals(before)) throw new AssertionError(after + " instead of " + before);
        }
        System.out.println("DONE " + advised.size() + " 0 {}");
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
}
