import { describeCompleteness, describeCompletion, describeInspection, inspectionOffsets } from "../../assist.js";
import type { Inspection } from "../../evaluator.js";
import type { TypeScript } from "../../guards.js";
import { createPackageFolders, type PackageFolders } from "../../package-folders.js";
import { argumentAt, type FoundPlace } from "../cell/argument-place.js";
import { candidatesAt } from "../cell/complete.js";
import { type Converter, convertCell, type Earlier } from "../cell/convert.js";
import { addNames, anchorNames, textOfNames } from "../cell/declared-names.js";
import { importedKinds } from "../cell/import-names.js";
import { isOfNothing, typeNamedAt } from "../cell/inspect-type.js";
import { type Bundles, createBundles } from "../program/bundles.js";
import { libraryDocumentation } from "../program/documentation.js";
import { type Checked, createLanguage, type Shared } from "../program/language.js";
import type { Declarations } from "../program/libraries.js";
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
  let kept: { readonly key: string; readonly bundles: Bundles } | undefined;
  return {
    compiler,
    declarations,
    shared: {
      registry: createRegistry(compiler),
      resolutions: new Map(),
      texts: new Map(),
      bundles(libraries, node) {
        const key = [...libraries, node].join();
        if (kept?.key !== key) kept = { key, bundles: createBundles({ libraries, node }) };
        return kept.bundles;
      },
    },
  };
}

type Opened = Pick<Extract<CheckerRequest, { kind: "open" }>, "workingDirectory" | "packages">;

export function createChecker(options: CheckerOptions): Checker {
  const { compiler } = options;
  const captures = new Set<string>();
  let earlier: Earlier = { names: new Map(), text: textOfNames(new Map()), captures };
  let converter: Converter | undefined;
  let openedWith = "";
  let folder: string | undefined;
  let folders: PackageFolders | undefined;
  const open = (given: Opened): Converter => {
    folders = createPackageFolders(given);
    if (folder !== undefined && folder !== given.workingDirectory) {
      const names = anchorNames(earlier.names, folder);
      earlier = { names, text: textOfNames(names), captures };
    }
    folder = given.workingDirectory;
    return { compiler, language: createLanguage({ ...options, folders }), files: converter?.files ?? new Map() };
  };
  const opened = (): Converter => {
    converter ??= open({ workingDirectory: process.cwd(), packages: [] });
    return converter;
  };
  const placeAt = (checked: Checked, cursor: number): { place?: FoundPlace } => {
    const place = argumentAt(compiler, checked, cursor);
    if (place === undefined) return {};
    return { place: { ...place, declaredIn: folders?.real(place.declaredIn) ?? place.declaredIn } };
  };
  const complete = ({ code, cursor }: Extract<CheckerRequest, { kind: "complete" }>): CheckerAnswers["complete"] => {
    const { language } = opened();
    const checked = language.update(code, earlier.text, "question");
    const kinds = importedKinds(compiler, checked, cursor);
    const found = describeCompletion(candidatesAt(language, { code, cursor, kinds }), code, cursor);
    return { ...found, ...placeAt(checked, cursor) };
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
    const checked = opened().language.update(request.code, earlier.text, "question");
    const place = placeAt(checked, request.cursor);
    const found = inspect(request);
    return { ...place, ...(found === undefined ? {} : { found }) };
  };
  return {
    answer(request) {
      if (request.kind === "convert") return convertCell(opened(), request.code, earlier);
      if (request.kind === "inspect") return inspectWithPlace(request);
      if (request.kind === "isComplete") return describeCompleteness(compiler, request.code);
      if (request.kind === "complete") return complete(request);
      if (request.kind === "prepare") opened().language.update("", earlier.text, "question");
      else if (request.kind === "open") {
        const key = JSON.stringify([request.workingDirectory, request.packages]);
        if (key !== openedWith) converter = open(request);
        openedWith = key;
      } else {
        const names = addNames(earlier.names, request.own);
        earlier = { names, text: textOfNames(names), captures };
        for (const one of request.captures) captures.add(one);
      }
      return null;
    },
  };
}
