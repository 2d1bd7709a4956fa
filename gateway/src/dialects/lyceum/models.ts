import { catalog, decimalOf, inference, parseNanos } from '@orrery/contracts';
import type { AnswerRoute, PaidRoute } from '../../dialect.ts';
import { everyOf } from '../every-of.ts';
import { fromPath, idOf, type To } from '../row.ts';
import { Decimal, type Writable } from './json.ts';
import { row, under } from './row.ts';

type Shown = { readonly [name: string]: Writable };
type Path = Readonly<Record<string, string>>;

const callables: readonly catalog.Capability[] = ['chat', 'completions', 'responses', 'embeddings', 'images', 'transcription', 'speech'];
const isSync = ({ capabilities }: catalog.ModelView): boolean => capabilities.some((capability) => callables.includes(capability));
const isAsync = ({ capabilities }: catalog.ModelView): boolean => capabilities.includes('batch');

const inputPrice = ({ pricing }: catalog.ModelView): catalog.ModelPrice | undefined =>
  pricing?.prices.find(({ meter, provider }) => meter === 'tokens.input' && provider === undefined);

/** A thousand tokens of a prompt; what has no price is charged nothing. To the billionth of a nano-unit, so that none is rounded. */
const perThousand = (price: catalog.ModelPrice | undefined): Decimal => {
  const thousand = 1_000n;
  const exact = price ? (parseNanos(price.nanosPerUnit) * thousand * thousand) / catalog.unitSizes[price.unit] : 0n;
  return new Decimal(decimalOf(exact, 12));
};

export const model = (view: catalog.ModelView): Shown => ({
  model_id: view.name,
  name: view.name,
  type: view.type,
  provider: view.provider,
  available: view.isLive,
  price_per_1k_tokens: perThousand(inputPrice(view)),
  supports_sync: isSync(view),
  supports_async: isAsync(view),
});

const detail = (view: catalog.ModelView): Shown => ({
  ...model(view),
  description: view.description,
  version: view.metadata['version'] ?? '',
  gpu_required: view.needsGpu,
  input_types: view.inputModalities,
  output_types: view.outputModalities,
  // Clients write these with separators of thousands: they are numbers, also where nobody has said how many.
  max_input_tokens: view.contextLength ?? 0,
  max_output_tokens: view.maxOutputTokens ?? 0,
  batch_pricing_discount: (inputPrice(view)?.batchDiscountMilli ?? 0) / 1_000,
  estimated_latency_ms: null,
});

type ToLists = To<typeof catalog.ListModels>;

const all = async (to: ToLists, filters: { readonly type?: catalog.ModelType } = {}): Promise<readonly catalog.ModelView[]> =>
  await everyOf((page) => to.ask(catalog.ListModels, { ...page, ...filters }));

const list = (path: string, isShown: (view: catalog.ModelView) => boolean): AnswerRoute =>
  row({
    method: 'GET',
    path,
    operations: [catalog.ListModels],
    answer: async (to) => (await all(to)).filter(isShown).map(model),
  });

/** A name has a slash, which some clients write into the path as it is. */
const spellings = [
  { path: '/models/{model_id}', refIn: (path: Path) => path['model_id'] },
  { path: '/models/{provider}/{model_id}', refIn: (path: Path) => `${path['provider']}/${path['model_id']}` },
];

const find = (to: To<typeof catalog.GetModel>, ref: string | undefined): Promise<catalog.ModelView> =>
  to.ask(catalog.GetModel, { model: idOf(catalog.ModelRef, ref, 'ModelNotFound') });

const one = spellings.flatMap(({ path, refIn }): readonly AnswerRoute[] => [
  row({ method: 'GET', path, operations: [catalog.GetModel], answer: async (to, read) => detail(await find(to, refIn(read.path))) }),
  row({
    method: 'GET',
    path: `${path}/instances`,
    operations: [catalog.GetModel],
    answer: async (to, read) => {
      await find(to, refIn(read.path));
      // Nothing serves models yet of which it could be told.
      return [];
    },
  }),
]);

export const models: readonly AnswerRoute[] = [
  list('/models/', () => true),
  list('/models/sync', isSync),
  list('/models/async', isAsync),
  row({
    method: 'GET',
    path: '/models/type/{type}',
    operations: [catalog.ListModels],
    answer: async (to, { path }) => (await all(to, { type: fromPath(catalog.ModelType, path, 'type') })).map(model),
  }),
  ...one,
];

/** Of OpenAI's API the base itself has chat alone. */
export const chat: PaidRoute = {
  kind: 'paid',
  method: 'POST',
  path: under('/chat/completions'),
  operations: [inference.CallModel],
  client: 'chat',
  dialect: 'lyceum',
};

/** One question, answered when the answer is whole, with what it cost. */
export const sync: PaidRoute = {
  kind: 'paid',
  method: 'POST',
  path: under('/sync/'),
  operations: [inference.CallModel],
  client: 'lyceum',
  dialect: 'lyceum',
  modelMember: 'model_id',
};
