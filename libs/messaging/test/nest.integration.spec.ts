import {
  type CallHandler,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Injectable,
  Module,
  type NestInterceptor,
  type Type,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { InputOf, OutputOf } from '@orrery/contracts';
import type { NatsServer as Nats } from '@orrery/servers';
import { metricsText } from '@orrery/telemetry';
import { startNats } from '@orrery/testing';
import { type Bus, connectBus, NatsServer, type NatsServerOptions, Serves } from '../src/index.ts';
import { contextOf } from './fixtures/context.ts';
import { Greet, Wait } from './fixtures/contracts.ts';

@Injectable()
class Phrases {
  readonly hello = 'Ahoy';
}

class BadCursor extends Error {}

@Controller()
class Greeter {
  private readonly phrases: Phrases;
  constructor(phrases: Phrases) {
    this.phrases = phrases;
  }

  @Serves(Greet)
  async greet({ name }: InputOf<typeof Greet>): Promise<OutputOf<typeof Greet>> {
    if (name === 'cursor') throw new BadCursor();
    return { text: `${this.phrases.hello} ${name}` };
  }
}

class Aside implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): ReturnType<CallHandler['handle']> {
    return next.handle();
  }
}

class Never implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Controller()
@UseGuards(Never)
class Guarded {
  @Serves(Wait)
  async wait({ key }: InputOf<typeof Wait>): Promise<OutputOf<typeof Wait>> {
    return { key };
  }
}

@Controller()
class Intercepted {
  @UseInterceptors(Aside)
  @Serves(Wait)
  async wait({ key }: InputOf<typeof Wait>): Promise<OutputOf<typeof Wait>> {
    return { key };
  }
}

describe('Serving with Nest', () => {
  let nats: Nats;
  let bus: Bus;

  beforeAll(async () => {
    nats = await startNats();
    bus = await connectBus({ url: nats.url, name: 'test' });
  }, 30_000);

  afterAll(async () => {
    await bus?.close();
    await nats?.stop();
  });

  const started = async (controller: Type, options: Partial<NatsServerOptions> = {}) => {
    @Module({ controllers: [controller], providers: [Phrases] })
    class ServiceModule {}
    const strategy = new NatsServer({ bus, service: 'greeter', onFault: () => undefined, ...options });
    const app = await NestFactory.createMicroservice(ServiceModule, { strategy, logger: false });
    await app.listen();
    return app;
  };

  it('calls a method of a controller that Nest has made with what it depends on', async () => {
    const app = await started(Greeter);
    await expect(bus.ask(Greet, { name: 'Ada' }, contextOf())).resolves.toMatchObject({ value: { text: 'Ahoy Ada' } });
    await app.close();
  });

  it('leaves the method what it was, to be called in a test without Nest', async () => {
    await expect(new Greeter(new Phrases()).greet({ name: 'Ada', times: 1 })).resolves.toEqual({ text: 'Ahoy Ada' });
  });

  it.each([Guarded, Intercepted])('does not start with what Nest would run around it, and we would not: %p', async (controller) => {
    await expect(started(controller)).rejects.toThrow('greeter.wait has a guard, interceptor, pipe or filter of Nest');
  });

  it('does not start with an operation of another service', async () => {
    await expect(started(Greeter, { service: 'porter' })).rejects.toThrow('greeter.greet is not an operation of porter');
  });

  it('lets the shell say which errors of a library are refusals, of those that the contract or the bus know', async () => {
    const code = { now: 'InvalidInput' };
    const refusalOf = (error: unknown) => (error instanceof BadCursor ? { code: code.now, details: { field: 'cursor' } } : undefined);
    const app = await started(Greeter, { refusalOf });
    const ask = () => bus.ask(Greet, { name: 'cursor' }, contextOf());
    await expect(ask()).resolves.toEqual({ accepted: false, rejection: { code: 'InvalidInput', details: { field: 'cursor' } } });
    code.now = 'Unheard';
    await expect(ask()).rejects.toMatchObject({ name: 'ServiceFault' });
    await app.close();
  });

  it('measures each request at both ends', async () => {
    const app = await started(Greeter);
    const counts = async (): Promise<string[]> =>
      (await metricsText()).split('\n').filter((line) => line.includes('_seconds_count') && line.includes('operation="greet"'));
    await bus.ask(Greet, { name: 'Mephisto' }, contextOf());
    await bus.ask(Greet, { name: '' }, contextOf());
    const lines = await counts();
    for (const name of ['orrery_rpc_client_seconds', 'orrery_rpc_server_seconds']) {
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${name}_count\\{.*service="greeter".*outcome="accepted".* [1-9]`)));
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`^${name}_count\\{.*service="greeter".*outcome="refused".* [1-9]`)));
    }
    await app.close();
  });
});
