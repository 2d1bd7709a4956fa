import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { execution, type InputOf, type OutputOf, type RequestContext } from '@orrery/contracts';
import { sampleValue } from '@orrery/documents';
import { type Bus, NatsServer, Serves } from '@orrery/messaging';

export interface Revocation {
  readonly runId: execution.RunId;
  readonly orgId: string | undefined;
}

/** Execution, as far as billing asks it: runs that are asked to end and, for all that is heard of them, never do. */
export const startRevocations = async (bus: Bus): Promise<{ readonly asked: Revocation[]; readonly stop: () => Promise<void> }> => {
  const asked: Revocation[] = [];
  const running = execution.RevokeRun.output.parse(sampleValue(execution.RevokeRun.output, 'output'));

  @Controller()
  class Runs {
    @Serves(execution.RevokeRun)
    async revoke({ runId }: InputOf<typeof execution.RevokeRun>, { orgId }: RequestContext): Promise<OutputOf<typeof execution.RevokeRun>> {
      asked.push({ runId, orgId });
      return { ...running, id: runId, status: 'running' };
    }
  }
  @Module({ controllers: [Runs] })
  class Root {}
  const strategy = new NatsServer({ bus, service: 'execution', onFault: () => undefined });
  const app = await NestFactory.createMicroservice(Root, { strategy, logger: false });
  await app.listen();
  return { asked, stop: () => app.close() };
};
