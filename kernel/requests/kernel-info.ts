import { protocolVersion } from "../channels/codec.js";
import type { ReplyContent } from "../channels/messages.js";

/** Version of the TypeScript that cells are checked with; loading the compiler to ask it would take a second. */
export const languageVersion = "6.0.3";

/** Content of kernel_info_reply; `version` is this package's. */
export function kernelInfo(version: string): ReplyContent {
  return {
    status: "ok",
    protocol_version: protocolVersion,
    implementation: "mindformers-lab",
    implementation_version: version,
    language_info: {
      name: "typescript",
      version: languageVersion,
      mimetype: "text/typescript",
      file_extension: ".ts",
      pygments_lexer: "typescript",
      codemirror_mode: "typescript",
      nbconvert_exporter: "script",
    },
    banner: `TypeScript (MindFormers) ${version} · TypeScript ${languageVersion} · Node ${process.versions.node}`,
    debugger: true,
    help_links: [
      { text: "TypeScript", url: "https://www.typescriptlang.org/docs/" },
      { text: "Node.js", url: "https://nodejs.org/docs/latest-v20.x/api/" },
      { text: "MindSpore Transformers", url: "https://www.mindspore.cn/mindformers/docs/en/master/index.html" },
    ],
    supported_features: ["debugger", "kernel subshells"],
  };
}
