/** Has the JVM verify edited classes, lets a {@link Subject} work, and says what the advice saw of it. */
public class Verify {
    public static void main(String[] names) throws Exception {
        for (String name : names) {
            Class.forName(name);
        }
        Subject subject = new Subject();
        String outcomes = subject.work(3) + " " + subject.work(0);
        try {
            subject.work(-1);
        } catch (IllegalArgumentException exception) {
            outcomes += " " + exception.getMessage();
        }
        System.out.println(
                outcomes + ", entered " + Calls.entered + ", returned " + Calls.returned + ", thrown " + Calls.thrown);
    }
}
