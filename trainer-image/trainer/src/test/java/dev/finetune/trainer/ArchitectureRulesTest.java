package dev.finetune.trainer;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import ai.djl.ndarray.NDArray;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The borders inside the trainer; those between modules are the build's. */
class ArchitectureRulesTest {
    private static final JavaClasses TRAINER = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.finetune.trainer");
    private static final String ROOT = "dev.finetune.trainer.";

    /** Measured hazards of DJL 0.36: a freed buffer inside the graph, a graph cut silently, an abort of the process. */
    private static final Set<String> CUTS_OR_CORRUPTS_THE_GRAPH = Set.of("toType", "toDevice", "duplicate");

    @Test
    void djl_internals_stay_in_engine() {
        ArchRule rule = noClasses()
                .that(resideInAPackage("dev.finetune.trainer..")
                        .and(DescribedPredicate.not(resideInAPackage(ROOT + "engine.."))))
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage("ai.djl.pytorch..", "ai.djl.nn..", "ai.djl.training..", "ai.djl.engine.."));
        rule.check(TRAINER);
    }

    @Test
    void tensors_stay_in_engine_model_and_training() {
        ArchRule rule = noClasses()
                .that(resideInAPackage("dev.finetune.trainer..")
                        .and(DescribedPredicate.not(
                                resideInAnyPackage(ROOT + "engine..", ROOT + "model..", ROOT + "training.."))))
                .should()
                .dependOnClassesThat(resideInAPackage("ai.djl.ndarray.."));
        rule.check(TRAINER);
    }

    @Test
    void no_operator_that_corrupts_gradients() {
        ArchRule rule = noClasses()
                .that(resideInAPackage("dev.finetune.trainer..")
                        .and(DescribedPredicate.not(resideInAPackage(ROOT + "engine.."))))
                .should()
                .callMethodWhere(
                        new DescribedPredicate<JavaMethodCall>(
                                "NDArray operators on a Number, toType, toDevice or duplicate") {
                            @Override
                            public boolean test(JavaMethodCall call) {
                                return call.getTargetOwner().isAssignableTo(NDArray.class)
                                        && (CUTS_OR_CORRUPTS_THE_GRAPH.contains(call.getName())
                                                || call.getTarget().getRawParameterTypes().stream()
                                                        .anyMatch(t -> t.isEquivalentTo(Number.class)));
                            }
                        });
        rule.check(TRAINER);
    }

    @Test
    void engine_knows_nothing_above_it() {
        ArchRule rule = noClasses()
                .that(resideInAPackage(ROOT + "engine.."))
                .should()
                .dependOnClassesThat(resideInAPackage("dev.finetune.trainer..")
                        .and(DescribedPredicate.not(resideInAPackage(ROOT + "engine.."))));
        rule.check(TRAINER);
    }

    @Test
    void data_and_cleaning_know_nothing_of_models_and_stages() {
        ArchRule rule = noClasses()
                .that(resideInAnyPackage(ROOT + "transform..", ROOT + "source.."))
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        ROOT + "engine..",
                        ROOT + "model..",
                        ROOT + "training..",
                        ROOT + "evaluation..",
                        ROOT + "serving..",
                        ROOT + "cli.."));
        rule.check(TRAINER);
    }

    @Test
    void models_know_nothing_of_what_uses_them() {
        ArchRule rule = noClasses()
                .that(resideInAPackage(ROOT + "model.."))
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        ROOT + "training..",
                        ROOT + "evaluation..",
                        ROOT + "serving..",
                        ROOT + "cli..",
                        ROOT + "source.."));
        rule.check(TRAINER);
    }

    @Test
    void no_packages_use_each_other_in_a_circle() {
        ArchRule rule = slices().matching(ROOT + "(**)").should().beFreeOfCycles();
        rule.check(TRAINER);
    }

    @Test
    void the_trainer_knows_no_kubernetes_client() {
        ArchRule rule =
                noClasses().should().dependOnClassesThat(resideInAnyPackage("io.fabric8..", "io.javaoperatorsdk.."));
        rule.check(TRAINER);
    }

    @Test
    void names_say_what_a_class_is() {
        ArchRule rule = classes().should(new ArchCondition<JavaClass>("not be called Util, Helper, Manager or Impl") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                if (type.getSimpleName().matches(".*(Utils?|Helper|Manager|Impl)")) {
                    events.add(SimpleConditionEvent.violated(type, type.getName() + " has a name that says nothing"));
                }
            }
        });
        rule.check(TRAINER);
    }
}
