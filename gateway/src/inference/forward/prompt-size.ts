import { fileTokens, tokensOf } from '../accounting/estimate.ts';
import type { Members } from './members.ts';

const quote = 34;
const longestMediaType = 100;
const dataUrl = Buffer.from('"data:');
/** A text that is an address, as those of pictures that a model server fetches. */
const address = Buffer.from('"http');
/** Nobody escapes a letter but to have it not seen. */
const escaped = Buffer.from('\\u00');
const isLetter = (hex: number | undefined): boolean => hex !== undefined && hex >= 52 && hex <= 55;

/** A picture at its largest, with the models that take most of them apart. */
export const mostFileTokens = 16_384;
/** What a template puts around a conversation that nobody sent: who the model is, how tools are called. What it puts around a message is less than the JSON there. */
export const templateTokens = 1_024;
/** What templates write anew, with more white space than it came with. */
const rewritten = new Set(['tools', 'functions', 'response_format', 'text']);

interface Files {
  readonly count: number;
  readonly bytes: number;
  readonly mostTokens: number;
}

/** Pictures and sounds lie in a body as texts, and are no text. A picture is as large as its file says inside; anything else has no more tokens than bytes. */
const filesIn = (body: Buffer): Files => {
  let count = 0;
  let bytes = 0;
  let mostTokens = 0;
  let at = body.indexOf(dataUrl);
  while (at >= 0) {
    const end = body.indexOf(quote, at + 1);
    if (end < 0) break;
    const media = body.toString('latin1', at + dataUrl.length, Math.min(end, at + longestMediaType));
    if (media.includes(';base64,')) {
      count += 1;
      bytes += end - at;
      mostTokens += media.startsWith('image/') ? mostFileTokens : Math.max(mostFileTokens, end - at);
    }
    at = body.indexOf(dataUrl, end);
  }
  return { count, bytes, mostTokens };
};

/** Where something can stand that nobody here has seen. */
const unseenIn = (body: Buffer): number => {
  let count = 0;
  for (let at = body.indexOf(address); at >= 0; at = body.indexOf(address, at + address.length)) count += 1;
  for (let at = body.indexOf(escaped); at >= 0; at = body.indexOf(escaped, at + escaped.length)) {
    if (isLetter(body[at + escaped.length])) count += 1;
  }
  return count;
};

export interface PromptSize {
  readonly promptTokens: number;
  readonly mostPromptTokens: number;
}

/**
 * How many tokens a request brings, about and at most. Nobody here has the tokenizers of all models; but none makes more tokens of a text than it has bytes in
 * UTF-8, and JSON makes no text shorter: so a body has no fewer bytes than its texts can come to.
 */
export const promptSize = (body: Buffer, { all }: Members): PromptSize => {
  const { count, bytes, mostTokens } = filesIn(body);
  const texts = body.length - bytes;
  const again = all.reduce((sum, { name, valueAt, valueEnd }) => (rewritten.has(name) ? sum + valueEnd - valueAt : sum), 0);
  return {
    promptTokens: tokensOf(texts) + count * fileTokens,
    mostPromptTokens: texts + again + mostTokens + unseenIn(body) * mostFileTokens + templateTokens,
  };
};
