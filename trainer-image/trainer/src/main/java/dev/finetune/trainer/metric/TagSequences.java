package dev.finetune.trainer.metric;

import dev.finetune.trainer.transform.Entity;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The tags of texts, one for each word, by number in the order in which they were first seen. The classes that are counted are the types of the entities
 * that the tags mark ({@link Entity}): one is right where type, first and last word are. Right examples and all are counted in words, so accuracy is
 * that of tags. Both are the definitions of seqeval in its default mode. A type that is none of the data's has the class after the last. All sequences
 * must be known before several threads read.
 */
public final class TagSequences implements Outcomes {
    /** The tag of a word about which a model said nothing that is a tag: wrong, and of no entity. */
    public static final String NONE = "";

    private static final int BITS = 20;

    private final List<String> tags;
    private final List<String> types;
    private final Map<String, Integer> indices = new HashMap<>();
    private final List<String> names = new ArrayList<>();
    private final Map<String, Integer> typeIndices = new HashMap<>();
    private final Map<IntBuffer, Integer> numbers = new HashMap<>();
    private final List<int[]> sequences = new ArrayList<>();
    private final List<long[]> entities = new ArrayList<>();

    /** Sequences of these tags. */
    public TagSequences(List<String> tags) {
        this.tags = List.copyOf(tags);
        this.types = Entity.types(tags);
        types.forEach(this::typeIndex);
        tags.forEach(this::index);
    }

    /** The tags, in the order of scores. */
    public List<String> tags() {
        return tags;
    }

    /** The types that they name: the classes. */
    public List<String> types() {
        return types;
    }

    @Override
    public int labels() {
        return types.size();
    }

    @Override
    public boolean averagesWhatIsGiven() {
        return true;
    }

    /** The number of a sequence, of tags that may be none of the data's: the same for equal ones. */
    public int number(List<String> sequence) {
        int[] words = sequence.stream().mapToInt(this::index).toArray();
        Integer known = numbers.get(IntBuffer.wrap(words));
        if (known != null) {
            return known;
        }
        numbers.put(IntBuffer.wrap(words), sequences.size());
        sequences.add(words);
        entities.add(Entity.of(sequence).stream().mapToLong(this::code).toArray());
        return sequences.size() - 1;
    }

    /** The numbers of the sequences of best tags, from rows of scores {@code [words x tags]}. */
    public int[] decisions(double[][] scores) {
        int[] decisions = new int[scores.length];
        for (int i = 0; i < scores.length; i++) {
            decisions[i] = number(Decisions.tags(scores[i], tags));
        }
        return decisions;
    }

    /** The tags of the sequence of that number. */
    public List<String> sequence(int number) {
        return Arrays.stream(sequences.get(number)).mapToObj(names::get).toList();
    }

    /** For each word the index of its tag; from {@link #labels} of tags on where it is none of the data's. */
    int[] words(int number) {
        return sequences.get(number);
    }

    /** How many entities of that class the sequence has. */
    public int count(int number, int label) {
        int count = 0;
        for (long entity : entities.get(number)) {
            count += classOf(entity) == label ? 1 : 0;
        }
        return count;
    }

    /** Whether every entity of that class that the first sequence has is in the second. */
    public boolean found(int first, int second, int label) {
        long[] others = entities.get(second);
        for (long entity : entities.get(first)) {
            if (classOf(entity) == label && Arrays.binarySearch(others, entity) < 0) {
                return false;
            }
        }
        return true;
    }

    @Override
    public void count(int truth, int decision, long examples, ClassCounts counts) {
        int[] words = sequences.get(truth);
        int[] given = sequences.get(decision);
        int right = 0;
        for (int w = 0; w < words.length; w++) {
            right += words[w] == given[w] ? 1 : 0;
        }
        counts.addExamples(words.length * examples, right * examples);
        long[] has = entities.get(truth);
        for (long entity : has) {
            counts.addActual(classOf(entity), examples);
        }
        int next = 0;
        for (long entity : entities.get(decision)) {
            int label = classOf(entity);
            counts.addPredicted(label, examples);
            while (next < has.length && has[next] < entity) {
                next++;
            }
            if (next < has.length && has[next] == entity) {
                counts.addHit(label, examples);
            }
        }
    }

    /** First word, word after the last, and type in one number, so that entities of a text are in its order and equal ones are equal. */
    private long code(Entity entity) {
        if (entity.to() >> BITS != 0) {
            throw new IllegalArgumentException("a text of more than a million words");
        }
        return ((long) entity.from() << 2 * BITS) | ((long) entity.to() << BITS) | typeIndex(entity.type());
    }

    private int classOf(long entity) {
        return Math.min((int) (entity & ((1 << BITS) - 1)), types.size());
    }

    private int typeIndex(String type) {
        return typeIndices.computeIfAbsent(type, _ -> typeIndices.size());
    }

    private int index(String tag) {
        return indices.computeIfAbsent(tag, _ -> {
            names.add(tag);
            return names.size() - 1;
        });
    }
}
