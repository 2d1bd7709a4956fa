import { events } from '@orrery/contracts';
import { z } from 'zod';
import { InvalidEvent, Registry, UnknownEvent, type Upcaster } from './registry.ts';

const LampEvents = events(
  'lamps',
  { LampLit: z.strictObject({ by: z.string(), brightness: z.int().default(100), colour: z.string() }) },
  { LampLit: { version: 3 } },
);

/** v1: `{ who }`; v2: `{ by }`; v3: a colour besides. */
const upcasters: readonly Upcaster[] = [
  { type: 'LampLit', to: 2, upcast: (data) => ({ by: Reflect.get(data, 'who') }) },
  { type: 'LampLit', to: 3, upcast: (data) => ({ ...data, brightness: 50, colour: 'white' }) },
];

describe('a registry', () => {
  const registry = new Registry([LampEvents], upcasters);
  const { contract, stored } = registry.writerOf('LampLit');

  it('stores a type under the name of its version', () => {
    expect(stored).toBe('LampLit.v3');
  });

  it('lets events in that fit their contract, defaults filled in', () => {
    expect(registry.parse(contract, { by: 'me', colour: 'red' })).toEqual({ by: 'me', brightness: 100, colour: 'red' });
    expect(() => registry.parse(contract, { by: 'me' })).toThrow(InvalidEvent);
    expect(() => registry.parse(contract, { by: 'me', colour: 'red', more: 1 })).toThrow(InvalidEvent);
    expect(() => registry.writerOf('LampSold')).toThrow(UnknownEvent);
  });

  it('gives every stored version in its shape of today', () => {
    const today = { by: 'me', brightness: 50, colour: 'white' };
    expect(registry.read('LampLit.v1', { who: 'me' })).toEqual({ type: 'LampLit', data: today, contract });
    expect(registry.read('LampLit.v2', { by: 'me' })).toEqual({ type: 'LampLit', data: today, contract });
    expect(registry.read('LampLit.v3', { by: 'me', brightness: 1, colour: 'red' }).data).toEqual({
      by: 'me',
      brightness: 1,
      colour: 'red',
    });
  });

  it('does not guess at what it does not know: a later version, another type', () => {
    expect(() => registry.read('LampLit.v4', {})).toThrow(UnknownEvent);
    expect(() => registry.read('LampSold.v1', {})).toThrow(UnknownEvent);
  });

  it('is not made where a step of the way is missing, or a name is taken twice', () => {
    expect(() => new Registry([LampEvents], upcasters.slice(1))).toThrow('nothing upcasts to version 2');
    expect(() => new Registry([LampEvents, LampEvents], upcasters)).toThrow('two contracts');
  });
});
