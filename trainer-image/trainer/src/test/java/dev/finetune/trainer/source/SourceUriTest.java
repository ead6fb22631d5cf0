package dev.finetune.trainer.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SourceUriTest {
    @ParameterizedTest
    @CsvSource({
        "pvc://data/sms/train.csv,train.csv",
        "configmap://reviews/test.csv,test.csv",
        "https://host:8443/a/b%20c.csv?sig=1,b c.csv",
        "oci://registry.example.com:5000/team/data:v1,data",
        "oci://registry.example.com/team/data:v1/a/train.csv,train.csv",
        "oci://registry.example.com/data@sha256:1111111111111111111111111111111111111111111111111111111111111111,data",
        "oci://registry.example.com/data:v1@sha256:1111111111111111111111111111111111111111111111111111111111111111/x.csv,x.csv",
        "file:///tmp/x.csv,x.csv",
        "file://relative/x.csv,x.csv",
    })
    void namesTheFile(String address, String name) {
        SourceUri uri = SourceUri.parse("f", address);
        assertThat(uri.fileName()).isEqualTo(name);
        assertThat(uri).hasToString(address);
    }

    @Test
    void readsAnEncodedPathAndAPlainOne() {
        assertThat(SourceUri.parse("f", "file:///tmp/a%20b.csv"))
                .isEqualTo(new SourceUri.LocalFile(Path.of("/tmp/a b.csv")));
        assertThat(SourceUri.parse("f", "file:///tmp/a b.csv"))
                .isEqualTo(new SourceUri.LocalFile(Path.of("/tmp/a b.csv")));
        assertThat(SourceUri.parse("f", "file:///tmp/100%")).isEqualTo(new SourceUri.LocalFile(Path.of("/tmp/100%")));
    }

    @Test
    void takesAClaimsRoot() {
        assertThat(SourceUri.parse("f", "pvc://models/")).isEqualTo(new SourceUri.Claim("models", ""));
        assertThat(SourceUri.parse("f", "pvc://models")).isEqualTo(new SourceUri.Claim("models", ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "train.csv",
                "pvc:/data/x",
                "pvc:///x",
                "pvc://UPPER/x",
                "pvc://data/../x",
                "pvc://data/a/../../x",
                "pvc://data//x",
                "oci://registry.example.com",
                "oci://registry.example.com/",
                "oci://registry.example.com/UPPER:v1",
                "oci://registry.example.com/data@sha256:1",
                "oci://registry.example.com/data@md5:11",
                "oci://registry.example.com/data:v1/../x",
                "oci://registry.example.com/data/TRAIN.csv",
                "configmap://name",
                "configmap://name/",
                "configmap://name/..",
                "configmap://name/a/b",
                "http://host/x",
                "https:///x",
                "https://host/a b",
                "s3://B_cket/x",
                "s3:///x",
                "file://",
                "ftp://host/x",
                "pvc://data/x\u0000",
                "https://host/%zz"
            })
    void refusesOtherFormsAndNamesFieldAndAddress(String address) {
        assertThatThrownBy(() -> SourceUri.parse("spec.dataset.train.storageUri", address))
                .isInstanceOfSatisfying(
                        StageException.class, e -> assertThat(e.failure()).isEqualTo(FailureClass.InvalidSpec))
                .hasMessageContainingAll("spec.dataset.train.storageUri is '" + address + "': ");
    }

    @Test
    void neverRepeatsAPassword() {
        assertThatThrownBy(() -> SourceUri.parse("f", "https://me:hunter2@host/x"))
                .message()
                .doesNotContain("hunter2");
        assertThatThrownBy(() -> SourceUri.parse("f", "oci://me:hunter2@registry.example.com/data:v1"))
                .message()
                .doesNotContain("hunter2");
    }
}
