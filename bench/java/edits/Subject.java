/** A small class to edit: returns at two places, or throws. */
public class Subject {
    public long work(int number) {
        if (number < 0) {
            throw new IllegalArgumentException("negative: " + number);
        }
        if (number == 0) {
            return 0;
        }
        long sum = 0;
        for (int each = 1; each <= number; each++) {
            sum += each;
        }
        return sum;
    }
}
