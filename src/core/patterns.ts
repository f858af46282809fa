/** One pattern out of several that follow each other, so that a long one can be written and read part by part. */
export function patternOf(parts: readonly RegExp[], flags = ""): RegExp {
  return new RegExp(parts.map(({ source }) => source).join(""), flags);
}

/** Matches the whole text if one of the patterns does. */
export function anyOf(patterns: readonly RegExp[]): RegExp {
  return new RegExp(`^(?:${patterns.map(({ source }) => source).join("|")})$`);
}
