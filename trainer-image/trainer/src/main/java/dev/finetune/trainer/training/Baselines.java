package dev.finetune.trainer.training;

import dev.finetune.trainer.dataset.Example;
import dev.finetune.trainer.model.Network;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

/** Fits what the candidate will be compared with and needs training data: {@code run/baselines}. Fitted once per training. */
final class Baselines {
    private final Path folder;
    private final Lease lease;
    private final String trainingDigest;

    /** What the frozen backbone makes of both splits. */
    record Features(FrozenFeatures train, FrozenFeatures validation) {}

    Baselines(Path folder, Lease lease, String trainingDigest) {
        this.folder = folder;
        this.lease = lease;
        this.trainingDigest = trainingDigest;
    }

    /** The answer that is best on train whatever the input. */
    void fitPrior(Objective objective) {
        Prior prior = objective.prior();
        lease.write(folder.resolve(Prior.FILE), prior);
    }

    /**
     * The probe, unless an earlier run of this training left it; gives the features if they were computed or are needed; {@code done} hears of how
     * many examples they are, and may stop it.
     */
    <B> Optional<Features> fitProbe(
            Network<B> model,
            ModelInputs<B> train,
            ModelInputs<B> validation,
            Probe.Texts texts,
            Objective objective,
            boolean needed,
            IntConsumer done) {
        boolean fitted = ProbeFile.isOf(folder, trainingDigest);
        if (fitted && !needed) {
            return Optional.empty();
        }
        Features features = new Features(
                FrozenFeatures.of(model, train, done),
                FrozenFeatures.of(model, validation, more -> done.accept(train.size() + more)));
        if (!fitted) {
            Probe probe = Probe.fit(texts, objective, features.train(), features.validation());
            ProbeFile.write(folder, probe, trainingDigest, lease);
        }
        return Optional.of(features);
    }

    /** Whether an earlier run of this training has looked for labels that are probably wrong. */
    boolean haveSuspects() {
        return SuspectedLabels.isOf(folder, trainingDigest);
    }

    /** Looks for labels of train that are probably wrong, once the probe is fitted; {@code between} is run between fits, and may stop it. */
    void suspect(List<Example> train, FrozenFeatures features, Runnable between) throws IOException {
        Probe probe = ProbeFile.read(folder);
        SuspectedLabels suspects = SuspectedLabels.of(trainingDigest, train, probe, features, between);
        lease.write(folder.resolve(SuspectedLabels.FILE), suspects);
    }
}
