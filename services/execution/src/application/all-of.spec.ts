import { allOf } from './all-of.ts';

describe('all of', () => {
  it('answers with what each came to', async () => {
    expect(await allOf([Promise.resolve(1), Promise.resolve(2)])).toEqual([1, 2]);
  });

  it('throws what one threw, when the others are done', async () => {
    let finish = (): void => undefined;
    let isDone = false;
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    }).then(() => {
      isDone = true;
    });
    const all = allOf([Promise.reject(new Error('the database is gone')), slow]);
    setImmediate(() => finish());
    await expect(all).rejects.toThrow('the database is gone');
    expect(isDone).toBe(true);
  });
});
