import net.bytebuddy.ByteBuddy;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.AsmVisitorWrapper;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.dynamic.TypeResolutionStrategy;
import net.bytebuddy.dynamic.scaffold.InstrumentedType;
import net.bytebuddy.dynamic.scaffold.MethodGraph;
import net.bytebuddy.dynamic.scaffold.TypeValidation;
import net.bytebuddy.implementation.Implementation;
import net.bytebuddy.matcher.ElementMatchers;
import net.bytebuddy.pool.TypePool;

/**
 * Byte Buddy's advice as an agent builder sets it up for decoration, without class format changes and validation, but
 * without the builder's own work for each class.
 */
final class ByByteBuddy implements Edit {
    private final ByteBuddy byteBuddy =
            new ByteBuddy()
                    .with(TypeValidation.DISABLED)
                    .with(InstrumentedType.Factory.Default.FROZEN)
                    .with(Implementation.Context.Disabled.Factory.INSTANCE)
                    .with(MethodGraph.Compiler.ForDeclaredMethods.INSTANCE);
    private final ClassFileLocator others = ClassFileLocator.ForClassLoader.ofSystemLoader();
    private final String type;
    private final AsmVisitorWrapper advice;

    ByByteBuddy(String type, String method, String descriptor) {
        this.type = type;
        advice =
                Advice.to(Around.class)
                        .on(ElementMatchers.named(method).and(ElementMatchers.hasDescriptor(descriptor)));
    }

    @Override
    public byte[] applyTo(byte[] classFile) {
        ClassFileLocator locator =
                new ClassFileLocator.Compound(ClassFileLocator.Simple.of(type, classFile), others);
        TypeDescription description = TypePool.Default.of(locator).describe(type).resolve();
        return byteBuddy
                .decorate(description, locator)
                .visit(advice)
                .make(TypeResolutionStrategy.Disabled.INSTANCE)
                .getBytes();
    }

    /** Inlined: a call of what the others call. */
    private static final class Around {
        @Advice.OnMethodEnter
        static void enter(@Advice.This Object self) {
            Calls.enter(self);
        }

        @Advice.OnMethodExit(onThrowable = Throwable.class)
        static void exit(@Advice.Thrown Throwable exception) {
            Calls.exit(exception);
        }
    }
}
