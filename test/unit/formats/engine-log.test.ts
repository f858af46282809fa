import { describe, expect, it } from "vitest";
import { parseEngineLine, parseEngineNumber, parseTimeStamp } from "../../../src/formats/engine-log.js";

const head =
  "2026-11-24 02:19:29,543 - mindformers/somewhere/output/log[mindformers/core/callback/callback.py:747] - INFO - ";
const step = (more: string) =>
  `${head}{ Epoch:[  2/  3], step:[   48/  200], ${more}per_step_time: 56ms, ` +
  "lr: 0.001, overflow cond: False, loss_scale: 1.0, global_norm: [2.3933876], train_throughput_per_npu: 0.002T";

describe("the loss line of MFLossMonitor", () => {
  it("without sink mode: loss of the step and mean of the epoch", () => {
    expect(parseEngineLine(step("loss:[5.418025/6.356329], "))).toEqual({
      kind: "step",
      epoch: 2,
      epochs: 3,
      step: 48,
      stepsPerEpoch: 200,
      loss: 5.418025,
      meanLoss: 6.356329,
      stepTimeMs: 56,
      learningRate: 0.001,
      overflow: false,
      lossScale: 1,
      gradNorm: 2.3933876,
      teraflops: 0.002,
      time: new Date(2026, 10, 24, 2, 19, 29, 543).getTime(),
    });
  });

  it("with sink mode: one loss", () => {
    expect(parseEngineLine(step("loss: 11.234567, "))).toMatchObject({ loss: 11.234567 });
    expect(parseEngineLine(step("loss: 11.234567, "))).not.toHaveProperty("meanLoss");
  });

  it("with separate losses, whichever of them are printed", () => {
    const line = step("loss: 11.2, lm_loss: 10.9, load_balancing_loss: 0.01, mtp_loss: 0.29, indexer_loss: 0.5, ");
    expect(parseEngineLine(line)).toMatchObject({
      lmLoss: 10.9,
      loadBalancingLoss: 0.01,
      mtpLoss: 0.29,
      indexerLoss: 0.5,
    });
    const some = parseEngineLine(step("loss:[5.4/6.3], lm_loss: 5.4, "));
    expect(some).toMatchObject({ lmLoss: 5.4 });
    expect(some).not.toHaveProperty("mtpLoss");
  });

  it.each([
    ["nan", Number.NaN],
    ["inf", Number.POSITIVE_INFINITY],
    ["-inf", Number.NEGATIVE_INFINITY],
  ])("with the loss %s", (text, value) => {
    expect(parseEngineLine(step(`loss:[${text}/${text}], `))).toMatchObject({ loss: value, meanLoss: value });
    expect(parseEngineLine(step(`loss: ${text}, `))).toMatchObject({ loss: value });
  });

  it("without learning rate, as on a CPU with a schedule; with None, unavailable and bracketed values", () => {
    const line =
      `${head}{ Epoch:[  1/  1], step:[    1/    9], ` +
      "loss: 1.500, per_step_time: 17030ms, overflow cond: [ True], loss_scale: unavailable, global_norm: None";
    const parsed = parseEngineLine(line);
    expect(parsed).toMatchObject({ kind: "step", overflow: true, stepTimeMs: 17030, stepsPerEpoch: 9 });
    for (const key of ["learningRate", "lossScale", "gradNorm", "teraflops"]) expect(parsed).not.toHaveProperty(key);
    const numpy = line.replace("overflow cond", "lr: [1.e-06], overflow cond").replace("None", "[nan]");
    expect(parseEngineLine(numpy)).toMatchObject({ learningRate: 1e-6, gradNorm: Number.NaN });
  });

  it("of releases that print another head", () => {
    const body =
      "{ Epoch:[  1/  2], step:[   10/  625], loss: 10.832, " +
      "per_step_time: 4096ms, lr: 2.5641025e-08, overflow cond: False, loss_scale: 65536.0, global_norm: [12.5]";
    for (const start of [
      "2025-07-01 10:00:00,000 - mindformers - INFO - ",
      "2025-07-01 10:00:00,000 - [callback.py:560] - INFO - ",
    ]) {
      expect(parseEngineLine(start + body)).toMatchObject({ step: 10, lossScale: 65536, learningRate: 2.5641025e-8 });
    }
  });

  it("of the PyNative trainer", () => {
    const line =
      `${head}{ step:[   12/ 1000], ` +
      "loss:   9.123456, per_step_time:    350ms, lr: 1.000000e-04, grad_norm:        NaN, throughput:   1.25T }";
    expect(parseEngineLine(line)).toMatchObject({
      kind: "step",
      epoch: 1,
      epochs: 1,
      step: 12,
      stepsPerEpoch: 1000,
      loss: 9.123456,
      stepTimeMs: 350,
      learningRate: 1e-4,
      gradNorm: Number.NaN,
      teraflops: 1.25,
    });
  });
});

describe("other lines", () => {
  it("the second line of a step: percent, samples per second and device, time left", () => {
    expect(parseEngineLine(`${head}  24.0% |████████████            | 35.45331 samples/s/p  0:00:08 }`)).toEqual({
      kind: "pace",
      percent: 24,
      samplesPerSecond: 35.45331,
      remainingMs: 8000,
    });
    expect(parseEngineLine("   0.1% |       | 1.5e-05 samples/s/p  12 days, 3:04:05 }")).toMatchObject({
      remainingMs: ((12 * 24 + 3) * 3600 + 4 * 60 + 5) * 1000,
    });
  });

  it.each([
    ["......Saving ckpt......", { kind: "saving" }],
    ["step_num: 146", { kind: "counter", name: "step_num", value: 146 }],
    ["global_batch_size: 4", { kind: "counter", name: "global_batch_size", value: 4 }],
    [
      "Finish saving ckpt of epoch 1 step 110 using 0.027 seconds",
      { kind: "saved", what: "ckpt", epoch: 1, step: 110, seconds: 0.027 },
    ],
    ["Finish saving network of epoch 1 step 5 using 1.000 seconds", { kind: "saved", what: "network" }],
    [".........Training Over!.............", { kind: "over" }],
    [".........Model Compiling, Please Wait a Moment...........", { kind: "phase", name: "Model Compiling" }],
    [".........Build Dataset For Train..........", { kind: "phase", name: "Build Dataset For Train" }],
    ["Create training dataset finish, dataset size:200", { kind: "dataset", batches: 200 }],
    ["Full model flops calculated: 109780992", { kind: "flops", perStep: 109780992 }],
    ["dataset skip 100 steps.", { kind: "skip", steps: 100 }],
  ])("%s", (message, expected) => {
    expect(parseEngineLine(head + message)).toMatchObject(expected);
  });

  it("errors of Python, MindSpore and MindFormers", () => {
    expect(parseEngineLine("Traceback (most recent call last):")).toMatchObject({ kind: "error", source: "python" });
    expect(parseEngineLine("RuntimeError: Unsupported op [RmsNorm] on CPU")).toMatchObject({ source: "python" });
    expect(parseEngineLine("mindspore.common.x.MyError: bad")).toMatchObject({ source: "python" });
    expect(parseEngineLine("KeyboardInterrupt")).toMatchObject({ source: "python" });
    expect(
      parseEngineLine("[ERROR] DEVICE(12,7f,python):2026-11-24-02:12:55.1.2 [a.cc:1] f] out of memory"),
    ).toMatchObject({
      source: "mindspore",
    });
    expect(parseEngineLine(`${head.replace("INFO", "ERROR")}it broke`)).toMatchObject({ source: "mindformers" });
  });

  it("the engine layer's refusal to start", () => {
    const line = "mindformers-lab engine: ERROR parallel_mode must be 0 on a CPU; found 1";
    expect(parseEngineLine(line)).toEqual({
      kind: "error",
      source: "engine",
      text: "parallel_mode must be 0 on a CPU; found 1",
    });
  });

  it.each([
    "",
    "make: Nothing to be done for 'default'.",
    "[WARNING] ME(30177:140025180060544,MainProcess):2026-11-24-02:19:03.717.000 [thread_bind_core.py:942] Module",
    " 'auto_trans_ckpt': False,",
    `${head}Load configs in /somewhere/run_general_task.yaml to build trainer.`,
    `${head}{ Epoch:[  1/  1], step:[`,
    "Errors may follow: none",
    `x${"█".repeat(100_000)}`,
  ])("says nothing about %j", (line) => {
    expect(parseEngineLine(line)).toBeUndefined();
  });
});

it("numbers as Python and numpy print them", () => {
  expect(
    ["1.5", "[1.5]", "[1.e-06]", "[ 3]", "-inf", "2.5641025e-08", ".5"].map((text) => parseEngineNumber(text)),
  ).toEqual([1.5, 1.5, 1e-6, 3, Number.NEGATIVE_INFINITY, 2.5641025e-8, 0.5]);
  expect(["None", "unavailable", "", undefined, "[1.0 2.0]", "0x10"].map((text) => parseEngineNumber(text))).toEqual(
    Array.from({ length: 6 }, () => undefined),
  );
});

it("a time stamp is local time", () => {
  expect(parseTimeStamp(head)).toBe(new Date(2026, 10, 24, 2, 19, 29, 543).getTime());
  expect(parseTimeStamp("[WARNING] x")).toBeUndefined();
});

it("reads at least 20 MiB of log a second", () => {
  const lines = Array.from({ length: 20_000 }, (_, index) =>
    index % 3 === 0
      ? step("loss:[5.418025/6.356329], lm_loss: 5.4, ")
      : index % 3 === 1
        ? `${head}  24.0% |${"█".repeat(12)}${" ".repeat(38)}| 35.45331 samples/s/p  0:00:08 }`
        : "[WARNING] ANALYZER(30177,7f5a271dfb80,python):2026-11-24-02:19:10.262.550 " +
          "[auto_monad.cc:1606] ClearIsolatedNodes] Some side effect nodes were eliminated by mistake.",
  );
  const bytes = Buffer.byteLength(lines.join("\n"));
  let best = 0;
  for (let round = 0; round < 8; round += 1) {
    const began = performance.now();
    for (const line of lines) parseEngineLine(line);
    best = Math.max(best, bytes / 1024 ** 2 / ((performance.now() - began) / 1000));
  }
  expect(best).toBeGreaterThan(20);
});
