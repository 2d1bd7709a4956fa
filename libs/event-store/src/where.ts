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

type Tests<R extends object> = { readonly [C in keyof R]?: Test<R[C]> | undefined };
/** Every named column passes its test; of those in `anyOf`, all of at least one. A test that is undefined is none. */
export type Where<R extends object> = Tests<R> & { readonly anyOf?: readonly Tests<R>[] | undefined };

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
    const { anyOf, ...tests }: Where<R> = where;
    this.texts.push(...this.testsIn(tests));
    if (anyOf) this.texts.push(`(${anyOf.map((some) => `(${this.testsIn(some).join(' AND ') || 'TRUE'})`).join(' OR ') || 'FALSE'})`);
    return this;
  }

  /** `WHERE …`, or nothing. */
  get sql(): string {
    return this.texts.length > 0 ? `WHERE ${this.texts.join(' AND ')}` : '';
  }

  private testsIn(tests: object): readonly string[] {
    return Object.entries(tests).flatMap(([column, test]) => (test === undefined ? [] : this.testsOf(quoted(columnName(column)), test)));
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
