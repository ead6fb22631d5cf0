package dev.finetune.operator.kube;

import dev.finetune.api.ModelDeploymentSpec;
import dev.finetune.api.ModelDeploymentStatus;
import dev.finetune.api.Problem;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;

/** Serves a model and follows its name. */
@Group("finetune.dev")
@Version("v1alpha1")
@Plural("modeldeployments")
@ShortNames("mdep")
public final class ModelDeployment extends CustomResource<ModelDeploymentSpec, ModelDeploymentStatus>
        implements Namespaced, OwnKind {
    private static final long serialVersionUID = 1L;

    private transient List<Problem> unreadable = List.of();

    @Override
    public List<Problem> unreadable() {
        return unreadable;
    }

    @Override
    public void unreadable(List<Problem> problems) {
        unreadable = List.copyOf(problems);
    }
}
