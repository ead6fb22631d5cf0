package dev.finetune.operator.kube;

import dev.finetune.api.Json;
import dev.finetune.operator.desired.Announcement;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.MicroTime;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.api.model.events.v1.EventBuilder;
import io.fabric8.kubernetes.api.model.events.v1.EventSeriesBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records events of {@code events.k8s.io/v1}. The name follows from object, reason and note, so the same thing told twice is
 * one event with a series, also after a restart. An event that cannot be recorded is logged and forgotten: no outcome
 * depends on it.
 */
public final class EventRecorder {
    private static final Logger LOG = LoggerFactory.getLogger(EventRecorder.class);
    private static final DateTimeFormatter MICROS =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    private static final int NOTE_BYTES = 1024;
    private static final int HASH_DIGITS = 16;

    private final KubernetesClient client;
    private final Clock clock;
    private final String instance;

    /** A recorder that signs as the operator instance of that name. */
    public EventRecorder(KubernetesClient client, Clock clock, String instance) {
        this.client = client;
        this.clock = clock;
        this.instance = instance;
    }

    /** Records {@code announcement} about {@code regarding}. */
    public void record(HasMetadata regarding, Announcement announcement) {
        try {
            Event event = event(regarding, announcement);
            var resource = client.resource(event);
            try {
                resource.create();
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                    throw e;
                }
                resource.edit(this::again);
            }
        } catch (KubernetesClientException e) {
            LOG.atInfo()
                    .addKeyValue("reason", announcement.reason())
                    .log("event not recorded: {}", String.valueOf(e.getMessage()));
        }
    }

    private Event event(HasMetadata regarding, Announcement announcement) {
        String uid = regarding.getMetadata().getUid();
        String hash = Json.digest((uid + '\n' + announcement.reason() + '\n' + announcement.note())
                        .getBytes(StandardCharsets.UTF_8))
                .substring("sha256:".length(), "sha256:".length() + HASH_DIGITS);
        return new EventBuilder()
                .withNewMetadata()
                .withName(regarding.getMetadata().getName() + "." + hash)
                .withNamespace(regarding.getMetadata().getNamespace())
                .endMetadata()
                .withEventTime(now())
                .withType(announcement.type().name())
                .withReason(announcement.reason())
                .withAction(announcement.reason())
                .withNote(cut(announcement.note()))
                .withReportingController("finetune.dev/operator")
                .withReportingInstance(instance)
                .withRegarding(new ObjectReferenceBuilder()
                        .withApiVersion(regarding.getApiVersion())
                        .withKind(regarding.getKind())
                        .withName(regarding.getMetadata().getName())
                        .withNamespace(regarding.getMetadata().getNamespace())
                        .withUid(uid)
                        .withResourceVersion(regarding.getMetadata().getResourceVersion())
                        .build())
                .build();
    }

    private Event again(Event known) {
        int count = known.getSeries() == null ? 1 : known.getSeries().getCount();
        return known.toBuilder()
                .withSeries(new EventSeriesBuilder()
                        .withCount(count + 1)
                        .withLastObservedTime(now())
                        .build())
                .build();
    }

    private MicroTime now() {
        return new MicroTime(MICROS.format(clock.instant()));
    }

    /** The longest prefix of at most 1,024 bytes that ends between characters. */
    private static String cut(String note) {
        if (note.getBytes(StandardCharsets.UTF_8).length <= NOTE_BYTES) {
            return note;
        }
        int end = note.offsetByCodePoints(0, Math.min(NOTE_BYTES, note.codePointCount(0, note.length())));
        while (note.substring(0, end).getBytes(StandardCharsets.UTF_8).length > NOTE_BYTES) {
            end = note.offsetByCodePoints(end, -1);
        }
        return note.substring(0, end);
    }
}
