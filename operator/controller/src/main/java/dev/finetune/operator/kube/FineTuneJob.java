package dev.finetune.operator.kube;

import dev.finetune.api.FineTuneJobSpec;
import dev.finetune.api.FineTuneJobStatus;
import dev.finetune.api.Problem;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Plural;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;
import java.util.List;

/** From a pre-trained model and data to a judged model. */
@Group("finetune.dev")
@Version("v1alpha1")
@Plural("finetunejobs")
@ShortNames("ftj")
public final class FineTuneJob extends CustomResource<FineTuneJobSpec, FineTuneJobStatus>
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
