import { assembleKernel } from "./assemble.js";

/** Bytes of one page of WebAssembly's memory. */
const pageBytes = 65_536;
/** Larger inputs are left to the plain loops, so that the memory of a kernel stays small. */
export const largestInput = 32 * 1024 * 1024;

type Run = (...parameters: number[]) => void;

interface KernelMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** The part of WebAssembly's interface that kernels need; the compiler's own types of it belong to browsers. */
interface WebAssemblyApi {
  readonly Memory: new (limits: { readonly initial: number }) => KernelMemory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: { readonly run: Run } };
}

/** A compiled kernel and its memory: results first, then the inputs. */
export class Kernel {
  readonly #memory: KernelMemory;
  readonly #run: Run;
  readonly #resultBytes: number;

  constructor({ Memory, Module, Instance }: WebAssemblyApi, text: string, resultBytes: number) {
    this.#memory = new Memory({ initial: 1 });
    this.#run = new Instance(new Module(assembleKernel(text)), { kernel: { memory: this.#memory } }).exports.run;
    this.#resultBytes = Math.ceil(resultBytes / 16) * 16;
  }

  /**
   * Copies the inputs into the kernel's memory and runs it: the addresses of the inputs come first, then `parameters`,
   * then the address of the results, which are zero before. Returns a view of the results that is valid until the next
   * call.
   */
  run(inputs: readonly Uint8Array[], parameters: readonly number[]): DataView {
    const addresses: number[] = [];
    let end = this.#resultBytes;
    for (const { byteLength } of inputs) {
      addresses.push(end);
      end += Math.ceil(byteLength / 16) * 16;
    }
    const lacking = end - this.#memory.buffer.byteLength;
    if (lacking > 0) this.#memory.grow(Math.ceil(lacking / pageBytes));
    const memory = new Uint8Array(this.#memory.buffer);
    for (const [index, input] of inputs.entries()) memory.set(input, addresses[index]);
    memory.fill(0, 0, this.#resultBytes);
    this.#run(...addresses, ...parameters, 0);
    return new DataView(this.#memory.buffer, 0, this.#resultBytes);
  }
}

/** Makes a kernel when it is first needed; undefined where WebAssembly is switched off (`node --jitless`). */
export function lazyKernel(text: () => string, resultBytes: number): () => Kernel | undefined {
  let made: { readonly kernel: Kernel | undefined } | undefined;
  return () => {
    const api = (globalThis as { readonly WebAssembly?: WebAssemblyApi }).WebAssembly;
    made ??= { kernel: api && new Kernel(api, text(), resultBytes) };
    return made.kernel;
  };
}
