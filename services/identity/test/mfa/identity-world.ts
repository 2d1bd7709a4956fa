import { randomUUID } from 'node:crypto';
import {
  identity as contracts,
  type Operation,
  type OutputOf,
  type Principal,
  type RequestContext,
  type RequestOf,
} from '@orrery/contracts';
import { type Bus, connectBus, type Outcome, type SnapshotWatcher, watchSnapshot } from '@orrery/messaging';
import { type Started, startAll } from '@orrery/process';
import { contextOf, type FreshDatabase, freshDatabase, granted, nobody, SoftwareAuthenticator, startNats } from '@orrery/testing';
import { identity } from '../../src/index.ts';
import { AuthenticatorApp } from './authenticator-app.ts';

export const origin = 'https://orrery.example.com';
const password = 'correct horse battery';

export const refused = (code: string) => expect.objectContaining({ accepted: false, rejection: expect.objectContaining({ code }) });
export const codeOf = (outcome: Outcome<Operation>): string => (outcome.accepted ? 'granted' : outcome.rejection.code);

const sessionOf = (accessToken: string): string => {
  const [, claims = ''] = accessToken.split('.');
  return JSON.parse(Buffer.from(claims, 'base64url').toString()).sid;
};

/** Somebody in a session, as the gateway would say. */
export interface Visit {
  readonly sessionId: string;
  readonly context: RequestContext;
  readonly ask: <X extends Operation>(operation: X, input: RequestOf<X>) => Promise<Outcome<X>>;
  /** The same for what must be granted. */
  readonly get: <X extends Operation>(operation: X, input: RequestOf<X>) => Promise<OutputOf<X>>;
}

export interface Person {
  readonly userId: string;
  readonly email: string;
  readonly logIn: () => Promise<contracts.Tokens>;
  readonly visit: (tokens: contracts.Tokens) => Visit;
}

type Nats = Awaited<ReturnType<typeof startNats>>;

/** Identity as it runs, with a bus and a database of its own. */
export class IdentityWorld {
  readonly nats: Nats;
  readonly database: FreshDatabase;
  readonly bus: Bus;
  readonly sessions: SnapshotWatcher<typeof contracts.Snapshots.sessions.value>;
  private readonly service: Started;

  private constructor({ nats, database, service, bus }: { nats: Nats; database: FreshDatabase; service: Started; bus: Bus }) {
    this.nats = nats;
    this.database = database;
    this.service = service;
    this.bus = bus;
    const onFault = (error: unknown) => {
      throw error;
    };
    this.sessions = watchSnapshot(bus, { snapshot: contracts.Snapshots.sessions, onFault });
  }

  static async start(): Promise<IdentityWorld> {
    const [nats, database] = await Promise.all([startNats(), freshDatabase('identity')]);
    try {
      const service = await startAll([identity], {
        ORRERY_POSTGRES_URL: database.url,
        ORRERY_IDENTITY_DATABASE_URL: database.url,
        ORRERY_NATS_URL: nats.url,
        ORRERY_SECRET: '11'.repeat(32),
        ORRERY_PUBLIC_URL: origin,
      });
      const world = new IdentityWorld({ nats, database, service, bus: await connectBus({ url: nats.url, name: 'test' }) });
      await world.sessions.ready;
      return world;
    } catch (error) {
      // Otherwise the run would wait for them for ever.
      await Promise.all([nats.stop(), database.drop()]);
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.sessions.close();
    await this.bus.close();
    await this.service.stop();
    await Promise.all([this.nats.stop(), this.database.drop()]);
  }

  ask<X extends Operation>(operation: X, input: RequestOf<X>, context: RequestContext = contextOf(nobody)): Promise<Outcome<X>> {
    return this.bus.ask(operation, input, { ...context, deadlineAt: Date.now() + 10_000 });
  }

  async person(): Promise<Person> {
    const email = `${randomUUID()}@example.com`;
    const { userId } = granted(await this.ask(contracts.SignUp, { email, password, name: 'Ada' }));
    return {
      userId,
      email,
      logIn: async () => granted(await this.ask(contracts.LogIn, { email, password })),
      visit: ({ accessToken, secondFactorNeeded }) => this.visit(userId, sessionOf(accessToken), secondFactorNeeded),
    };
  }

  /** Somebody who has switched on the second factor with an app, in the session that did so. */
  async personWithApp() {
    const person = await this.person();
    const here = person.visit(await person.logIn());
    const { secret, backupCodes } = await here.get(contracts.EnrollAuthenticator, {});
    const app = new AuthenticatorApp(secret);
    await here.get(contracts.ConfirmAuthenticator, { code: await app.code() });
    return { ...person, here, app, secret, backupCodes };
  }

  /** Somebody who has switched on the second factor with a passkey, in the session that did so. */
  async personWithPasskey() {
    const person = await this.person();
    const here = person.visit(await person.logIn());
    const authenticator = new SoftwareAuthenticator(origin);
    const added = await addPasskey(here, authenticator);
    return { ...person, here, authenticator, passkeyId: added.id, backupCodes: added.backupCodes ?? [] };
  }

  private visit(userId: string, sessionId: string, isPending: boolean): Visit {
    const who = { id: userId, sessionId };
    const principal: Principal = isPending ? { kind: 'pending', ...who } : { kind: 'user', ...who, permissions: [] };
    const context = contextOf(principal);
    const ask: Visit['ask'] = (operation, input) => this.ask(operation, input, { ...context, commandId: randomUUID() });
    return { sessionId, context, ask, get: async (operation, input) => granted(await ask(operation, input)) };
  }
}

export const addPasskey = async (visit: Visit, authenticator: SoftwareAuthenticator, name = 'phone') => {
  const passkey = authenticator.create(await visit.get(contracts.BeginPasskey, {}));
  return await visit.get(contracts.AddPasskey, { name, passkey });
};

/** What a passkey signs for the session. */
export const assertionIn = async (visit: Visit, authenticator: SoftwareAuthenticator) =>
  authenticator.get(await visit.get(contracts.ChallengePasskey, {}));
