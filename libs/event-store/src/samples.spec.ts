import { type EventContracts, storedEvents } from '@orrery/contracts';
import { storedSamples } from '@orrery/testing';
import { Registry } from './registry.ts';

const services = [...new Set(storedEvents.map(({ service }) => service))];

const contractsOf = (owner: string): EventContracts =>
  Object.fromEntries(storedEvents.filter(({ service }) => service === owner).map((contract) => [contract.type, contract]));

// A service that has changed the shape of an event upcasts it, and keeps this test beside its upcasters.
describe.each(services)('the log of %s', (service) => {
  const registry = new Registry([contractsOf(service)], []);

  it.each(storedSamples(service))('still loads $type', ({ type, data }) => {
    const { data: today, contract } = registry.read(type, data);
    expect(contract.schema.safeParse(today)).toMatchObject({ success: true });
  });
});
