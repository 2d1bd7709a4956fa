import { columnName } from './columns.ts';
import { quoted } from './table-sql.ts';

/** What a cell must be: this value (`null` included), one of several, within bounds, text that holds this text, or a list in JSON that has this text. */
export type Test<T> =
  | T
  | { readonly in: readonly T[] }
  | { readonly not: T }
  | { readonly gt?: T; readonly gte?: T; readonly lt?: T; readonly lte?: T }
  | { readonly contains: string }
  | { readonly has: string };

/** Every named column passes its test. A test that is undefined is none. */
export type Where<R extends object> = { readonly [C in keyof R]?: Test<R[C]> | undefined };

const bounds = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;

const escapedForLike = (text: string): string => text.replace(/[\\%_]/g, (character) => `\\${character}`);

/** SQL conditions and their parameters, collected side by side. */
export class Conditions {
  readonly values: unknown[] = [];
  private readonly texts: string[] = [];

  /** Remembers a parameter; gives its place, `$1`. */
  parameter(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  push(text: string): void {
    this.texts.push(text);
  }

  where<R extends object>(where: Where<R>): this {
    for (const [column, test] of Object.entries(where)) {
      if (test !== undefined) this.texts.push(...this.testsOf(quoted(columnName(column)), test));
    }
    return this;
  }

  /** `WHERE …`, or nothing. */
  get sql(): string {
    return this.texts.length > 0 ? `WHERE ${this.texts.join(' AND ')}` : '';
  }

  private testsOf(column: string, test: unknown): readonly string[] {
    if (test === null) return [`${column} IS NULL`];
    if (typeof test !== 'object') return [`${column} = ${this.parameter(test)}`];
    if ('in' in test) return [`${column} = ANY(${this.parameter(test.in)})`];
    if ('not' in test) return [`${column} IS DISTINCT FROM ${this.parameter(test.not)}`];
    if ('contains' in test) return [`${column} ILIKE ${this.parameter(`%${escapedForLike(String(test.contains))}%`)}`];
    if ('has' in test) return [`${column} ? ${this.parameter(test.has)}`];
    return Object.entries(bounds).flatMap(([bound, operator]) => {
      const value: unknown = Reflect.get(test, bound);
      return value === undefined ? [] : [`${column} ${operator} ${this.parameter(value)}`];
    });
  }
}
