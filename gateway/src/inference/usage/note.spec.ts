import { randomUUID } from 'node:crypto';
import { inference, instantOf, newId } from '@orrery/contracts';
import type { Meter, Reservation } from '../limits/meters.ts';
import { noteOf, readNote, settledText } from './note.ts';

const record = inference.UsageRecord.parse({
  requestId: newId(inference.RequestId),
  orgId: randomUUID(),
  spaceId: null,
  userId: null,
  keyId: null,
  dialect: 'openai',
  route: '/v1/chat/completions',
  kind: 'chat',
  model: 'acme/one',
  upstream: 'here',
  outcome: 'finished',
  status: 200,
  error: null,
  input: 100,
  output: 20,
  cached: 0,
  isEstimated: false,
  attempts: 1,
  cost: '70',
  currency: 'EUR',
  priceVersion: 1,
  isStreaming: true,
  startedAt: instantOf(1_795_000_000_000),
  firstByteMs: 12,
  durationMs: 40,
  traceId: null,
  correlationId: 'a "} of theirs',
  endUser: null,
  tags: ['blue', '}'],
  isLogged: true,
});

const meters: readonly Meter[] = [
  { kind: 'rate', of: 'key', unit: 'tokens', key: 'organization:model a b:tokens', interval: 7, burst: 90, units: 130 },
  { kind: 'places', of: 'org', key: 'p', limit: 3 },
  { kind: 'spend', of: 'org', unit: 'nanos', period: 'day', key: 'd', limit: 900n, units: 100n, endsAt: 0, keepSeconds: 60 },
];
const reservation: Reservation = { requestId: record.requestId, orgId: record.orgId, cost: 100n, credit: undefined, meters };

describe('What is noted of a request', () => {
  it('says whoever finds it how to settle it: what comes back, and to which limits', () => {
    const noted = readNote(noteOf(reservation, { record, use: { cost: 70n, input: 100, output: 20 } }));
    const key = (name: string): string => `orrery:inference:{${record.orgId}}:${name}`;
    expect(noted).toEqual({
      record,
      settling: {
        requestId: record.requestId,
        orgId: record.orgId,
        released: '-100',
        cost: '70',
        terms: {
          names: ['rate:organization:model a b:tokens', 'places:p', 'spend:d'],
          keys: [key('rate:organization:model a b:tokens'), key('places:p'), key('spend:d')],
          text: 'rate 7 90 places 3 0 spend 900 60',
        },
        backs: '10 0 0 0 -100 70 ',
      },
    });
  });

  it.each([
    ['nothing', ''],
    ['something else', '{}'],
    ['null', 'null'],
    ['half of one', '{"settling":'],
    ['one that does not say how to settle', JSON.stringify({ settling: {}, record })],
  ])('is nothing where it cannot be read: %s', (_, text) => {
    expect(readNote(text)).toBeUndefined();
  });

  it('is in the end the record with its moment, and the minute by which it is compared', () => {
    const { text, minute } = settledText(record, 1_795_000_000_007);
    expect(inference.SettledUsage.parse(JSON.parse(text))).toEqual({ ...record, settledAt: instantOf(1_795_000_000_007) });
    expect(minute).toBe(Math.floor(1_795_000_000_007 / 60_000));
  });
});
