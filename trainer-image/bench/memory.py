#!/usr/bin/env python3
"""Does training leak? Runs a job with `finetune run`, samples its resident memory at every progress line, and fits a line.

usage: memory.py JOB.yaml [--warm-up 200] [--cpus 0,1] [--work DIR]

JOB.yaml is any job of many optimizer steps that is of `file:` sources; compare.py leaves some. Prints a row per sample and the
slope after the warm-up. Exits with 1 where what the slope adds over the measured steps is more than 1 % of the mean.
"""
import argparse
import json
import pathlib
import shutil
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
FINETUNE = HERE.parent / "trainer" / "target" / "finetune" / "bin" / "finetune"

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("job", type=pathlib.Path)
parser.add_argument("--warm-up", type=int, default=200, help="optimizer steps whose samples are left out")
parser.add_argument("--cpus", default="0,1")
parser.add_argument("--work", type=pathlib.Path, default=HERE / "target" / "memory")
args = parser.parse_args()


def resident_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise ProcessLookupError(pid)


shutil.rmtree(args.work, ignore_errors=True)
args.work.mkdir(parents=True)
command = ["taskset", "-c", args.cpus, FINETUNE, "run", args.job, "--json"]
command += ["--workspace", args.work / "workspace", "--output", args.work / "store"]
samples = []
with subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, text=True) as trainer:
    for line in trainer.stdout:
        progress = json.loads(line).get("progress", {}) if line.startswith("{") else {}
        if progress.get("stage") == "train" and progress.get("step"):
            samples.append((progress["step"], resident_mib(trainer.pid)))
            print(f"step {samples[-1][0]:6d}  {samples[-1][1]:7.0f} MiB", flush=True)
if trainer.returncode != 0:
    sys.exit(f"finetune ended with {trainer.returncode}")

kept = [(step, rss) for step, rss in samples if step >= args.warm_up]
if len(kept) < 10:
    sys.exit(f"only {len(kept)} samples after step {args.warm_up}: take a job of more steps")
steps, sizes = zip(*kept)
slope = statistics.linear_regression(steps, sizes).slope
growth = slope * (steps[-1] - steps[0])
print(
    f"{len(kept)} samples, steps {steps[0]} to {steps[-1]}: mean {statistics.mean(sizes):.0f} MiB, peak {max(sizes):.0f} MiB, "
    f"slope {slope * 1024:+.2f} KiB a step, {growth:+.1f} MiB in all"
)
sys.exit(0 if growth <= 0.01 * statistics.mean(sizes) else 1)
