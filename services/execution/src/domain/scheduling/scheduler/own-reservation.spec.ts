import { gpus, hour, World } from '../../../../test/scheduling/world.ts';

describe('a gang that keeps machines for itself', () => {
  it('starts there and on others as soon as there is room, though others like it are told that there is none', () => {
    const world = new World();
    const machines = ['m1', 'm2', 'm3', 'm4', 'm5'];
    for (const [index, machine] of machines.entries()) {
      world.machine(machine, 8);
      world.ask(`on-${machine}`, 'b', gpus(8, { machine }), { limitMs: (index + 1) * hour });
    }
    expect(world.round()).toHaveLength(5);
    world.ask('x', 'a', gpus(8), { nodes: 2, limitMs: 50 * hour });
    world.ask('y', 'b', gpus(8), { nodes: 2, limitMs: 50 * hour });
    world.round();
    const kept = new Map(world.scheduler.snapshot().reservations.map(({ request, seats }) => [request, seats.map((seat) => seat.machine)]));
    const [own = ''] = kept.get('y') ?? [];
    const nobodys = machines.find((machine) => ![...kept.values()].flat().includes(machine));
    world.end(`on-${own}`);
    world.end(`on-${nobodys}`);
    expect(world.round()).toContain('place y');
  });
});
