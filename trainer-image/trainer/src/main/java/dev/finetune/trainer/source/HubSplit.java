package dev.finetune.trainer.source;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The Parquet files of one split of a data set, as {@code <split>} or {@code <configuration>/<split>} names it. The hub keeps every data set as Parquet on a branch of
 * its own, {@value #CONVERTED}, as {@code <configuration>/<split>/<number>.parquet}; where there is no such branch, or a revision was asked
 * for, the repository's own files count, {@code [<configuration>/ or data/]<split>-<number>.parquet}.
 */
final class HubSplit {
    static final String CONVERTED = "refs/convert/parquet";
    private static final Pattern CONVERTED_FILE = Pattern.compile("([^/]+)/([^/]+)/[^/]+\\.parquet");
    private static final Pattern OWN_FILE = Pattern.compile("(?:([^/]+)/)?([^/]+?)(?:-\\d{5}-of-\\d{5}.*)?\\.parquet");
    private static final String DEFAULT = "default";

    private HubSplit() {}

    /** The files, in the order of their names. */
    static HubFilesAt of(Hub hub, SourceUri.Hub uri) {
        Optional<Hub.Commit> converted = uri.revision().isEmpty()
                ? hub.commit(Hub.Kind.datasets, uri.repository(), CONVERTED)
                : Optional.empty();
        Hub.Commit commit = converted
                .or(() -> hub.commit(Hub.Kind.datasets, uri.repository(), uri.revisionOrMain()))
                .orElseThrow(uri::missing);
        TreeMap<String, TreeMap<String, List<String>>> splits =
                splits(commit, converted.isPresent() ? CONVERTED_FILE : OWN_FILE);
        String[] path = uri.path().replaceAll("/+$", "").split("/");
        String split = path[path.length - 1];
        String configuration = path.length > 1 ? path[path.length - 2] : only(uri, splits);
        List<String> files = splits.getOrDefault(configuration, new TreeMap<>()).get(split);
        if (path.length > 2 || split.isEmpty() || files == null) {
            throw new StageException(
                    FailureClass.SourceUnavailable,
                    "Cannot read " + uri
                            + ": hf://owner/name/split or hf://owner/name/configuration/split was expected, and the data set has "
                            + (splits.isEmpty() ? "no Parquet files" : shown(splits)) + ".");
        }
        return new HubFilesAt(new HubFiles(hub, Hub.Kind.datasets, uri.repository(), commit, ""), files);
    }

    /** Some files of a repository. */
    record HubFilesAt(HubFiles files, List<String> names) {}

    private static TreeMap<String, TreeMap<String, List<String>>> splits(Hub.Commit commit, Pattern form) {
        TreeMap<String, TreeMap<String, List<String>>> splits = new TreeMap<>();
        for (String file : commit.files().keySet()) {
            Matcher matcher = form.matcher(file);
            if (matcher.matches()) {
                String folder = matcher.group(1);
                splits.computeIfAbsent(folder == null || folder.equals("data") ? DEFAULT : folder, c -> new TreeMap<>())
                        .computeIfAbsent(matcher.group(2), s -> new java.util.ArrayList<>())
                        .add(file);
            }
        }
        return splits;
    }

    private static String only(SourceUri.Hub uri, TreeMap<String, TreeMap<String, List<String>>> splits) {
        if (splits.size() == 1) {
            return splits.firstKey();
        }
        if (splits.containsKey(DEFAULT) || splits.isEmpty()) {
            return DEFAULT;
        }
        throw new StageException(
                FailureClass.InvalidSpec,
                uri
                        + " does not say which configuration it means: name one as hf://owner/name/configuration/split; there are "
                        + new TreeSet<>(splits.keySet()) + ".");
    }

    private static String shown(TreeMap<String, TreeMap<String, List<String>>> splits) {
        return splits.entrySet().stream()
                .flatMap(c -> c.getValue().keySet().stream().map(s -> c.getKey() + "/" + s))
                .limit(20)
                .collect(Collectors.joining(", "));
    }
}
