import { logOf } from '@orrery/telemetry';
import { CannotStart } from './cannot-start.ts';
import { addressOf, explained, reach } from './reach.ts';

const target = { title: 'PostgreSQL', address: 'db:5432', variable: 'ORRERY_POSTGRES_URL' };
const log = logOf('test');
const refused = (): Error => Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:5432'), { code: 'ECONNREFUSED' });
const wrong = (): Error => Object.assign(new Error('password authentication failed for user "u"'), { code: '28P01' });

describe('reaching a server', () => {
  it('goes on until it is there', async () => {
    let tries = 0;
    const attempt = async (): Promise<string> => {
      tries += 1;
      if (tries < 3) throw refused();
      return 'there';
    };
    await expect(reach(target, attempt, { log, ms: 5_000 })).resolves.toBe('there');
  });

  it('ends with a sentence that names the variable, when it never comes', async () => {
    const waiting = reach(target, () => Promise.reject(refused()), { log, ms: 200 });
    await expect(waiting).rejects.toThrow(CannotStart);
    await expect(waiting).rejects.toThrow(
      /^PostgreSQL at db:5432 did not answer within 0.2 s: nothing listens there .* ORRERY_POSTGRES_URL\.$/,
    );
  });

  it('ends at once where waiting would mend nothing', async () => {
    let tries = 0;
    const attempt = (): Promise<never> => {
      tries += 1;
      return Promise.reject(wrong());
    };
    await expect(reach(target, attempt, { log, ms: 60_000 })).rejects.toThrow('PostgreSQL at db:5432 cannot be used: password');
    expect(tries).toBe(1);
  });

  it('does not outlast its time by a server that never says a word', async () => {
    const began = performance.now();
    await expect(reach(target, () => new Promise(() => undefined), { log, ms: 300 })).rejects.toThrow(
      'it gives no answer that we understand',
    );
    expect(performance.now() - began).toBeLessThan(5_000);
  });

  it('is called off by the process that stops', async () => {
    const stopping = new AbortController();
    const waiting = reach(target, () => Promise.reject(refused()), { log, ms: 60_000, signal: stopping.signal });
    stopping.abort();
    await expect(waiting).rejects.toThrow('aborted');
  });

  it('leaves a fault of our own as it is', () => {
    const ours = new TypeError('x is not a function');
    expect(explained(target, ours)).toBe(ours);
    expect(explained(target, wrong())).toBeInstanceOf(CannotStart);
  });

  it.each([
    ['postgres://u:secret@db:5432/x', 'db:5432'],
    ['postgres:///x?host=/run/postgresql', '/run/postgresql'],
    ['nats://bus', 'bus'],
  ])('shows of %s only where it is', (url, address) => {
    expect(addressOf(url)).toBe(address);
  });
});
