import { Turnstile } from './turnstile.ts';

const turn = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

describe('A turnstile', () => {
  it('lets so many through at once, the others in their order, and nobody is lost when one fails', async () => {
    const turnstile = new Turnstile(2);
    const began: number[] = [];
    const ends: ((fails: boolean) => void)[] = [];
    const passed = [0, 1, 2, 3].map((guest) =>
      turnstile.pass(async () => {
        began.push(guest);
        if (await new Promise<boolean>((resolve) => ends.push(resolve))) throw new Error(`guest ${guest} fell`);
      }),
    );
    await turn();
    expect(began).toEqual([0, 1]);
    ends[0]?.(true);
    await expect(passed[0]).rejects.toThrow('guest 0 fell');
    await turn();
    expect(began).toEqual([0, 1, 2]);
    for (const index of [1, 2]) ends[index]?.(false);
    await turn();
    expect(began).toEqual([0, 1, 2, 3]);
    ends[3]?.(false);
    await Promise.all(passed.slice(1));
  });
});
