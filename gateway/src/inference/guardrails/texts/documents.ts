import { decoded, type JsonString } from './json-strings.ts';

/**
 * Documents of the Messages API lie in `data` beside a `type`: of `text` they are read as they stand, of any other they are files. Which of both comes first
 * nobody knows, nor whether one is given twice.
 */
export class Documents {
  readonly #found: { readonly source: string; readonly string: JsonString }[] = [];
  readonly #plain = new Set<string>();

  /** Any string of the request. */
  note(json: string, { path, from, to }: JsonString): void {
    if (path[0] !== 'messages' || path.at(-2) !== 'source') return;
    const source = path.slice(0, -1).join(' ');
    const name = path.at(-1);
    if (name === 'data') this.#found.push({ source, string: { path: [], from, to } });
    else if (name === 'type' && decoded(json.slice(from, to)) === 'text') this.#plain.add(source);
  }

  get texts(): readonly JsonString[] {
    return this.#found.flatMap(({ source, string }) => (this.#plain.has(source) ? [string] : []));
  }
}
