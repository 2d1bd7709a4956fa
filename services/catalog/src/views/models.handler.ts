import { Controller } from '@nestjs/common';
import { catalog, type InputOf, type OutputOf } from '@orrery/contracts';
import { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { ModelLists } from './model-lists.ts';
import { ModelNumbers } from './model-numbers.ts';
import { PriceBooks } from './price-books.ts';

const notFound = { code: 'ModelNotFound', details: {} } as const;

@Controller()
export class ModelListsHandler {
  private readonly lists;
  private readonly numbers;

  constructor(store: EventStore, books: PriceBooks) {
    this.lists = new ModelLists(store, books);
    this.numbers = new ModelNumbers(store);
  }

  @Serves(catalog.ListModels)
  list(input: InputOf<typeof catalog.ListModels>): Promise<OutputOf<typeof catalog.ListModels>> {
    return this.lists.page(input, systemClock.now());
  }

  @Serves(catalog.FindModels)
  async all({ models }: InputOf<typeof catalog.FindModels>): Promise<OutputOf<typeof catalog.FindModels>> {
    return { items: await this.lists.all(models, systemClock.now()) };
  }

  @Serves(catalog.GetModel)
  async get({ model }: InputOf<typeof catalog.GetModel>): Promise<OutputOf<typeof catalog.GetModel>> {
    return (await this.lists.find(model, systemClock.now())) ?? refuse(notFound);
  }

  @Serves(catalog.ListPublicModels)
  listPublic(input: InputOf<typeof catalog.ListPublicModels>): Promise<OutputOf<typeof catalog.ListPublicModels>> {
    return this.lists.publicPage(input, systemClock.now());
  }

  @Serves(catalog.GetPublicModel)
  async getPublic({ model }: InputOf<typeof catalog.GetPublicModel>): Promise<OutputOf<typeof catalog.GetPublicModel>> {
    return (await this.lists.findPublic(model, systemClock.now())) ?? refuse(notFound);
  }

  /** What never was a model gets no number. */
  @Serves(catalog.NumberModels)
  async number({ modelIds }: InputOf<typeof catalog.NumberModels>): Promise<OutputOf<typeof catalog.NumberModels>> {
    const known = new Set((await this.lists.all(modelIds, systemClock.now())).map(({ modelId }) => modelId));
    if (modelIds.some((id) => !known.has(id))) refuse(notFound);
    const numbers = await this.numbers.of(modelIds);
    return { items: modelIds.map((modelId) => ({ modelId, number: numbers.get(modelId) ?? refuse(notFound) })) };
  }

  @Serves(catalog.FindNumberedModel)
  async numbered({ number }: InputOf<typeof catalog.FindNumberedModel>): Promise<OutputOf<typeof catalog.FindNumberedModel>> {
    const modelId = await this.numbers.idOf(number);
    return (modelId && (await this.lists.find(modelId, systemClock.now()))) || refuse(notFound);
  }
}
