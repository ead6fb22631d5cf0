package dev.finetune.trainer.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.finetune.trainer.transform.Thesaurus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SynonymFileTest {
    @TempDir
    Path folder;

    @Test
    void wordsOfALineMeanTheSameAndAnArrowLeadsOneWay() throws IOException {
        Thesaurus words = read("""
                # ours
                Auto, Wagen,Kraftfahrzeug ,  motorisiertes   Fahrzeug

                  # and what customers write
                kfz, karre => Auto, Wagen
                Wagen, Karren
                """);

        assertThat(words.synonyms("auto")).containsExactly("Kraftfahrzeug", "Wagen", "motorisiertes Fahrzeug");
        assertThat(words.synonyms("WAGEN"))
                .containsExactly("Auto", "Karren", "Kraftfahrzeug", "motorisiertes Fahrzeug");
        assertThat(words.synonyms("kfz")).containsExactly("Auto", "Wagen");
        assertThat(words.synonyms("Karre")).containsExactly("Auto", "Wagen");
        assertThat(words.synonyms("Fahrzeug")).isEmpty();
        assertThat(words.size()).isEqualTo(6);
    }

    @Test
    void aByteOrderMarkWindowsLineEndsAndSplitAccentsDoNotCount() throws IOException {
        Thesaurus words = read("\uFEFFzu\u0308gig, rasch\r\ncafe\u0301, bistro\r\n");

        assertThat(words.synonyms("z\u00fcgig")).containsExactly("rasch");
        assertThat(words.synonyms("ZU\u0308GIG")).containsExactly("rasch");
        assertThat(words.synonyms("rasch")).containsExactly("z\u00fcgig");
        assertThat(words.synonyms("caf\u00e9")).containsExactly("bistro");
        assertThat(words.synonyms("bistro")).containsExactly("caf\u00e9");
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " | ", quoteCharacter = '"', textBlock = """
            car                     | 'car' stands alone
            car, Car                | 'car, Car' gives no single word another one
            new york, big apple     | 'new york, big apple' gives no single word another one
            new york => nyc         | 'new york => nyc' gives no single word another one
            C++, c#                 | 'C++, c#' gives no single word another one
            car => car              | 'car => car' gives no single word another one
            car, , auto             | a word is missing beside a comma or => in 'car, , auto'
            car, auto,              | a word is missing beside a comma or => in 'car, auto,'
            car =>                  | a word is missing beside a comma or => in ''
            a => b => c             | => stands in it more than once
            car, au\\,to             | a backslash is not for this file
            """)
    void aBadLineIsToldWithItsNumberAndWhatWasExpected(String line, String problem) {
        StageException e = refused("# synonyms\nfast, quick\n" + line + "\n");

        assertThat(e.failure()).isEqualTo(FailureClass.InvalidData);
        assertThat(e)
                .hasMessageStartingWith("words.txt: 1 of 2 lines are no synonyms: line 3: ")
                .hasMessageContainingAll(problem, "'car, automobile'", "spec.dataset.thesaurus");
    }

    @Test
    void manyBadLinesAreOneErrorThatNamesTheFirst() {
        assertThat(refused(String.join("\n", Collections.nCopies(40, "alone"))))
                .hasMessageContainingAll("40 of 40 lines", "line 1: ", "line 5: ", "; ...")
                .hasMessageNotContaining("line 6");
    }

    @Test
    void brokenBytesAndEmptyFilesAreRefused() throws IOException {
        assertThatThrownBy(() -> read("f\u00fcr, pro\n".getBytes(StandardCharsets.ISO_8859_1)))
                .isInstanceOf(StageException.class)
                .hasMessageContainingAll("line 1: it is not valid UTF-8");
        assertThat(refused("# nothing yet\n\n")).hasMessageStartingWith("words.txt holds no synonyms.");
        assertThat(refused("")).hasMessageStartingWith("words.txt holds no synonyms.");
    }

    private StageException refused(String content) {
        return catchThrowableOfType(StageException.class, () -> read(content));
    }

    private Thesaurus read(String content) throws IOException {
        return read(content.getBytes(StandardCharsets.UTF_8));
    }

    private Thesaurus read(byte[] content) throws IOException {
        return SynonymFile.read("words.txt", Files.write(folder.resolve("file"), content));
    }
}
