/** Quotes and minus in the words of a search, as the service reads them; pure. */

export interface Mark {
  /** What must, or must not, be in the name or the labels. */
  text: string;
  /** It must not. */
  lacking: boolean;
  /** Where it is in the words, with its signs. */
  start: number;
  end: number;
}

export interface Marks {
  marks: readonly Mark[];
  /** What is looked for, without what is left out; empty if nothing is. */
  wanted: string;
}

const PART =
  /(?<minus>(?<!\S)[-\u2212](?=\S))?(?:"(?<straight>[^"]+)"|[\u201c\u201d\u201e\u201f\u00ab\u00bb](?<curly>[^\u201c\u201d\u201e\u201f\u00ab\u00bb]+)[\u201c\u201d\u201e\u201f\u00ab\u00bb]|\u300c(?<corner>[^\u300d]+)\u300d|(?<word>\S+?)(?=$|\s|["\u201c\u201e\u00ab\u300c])|(?<other>\S))|(?<blank>\s+)/gu;
/** What has no word can be neither asked for nor left out. */
const HAS_WORD = /[\p{L}\p{N}\p{Extended_Pictographic}\p{Regional_Indicator}]/u;
const MOST_READ = 10_000;

export function readMarks(text: string): Marks {
  const marks: Mark[] = [];
  let wanted = "";
  for (const found of text.slice(0, MOST_READ).matchAll(PART)) {
    const { minus, straight, curly, corner, word, other, blank } = found.groups ?? {};
    const quoted = straight ?? curly ?? corner;
    const said = quoted ?? word ?? other ?? blank ?? "";
    const counts = (quoted !== undefined || minus !== undefined) && HAS_WORD.test(said);
    if (counts) marks.push({ text: said.trim(), lacking: minus !== undefined, start: found.index, end: found.index + found[0].length });
    if (minus === undefined || !counts) wanted += (minus ?? "") + said;
  }
  wanted += text.slice(MOST_READ);
  return { marks, wanted: wanted.split(/\s+/).filter(Boolean).join(" ") };
}

/** The words without one of their marks. */
export function withoutMark(text: string, { start, end }: Mark): string {
  return `${text.slice(0, start)} ${text.slice(end)}`.split(/\s+/).filter(Boolean).join(" ");
}

/** As people read it. */
export function sayMark({ text, lacking }: Mark): string {
  return lacking ? `without ${text}` : `has “${text}”`;
}
