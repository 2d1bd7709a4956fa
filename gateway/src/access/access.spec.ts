import { fed } from '../../test/fixtures/fed.ts';
import { Snapshot } from './snapshot.ts';

describe('A snapshot', () => {
  it('answers at once where the wish is already true', async () => {
    const snapshot = new Snapshot<number>();
    fed(snapshot).put('a', 2);
    await expect(snapshot.when('a', (value) => value > 1, 10_000)).resolves.toBe(2);
  });

  it('answers with what there is when it has caught up with what was published, as wished or not', async () => {
    const snapshot = new Snapshot<number>();
    const source = fed(snapshot);
    source.put('a', 1);
    const waiting = [snapshot.when('a', (value) => value > 1, 10_000), snapshot.when('b', () => true, 10_000)];
    source.put('a', 2);
    source.catchUp();
    await expect(Promise.all(waiting)).resolves.toEqual([2, undefined]);
  });
});
