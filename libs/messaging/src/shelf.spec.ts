import { Shelf } from './shelf.ts';

describe('A shelf', () => {
  it('hands out what was put, in order, then ends', async () => {
    const shelf = new Shelf<number>();
    shelf.put(1, 10);
    shelf.put(2, 20);
    shelf.close();
    shelf.put(3, 30);
    expect([await shelf.take(), await shelf.take(), await shelf.take()]).toMatchObject([{ item: 1 }, { item: 2 }, undefined]);
    expect(shelf.taken).toEqual({ items: 2, bytes: 30 });
  });

  it('wakes who waits, for an item and for the end', async () => {
    const shelf = new Shelf<number>();
    const first = shelf.take();
    shelf.put(1, 1);
    await expect(first).resolves.toMatchObject({ item: 1 });
    const second = shelf.take();
    shelf.close(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
  });

  it('lets what has arrived be taken before an error, unless it is cleared', async () => {
    const shelf = new Shelf<number>();
    shelf.put(1, 1);
    shelf.close(new Error('gone'));
    await expect(shelf.take()).resolves.toMatchObject({ item: 1 });
    await expect(shelf.take()).rejects.toThrow('gone');
    const cleared = new Shelf<number>();
    cleared.put(1, 1);
    cleared.clear();
    cleared.close();
    await expect(cleared.take()).resolves.toBeUndefined();
  });
});
