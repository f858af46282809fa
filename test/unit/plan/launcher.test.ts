import { describe, expect, test } from "vitest";
import {
  checkLauncherCall,
  formatLauncherCall,
  launcherCalls,
  parseLauncherCall,
} from "../../../src/plan/command/launcher.js";
import { shellWords } from "../../../src/plan/command/shell-words.js";

/** The official guide's command for 128 nodes, with its placeholders. */
const official = `bash scripts/msrun_launcher.sh "run_mindformer.py \\
--register_path research/deepseek3 \\
--config research/deepseek3/deepseek3_671b/pretrain_deepseek3_671b.yaml" \\
1024 8 $master_ip 8118 $node_rank output/msrun_log False 7200`;

function errors(text: string): string[] {
  return checkLauncherCall(text)
    .filter(({ severity }) => severity === "error")
    .map(({ message }) => message);
}

describe("the official command for many nodes", () => {
  test("is 1,024 workers on 128 nodes of 8", () => {
    expect(parseLauncherCall(official)).toEqual({
      script: "scripts/msrun_launcher.sh",
      program:
        "run_mindformer.py --register_path research/deepseek3 " +
        "--config research/deepseek3/deepseek3_671b/pretrain_deepseek3_671b.yaml",
      form: 9,
      workers: 1024,
      localWorkers: 8,
      masterAddress: "$master_ip",
      port: 8118,
      nodeRank: "$node_rank",
      logFolder: "output/msrun_log",
      join: "False",
      timeoutSeconds: 7200,
      nodes: 128,
    });
    expect(errors(official)).toEqual([]);
  });

  test("gives 128 calls with node_rank 0 to 127, to the letter", () => {
    const calls = launcherCalls(parseLauncherCall(official.replace("$master_ip", "10.0.0.1")));
    expect(calls).toHaveLength(128);
    calls.forEach((call, rank) => {
      expect(call).toBe(
        'bash scripts/msrun_launcher.sh "run_mindformer.py --register_path research/deepseek3 ' +
          '--config research/deepseek3/deepseek3_671b/pretrain_deepseek3_671b.yaml" ' +
          `1024 8 10.0.0.1 8118 ${rank} output/msrun_log False 7200`,
      );
    });
  });

  test("a master address in a variable stays one", () => {
    expect(launcherCalls(parseLauncherCall(official))[5]).toContain(' 1024 8 "$master_ip" 8118 5 output/msrun_log');
  });

  test.each(["0..1023", "{0..1023}", "0 to 1023"])(
    "node_rank %s, as the guide says, is refused with the reason",
    (range) => {
      const text = official.replace("$node_rank", `"${range}"`);
      expect(errors(text)).toEqual([
        "node_rank must be 0 to 127: " +
          "1024 workers / 8 on each node = 128 nodes, and worker i of a node gets rank node_rank · 8 + i; " +
          "node_rank 128 to 1023 would get ranks from 1024 on, but there are only ranks 0 to 1023",
      ]);
      expect(checkLauncherCall(text).find(({ rule }) => rule === "node-rank")?.hint).toBe(
        "start 128 nodes with node_rank 0 to 127",
      );
    },
  );

  test.each(["0..127", "{0..127}", "0", "127"])("node_rank %s is right", (range) => {
    expect(errors(official.replace("$node_rank", `"${range}"`))).toEqual([]);
  });

  test.each([
    ["128", /node_rank 128 would get ranks from 1024 on/],
    ["-1", /node_rank -1 would get ranks from -8 on/],
  ])("node_rank %s is refused", (rank, message) => {
    expect(errors(official.replace("$node_rank", rank))[0]).toMatch(message);
  });

  test("0 to 255 for 32 nodes, the same mistake in the current guide, is refused", () => {
    const text = 'bash scripts/msrun_launcher.sh "run_mindformer.py" 256 8 $ip 8118 0..255 output/msrun_log False 7200';
    expect(errors(text)[0]).toMatch(/must be 0 to 31: 256 workers \/ 8 on each node = 32 nodes/);
  });
});

describe("other calls", () => {
  test.each([
    ['bash msrun_launcher.sh "run.py"', { form: 1, workers: 8, localWorkers: 8, nodes: 1 }],
    ['bash msrun_launcher.sh "run.py" 4', { form: 2, workers: 4, localWorkers: 4, nodes: 1 }],
    [
      'bash msrun_launcher.sh "run.py" 4 9000 logs True 60',
      { form: 6, port: 9000, logFolder: "logs", join: "True", timeoutSeconds: 60 },
    ],
  ])("%s", (text, expected) => {
    expect(parseLauncherCall(text)).toMatchObject(expected);
    expect(parseLauncherCall(formatLauncherCall(parseLauncherCall(text)))).toEqual(parseLauncherCall(text));
  });

  test.each([
    ["python run.py", /found "python run\.py"/],
    ['bash msrun_launcher.sh "run.py" 4 9000', /expected 1, 2, 6, or 9 arguments, found 3: 4 9000/],
    ["bash msrun_launcher.sh run.py --config x.yaml", /found 3: --config x\.yaml/],
    ['bash msrun_launcher.sh "run.py" many', /the number of workers "many", which is not a number/],
  ])("%s is refused", (text, message) => {
    expect(() => parseLauncherCall(text)).toThrow(expect.objectContaining({ code: "LAUNCHER_CALL_INVALID" }));
    expect(() => parseLauncherCall(text)).toThrow(message);
  });

  test.each([
    ['bash msrun_launcher.sh "run.py --config c.yaml" 1', /ends with exit code 0 without having started anything/],
    ['bash msrun_launcher.sh "run.py" 8 16 ip 8118 0 log True 60', /a node can't have 16 of 8 workers/],
    ['bash msrun_launcher.sh "run.py" 12 8 ip 8118 0 log True 60', /12 \/ 8 = 1\.50 nodes/],
    ['bash msrun_launcher.sh "run.py" 16 8 ip 80 0 log True 60', /ports from 1024 to 65535, found 80/],
    ['bash msrun_launcher.sh "run.py" 16 8 ip 8118 0 log true 60', /the words True and False, found true/],
    ['bash msrun_launcher.sh "run.py" 16 8 127.0.0.1 8118 0 log True 60', /2 nodes can't meet at 127\.0\.0\.1/],
  ])("%s: the trap is named", (text, message) => {
    expect(errors(text).join("\n")).toMatch(message);
  });

  test("JOIN False gets a warning, because failures then show nowhere", () => {
    expect(checkLauncherCall(official)).toMatchObject([{ severity: "warning", rule: "launcher-join" }]);
  });

  test("no calls are made for a fraction of a node", () => {
    const call = parseLauncherCall('bash msrun_launcher.sh "run.py" 12 8 ip 8118 0 log True 60');
    expect(() => launcherCalls(call)).toThrow(/not a whole number of nodes/);
  });
});

test("words of a shell line: quotes, escapes and continued lines", () => {
  expect(shellWords(`a 'b c' "d \\"e\\" $f" g\\ h \\\n i"j"'k' ''`)).toEqual([
    "a",
    "b c",
    'd "e" $f',
    "g h",
    "ijk",
    "",
  ]);
});
