import { encode128, width } from './base62.ts';

/** How a published API writes its keys: `<name>_<id>_<chance><code>`, each part of one length in one alphabet. */
export interface KeyForm {
  /** What the first underscore ends: no two forms share it. */
  readonly name: string;
  /** The part of the key's id that the text holds, and how many bytes of chance and of code stand behind it. */
  readonly bytes: { readonly id: number; readonly chance: number; readonly code: number };
  readonly characters: { readonly id: number; readonly rest: number };
  /** Of one character, as a class of a regular expression. */
  readonly alphabet: string;
  readonly write: (bytes: Uint8Array) => string;
  /** How many of its first characters a key is recognised by; none of them is secret. */
  readonly shown: number;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/**
 * Every form of API keys there is. One more is one more entry: nothing else knows what a key looks like. At least 96 bits of chance,
 * for only their hash is kept; the code needs no more than to be rarely right by accident.
 */
export const keyForms = {
  /** Ours and Lyceum's. */
  lk: {
    name: 'lk',
    bytes: { id: 16, chance: 16, code: 16 },
    characters: { id: width, rest: 2 * width },
    alphabet: '[0-9A-Za-z]',
    write: encode128,
    shown: 8,
  },
  /** LMStack's: sixteen hexadecimal digits that are shown, thirty-two that are secret. */
  lmsk: {
    name: 'lmsk',
    bytes: { id: 8, chance: 12, code: 4 },
    characters: { id: 16, rest: 32 },
    alphabet: '[0-9a-f]',
    write: hex,
    shown: 21,
  },
} as const satisfies Readonly<Record<string, KeyForm>>;

export type KeyFormName = keyof typeof keyForms;
