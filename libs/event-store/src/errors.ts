/** The stream is not where the writer believed it to be: read and decide again. */
export class VersionConflict extends Error {
  override readonly name = 'VersionConflict';
  readonly stream: string;
  readonly expected: number;
  constructor(stream: string, expected: number) {
    super(`${stream} is not at version ${expected} any more`);
    this.stream = stream;
    this.expected = expected;
  }
}

/** Somebody holds this key already. */
export class ClaimTaken extends Error {
  override readonly name = 'ClaimTaken';
  readonly scope: string;
  readonly key: string;
  constructor(scope: string, key: string) {
    super(`${scope} is taken`);
    this.scope = scope;
    this.key = key;
  }
}

/** This command or message had its effect before; `hash` and `answer` are what was kept then. */
export class Repeated extends Error {
  override readonly name = 'Repeated';
  readonly scope: string;
  readonly key: string;
  readonly hash: string | undefined;
  readonly answer: unknown;
  constructor(once: { readonly scope: string; readonly key: string; readonly hash?: string | undefined; readonly answer?: unknown }) {
    super(`${once.scope} ${once.key} had its effect before`);
    this.scope = once.scope;
    this.key = once.key;
    this.hash = once.hash;
    this.answer = once.answer;
  }
}

/** More is asked than can be kept waiting: the caller may try again later. */
export class Overloaded extends Error {
  override readonly name = 'Overloaded';
}
