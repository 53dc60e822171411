/**
 * Entry and exit advice in one method of a class: a call of {@link Calls#enter} before its code, and of {@link
 * Calls#exit} at each return and for each exception that leaves it.
 */
interface Edit {
    /** The class file with the edit made. */
    byte[] applyTo(byte[] classFile) throws Exception;
}
