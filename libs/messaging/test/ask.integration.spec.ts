import { randomUUID } from 'node:crypto';
import { type NatsServer as Nats } from '@orrery/servers';
import { eventually, startNats } from '@orrery/testing';
import { type Bus, connectBus, type FaultSink } from '../src/index.ts';
import { contextOf, userWith } from './fixtures/context.ts';
import { Break, Greet, Relay, Size, Tell, Vanish, Wait } from './fixtures/contracts.ts';
import { Seen, type Started, startGreeter, startPorter } from './fixtures/services.ts';

describe('Asking an operation', () => {
  const seen = new Seen();
  const faults: Parameters<FaultSink>[0][] = [];
  let nats: Nats;
  let bus: Bus;
  let serving: Bus;
  let started: Started[];

  beforeAll(async () => {
    nats = await startNats();
    bus = await connectBus({ url: nats.url, name: 'asker' });
    serving = await connectBus({ url: nats.url, name: 'services' });
    started = [await startGreeter(serving, seen, { onFault: (fault) => faults.push(fault) }), await startPorter(serving)];
  }, 30_000);

  afterAll(async () => {
    for (const { app } of started ?? []) await app.close();
    await bus?.close();
    await serving?.close();
    await nats?.stop();
  });

  it('brings back the value, with the defaults of the contract filled in on the way', async () => {
    await expect(bus.ask(Greet, { name: 'Ada' }, contextOf())).resolves.toEqual({ accepted: true, value: { text: 'Hello Ada' } });
  });

  it('brings back a refusal as a value with its details', async () => {
    await expect(bus.ask(Greet, { name: 'Mephisto' }, contextOf())).resolves.toEqual({
      accepted: false,
      rejection: { code: 'NotWelcome', details: { name: 'Mephisto' } },
    });
  });

  it('refuses a malformed input with the places that are wrong', async () => {
    const outcome = await bus.ask(Greet, { name: '', times: 0.5 }, contextOf());
    expect(outcome).toMatchObject({
      accepted: false,
      rejection: { code: 'InvalidInput', details: { issues: [{ path: ['name'] }, { path: ['times'] }] } },
    });
  });

  it('tells the caller of a fault its name and no more, and the sink everything', async () => {
    const context = contextOf();
    const failure = await bus.ask(Break, { how: 'throw' }, context).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: 'ServiceFault',
      service: 'greeter',
      operation: 'greeter.break',
      correlationId: context.correlationId,
    });
    expect(JSON.stringify([failure, String(failure)])).not.toContain('secret');
    expect(faults.at(-1)).toMatchObject({
      operation: 'greeter.break',
      correlationId: context.correlationId,
      error: { message: 'the secret reason' },
    });
  });

  it.each([
    ['undeclared', 'Unheard'],
    ['output', 'fine'],
  ] as const)('takes an answer outside its contract for a fault: %s', async (how, named) => {
    await expect(bus.ask(Break, { how }, contextOf())).rejects.toMatchObject({ name: 'ServiceFault', operation: 'greeter.break' });
    expect(faults.at(-1)).toMatchObject({ error: { name: 'ContractBroken', message: expect.stringContaining(named) } });
  });

  it('takes a number that is no JSON for a fault, and says so at once', async () => {
    const context = contextOf();
    await expect(bus.ask(Break, { how: 'bigint' }, context)).rejects.toMatchObject({
      name: 'ServiceFault',
      correlationId: context.correlationId,
    });
    expect(faults.at(-1)).toMatchObject({ error: { message: expect.stringContaining('BigInt') } });
  });

  it('names the service that is down, in time, also where another one asked it', async () => {
    const before = Date.now();
    await expect(bus.ask(Vanish, {}, contextOf())).rejects.toMatchObject({
      name: 'ServiceUnavailable',
      service: 'nobody',
      reason: 'no-responders',
    });
    expect(Date.now() - before).toBeLessThan(1_000);
    await expect(bus.ask(Break, { how: 'downstream' }, contextOf())).rejects.toMatchObject({
      name: 'ServiceUnavailable',
      service: 'nobody',
    });
  });

  it('gives up on a slow service at the deadline of the operation or of the context, whichever is first', async () => {
    const before = Date.now();
    const slow = bus.ask(Wait, { key: 'slow' }, contextOf({ deadlineAt: Date.now() + 300 }));
    await expect(slow).rejects.toMatchObject({ name: 'DeadlineExceeded', service: 'greeter' });
    expect(Date.now() - before).toBeLessThan(600);
    seen.release.emit('slow');
  });

  it('does not send what nobody waits for any more', async () => {
    await expect(bus.ask(Wait, { key: 'never' }, contextOf({ deadlineAt: Date.now() - 1 }))).rejects.toMatchObject({
      name: 'DeadlineExceeded',
    });
    expect(seen.waiting).not.toContain('never');
  });

  it('carries the whole context over two hops', async () => {
    const context = contextOf({
      principal: userWith('runs:read'),
      orgId: randomUUID(),
      commandId: 'key with spaces, é and "quotes"\r\nInjected: yes',
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
    });
    const outcome = await bus.ask(Relay, {}, context);
    expect(outcome).toMatchObject({ accepted: true });
    if (!outcome.accepted) return;
    const { deadlineAt, traceparent: _, ...rest } = context;
    expect(outcome.value.own).toMatchObject(rest);
    expect(outcome.value.context).toMatchObject(rest);
    // The trace goes on; each hop is a span of its own.
    const spans = [context.traceparent, outcome.value.own.traceparent, outcome.value.context.traceparent].map(String);
    expect(spans.map((span) => span.split('-')[1])).toEqual(Array.from({ length: 3 }, () => 'a'.repeat(32)));
    expect(new Set(spans).size).toBe(3);
    expect(outcome.value.own.deadlineAt).toBeLessThanOrEqual(deadlineAt);
    expect(outcome.value.context.deadlineAt).toBeLessThanOrEqual(Number(outcome.value.own.deadlineAt));
  });

  it('lets only those in whom the contract names', async () => {
    const ask = (changes: Parameters<typeof contextOf>[0]) => bus.ask(Tell, {}, contextOf(changes));
    const orgId = randomUUID();
    await expect(ask({})).resolves.toMatchObject({ rejection: { code: 'Unauthenticated' } });
    await expect(ask({ orgId, principal: userWith('runs:create') })).resolves.toMatchObject({
      rejection: { code: 'Forbidden', details: { needs: 'runs:read' } },
    });
    await expect(ask({ principal: userWith('runs:read') })).resolves.toMatchObject({ rejection: { code: 'Forbidden' } });
    await expect(ask({ orgId, principal: userWith('runs:read') })).resolves.toMatchObject({ accepted: true });
    await expect(ask({ principal: { kind: 'service', name: 'billing' } })).resolves.toMatchObject({ accepted: true });
  });

  it('refuses what is too large for a message, in both directions', async () => {
    const limit = bus.line.payloadLimit;
    await expect(bus.ask(Size, { length: 1, padding: 'x'.repeat(limit) }, contextOf())).resolves.toMatchObject({
      rejection: { code: 'PayloadTooLarge', details: { part: 'input', limit } },
    });
    await expect(bus.ask(Size, { length: limit }, contextOf())).resolves.toMatchObject({
      rejection: { code: 'PayloadTooLarge', details: { part: 'answer', limit } },
    });
  });

  it('answers many at once, each with its own', async () => {
    const names = Array.from({ length: 500 }, (_, index) => `n${index}`);
    const outcomes = await Promise.all(names.map((name) => bus.ask(Greet, { name }, contextOf())));
    expect(outcomes).toEqual(names.map((name) => ({ accepted: true, value: { text: `Hello ${name}` } })));
    await eventually(() => bus.line.inbox.size === 0);
  });
});
