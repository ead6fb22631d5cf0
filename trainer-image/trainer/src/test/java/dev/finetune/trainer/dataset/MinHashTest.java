package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.trainer.transform.TextInput;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MinHashTest {
    @Test
    void copiesAreCandidatesAndTextsThatBeginAlikeHardlyEver() {
        PlantedTexts texts = new PlantedTexts(1, 40, 60);
        int candidates = 0;
        int alarms = 0;
        for (int i = 0; i < 300; i++) {
            String text = texts.fresh();
            MinHash hash = hash(text);
            MinHash copy = hash(texts.copy(text, i));
            candidates += agree(hash, copy) && MinHash.mayBeAlike(hash.sketch(), copy.sketch()) ? 1 : 0;

            MinHash decoy = hash(texts.decoy(text));
            alarms += MinHash.mayBeAlike(hash.sketch(), decoy.sketch()) ? 1 : 0;
        }
        assertThat(candidates).isGreaterThanOrEqualTo(299);
        // Some are half alike: with 80 of 160 equal and a standard deviation of 6.3, one in ten of those is compared.
        assertThat(alarms).isLessThanOrEqualTo(15);
    }

    /** 160 orders; of two inputs with 0.7 in common 112 agree, with a standard deviation of 5.8. */
    @Test
    void aSketchIsComparedByteByByte() {
        Random random = new Random(2);
        long[] sketch = random.longs(20).toArray();
        for (int equal = 0; equal <= 160; equal++) {
            long[] other = sketch.clone();
            int[] changed = random.ints(0, 160).distinct().limit(160 - equal).toArray();
            for (int at : changed) {
                other[at / 8] ^= (1L + random.nextInt(255)) << (8 * (at % 8));
            }
            assertThat(MinHash.mayBeAlike(sketch, other)).as("%d equal", equal).isEqualTo(equal >= 88);
        }
    }

    @Test
    void theTextsOfAPairAreNotTakenForEachOther() {
        MinHash one =
                MinHash.of(Shingles.of(new TextInput("What is this text about, and why?", "Nothing much at all.")));
        MinHash swapped =
                MinHash.of(Shingles.of(new TextInput("Nothing much at all.", "What is this text about, and why?")));

        assertThat(MinHash.mayBeAlike(one.sketch(), swapped.sketch())).isFalse();
        assertThat(agree(one, swapped)).isFalse();
    }

    private static boolean agree(MinHash one, MinHash other) {
        return IntStream.range(0, MinHash.BANDS).anyMatch(b -> one.bands()[b] == other.bands()[b]);
    }

    private static MinHash hash(String text) {
        MinHash hash = MinHash.of(Shingles.of(TextInput.of(text)));
        assertThat(Arrays.stream(hash.bands()).distinct().count()).isGreaterThan(MinHash.BANDS - 3);
        return hash;
    }
}
