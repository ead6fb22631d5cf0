package dev.finetune.trainer.source;

import static org.assertj.core.api.Assertions.assertThat;

import dev.finetune.api.Json;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ContentsTest {
    private static final FetchedFile A = new FetchedFile(Path.of("a"), "sha256:" + "a".repeat(64), 10);
    private static final FetchedFile B = new FetchedFile(Path.of("b"), "sha256:" + "b".repeat(64), 5);

    @Test
    void oneFileHasItsOwnDigestWhateverItIsCalled() {
        assertThat(Contents.of(Map.of("train.csv", A))).isEqualTo(new Contents(A.sha256(), 1, 10));
    }

    @Test
    void severalFilesHaveTheDigestOfTheirSortedNamesAndDigests() {
        Map<String, FetchedFile> backwards = new LinkedHashMap<>();
        backwards.put("b/2.csv", B);
        backwards.put("a/1.csv", A);

        Contents contents = Contents.of(backwards);

        assertThat(contents.files()).isEqualTo(2);
        assertThat(contents.bytes()).isEqualTo(15);
        assertThat(contents.digest())
                .isEqualTo(Json.digest("{\"a/1.csv\":\"%s\",\"b/2.csv\":\"%s\"}"
                        .formatted(A.sha256(), B.sha256())
                        .getBytes()));
    }

    @Test
    void aRenamedFileAmongSeveralIsAnotherSource() {
        assertThat(Contents.of(Map.of("1", A, "2", B)).digest())
                .isNotEqualTo(Contents.of(Map.of("1", A, "3", B)).digest());
    }
}
