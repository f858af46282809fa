import type { StepRecord } from "../record/events.js";

function stamp(time: number): string {
  const at = new Date(time);
  const two = (value: number, width = 2) => String(value).padStart(width, "0");
  const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join("-");
  const clock = [two(at.getHours()), two(at.getMinutes()), two(at.getSeconds())].join(":");
  return `${day} ${clock},${two(at.getMilliseconds(), 3)}`;
}

/** The two lines that MindFormers 1.9 (MFLossMonitor) writes about a step. Rank 0 shows the loss. */
export function stepLines(record: StepRecord, rank: number): readonly string[] {
  const { time, step, totalSteps, loss, gradNorm = 0, stepTimeMs } = record;
  const head = `${stamp(time)} - mindformers/simulated[callback.py:747] - INFO - `;
  const shown = rank === 0 ? loss.toFixed(6) : "0.000000";
  const place = `step:[${String(step).padStart(5)}/${String(totalSteps).padStart(5)}]`;
  const percent = (100 * step) / totalSteps;
  const bar = "█".repeat(Math.floor(percent / 2)).padEnd(50);
  return [
    `${head}{ Epoch:[  1/  1], ${place}, loss: ${shown}, per_step_time: ${Math.round(stepTimeMs)}ms, lr: 2e-4, ` +
      `overflow cond: False, loss_scale: 1.0, global_norm: [${gradNorm.toFixed(7)}]`,
    `${head}  ${percent.toFixed(1).padStart(4)}% |${bar}| ${(1000 / stepTimeMs).toFixed(5)} samples/s/p  0:00:00 }`,
  ];
}
