import { Controller } from '@nestjs/common';
import { catalog, type InputOf, instantOf, type OutputOf, type RequestContext } from '@orrery/contracts';
import { EventStore, handleWith } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { Provider } from '../domain/provider.ts';
import { countModelsOf } from '../views/models.view.ts';
import { findProvider, listProviders } from '../views/providers.view.ts';

const streamOf = (provider: catalog.ProviderId): string => `provider-${provider}`;

@Controller()
export class ProvidersHandler {
  private readonly provider;

  constructor(private readonly store: EventStore) {
    this.provider = handleWith(store, Provider, { name: 'provider' });
  }

  @Serves(catalog.RegisterProvider)
  async register(
    input: InputOf<typeof catalog.RegisterProvider>,
    context: RequestContext,
  ): Promise<OutputOf<typeof catalog.RegisterProvider>> {
    const at = instantOf(systemClock.now());
    refuse(await this.provider(streamOf(input.provider), { type: 'Register', ...input, at }, context, { input }));
    return (await findProvider(this.store, input.provider)) ?? { ...input, models: 0, registeredAt: at };
  }

  @Serves(catalog.RetireProvider)
  async retire(input: InputOf<typeof catalog.RetireProvider>, context: RequestContext): Promise<OutputOf<typeof catalog.RetireProvider>> {
    const { provider } = input;
    const models = (await countModelsOf(this.store, [provider])).get(provider) ?? 0;
    const command = { type: 'Retire', models, at: instantOf(systemClock.now()) } as const;
    refuse(await this.provider(streamOf(provider), command, context, { input }));
    return {};
  }

  @Serves(catalog.ListProviders)
  list(input: InputOf<typeof catalog.ListProviders>): Promise<OutputOf<typeof catalog.ListProviders>> {
    return listProviders(this.store, input);
  }
}
