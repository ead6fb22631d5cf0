package dev.finetune.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a spec must hold before anything is started: all that the schema says, for runs without an API server and for objects that
 * an older schema let in, and what a schema cannot say. {@code finetune run} and the operator (reason InvalidSpec) show the same
 * text.
 */
public final class SpecValidator {
    private static final Pattern PROFILE = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final Pattern PLATFORM_LABEL =
            Pattern.compile("([^/]*\\.)?(finetune\\.dev|kubernetes\\.io|(x-)?k8s\\.io)/.*");
    private static final Pattern OUR_ANNOTATION = Pattern.compile("([^/]*\\.)?finetune\\.dev/.*");

    private static final Pattern QUANTITY =
            Pattern.compile("[0-9]+(\\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE]-?[0-9]{1,2})?");

    private SpecValidator() {}

    /** The problems of a spec that is to run in a cluster; none when it may start. */
    public static List<Problem> validate(FineTuneJobSpec spec) {
        return validate(spec, StorageUri.Scheme.IN_CLUSTER);
    }

    /** The problems of a spec that is to run without a cluster, where {@code file://} sources are allowed as well. */
    public static List<Problem> validateLocal(FineTuneJobSpec spec) {
        return validate(spec, Set.of(StorageUri.Scheme.values()));
    }

    private static List<Problem> validate(FineTuneJobSpec spec, Set<StorageUri.Scheme> schemes) {
        Field field = new Field("spec", new ArrayList<>());
        field.at("task").required(spec.task());
        profile(field.at("profile"), spec.profile());
        model(field.at("model"), spec.model(), schemes);
        DatasetRules.check(field.at("dataset"), spec.dataset(), spec.task(), schemes);
        augmentation(field, spec);
        TrainingRules.check(field.at("training"), spec.training(), spec.evaluation(), spec.answer());
        EvaluationRules.check(field.at("evaluation"), spec.evaluation(), spec.answer());
        output(field.at("output"), spec.output(), schemes);
        field.at("activeDeadlineSeconds").between(spec.activeDeadlineSeconds(), 1, Integer.MAX_VALUE);
        field.at("backoffLimit").between(spec.backoffLimit(), 0, 100);
        field.at("ttlSecondsAfterFinished").between(spec.ttlSecondsAfterFinished(), 0, Integer.MAX_VALUE);
        podTemplate(field.at("podTemplate"), spec.podTemplate());
        return field.problems();
    }

    /** A frozen backbone is asked about each example once, and would never see a change. */
    private static void augmentation(Field field, FineTuneJobSpec spec) {
        boolean frozen = spec.training() != null
                && spec.training().strategy() != null
                && spec.training().strategy().type() == StrategyType.FeatureExtraction;
        field.at("dataset.augmentation")
                .that(
                        !frozen || spec.dataset() == null || spec.dataset().augmentation() == null,
                        "is not for strategy FeatureExtraction, which computes what it learns from once: remove it, or take another strategy");
    }

    private static void profile(Field field, @Nullable String profile) {
        field.that(
                profile == null || PROFILE.matcher(profile).matches(),
                "must be a profile's name: lower-case letters, digits and hyphens, found \"" + profile + "\"");
    }

    private static void model(Field field, @Nullable BaseModelSource model, Set<StorageUri.Scheme> schemes) {
        if (!field.required(model) || model == null) {
            return;
        }
        Field uri = field.at("storageUri");
        if (uri.required(model.storageUri())) {
            uri.source(model.storageUri(), schemes);
            uri.that(
                    model.storageUri() == null || !model.storageUri().startsWith("configmap:"),
                    "a model is a folder and no ConfigMap holds one: use pvc://claim/path, s3://bucket/path, hf://owner/name, oci://registry/repository:tag or https://host/path");
        }
        field.at("secretRef").secret(model.secretRef(), model.storageUri());
        field.at("digest").digest(model.digest());
        List<String> licenses = model.allowedLicenses();
        if (licenses != null) {
            field.at("allowedLicenses").that(!licenses.isEmpty(), "must list a licence, or be absent for any");
            field.at("allowedLicenses").distinct(licenses);
        }
    }

    private static void output(Field field, @Nullable OutputSpec output, Set<StorageUri.Scheme> schemes) {
        if (!field.required(output) || output == null) {
            return;
        }
        if (field.at("modelName").required(output.modelName())) {
            field.at("modelName").name(output.modelName());
        }
        field.at("storageUri").location(output.storageUri(), schemes);
        field.at("storageUri")
                .that(
                        output.storageUri() == null
                                || output.storageUri().startsWith("file:")
                                || StorageUri.parse(output.storageUri())
                                        .filter(u -> u.scheme().isStore()
                                                && (u.scheme() != StorageUri.Scheme.oci || !u.namesContent()))
                                        .isPresent(),
                        "must be pvc://claim, s3://bucket or a path in one of them, or oci://registry/repository without tag and digest, found \""
                                + output.storageUri() + "\"");
        field.at("secretRef").secret(output.secretRef(), output.storageUri());
    }

    /** Shared by both kinds. */
    static void podTemplate(Field field, @Nullable PodTemplate template) {
        if (template == null) {
            return;
        }
        keys(template.labels())
                .filter(k -> PLATFORM_LABEL.matcher(k).matches())
                .forEach(k -> field.at("labels").fail(k + " belongs to the platform: use a prefix of your own"));
        keys(template.annotations())
                .filter(k -> OUR_ANNOTATION.matcher(k).matches())
                .forEach(k -> field.at("annotations").fail(k + " belongs to the operator: use a prefix of your own"));
        if (template.resources() != null) {
            quantities(field.at("resources.requests"), template.resources().path("requests"));
            quantities(field.at("resources.limits"), template.resources().path("limits"));
        }
    }

    private static void quantities(Field field, JsonNode resources) {
        resources
                .properties()
                .forEach(r -> field.at(r.getKey())
                        .that(
                                QUANTITY.matcher(r.getValue().asText()).matches(),
                                "must be a quantity such as 2, 500m or 4Gi, found \""
                                        + r.getValue().asText() + "\""));
    }

    private static java.util.stream.Stream<String> keys(@Nullable Map<String, String> map) {
        return map == null ? java.util.stream.Stream.of() : map.keySet().stream();
    }
}
