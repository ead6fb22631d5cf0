package dev.finetune.trainer.dataset;

import dev.finetune.api.FailureClass;
import dev.finetune.api.run.StageException;
import dev.hardwood.metadata.LogicalType;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.metadata.RowGroup;
import dev.hardwood.reader.RowReader;
import dev.hardwood.row.PqStruct;
import dev.hardwood.schema.SchemaNode;
import java.util.List;

/**
 * A column of image files inside of a Parquet file: their bytes, or, as Python's {@code datasets} writes the feature {@code Image}, a group of
 * {@code bytes} and the {@code path} that they came from.
 */
record ParquetImageColumn(String file, String name, boolean grouped, boolean withPath) {
    private static final String BYTES = "bytes";
    private static final String PATH = "path";

    /** A row group is in memory as it was read, as pages and, while these are put together, up to twice more. */
    private static final int COPIES = 4;

    /** The column of that name, which the file has; InvalidData where it holds something else. */
    static ParquetImageColumn of(String file, SchemaNode.GroupNode root, String name) {
        SchemaNode column = child(root, name);
        if (column instanceof SchemaNode.GroupNode group
                && group.isStruct()
                && has(group, BYTES)
                && child(group, BYTES) instanceof SchemaNode.PrimitiveNode bytes
                && isBytes(bytes)) {
            return new ParquetImageColumn(file, name, true, has(group, PATH));
        }
        if (column instanceof SchemaNode.PrimitiveNode bytes && isBytes(bytes)) {
            return new ParquetImageColumn(file, name, false, false);
        }
        throw new StageException(
                FailureClass.InvalidData,
                "%s: column '%s' (spec.dataset.columns.image) holds %s; image files were expected, as bytes or as Python's datasets writes them ({bytes, path}). Paths of images are read from CSV, TSV and JSONLines."
                        .formatted(
                                file,
                                name,
                                column instanceof SchemaNode.PrimitiveNode node
                                        ? node.logicalType() instanceof LogicalType.StringType
                                                ? "texts"
                                                : String.valueOf(node.type())
                                        : "groups of " + names(column)));
    }

    /** Refuses row groups whose images would fill the memory: a row group is what is read at once. */
    void refuseLarge(List<RowGroup> groups) {
        long most = Runtime.getRuntime().maxMemory() / COPIES;
        for (int i = 0; i < groups.size(); i++) {
            long bytes = groups.get(i).columns().stream()
                    .filter(c -> c.metaData().pathInSchema().topLevelName().equals(name))
                    .mapToLong(c -> c.metaData().totalUncompressedSize())
                    .sum();
            if (bytes > most) {
                throw new StageException(
                        FailureClass.InvalidData,
                        "%s: row group %d of %d holds %d MiB of images, and is read at once; at most %d MiB fit into the memory of prepare. Write the file again with fewer rows in each (row_group_size=100 in pyarrow and pandas), or name a profile that gives prepare more memory."
                                .formatted(file, i + 1, groups.size(), bytes >> 20, most >> 20));
            }
        }
    }

    /** The image file of the row, no bytes where there is none. */
    byte[] bytes(RowReader row) {
        if (row.isNull(name)) {
            return new byte[0];
        }
        if (!grouped) {
            return row.getBinary(name);
        }
        PqStruct image = row.getStruct(name);
        return image.isNull(BYTES) ? new byte[0] : image.getBinary(BYTES);
    }

    /** What the image file of the row was called where it came from, empty where nothing says so. */
    String name(RowReader row) {
        if (!withPath || row.isNull(name)) {
            return "";
        }
        PqStruct image = row.getStruct(name);
        return image.isNull(PATH) ? "" : image.getString(PATH);
    }

    private static boolean isBytes(SchemaNode.PrimitiveNode node) {
        return node.type() == PhysicalType.BYTE_ARRAY && node.logicalType() == null;
    }

    private static boolean has(SchemaNode.GroupNode group, String name) {
        return group.children().stream().anyMatch(c -> c.name().equals(name));
    }

    private static SchemaNode child(SchemaNode.GroupNode group, String name) {
        return group.children().stream()
                .filter(c -> c.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static List<String> names(SchemaNode node) {
        return node instanceof SchemaNode.GroupNode group
                ? group.children().stream().map(SchemaNode::name).toList()
                : List.of();
    }
}
