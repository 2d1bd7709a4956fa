import { identity as contracts } from '@orrery/contracts';
import { EventStore, type Migration } from '@orrery/event-store';
import { service } from '@orrery/process';
import { auditConsumers, auditControllers, auditProviders } from './application/audit/audit-parts.ts';
import { externalControllers, externalProviders, externalViews } from './application/external/external-parts.ts';
import { keyConsumers, keyControllers, keyProviders, keyViews } from './application/keys/key-parts.ts';
import { sealedLetters } from './application/mail/letters-table.ts';
import { mfaControllers, mfaProviders, mfaViews } from './application/mfa/mfa-parts.ts';
import { oauthConsumers, oauthControllers, oauthProviders, oauthViews } from './application/oauth/oauth-parts.ts';
import { sealedOauthRecords } from './application/oauth/oauth-records.ts';
import { orgConsumers, orgControllers, orgProviders, orgViews } from './application/orgs/org-parts.ts';
import { sealedSigningKeys } from './application/signing/signing-keys-table.ts';
import { userConsumers, userControllers, userProviders } from './application/users/user-parts.ts';
import { IdentityConfig } from './identity.config.ts';
import { triesTable } from './migrations/0001-tries.ts';
import { keyUsesTable } from './migrations/0003-key-uses.ts';
import { lettersTable } from './migrations/0004-letters.ts';
import { signingKeysTable } from './migrations/0005-signing-keys.ts';
import { auditEntriesTable } from './migrations/0009-audit-entries.ts';
import { numbersTable } from './migrations/0010-numbers.ts';
import { oauthRecordsTable } from './migrations/0012-oauth-records.ts';
import { administrators } from './views/people/administrators.view.ts';
import { users } from './views/people.view.ts';
import { sessions } from './views/sessions.view.ts';
import { ViewsHandler } from './views/views.handler.ts';

export const identityMigrations: readonly Migration[] = [
  triesTable,
  keyUsesTable,
  lettersTable,
  signingKeysTable,
  auditEntriesTable,
  numbersTable,
  oauthRecordsTable,
];

export const identity = service({
  name: 'identity',
  config: IdentityConfig,
  migrations: identityMigrations,
  events: [contracts.IdentityEvents],
  sealed: [sealedLetters, sealedSigningKeys, sealedOauthRecords],
  views: [users, administrators, ...orgViews, ...keyViews, sessions, ...mfaViews, ...externalViews, ...oauthViews],
  module: (deps) => ({
    controllers: [
      ...userControllers,
      ...mfaControllers,
      ...orgControllers,
      ...keyControllers,
      ...auditControllers,
      ...externalControllers,
      ...oauthControllers,
      ViewsHandler,
    ],
    providers: [
      { provide: EventStore, useValue: deps.store },
      ...keyProviders(deps),
      ...userProviders(deps),
      ...mfaProviders(deps),
      ...orgProviders(deps),
      ...auditProviders(deps),
      ...externalProviders(deps),
      ...oauthProviders(deps),
    ],
  }),
  consumers: (deps) => [...userConsumers(deps), ...orgConsumers(deps), ...keyConsumers(deps), ...auditConsumers(), ...oauthConsumers(deps)],
});
