import { z } from 'zod';
import { ModelAlias } from '../catalog/models/names.ts';
import { Instant, Text } from '../values.ts';

/** Names that operators give to upstreams and routes. */
export const RoutingName = Text.max(64).regex(
  /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?$/,
  'lower-case letters, digits, and dots, hyphens or underscores between them',
);

/** What a model server calls a model: `meta-llama/Llama-3.1-8B`, `gpt-4o:eu`. */
const ServedName = Text.max(200).regex(/^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$/, 'letters, digits and . _ : / @ + -');

export const mostUpstreams = 1_000;
export const mostRoutes = 2_000;

/** How an upstream speaks. `embedded` is the engine that agents run: it speaks as OpenAI does. */
export const UpstreamKind = z.enum(['openai', 'anthropic', 'embedded']).meta({ id: 'UpstreamKind' });

/** What an upstream may speak besides what its kind does: then clients of that are passed on as they are, and translated to no other. */
export const UpstreamProtocol = z.enum(['responses', 'messages']).meta({ id: 'UpstreamProtocol' });

/** Without a user, a query or a fragment: what opens an upstream is its credential. */
const BaseUrl = Text.max(500)
  .regex(/^https?:\/\/[^/?#@\s]+(\/[^?#\s]*)?$/, 'http:// or https:// with host, port and path alone')
  .refine((text) => URL.canParse(text), { error: 'is no address' });

const unique = <T>(items: readonly T[], keyOf: (item: T) => string): boolean => new Set(items.map(keyOf)).size === items.length;

const ms = (longest: number) => z.int().min(1).max(longest);

/** A model server, or an account with a provider of models. */
export const Upstream = z
  .strictObject({
    name: RoutingName,
    kind: UpstreamKind,
    alsoSpeaks: z
      .array(UpstreamProtocol)
      .max(2)
      .refine((protocols) => unique(protocols, (protocol) => protocol), { error: 'names a protocol twice' }),
    /** Before `/chat/completions` and the like. */
    baseUrl: BaseUrl,
    /** How long it may take to connect, to begin to answer, and between two pieces of an answer. */
    connectMs: ms(60_000),
    firstByteMs: ms(3_600_000),
    idleMs: ms(3_600_000),
    /** Requests at once from each gateway, and how many more wait for a place there. */
    concurrency: z.int().min(1).max(100_000),
    queue: z.int().min(0).max(100_000),
  })
  .meta({ id: 'Upstream' });
export type Upstream = z.infer<typeof Upstream>;

export const UpstreamView = Upstream.extend({
  /** Counts how often its credential was set; 0 where it has none. What it is is shown to nobody. */
  credentialVersion: z.int().min(0),
  setAt: Instant,
}).meta({ id: 'UpstreamView' });
export type UpstreamView = z.infer<typeof UpstreamView>;

/** A value of the `inference-upstreams` snapshot, by name. */
export const UpstreamSnapshot = Upstream.extend({
  /** Sealed for gateways, bound to the name; null where it needs none. */
  credential: z.string().nullable(),
});
export type UpstreamSnapshot = z.infer<typeof UpstreamSnapshot>;

const RouteTarget = z.strictObject({
  upstream: RoutingName,
  /** What the model is called there. */
  model: ServedName,
  weight: z.int().min(1).max(1_000),
});

/** Which upstreams answer for a model. */
export const Route = z
  .strictObject({
    name: RoutingName,
    /** Every name that clients may call it by: the model's own and its aliases. */
    models: z
      .array(ModelAlias)
      .min(1)
      .max(20)
      .refine((models) => unique(models, (model) => model), { error: 'names a model twice' }),
    targets: z
      .array(RouteTarget)
      .min(1)
      .max(50)
      .refine((targets) => unique(targets, ({ upstream, model }) => `${upstream} ${model}`), { error: 'names a target twice' }),
    /** Names of the routes to take, in this order, where none of the targets answers. */
    fallbacks: z
      .array(RoutingName)
      .max(5)
      .refine((fallbacks) => unique(fallbacks, (name) => name), { error: 'names a route twice' }),
    /** At most, before it falls back: the first one counts. */
    attempts: z.int().min(1).max(10),
    firstPauseMs: ms(10_000),
    longestPauseMs: ms(60_000),
    /** Prompts that begin alike go to the same target, where it has read that beginning before. */
    isSticky: z.boolean(),
    /** So many percent of the requests are sent there as well; nobody sees or pays the answers. */
    shadow: RouteTarget.omit({ weight: true })
      .extend({ percent: z.number().min(0).max(100) })
      .nullable(),
  })
  .meta({ id: 'Route' });
export type Route = z.infer<typeof Route>;

export const RouteView = Route.extend({ setAt: Instant }).meta({ id: 'RouteView' });
export type RouteView = z.infer<typeof RouteView>;

/** What a credential is sealed to for gateways: moved to another upstream it cannot be opened. */
export const upstreamBinding = (name: string): string => `upstream ${name}`;
