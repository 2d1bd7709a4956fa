import { OrgId } from '@orrery/contracts';
import { connectBus } from '@orrery/messaging';
import { logOf } from '@orrery/telemetry';
import { eventually } from '@orrery/testing';
import { DurableUsage } from '../../src/inference/usage/durable-usage.ts';
import type { Told } from '../../src/inference/usage/told.ts';
import { freshOrg, recordOf, reservationOf, toldOf } from '../fixtures/requests.ts';

/** A gateway in the middle of a stream, as far as money goes. It ends the request when it is told to, if it lives so long. */
const run = async (): Promise<void> => {
  const [, , , redisUrl = '', natsUrl = '', leaseMs = '0', orgId = ''] = process.argv;
  const bus = await connectBus({ url: natsUrl, name: 'gateway' });
  const usage = new DurableUsage({
    url: redisUrl,
    bus,
    log: logOf('gateway'),
    patienceMs: 2_000,
    leaseMs: Number(leaseMs),
    caretakerMs: 3_600_000,
  });
  await eventually(() => !usage.isAlone);
  const org = orgId === '' ? freshOrg() : OrgId.parse(orgId);
  const record = recordOf(org, 777n);
  const { requestId } = record;
  let written = 0;
  setInterval(() => {
    written += 1;
  }, 5);
  const soFar = (): Told =>
    toldOf(recordOf(org, BigInt(1_000 + written), { requestId, outcome: 'lost-with-the-process', isEstimated: true, output: written }));
  const { held } = await usage.reserve(reservationOf(record), soFar);
  if (held === undefined) throw new Error('it was not let in');
  process.stdin.once('data', async () => {
    await usage.settled(held, toldOf(record));
    process.stdout.write('settled\n');
  });
  process.stdout.write(`${JSON.stringify({ orgId: org, requestId })}\n`);
};

void run();
