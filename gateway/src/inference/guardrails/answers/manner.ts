import type { Members } from '../../shapes/members.ts';
import type { Sent } from '../../shapes/shape.ts';
import type { Path } from '../texts/json-strings.ts';

/** How one protocol streams what a model writes. */
export interface Manner {
  /** Which text a string of this frame goes on with, the same in every frame; undefined where it is a text by itself. */
  readonly channelOf: (event: Members, path: Path) => string | undefined;
  /** Whether after this frame nothing more is added to the text. */
  readonly closes: (event: Members, channel: string) => boolean;
  /** A frame that adds to a text what a frame before it held back. */
  readonly more: (event: Members, path: Path, text: string) => Members;
  /** Whether its frames have names: they are what `type` says. */
  readonly hasNames: boolean;
}

/** A stream that a guardrail ends: what it must say so that clients take it for an answer that a filter ended. */
export interface Course {
  /** Each frame, as it came. */
  see(event: Members): void;
  /** Where frames have numbers, whoever sends them gives these theirs. */
  blocked(guardrail: string): readonly Sent[];
}
