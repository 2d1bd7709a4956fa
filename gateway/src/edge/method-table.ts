import type { Route } from '../dialect.ts';

interface Row {
  readonly shape: RegExp;
  readonly methods: Set<string>;
}

const shapeOf = (path: string): RegExp =>
  new RegExp(
    `^${path
      .replace(/\{\w+\}/g, '[^/]+')
      .replaceAll('.', '\\.')
      .replace(/\/$/, '')}/?$`,
  );

/** Which methods a path knows, for those who used another one. */
export class MethodTable {
  readonly #rows = new Map<string, Row>();

  add({ path, method, kind }: Pick<Route, 'path' | 'method' | 'kind'>): void {
    const key = path.replace(/\/$/, '').replace(/\{\w+\}/g, '{}');
    const row = this.#rows.get(key) ?? { shape: shapeOf(path), methods: new Set() };
    row.methods.add(method);
    // A stream has no end to measure, so nothing to tell about it beforehand.
    if (method === 'GET' && kind === 'answer') row.methods.add('HEAD');
    this.#rows.set(key, row);
  }

  methodsAt(path: string): readonly string[] {
    const methods = new Set<string>();
    for (const row of this.#rows.values()) if (row.shape.test(path)) for (const method of row.methods) methods.add(method);
    return [...methods].sort();
  }
}
