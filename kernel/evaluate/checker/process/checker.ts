import { describeCompleteness, describeCompletion, describeInspection, inspectionOffsets } from "../../assist.js";
import type { Inspection } from "../../evaluator.js";
import type { TypeScript } from "../../guards.js";
import { createPackageFolders } from "../../package-folders.js";
import type { Conversion } from "../cell/conversion.js";
import { type Converter, convertCell, type Earlier } from "../cell/convert.js";
import { addNames, anchorNames, textOfNames } from "../cell/declared-names.js";
import { continuedNamespaces } from "../cell/namespaces.js";
import { argumentAt, type FoundPlace } from "../cell/questions/argument-place.js";
import { candidatesAt } from "../cell/questions/complete.js";
import { importedKinds } from "../cell/questions/import-names.js";
import { isOfNothing, typeNamedAt } from "../cell/questions/inspect-type.js";
import { isInText } from "../cell/questions/text-place.js";
import { readSyntax } from "../cell/syntax.js";
import { type Bundles, createBundles } from "../program/bundles.js";
import { libraryDocumentation } from "../program/documentation.js";
import { type Checked, createLanguage, type Shared } from "../program/language.js";
import type { Declarations } from "../program/libraries.js";
import { type NotebookConfig, readNotebookConfig, versionOf } from "../program/notebook-config.js";
import { createRegistry } from "../program/registry.js";
import type { CheckerAnswers, CheckerRequest } from "./requests.js";

/** The evaluator on the side of its own process: a request in, an answer out. */
export interface Checker {
  answer(request: CheckerRequest): CheckerAnswers[CheckerRequest["kind"]];
}

export interface CheckerOptions {
  readonly compiler: TypeScript;
  readonly declarations: Declarations;
  readonly shared: Shared;
}

/** With nothing parsed yet. */
export function checkerOptions(compiler: TypeScript, declarations: Declarations): CheckerOptions {
  let version = 0;
  let kept: { readonly key: string; readonly bundles: Bundles } | undefined;
  return {
    compiler,
    declarations,
    shared: {
      registry: createRegistry(compiler),
      resolutions: new Map(),
      texts: new Map(),
      nextVersion: () => String(++version),
      bundles(libraries, node) {
        const key = [...libraries, node].join();
        if (kept?.key !== key) kept = { key, bundles: createBundles({ libraries, node }) };
        return kept.bundles;
      },
    },
  };
}

/** The folder of the notebook, with what is set there. */
interface Place {
  /** Opens the folder anew if its tsconfig.json has changed. */
  opened(): Converter;
  open(given: Opened): void;
  /** What is wrong with the tsconfig.json, once. */
  newTrouble(): string | undefined;
  /** Where a file of the kernel's packages lies. */
  real(path: string): string;
}

function createPlace(options: CheckerOptions, onMove: (from: string) => void): Place {
  const { compiler } = options;
  let at: Opened = { workingDirectory: process.cwd(), packages: [] };
  let isOpen = false;
  let folders = createPackageFolders(at);
  let config: NotebookConfig = { options: {}, files: [], version: "" };
  let trouble: string | undefined;
  let converter: Converter | undefined;
  const openAnew = (): Converter => {
    folders = createPackageFolders(at);
    const before = config.version;
    config = readNotebookConfig(compiler, at.workingDirectory);
    ({ trouble } = config);
    // Files are translated with the options.
    const files = before === config.version ? converter?.files : undefined;
    return { compiler, language: createLanguage({ ...options, folders, config }), files: files ?? new Map() };
  };
  return {
    opened() {
      if (converter === undefined || versionOf(config.files) !== config.version) converter = openAnew();
      return converter;
    },
    open(given) {
      const isSame =
        JSON.stringify([given.workingDirectory, given.packages]) === JSON.stringify([at.workingDirectory, at.packages]);
      if (isOpen && isSame) return;
      if (isOpen && given.workingDirectory !== at.workingDirectory) onMove(at.workingDirectory);
      at = given;
      isOpen = true;
      converter = openAnew();
    },
    newTrouble() {
      const found = trouble;
      trouble = undefined;
      return found;
    },
    real: (path) => folders.real(path),
  };
}

type Opened = Pick<Extract<CheckerRequest, { kind: "open" }>, "workingDirectory" | "packages">;

export function createChecker(options: CheckerOptions): Checker {
  const { compiler } = options;
  const captures = new Set<string>();
  let earlier: Earlier = { names: new Map(), text: textOfNames(new Map()), captures };
  const place = createPlace(options, (folder) => {
    const names = anchorNames(earlier.names, folder);
    earlier = { names, text: textOfNames(names), captures };
  });
  const { opened } = place;
  const convert = (code: string): Conversion => {
    const conversion = convertCell(opened(), code, earlier);
    const notice = place.newTrouble();
    return notice === undefined ? conversion : { ...conversion, notice };
  };
  const placeAt = (checked: Checked, cursor: number): { place?: FoundPlace } => {
    const found = argumentAt(compiler, checked, cursor);
    return found === undefined ? {} : { place: { ...found, declaredIn: place.real(found.declaredIn) } };
  };
  /** With what earlier cells have put into its namespaces. */
  const asked = (code: string): Checked => {
    const parts = /\bnamespace\b/.test(code)
      ? continuedNamespaces(compiler, readSyntax(compiler, code), earlier.names).map(({ text }) => text)
      : [];
    return opened().language.update([code, ...parts].join("\n"), earlier.text, "question");
  };
  const complete = ({ code, cursor }: Extract<CheckerRequest, { kind: "complete" }>): CheckerAnswers["complete"] => {
    const { language } = opened();
    const checked = asked(code);
    const kinds = importedKinds(compiler, checked, cursor);
    const found = describeCompletion(candidatesAt(language, { code, cursor, kinds }), code, cursor);
    const isCode = found.matches.length > 0 || !isInText(compiler, { language, checked, cursor });
    return { ...found, ...placeAt(checked, cursor), ...(isCode ? {} : { isInText: true }) };
  };
  const inspect = ({ code, cursor, detail }: Extract<CheckerRequest, { kind: "inspect" }>): Inspection | undefined => {
    const { language } = opened();
    for (const offset of inspectionOffsets(compiler, code, cursor)) {
      const info = language.service.getQuickInfoAtPosition(language.cell, offset);
      if (info === undefined || isOfNothing(info)) continue;
      const isDocumented = (info.documentation ?? []).length > 0;
      return describeInspection(
        isDocumented ? info : { ...info, ...libraryDocumentation(compiler, language, offset) },
        detail,
      );
    }
    const info = typeNamedAt({ language, code, cursor, earlier: earlier.text });
    return info === undefined ? undefined : describeInspection(info, detail);
  };
  const inspectWithPlace = (request: Extract<CheckerRequest, { kind: "inspect" }>): CheckerAnswers["inspect"] => {
    const checked = asked(request.code);
    const argument = placeAt(checked, request.cursor);
    const found = inspect(request);
    return { ...argument, ...(found === undefined ? {} : { found }) };
  };
  return {
    answer(request) {
      if (request.kind === "convert") return convert(request.code);
      if (request.kind === "inspect") return inspectWithPlace(request);
      if (request.kind === "isComplete")
        return describeCompleteness(compiler, request.code, opened().language.cellName);
      if (request.kind === "complete") return complete(request);
      if (request.kind === "prepare") opened().language.update("", earlier.text, "question");
      else if (request.kind === "open") place.open(request);
      else {
        const names = addNames(earlier.names, request.own);
        earlier = { names, text: textOfNames(names), captures };
        for (const one of request.captures) captures.add(one);
      }
      return null;
    },
  };
}
