import { type Mesh, meshArithmetic, meshDevices } from "../../../model/layout/mesh.js";
import { nearestDivisors } from "../arithmetic.js";
import { byHand, type Cure, oneOf, setAll, setTo } from "../cure.js";
import { advice, error } from "../findings.js";
import type { Rule, RuleContext, RuleFinding } from "../rule.js";

const at = (name: string): string => `parallel_config.${name}`;

/**
 * Settings that make the product equal to the devices: data_parallel alone if possible, else the nearest legal
 * model_parallel, else pipeline_stage too.
 */
function legalSettings(mesh: Mesh, devices: number): Cure {
  const others = mesh.tensorParallel * mesh.pipelineStages * mesh.contextParallel;
  if (devices % others === 0) return setTo(at("data_parallel"), devices / others);
  const fixed = mesh.pipelineStages * mesh.contextParallel;
  if (devices % fixed === 0)
    return oneOf(
      nearestDivisors(devices / fixed, mesh.tensorParallel).map((tensor) => {
        const data = devices / fixed / tensor;
        const first = [at("model_parallel"), tensor] as const;
        return setAll(data === mesh.dataParallel ? [first] : [first, [at("data_parallel"), data]]);
      }),
    );
  const context = devices % mesh.contextParallel === 0 ? mesh.contextParallel : 1;
  const [stages = 1] = nearestDivisors(devices / context, mesh.pipelineStages, 1);
  const [tensor = 1] = nearestDivisors(devices / context / stages, mesh.tensorParallel, 1);
  const changed: [string, number, number][] = [
    ["pipeline_stage", stages, mesh.pipelineStages],
    ["model_parallel", tensor, mesh.tensorParallel],
    ["context_parallel", context, mesh.contextParallel],
    ["data_parallel", devices / context / stages / tensor, mesh.dataParallel],
  ];
  return setAll(changed.filter(([, value, was]) => value !== was).map(([name, value]) => [at(name), value]));
}

function* meshProduct({ mesh, facts, get }: RuleContext): Generator<RuleFinding> {
  const { devices } = facts;
  if (devices === undefined) return;
  if (devices > 1 && get("use_parallel") === false) {
    const message = `use_parallel is False, so the ${devices} workers would train one by one, each on its own`;
    yield error(["use_parallel", message], setTo("use_parallel", true));
  } else if (meshDevices(mesh) !== devices) {
    const path = at(mesh.tensorParallel > 1 ? "model_parallel" : "data_parallel");
    const message = `the mesh must use every device once: ${meshArithmetic(mesh)}, but the cluster has ${devices}`;
    yield error([path, message], legalSettings(mesh, devices));
  }
}

function* expertMesh({ mesh }: RuleContext): Generator<RuleFinding> {
  const inside = mesh.dataParallel * mesh.tensorParallel;
  if (!mesh.semiAuto || inside % mesh.expertParallel === 0) return;
  const [near = 1] = nearestDivisors(inside, mesh.expertParallel, 1);
  const message =
    `experts are shared inside data_parallel ${mesh.dataParallel} · model_parallel ${mesh.tensorParallel} ` +
    `= ${inside} devices, which expert_parallel ${mesh.expertParallel} does not divide`;
  yield error([at("expert_parallel"), message], setTo(at("expert_parallel"), near));
}

/** The axes do nothing outside of semi-automatic mode: MindFormers resets them to 1. */
function* idleAxes({ mesh, get, device, facts }: RuleContext): Generator<RuleFinding> {
  const off = get("use_parallel") === false;
  if (mesh.semiAuto || device !== "Ascend" || (off && (facts.devices ?? 1) > 1)) return;
  const axes: [string, number][] = [
    ["model_parallel", mesh.tensorParallel],
    ["pipeline_stage", mesh.pipelineStages],
    ["context_parallel", mesh.contextParallel],
    ["expert_parallel", mesh.expertParallel],
  ];
  const used = axes.filter(([, size]) => size > 1);
  const [first] = used;
  if (first === undefined) return;
  const why = off ? "use_parallel is False" : `parallel_mode is ${String(get("parallel.parallel_mode"))}`;
  const names = used.map(([name, size]) => `${name} ${size}`).join(", ");
  const message = `${names} would be reset to 1, because ${why}; a model is split only in semi-automatic mode (1)`;
  yield error([at(first[0]), message], off ? setTo("use_parallel", true) : setTo("parallel.parallel_mode", 1));
}

function nodesOf({ facts }: RuleContext): { nodes: number; each: number } | undefined {
  const each = facts.devicesPerNode ?? 8;
  return facts.devices === undefined ? undefined : { nodes: Math.ceil(facts.devices / each), each };
}

function* nodeRanks(context: RuleContext): Generator<RuleFinding> {
  const { nodeRanks: ranks, devices } = context.facts;
  const cluster = nodesOf(context);
  if (ranks === undefined || cluster === undefined || devices === undefined) return;
  const { nodes, each } = cluster;
  const arithmetic = `${devices} workers / ${each} on a node = ${nodes} nodes, so node_rank is 0..${nodes - 1}`;
  const outside = ranks.filter((rank) => !Number.isInteger(rank) || rank < 0 || rank >= nodes);
  const cure = byHand(`start one msrun per node, with --node_rank 0..${nodes - 1}`);
  const few = outside.slice(0, 3).join(", ") + (outside.length > 3 ? `, … (${outside.length} in all)` : "");
  if (outside.length > 0) yield error(["node_rank", `${arithmetic}; found ${few}`], cure);
  else if (new Set(ranks).size !== ranks.length)
    yield error(["node_rank", `${arithmetic}, each once; found one twice`], cure);
}

function* stagesOnNodes(context: RuleContext): Generator<RuleFinding> {
  const cluster = nodesOf(context);
  const { pipelineStages, semiAuto, tensorParallel } = context.mesh;
  if (cluster === undefined || !semiAuto || context.device !== "Ascend") return;
  const { nodes, each } = cluster;
  if (nodes > 1 && nodes % pipelineStages !== 0)
    yield advice(
      [
        at("pipeline_stage"),
        `stages share nodes: ${nodes} nodes / pipeline_stage ${pipelineStages} leaves ${nodes % pipelineStages}, ` +
          "of which MindFormers warns",
      ],
      byHand(
        `pipeline_stage ${nearestDivisors(nodes, pipelineStages).join(" or ")} would give every stage whole nodes`,
      ),
    );
  if (tensorParallel > each)
    yield advice(
      [
        at("model_parallel"),
        `tensor parallelism across nodes is slow: model_parallel ${tensorParallel} > ${each} devices of a node`,
      ],
      byHand(`keep model_parallel at ${each} at most and use pipeline_stage instead`),
    );
}

export const meshRules: readonly Rule[] = [
  {
    id: "mesh-product",
    about: "data_parallel · model_parallel · pipeline_stage · context_parallel = number of devices",
    engine: "refuses",
    cure: true,
    check: meshProduct,
  },
  {
    id: "expert-mesh",
    about: "expert_parallel divides data_parallel · model_parallel",
    engine: "refuses",
    cure: true,
    check: expertMesh,
  },
  {
    id: "idle-axes",
    about: "model, pipeline, context, and expert parallelism need use_parallel and the semi-automatic mode",
    engine: "ignores",
    cure: true,
    check: idleAxes,
  },
  {
    id: "node-rank",
    about: "node_rank counts nodes, not devices: 0 ≤ node_rank < devices / devices of a node, each once",
    engine: "fails later",
    cure: false,
    check: nodeRanks,
  },
  {
    id: "nodes",
    about: "whole nodes per stage; tensor parallelism inside a node",
    engine: "accepts",
    cure: false,
    check: stagesOnNodes,
  },
];
