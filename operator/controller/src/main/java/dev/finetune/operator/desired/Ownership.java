package dev.finetune.operator.desired;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import java.util.Objects;
import java.util.Optional;

/** Whose an object is, told by the uid of its controller. Names prove nothing: a namesake or a user may have them too. */
public enum Ownership {
    /** The controller reference carries our uid. */
    OURS,
    /** It belongs to a deleted object of our kind and name: garbage collection will take it away. */
    NAMESAKE,
    /** It is somebody else's. */
    FOREIGN;

    /** Whose {@code child} is, seen from {@code owner}. */
    public static Ownership of(HasMetadata child, HasMetadata owner) {
        return of(child, owner.getKind(), owner.getMetadata());
    }

    /** Whose {@code child} is, seen from the owner with that kind and metadata. */
    public static Ownership of(HasMetadata child, String kind, ObjectMeta owner) {
        Optional<OwnerReference> controller = controller(child);
        if (controller.isEmpty()) {
            return FOREIGN;
        }
        OwnerReference reference = controller.get();
        if (Objects.equals(reference.getUid(), owner.getUid())) {
            return OURS;
        }
        boolean sameName = Objects.equals(reference.getKind(), kind)
                && Objects.equals(reference.getName(), owner.getName())
                && reference.getApiVersion() != null
                && reference.getApiVersion().startsWith("finetune.dev/");
        return sameName ? NAMESAKE : FOREIGN;
    }

    /** The controller reference that makes a new child ours. */
    public static OwnerReference reference(String kind, ObjectMeta owner) {
        return new OwnerReferenceBuilder()
                .withApiVersion("finetune.dev/v1alpha1")
                .withKind(kind)
                .withName(owner.getName())
                .withUid(owner.getUid())
                .withController(true)
                .build();
    }

    private static Optional<OwnerReference> controller(HasMetadata child) {
        return child.getMetadata().getOwnerReferences().stream()
                .filter(r -> Boolean.TRUE.equals(r.getController()))
                .findFirst();
    }
}
