package dev.finetune.operator;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
    private static final String[] VALUES_ONLY = {"..operator.desired..", "..operator.diagnosis.."};
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.finetune.operator");

    /** Reconcilers and observers are the shell; everything else in these packages decides. */
    private static final DescribedPredicate<JavaClass> DECISIONS = new DescribedPredicate<>("decision code") {
        @Override
        public boolean test(JavaClass type) {
            String in = type.getPackageName();
            String name = type.getName();
            return (in.endsWith(".job") || in.endsWith(".deployment"))
                    && !name.contains("Reconciler")
                    && !name.contains("Observer");
        }
    };

    @Test
    void pureCodeSeesValuesOnly() {
        for (DescribedPredicate<JavaClass> pure : List.of(
                DECISIONS, JavaClass.Predicates.resideInAnyPackage(VALUES_ONLY).as("builders and diagnosis"))) {
            noClasses()
                    .that(pure)
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(
                            "io.javaoperatorsdk..",
                            "io.fabric8.kubernetes.client..",
                            "..operator.kube..",
                            "..operator.telemetry..")
                    .check(CLASSES);
        }
    }

    @Test
    void decisionsAskNobodyForTheTime() {
        noClasses().that(DECISIONS).should().callMethod(Instant.class, "now").check(CLASSES);
        noClasses()
                .that(DECISIONS)
                .should()
                .dependOnClassesThat()
                .areAssignableTo(Clock.class)
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAnyPackage(VALUES_ONLY)
                .should()
                .callMethod(Instant.class, "now")
                .check(CLASSES);
    }

    @Test
    void onlyKubeTalksToTheApiServer() {
        noClasses()
                .that()
                .resideInAnyPackage("..operator.job..", "..operator.deployment..", "..operator.telemetry..")
                .should()
                .dependOnClassesThat(new DescribedPredicate<>("the client beyond its type") {
                    @Override
                    public boolean test(JavaClass type) {
                        return type.getPackageName().startsWith("io.fabric8.kubernetes.client")
                                && !type.getName().equals("io.fabric8.kubernetes.client.KubernetesClient")
                                && !type.getName().equals("io.fabric8.kubernetes.client.CustomResource")
                                // A member of JOSDK's own annotation.
                                && !type.getName().endsWith(".informers.cache.ItemStore");
                    }
                })
                .check(CLASSES);
        noClasses()
                .that()
                .resideOutsideOfPackage("..operator.kube..")
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("io.fabric8.kubernetes.client.KubernetesClientBuilder")
                .check(CLASSES);
    }

    @Test
    void arrowsRunOneWay() {
        slices().matching("dev.finetune.operator.(*)..")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }

    @Test
    void reconcilersFitOnTwoScreens() throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith("Reconciler.java")).toList()) {
                assertThat(Files.readAllLines(file).stream().filter(line -> !line.startsWith("import ")))
                        .as(file.toString())
                        .hasSizeLessThanOrEqualTo(150);
            }
        }
    }

    @Test
    void namesSayWhatThingsAre() {
        noClasses()
                .should()
                .haveSimpleNameEndingWith("Util")
                .orShould()
                .haveSimpleNameEndingWith("Utils")
                .orShould()
                .haveSimpleNameEndingWith("Helper")
                .orShould()
                .haveSimpleNameEndingWith("Manager")
                .orShould()
                .haveSimpleNameEndingWith("Impl")
                .check(CLASSES);
    }
}
