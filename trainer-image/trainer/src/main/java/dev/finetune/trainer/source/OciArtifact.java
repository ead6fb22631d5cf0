package dev.finetune.trainer.source;

import com.fasterxml.jackson.databind.JsonNode;
import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.StreamSupport;

/**
 * What an address of a registry led to when it was asked.
 *
 * @param digest of the manifest or index, which names the same bytes for ever
 * @param layers the lowest first
 */
record OciArtifact(String digest, List<OciDescriptor> layers) {
    private static final String OS = "linux";
    private static final String ARCHITECTURE = "amd64";

    /** Asks the registry; of several platforms linux/amd64 is taken, or the only one. */
    static OciArtifact resolve(OciRepository repository, SourceUri.Oci uri) {
        OciRepository.Manifest named = repository.manifest(uri.reference()).orElseThrow(uri::missing);
        JsonNode manifest = named.json();
        if (manifest.has("manifests")) {
            String chosen =
                    OciDescriptor.of(choose(manifest, uri), uri.toString()).digest();
            manifest = repository
                    .manifest(chosen)
                    .orElseThrow(() -> Download.unavailable(
                            uri.toString(),
                            "its index names " + chosen + ", and the registry has no such manifest",
                            null))
                    .json();
        }
        if (!manifest.path("layers").isArray()) {
            throw new StageException(
                    FailureClass.InvalidData,
                    uri + " is of type '" + manifest.path("mediaType").asText()
                            + "' without layers: an OCI image manifest, an index of them, or one of Docker's (schema 2) was expected.");
        }
        List<OciDescriptor> layers = new ArrayList<>();
        for (JsonNode layer : manifest.path("layers")) {
            layers.add(OciDescriptor.of(layer, uri.toString()));
        }
        return new OciArtifact(named.digest(), List.copyOf(layers));
    }

    private static JsonNode choose(JsonNode index, SourceUri.Oci uri) {
        List<JsonNode> all = StreamSupport.stream(index.path("manifests").spliterator(), false)
                // What builders attach to an image to attest how it was built is no image.
                .filter(m -> !"unknown".equals(m.at("/platform/os").asText()))
                .toList();
        Optional<JsonNode> ours = all.stream()
                .filter(m -> OS.equals(m.at("/platform/os").asText())
                        && ARCHITECTURE.equals(m.at("/platform/architecture").asText()))
                .findFirst();
        if (ours.isEmpty() && all.size() != 1) {
            throw new StageException(
                    FailureClass.InvalidData,
                    uri + " is an index of " + all.size() + " manifests, none of them for " + OS + "/" + ARCHITECTURE
                            + ": "
                            + all.stream()
                                    .map(m -> m.at("/platform/os").asText("?") + "/"
                                            + m.at("/platform/architecture").asText("?"))
                                    .limit(20)
                                    .toList()
                            + ". Name one of them by its digest.");
        }
        return ours.orElseGet(all::getFirst);
    }
}
