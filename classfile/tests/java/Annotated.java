import java.lang.annotation.*;
import java.util.*;
import java.util.function.*;

/** Type annotations within code, of every kind that holds an offset. */
public class Annotated {
    @Target(ElementType.TYPE_USE)
    @Retention(RetentionPolicy.RUNTIME)
    @interface Mark {
        int value() default 0;

        String[] names() default {};
    }

    static Object all(Object given) throws Exception {
        @Mark(1) String local = "x";
        if (given instanceof @Mark(2) String) local = (@Mark(3) String) given;
        List<@Mark(4) String> list = new @Mark(5) ArrayList<@Mark(6) String>();
        Supplier<List<String>> made = @Mark(7) ArrayList<String>::new;
        Function<String, Integer> length = @Mark(8) String::length;
        try (@Mark(9) AutoCloseable resource = () -> {}) {
            for (@Mark(value = 10, names = {"a", "b"}) String each : list) local += each;
        } catch (@Mark(11) IllegalStateException e) {
            return Collections.<@Mark(12) String>emptyList();
        }
        return new <@Mark(13) String> Annotated(local).toString() + made.get() + length.apply(local);
    }

    <T> Annotated(T value) {}
}
