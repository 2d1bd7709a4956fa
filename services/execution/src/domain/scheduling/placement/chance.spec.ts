import { chanceOf } from './chance.ts';
import { Fleet } from './fleet.ts';

const places = (count: number) => {
  const fleet = new Fleet();
  return Array.from({ length: count }, (_, n) => fleet.add({ id: `machine-${n}`, cpuMilli: 1, memoryMib: 1, gpuModels: [] }));
};

describe('Chance that follows from what is', () => {
  it('draws the same for the same', () => {
    const [one] = places(1);
    const [again] = places(1);
    if (!one || !again) throw new TypeError('there is one');
    expect(chanceOf(one, 7)).toBe(chanceOf(again, 7));
    expect(chanceOf(one, 8)).not.toBe(chanceOf(one, 7));
  });

  it('favours nobody: over many draws each of ten is the cheapest about as often', () => {
    const all = places(10);
    const wins = new Map<string, number>();
    for (let placed = 0; placed < 10_000; placed += 1) {
      const best = all.reduce((least, place) => (chanceOf(place, placed) < chanceOf(least, placed) ? place : least));
      wins.set(best.id, (wins.get(best.id) ?? 0) + 1);
    }
    for (const place of all) expect(Math.abs((wins.get(place.id) ?? 0) - 1_000)).toBeLessThan(150);
  });
});
