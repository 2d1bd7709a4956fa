import fc from 'fast-check';
import { Room } from '../replay/room.ts';
import { Beginning } from './beginning.ts';

const most = 10_000;

describe('The beginning of something long', () => {
  it('is what came first, whatever pieces it came in, and says how much there was in all', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 4_000 }), { maxLength: 8 }), (pieces) => {
        const beginning = new Beginning(new Room(1_000_000), most);
        for (const piece of pieces) beginning.push(Buffer.from(piece));
        const all = Buffer.concat(pieces);
        expect(beginning.kept.equals(all.subarray(0, most))).toBe(true);
        expect(beginning.size).toEqual({ kept: Math.min(most, all.length), bytes: all.length });
      }),
    );
  });

  it('is no more than there is room for, and never has a hole', () => {
    const room = new Room(5_000);
    const beginning = new Beginning(room, most);
    beginning.push(Buffer.alloc(4_000, 'a'));
    beginning.push(Buffer.alloc(5_000, 'b'));
    beginning.push(Buffer.alloc(10, 'c'));
    expect(beginning.kept.toString()).toBe('a'.repeat(4_000));
    expect(beginning.size).toEqual({ kept: 4_000, bytes: 9_010 });
  });

  it('gives its room back', () => {
    const room = new Room(50_000);
    const beginning = new Beginning(room, most);
    beginning.push(Buffer.alloc(9_000));
    expect(room.taken).toBeGreaterThan(0);
    beginning.giveBack();
    expect(room.taken).toBe(0);
  });
});
