import type { Operation, OutputOf, RequestOf } from '@orrery/contracts';
import type { Outcome } from '@orrery/messaging';
import { z } from 'zod';
import type { Caller } from '../access/caller.ts';
import type { AnswerRoute, Call, Parts } from '../dialect.ts';
import { Failed, invalidInput, refusal } from '../failure.ts';
import { issuesOf } from '../input.ts';
import type { Issue, Part } from '../issue.ts';

type Shape = z.ZodType;
const nothing = z.object({});

/** What a row sees of a request: its parts as its schemas read them. */
export interface Read<Q, B> {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Q;
  readonly body: B;
  readonly caller: Caller;
  /** By its name in lower case. */
  readonly header: (name: string) => string | undefined;
}

/** The way to the operations that a row declares, and to no others. */
export interface To<O extends Operation> {
  ask<X extends O>(operation: X, input: RequestOf<X>): Promise<OutputOf<X>>;
  outcome<X extends O>(operation: X, input: RequestOf<X>): Promise<Outcome<X>>;
}

/** An answer that sets a cookie, or takes it away. */
export class WithCookie<W> {
  readonly value: W;
  readonly setCookie: string;
  constructor(value: W, setCookie: string) {
    this.value = value;
    this.setCookie = setCookie;
  }
}

/** A line of the table of a published API. `W` is what its answers are made of. */
export interface Row<O extends Operation, Q extends Shape, B extends Shape, W> {
  readonly method: AnswerRoute['method'];
  /** As the manner of the API completes it. */
  readonly path: string;
  readonly operations: readonly O[];
  readonly query?: Q;
  readonly body?: B;
  /** Fields of the operations' inputs that have another name here. */
  readonly names?: Readonly<Record<string, string>>;
  /** Of success; 200 where nothing is said. */
  readonly status?: number;
  readonly answer: (to: To<O>, read: Read<z.output<Q>, z.output<B>>) => Promise<W | WithCookie<W>>;
}

/** What the rows of one API have in common. */
export interface Manner<W> {
  /** The whole path, from the root of the host. */
  readonly under: (path: string) => string;
  readonly textOf: (value: W) => string;
  /** Which field of a path names an organization or a space. */
  readonly placesIn?: (path: string) => Pick<AnswerRoute, 'orgField' | 'spaceField'>;
  readonly keyHeaders?: readonly string[];
  /** Its clients are browsers too. */
  readonly takesCookie?: true;
}

/** Of a parameter that is given twice the last one counts. */
const lastOf = (query: Parts['query']): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(query).map(([name, value]) => [name, typeof value === 'string' ? value : (value.at(-1) ?? '')]));

const read = <S extends Shape>(schema: S, value: unknown, part: Part): z.output<S> => {
  const parsed = z.safeParse(schema, value);
  if (!parsed.success) throw new Failed(invalidInput(issuesOf(parsed.error, value, { schema, partOf: () => part })));
  return parsed.data;
};

type Names = Readonly<Record<string, string>>;

/** Judges the input of an operation here, where its fields can still be called what the client calls them. */
const assertFits = (operation: Operation, input: unknown, { names, part }: { names: Names; part: Part }): void => {
  const parsed = z.safeParse(operation.input, input);
  if (parsed.success) return;
  const issues = issuesOf(parsed.error, input, { schema: operation.input, partOf: () => part });
  throw new Failed(invalidInput(renamed(issues, names)));
};

const renamed = (issues: readonly Issue[], names: Names): readonly Issue[] =>
  issues.map((issue) => ({ ...issue, path: issue.path.map((step, depth) => (depth === 0 ? (names[step] ?? step) : step)) }));

/** What the service found wrong, with the fields called what the client calls them. */
const inTheirWords = (error: unknown, names: Names): unknown =>
  error instanceof Failed && error.failure.issues.length > 0
    ? new Failed({ ...error.failure, issues: renamed(error.failure.issues, names) }, { cause: error })
    : error;

/** The way to the operations of a row, for one request. */
const toward = <O extends Operation>(call: Call, judged: Parameters<typeof assertFits>[2]): To<O> => ({
  ask: async (operation, input) => {
    assertFits(operation, input, judged);
    try {
      return await call.ask(operation, input);
    } catch (error) {
      throw inTheirWords(error, judged.names);
    }
  },
  outcome: (operation, input) => {
    assertFits(operation, input, judged);
    return call.outcome(operation, input);
  },
});

/** Makes rows of a table routes: their schemas read the request, their operations are asked, and the answer is written in the API's manner. */
export const rowsIn =
  <W>({ under, textOf, placesIn, keyHeaders, takesCookie }: Manner<W>) =>
  <const O extends Operation, Q extends Shape = typeof nothing, B extends Shape = typeof nothing>(
    definition: Row<O, Q, B, W>,
  ): AnswerRoute => {
    const { method, path, operations, names = {}, status = 200, answer } = definition;
    const part: Part = method === 'GET' || method === 'DELETE' ? 'query' : 'body';
    return {
      kind: 'answer',
      method,
      path: under(path),
      operations,
      ...placesIn?.(path),
      ...(keyHeaders === undefined ? {} : { keyHeaders }),
      ...(takesCookie ? { takesCookie } : {}),
      answer: async (call) => {
        const { parts, caller } = call;
        // Where a row names no schema its type is `nothing`, and so is the value.
        const query = read(definition.query ?? nothing, lastOf(parts.query), 'query') as z.output<Q>;
        const body = (definition.body ? read(definition.body, parts.body, 'body') : {}) as z.output<B>;
        const answered = await answer(toward(call, { names, part }), {
          path: parts.path,
          query,
          body,
          caller,
          header: (name) => call.header(name),
        });
        const contentType = 'application/json; charset=utf-8';
        if (!(answered instanceof WithCookie)) return { status, contentType, body: textOf(answered) };
        return { status, contentType, body: textOf(answered.value), setCookie: answered.setCookie };
      },
    };
  };

/** Ids are opaque to clients of published APIs: one that cannot be is one that does not exist. */
export const idOf = <S extends Shape>(schema: S, text: string | undefined, missing: string): z.output<S> => {
  const parsed = z.safeParse(schema, text);
  if (parsed.success) return parsed.data;
  throw new Failed(refusal({ refusals: { [missing]: 404 } }, { code: missing, details: {} }));
};

/** A field of the path that is of a known form; whoever writes something else is told what is wrong with it. */
export const fromPath = <S extends Shape>(schema: S, path: Parts['path'], name: string): z.output<S> => {
  const fields: Readonly<Record<string, unknown>> = read(z.object({ [name]: schema }), path, 'path');
  // It is what its schema has read.
  return fields[name] as z.output<S>;
};

const integerText = /^\s*[+-]?\d{1,15}\s*$/;

/** An integer, or the text of one: clients send both. */
export const integer = <S extends Shape>(schema: S) =>
  z.preprocess((given, context) => {
    const value = typeof given === 'string' && integerText.test(given) ? Number(given) : given;
    if (typeof value === 'number') return value;
    context.issues.push({ code: 'invalid_type', expected: 'int', input: given, continue: false });
    return z.NEVER;
  }, schema);
