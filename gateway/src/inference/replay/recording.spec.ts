import { packedAnswer, unpacked } from './kept.ts';
import { Recording } from './recording.ts';
import { Room } from './room.ts';

const headers = ['content-type', 'x-orrery-cost', 'x-orrery-request-id'];
const type = { 'content-type': 'text/event-stream' };

describe('A recording of what a client is given', () => {
  it('has the bytes, and of the headers those of the answer', async () => {
    const recording = new Recording({ headers, room: new Room(100), most: 10 });
    recording.head(200, { ...type, 'x-request-id': 'mine', 'x-orrery-request-id': 'ours' });
    recording.bytes(Buffer.from('all '));
    recording.bytes(Buffer.from('of it'));
    expect(recording.recorded).toBeUndefined();
    recording.end(true, { 'x-orrery-cost': '7 EUR' });
    const own = { ...type, 'x-orrery-request-id': 'ours', 'x-orrery-cost': '7 EUR' };
    const recorded = { status: 200, headers: own, body: Buffer.from('all of it'), isWhole: true };
    expect(recording.recorded).toEqual(recorded);
    if (!recording.recorded) throw new Error('nothing was recorded');
    expect(await unpacked(await packedAnswer(recording.recorded, 5))).toEqual({ ...recorded, kind: 'answer', keptAt: 5 });
  });

  it.each([
    ['it is too long', 5, 100],
    ['there is no room', 100, 5],
  ])('is none where %s, says so once, and takes no room then', (_name, most, roomBytes) => {
    const room = new Room(roomBytes);
    let told = 0;
    const recording = new Recording({
      headers,
      room,
      most,
      onFull: () => {
        told += 1;
      },
    });
    recording.head(200, type);
    for (const piece of ['all ', 'of ', 'it']) recording.bytes(Buffer.from(piece));
    recording.end(true, {});
    expect([recording.recorded, recording.isFull, told, room.taken]).toEqual([undefined, true, 1, 0]);
  });

  it('gives its room back when nobody wants it any more, once', () => {
    const room = new Room(100);
    const recording = new Recording({ headers, room, most: 100 });
    recording.head(200, type);
    recording.bytes(Buffer.from('all of it'));
    expect(room.taken).toBe(9);
    recording.close();
    recording.close();
    expect(room.taken).toBe(0);
  });
});
