import { randomUUID } from 'node:crypto';
import { inference as contracts, type Operation, type OutputOf, type RequestContext, type RequestOf } from '@orrery/contracts';
import { guardrailSecretOf } from '@orrery/credentials';
import { type Bus, connectBus, type SnapshotWatcher, watchSnapshot } from '@orrery/messaging';
import { type Started, secretsOf, startAll } from '@orrery/process';
import { asOwner, contextOf, eventually, type FreshDatabase, freshDatabase, startNats } from '@orrery/testing';
import { inference } from '../src/index.ts';

let nats: Awaited<ReturnType<typeof startNats>>;
let database: FreshDatabase;
let service: Started;
let bus: Bus;
let told: SnapshotWatcher<typeof contracts.Snapshots.settings.value>;

beforeAll(async () => {
  [nats, database] = await Promise.all([startNats(), freshDatabase('inference')]);
  service = await startAll([inference], {
    ORRERY_POSTGRES_URL: database.url,
    ORRERY_INFERENCE_DATABASE_URL: database.url,
    ORRERY_NATS_URL: nats.url,
    ORRERY_SECRET: '22'.repeat(32),
  });
  bus = await connectBus({ url: nats.url, name: 'test' });
  told = watchSnapshot(bus, { snapshot: contracts.Snapshots.settings, onFault: () => undefined });
  await told.ready;
}, 60_000);

afterAll(async () => {
  await told.close();
  await bus.close();
  await service.stop();
  await Promise.all([nats.stop(), database.drop()]);
}, 30_000);

const ask = async <X extends Operation>(operation: X, input: RequestOf<X>, context: RequestContext): Promise<OutputOf<X>> => {
  const outcome = await bus.ask(operation, input, context);
  if (!outcome.accepted) throw new Error(`refused: ${JSON.stringify(outcome.rejection)}`);
  return outcome.value;
};

describe('How an organization has its requests treated', () => {
  const orgId = randomUUID();
  const owner = () => contextOf(asOwner(randomUUID()), { orgId });
  const org = 'acme';
  const logging = { policy: 'full', retentionDays: 7 } as const;

  it('is as usual until it says otherwise', async () => {
    expect(await ask(contracts.GetInferenceSettings, { org }, owner())).toEqual({ ...contracts.usualSettings, setAt: null });
    expect(told.get(orgId)).toBeUndefined();
  });

  it('is what it says, and gateways are told as soon as it is said', async () => {
    const set = await ask(contracts.SetInferenceSettings, { org, logging }, owner());
    expect(set).toEqual({ ...contracts.usualSettings, logging, setAt: expect.any(String) });
    expect(await ask(contracts.GetInferenceSettings, { org }, owner())).toEqual(set);
    await eventually(() => expect(told.get(orgId)).toEqual({ orgId, settings: { ...contracts.usualSettings, logging } }));
  });

  it('stays as it is where nothing is said of it', async () => {
    expect(await ask(contracts.SetInferenceSettings, { org }, owner())).toMatchObject({ logging });
  });

  it('has guardrails, whose questions are signed with a secret of the organization’s own', async () => {
    const guardrails = contracts.Guardrails.parse([{ kind: 'http', name: 'judge', url: 'https://judge.example.com/', onFailure: 'block' }]);
    expect(await ask(contracts.SetInferenceSettings, { org, guardrails }, owner())).toMatchObject({ logging, guardrails });
    const key = secretsOf(Buffer.from('22'.repeat(32), 'hex'))('guardrail-signatures');
    expect(await ask(contracts.GetGuardrailSecret, { org }, owner())).toEqual({ secret: guardrailSecretOf(key, orgId) });
    const bad = contracts.Guardrails.parse([{ kind: 'patterns', name: 'codes', action: 'mask', patterns: ['(?=x)'] }]);
    const refused = await bus.ask(contracts.SetInferenceSettings, { org, guardrails: bad }, owner());
    expect(refused).toMatchObject({ accepted: false, rejection: { code: 'BadPattern', details: { guardrail: 'codes', number: 1 } } });
  });
});
