import { Overloaded } from './errors.ts';

/** One at a time per key, in order of arrival; keys do not wait for each other. */
export class KeyedQueue {
  private readonly tails = new Map<string, { waiting: number; done: Promise<void> }>();
  private readonly maxWaiting: number;

  constructor(maxWaiting: number) {
    this.maxWaiting = maxWaiting;
  }

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const tail = this.tails.get(key) ?? { waiting: 0, done: Promise.resolve() };
    if (tail.waiting >= this.maxWaiting) throw new Overloaded(`${tail.waiting} commands wait for ${key} already`);
    this.tails.set(key, tail);
    tail.waiting += 1;
    const before = tail.done;
    let finish = (): void => {};
    tail.done = new Promise((resolve) => {
      finish = resolve;
    });
    try {
      await before;
      return await work();
    } finally {
      finish();
      tail.waiting -= 1;
      if (tail.waiting === 0) this.tails.delete(key);
    }
  }
}
