package dev.finetune.trainer.training;

import dev.finetune.trainer.model.Network;
import java.nio.file.Path;
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
}
