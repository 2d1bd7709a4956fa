import { randomUUID } from 'node:crypto';
import { billing, catalog, type EventContract, formatNanos, identity } from '@orrery/contracts';
import { cloudEventOf, ensureStreams, logStream, logSubjectOf } from '@orrery/event-store';
import type { NatsConnection } from 'nats';
import { at } from '../facts.ts';

/** Identity, catalog and billing as this service knows them: the events that they publish. */
export class Neighbours {
  private readonly nats: NatsConnection;
  private readonly versions = new Map<string, number>();

  constructor(nats: NatsConnection) {
    this.nats = nats;
  }

  async open(): Promise<void> {
    await ensureStreams(await this.nats.jetstreamManager(), [logStream('catalog'), logStream('billing'), logStream('identity')]);
  }

  async offer(name: string, resources: catalog.Resources): Promise<void> {
    await this.publish(catalog.CatalogEvents.MachineTypePublished, `machine-type-${name}`, {
      name,
      description: '',
      resources,
      at: at(0),
    });
  }

  async retire(name: string): Promise<void> {
    await this.publish(catalog.CatalogEvents.MachineTypeRetired, `machine-type-${name}`, { name, at: at(1) });
  }

  async price(
    version: number,
    { names, effectiveAt = at(0) }: { readonly names: readonly string[]; readonly effectiveAt?: string },
  ): Promise<void> {
    const prices = names.map((resource) => ({ meter: 'run.seconds', resource, unit: 'second', nanosPerUnit: formatNanos(1_000n) }));
    await this.publish(catalog.CatalogEvents.PriceBookPublished, 'price-book-main', {
      version,
      currency: 'EUR',
      effectiveAt,
      prices,
      at: at(0),
    });
  }

  async exhaust(orgId: string): Promise<void> {
    await this.publish(billing.BillingEvents.CreditExhausted, `ledger-${orgId}`, { orgId, balance: formatNanos(0n), at: at(0) });
  }

  async restore(orgId: string): Promise<void> {
    await this.publish(billing.BillingEvents.CreditRestored, `ledger-${orgId}`, { orgId, balance: formatNanos(1n), at: at(0) });
  }

  async suspend(orgId: string): Promise<void> {
    await this.publish(identity.IdentityEvents.OrgSuspended, `org-${orgId}`, { orgId, reason: 'abuse', at: at(0) });
  }

  async reinstate(orgId: string): Promise<void> {
    await this.publish(identity.IdentityEvents.OrgReinstated, `org-${orgId}`, { orgId, at: at(1) });
  }

  /** A reinstatement that happens now, and is heard of when it is called; gives the id of the event. */
  reinstateLate(orgId: string): () => Promise<string> {
    const stream = `org-${orgId}`;
    const version = this.next(stream);
    return () => this.publish(identity.IdentityEvents.OrgReinstated, stream, { orgId, at: at(1) }, version);
  }

  async delete(orgId: string): Promise<void> {
    await this.publish(identity.IdentityEvents.OrgDeleted, `org-${orgId}`, { orgId, by: randomUUID(), at: at(2) });
  }

  private next(stream: string): number {
    const version = (this.versions.get(stream) ?? 0) + 1;
    this.versions.set(stream, version);
    return version;
  }

  private async publish(contract: EventContract, stream: string, data: object, version = this.next(stream)): Promise<string> {
    const id = randomUUID();
    const metadata = { correlationId: id, causationId: id, actor: `service:${contract.service}` };
    const place = { transaction: BigInt(Date.now()), position: BigInt(version) };
    const event = cloudEventOf(
      { id, stream, version, event: { type: contract.type, data }, metadata, recordedAt: new Date(), place },
      contract,
    );
    const subject = logSubjectOf({ service: contract.service, type: contract.type, stream });
    await this.nats.jetstream().publish(subject, JSON.stringify(event), { msgID: id });
    return id;
  }
}
