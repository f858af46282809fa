const mapComment = /\n?\/\/# sourceMappingURL=\S*\s*$/;

/** The map is kept beside the script. */
export function withoutMapComment(text: string): string {
  return text.replace(mapComment, "\n");
}
