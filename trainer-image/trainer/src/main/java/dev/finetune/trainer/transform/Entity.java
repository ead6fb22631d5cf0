package dev.finetune.trainer.transform;

import java.util.ArrayList;
import java.util.List;

/**
 * Words that belong together, such as the name of a place, as tags mark them: {@code B-TYPE} where one begins, {@code I-TYPE} where it goes on, {@code O}
 * outside of all. An {@code I-} that continues nothing of its type begins an entity, as in seqeval's default mode and in the pipelines of transformers;
 * so tags without {@code B-} are read as well.
 *
 * @param from its first word
 * @param to the word after its last
 */
public record Entity(String type, int from, int to) {
    /** The tag of words that belong to no entity. */
    public static final String OUTSIDE = "O";

    private static final String BEGIN = "B-";
    private static final String INSIDE = "I-";

    /** The entities that these tags mark, in their order. */
    public static List<Entity> of(List<String> tags) {
        List<Entity> entities = new ArrayList<>();
        String open = "";
        int from = 0;
        for (int i = 0; i < tags.size(); i++) {
            String tag = tags.get(i);
            String type = type(tag);
            if (begins(tag) || !type.equals(open)) {
                close(entities, open, from, i);
                open = type;
                from = i;
            }
        }
        close(entities, open, from, tags.size());
        return List.copyOf(entities);
    }

    private static void close(List<Entity> entities, String type, int from, int to) {
        if (!type.isEmpty()) {
            entities.add(new Entity(type, from, to));
        }
    }

    /** Whether it is a tag of these: O, or B- or I- before a type. */
    public static boolean isTag(String tag) {
        return tag.equals(OUTSIDE) || !type(tag).isEmpty();
    }

    /** Whether a new entity begins with it whatever was before. */
    public static boolean begins(String tag) {
        return tag.startsWith(BEGIN);
    }

    /** The type that a tag names; empty for words outside. */
    public static String type(String tag) {
        return begins(tag) || tag.startsWith(INSIDE) ? tag.substring(BEGIN.length()) : "";
    }

    /** The different types that tags name, in the order of their first. */
    public static List<String> types(List<String> tags) {
        return tags.stream()
                .map(Entity::type)
                .filter(type -> !type.isEmpty())
                .distinct()
                .toList();
    }

    /** The tags of that many types, every one with and without {@code B-}, or without it alone; those that a model can give. */
    public static List<String> tags(List<String> types, boolean withBegin) {
        List<String> tags = new ArrayList<>(List.of(OUTSIDE));
        for (String type : types) {
            if (withBegin) {
                tags.add(BEGIN + type);
            }
            tags.add(INSIDE + type);
        }
        return tags;
    }
}
