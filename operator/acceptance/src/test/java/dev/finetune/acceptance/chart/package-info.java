/** The chart as Helm renders it. */
@NullMarked
package dev.finetune.acceptance.chart;

import org.jspecify.annotations.NullMarked;
