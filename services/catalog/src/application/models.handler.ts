import { Controller } from '@nestjs/common';
import { catalog, type InputOf, instantOf, newId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { type Claim, EventStore, type HandleOptions, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { type Event, Model, namesOf, providerOf, type Refusal, type State } from '../domain/model.ts';
import { ModelLists, modelIdOf, modelNames, modelStream } from '../views/model-lists.ts';
import { PriceBooks } from '../views/price-books.ts';
import { providers } from '../views/providers.view.ts';
import { Snapshots } from './snapshots.ts';

const notFound = { code: 'ModelNotFound', details: {} } as const;

/** Takes the names that a model has from now on, and lets go of those that it has no more. */
const naming =
  (stream: string) =>
  (_: readonly Event[], { before, after }: { readonly before: State; readonly after: State }): readonly Claim[] => {
    const [had, has] = [before, after].map((state) => new Set(namesOf(state).map(modelNames.keyOf)));
    const { scope } = modelNames;
    return [
      ...[...(had ?? [])].filter((key) => !has?.has(key)).map((key) => ({ scope, key, release: stream })),
      ...[...(has ?? [])].filter((key) => !had?.has(key)).map((key) => ({ scope, key, take: stream })),
    ];
  };

const optionsFor = (
  stream: string,
  input: unknown,
): Pick<HandleOptions<Event, State, Refusal, undefined>, 'input' | 'claims' | 'taken'> => ({
  input,
  claims: naming(stream),
  taken: ({ key }) => ({ code: 'ModelNameTaken', details: { name: key } }),
});

@Controller()
export class ModelsHandler {
  private readonly model;
  private readonly lists;

  constructor(
    private readonly store: EventStore,
    private readonly snapshots: Snapshots,
    books: PriceBooks,
  ) {
    this.model = handleWith(store, Model, { name: 'model' });
    this.lists = new ModelLists(store, books);
  }

  @Serves(catalog.RegisterModel)
  async register(input: InputOf<typeof catalog.RegisterModel>, context: RequestContext): Promise<OutputOf<typeof catalog.RegisterModel>> {
    const { name, ...card } = input;
    const provider = providerOf(name);
    if (!(await this.store.read(providers).one({ provider }))) refuse({ code: 'ProviderNotFound', details: { provider } });
    const modelId = newId(catalog.ModelId);
    const stream = modelStream(modelId);
    const command = { type: 'Register', modelId, name, card, at: instantOf(systemClock.now()) } as const;
    const options = { ...optionsFor(stream, input), fresh: true, answer: () => ({ modelId }) };
    const { answer } = refuse(await this.model(stream, command, context, options));
    return await this.told(answer.modelId);
  }

  @Serves(catalog.ChangeModel)
  async change(input: InputOf<typeof catalog.ChangeModel>, context: RequestContext): Promise<OutputOf<typeof catalog.ChangeModel>> {
    const { model: ref, ...card } = input;
    const modelId = await this.idOf(ref);
    const stream = modelStream(modelId);
    const command = { type: 'Change', card, at: instantOf(systemClock.now()) } as const;
    refuse(await this.model(stream, command, context, optionsFor(stream, input)));
    return await this.told(modelId);
  }

  @Serves(catalog.SetModelLive)
  async setLive(input: InputOf<typeof catalog.SetModelLive>, context: RequestContext): Promise<OutputOf<typeof catalog.SetModelLive>> {
    const { model: ref, isLive } = input;
    const modelId = await this.idOf(ref);
    const command = { type: 'SetLive', isLive, at: instantOf(systemClock.now()) } as const;
    refuse(await this.model(modelStream(modelId), command, context, { input }));
    return await this.told(modelId);
  }

  @Serves(catalog.RetireModel)
  async retire(input: InputOf<typeof catalog.RetireModel>, context: RequestContext): Promise<OutputOf<typeof catalog.RetireModel>> {
    const modelId = await this.idOf(input.model);
    const stream = modelStream(modelId);
    const command = { type: 'Retire', at: instantOf(systemClock.now()) } as const;
    refuse(await this.model(stream, command, context, optionsFor(stream, input)));
    await this.snapshots.modelChanged(modelId);
    return {};
  }

  private async idOf(ref: catalog.ModelRef): Promise<catalog.ModelId> {
    return (await modelIdOf(this.store, ref)) ?? refuse(notFound);
  }

  /** Gateways hear of it. It is answered as it is now: somebody may have taken it away meanwhile. */
  private async told(modelId: catalog.ModelId): Promise<catalog.ModelView> {
    await this.snapshots.modelChanged(modelId);
    return (await this.lists.find(modelId, systemClock.now())) ?? refuse(notFound);
  }
}
