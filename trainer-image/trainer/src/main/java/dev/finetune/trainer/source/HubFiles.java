package dev.finetune.trainer.source;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The files of a repository at one commit, below a path. */
record HubFiles(Hub hub, Hub.Kind kind, String repository, Hub.Commit commit, String prefix) implements FileSet {
    @Override
    public Optional<FetchedFile> fetch(String name, Path target, long maxBytes) {
        return commit.files().containsKey(prefix + name)
                ? Optional.of(hub.fetch(kind, repository, commit, prefix + name, target, maxBytes))
                : Optional.empty();
    }

    @Override
    public String revision() {
        return commit.sha();
    }

    @Override
    public List<String> names() {
        return commit.files().keySet().stream()
                .filter(f -> f.startsWith(prefix))
                .map(f -> f.substring(prefix.length()))
                .toList();
    }
}
