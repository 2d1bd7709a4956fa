import type { Log } from '@orrery/telemetry';
import { NeverCame, patiently } from './patiently.ts';

const listen = () => {
  const said: string[] = [];
  const say = (text: unknown) => said.push(String(text));
  const log: Log = { fatal: say, error: say, warn: say, info: say, debug: say, trace: say };
  return { log, said };
};

describe('waiting for what must be there', () => {
  it('goes on until it answers, and says once what is awaited and why', async () => {
    const { log, said } = listen();
    let tries = 0;
    const attempt = async () => {
      tries += 1;
      if (tries < 4) throw new AggregateError([new Error('connect ECONNREFUSED 127.0.0.1:4222')]);
      return 'there';
    };
    await expect(patiently('NATS at 127.0.0.1:4222', attempt, { log, ms: 5_000 })).resolves.toBe('there');
    expect(said).toEqual(['waiting for NATS at 127.0.0.1:4222: connect ECONNREFUSED 127.0.0.1:4222']);
  });

  it('ends, and names what never came', async () => {
    const { log } = listen();
    const attempt = () => Promise.reject(new Error('connection refused'));
    const waiting = patiently('PostgreSQL at db:5432', attempt, { log, ms: 250 });
    await expect(waiting).rejects.toThrow(NeverCame);
    await expect(waiting).rejects.toThrow(/^PostgreSQL at db:5432 did not answer within 0.25 s: connection refused$/);
  });

  it('does not wait where waiting mends nothing', async () => {
    const { log, said } = listen();
    const wrong = new Error('password authentication failed');
    await expect(patiently('PostgreSQL', () => Promise.reject(wrong), { log, ms: 60_000, isFinal: () => true })).rejects.toBe(wrong);
    expect(said).toEqual([]);
  });

  it('ends when the process is told to stop', async () => {
    const { log } = listen();
    const stopping = new AbortController();
    const waiting = patiently('NATS', () => Promise.reject(new Error('no')), { log, ms: 60_000, signal: stopping.signal });
    stopping.abort();
    await expect(waiting).rejects.toThrow('aborted');
  });
});
