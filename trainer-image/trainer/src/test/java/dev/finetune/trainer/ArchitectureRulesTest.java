package dev.finetune.trainer;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import ai.djl.ndarray.NDArray;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.Set;

/** The borders inside the trainer; those between modules are the build's. */
@AnalyzeClasses(packages = "dev.finetune.trainer", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureRulesTest {
    private static final String ROOT = "dev.finetune.trainer.";

    /** Measured hazards of DJL 0.36: a freed buffer inside the graph, a graph cut silently, an abort of the process. */
    private static final Set<String> CUTS_OR_CORRUPTS_THE_GRAPH = Set.of("toType", "toDevice", "duplicate");

    @ArchTest
    static final ArchRule djl_internals_stay_in_engine = noClasses()
            .that(resideInAPackage(ROOT + "..").and(DescribedPredicate.not(resideInAPackage(ROOT + "engine.."))))
            .should()
            .dependOnClassesThat(resideInAnyPackage("ai.djl.pytorch..", "ai.djl.nn..", "ai.djl.training..", "ai.djl.engine.."));

    @ArchTest
    static final ArchRule tensors_stay_in_engine_model_and_training = noClasses()
            .that(resideInAPackage(ROOT + "..")
                    .and(DescribedPredicate.not(resideInAnyPackage(ROOT + "engine..", ROOT + "model..", ROOT + "training.."))))
            .should()
            .dependOnClassesThat(resideInAPackage("ai.djl.ndarray.."));

    @ArchTest
    static final ArchRule no_operator_that_corrupts_gradients = noClasses()
            .that(resideInAPackage(ROOT + "..").and(DescribedPredicate.not(resideInAPackage(ROOT + "engine.."))))
            .should()
            .callMethodWhere(new DescribedPredicate<JavaMethodCall>("NDArray operators on a Number, toType, toDevice or duplicate") {
                @Override
                public boolean test(JavaMethodCall call) {
                    return call.getTargetOwner().isAssignableTo(NDArray.class)
                            && (CUTS_OR_CORRUPTS_THE_GRAPH.contains(call.getName())
                                    || call.getTarget().getRawParameterTypes().stream().anyMatch(t -> t.isEquivalentTo(Number.class)));
                }
            });

    @ArchTest
    static final ArchRule engine_knows_nothing_above_it = noClasses()
            .that(resideInAPackage(ROOT + "engine.."))
            .should()
            .dependOnClassesThat(
                    resideInAPackage(ROOT + "..").and(DescribedPredicate.not(resideInAPackage(ROOT + "engine.."))));

    @ArchTest
    static final ArchRule data_and_cleaning_know_nothing_of_models_and_stages = noClasses()
            .that(resideInAnyPackage(ROOT + "transform..", ROOT + "source.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                    ROOT + "engine..", ROOT + "model..", ROOT + "training..", ROOT + "evaluation..", ROOT + "serving..", ROOT + "cli.."));

    @ArchTest
    static final ArchRule models_know_nothing_of_what_uses_them = noClasses()
            .that(resideInAPackage(ROOT + "model.."))
            .should()
            .dependOnClassesThat(
                    resideInAnyPackage(ROOT + "training..", ROOT + "evaluation..", ROOT + "serving..", ROOT + "cli..", ROOT + "source.."));

    @ArchTest
    static final ArchRule the_trainer_knows_no_kubernetes_client =
            noClasses().should().dependOnClassesThat(resideInAnyPackage("io.fabric8..", "io.javaoperatorsdk.."));

    @ArchTest
    static final ArchRule names_say_what_a_class_is = classes()
            .should(new com.tngtech.archunit.lang.ArchCondition<JavaClass>("not be called Util, Helper, Manager, Impl or Base...") {
                @Override
                public void check(JavaClass type, com.tngtech.archunit.lang.ConditionEvents events) {
                    if (type.getSimpleName().matches(".*(Utils?|Helper|Manager|Impl)|Base[A-Z].*")) {
                        events.add(com.tngtech.archunit.lang.SimpleConditionEvent.violated(type, type.getName() + " has a name that says nothing"));
                    }
                }
            });
}
