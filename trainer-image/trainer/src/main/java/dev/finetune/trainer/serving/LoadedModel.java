package dev.finetune.trainer.serving;

import dev.finetune.api.Answer;
import dev.finetune.trainer.artifact.Manifest;
import dev.finetune.trainer.metric.Decisions;
import dev.finetune.trainer.model.Predictor;
import java.util.List;

/** A verified model that is ready to answer, with what people want to read about it. */
record LoadedModel(Identity identity, Shape shape, Pages pages, Predictor predictor) {
    /** What it is asked and what it answers: images, single texts or pairs; one label or several, entities, or numbers. */
    record Shape(boolean images, boolean pairs, Answer answer, List<String> labels) {
        /** The shape of a model of texts. */
        Shape(boolean pairs, Answer answer, List<String> labels) {
            this(false, pairs, answer, labels);
        }

        /** Whether it tags words, so that inputs are cut into words first. */
        boolean ofWords() {
            return answer == Answer.Tags;
        }

        /** The shape of a published model. */
        static Shape of(Manifest manifest) {
            return new Shape(
                    manifest.task().ofImages(),
                    manifest.spec().hasPairs(),
                    manifest.spec().answer(),
                    manifest.labels());
        }
    }

    /** The labels, in the order of the scores. */
    List<String> labels() {
        return shape.labels();
    }

    /** The score from which a label is given, where a text may have several. */
    double threshold() {
        return predictor.threshold();
    }

    /** The labels that are given for these scores, where a text may have several. */
    List<String> given(double[] scores) {
        return Decisions.given(scores, threshold(), labels());
    }

    /** What every answer says about the model that gave it. */
    record Identity(String name, String version, String digest) {
        /** Whether a client that names a version means this one: the short version, or any longer piece of the digest. */
        boolean isVersion(String asked) {
            String hex = digest.substring(digest.indexOf(':') + 1);
            return asked.length() >= version.length() && (hex.startsWith(asked) || digest.equals(asked));
        }
    }

    /** The model card as Markdown, the report as HTML; empty where the artefact has none. */
    record Pages(String card, byte[] report) {}
}
