package dev.finetune.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StorageUriTest {
    @Test
    void aQueryIsShownAsOneWithoutWhatItHolds() {
        assertThat(StorageUri.withoutQuery("https://host/data.csv?X-Amz-Signature=abc&x=1"))
                .isEqualTo("https://host/data.csv?...");
        assertThat(StorageUri.withoutQuery("HTTPS://host/data.csv?sig=abc")).isEqualTo("HTTPS://host/data.csv?...");
        assertThat(StorageUri.withoutQuery("https://host/data.csv")).isEqualTo("https://host/data.csv");
        assertThat(StorageUri.withoutQuery("s3://bucket/what?.csv")).isEqualTo("s3://bucket/what?.csv");
    }
}
