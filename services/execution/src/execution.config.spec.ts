import { configOf } from '@orrery/process/light';
import { createAccount } from 'nats-jwt';
import { ExecutionConfig } from './execution.config.ts';

const needed = {
  ORRERY_POSTGRES_URL: 'postgres://127.0.0.1/postgres',
  ORRERY_NATS_URL: 'nats://127.0.0.1:4222',
  ORRERY_SECRET: 'a1'.repeat(32),
};
const read = (env: Record<string, string>) => configOf('execution', ExecutionConfig, { ...needed, ...env });

describe('The configuration of execution', () => {
  it('takes the seed of an account, and says of half a one that it is none', () => {
    const seed = new TextDecoder().decode(createAccount().getSeed());
    expect(read({ ORRERY_NATS_ACCOUNT_SEED: seed }).accountSeed).toBe(seed);
    const half = seed.slice(0, 30);
    expect(() => read({ ORRERY_NATS_ACCOUNT_SEED: half })).toThrow('ORRERY_NATS_ACCOUNT_SEED is not right (not a seed');
    expect(() => read({ ORRERY_NATS_ACCOUNT_SEED: half })).toThrow(expect.not.objectContaining({ message: expect.stringContaining(half) }));
  });
});
