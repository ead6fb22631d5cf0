package dev.finetune.operator.kube;

import dev.finetune.operator.desired.Announcement;
import dev.finetune.operator.desired.Decision;
import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.desired.Ownership;
import io.fabric8.kubernetes.api.model.DeleteOptions;
import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.net.HttpURLConnection;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Carries out decisions. Every write is fenced: by resourceVersion, by uid, or by being a creation. */
public final class Applier {
    private static final Set<String> ENDED = Set.of("Succeeded", "Failed");
    private static final int UNPROCESSABLE = 422;

    private final KubernetesClient client;
    private final EventRecorder recorder;

    /** An applier that writes through that client. */
    public Applier(KubernetesClient client, EventRecorder recorder) {
        this.client = client;
        this.recorder = recorder;
    }

    /** Carries out {@code decision} about {@code observed}, which must be exactly what the decision was made from. */
    public <S, R extends CustomResource<?, S>> Outcome<R> apply(R observed, Decision<S> decision, Context<R> context) {
        R primary = observed;
        if (!Objects.equals(observed.getStatus(), decision.status())) {
            Optional<R> patched = writeStatus(observed, decision, context);
            if (patched.isEmpty()) {
                return new Outcome.Stale<>();
            }
            primary = patched.get();
        }
        for (Announcement event : decision.events()) {
            recorder.record(primary, event);
        }
        for (HasMetadata object : decision.delete()) {
            delete(object);
        }
        boolean writes = !decision.create().isEmpty() || !decision.apply().isEmpty();
        if (writes && !isCurrent(primary)) {
            return new Outcome.Stale<>();
        }
        for (HasMetadata object : decision.create()) {
            Optional<Outcome<R>> obstacle = create(primary, object);
            if (obstacle.isPresent()) {
                return obstacle.get();
            }
        }
        for (HasMetadata object : decision.apply()) {
            Optional<Outcome<R>> obstacle = applyOwned(primary, object);
            if (obstacle.isPresent()) {
                return obstacle.get();
            }
        }
        return new Outcome.Done<>(primary);
    }

    /**
     * Where what is stored does not fit the schema that its kind has now, the API server takes no status, whatever that holds: what it
     * would have told becomes events.
     */
    private <S, R extends CustomResource<?, S>> Optional<R> writeStatus(
            R observed, Decision<S> decision, Context<R> context) {
        try {
            return patchStatus(observed, decision.status(), context);
        } catch (KubernetesClientException e) {
            if (!StatusRefused.isMeant(e.getCode(), message(e))) {
                throw e;
            }
            String text = StatusRefused.text(e.getCode(), message(e));
            decision.events().forEach(event -> recorder.record(observed, event));
            recorder.record(observed, Announcement.warning("StatusRefused", text));
            throw new StatusRefused(text);
        }
    }

    /**
     * Server-side apply of a fresh object with the observed resourceVersion. Without it the status of a deleted object is
     * accepted by its namesake, which is then born with it.
     */
    private <S, R extends CustomResource<?, S>> Optional<R> patchStatus(R observed, S status, Context<R> context) {
        R fresh = fresh(observed);
        fresh.setStatus(status);
        try {
            R patched = client.resource(fresh)
                    .subresource("status")
                    .patch(new PatchContext.Builder()
                            .withPatchType(PatchType.SERVER_SIDE_APPLY)
                            .withFieldManager(Labels.OPERATOR)
                            .withForce(true)
                            .build());
            context.eventSourceRetriever()
                    .getControllerEventSource()
                    .handleRecentResourceUpdate(ResourceID.fromResource(observed), patched, observed);
            return Optional.of(patched);
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT || e.getCode() == HttpURLConnection.HTTP_NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    @SuppressWarnings("unchecked")
    private static <R extends CustomResource<?, ?>> R fresh(R observed) {
        CustomResource<?, ?> fresh = switch (observed) {
            case FineTuneJob job -> new FineTuneJob();
            case ModelDeployment deployment -> new ModelDeployment();
            default -> throw new IllegalArgumentException("not one of ours: " + observed.getKind());
        };
        fresh.setMetadata(new ObjectMetaBuilder()
                .withName(observed.getMetadata().getName())
                .withNamespace(observed.getMetadata().getNamespace())
                .withUid(observed.getMetadata().getUid())
                .withResourceVersion(observed.getMetadata().getResourceVersion())
                .build());
        return (R) fresh;
    }

    /** A last look before anything is made: a leader that was cut off, or a stale cache, must not make children. */
    private boolean isCurrent(HasMetadata primary) {
        HasMetadata live = client.resource(primary).get();
        return live != null
                && live.getMetadata().getDeletionTimestamp() == null
                && Objects.equals(
                        live.getMetadata().getUid(), primary.getMetadata().getUid())
                && Objects.equals(
                        live.getMetadata().getResourceVersion(),
                        primary.getMetadata().getResourceVersion());
    }

    private <R extends HasMetadata> Optional<Outcome<R>> create(R primary, HasMetadata object) {
        if (object instanceof Job job) {
            Optional<Pod> earlier = unfinishedPod(job);
            if (earlier.isPresent()) {
                return Optional.of(new Outcome.Waiting<>(
                        primary, earlier.get().getMetadata().getName()));
            }
        }
        try {
            client.raw(collection(object) + "?fieldManager=" + Labels.OPERATOR, "POST", object);
            return Optional.empty();
        } catch (KubernetesClientException e) {
            return switch (e.getCode()) {
                case HttpURLConnection.HTTP_CONFLICT -> existing(primary, object);
                case HttpURLConnection.HTTP_FORBIDDEN, HttpURLConnection.HTTP_BAD_REQUEST, UNPROCESSABLE ->
                    Optional.of(refused(primary, object, e));
                default -> throw e;
            };
        }
    }

    private <R extends HasMetadata> Optional<Outcome<R>> existing(R primary, HasMetadata object) {
        HasMetadata existing = client.resource(object).get();
        if (existing == null) {
            return Optional.of(new Outcome.Stale<>());
        }
        return switch (Ownership.of(existing, primary)) {
            case OURS -> Optional.empty();
            case NAMESAKE -> Optional.of(new Outcome.Stale<>());
            case FOREIGN -> Optional.of(new Outcome.Conflict<>(primary, existing));
        };
    }

    /** One writer: no two pods of a stage, whatever the caches say. */
    private Optional<Pod> unfinishedPod(Job job) {
        var labels = job.getMetadata().getLabels();
        return client
                .pods()
                .inNamespace(job.getMetadata().getNamespace())
                .withLabel(Labels.JOB, labels.get(Labels.JOB))
                .withLabel(Labels.STAGE, labels.get(Labels.STAGE))
                .list()
                .getItems()
                .stream()
                .filter(p ->
                        p.getStatus() == null || !ENDED.contains(p.getStatus().getPhase()))
                .findFirst();
    }

    private <R extends HasMetadata> Optional<Outcome<R>> applyOwned(R primary, HasMetadata object) {
        HasMetadata live = client.resource(object).get();
        if (live == null) {
            return create(primary, object);
        }
        if (Ownership.of(live, primary) != Ownership.OURS) {
            return existing(primary, object);
        }
        object.getMetadata().setResourceVersion(live.getMetadata().getResourceVersion());
        try {
            client.resource(object)
                    .patch(new PatchContext.Builder()
                            .withPatchType(PatchType.SERVER_SIDE_APPLY)
                            .withFieldManager(Labels.OPERATOR)
                            .withForce(true)
                            .build());
            return Optional.empty();
        } catch (KubernetesClientException e) {
            return switch (e.getCode()) {
                case HttpURLConnection.HTTP_CONFLICT -> Optional.of(new Outcome.Stale<>());
                case HttpURLConnection.HTTP_FORBIDDEN, HttpURLConnection.HTTP_BAD_REQUEST, UNPROCESSABLE ->
                    Optional.of(refused(primary, object, e));
                default -> throw e;
            };
        }
    }

    private static <R> Outcome<R> refused(R primary, HasMetadata object, KubernetesClientException e) {
        return new Outcome.Refused<>(primary, object, e.getCode(), message(e));
    }

    private static String message(KubernetesClientException e) {
        return e.getStatus() != null && e.getStatus().getMessage() != null
                ? e.getStatus().getMessage()
                : String.valueOf(e.getMessage());
    }

    /** Only the very object that was observed: a namesake has another uid. */
    private void delete(HasMetadata object) {
        DeleteOptions options = new DeleteOptionsBuilder()
                .withPropagationPolicy("Background")
                .withNewPreconditions()
                .withUid(object.getMetadata().getUid())
                .endPreconditions()
                .build();
        try {
            client.raw(path(object), "DELETE", options);
        } catch (KubernetesClientException e) {
            boolean gone =
                    e.getCode() == HttpURLConnection.HTTP_NOT_FOUND || e.getCode() == HttpURLConnection.HTTP_CONFLICT;
            if (!gone) {
                throw e;
            }
        }
    }

    private static String path(HasMetadata object) {
        return collection(object) + "/" + object.getMetadata().getName();
    }

    private static String collection(HasMetadata object) {
        String version = object.getApiVersion();
        String root = version.contains("/") ? "/apis/" : "/api/";
        return root + version + "/namespaces/" + object.getMetadata().getNamespace() + "/" + object.getPlural();
    }
}
