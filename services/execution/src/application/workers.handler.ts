import { createHash, randomBytes } from 'node:crypto';
import { Controller } from '@nestjs/common';
import { actorOf, execution, type InputOf, instantOf, newId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { WorkerReader } from '../views/worker-reader.ts';
import { AgentCredentials } from './agent-credentials.ts';
import { Workers } from './workers.ts';

const secretBytes = 32;
const tokenShape = /^ojt_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** The worker that a token is for is part of it: a token is a machine that is expected. */
const tokenOf = (workerId: string, secret: string): string => `ojt_${workerId.replaceAll('-', '')}_${secret}`;

const partsOf = (token: string): { readonly workerId: execution.WorkerId; readonly secret: string } | undefined => {
  const [, hex, secret] = tokenShape.exec(token) ?? [];
  if (!hex || !secret) return undefined;
  const dashed = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  const workerId = execution.WorkerId.safeParse(dashed);
  return workerId.success ? { workerId: workerId.data, secret } : undefined;
};

@Controller()
export class WorkersHandler {
  private readonly workers: Workers;
  private readonly reader: WorkerReader;
  private readonly credentials: AgentCredentials;

  constructor(workers: Workers, reader: WorkerReader, credentials: AgentCredentials) {
    this.workers = workers;
    this.reader = reader;
    this.credentials = credentials;
  }

  @Serves(execution.CreateJoinToken)
  async createToken(
    input: InputOf<typeof execution.CreateJoinToken>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.CreateJoinToken>> {
    const workerId = newId(execution.WorkerId);
    const secret = randomBytes(secretBytes).toString('base64url');
    const now = systemClock.now();
    const made = { tokenId: workerId, expiresAt: instantOf(now + input.ttlSeconds * 1_000) };
    const command = { type: 'Expect', ...made, name: input.name, hash: hashOf(secret), at: instantOf(now) } as const;
    const answer = (): OutputOf<typeof execution.CreateJoinToken> => ({ ...made, token: tokenOf(workerId, secret) });
    return refuse(await this.workers.tell(workerId, command, context, { input, answer, sealed: true, fresh: true })).answer;
  }

  @Serves(execution.JoinWorker)
  async join(input: InputOf<typeof execution.JoinWorker>, context: RequestContext): Promise<OutputOf<typeof execution.JoinWorker>> {
    const { workerId, secret } = partsOf(input.token) ?? refuse({ code: 'BadJoinToken', details: {} });
    const natsCreds = await this.credentials.mint(workerId);
    const handled = await this.workers.tell(
      workerId,
      { type: 'Join', workerId, hash: hashOf(secret), facts: input.facts, at: instantOf(systemClock.now()) },
      context,
      {
        input,
        sealed: true,
        answer: ([joined]): OutputOf<typeof execution.JoinWorker> => {
          if (joined?.type !== 'WorkerJoined') throw new TypeError('who joins has joined');
          return { workerId, name: joined.data.name, natsCreds, natsUrl: this.credentials.natsUrl };
        },
      },
    );
    return refuse(handled).answer;
  }

  @Serves(execution.CordonWorker)
  async cordon(input: InputOf<typeof execution.CordonWorker>, context: RequestContext): Promise<OutputOf<typeof execution.CordonWorker>> {
    const { workerId, cordoned } = input;
    const command = {
      type: cordoned ? 'Cordon' : 'Uncordon',
      workerId,
      by: actorOf(context.principal),
      at: instantOf(systemClock.now()),
    } as const;
    refuse(await this.workers.tell(workerId, command, context, { input }));
    return (await this.reader.one(workerId)) ?? refuse({ code: 'WorkerNotFound', details: {} });
  }
}
