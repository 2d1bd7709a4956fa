import { setTimeout as pause } from 'node:timers/promises';
import { parseNanos } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import { Customer } from './fixtures/customer.ts';
import { Platform, processesNaming } from './fixtures/platform.ts';

const isFull = process.env.ORRERY_CHAOS === 'full';
const runsAtOnce = isFull ? 50 : 8;
const victims = [
  'gateway',
  'identity',
  'catalog',
  'inference',
  'execution',
  'billing',
  'observability',
  'agent',
  'nats',
  'postgres',
  'redis',
];

/** Says that it began, works, and says that it is done: a run that ran twice, or half, would say so. */
const program = (seconds: number, code: number): string => `
import sys, time
print("began")
end = time.monotonic() + ${seconds}
step = 0
while time.monotonic() < end:
    step += 1
    print("step", step)
    time.sleep(0.25)
print("done")
sys.exit(${code})
`;

/** Polling fifty runs at once is a load that the limits are there to stop. */
const unlimited = Object.fromEntries(
  ['LOGIN', 'ANONYMOUS', 'READ', 'WRITE', 'STREAM'].map((kind) => [`ORRERY_RATE_LIMIT_${kind}`, '100000/100000']),
);

let platform: Platform;
let customer: Customer;

const asOperator = async (method: string, path: string, body?: object): Promise<{ differences?: unknown[] }> => {
  const answer = await fetch(new URL(`/orrery/v1${path}`, platform.url), {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${platform.operatorKey}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return JSON.parse(await answer.text());
};

beforeAll(async () => {
  platform = await Platform.start(unlimited);
  // Small enough for all runs to be on the machine at once.
  await asOperator('PUT', '/machine-types/tiny', { resources: { cpuMilli: 20, memoryMib: 64, gpus: 0 } });
  await asOperator('POST', '/price-books', {
    currency: 'EUR',
    prices: [{ meter: 'run.seconds', resource: 'tiny', unit: 'second', nanosPerUnit: '1250' }],
  });
  customer = await Customer.signUp(platform);
}, 180_000);
afterAll(() => platform?.stop(), 120_000);

describe('every run ends correctly, and is billed once for the time it ran, when SIGKILL hits', () => {
  it.each(victims)(
    '%s',
    async (victim) => {
      const before = await customer.balance();
      const chargedBefore = (await customer.usage()).length;
      const plans = Array.from({ length: runsAtOnce }, (_, index) => ({ seconds: 1 + (index % 4), code: index % 4 === 3 ? 7 : 0 }));
      const submitted = Promise.all(plans.map(async (plan) => ({ plan, run: await customer.submit(program(plan.seconds, plan.code)) })));
      await pause(500 + Math.random() * 2_500);
      await platform.kill(victim);

      const runs = await submitted;
      for (const { plan, run } of runs) {
        await eventually(async () => expect((await customer.run(run.id)).endedAt).not.toBeNull(), { within: 180_000 });
        const ended = await customer.run(run.id);
        expect(ended).toMatchObject({ status: plan.code === 0 ? 'completed' : 'failed', exitCode: plan.code, attempt: 1 });
        expect(ended.ranMs).toBeGreaterThanOrEqual(plan.seconds * 1_000);
        await eventually(async () => expect(await customer.logs(run.id)).toMatch(/^began\n(step \d+\n)+done\n$/), { within: 60_000 });
      }

      await eventually(async () => expect((await customer.usage()).length - chargedBefore).toBe(runs.length), { within: 60_000 });
      const charges = new Map((await customer.usage()).map((charge) => [charge.runId, charge]));
      let spent = 0n;
      for (const { run } of runs) {
        const { ranMs } = await customer.run(run.id);
        const charge = charges.get(run.id);
        expect(charge?.seconds).toBe(Math.ceil((ranMs ?? 0) / 1_000));
        if (charge) spent += parseNanos(charge.amount);
      }
      expect(parseNanos(before.balance) - parseNanos((await customer.balance()).balance)).toBe(spent);
      await eventually(async () => expect((await asOperator('GET', '/ledger/check')).differences).toEqual([]), { within: 20_000 });
      await eventually(() => expect(processesNaming('bwrap').filter((process) => process.includes(platform.agentState))).toEqual([]), {
        within: 20_000,
      });
    },
    isFull ? 400_000 : 240_000,
  );
});
