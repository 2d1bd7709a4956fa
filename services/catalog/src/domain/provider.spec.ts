import { specify } from '@orrery/testing';
import { type Command, type Event, Provider } from './provider.ts';

const at = '2026-01-01T00:00:00.000Z';
const card = { provider: 'orrery', name: 'Orrery', description: 'Ours' };
const register: Command = { type: 'Register', ...card, at };
const registered: Event = { type: 'ProviderRegistered', data: { ...card, at } };

const { given } = specify(Provider);

describe('a provider', () => {
  it('is registered, and said once', () => {
    given().when(register).thenEvents(registered);
    given(registered).when(register).thenNothing();
  });

  it('is described anew', () => {
    given(registered)
      .when({ ...register, description: 'Still ours' })
      .thenEvents({ type: 'ProviderChanged', data: { ...card, description: 'Still ours', at } });
  });

  it('stays for as long as models are from it', () => {
    given(registered).when({ type: 'Retire', models: 2, at }).thenRejected('ProviderHasModels', { models: 2 });
  });

  it('is retired, and may come back', () => {
    const retired: Event = { type: 'ProviderRetired', data: { provider: 'orrery', at } };
    given(registered).when({ type: 'Retire', models: 0, at }).thenEvents(retired);
    given(registered, retired).when({ type: 'Retire', models: 0, at }).thenRejected('ProviderNotFound', {});
    given(registered, retired).when(register).thenEvents(registered);
  });
});
