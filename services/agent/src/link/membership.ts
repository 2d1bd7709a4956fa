import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { execution } from '@orrery/contracts';
import { CannotStart } from '@orrery/process/light';
import { z } from 'zod';
import { syncDirectory } from '../runtime/run-directory.ts';
import { postJson } from './post-json.ts';

/** Who this machine is to the platform. */
const Membership = z.strictObject({
  workerId: execution.WorkerId,
  name: z.string(),
  natsUrl: z.string(),
  natsCreds: z.string().nullable(),
  /** The token with which it joined, as a hash: set in the environment for ever, it is not tried again. */
  joinedWith: z.string().optional(),
});
export type Membership = z.infer<typeof Membership>;

/** Joining was refused, or is impossible as things are: trying again will not help. */
export class CannotJoin extends CannotStart {
  override readonly name = 'CannotJoin';
}

const joinMs = 15_000;
const ownerOnly = 0o600;

const fileIn = (stateDirectory: string): string => join(stateDirectory, 'membership.json');

/** Where the credentials of this machine lie for the bus; undefined where the bus asks for none. */
export const credentialsIn = (stateDirectory: string, { natsCreds }: Membership): string | undefined =>
  natsCreds === null ? undefined : join(stateDirectory, 'nats.creds');

export const readMembership = (stateDirectory: string): Membership | undefined =>
  existsSync(fileIn(stateDirectory)) ? Membership.parse(JSON.parse(readFileSync(fileIn(stateDirectory), 'utf8'))) : undefined;

const writeSynced = async (path: string, text: string): Promise<void> => {
  const file = await open(`${path}.new`, 'w', ownerOnly);
  await file.writeFile(text);
  await file.sync();
  await file.close();
  await rename(`${path}.new`, path);
};

/** Keeps who this machine is, where a loss of power cannot take it back. */
export const keepMembership = async (stateDirectory: string, membership: Membership): Promise<void> => {
  // The credentials first: a membership without them would never be asked for again.
  if (membership.natsCreds !== null) await writeSynced(join(stateDirectory, 'nats.creds'), membership.natsCreds);
  await writeSynced(fileIn(stateDirectory), `${JSON.stringify(membership)}\n`);
  syncDirectory(stateDirectory);
};

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Whether the token is there to let this machine in again. Throws `CannotJoin` where it is meant for another machine. */
export const mayRejoin = ({ workerId, joinedWith }: Membership, token: string | undefined): token is string => {
  const meant = token === undefined ? undefined : execution.readJoinToken(token);
  if (token === undefined || meant === undefined || hashOf(token) === joinedWith) return false;
  if (meant.workerId === workerId) return true;
  throw new CannotJoin(
    `This machine is worker ${workerId}, and ORRERY_JOIN_TOKEN is for worker ${meant.workerId}. Unset it, or make a token for this worker; to join as another, give ORRERY_AGENT_STATE an empty directory.`,
  );
};

const Problem = z.object({ title: z.string().optional(), detail: z.unknown().optional(), code: z.string().optional() });

const reasonOf = (body: unknown): string => {
  const problem = Problem.safeParse(body);
  if (!problem.success) return '';
  const { title, detail, code } = problem.data;
  return [title, typeof detail === 'string' ? detail : undefined, code].filter((part) => part !== undefined).join(': ');
};

export interface JoinRequest {
  readonly stateDirectory: string;
  /** The gateway. */
  readonly url: string;
  readonly token: string;
  readonly facts: execution.WorkerFacts;
}

/** Trades the one-time token for an identity, and keeps it. Throws `CannotJoin` where trying again will not help. */
export const joinPlatform = async ({ stateDirectory, url, token, facts }: JoinRequest): Promise<Membership> => {
  const endpoint = new URL('orrery/v1/workers/join', url.endsWith('/') ? url : `${url}/`);
  const { status, body } = await postJson(endpoint, { token, facts }, joinMs);
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
    throw new CannotJoin(
      `${endpoint.origin} refused to let this machine join (${status}). ${reasonOf(body)} Make a new join token and set ORRERY_JOIN_TOKEN.`,
    );
  }
  if (status < 200 || status >= 300) throw new Error(`${endpoint.origin} answered ${status} to the join. ${reasonOf(body)}`);
  const membership = { ...execution.JoinWorker.output.parse(body), joinedWith: hashOf(token) };
  await keepMembership(stateDirectory, membership);
  return membership;
};
