import type { Usage } from '../wire/usage.ts';

/** Four characters of English make a token with every tokenizer in use; of other languages fewer do. */
const charactersPerToken = 4;

/** A picture in full detail is read as fewer, whatever its file weighs. */
export const fileTokens = 1_500;

/** How many tokens a text of this length has, about. */
export const tokensOf = (characters: number): number => Math.ceil(characters / charactersPerToken);

/** What is set aside for a request before it is sent, in tokens: as much as it can come to use. */
export interface Reserved {
  readonly input: number;
  readonly output: number;
}

/** With the most that its prompt can come to: no tokenizer makes two tokens of one byte. */
export interface SetAside extends Reserved {
  readonly mostInput: number;
}

/** An estimate is never more than was set aside: nobody pays for a guess what they could not have used. */
export const estimated = ({ input, output }: Reserved, textLength: number): Usage => ({
  input,
  output: Math.min(tokensOf(textLength), output),
  cached: 0,
});
