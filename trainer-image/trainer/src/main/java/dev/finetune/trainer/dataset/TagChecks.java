package dev.finetune.trainer.dataset;

import dev.finetune.api.Answer;
import dev.finetune.api.CheckAction;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.transform.Entity;
import dev.finetune.trainer.transform.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What must hold for the tags of words: one scheme, IOB2 (O, B-TYPE, I-TYPE) or IO (O, I-TYPE), in all splits. */
final class TagChecks {
    private TagChecks() {}

    /**
     * The tags of train, sorted by code point: O, and those of every type, whether each occurs or not, because a type of which train happens to have only
     * single words goes on for a second one elsewhere.
     *
     * @throws StageException InvalidData where train has no entity, where validation or test has a type that it lacks, or tags of another scheme
     */
    static List<String> tags(Splits splits, String removed, Findings findings) {
        List<String> types = ClassChecks.labels(Answer.Tags, splits, removed, findings.wording());
        boolean begins = splits.train().stream().anyMatch(e -> tags(e).stream().anyMatch(Entity::begins));
        List<String> tags = Entity.tags(types, begins).stream()
                .sorted(ClassChecks.BY_CODE_POINT)
                .toList();
        Stream.concat(splits.validation().stream(), splits.test().stream())
                .filter(e -> !begins && tags(e).stream().anyMatch(Entity::begins))
                .findFirst()
                .ifPresent(e -> {
                    throw new StageException(
                            FailureClass.InvalidData,
                            e.id()
                                    + " has a tag with B-, and train has none: its tags are O and I-TYPE. Write all splits in one scheme, best with B- where an entity begins.");
                });
        if (begins) {
            List<String> loose = Stream.of(splits.train(), splits.validation(), splits.test())
                    .flatMap(List::stream)
                    .flatMap(e -> loose(e).stream())
                    .toList();
            findings.report(
                    "InsideWithoutBegin",
                    CheckAction.Warn,
                    loose.size()
                            + " examples have an I- tag that continues no entity of its type; it counts as the beginning of one, as in seqeval: write B-"
                            + " there if that is meant",
                    loose);
        }
        return tags;
    }

    /** The first tag of an example that continues nothing, as messages show it. */
    private static Optional<String> loose(Example example) {
        List<String> tags = tags(example);
        for (Entity entity : Entity.of(tags)) {
            if (!Entity.begins(tags.get(entity.from()))) {
                String before = entity.from() == 0 ? "at the start" : "after " + tags.get(entity.from() - 1);
                return Optional.of(example.id() + " (" + tags.get(entity.from()) + " " + before + ")");
            }
        }
        return Optional.empty();
    }

    private static List<String> tags(Example example) {
        return TextList.read(example.label());
    }

    /** What is wrong with a row's words and tags, if anything is. */
    static Optional<String> problem(String tokensColumn, List<String> tokens, String tagsColumn, List<String> tags) {
        List<String> problems = new ArrayList<>();
        for (int i = 0; i < tokens.size() && problems.isEmpty(); i++) {
            if (tokens.get(i).isBlank()) {
                problems.add(tokensColumn + "[" + i + "] is empty: take it out, and its tag");
            } else if (Words.split(tokens.get(i)).size() > 1) {
                problems.add(tokensColumn + "[" + i + "] is '" + shown(tokens.get(i))
                        + "', and a token holds no space: make it several, each with a tag");
            }
        }
        if (tokens.size() != tags.size()) {
            problems.add("it has " + tokens.size() + " in '" + tokensColumn + "' and " + tags.size() + " in '"
                    + tagsColumn + "': each token has one tag");
        }
        for (int i = 0; i < tags.size() && problems.isEmpty(); i++) {
            if (!Entity.isTag(tags.get(i))) {
                problems.add(tagsColumn + "[" + i + "] is '" + shown(tags.get(i))
                        + "' where O, B-TYPE or I-TYPE was expected");
            }
        }
        return problems.stream().findFirst();
    }

    private static String shown(String text) {
        return text.length() > 40 ? text.substring(0, 40) + "..." : text;
    }
}
