/** A column of a Parquet schema, as hyparquet gives it. */
export interface ParquetColumn {
  readonly element: {
    readonly name: string;
    /** Physical type; undefined for groups. */
    readonly type?: string;
    readonly repetition_type?: string;
    readonly converted_type?: string;
    readonly logical_type?: { readonly type?: string };
  };
  readonly children: readonly ParquetColumn[];
}

/** Meanings of bytes that are text; columns without a meaning are taken for text, too, as many writers leave it out. */
const textMeanings: ReadonlySet<string | undefined> = new Set([undefined, "UTF8", "STRING", "ENUM"]);

/** Whether a column holds text or lists of text. */
export function isText(column: ParquetColumn): boolean {
  return isTextLeaf(column) || isListOfText(column);
}

function isTextLeaf({ element, children }: ParquetColumn): boolean {
  const { type, converted_type, logical_type } = element;
  return (
    children.length === 0 &&
    type === "BYTE_ARRAY" &&
    textMeanings.has(converted_type) &&
    textMeanings.has(logical_type?.type)
  );
}

/** The usual three levels, list → repeated group → text, or two, list → repeated text. */
function isListOfText({ element, children }: ParquetColumn): boolean {
  const [item] = children;
  if (meaningOf(element) !== "LIST" || item === undefined || children.length > 1) return false;
  if (item.children.length === 0) return isTextLeaf(item);
  return item.children.length === 1 && isTextLeaf(item.children[0] as ParquetColumn);
}

function meaningOf({ converted_type, logical_type }: ParquetColumn["element"]): string | undefined {
  return logical_type?.type ?? converted_type;
}

/** For messages: `INT64 (TIMESTAMP)`, `a struct of a, b`. */
export function typeName({ element, children }: ParquetColumn): string {
  const meaning = meaningOf(element);
  if (meaning === "LIST") {
    const [item] = children;
    const inner = item?.children.length === 1 ? item.children[0] : item;
    return `lists of ${inner ? typeName(inner) : "nothing"}`;
  }
  if (children.length > 0)
    return meaning === undefined
      ? `a struct of ${children.map((child) => child.element.name).join(", ")}`
      : `${meaning} values`;
  return meaning === undefined ? (element.type ?? "nothing") : `${element.type} (${meaning})`;
}
