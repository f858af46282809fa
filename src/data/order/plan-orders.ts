import { resolve } from "node:path";
import { hasAll, invalidArgument } from "../../core/arguments.js";
import { LabError } from "../../core/error.js";
import { type DataOrder, openDataOrder } from "./data-order.js";
import type { OrderPlan } from "./epochs/batch-layout.js";

// A plan never changes, and its indices can take minutes and gigabytes: they live as long as the plan.
const orders = new WeakMap<OrderPlan, Promise<DataOrder>>();

const notPlan = (found: unknown): LabError =>
  invalidArgument({
    ...{ call: "dataset.step, plan", expected: "the result of planRun", found },
    example: "await dataset.step(1, { plan: await planRun(config, { data: dataset }) })",
  });

/** The order of a plan's run, built once per plan. Throws ARGUMENT_INVALID if the run does not read the dataset. */
export async function orderOfDataset(prefix: string, plan: OrderPlan | undefined): Promise<DataOrder> {
  if (!hasAll(plan, "config", "cluster")) throw notPlan(plan);
  let opening = orders.get(plan);
  if (opening === undefined) {
    opening = openDataOrder({ plan });
    orders.set(plan, opening);
    opening.catch(() => orders.delete(plan));
  }
  const order = await opening;
  if (order.prefixes.some((path) => resolve(path) === prefix)) return order;
  throw new LabError(
    "ARGUMENT_INVALID",
    `plan: expected one that reads ${prefix}, found ${order.prefixes.join(", ")}`,
    {
      hint: "make it with planRun(config, { data })",
    },
  );
}
