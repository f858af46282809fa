import { cutText } from "../../core/text.js";

/** What is left of HTML without its tags, on a few lines at most. */
export function textOfHtml(html: string): string {
  const text = cutText(html, 20_000)
    .replace(/<(style|script)[\s\S]*?<\/\1>/gi, "")
    .replace(/<(?:br|\/p|\/div|\/tr|\/h\d|\/li)[^>]*>/gi, "\n")
    .replace(/<[^>]*>|<\/?[a-z!][^>]*$/gi, " ")
    .replace(/[^\S\n]+/g, " ")
    .trim();
  return text === "" ? "[HTML]" : cutText(text, 2000);
}
