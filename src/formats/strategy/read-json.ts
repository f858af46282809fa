import { ProtobufProblem } from "../protobuf.js";
import { checkLayout, finished } from "./check.js";
import type { ParameterLayout, StrategyFile } from "./layout.js";

/**
 * The JSON form of a strategy file: `{ current_stage, parallel_strategy_item: { node: { stage } },
 * parallel_layout_item: { parameter:
 * { dev_matrix, tensor_map, param_split_shape, indices_offset, field, opt_weight_shard_step, opt_weight_shard_size } }
 * }`.
 * @throws ProtobufProblem if it is anything else.
 */
export function strategyOfJson(bytes: Uint8Array): StrategyFile {
  const root = parse(bytes);
  const items = root.parallel_layout_item ?? {};
  if (!isRecord(items)) throw new ProtobufProblem(0, "parallel_layout_item: expected an object");
  const nodes = isRecord(root.parallel_strategy_item) ? Object.values(root.parallel_strategy_item) : [];
  const [node] = nodes;
  const stage = isRecord(node) && Number.isSafeInteger(node.stage) ? Number(node.stage) : 0;
  return finished(
    Object.entries(items).map(([name, item]) => layoutOf(name, item)),
    stage,
  );
}

function parse(bytes: Uint8Array): Record<string, unknown> {
  try {
    const root: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    if (isRecord(root)) return root;
  } catch (error) {
    throw new ProtobufProblem(0, `expected JSON, found ${error instanceof Error ? error.message : error}`);
  }
  throw new ProtobufProblem(0, "expected a JSON object");
}

function layoutOf(name: string, item: unknown): ParameterLayout {
  const fail = (what: string) => new ProtobufProblem(0, `parameter ${JSON.stringify(name)}: ${what}`);
  if (!isRecord(item)) throw fail("expected an object");
  const list = (key: string): number[] => {
    const value = item[key] ?? [];
    if (!Array.isArray(value) || !value.every((entry) => Number.isSafeInteger(entry))) {
      throw fail(`${key}: expected a list of whole numbers`);
    }
    return value;
  };
  const number = (key: string): number => {
    const value = item[key] ?? 0;
    if (!Number.isSafeInteger(value)) throw fail(`${key}: expected a whole number`);
    return Number(value);
  };
  const layout = {
    name,
    deviceMatrix: list("dev_matrix"),
    tensorMap: list("tensor_map"),
    sliceShape: list("param_split_shape"),
    indicesOffset: list("indices_offset"),
    field: number("field"),
    optimizerShardStep: number("opt_weight_shard_step"),
    optimizerShardSize: number("opt_weight_shard_size"),
  };
  checkLayout(layout, 0);
  return layout;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
