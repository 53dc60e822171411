package java.lang;

/** A throwable's frames and those of its causes, as text, without the messages unless they are allowed. */
final class OtelrsStackTrace {
    private static final int MAX_LENGTH = 16 * 1024;
    private static final int MAX_CAUSES = 8;

    private OtelrsStackTrace() {}

    static String of(Throwable thrown, boolean messages) {
        StringBuilder text = new StringBuilder(1024);
        Throwable current = thrown;
        for (int depth = 0; current != null && depth < MAX_CAUSES && text.length() < MAX_LENGTH; depth++) {
            if (depth > 0) {
                text.append("Caused by: ");
            }
            text.append(messages ? current.toString() : current.getClass().getName()).append('\n');
            for (StackTraceElement frame : current.getStackTrace()) {
                if (text.length() >= MAX_LENGTH) {
                    break;
                }
                text.append("\tat ").append(frame).append('\n');
            }
            Throwable cause = current.getCause();
            current = cause == current ? null : cause;
        }
        return text.toString();
    }
}
