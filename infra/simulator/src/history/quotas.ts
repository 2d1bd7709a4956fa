import type { Change } from '../course/course.ts';
import type { Quota } from '../quotas.ts';
import type { QuotaEvent } from './events.ts';

/** What recorded events say of the rights of organizations. */
export class QuotaHistory {
  readonly changes: Change[] = [];
  private readonly nodes = new Map<string, Quota>();

  /** As they were at last. */
  get last(): readonly Quota[] {
    return [...this.nodes.values()];
  }

  tell({ type, data }: QuotaEvent): void {
    const { node: id } = data;
    if (type === 'QuotaRemoved') this.nodes.delete(id);
    else {
      const { parent, weight, guaranteedMilli: guaranteed, limitMilli: limit } = data;
      this.nodes.set(id, { id, parent, weight, guaranteed, limit });
    }
    this.changes.push({ at: Date.parse(data.at), kind: 'quotas', nodes: this.last });
  }
}
