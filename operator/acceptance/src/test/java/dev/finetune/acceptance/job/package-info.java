/** FineTuneJobs on a real API server: the test plays scheduler, Job controller and kubelet. */
@org.jspecify.annotations.NullMarked
package dev.finetune.acceptance.job;
