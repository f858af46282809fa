/** LEB128 without sign. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return [...bytes, rest];
}

export function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function text(value: string): number[] {
  return [...unsigned(value.length), ...Buffer.from(value, "latin1")];
}

/** The one type: parameters, no result. */
export function typeSection(parameters: readonly number[]): number[] {
  return section(1, [1, 0x60, ...unsigned(parameters.length), ...parameters, 0]);
}

/** A memory of at least one page. */
export function importSection(module: string, name: string): number[] {
  return section(2, [1, ...text(module), ...text(name), 0x02, 0x00, 1]);
}

/** The one function under a name. */
export function exportSection(name: string): number[] {
  return section(7, [1, ...text(name), 0x00, 0]);
}

export function functionBody(locals: readonly number[], code: readonly number[]): number[] {
  const body = [...unsigned(locals.length), ...locals.flatMap((type) => [1, type]), ...code, 0x0b];
  return [...unsigned(body.length), ...body];
}
