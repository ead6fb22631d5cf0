package dev.finetune.acceptance.job;

import dev.finetune.operator.desired.Labels;
import dev.finetune.operator.kube.FineTuneJob;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.Watch;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.fabric8.kubernetes.client.dsl.FilterWatchListDeletable;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Everything that the API server ever told about a job, its Jobs and its pods, in order for each of them. */
final class JobHistory implements AutoCloseable {
    private final Queue<Change> changes = new ConcurrentLinkedQueue<>();
    private final Queue<String> broken = new ConcurrentLinkedQueue<>();
    private final List<Watch> watches = new ArrayList<>();

    private record Change(Watcher.Action action, HasMetadata object) {}

    private JobHistory() {}

    /** Begins to listen; the job is created afterwards. */
    static JobHistory of(SmallJobs jobs, String name) {
        JobHistory history = new JobHistory();
        history.listen(jobs.client
                .resources(FineTuneJob.class)
                .inNamespace(jobs.namespace)
                .withField("metadata.name", name));
        history.listen(
                jobs.client.batch().v1().jobs().inNamespace(jobs.namespace).withLabel(Labels.JOB, name));
        history.listen(jobs.client.pods().inNamespace(jobs.namespace).withLabel(Labels.JOB, name));
        return history;
    }

    /** From a version that is named: without one, and with bookmarks, an API server on an older etcd refuses to watch. */
    private <T extends HasMetadata> void listen(
            FilterWatchListDeletable<T, ? extends KubernetesResourceList<T>, ?> objects) {
        String version = objects.list().getMetadata().getResourceVersion();
        watches.add(objects.watch(
                new ListOptionsBuilder().withResourceVersion(version).build(), listener()));
    }

    /** What was created, in order. */
    <T extends HasMetadata> List<T> created(Class<T> type) {
        return objects(type, Watcher.Action.ADDED::equals).toList();
    }

    /** All that was seen of these objects, in order. */
    <T extends HasMetadata> List<T> seen(Class<T> type) {
        return objects(type, a -> true).toList();
    }

    /** The last that was seen of the Job of that name. */
    Optional<Job> job(String name) {
        return objects(Job.class, a -> true)
                .filter(j -> name.equals(j.getMetadata().getName()))
                .reduce((before, after) -> after);
    }

    /** How the container of that pod ended, if it was seen to. */
    Optional<ContainerStateTerminated> end(String pod) {
        return pod(pod).flatMap(p -> p.getStatus().getContainerStatuses().stream()
                .map(c -> c.getState().getTerminated())
                .filter(Objects::nonNull)
                .findFirst());
    }

    /** The last that was seen of that pod. */
    Optional<Pod> pod(String name) {
        return objects(Pod.class, a -> true)
                .filter(p -> name.equals(p.getMetadata().getName()))
                .reduce((before, after) -> after);
    }

    /** Whether something was missed. */
    List<String> broken() {
        return List.copyOf(broken);
    }

    @Override
    public void close() {
        watches.forEach(Watch::close);
    }

    private <T extends HasMetadata> Stream<T> objects(Class<T> type, Predicate<Watcher.Action> action) {
        return changes.stream()
                .filter(c -> action.test(c.action()))
                .map(Change::object)
                .filter(type::isInstance)
                .map(type::cast);
    }

    private <T extends HasMetadata> Watcher<T> listener() {
        return new Watcher<>() {
            @Override
            public void eventReceived(Action action, T object) {
                switch (action) {
                    case ADDED, MODIFIED, DELETED -> changes.add(new Change(action, object));
                    case ERROR, BOOKMARK -> broken.add(action + " " + object);
                }
            }

            @Override
            public void onClose(WatcherException cause) {
                broken.add(String.valueOf(cause));
            }

            @Override
            public void onClose() {
                // Closed by the test.
            }
        };
    }
}
