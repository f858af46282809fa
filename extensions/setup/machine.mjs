// What the machine itself must bring: Node, Python 3.11, a C++ compiler, disk space. Nothing is installed here.
import { existsSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./layout.mjs";
import { firstLine } from "./program.mjs";

const wantedNode = [20, 19];
const diskNeeded = 8 * 1024 ** 3;

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const good = major > wantedNode[0] || (major === wantedNode[0] && minor >= wantedNode[1]);
  return {
    what: "Node.js",
    good,
    found: process.versions.node,
    expected: `≥ ${wantedNode.join(".")}`,
    cure: "install Node.js 20.19 or later from your system's packages or a Node version manager",
  };
}

/** Path of a Python 3.11, or undefined; MF_LAB_SYSTEM_PYTHON overrides the search. */
export function findPython() {
  const candidates = [process.env.MF_LAB_SYSTEM_PYTHON, "python3.11", "python3", "python"].filter(Boolean);
  const script = "import sys; print(sys.executable if sys.version_info[:2] == (3, 11) else '')";
  for (const candidate of candidates) {
    const path = firstLine(candidate, ["-c", script]);
    if (path) return path;
  }
  return undefined;
}

function checkPython() {
  const python = findPython();
  return {
    what: "Python",
    good: python !== undefined,
    found: python ? firstLine(python, ["--version"]) : (firstLine("python3", ["--version"]) ?? "none"),
    expected: "3.11.x (MindSpore 2.9.0 and MindFormers share no other version)",
    cure:
      "apt-get install python3.11 python3.11-venv python3.11-dev (or pyenv install 3.11), " +
      "or set MF_LAB_SYSTEM_PYTHON=/path/to/python3.11",
  };
}

function checkCompiler() {
  const compiler = firstLine("g++", ["--version"]) ?? firstLine("c++", ["--version"]);
  const make = firstLine("make", ["--version"]);
  return {
    what: "C++ compiler",
    good: compiler !== undefined && make !== undefined,
    found: `${compiler ?? "no g++"}${make ? "" : ", no make"}`,
    expected: "g++ and make (MindFormers compiles its dataset indexer)",
    cure: "apt-get install g++ make",
  };
}

function checkDisk() {
  const { bavail, bsize } = statfsSync(root);
  const free = bavail * bsize;
  const enough = free >= diskNeeded || existsSync(join(root, ".venv"));
  const gigabytes = (count) => `${(count / 1024 ** 3).toFixed(1)} GB`;
  return {
    what: "Disk space",
    good: enough,
    found: `${gigabytes(free)} free`,
    expected: `≥ ${gigabytes(diskNeeded)} for the Python environment and the first runs`,
    cure: "free some space (df -h .) or clone the project to a larger disk",
  };
}

/** Every check as { what, good, found, expected, cure }. */
export function checkMachine() {
  return [checkNode(), checkPython(), checkCompiler(), checkDisk()];
}
