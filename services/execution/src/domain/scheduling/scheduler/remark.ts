import type { Amounts } from '../admission/quota-node.ts';
import type { Core } from './core.ts';

/** A guarantee has become less than what was placed within it, or more: the newest beyond it is borrowed from now on, and no other. */
export const remark = ({ cluster, tree, runners, entries }: Core): void => {
  const running = [...entries.values()].flatMap((entry) => (entry.running ? [{ entry, running: entry.running }] : []));
  running.sort(
    (a, b) =>
      Number(b.running.isBorrowed) - Number(a.running.isBorrowed) ||
      b.running.at - a.running.at ||
      (a.entry.request.id < b.entry.request.id ? 1 : -1),
  );
  const supposed: { readonly queue: string; readonly amounts: Amounts }[] = [];
  for (const { entry, running: one } of running) {
    const { queue } = entry.request;
    const held = one.holds.flatMap((hold) => (hold ? [hold.amounts] : []));
    const isOver = held.some((amounts) => Object.keys(amounts).some((resource) => tree.isOverGuarantee(queue, resource)));
    runners.judged(entry, one, isOver);
    if (!isOver) continue;
    for (const amounts of held) {
      cluster.suppose(queue, amounts, -1);
      supposed.push({ queue, amounts });
    }
  }
  for (const { queue, amounts } of supposed.reverse()) cluster.suppose(queue, amounts, 1);
};
