package dev.finetune.operator.deployment;

import static dev.finetune.operator.deployment.RolloutWorld.digest;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever happens in whatever order, with a crash at any write: something answers once something did, and it ends well. */
class RolloutInterleavingsTest {
    @Property(tries = 100)
    void onceServedAlwaysServed(@ForAll @Size(min = 1, max = 40) List<@IntRange(min = 0, max = 9) Integer> moves) {
        RolloutWorld world = new RolloutWorld().published("reviews-v1", 1, 0).settle();
        int second = 100;
        int newest = 1;
        for (int move : moves) {
            switch (move) {
                case 0 -> {
                    newest++;
                    world.published("reviews-v" + second, newest, second);
                    second += 100;
                }
                case 1 -> world.refused("reviews-r" + second, second++);
                case 2 -> world.stuck.add(digest(newest + 1));
                case 3 -> world.stuck.clear();
                case 4 -> world.comeUp();
                case 5 -> world.reconcile(0);
                case 6 -> world.reconcile(1);
                case 7 -> world.reconcile(2);
                case 8 -> world.now = world.now.plus(Duration.ofSeconds(3));
                default -> world.reconcile();
            }
            assertThat(world.answering()).as("after move %s of %s", move, moves).isPositive();
        }
        world.stuck.clear();
        world.settle();

        assertThat(world.answering()).isEqualTo(2);
        assertThat(world.primary.getStatus().canary()).isNull();
        assertThat(world.deployments.values().stream().filter(d -> d.getSpec().getReplicas() > 0))
                .hasSize(1);
        int before = world.writes;
        world.reconcile();
        assertThat(world.writes).isEqualTo(before);
    }
}
