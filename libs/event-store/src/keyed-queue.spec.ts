import { setImmediate as turn } from 'node:timers/promises';
import { Overloaded } from './errors.ts';
import { KeyedQueue } from './keyed-queue.ts';

describe('a keyed queue', () => {
  it('runs the work of one key one at a time, in order', async () => {
    const queue = new KeyedQueue(100);
    const seen: string[] = [];
    const work = (name: string) => async () => {
      seen.push(`${name} begins`);
      await turn();
      seen.push(`${name} ends`);
    };
    await Promise.all([queue.run('a', work('one')), queue.run('a', work('two'))]);
    expect(seen).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
  });

  it('lets keys overtake each other', async () => {
    const queue = new KeyedQueue(100);
    const seen: string[] = [];
    const slow = queue.run('a', async () => {
      await turn();
      await turn();
      seen.push('slow');
    });
    await queue.run('b', async () => {
      seen.push('quick');
    });
    await slow;
    expect(seen).toEqual(['quick', 'slow']);
  });

  it('goes on after work that failed', async () => {
    const queue = new KeyedQueue(100);
    const failing = queue.run('a', () => Promise.reject(new Error('no')));
    const next = queue.run('a', () => Promise.resolve('yes'));
    await expect(failing).rejects.toThrow('no');
    await expect(next).resolves.toBe('yes');
  });

  it('sheds what comes when too many wait', async () => {
    const queue = new KeyedQueue(1);
    const first = queue.run('a', () => turn());
    await expect(queue.run('a', () => Promise.resolve())).rejects.toBeInstanceOf(Overloaded);
    await first;
    await expect(queue.run('a', () => Promise.resolve('again'))).resolves.toBe('again');
  });
});
