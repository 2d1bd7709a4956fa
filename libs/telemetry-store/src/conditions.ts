import type { Matchers } from './labels.ts';

/** Parts of a WHERE clause and their values, numbered as they come. */
export class Conditions {
  readonly values: unknown[];
  private readonly parts: string[] = [];

  /** With another one given: conditions of a subquery, whose values are numbered on. */
  constructor(outer?: Conditions) {
    this.values = outer?.values ?? [];
  }

  /** A placeholder for the value. */
  value(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  add(part: string): this {
    this.parts.push(part);
    return this;
  }

  /** Equality as containment, which has an index; a list as a comparison. */
  labels(column: string, matchers: Matchers): this {
    const equal: Record<string, string> = {};
    for (const [name, wanted] of Object.entries(matchers)) {
      if (typeof wanted === 'string') equal[name] = wanted;
      else this.add(`${column} ->> ${this.value(name)} = ANY(${this.value([...wanted])}::text[])`);
    }
    if (Object.keys(equal).length > 0) this.add(`${column} @> ${this.value(JSON.stringify(equal))}::jsonb`);
    return this;
  }

  toString(): string {
    return this.parts.length === 0 ? 'true' : this.parts.join(' AND ');
  }
}
