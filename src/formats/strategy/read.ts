import type { ByteSource } from "../../core/bytes.js";
import { FormatError } from "../../core/error.js";
import { type ProtobufField, ProtobufProblem, ProtobufReader, packedNumbers } from "../protobuf.js";
import { checkLayout, finished } from "./check.js";
import type { ParameterLayout, StrategyFile } from "./layout.js";
import { strategyOfJson } from "./read-json.js";

const limits = { file: 1024 ** 3, name: 65_536, numbers: 1024 };

/**
 * Reads a strategy file (`ckpt_strategy_rank_N.ckpt`, MindSpore's node_strategy.proto, or its JSON form).
 * `ParallelStrategyMap { current_stage = 1; parallel_strategy_item = 2; parallel_layout_item = 3 }`.
 * @throws FormatError STRATEGY_INVALID with file and offset.
 */
export async function readStrategy(source: ByteSource): Promise<StrategyFile> {
  if (source.byteLength === 0 || source.byteLength > limits.file) {
    throw strategyInvalid(source, 0, `expected 1 byte to 1 GB, found ${source.byteLength} bytes`);
  }
  const [first] = await source.slice(0, 1);
  try {
    if (first === 0x7b) return strategyOfJson(await source.slice(0, source.byteLength));
    return await readMap(new ProtobufReader(source));
  } catch (error) {
    if (error instanceof ProtobufProblem) throw strategyInvalid(source, error.offset, error.message);
    throw error;
  }
}

/** An error about the bytes of a strategy file. */
export function strategyInvalid(source: ByteSource, offset: number, what: string): FormatError {
  return new FormatError("STRATEGY_INVALID", `${source.name}: not a MindSpore strategy file: ${what}`, {
    file: source.name,
    offset,
    hint: "pass a ckpt_strategy_rank_N.ckpt of the run's strategy folder, or the file of merge_pipeline_strategys",
  });
}

async function readMap(reader: ProtobufReader): Promise<StrategyFile> {
  const layouts: ParameterLayout[] = [];
  let stage: number | undefined;
  let current = 0;
  const end = reader.source.byteLength;
  for (let position = 0; position < end; ) {
    const field = await reader.field(position, end);
    position = field.end;
    if (field.number === 1 && field.wireType === 0) current = field.value;
    else if (field.number === 2 && field.wireType === 2) stage ??= await readStage(reader, field);
    else if (field.number === 3 && field.wireType === 2) layouts.push(await readItem(reader, field));
    else throw new ProtobufProblem(field.start, `expected field 1, 2, or 3, found ${field.number}`);
  }
  return finished(layouts, stage ?? current);
}

/** ParallelStrategyItem { node_name = 1; ParallelStrategys { stage = 1; … } = 2 } */
async function readStage(reader: ProtobufReader, outer: ProtobufField): Promise<number | undefined> {
  for (let position = outer.start; position < outer.end; ) {
    const field = await reader.field(position, outer.end);
    position = field.end;
    if (field.number !== 2 || field.wireType !== 2 || field.start === field.end) continue;
    const inner = await reader.field(field.start, field.end);
    if (inner.number === 1 && inner.wireType === 0) return inner.value;
  }
  return undefined;
}

/** ParallelLayoutItem { param_name = 1; parallel_layouts = 2 } */
async function readItem(reader: ProtobufReader, outer: ProtobufField): Promise<ParameterLayout> {
  let name: string | undefined;
  let layout: Omit<ParameterLayout, "name"> | undefined;
  for (let position = outer.start; position < outer.end; ) {
    const field = await reader.field(position, outer.end);
    position = field.end;
    if (field.number === 1 && field.wireType === 2) {
      name = Buffer.from(await reader.bytes(field, limits.name)).toString("utf8");
    } else if (field.number === 2 && field.wireType === 2) layout = await readLayout(reader, field);
    else throw new ProtobufProblem(field.start, `expected a name or a layout, found field ${field.number}`);
  }
  if (name === undefined || layout === undefined) {
    throw new ProtobufProblem(outer.start, "expected a parameter's name and its layout, found less");
  }
  return { name, ...layout };
}

/**
 * ParallelLayouts { dev_matrix = 1; tensor_map = 2; param_split_shape = 3; indices_offset = 4; field = 5; step = 6;
 * size = 7 }
 */
async function readLayout(reader: ProtobufReader, outer: ProtobufField): Promise<Omit<ParameterLayout, "name">> {
  const lists: number[][] = [[], [], [], []];
  const maps: number[][] = [];
  const numbers = [0, 0, 0];
  for (let position = outer.start; position < outer.end; ) {
    const field = await reader.field(position, outer.end);
    position = field.end;
    if (field.number === 2 && field.wireType === 2) maps.push(await readNumbers(reader, field));
    else if (field.number >= 1 && field.number <= 4 && field.wireType === 2) {
      lists[field.number - 1] = await readNumbers(reader, field);
    } else if (field.number >= 5 && field.number <= 7 && field.wireType === 0) {
      numbers[field.number - 5] = field.value | 0;
    } else throw new ProtobufProblem(field.start, `expected field 1 to 7 of a layout, found ${field.number}`);
  }
  const [deviceMatrix = [], , sliceShape = [], indicesOffset = []] = lists;
  // One list holds a number per dimension; several lists hold the splits of one dimension each.
  const tensorMap = maps.length > 1 ? maps.filter((map) => map.length > 0) : (maps[0] ?? []);
  checkLayout({ deviceMatrix, tensorMap, sliceShape }, outer.start);
  const [field = 0, optimizerShardStep = 0, optimizerShardSize = 0] = numbers;
  return { deviceMatrix, tensorMap, sliceShape, indicesOffset, field, optimizerShardStep, optimizerShardSize };
}

/** Messages of one list: `repeated dim = 1`, packed or not. Negative 32-bit values come as ten bytes. */
async function readNumbers(reader: ProtobufReader, outer: ProtobufField): Promise<number[]> {
  const numbers: number[] = [];
  for (let position = outer.start; position < outer.end; ) {
    const field = await reader.field(position, outer.end);
    position = field.end;
    if (field.number !== 1) throw new ProtobufProblem(field.start, `expected field 1 (dim), found ${field.number}`);
    if (field.wireType === 0) numbers.push(field.value);
    else for (const value of packedNumbers(await reader.bytes(field, 10 * limits.numbers))) numbers.push(value);
    if (numbers.length > limits.numbers) {
      throw new ProtobufProblem(outer.start, `expected at most ${limits.numbers} numbers, found more`);
    }
  }
  return numbers;
}
