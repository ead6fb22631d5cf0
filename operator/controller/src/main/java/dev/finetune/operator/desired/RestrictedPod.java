package dev.finetune.operator.desired;

import dev.finetune.api.PodTemplate;
import dev.finetune.operator.Profile;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What every pod of ours has: it passes Pod Security {@code restricted}, reads no token, and runs where and as profile and owner say. */
final class RestrictedPod {
    private static final long USER = 10001;

    private RestrictedPod() {}

    /** A pod without containers and volumes. */
    static PodSpecBuilder of(Profile profile, @Nullable PodTemplate template, Placement placement) {
        List<String> pullSecrets = Objects.requireNonNullElse(profile.imagePullSecrets(), List.of());
        return new PodSpecBuilder()
                .withAutomountServiceAccountToken(false)
                .withEnableServiceLinks(false)
                .withServiceAccountName(blankToNull(template == null ? null : template.serviceAccountName()))
                .withPriorityClassName(blankToNull(template == null ? null : template.priorityClassName()))
                .withImagePullSecrets(
                        pullSecrets.stream().map(LocalObjectReference::new).toList())
                .withNodeSelector(placement.nodeSelector())
                .withTolerations(placement.tolerations())
                .withAffinity(placement.affinity())
                .withNewSecurityContext()
                .withRunAsNonRoot(true)
                .withRunAsUser(USER)
                .withRunAsGroup(USER)
                .withFsGroup(USER)
                .withFsGroupChangePolicy("OnRootMismatch")
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .endSecurityContext();
    }

    /** Of each of its containers. */
    static SecurityContext container() {
        return new SecurityContextBuilder()
                .withAllowPrivilegeEscalation(false)
                .withReadOnlyRootFilesystem(true)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .build();
    }

    static Map<String, String> orEmpty(@Nullable Map<String, String> map) {
        return map == null ? Map.of() : map;
    }

    static @Nullable String blankToNull(@Nullable String text) {
        return text == null || text.isBlank() ? null : text;
    }
}
