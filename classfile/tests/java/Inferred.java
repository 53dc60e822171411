/** What a verifier that infers types has to join at a handler over all of a method, if the handler lets it. */
class Inferred {
    static class Gone {}

    static class GoneToo extends Gone {}

    static class Result {}

    /** An argument's local gets a value of another type. */
    static int reassignedArgument(Gone argument) {
        argument = new GoneToo();
        return argument.hashCode();
    }

    int reassignedOnOneWay(Gone first, Object second, Gone third) {
        if (third == null) {
            first = new GoneToo();
            third = new GoneToo();
            return first.hashCode();
        }
        second = "text";
        return first.hashCode() + second.hashCode();
    }

    /** Returns of different types. */
    static Object severalReturns(int which) {
        if (which == 0) return new Gone();
        if (which == 1) return new GoneToo();
        return new Result();
    }

    /** Locals of different types where it returns. */
    static int differentLocals(int which) {
        if (which == 0) {
            Gone local = new Gone();
            return local.hashCode();
        }
        GoneToo local = new GoneToo();
        return local.hashCode();
    }

    static Object sharedSlot(int which) {
        {
            Gone local = new Gone();
            if (which == 0) return local;
        }
        GoneToo local = new GoneToo();
        return local;
    }

    public static void main(String[] args) {
        // HotSpot links, and so verifies, what it is asked to list.
        System.out.println(Inferred.class.getDeclaredConstructors().length + " linked");
    }
}
