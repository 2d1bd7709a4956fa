import { Controller } from '@nestjs/common';
import { type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { commandRow, KeyedQueue } from '@orrery/event-store';
import { refuse, Serves } from '@orrery/messaging';
import { users } from '../../views/people.view.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { Tries } from '../tries/tries.ts';
import type { Passwords } from '../users/passwords.ts';
import { signUpName } from '../users/sign-ups.ts';
import type { People } from './people.ts';
import type { PersonChanges } from './person-changes.ts';

/** What setting up takes. */
export class SetupDoor {
  constructor(
    readonly parts: {
      readonly people: People;
      readonly changes: PersonChanges;
      readonly sessions: Sessions;
      readonly passwords: Passwords;
      readonly tries: Tries;
    },
    /** Whoever comes first may; else it is done from inside. */
    readonly isOpen: boolean,
  ) {}
}

const maxWaiting = 100;
const alreadySetUp = { code: 'AlreadySetUp', details: {} } as const;

@Controller()
export class SetupHandler {
  /** One at a time: who comes too late costs no hash. That there is one first, the log makes sure. */
  private readonly queue = new KeyedQueue(maxWaiting);

  constructor(private readonly door: SetupDoor) {}

  @Serves(identity.GetSetup)
  async get(_: InputOf<typeof identity.GetSetup>): Promise<OutputOf<typeof identity.GetSetup>> {
    return { isDone: await this.isDone() };
  }

  @Serves(identity.SetUp)
  async setUp(input: InputOf<typeof identity.SetUp>, context: RequestContext): Promise<OutputOf<typeof identity.SetUp>> {
    await this.door.parts.tries.guardAddress('setup', context);
    return await this.queue.run('setup', () => this.first(input, context));
  }

  private async first(
    { username, password, email, name }: InputOf<typeof identity.SetUp>,
    context: RequestContext,
  ): Promise<OutputOf<typeof identity.SetUp>> {
    const { people, changes, sessions, passwords, tries } = this.door.parts;
    if ((await this.isDone()) && !(await this.isRepeated(context))) refuse(alreadySetUp);
    const passwordHash = await passwords.hash(password, context);
    const about = { username, email: email ?? null, name: name ?? null, isVerified: true };
    const { userId } = await changes.unlessTaken({ ...about, passwordHash, administrator: 'first' }, context);
    const person = await people.find(userId);
    // A repetition is known by its key, which is no secret: the account is opened to whoever has its password.
    const isTheirs = (): Promise<boolean> => passwords.isCorrect(password, person.passwordHash ?? undefined, context);
    if (
      person.passwordHash !== passwordHash &&
      !(await tries.check('setup', userId, context, async () => (await isTheirs()) || undefined))
    ) {
      refuse(alreadySetUp);
    }
    const tokens = await sessions.open(person, { method: 'setup', owesSecondFactor: false, input: { username } }, context);
    return { tokens, person: await people.shownAtHome(person) };
  }

  /** Whoever asks again because no answer came gets that answer. */
  private async isRepeated(context: RequestContext): Promise<boolean> {
    if (!context.idempotent) return false;
    const { scope, key } = commandRow(signUpName, context);
    return (await this.door.parts.people.store.kept(scope, key)) !== undefined;
  }

  /** Whoever lives here already would be surprised by a stranger who takes it over. */
  private async isDone(): Promise<boolean> {
    if (!this.door.isOpen) return true;
    const somebody = await this.door.parts.people.store.read(users).list({ order: { by: ['id'] }, limit: 1 });
    return somebody.length > 0;
  }
}
