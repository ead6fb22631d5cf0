package dev.finetune.operator.desired;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import java.time.Instant;

/** The one address of a ModelDeployment: its selector says which version answers. */
public final class ServerService {
    /** Annotation: since when the selector is as it is. */
    public static final String SINCE = Labels.PREFIX + "since";

    private static final int PORT = 80;

    private ServerService() {}

    /** The Service that sends everything to one version. */
    public static Service of(ObjectMeta owner, String digest, Instant since) {
        return new ServiceBuilder()
                .withNewMetadata()
                .withName(owner.getName())
                .withNamespace(owner.getNamespace())
                .withLabels(Labels.ofDeployment(owner.getName()))
                .addToAnnotations(SINCE, Times.write(since))
                .withOwnerReferences(Ownership.reference("ModelDeployment", owner))
                .endMetadata()
                .withNewSpec()
                .withSelector(ServerDeployment.selector(owner.getName(), digest))
                .addNewPort()
                .withName("http")
                .withPort(PORT)
                .withProtocol("TCP")
                .withTargetPort(new IntOrString(ServerDeployment.PORT))
                .endPort()
                .endSpec()
                .build();
    }

    /** Where it answers inside the cluster. */
    public static String url(ObjectMeta owner) {
        return "http://" + owner.getName() + "." + owner.getNamespace() + ".svc";
    }
}
