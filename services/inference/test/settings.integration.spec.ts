import { randomUUID } from 'node:crypto';
import { inference as contracts } from '@orrery/contracts';
import { guardrailSecretOf } from '@orrery/credentials';
import { type SnapshotWatcher, watchSnapshot } from '@orrery/messaging';
import { secretsOf } from '@orrery/process';
import { asOwner, contextOf, eventually } from '@orrery/testing';
import { type Running, secret, startInference } from './fixtures/running.ts';

let running: Running;
let told: SnapshotWatcher<typeof contracts.Snapshots.settings.value>;
const ask: Running['ask'] = (...asked) => running.ask(...asked);

beforeAll(async () => {
  running = await startInference();
  told = watchSnapshot(running.bus, { snapshot: contracts.Snapshots.settings, onFault: () => undefined });
  await told.ready;
}, 60_000);

afterAll(async () => {
  await told.close();
  await running.stop();
}, 30_000);

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
    const key = secretsOf(Buffer.from(secret, 'hex'))('guardrail-signatures');
    expect(await ask(contracts.GetGuardrailSecret, { org }, owner())).toEqual({ secret: guardrailSecretOf(key, orgId) });
    const bad = contracts.Guardrails.parse([{ kind: 'patterns', name: 'codes', action: 'mask', patterns: ['(?=x)'] }]);
    const refused = await running.bus.ask(contracts.SetInferenceSettings, { org, guardrails: bad }, owner());
    expect(refused).toMatchObject({ accepted: false, rejection: { code: 'BadPattern', details: { guardrail: 'codes', number: 1 } } });
  });

  it.each([
    ['https://127.0.0.1/judge', 'the host must have a name'],
    ['https://169.254.169.254/latest/meta-data', 'the host must have a name'],
    ['https://2130706433/', 'the host must have a name'],
    ['https://[::ffff:10.0.0.1]/', 'the host must have a name'],
    ['https://localhost/', 'the host is not a public one'],
    ['http://judge.example.com/', 'it is asked with TLS alone'],
  ])('has no guardrail at %s: nobody is sent into a network of our own', async (url, reason) => {
    const guardrails = contracts.Guardrails.parse([{ kind: 'http', name: 'inner', url, onFailure: 'allow' }]);
    const refused = await running.bus.ask(contracts.SetInferenceSettings, { org, guardrails }, owner());
    expect(refused).toMatchObject({ accepted: false, rejection: { code: 'GuardrailNotPublic', details: { guardrail: 'inner', reason } } });
  });

  it('has one there where the operator trusts the host', async () => {
    const guardrails = contracts.Guardrails.parse([{ kind: 'http', name: 'ours', url: 'http://judge.test:8080/', onFailure: 'allow' }]);
    expect(await ask(contracts.SetInferenceSettings, { org, guardrails }, owner())).toMatchObject({ guardrails });
  });
});
