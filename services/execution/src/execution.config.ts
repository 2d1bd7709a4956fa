import { postgresUrl, serverUrl, serviceVariables, variable } from '@orrery/process/light';
import { fromSeed } from 'nats-jwt';
import { z } from 'zod';

const seconds = (least: number, most: number) => z.coerce.number().min(least).max(most);

const isSeed = (text: string): boolean => {
  try {
    return fromSeed(new TextEncoder().encode(text)) !== undefined;
  } catch {
    return false;
  }
};

const accountSeed = z.string().startsWith('SA').refine(isSeed, 'not a seed: some of it is missing or misspelled');

export const ExecutionConfig = z.object({
  ...serviceVariables('execution'),
  telemetryUrl: variable('ORRERY_TELEMETRY_DATABASE_URL', postgresUrl.optional(), {
    says: 'the URL of the database of log lines and samples, where it is not on the common server',
    example: 'postgres://telemetry:password@127.0.0.1:5432/orrery_telemetry',
    secret: true,
  }),
  accountSeed: variable('ORRERY_NATS_ACCOUNT_SEED', accountSeed.optional(), {
    says: 'the seed of an account or of its signing key, with which agents are given credentials',
    example: 'the field `signing` of the keys that infra/nats made',
    secret: true,
  }),
  revoker: variable('ORRERY_NATS_REVOKER', z.string().optional(), {
    says: 'the path of the file with which the bus is told of machines that were removed, so that it cuts them off',
    example: '/etc/orrery/revoker.creds, made by infra/nats',
  }),
  agentNatsUrl: variable('ORRERY_AGENT_NATS_URL', serverUrl('nats', 'tls').optional(), {
    says: 'the URL under which agents reach NATS, where it is not ORRERY_NATS_URL',
    example: 'tls://orrery.example.com:4222',
  }),
  credentialSeconds: variable('ORRERY_AGENT_CREDENTIAL_SECONDS', seconds(10, 31_536_000).default(86_400), {
    says: 'how many seconds the credentials of a machine last; away for longer, it must be let in again by an operator',
    example: '86400',
  }),
  leaseSeconds: variable('ORRERY_LEASE_SECONDS', seconds(1, 3_600).default(60), {
    says: 'how many seconds a machine may hold its work without being heard',
    example: '60',
  }),
  silenceSeconds: variable('ORRERY_SILENCE_SECONDS', seconds(1, 3_600).default(30), {
    says: 'how many seconds without a heartbeat make a machine offline',
    example: '30',
  }),
  waitingSeconds: variable('ORRERY_WAITING_SECONDS', seconds(1, 31_536_000).default(86_400), {
    says: 'how many seconds a run may wait for a machine that is not there before it fails; for its turn it waits as long as that takes',
    example: '86400',
  }),
  maxNodes: variable('ORRERY_RUN_MAX_NODES', z.coerce.number().int().min(1).max(1_024).default(64), {
    says: 'how many members a gang may have, runs of one submission that start together',
    example: '64',
  }),
  programDays: variable('ORRERY_PROGRAM_DAYS', z.coerce.number().int().min(1).max(3_650).default(30), {
    says: 'how many days the program of a run that has ended is kept',
    example: '30',
  }),
});
export type ExecutionConfig = Readonly<z.output<typeof ExecutionConfig>>;
