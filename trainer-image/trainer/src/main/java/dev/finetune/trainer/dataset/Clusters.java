package dev.finetune.trainer.dataset;

/**
 * Things that are joined two by two into clusters of a limited size (union-find). Without the limit a chain, in which each is like the
 * next and the last is nothing like the first, swallows the whole set. A join that would make a cluster too large is left out, so
 * joining the most alike first keeps the most alike together.
 */
final class Clusters {
    private final int largest;
    private final int[] parent;
    private final int[] size;

    /** So many things, numbered from 0, each its own cluster yet. */
    Clusters(int things, int largest) {
        this.largest = largest;
        this.parent = new int[things];
        this.size = new int[things];
        for (int i = 0; i < things; i++) {
            parent[i] = i;
            size[i] = 1;
        }
    }

    /** Makes the clusters of these one, unless it would be too large. Whether they are in one cluster now. */
    boolean join(int one, int other) {
        int a = representative(one);
        int b = representative(other);
        if (a == b) {
            return true;
        }
        if (size[a] + size[b] > largest) {
            return false;
        }
        int first = Math.min(a, b);
        int second = Math.max(a, b);
        parent[second] = first;
        size[first] += size[second];
        return true;
    }

    /** The least member of its cluster, which does not depend on how the cluster came about. */
    int representative(int thing) {
        int at = thing;
        while (parent[at] != at) {
            parent[at] = parent[parent[at]];
            at = parent[at];
        }
        return at;
    }
}
