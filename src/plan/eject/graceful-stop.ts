import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import type { Config } from "../../config/config.js";
import { packageRoot } from "../../core/package-root.js";
import { quoteWord } from "../command/shell-words.js";
import { type EjectSource, environmentLines, msrunWords, nodeScript, placesOf } from "./node-script.js";
import type { EjectSettings } from "./options.js";

/** How a training is asked to save and end, and the configuration that listens. */
export interface StopRequest {
  readonly config: string;
  /** All ranks look at this file before every step. Undefined if the user's own callback names none. */
  readonly file: string | undefined;
  readonly notes: readonly string[];
}

/** Exit code of a container that saved after SIGTERM: 128 + SIGTERM, as shells and Kubernetes count. */
export const savedExitCode = 143;

const example = '{ type: "OnRequestExit", save_mindir: false, config_file: "/mnt/exit.json" }';

/**
 * The configuration with MindSpore's graceful exit. On a CPU this project's program adds it at the start. A callback of
 * the user's own stays as it is.
 */
export function stopRequest(config: Config, device: "CPU" | "Ascend", settings: EjectSettings): StopRequest {
  const entries = (config.origin("callbacks").value ?? []) as readonly { readonly [key: string]: unknown }[];
  const own = entries.find(({ type }) => type === "OnRequestExit");
  const file = posix.join(settings.folder, "exit.json");
  if (own !== undefined) {
    const named = own.config_file;
    if (typeof named === "string" && named !== "") return { config: config.text, file: named, notes: [] };
    const note = `a pod that is evicted can't save: the callback OnRequestExit names no config_file; ${example}`;
    return { config: config.text, file: undefined, notes: [note] };
  }
  if (device === "CPU") return { config: config.text, file, notes: [] };
  const monitored = entries.some(({ type }) => type === "CheckpointMonitor");
  const callback = {
    type: "OnRequestExit",
    save_ckpt: !monitored,
    save_mindir: false,
    file_name: "graceful_exit",
    directory: posix.join(settings.folder, "output/checkpoint"),
    config_file: file,
  };
  const changed = config.copy().set("use_graceful_exit", true);
  if (config.has("callbacks.0")) changed.set(`callbacks.${entries.length}`, callback);
  else changed.set("callbacks", [...entries, callback]);
  const note = "config.yaml also has use_graceful_exit and the callback OnRequestExit, which save at SIGTERM";
  return { config: changed.text, file, notes: [note] };
}

/** The program that finds the newest complete checkpoint. */
export function resumeProgram(): string {
  return readFileSync(join(packageRoot(), "extensions/eject/newest_checkpoint.py"), "utf8");
}

/**
 * A container's start script. It stays the main process, because `msrun` dies of SIGTERM and leaves its workers
 * behind, and because the kernel keeps signals without a handler from a container's first process.
 */
export function containerScript(
  source: EjectSource,
  settings: EjectSettings,
  place: { readonly files: string; readonly exitFile: string | undefined },
): string {
  const { files, exitFile } = place;
  const { output, logs } = placesOf(source, settings);
  const last = source.nodes.length - 1;
  const resume = [posix.join(output, "checkpoint"), posix.join(settings.folder, "resume")].map(quoteWord).join(" ");
  const words = msrunWords(source, settings, {
    ...{ master: '"$MASTER_ADDR"', rank: '"$NODE_RANK"', config: posix.join(files, "config.yaml") },
  });
  const start = nodeScript(
    `Starts the ${source.devicesPerNode} workers of node NODE_RANK (0 to ${last}); ${source.devices} workers in all.`,
    [
      ...(exitFile === undefined
        ? []
        : [`# SIGTERM: every rank saves, and this ends with ${savedExitCode}. The next start resumes.`]),
      `: "\${NODE_RANK:?number of this node, 0 to ${last}}" "\${MASTER_ADDR:?address of node 0}"`,
      ...environmentLines(source, settings, false),
      `mkdir -p ${quoteWord(logs)}`,
      ...(exitFile === undefined ? [] : requestLines(source, exitFile)),
      `words=$(python ${posix.join(files, "newest_checkpoint.py")} ${resume} ${source.devices})`,
      "resume=()",
      '[ -z "$words" ] || mapfile -t resume <<< "$words"',
    ],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell
    [...words, '"${resume[@]}"'],
  );
  if (exitFile === undefined) return start;
  return `${start.replace("\nexec msrun", "\nmsrun").trimEnd()} &\n${endLines.join("\n")}\n`;
}

/** Lines before `msrun`: the file of the request, and the handler that writes it. */
function requestLines(source: EjectSource, exitFile: string): string[] {
  return [
    `exit_file=${quoteWord(exitFile)}`,
    ...(source.device === "CPU" ? ['export MF_LAB_CONTROL="$exit_file"'] : []),
    'part="$exit_file.$NODE_RANK"',
    `ask() { printf '{"GracefulExit": %s}' "$1" > "$part"; mv -f "$part" "$exit_file"; }`,
    'mkdir -p "$(dirname "$exit_file")"',
    '[ "$NODE_RANK" != 0 ] || ask 0',
    "asker=",
    "# Asks again and again: node 0 may start later, and withdraws what an earlier start has left.",
    "on_term() { while :; do ask 1; sleep 2; done & asker=$!; trap '' TERM; }",
    "trap on_term TERM",
  ];
}

/** Lines after `msrun … &`. The handler interrupts the first `wait`, once. */
const endLines = [
  "msrun=$!",
  "code=0; wait $msrun || code=$?",
  'if [ -n "$asker" ]; then',
  "  again=0; wait $msrun || again=$?",
  "  # 127: the first wait had msrun's own exit code.",
  "  [ $again -eq 127 ] || code=$again",
  '  kill "$asker" || true; wait "$asker" 2> /dev/null || true',
  "fi",
  `if [ $code -eq 0 ] && grep -qs '"GracefulExit": 1' "$exit_file"; then exit ${savedExitCode}; fi`,
  "exit $code",
];
