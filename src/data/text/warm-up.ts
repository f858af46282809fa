import { WikitextCuts } from "./cuts.js";
import { cleanWikitext } from "./wikitext.js";
import { startOfText } from "./wikitext-pairs.js";

/** All that the rules of cleaning look for. */
const text = [
  ` \n = Title = \n \n The " quoted " text ( in ( two ) parts ) ( é ) ( ü　) " ñ " , a [ b ] { c } , `,
  "1 @,@ 234 @.@ 5 , well @-@ known : the dogs ' 5 ° N .\n Robert 's N days ; what ? ! ' none ' \r\n",
  " = = Part = = \n\nEnd . \n\n Élan … 中文 ( open \n\n = = = Last = = = \n \n /' 0/ x , ; . y \n",
].join("");
const times = 12;
let done = false;

/**
 * Runs the code that WikiText goes through over a short text with everything in it: V8 compiles code for what it has
 * seen, and does it again for everything that comes later; at the start of a thread that takes more time than the
 * first megabytes of text. Once per thread.
 */
export function warmUpWikitext(): void {
  if (done) return;
  done = true;
  for (let time = 0; time < times; time++) {
    const cuts = new WikitextCuts(64);
    for (let at = 0; at < text.length; at += 100) cuts.push(Buffer.from(text.slice(at, at + 100)));
    cleanWikitext(Buffer.from(text), { state: startOfText, totals: cuts.totals });
  }
}
