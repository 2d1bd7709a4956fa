import { serverUrl, variable } from '@orrery/process/light';
import { z } from 'zod';

const flag = z
  .enum(['0', '1', 'true', 'false'])
  .default('0')
  .transform((text) => text === '1' || text === 'true');
const count = z.coerce.number().int().positive();

/** The environment of an agent. */
export const AgentConfig = z.object({
  url: variable('ORRERY_URL', serverUrl('http', 'https').default('http://127.0.0.1:8080'), {
    says: 'the URL of the gateway, where the machine joins',
    example: 'https://orrery.example.com',
  }),
  joinToken: variable('ORRERY_JOIN_TOKEN', z.string().max(200).optional(), {
    says: 'the one-time token with which this machine joins; of no use once it has',
    example: 'the token that POST /workers/join-tokens answers',
    secret: true,
  }),
  state: variable('ORRERY_AGENT_STATE', z.string().startsWith('/').default('/var/lib/orrery-agent'), {
    says: 'the absolute path of a directory for identity, journal and running programs',
    example: '/var/lib/orrery-agent',
  }),
  natsUrl: variable('ORRERY_NATS_URL', serverUrl('nats', 'tls').optional(), {
    says: 'the URL of the bus, where it is not the one the platform names',
    example: 'nats://10.0.0.5:4222',
  }),
  unsandboxed: variable('ORRERY_AGENT_UNSANDBOXED', flag, {
    says: '1 to run programs with no sandbox at all where there is no bubblewrap: with every right of the agent',
    example: '1',
  }),
  cpuMilli: variable('ORRERY_AGENT_CPU_MILLI', count.optional(), {
    says: 'how many thousandths of a processor programs may have in all, where not the whole machine',
    example: '4000',
  }),
  memoryMib: variable('ORRERY_AGENT_MEMORY_MIB', count.min(16).optional(), {
    says: 'how many MiB of memory programs may have in all, where not almost all of the machine',
    example: '8192',
  }),
  nvidiaSmi: variable('ORRERY_AGENT_NVIDIA_SMI', z.string().min(1).default('nvidia-smi'), {
    says: "NVIDIA's tool for GPUs, by its path where it is not found by its name",
    example: '/usr/bin/nvidia-smi',
  }),
  weights: variable('ORRERY_AGENT_WEIGHTS', z.string().startsWith('/').optional(), {
    says: 'the absolute path of a directory with weights of models, each by its name, readable by everybody',
    example: '/srv/weights',
  }),
  docker: variable('ORRERY_AGENT_DOCKER', z.string().startsWith('/').optional(), {
    says: 'the path of the socket of a Docker engine, for runs of images; without it the machine takes none',
    example: '/var/run/docker.sock',
  }),
  dockerRuntime: variable('ORRERY_AGENT_DOCKER_RUNTIME', z.string().min(1).optional(), {
    says: 'which runtime of the Docker engine runs containers, where not its usual one',
    example: 'runsc',
  }),
  dockerDiskMib: variable('ORRERY_AGENT_DOCKER_DISK_MIB', count.optional(), {
    says: 'how many MiB a container may write to its own root, where the storage driver can hold it to that (overlay2 on XFS with pquota); without it that root is read-only',
    example: '20480',
  }),
  dockerEgress: variable('ORRERY_AGENT_DOCKER_EGRESS', flag, {
    says: '1 to let containers reach what the machine can reach; otherwise only others of their organization',
    example: '1',
  }),
  dockerImages: variable('ORRERY_AGENT_DOCKER_IMAGES', z.string().startsWith('/').optional(), {
    says: 'the absolute path of a directory of images, each an archive .tar of docker save, which are loaded when the agent starts',
    example: '/srv/images',
  }),
  maxProcesses: variable('ORRERY_AGENT_MAX_PROCESSES', count.min(8).max(1_000_000).default(512), {
    says: 'how many processes and threads one program may have',
    example: '512',
  }),
  leaseMs: variable('ORRERY_AGENT_LEASE_MS', count.default(60_000), {
    says: 'for how many milliseconds the platform grants a lease; never more than it really does',
    example: '60000',
  }),
  beatMs: variable('ORRERY_AGENT_BEAT_MS', count.default(5_000), {
    says: 'how many milliseconds lie between two heartbeats',
    example: '5000',
  }),
  drain: variable('ORRERY_AGENT_DRAIN', flag, {
    says: '1 to let programs end before the agent stops; otherwise they live on and the next agent takes them up',
    example: '1',
  }),
});
export type AgentConfig = z.output<typeof AgentConfig>;
