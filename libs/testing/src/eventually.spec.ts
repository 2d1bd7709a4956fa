import { eventually } from './eventually.ts';

describe('eventually', () => {
  it('returns the first answer that is not undefined, null or false', async () => {
    const answers = [undefined, null, false, 'found'];
    await expect(eventually(() => answers.shift(), { every: 1 })).resolves.toBe('found');
  });

  it('takes zero and the empty string for answers', async () => {
    await expect(eventually(() => 0)).resolves.toBe(0);
    await expect(eventually(() => '')).resolves.toBe('');
  });

  it('waits until assertions hold', async () => {
    let count = 0;
    await eventually(
      () => {
        count += 1;
        expect(count).toBeGreaterThan(3);
      },
      { every: 1 },
    );
    expect(count).toBe(4);
  });

  it('does not take a probe that asserts nothing and answers nothing for a yes', async () => {
    await expect(eventually(() => undefined, { within: 20, every: 1 })).rejects.toThrow('Not within 20 ms. Seen last: undefined');
  });

  it('says which error was seen last', async () => {
    const probe = (): never => {
      throw new Error('still starting');
    };
    await expect(eventually(probe, { within: 20, every: 1 })).rejects.toThrow('Seen last: still starting');
  });
});
