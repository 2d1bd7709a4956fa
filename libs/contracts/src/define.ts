import { z } from 'zod';

/** A branded id: `id('RunId')` is not a `string`, and no other id either. */
export const id = <const B extends string>(brand: B) => z.uuid().meta({ id: brand }).brand<B>();

/**
 * Who may call an operation; checked by the gateway and again by the owning service.
 * - `public`: anyone.
 * - `session`: a signed-in person, even one who still owes a second factor.
 * - `user`: a signed-in person, no organization needed.
 * - `caller`: a signed-in person, or a key that acts for one (`personOf`); no organization needed.
 * - a permission `resource:action`: a principal that holds it in the organization of the request.
 * - `operator`: the people who run the platform.
 * - `service`: other services only; never routed by the gateway.
 * - `agent`: a joined machine, on its own subjects only.
 */
export type Access = 'public' | 'session' | 'user' | 'caller' | 'operator' | 'service' | 'agent' | `${string}:${string}`;

export interface Operation<
  I extends z.ZodType = z.ZodType,
  O extends z.ZodType = z.ZodType,
  R extends Readonly<Record<string, number>> = Readonly<Record<string, number>>,
> {
  /** `<service>.<operation-in-kebab-case>`; the bus subject is `ask.` and this. */
  readonly subject: string;
  readonly summary: string;
  /** A command changes something and is deduplicated by its id; a query never changes anything; a stream answers many items. */
  readonly kind: 'command' | 'query' | 'stream';
  /** `POST /runs`, relative to `/orrery/v1`. Absent: not reachable from outside. */
  readonly http?: `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`;
  readonly access: Access;
  readonly input: I;
  /** For a stream: the schema of one item. */
  readonly output: O;
  /** Every refusal this operation knows, with its HTTP status. */
  readonly refusals: R;
  /** The answer holds a secret: it is sealed wherever it is kept for a repeated call, and never logged. */
  readonly secret?: boolean;
  /** Success makes a resource: answered with 201. */
  readonly created?: true;
  /** How a reader of this stream goes on after a cut: the place of an item, and the input field that takes a place. */
  readonly resume?: { readonly input: string; placeOf(item: z.output<O>): string | undefined };
  /** Where the gateway gives all pages of this list as one file, and of which content type, by its format; the first where none is named. */
  readonly file?: { readonly http: `GET /${string}`; readonly formats: Readonly<Record<string, string>> };
  /** How long the caller waits, in milliseconds. Default 5,000. A stream has none. */
  readonly deadlineMs?: number;
}

/**
 * What costs money with every request, and what the gateway answers itself: it goes over no bus. It is no `Operation`, so that no route that serves those can serve it.
 */
export interface PaidOperation {
  readonly kind: 'paid';
  readonly subject: string;
  readonly summary: string;
  readonly access: Access;
  readonly refusals: Readonly<Record<string, number>>;
}

export type InputOf<X extends Operation> = z.output<X['input']>;
/** What a client may leave out (defaults) is optional here. */
export type RequestOf<X extends Operation> = z.input<X['input']>;
export type OutputOf<X extends Operation> = z.output<X['output']>;
export type RefusalOf<X extends Operation> = Extract<keyof X['refusals'], string>;

const define =
  <K extends Operation['kind']>(kind: K) =>
  <I extends z.ZodType, O extends z.ZodType, const R extends Readonly<Record<string, number>>>(
    definition: Omit<Operation<I, O, R>, 'kind'>,
  ) =>
    Object.freeze({ ...definition, kind });

export const command = define('command');
export const query = define('query');
export const stream = define('stream');
export const paid = (definition: Omit<PaidOperation, 'kind'>): PaidOperation => Object.freeze({ ...definition, kind: 'paid' });

/** The service that owns an operation: the first word of its subject. */
export const serviceOf = (operation: Pick<Operation, 'subject'>): string => operation.subject.split('.', 1)[0] ?? operation.subject;

export interface EventContract<S extends z.ZodType = z.ZodType, T extends string = string> {
  readonly service: string;
  readonly type: T;
  /** Raised when a shape changes in a way that old readers cannot bear; old shapes get an upcaster. */
  readonly version: number;
  readonly schema: S;
  /** Fields of `data` that tell of a person: sealed in the log with that person's key, so that erasing the key erases them. */
  readonly personal?: { readonly of: string; readonly fields: readonly string[] };
  /** Of its service alone (hashes, sessions): in the log like any other, and never published. */
  readonly isPrivate?: true;
}

type Shapes = Readonly<Record<string, z.ZodType>>;
type Options<S extends Shapes> = {
  readonly [T in keyof S]?: Partial<Pick<EventContract, 'version' | 'personal' | 'isPrivate'>>;
};

export type EventContracts<S extends Shapes = Shapes> = { readonly [T in keyof S]: EventContract<S[T], Extract<T, string>> };

/** The public events of a service. Adding one is an entry here; the compiler then lists the folds that must learn of it. */
export const events = <const S extends Shapes>(service: string, shapes: S, options: Options<S> = {}): EventContracts<S> => {
  const contracts: Record<string, EventContract> = {};
  for (const [type, schema] of Object.entries(shapes)) {
    contracts[type] = { service, type, version: 1, schema, ...options[type] };
  }
  // Object.entries forgets which schema belongs to which key; the loop above keeps them together.
  return contracts as EventContracts<S>;
};

/** The union of a service's events, each `{ type, data }`. */
export type EventOf<C extends EventContracts> = {
  [T in Extract<keyof C, string>]: { readonly type: T; readonly data: z.output<C[T]['schema']> };
}[Extract<keyof C, string>];

/** The events behind some contracts, each `{ type, data }`: what a consumer of these contracts gets. */
export type EventIn<C extends EventContract> =
  C extends EventContract<infer S, infer T> ? { readonly type: T; readonly data: z.output<S> & object } : never;

/** `RunStarted.v1`: how a log stores and names a type. */
export const storedType = (contract: Pick<EventContract, 'type' | 'version'>): string => `${contract.type}.v${contract.version}`;
