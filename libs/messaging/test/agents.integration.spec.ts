import { randomUUID } from 'node:crypto';
import type { NatsServer as Nats } from '@orrery/servers';
import { eventually, startNats } from '@orrery/testing';
import { headers, StringCodec } from 'nats';
import { AgentDesk, type Bus, connectBus, type FaultSink, refuse } from '../src/index.ts';
import { contextOf } from './fixtures/context.ts';
import { Greet, Report, Ring } from './fixtures/contracts.ts';
import { Seen, type Started, startGreeter } from './fixtures/services.ts';

const text = StringCodec();

describe('Agents on the bus', () => {
  const workerId = randomUUID();
  const otherId = randomUUID();
  const service = { kind: 'service', name: 'execution' } as const;
  const agent = { kind: 'agent', id: workerId } as const;
  let nats: Nats;
  let bus: Bus;
  let agentBus: Bus;
  let greeter: Started;
  let desk: AgentDesk;
  const faults: Parameters<FaultSink>[0][] = [];
  const greeterFaults: Parameters<FaultSink>[0][] = [];

  beforeAll(async () => {
    // The rights that an agent gets: it may ask under its own id only.
    nats = await startNats({
      config: `authorization { users: [
        { user: "platform", password: "p" },
        { user: "agent", password: "a", permissions: {
          publish: ["ask.greeter.*.${workerId}", "_INBOX.>"],
          subscribe: ["agent.${workerId}.>", "_INBOX_agent.${workerId}.>"] } } ] }`,
    });
    const { port } = nats;
    bus = await connectBus({ url: `nats://platform:p@127.0.0.1:${port}`, name: 'platform' });
    agentBus = await connectBus({ url: `nats://agent:a@127.0.0.1:${port}`, name: 'agent', inboxPrefix: `_INBOX_agent.${workerId}` });
    greeter = await startGreeter(bus, new Seen(), { onFault: (fault) => greeterFaults.push(fault) });
    let rung = 0;
    desk = new AgentDesk(agentBus, { workerId, onFault: (fault) => faults.push(fault) }).serve(Ring, async ({ times }) => {
      if (times === 0) refuse({ code: 'BellBroken', details: {} });
      if (times < 0) throw new Error('the secret reason');
      rung += times;
      return { rung };
    });
    await desk.settle();
  }, 30_000);

  afterAll(async () => {
    await desk?.drain(1_000);
    await greeter?.app.close();
    await agentBus?.close();
    await bus?.close();
    await nats?.stop();
  });

  it('serve what the platform asks of one of them by name', async () => {
    const ring = (times: number, id = workerId) => bus.ask(Ring, { times }, contextOf({ principal: service }), { agent: id });
    await expect(ring(2)).resolves.toEqual({ accepted: true, value: { rung: 2 } });
    await expect(ring(3)).resolves.toEqual({ accepted: true, value: { rung: 5 } });
    await expect(ring(0)).resolves.toMatchObject({ rejection: { code: 'BellBroken' } });
    await expect(ring(-1)).rejects.toMatchObject({ name: 'ServiceFault', service: 'agent' });
    expect(faults).toHaveLength(1);
    await expect(ring(1, otherId)).rejects.toMatchObject({ name: 'ServiceUnavailable', service: `agent:${otherId}` });
  });

  it('are not believed: an answer outside the contract is a fault here', async () => {
    const liar = randomUUID();
    const answers: unknown[] = [];
    const lying = bus.connection.subscribe(`agent.${liar}.ring`, {
      callback: (_error, message) => message.respond(JSON.stringify(answers.shift())),
    });
    const ring = () => bus.ask(Ring, { times: 1 }, contextOf({ principal: service }), { agent: liar });
    answers.push({ accepted: true, value: { rung: 'many' } }, { accepted: false, rejection: { code: 'Bribed', details: {} } }, null, 7, {});
    for (let left = answers.length; left > 0; left -= 1) await expect(ring()).rejects.toMatchObject({ name: 'ContractBroken' });
    answers.push({ fault: { kind: 'unavailable', service: 'billing', operation: 'billing.pay', correlationId: 'c' } });
    await expect(ring()).rejects.toMatchObject({ name: 'ServiceFault', service: 'agent', operation: 'agent.ring' });
    answers.push({ accepted: true, value: { rung: 1 } });
    await expect(ring()).resolves.toEqual({ accepted: true, value: { rung: 1 } });
    lying.unsubscribe();
  });

  it('are asked by services only, and by a name that is one', async () => {
    await expect(bus.ask(Ring, { times: 1 }, contextOf(), { agent: workerId })).resolves.toMatchObject({
      rejection: { code: 'Unauthenticated' },
    });
    await expect(bus.ask(Ring, { times: 1 }, contextOf({ principal: agent }), { agent: workerId })).resolves.toMatchObject({
      rejection: { code: 'Forbidden' },
    });
    for (const id of ['*', '>', 'a.b', '', 'a b', `${workerId}.start`, 'é']) {
      await expect(bus.ask(Ring, { times: 1 }, contextOf({ principal: service }), { agent: id })).rejects.toThrow('is no worker id');
    }
    await expect(bus.ask(Ring, { times: 1 }, contextOf({ principal: service }))).rejects.toThrow('name one');
  });

  it('read a deadline by their own clock', async () => {
    // A machine whose clock is an hour fast: by the platform's clock the deadline is long over when it arrives.
    const now = Date.now;
    const skewed = jest.spyOn(Date, 'now').mockImplementation(() => now() - 3_600_000);
    const asked = bus.ask(Ring, { times: 1 }, contextOf({ principal: service, deadlineAt: now() - 3_590_000 }), { agent: workerId });
    skewed.mockRestore();
    await expect(asked).resolves.toMatchObject({ accepted: true });
  });

  it('ask the platform under their own name', async () => {
    await expect(agentBus.ask(Report, { text: 'hello' }, contextOf({ principal: agent }))).resolves.toEqual({
      accepted: true,
      value: { from: `${workerId} hello` },
    });
  });

  it('cannot ask under another name: the server does not let them, nor does the service', async () => {
    const other = contextOf({ principal: { kind: 'agent', id: otherId }, deadlineAt: Date.now() + 2_000 });
    await expect(agentBus.ask(Report, { text: 'hello' }, other)).rejects.toMatchObject({
      name: 'ServiceUnavailable',
      reason: 'not-permitted',
    });
    const lie = headers();
    lie.set('Orrery-Context', JSON.stringify(other));
    const answer = await agentBus.connection.request(`ask.greeter.report.${workerId}`, '{"text":"hello"}', {
      headers: lie,
      timeout: 1_000,
    });
    expect(answer.json()).toMatchObject({ accepted: false, rejection: { code: 'Forbidden' } });
  });

  it('cannot ask what is not for them, whoever they claim to be', async () => {
    const context = contextOf({ principal: { kind: 'operator', id: 'root' }, deadlineAt: Date.now() + 2_000 });
    await expect(agentBus.ask(Greet, { name: 'Ada' }, context)).rejects.toMatchObject({ reason: 'not-permitted' });
    await expect(bus.ask(Report, { text: 'x' }, context)).rejects.toMatchObject({ name: 'ServiceUnavailable' });
  });

  it('cannot make a service answer anywhere but at an inbox', async () => {
    const heard: string[] = [];
    const trap = bus.connection.subscribe('log.>', { callback: (_error, message) => heard.push(message.subject) });
    const request = headers();
    request.set('Orrery-Context', JSON.stringify(contextOf({ principal: agent })));
    const subject = `ask.greeter.report.${workerId}`;
    agentBus.connection.publish(subject, text.encode('{"text":"x"}'), { headers: request, reply: 'log.execution.RunCompleted.org.run-1' });
    await agentBus.ask(Report, { text: 'after' }, contextOf({ principal: agent }));
    await bus.connection.flush();
    expect(heard).toEqual([]);
    trap.unsubscribe();
  });

  it('cannot serve under another name, and learn that when they start', async () => {
    const other = new AgentDesk(agentBus, { workerId: otherId, onFault: () => undefined }).serve(Ring, async () => ({ rung: 0 }));
    await expect(other.settle()).rejects.toThrow(`agent.${otherId}.ring`);
    await expect(startGreeter(agentBus, new Seen())).rejects.toThrow('hear no requests');
  });

  it('cannot deafen a service, or whoever asks them, with headers that are none', async () => {
    const garbage = Object.assign(headers(), { encode: () => Buffer.from('NATS/1.0\r\nno header at all: \r\n: \r\n\r\n') });
    agentBus.connection.publish(`ask.greeter.report.${workerId}`, '{}', { headers: garbage, reply: `_INBOX_agent.${workerId}.x.1` });
    await eventually(() => greeterFaults.length > 0);
    await expect(agentBus.ask(Report, { text: 'still there' }, contextOf({ principal: agent }))).resolves.toMatchObject({ accepted: true });
    expect(greeter.server.load).toEqual({ running: 0, waiting: 0 });
    const mad = randomUUID();
    const answering = bus.connection.subscribe(`agent.${mad}.ring`, {
      callback: (_error, message) => message.respond('', { headers: garbage }),
    });
    const asked = bus.ask(Ring, { times: 1 }, contextOf({ principal: service, deadlineAt: Date.now() + 1_000 }), { agent: mad });
    await expect(asked).rejects.toMatchObject({ name: 'ServiceUnavailable', reason: 'interrupted' });
    answering.unsubscribe();
  });

  it('get no answer to a request without a proper context but what is wrong with it', async () => {
    const ask = async (context: string | undefined) => {
      const request = headers();
      if (context !== undefined) request.set('Orrery-Context', context);
      const answer = await bus.connection.request('ask.greeter.greet', '{"name":"Ada"}', { headers: request, timeout: 1_000 });
      return answer.json();
    };
    const refused = { accepted: false, rejection: { code: 'InvalidInput', details: { issues: [{ code: 'context' }] } } };
    await expect(ask(undefined)).resolves.toMatchObject(refused);
    await expect(ask('no json')).resolves.toMatchObject(refused);
    await expect(ask('7')).resolves.toMatchObject(refused);
    await expect(ask(JSON.stringify({ ...contextOf(), principal: { kind: 'king' } }))).resolves.toMatchObject(refused);
    await expect(ask(JSON.stringify({ ...contextOf(), extra: 1 }))).resolves.toMatchObject(refused);
    await expect(ask(JSON.stringify(contextOf()))).resolves.toMatchObject({ accepted: true });
    const garbled = headers();
    garbled.set('Orrery-Context', JSON.stringify(contextOf()));
    const answer = await bus.connection.request('ask.greeter.greet', '{"name":', { headers: garbled, timeout: 1_000 });
    expect(answer.json()).toMatchObject({ rejection: { code: 'InvalidInput', details: { issues: [{ code: 'json' }] } } });
    await eventually(() => greeter.server.load.running === 0);
  });
});
