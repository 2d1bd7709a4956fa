import { randomUUID } from 'node:crypto';
import { Controller, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientProxyFactory, MessagePattern, type NatsOptions, Transport } from '@nestjs/microservices';
import { execution, type InputOf, instantOf, newId, type OutputOf, permissions, type RequestContext } from '@orrery/contracts';
import { connectBus, NatsServer, Serves } from '@orrery/messaging';
import { connect } from 'nats';
import { firstValueFrom } from 'rxjs';
import type { Contender } from './measure.ts';

/** One way to ask for a run and get it. Both ends are in this process, on a connection each. */
export interface Asking extends Contender {
  readonly close: () => Promise<void>;
}

const runOf = (): execution.RunView =>
  execution.RunView.parse({
    id: randomUUID(),
    orgId: randomUUID(),
    status: 'running',
    machineType: 'cpu',
    fileName: 'train.py',
    price: { version: 1, nanosPerSecond: '55000', currency: 'EUR' },
    timeoutSeconds: 600,
    attempt: 1,
    workerId: randomUUID(),
    workerName: 'gpu-07',
    submittedBy: `key:${randomUUID()}`,
    submittedAt: instantOf(Date.now()),
    placedAt: instantOf(Date.now()),
    startedAt: instantOf(Date.now()),
    endedAt: null,
    ranMs: null,
    exitCode: null,
    reason: null,
    message: null,
    waiting: null,
    outputEnd: null,
    traceId: 'a'.repeat(32),
  });

const input = { runId: newId(execution.RunId) };

const contextOf = (): RequestContext => ({
  principal: { kind: 'key', id: randomUUID(), userId: randomUUID(), permissions: [...permissions] },
  orgId: randomUUID(),
  commandId: randomUUID(),
  idempotent: false,
  correlationId: randomUUID(),
  causationId: randomUUID(),
  deadlineAt: Date.now() + 3_600_000,
});

/** Nobody is alone in asking. */
const callers = 100;

/** JSON both ways over the client of the server's makers: no validation, no context, no deadline but a time-out. */
export const raw = async (url: string): Promise<Asking> => {
  const options = { servers: url.replace('nats://', ''), noAsyncTraces: true };
  const [asking, serving] = await Promise.all([connect(options), connect(options)]);
  const run = runOf();
  serving.subscribe('bench.raw', {
    queue: 'bench',
    callback: (_error, message) => {
      message.json();
      message.respond(JSON.stringify(run));
    },
  });
  await serving.flush();
  return {
    name: 'nats request/reply',
    run: async () => (await asking.request('bench.raw', JSON.stringify(input), { timeout: 5_000 })).json(),
    close: async () => {
      await asking.close();
      await serving.close();
    },
  };
};

const controllerOf = (run: execution.RunView): Type => {
  @Controller()
  class Runs {
    @Serves(execution.GetRun)
    async get(_input: InputOf<typeof execution.GetRun>): Promise<OutputOf<typeof execution.GetRun>> {
      return run;
    }

    @MessagePattern('bench.nest', Transport.NATS)
    async plain(): Promise<unknown> {
      return run;
    }
  }
  @Module({ controllers: [Runs] })
  class RunsModule {}
  return RunsModule;
};

/** Nest's own transport and client, with JSON and nothing else. */
export const nest = async (url: string): Promise<Asking> => {
  const transport: NatsOptions = { transport: Transport.NATS, options: { servers: [url.replace('nats://', '')], queue: 'bench' } };
  const app = await NestFactory.createMicroservice(controllerOf(runOf()), { ...transport, logger: false });
  await app.listen();
  const client = ClientProxyFactory.create({ ...transport, transport: Transport.NATS });
  await client.connect();
  return {
    name: 'Nest ClientProxy',
    run: () => firstValueFrom(client.send('bench.nest', input)),
    close: async () => {
      await client.close();
      await app.close();
    },
  };
};

/** Ours: a typed operation, validated both ways, with context, access check, deadline, spans and meters. */
export const orrery = async (url: string): Promise<Asking> => {
  const [asking, serving] = await Promise.all([connectBus({ url, name: 'asking' }), connectBus({ url, name: 'serving' })]);
  const strategy = new NatsServer({ bus: serving, service: 'execution' });
  const app = await NestFactory.createMicroservice(controllerOf(runOf()), { strategy, logger: false });
  await app.listen();
  const contexts = Array.from({ length: callers }, contextOf);
  let count = 0;
  return {
    name: 'Orrery',
    run: async () => {
      count += 1;
      const outcome = await asking.ask(execution.GetRun, input, contexts[count % callers] ?? contextOf());
      if (!outcome.accepted) throw new Error(outcome.rejection.code);
      return outcome.value;
    },
    close: async () => {
      await app.close();
      await asking.close();
      await serving.close();
    },
  };
};
