import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Controller } from '@nestjs/common';
import { actorOf, execution, type InputOf, type Instant, instantOf, newId, type OutputOf, type RequestContext } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { WorkerReader } from '../views/worker-reader.ts';
import { AgentCredentials } from './agent-credentials.ts';
import { keepAgentKey } from './agent-keys.ts';
import { Revocations } from './revocations.ts';
import { Workers } from './workers.ts';

const secretBytes = 32;
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');

interface Drawn {
  readonly secret: string;
  readonly at: Instant;
  readonly expiresAt: Instant;
}

const draw = (ttlSeconds: number): Drawn => {
  const now = systemClock.now();
  const secret = randomBytes(secretBytes).toString('base64url');
  return { secret, at: instantOf(now), expiresAt: instantOf(now + ttlSeconds * 1_000) };
};

@Controller()
export class WorkersHandler {
  private readonly workers: Workers;
  private readonly reader: WorkerReader;
  private readonly credentials: AgentCredentials;
  private readonly revocations: Revocations;

  constructor(workers: Workers, reader: WorkerReader, credentials: AgentCredentials, revocations: Revocations) {
    this.workers = workers;
    this.reader = reader;
    this.credentials = credentials;
    this.revocations = revocations;
  }

  @Serves(execution.CreateJoinToken)
  async createToken(
    input: InputOf<typeof execution.CreateJoinToken>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.CreateJoinToken>> {
    const workerId = newId(execution.WorkerId);
    const { secret, at, expiresAt } = draw(input.ttlSeconds);
    const made = { tokenId: workerId, expiresAt };
    const command = { type: 'Expect', ...made, name: input.name, hash: hashOf(secret), at } as const;
    const answer = (): OutputOf<typeof execution.CreateJoinToken> => ({ ...made, token: execution.writeJoinToken({ workerId, secret }) });
    return refuse(await this.workers.tell(workerId, command, context, { input, answer, sealed: true, fresh: true })).answer;
  }

  @Serves(execution.CreateRejoinToken)
  async createRejoinToken(
    input: InputOf<typeof execution.CreateRejoinToken>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.CreateRejoinToken>> {
    const { workerId } = input;
    const { secret, at, expiresAt } = draw(input.ttlSeconds);
    const made = { tokenId: randomUUID(), expiresAt };
    const command = { type: 'ExpectAgain', workerId, ...made, hash: hashOf(secret), at } as const;
    const answer = (): OutputOf<typeof execution.CreateRejoinToken> => ({ ...made, token: execution.writeJoinToken({ workerId, secret }) });
    return refuse(await this.workers.tell(workerId, command, context, { input, answer, sealed: true })).answer;
  }

  @Serves(execution.JoinWorker)
  async join(input: InputOf<typeof execution.JoinWorker>, context: RequestContext): Promise<OutputOf<typeof execution.JoinWorker>> {
    const { workerId, secret } = execution.readJoinToken(input.token) ?? refuse({ code: 'BadJoinToken', details: {} });
    const minted = await this.credentials.mint(workerId);
    const handled = await this.workers.tell(
      workerId,
      { type: 'Join', workerId, hash: hashOf(secret), facts: input.facts, at: instantOf(systemClock.now()) },
      context,
      {
        input,
        sealed: true,
        answer: (_events, state): OutputOf<typeof execution.JoinWorker> => {
          if (state.status !== 'Joined') throw new TypeError('who joins has joined');
          return { workerId, name: state.name, natsCreds: minted?.creds ?? null, natsUrl: this.credentials.natsUrl };
        },
        writes: () => (minted ? [keepAgentKey(minted.key)] : []),
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

  @Serves(execution.LabelWorker)
  async label(
    { workerId, ...traits }: InputOf<typeof execution.LabelWorker>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.LabelWorker>> {
    const command = { type: 'Label', workerId, traits, by: actorOf(context.principal), at: instantOf(systemClock.now()) } as const;
    refuse(await this.workers.tell(workerId, command, context, { input: { workerId, ...traits } }));
    return (await this.reader.one(workerId)) ?? refuse({ code: 'WorkerNotFound', details: {} });
  }

  @Serves(execution.DrainWorker)
  async drain(input: InputOf<typeof execution.DrainWorker>, context: RequestContext): Promise<OutputOf<typeof execution.DrainWorker>> {
    const { workerId, endsAt = null } = input;
    const command = { type: 'Drain', workerId, endsAt, by: actorOf(context.principal), at: instantOf(systemClock.now()) } as const;
    refuse(await this.workers.tell(workerId, command, context, { input }));
    return (await this.reader.one(workerId)) ?? refuse({ code: 'WorkerNotFound', details: {} });
  }

  @Serves(execution.RemoveWorker)
  async remove(
    { workerId }: InputOf<typeof execution.RemoveWorker>,
    context: RequestContext,
  ): Promise<OutputOf<typeof execution.RemoveWorker>> {
    const at = instantOf(systemClock.now());
    const command = { type: 'Remove', workerId, by: actorOf(context.principal), at } as const;
    refuse(await this.workers.tell(workerId, command, context, { input: { workerId } }));
    await this.revocations.look();
    return {};
  }
}
