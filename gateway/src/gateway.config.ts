import { isIP } from 'node:net';
import { identity } from '@orrery/contracts';
import { hostName, known, variable } from '@orrery/process/light';
import { z } from 'zod';
import type { Limits } from './limit/buckets.ts';
import type { Limit } from './limit/gcra.ts';

const list = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  );

const isOrigin = (text: string): boolean => text === '*' || (URL.canParse(text) && new URL(text).origin === text);

const namedNetworks = ['loopback', 'linklocal', 'uniquelocal'];

/** An address, a network as `10.0.0.0/8`, or one of the networks that have a name. */
const isNetwork = (text: string): boolean => {
  const [address = '', prefix, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0) return namedNetworks.includes(text);
  const bits = version === 4 ? 32 : 128;
  return more.length === 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits));
};

/** `50/200`: fifty a second in the long run, two hundred at once. */
const limit = (standard: string) =>
  z
    .string()
    .regex(/^\d{1,7}(\.\d{1,3})?\/\d{1,7}$/, 'not of the form 50/200')
    .default(standard)
    .transform((text): Limit => {
      const [perSecond = 0, burst = 0] = text.split('/').map(Number);
      return { perSecond, burst };
    })
    .refine(({ perSecond, burst }) => perSecond > 0 && burst > 0, 'both numbers must be greater than zero');

const limitVariable = (kind: keyof Limits, standard: string, what: string) =>
  variable(`ORRERY_RATE_LIMIT_${kind.toUpperCase()}`, limit(standard), {
    says: `how many ${what}: a second in the long run / at once`,
    example: standard,
  });

const trusted = z
  .string()
  .refine((text) => text.split(',').every((part) => isNetwork(part.trim())), 'not a list of addresses and networks');

export const GatewayConfig = z.object({
  natsUrl: known.natsUrl,
  natsCreds: known.natsCreds,
  redisUrl: known.redisUrl,
  secret: known.secret,
  publicUrl: known.publicUrl,
  isDevelopment: known.isDevelopment,
  httpHost: variable('ORRERY_HTTP_HOST', hostName.default('127.0.0.1'), { says: 'the address the API is served on', example: '0.0.0.0' }),
  httpPort: variable('ORRERY_HTTP_PORT', z.coerce.number().int().min(0).max(65_535).default(8_080), {
    says: 'the port the API is served on, 0 for any free one',
    example: '8080',
  }),
  operatorKey: variable(
    'ORRERY_OPERATOR_KEY',
    z
      .string()
      .regex(/^op_[\x21-\x7e]{29,200}$/)
      .optional(),
    {
      says: "the operator's bearer: op_ and at least 29 characters that nobody can guess",
      example: 'op_ and the output of `openssl rand -hex 32`',
      secret: true,
    },
  ),
  corsOrigins: variable(
    'ORRERY_CORS_ORIGINS',
    list.refine((origins) => origins.every(isOrigin), 'not a list of origins'),
    {
      says: 'the origins whose pages may read answers, separated by commas, or *',
      example: 'https://console.example.com',
    },
  ),
  trustProxy: variable('ORRERY_TRUST_PROXY', trusted.optional(), {
    says: 'the addresses and networks of proxies whose X-Forwarded-For is believed, separated by commas',
    example: '10.0.0.0/8',
  }),
  bodyLimit: variable('ORRERY_HTTP_BODY_BYTES', z.coerce.number().int().min(1_024).max(67_108_864).default(2_097_152), {
    says: 'the largest body of a request, in bytes',
    example: '2097152',
  }),
  inferenceBodyLimit: variable('ORRERY_INFERENCE_BODY_BYTES', z.coerce.number().int().min(1_024).max(268_435_456).default(33_554_432), {
    says: 'the largest body of a request to a model, in bytes: pictures lie in it',
    example: '33554432',
  }),
  inferenceBodiesLimit: variable(
    'ORRERY_INFERENCE_BODIES_BYTES',
    z.coerce.number().int().min(1_024).max(17_179_869_184).default(268_435_456),
    { says: 'what the bodies of all requests to models under way may come to in this process, in bytes', example: '268435456' },
  ),
  inferencePatienceMs: variable('ORRERY_INFERENCE_PATIENCE_MS', z.coerce.number().int().min(0).max(600_000).default(10_000), {
    says: 'how many milliseconds answers of models may go on when this gateway stops; then they are cut and settled',
    example: '10000',
  }),
  guardrailHosts: variable('ORRERY_GUARDRAIL_HOSTS', list, {
    says: 'hosts at which guardrails of organizations may be asked though their addresses are private, also without TLS, separated by commas',
    example: 'guardrails.internal',
  }),
  inferenceLeaseSeconds: variable('ORRERY_INFERENCE_LEASE_SECONDS', z.coerce.number().int().min(1).max(600).default(30), {
    says: 'after how many seconds a request whose gateway says nothing more of it is settled as lost',
    example: '30',
  }),
  inferenceRedisPatienceMs: variable('ORRERY_INFERENCE_REDIS_MS', z.coerce.number().int().min(1).max(10_000).default(500), {
    says: 'how many milliseconds a request to a model waits for Redis before this gateway decides alone, with an eighth of what it knows to be left',
    example: '500',
  }),
  redisPatienceMs: variable('ORRERY_RATE_LIMIT_REDIS_MS', z.coerce.number().int().min(1).max(10_000).default(50), {
    says: 'how many milliseconds a request waits for Redis before it is judged by this gateway alone',
    example: '50',
  }),
  defaultPlan: variable('ORRERY_DEFAULT_PLAN', identity.PlanName.optional(), {
    says: 'the plan of organizations that were put on none; without it they have none, and the limit below',
    example: 'hobby',
  }),
  loginLimit: limitVariable('login', '20/200', 'log-ins, sign-ups and refreshes an address may try'),
  anonymousLimit: limitVariable('anonymous', '50/500', 'requests an address may send without a valid credential'),
  readLimit: limitVariable('read', '500/2000', 'reads a key or person may send'),
  writeLimit: limitVariable('write', '200/1000', 'changes a key or person may send'),
  streamLimit: limitVariable('stream', '50/500', 'streams a key or person may open'),
  refusedLimit: limitVariable(
    'refused',
    '50/500',
    'requests to models that are refused before they cost anything, or answered again, a key or person may send',
  ),
  orgLimit: limitVariable('org', '2000/8000', 'requests an organization without a plan may send in all'),
  addressLimit: limitVariable('address', '2000/8000', 'requests with valid credentials an address may send in all'),
});
export type GatewayConfig = Readonly<z.output<typeof GatewayConfig>>;
